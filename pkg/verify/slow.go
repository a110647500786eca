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

	// For one handle and each key under it, so that a flood of wrong tokens
	// leaves the turns to others: how many checks are begun at once, and how
	// long all that fail may take. A right token is late in a flood, once.
	slowAtOnce      = 4
	slowFailing     = time.Second
	slowFailingRate = 0.1 // of the time that passes
)

// slowChecks runs checks of slow hashes, a few at a time. Those of the same
// token that come at once share one.
type slowChecks struct {
	turns chan struct{} // as many as may run

	mu      sync.Mutex
	waiting int
	running map[apikey.Digest]*slowCheck // by the token
	handles map[string]*slowHandle
}

// slowCheck is one that runs.
type slowCheck struct {
	done  chan struct{} // closed when there is an answer
	match candidate     // the zero one if none fits
	code  Code          // CodeValid if it ran to its end
}

// slowHandle is what is known of the checks for one handle, of which there
// are no more than pending keys.
type slowHandle struct {
	begun   int
	failing *rate.Limiter // in milliseconds
}

func newSlowChecks() *slowChecks {
	return &slowChecks{
		turns:   make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
		running: map[apikey.Digest]*slowCheck{}, handles: map[string]*slowHandle{},
	}
}

// do runs match for a token that may be of some keys under a handle, and
// returns what it gives: the zero candidate for a wrong one. The code is
// CodeValid if it ran, CodeRateLimited if too many tokens come for the handle,
// and CodeUnavailable if too many others wait.
func (s *slowChecks) do(token apikey.Digest, handle string, keys int, match func() candidate) (candidate, Code) {
	s.mu.Lock()
	if c := s.running[token]; c != nil {
		s.mu.Unlock()
		<-c.done
		return c.match, c.code
	}
	h := s.handle(handle)
	switch {
	case h.failing.Tokens() <= 0, h.begun >= slowAtOnce*keys:
		s.mu.Unlock()
		return candidate{}, CodeRateLimited
	case s.waiting >= maxSlowWaiting:
		s.mu.Unlock()
		return candidate{}, CodeUnavailable
	}
	c := &slowCheck{done: make(chan struct{}), code: CodeUnavailable}
	s.running[token] = c
	s.waiting++
	h.begun++
	s.mu.Unlock()

	took := s.run(c, match)

	s.mu.Lock()
	delete(s.running, token)
	h.begun--
	if c.code == CodeValid && c.match == (candidate{}) {
		h.failing.ReserveN(time.Now(), int(min(took, slowFailing)/time.Millisecond))
	}
	s.mu.Unlock()
	close(c.done)
	return c.match, c.code
}

// handle returns what is known of a handle. The caller holds mu.
func (s *slowChecks) handle(name string) *slowHandle {
	h := s.handles[name]
	if h == nil {
		const burst = int(slowFailing / time.Millisecond)
		h = &slowHandle{failing: rate.NewLimiter(slowFailingRate*rate.Limit(time.Second/time.Millisecond), burst)}
		s.handles[name] = h
	}
	return h
}

// run fills in c when it has its turn, unless that takes too long, and returns
// how long match took.
func (s *slowChecks) run(c *slowCheck, match func() candidate) (took time.Duration) {
	if !s.takeTurn() {
		return 0
	}
	began := time.Now()
	c.match, c.code = match(), CodeValid
	<-s.turns
	return time.Since(began)
}

// takeTurn waits until a check may run. It reports false if that takes too
// long.
func (s *slowChecks) takeTurn() bool {
	defer func() {
		s.mu.Lock()
		s.waiting--
		s.mu.Unlock()
	}()
	patience := time.NewTimer(maxSlowWait)
	defer patience.Stop()
	select {
	case s.turns <- struct{}{}:
		return true
	case <-patience.C:
		return false
	}
}
