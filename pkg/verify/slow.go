package verify

import (
	"runtime"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Limits on checks of slow hashes, so that they cannot be used to exhaust the
// processors. A check takes 5 to 100 ms, and each key passes one once.
const (
	maxSlowWaiting = 64              // checks that wait for their turn
	maxSlowWait    = 2 * time.Second // of one of them

	// Wrong tokens for one handle, for each key under it, so that a flood of
	// them leaves the turns to others. A right one is late in it, once.
	slowFailuresPerSecond = 1
	slowFailuresBurst     = 10
)

// slowChecks runs checks of slow hashes, a few at a time. Those of the same
// token that come at once share one.
type slowChecks struct {
	turns chan struct{} // as many as may run
	wait  time.Duration

	mu       sync.Mutex
	waiting  int
	running  map[apikey.Digest]*slowCheck // by the token
	failures map[string]*rate.Limiter     // by the handle
}

// slowCheck is one that runs.
type slowCheck struct {
	done  chan struct{} // closed when there is an answer
	match candidate     // the zero one if none fits
	code  Code          // CodeValid if it ran to its end
}

func newSlowChecks() *slowChecks {
	return &slowChecks{
		turns: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)), wait: maxSlowWait,
		running: map[apikey.Digest]*slowCheck{}, failures: map[string]*rate.Limiter{},
	}
}

// do runs match for a token that may be of some keys under a handle, and
// returns what it gives: the zero candidate for a wrong one. The code is
// CodeValid if it ran, CodeRateLimited if too many wrong tokens came for the
// handle, and CodeUnavailable if too many others wait.
func (s *slowChecks) do(token apikey.Digest, handle string, keys int, match func() candidate) (candidate, Code) {
	s.mu.Lock()
	if c := s.running[token]; c != nil {
		s.mu.Unlock()
		<-c.done
		return c.match, c.code
	}
	if code := s.refusal(handle, keys); code != CodeValid {
		s.mu.Unlock()
		return candidate{}, code
	}
	c := &slowCheck{done: make(chan struct{}), code: CodeUnavailable}
	s.running[token] = c
	s.waiting++
	s.mu.Unlock()

	defer func() {
		s.mu.Lock()
		delete(s.running, token)
		s.mu.Unlock()
		close(c.done)
	}()
	if !s.takeTurn() {
		return c.match, c.code
	}
	c.match, c.code = match(), CodeValid
	<-s.turns
	if c.match == (candidate{}) {
		s.mu.Lock()
		s.limiter(handle, keys).Allow()
		s.mu.Unlock()
	}
	return c.match, c.code
}

// refusal says why no check can be begun now. The caller holds mu.
func (s *slowChecks) refusal(handle string, keys int) Code {
	switch {
	case s.limiter(handle, keys).Tokens() < 1:
		return CodeRateLimited
	case s.waiting >= maxSlowWaiting:
		return CodeUnavailable
	}
	return CodeValid
}

// limiter returns the one that counts failures for a handle, of which there
// are no more than pending keys. The caller holds mu.
func (s *slowChecks) limiter(handle string, keys int) *rate.Limiter {
	l := s.failures[handle]
	if l == nil {
		l = rate.NewLimiter(rate.Limit(slowFailuresPerSecond*keys), slowFailuresBurst*keys)
		s.failures[handle] = l
	}
	return l
}

// takeTurn waits until a check may run. It reports false if that takes too
// long.
func (s *slowChecks) takeTurn() bool {
	defer func() {
		s.mu.Lock()
		s.waiting--
		s.mu.Unlock()
	}()
	patience := time.NewTimer(s.wait)
	defer patience.Stop()
	select {
	case s.turns <- struct{}{}:
		return true
	case <-patience.C:
		return false
	}
}
