package verify

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// LimitStore is the part of a store by which servers share the limits of keys.
type LimitStore interface {
	ShareLimits(ctx context.Context, report apikey.LimitReport) (apikey.SharedLimits, error)
	LimitCounts(ctx context.Context, day apikey.Day, fn func(id apikey.ID, scope string, n apikey.LimitCount)) error
	SettleLimits(ctx context.Context, today apikey.Day, server string) error
}

// Limiter holds keys to their limits, from memory. Two keys have nothing in common that they would wait for.
//
// Servers that share a store share the limits too: see Exchange. A server that is alone uses them as a whole.
type Limiter struct {
	store  LimitStore // nil = this server is alone
	logger *slog.Logger
	begin  time.Time // of the clock of meters
	own    *scope    // of limits that keys have themselves

	servers atomic.Int64          // that share the limits, this one included
	used    atomic.Pointer[meter] // the list of meters that were used since the last exchange
	wake    chan struct{}

	exchanged atomic.Int64 // when the last exchange was, by the clock of meters

	mu      sync.Mutex
	scopes  map[string]*scope // of endpoints, by their names
	seeds   map[seed]apikey.LimitCount
	seedDay apikey.Day

	exchanging sync.Mutex // held during an exchange
	server     string     // this one's name
	announced  time.Time  // when the store last heard of it
	looks      int        // that are soon to be taken for others, which may have come at the same moment
	again      []*meter   // that are to be reported once more, used or not
}

// scope is where limits count: at one endpoint, or everywhere.
type scope struct {
	name   string // of the endpoint; empty = everywhere
	meters *meters
}

// seed is what the store knew of a key's day when the server was started.
type seed struct {
	id    apikey.ID
	scope string
}

// LimitPerKey are the limits that an endpoint has for each key without limits of its own. It is made by Limiter.PerKey.
type LimitPerKey struct {
	limits apikey.Limits
	scope  *scope
}

// NewLimiter returns a Limiter. Without a store it shares with nobody and remembers no day.
func NewLimiter(store LimitStore, logger *slog.Logger) *Limiter {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	l := &Limiter{
		store: store, logger: logger, begin: time.Now(), own: &scope{meters: newMeters()},
		wake: make(chan struct{}, 1), scopes: map[string]*scope{}, server: rand.Text(),
	}
	l.servers.Store(1)
	return l
}

// PerKey returns the limits that each key has at an endpoint, unless it has its own; nil for none. What keys have
// used stays known under the endpoint's name, also when the limits are others.
func (l *Limiter) PerKey(endpoint string, limits apikey.Limits) *LimitPerKey {
	if limits.IsZero() {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.scopes[endpoint]
	if s == nil {
		s = &scope{name: endpoint, meters: newMeters()}
		l.scopes[endpoint] = s
	}
	return &LimitPerKey{limits: limits, scope: s}
}

// admit holds a request that may pass otherwise to the limits of its key: it is let in, or the Outcome becomes a
// refusal.
func (l *Limiter) admit(r *Request, d *Demand, o *Outcome) {
	own := o.Key.width == withLimits
	if l == nil || !own && d.PerKey == nil {
		return
	}
	asked := meterRequest{
		now: int64(r.Began.Sub(l.begin)), at: r.Began, servers: l.servers.Load(),
		length: r.Length, elsewhere: r.Elsewhere,
	}
	if r.Elsewhere && r.Length < 0 {
		asked.length = 0 // nobody here sees what passes, so that it is no reason either
	}
	for valid := false; !valid; {
		var m *meter
		var limits *apikey.Limits
		if own {
			m, limits = l.ownMeter(o.Key), &o.Key.further().traits.limits
		} else {
			m, limits = l.meter(d.PerKey.scope, o.Key.ID), &d.PerKey.limits
		}
		var reason string
		var wait time.Duration
		if o.grant, wait, reason, valid = m.take(limits, &asked); wait > 0 {
			o.Code, o.Reason, o.Wait = apikey.CodeLimited, reason, wait
		}
		l.touch(m)
		if o.grant.hurry {
			l.Wake()
		}
	}
	o.limiter, o.at = l, r.Began
}

// ownMeter returns the meter of a key with limits of its own.
func (l *Limiter) ownMeter(k *Identity) *meter {
	kept := &k.further().meter
	if m := kept.Load(); m != nil && m.scope == l.own && !m.gone.Load() {
		return m
	}
	m := l.meter(l.own, k.ID)
	kept.Store(m)
	return m
}

// meter returns a key's meter in a scope.
func (l *Limiter) meter(in *scope, id apikey.ID) *meter {
	if m := in.meters.find(id); m != nil {
		return m
	}
	return in.meters.findOrAdd(id, func() *meter {
		m := &meter{id: id, scope: in, last: l.now()}
		m.day, m.elsewhere = l.seed(seed{id, in.name})
		l.Wake() // others may have used up the day
		return m
	})
}

// seed returns what the store knew of a key's use today.
func (l *Limiter) seed(of seed) (apikey.Day, apikey.LimitCount) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seedDay, l.seeds[of]
}

// touch notes that a meter was used since the last exchange. One that is noted already costs nothing.
func (l *Limiter) touch(m *meter) {
	if l.store == nil || m.listed.Load() || !m.listed.CompareAndSwap(false, true) {
		return
	}
	for {
		m.next = l.used.Load()
		if l.used.CompareAndSwap(m.next, m) {
			break
		}
	}
	if m.next == nil && l.now()-l.exchanged.Load() > int64(exchangeInterval) {
		l.Wake() // after a pause nobody knows any more how many servers there are
	}
}

// now is the time on the clock of meters.
func (l *Limiter) now() int64 { return int64(time.Since(l.begin)) }

// Wake makes Run exchange soon. It never blocks.
func (l *Limiter) Wake() {
	select {
	case l.wake <- struct{}{}:
	default: // one is waiting already
	}
}
