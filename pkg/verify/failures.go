package verify

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Failures counts wrong keys by client address and says when there are too
// many. It never delays a good key: ask it only about requests that have
// already failed.
//
// It remembers a bounded number of addresses, in two generations: when the
// young one is full or old enough, it becomes the old one, and the old one is
// forgotten.
type Failures struct {
	limit rate.Limit
	burst int
	now   func() time.Time

	mu    sync.Mutex
	young map[netip.Prefix]*rate.Limiter
	old   map[netip.Prefix]*rate.Limiter
	since time.Time
}

// Limits of Failures.
const (
	maxFailureAddresses = 1 << 15 // in a generation
	generationAge       = 10 * time.Minute
)

// NewFailures allows an address burst wrong keys at once and perSecond in the
// long run. A perSecond of 0 means no limit.
func NewFailures(perSecond float64, burst int) *Failures {
	return &Failures{limit: rate.Limit(perSecond), burst: burst, now: time.Now, young: map[netip.Prefix]*rate.Limiter{}}
}

// Limit counts a wrong key from an address. If there are too many it returns
// a rate_limited decision and how long to wait; otherwise it returns d.
func (f *Failures) Limit(d Decision, addr netip.Addr) (Decision, time.Duration) {
	if d.Code != apikey.CodeInvalidToken || d.counted {
		return d, 0
	}
	if wait := f.count(addr, 1); wait > 0 {
		return Decision{Code: apikey.CodeRateLimited, Reason: reasonRateLimited}, wait
	}
	return d, 0
}

// Braked returns the decision about a credential that could be guessed, and how
// long its address has to wait, if that sent too many wrong keys; and 0 if it
// did not.
func (f *Failures) Braked(addr netip.Addr) (Decision, time.Duration) {
	wait := f.count(addr, 1)
	if wait == 0 {
		f.giveBack(addr)
		return Decision{}, 0
	}
	return Decision{Code: apikey.CodeRateLimited, Reason: reasonRateLimited}, wait
}

// take counts a key that may be wrong, before that is known, and reports
// whether the address may send it.
func (f *Failures) take(addr netip.Addr) bool { return f.count(addr, 1) == 0 }

// giveBack takes back that a key was counted, which was right.
func (f *Failures) giveBack(addr netip.Addr) { f.count(addr, -1) }

// count takes n of what an address may still send. If there is less it takes
// nothing and returns how long to wait.
func (f *Failures) count(addr netip.Addr, n int) time.Duration {
	if f == nil || f.limit == 0 {
		return 0
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	res := f.limiter(origin(addr), now).ReserveN(now, n)
	wait := res.DelayFrom(now)
	if wait > 0 {
		res.CancelAt(now)
	}
	return wait
}

// origin is the unit that is counted: an IPv4 address, or the /64 that an
// IPv6 client can choose its address from.
func origin(addr netip.Addr) netip.Prefix {
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	p, _ := addr.Prefix(bits) // unknown addresses share the zero Prefix
	return p
}

func (f *Failures) limiter(from netip.Prefix, now time.Time) *rate.Limiter {
	if len(f.young) >= maxFailureAddresses || now.Sub(f.since) > generationAge {
		f.old, f.young, f.since = f.young, map[netip.Prefix]*rate.Limiter{}, now
	}
	l := f.young[from]
	if l == nil {
		if l = f.old[from]; l == nil {
			l = rate.NewLimiter(f.limit, f.burst)
		}
		f.young[from] = l
	}
	return l
}
