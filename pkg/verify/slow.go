package verify

import (
	"math/rand/v2"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Limits on checks of slow hashes, so that they cannot be used to exhaust the
// processors. A check takes 5 to 100 ms, and each token passes one once.
const (
	maxSlowWaiting = 64              // checks that wait for their turn
	maxSlowWait    = 2 * time.Second // of one of them
)

// slowChecks runs checks of slow hashes, a few at a time. Those of the same
// token that come at once share one.
//
// A right token cannot be distinguished from a flood of wrong ones before it was
// checked. So turns are given by lot, first among the addresses that tokens
// come from, then among the tokens of one; and where too many wait, one of
// those goes of which an address has the most. So a flood from one address
// delays no other, and the right token gets in among any number of wrong ones.
type slowChecks struct {
	most int // that run at once

	mu      sync.Mutex
	running int
	waiting int
	queues  map[netip.Prefix][]*slowCheck // of those that wait, by address
	checks  map[apikey.Digest]*slowCheck  // that wait or run, by token
	spare   time.Time                     // when the next check may begin for an address over its limit
}

// slowCheck is one that waits or runs.
type slowCheck struct {
	token apikey.Digest
	from  netip.Prefix
	over  bool // its address sent too many wrong keys
	match func() candidate
	done  chan struct{} // closed when there is an answer
	found candidate     // the zero one if none fits
	code  apikey.Code   // CodeValid if it ran
}

func newSlowChecks() *slowChecks {
	return &slowChecks{
		most:   max(1, runtime.GOMAXPROCS(0)/2),
		queues: map[netip.Prefix][]*slowCheck{}, checks: map[apikey.Digest]*slowCheck{},
	}
}

// do runs match for a token from an address, and returns what it gives: the
// zero candidate for a wrong one. The code is CodeValid if it ran, and
// CodeUnavailable if too many others wait.
//
// Over says that the address sent too many wrong keys. Its tokens are checked
// only when nothing else is to do, and half of the time at most; the code is
// CodeInvalidToken for those that are not.
func (s *slowChecks) do(
	token apikey.Digest, addr netip.Addr, over bool, match func() candidate,
) (candidate, apikey.Code) {
	s.mu.Lock()
	c := s.checks[token]
	if c == nil {
		if over && (s.running > 0 || s.waiting > 0 || time.Now().Before(s.spare)) {
			s.mu.Unlock()
			return candidate{}, apikey.CodeInvalidToken
		}
		c = &slowCheck{token: token, from: origin(addr), over: over, match: match, done: make(chan struct{})}
		s.add(c)
	}
	s.mu.Unlock()
	s.await(c)
	return c.found, c.code
}

// add lets a check wait, and sees to it that somebody runs it. The caller
// holds mu.
func (s *slowChecks) add(c *slowCheck) {
	if s.waiting >= maxSlowWaiting {
		s.drop(c.from)
	}
	s.checks[c.token] = c
	s.queues[c.from] = append(s.queues[c.from], c)
	s.waiting++
	if s.running < s.most {
		s.running++
		go s.work()
	}
}

// drop ends one of the checks that wait, of the address that has the most, and
// of the given one if no other has more. The caller holds mu.
func (s *slowChecks) drop(from netip.Prefix) {
	for other, queue := range s.queues {
		if len(queue) > len(s.queues[from]) {
			from = other
		}
	}
	s.finish(s.take(from), candidate{}, apikey.CodeUnavailable)
}

// take takes one check out of those that wait, by lot. The caller holds mu.
func (s *slowChecks) take(from netip.Prefix) *slowCheck {
	queue := s.queues[from]
	return s.remove(from, rand.IntN(len(queue))) //nolint:gosec // G404: no secret hangs on it
}

func (s *slowChecks) remove(from netip.Prefix, i int) *slowCheck {
	queue := s.queues[from]
	c := queue[i]
	queue[i] = queue[len(queue)-1]
	queue[len(queue)-1] = nil
	if s.queues[from] = queue[:len(queue)-1]; len(queue) == 1 {
		delete(s.queues, from)
	}
	s.waiting--
	return c
}

// finish answers a check. The caller holds mu.
func (s *slowChecks) finish(c *slowCheck, found candidate, code apikey.Code) {
	delete(s.checks, c.token)
	c.found, c.code = found, code
	close(c.done)
}

// work runs checks until none waits.
func (s *slowChecks) work() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.waiting > 0 {
		c := s.next()
		s.mu.Unlock()
		began := time.Now()
		found := c.match()
		now := time.Now()
		s.mu.Lock()
		if c.over {
			s.spare = now.Add(now.Sub(began))
		}
		s.finish(c, found, apikey.CodeValid)
	}
	s.running--
}

// next takes a check of any address: the order of a map is another each time.
func (s *slowChecks) next() *slowCheck {
	for from := range s.queues {
		return s.take(from)
	}
	return nil
}

// await waits for an answer. A check that has not begun after a while ends
// without.
func (s *slowChecks) await(c *slowCheck) {
	patience := time.NewTimer(maxSlowWait)
	defer patience.Stop()
	select {
	case <-c.done:
		return
	case <-patience.C:
	}
	s.mu.Lock()
	for i, other := range s.queues[c.from] {
		if other == c {
			s.finish(s.remove(c.from, i), candidate{}, apikey.CodeUnavailable)
			break
		}
	}
	s.mu.Unlock()
	<-c.done
}
