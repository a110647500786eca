package notice

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Limits of what is gathered in memory.
const (
	maxFacts     = 5000  // keys that something happened to, until it is told
	maxSeen      = 20000 // what is known not to be told again
	maxUses      = 100   // addresses of a key
	maxRefusers  = 5000  // addresses that were refused
	refusalCount = 5
	refusalSpan  = 10 * time.Minute
	lookPause    = time.Minute
)

// fact is what happened to a key that people may be told of.
type fact struct {
	org   int64 // 0 = not known
	kind  factKind
	key   string
	token string // empty = not known which
}

type factKind int

const (
	cameLate factKind = iota // the key, or one of its tokens, was refused because it is over
	metLimit                 // the key met its limits
	usedFrom                 // the key was used from somewhere
)

// facts gathers what happens, until somebody puts it into words. It is bounded,
// and costs no time on the path of a request: it is told of batches.
type facts struct {
	wanted atomic.Bool // that anybody is told of anything

	mu       sync.Mutex
	gathered map[fact]map[use]*Use
	begun    map[fact]time.Time
	seen     map[seenNetwork]struct{} // networks of keys that are known
	refusers map[netip.Prefix]*refuser
	refused  []refusal
	looked   map[fact]time.Time // when the clients of what came late were looked up
}

// use distinguishes clients.
type use struct{ address, agent string }

// refuser is an address whose requests to manage keys were refused.
type refuser struct {
	times [refusalCount]time.Time // the last ones, as a ring
	count int
	told  time.Time
}

type refusal struct {
	address string
	code    apikey.Code
	at      time.Time
}

func newFacts() *facts {
	return &facts{gathered: map[fact]map[use]*Use{}, begun: map[fact]time.Time{}, seen: map[seenNetwork]struct{}{},
		refusers: map[netip.Prefix]*refuser{}, looked: map[fact]time.Time{}}
}

// seenNetwork is a network from which a key is known to be used.
type seenNetwork struct{ key, network string }

// used notes uses of keys from networks that are not known to be theirs.
func (f *facts) used(batch *apikey.UsageBatch) {
	if !f.wanted.Load() {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range batch.Clients {
		c := &batch.Clients[i]
		if c.Requests > c.Denied {
			f.usedFrom(c.KeyID, Use{Address: c.Address, UserAgent: c.UserAgent, Requests: c.Requests - c.Denied,
				LastAt: c.LastAt})
		}
	}
	if len(batch.Clients) > 0 {
		return
	}
	for i := range batch.Uses {
		u := &batch.Uses[i]
		f.usedFrom(u.KeyID, Use{Address: u.LastFrom, Requests: u.Count, LastAt: u.LastAt})
	}
}

// usedFrom notes a use, if it is from a network that is not known to be the
// key's. The caller holds mu.
func (f *facts) usedFrom(id apikey.ID, u Use) {
	address, err := netip.ParseAddr(u.Address)
	if err != nil {
		return
	}
	key := id.String()
	if _, known := f.seen[seenNetwork{key, network(address)}]; !known {
		f.add(fact{kind: usedFrom, key: key}, u)
	}
}

// network is the unit in which addresses are known: an IPv4 address, or the /64
// that an IPv6 client can choose its address from.
func network(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	p, _ := a.Prefix(64) // every address of IPv6 has one
	return p.String()
}

// late notes keys that were held or let in with grace after their ends.
func (f *facts) late(list []apikey.Late) {
	if !f.wanted.Load() {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range list {
		at := l.HeldAt
		if l.GraceAt.After(at) {
			at = l.GraceAt
		}
		f.add(fact{kind: cameLate, key: l.KeyID.String()}, Use{LastAt: at})
	}
}

// denied notes requests that were refused because a key is over, or wants too
// much.
func (f *facts) denied(denials []apikey.Denial) {
	if !f.wanted.Load() {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range denials {
		d := &denials[i]
		if d.KeyID == "" {
			continue
		}
		what := fact{org: d.OrgID, key: d.KeyID}
		switch d.Code {
		case apikey.CodeExpired, apikey.CodeHeld, apikey.CodeRevoked:
			what.kind, what.token = cameLate, d.TokenID
		case apikey.CodeLimited:
			what.kind = metLimit
		default:
			continue
		}
		f.add(what, Use{Address: d.Address, UserAgent: d.UserAgent, Requests: d.Count, LastAt: d.At})
	}
}

// add gathers. The caller holds mu.
func (f *facts) add(what fact, u Use) {
	uses := f.gathered[what]
	if uses == nil {
		if len(f.gathered) >= maxFacts {
			return // what goes on happening comes again
		}
		uses = map[use]*Use{}
		f.gathered[what], f.begun[what] = uses, time.Time{}
	}
	who := use{u.Address, u.UserAgent}
	sum := uses[who]
	switch {
	case sum == nil && len(uses) < maxUses:
		uses[who] = &u
	case sum != nil:
		sum.Requests += u.Requests
		if u.LastAt.After(sum.LastAt) {
			sum.LastAt = u.LastAt
		}
	}
}

// take takes the facts that were gathered for at least a while, at now; with a
// patience below 0 all of them.
func (f *facts) take(now time.Time, patience time.Duration) map[fact][]Use {
	f.mu.Lock()
	defer f.mu.Unlock()
	ripe := map[fact][]Use{}
	for what, uses := range f.gathered {
		if f.begun[what].IsZero() {
			f.begun[what] = now
		}
		if now.Sub(f.begun[what]) < patience {
			continue
		}
		for _, u := range uses {
			ripe[what] = append(ripe[what], *u)
		}
		delete(f.gathered, what)
		delete(f.begun, what)
	}
	return ripe
}

// giveBack gathers again what cannot be told before a moment.
func (f *facts) giveBack(list map[fact][]Use, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for what, uses := range list {
		for _, u := range uses {
			f.add(what, u)
		}
		if _, there := f.begun[what]; there {
			f.begun[what] = at
		}
	}
}

// looks reports whether the clients of what came late are to be looked up: not
// again and again while it goes on coming.
func (f *facts) looks(what fact, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if last, did := f.looked[what]; did && now.Sub(last) < lookPause {
		return false
	}
	if len(f.looked) >= maxFacts {
		clear(f.looked)
	}
	f.looked[what] = now
	return true
}

// see notes what need not be looked at again.
func (f *facts) see(what seenNetwork) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.seen) >= maxSeen {
		clear(f.seen) // and is found in the store again
	}
	f.seen[what] = struct{}{}
}

// SignInRefused notes that a request to manage keys was refused.
func (n *Notices) SignInRefused(from netip.Addr, code apikey.Code) {
	if !n.facts.wanted.Load() {
		return
	}
	n.facts.signInRefused(from, code, n.now())
}

func (f *facts) signInRefused(from netip.Addr, code apikey.Code, now time.Time) {
	bits := 32
	if from = from.Unmap().WithZone(""); from.Is6() {
		bits = 64
	}
	network, err := from.Prefix(bits)
	if err != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.refusers[network]
	if r == nil {
		if len(f.refusers) >= maxRefusers {
			clear(f.refusers)
		}
		r = &refuser{}
		f.refusers[network] = r
	}
	r.times[r.count%refusalCount] = now
	r.count++
	oldest := r.times[r.count%refusalCount]
	if r.count < refusalCount || now.Sub(oldest) > refusalSpan || now.Sub(r.told) < time.Hour && !r.told.IsZero() {
		return
	}
	r.told = now
	if len(f.refused) < maxRefusers {
		f.refused = append(f.refused, refusal{from.String(), code, now})
	}
}

// takeRefused takes the addresses that were refused too often.
func (f *facts) takeRefused() []refusal {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := f.refused
	f.refused = nil
	return list
}

// giveRefusedBack takes back what could not be told.
func (f *facts) giveRefusedBack(list []refusal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refused = append(list, f.refused...)
}
