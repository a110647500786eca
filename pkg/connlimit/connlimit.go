// Package connlimit bounds how many connections a server holds, and how many
// of one address, so that strangers who open them and say nothing take them
// from nobody else.
//
// A connection is a stranger's until a request on it has shown a good key. When
// there are too many, the stranger goes that has been silent the longest, and
// the new one stays: a client with a key shows it at once.
package connlimit

import (
	"container/list"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Options of a Limiter; zero numbers stand for no limit.
type Options struct {
	Total      int            // connections in all
	PerAddress int            // of those, from one address, or from one /64 of IPv6
	Idle       time.Duration  // for which a stranger may be silent
	Trusted    []netip.Prefix // proxies, which bring the clients of many addresses
	Name       string         // of the listener, for the log
	Logger     *slog.Logger
}

// Limiter bounds the connections of one server.
type Limiter struct {
	opts Options

	mu        sync.Mutex
	total     int
	addresses map[netip.Prefix]int
	strangers *list.List // of *conn, the longest silent first
	warned    time.Time
}

// New returns a Limiter. Limit makes a server heed it.
func New(opts Options) *Limiter {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	return &Limiter{opts: opts, addresses: map[netip.Prefix]int{}, strangers: list.New()}
}

// Limit makes a server report its connections to the Limiter. Call it before the server runs, which must then listen on
// what Listener returns.
func (l *Limiter) Limit(s *http.Server) {
	before := s.ConnState
	s.ConnState = func(c net.Conn, state http.ConnState) {
		if one := connOf(c); one != nil {
			l.moved(one, state)
		}
		if before != nil {
			before(c, state)
		}
	}
	s.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if one := connOf(c); one != nil {
			return context.WithValue(ctx, connKey{}, one)
		}
		return ctx
	}
}

// Listener returns a listener whose connections are bounded. It ends with ln.
func (l *Limiter) Listener(ln net.Listener) net.Listener {
	b := &listener{Listener: ln, limiter: l, closed: make(chan struct{})}
	if l.opts.Idle > 0 {
		go b.endSilent()
	}
	return b
}

type connKey struct{}

// Trust notes that a request on its connection has shown a good key.
func Trust(ctx context.Context) {
	if c, ok := ctx.Value(connKey{}).(*conn); ok && !c.trusted.Load() {
		c.limiter.trust(c)
	}
}

// listener is one whose connections are counted.
type listener struct {
	net.Listener
	limiter *Limiter
	closed  chan struct{}
	once    sync.Once
}

// Wrap puts another listener around the one within. Call it before the first connection is accepted.
func (b *listener) Wrap(around func(net.Listener) net.Listener) { b.Listener = around(b.Listener) }

// Accept returns the next connection for which there is room, or is made.
func (b *listener) Accept() (net.Conn, error) {
	for {
		accepted, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if c := b.limiter.admit(accepted); c != nil {
			return c, nil
		}
		_ = accepted.Close()
	}
}

// Close ends the listener.
func (b *listener) Close() error {
	b.once.Do(func() { close(b.closed) })
	return b.Listener.Close()
}

// endSilent ends strangers that were silent for too long.
func (b *listener) endSilent() {
	look := time.NewTicker(max(b.limiter.opts.Idle/8, time.Millisecond))
	defer look.Stop()
	for {
		select {
		case <-b.closed:
			return
		case now := <-look.C:
			b.limiter.endSilent(now)
		}
	}
}

// conn is a connection that is counted until it is closed.
type conn struct {
	net.Conn
	limiter *Limiter
	from    netip.Prefix // zero = not counted by address
	once    sync.Once
	trusted atomic.Bool // so that nobody has to ask twice

	// Guarded by the limiter's mu.
	stranger *list.Element // nil = none any longer
	busy     bool          // with a request
	since    time.Time     // of that, or of its silence
}

// connOf returns the counted connection within one that a server knows.
func connOf(c net.Conn) *conn {
	for {
		if one, ok := c.(*conn); ok {
			return one
		}
		outer, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return nil
		}
		c = outer.NetConn()
	}
}

// NetConn returns the connection within.
func (c *conn) NetConn() net.Conn { return c.Conn }

// Close closes the connection, which is then not counted any longer.
func (c *conn) Close() error {
	c.once.Do(func() { c.limiter.closed(c) })
	return c.Conn.Close()
}

// CloseWrite signals the end of the data to the other side, if the connection can.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// origin is the unit that is counted: an IPv4 address, or the /64 that an IPv6
// client can choose its address from; the zero Prefix for trusted proxies and
// unknown addresses.
func (l *Limiter) origin(remote net.Addr) (from netip.Prefix, trusted bool) {
	tcp, ok := remote.(*net.TCPAddr)
	if !ok {
		return from, false
	}
	addr := tcp.AddrPort().Addr().Unmap().WithZone("")
	if slices.ContainsFunc(l.opts.Trusted, func(p netip.Prefix) bool { return p.Contains(addr) }) {
		return from, true
	}
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	from, _ = addr.Prefix(bits)
	return from, false
}

// admit counts a new connection, in place of a stranger's if there are too
// many. It returns nil if there is no room.
func (l *Limiter) admit(accepted net.Conn) *conn {
	from, trusted := l.origin(accepted.RemoteAddr())
	c := &conn{Conn: accepted, limiter: l, from: from, since: time.Now()}
	l.mu.Lock()
	var goes []*conn
	room := true
	if l.opts.PerAddress > 0 && from.IsValid() && l.addresses[from] >= l.opts.PerAddress {
		goes, room = l.evict(goes, func(other *conn) bool { return other.from == from })
	}
	if room && l.opts.Total > 0 && l.total-len(goes) >= l.opts.Total {
		goes, room = l.evict(goes, func(*conn) bool { return true })
	}
	if room {
		l.total++
		if from.IsValid() {
			l.addresses[from]++
		}
		if !trusted {
			c.stranger = l.strangers.PushBack(c)
		}
	}
	warn := (len(goes) > 0 || !room) && c.since.Sub(l.warned) > time.Minute
	if warn {
		l.warned = c.since
	}
	total := l.total
	l.mu.Unlock()
	for _, other := range goes {
		_ = other.Close()
	}
	if warn {
		l.opts.Logger.Warn("too many connections; those that showed no good key end, the longest silent first",
			"listener", l.opts.Name, "connections", total, "total", l.opts.Total, "per_address", l.opts.PerAddress,
			"client", from.Addr())
	}
	if !room {
		return nil
	}
	return c
}

// evict adds the stranger of some that was silent the longest to those that
// go. Those that are busy go last. The caller holds mu.
func (l *Limiter) evict(goes []*conn, of func(*conn) bool) (all []*conn, room bool) {
	var busy *conn
	for e := l.strangers.Front(); e != nil; e = e.Next() {
		c := e.Value.(*conn) //nolint:forcetypeassert // nothing else is put there
		switch {
		case !of(c):
		case !c.busy:
			return append(goes, l.forget(c)), true
		case busy == nil:
			busy = c
		}
	}
	if busy == nil {
		return goes, false
	}
	return append(goes, l.forget(busy)), true
}

// forget takes a connection off the list of strangers. The caller holds mu.
func (l *Limiter) forget(c *conn) *conn {
	if c.stranger != nil {
		l.strangers.Remove(c.stranger)
		c.stranger = nil
	}
	return c
}

// moved follows what a connection is doing.
func (l *Limiter) moved(c *conn, state http.ConnState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.stranger == nil || state == http.StateNew || state == http.StateClosed {
		return
	}
	c.busy, c.since = state == http.StateActive, time.Now()
	l.strangers.MoveToBack(c.stranger)
}

func (l *Limiter) trust(c *conn) {
	c.trusted.Store(true)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(c)
}

func (l *Limiter) closed(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(c)
	l.total--
	if c.from.IsValid() {
		l.addresses[c.from]--
		if l.addresses[c.from] == 0 {
			delete(l.addresses, c.from)
		}
	}
}

// endSilent ends the strangers that have been silent for too long at a moment.
func (l *Limiter) endSilent(now time.Time) {
	var goes []*conn
	l.mu.Lock()
	for e := l.strangers.Front(); e != nil; {
		c := e.Value.(*conn) //nolint:forcetypeassert // nothing else is put there
		e = e.Next()
		if now.Sub(c.since) < l.opts.Idle {
			break // so are all behind it
		}
		if !c.busy {
			goes = append(goes, l.forget(c))
		}
	}
	l.mu.Unlock()
	for _, c := range goes {
		_ = c.Close()
	}
}
