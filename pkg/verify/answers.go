package verify

import (
	"net/netip"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Answers remember with what the programs behind the gate answered requests that were let in, if it was a fault: by
// whom they were asked, the last of each, in this process alone. Nil remembers nothing.
type Answers struct {
	mu   sync.Mutex
	last map[asker]answer
}

// asker is who asked for something: the same program, from the same address, at the same endpoint.
type asker struct {
	token               apikey.ID
	addr                netip.Addr
	userAgent, endpoint string
}

// answer is a fault.
type answer struct {
	status int
	at     time.Time
}

// maxAnswers is for how many who ask the last fault is remembered. More push out any others.
const maxAnswers = 4096

// NewAnswers remembers nothing yet.
func NewAnswers() *Answers { return &Answers{last: map[asker]answer{}} }

// Fault notes that a request that was let in was answered with a status of 400 or more. Of requests without a key
// nothing is noted.
func (a *Answers) Fault(r *Request, d *Demand, o *Outcome, status int, at time.Time) {
	if a == nil || o.Key == nil {
		return
	}
	s := o.seen(r, d)
	by := asker{token: s.Token, addr: s.Addr, userAgent: shared(presentable(clipSender(s.UserAgent))),
		endpoint: shared(s.Endpoint)}
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, known := a.last[by]; !known && len(a.last) >= maxAnswers {
		for other := range a.last {
			delete(a.last, other)
			break
		}
	}
	a.last[by] = answer{status, at}
}

// To returns the status with which the last request of a client was answered, if it was 400 or more; 0 otherwise, and
// if that is not known.
func (a *Answers) To(c *apikey.Client) int {
	if a == nil {
		return 0
	}
	token, _ := apikey.ParseID(c.TokenID)
	addr, _ := netip.ParseAddr(c.Address)
	a.mu.Lock()
	defer a.mu.Unlock()
	last := a.last[asker{token: token, addr: addr, userAgent: c.UserAgent, endpoint: c.Endpoint}]
	if last.at.Before(c.LastAt) {
		return 0
	}
	return last.status
}
