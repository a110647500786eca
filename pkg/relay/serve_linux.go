package relay

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Relay serves the connections of a listener.
type Relay struct {
	opts    Options
	loops   []*loop
	begun   atomic.Bool
	open    atomic.Int64
	waiting atomic.Int64 // exchanges that were begun, until the server goes on with them
	ended   atomic.Bool  // what is idle is closed
	context func(context.Context, net.Conn) context.Context

	mu     sync.Mutex
	came   sync.Cond
	left   []net.Conn // for the server
	failed error      // of the listener
	closed bool
}

// New returns a Relay. It does nothing until it is given a listener.
func New(opts Options) *Relay {
	r := &Relay{opts: opts}
	r.came.L = &r.mu
	return r
}

// Listener returns a listener for a server, which then gets what the relay does not serve. It is ln itself if its
// connections are not those of TCP, or another that wraps them.
func (r *Relay) Listener(ln net.Listener, s *http.Server) net.Listener {
	if r.begun.Swap(true) {
		return ln // another listener's
	}
	ln, ok := r.wrap(ln)
	if !ok || !r.start() {
		return ln
	}
	before := s.ConnContext
	if before == nil {
		before = func(ctx context.Context, _ net.Conn) context.Context { return ctx }
	}
	r.context = before
	s.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if one := connOf(c); one != nil {
			ctx = context.WithValue(ctx, begunKey{}, one)
		}
		return before(ctx, c)
	}
	out := &listener{Listener: ln, relay: r}
	go out.accept()
	return out
}

// wrap has a listener, or the one that it wraps, give connections of ours.
func (r *Relay) wrap(ln net.Listener) (wrapped net.Listener, ok bool) {
	mine := func(within net.Listener) net.Listener {
		if _, ok = within.(*net.TCPListener); ok {
			return &inner{within, r}
		}
		return within
	}
	if w, wraps := ln.(interface {
		Wrap(around func(net.Listener) net.Listener)
	}); wraps {
		w.Wrap(mine)
		return ln, ok
	}
	ln = mine(ln)
	return ln, ok
}

// maxLoops is enough for any machine: a loop passes on some 30,000 requests a second.
const maxLoops = 16

// start starts the loops.
func (r *Relay) start() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for range cmp.Or(r.opts.Loops, min(processors.own(), maxLoops)) {
		l, err := newLoop(r)
		if err != nil {
			r.opts.Logger.Warn("the server serves what the relay could, which is slower", "error", err)
			break
		}
		r.loops = append(r.loops, l)
	}
	processors.add(len(r.loops))
	for _, l := range r.loops {
		go l.run()
	}
	return len(r.loops) > 0
}

// inner makes connections those of a relay.
type inner struct {
	net.Listener
	relay *Relay
}

// Accept returns the next connection.
func (l *inner) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return newConn(c, l.relay), nil
}

// listener is the server's.
type listener struct {
	net.Listener
	relay *Relay
}

// accept gives connections to the loops.
func (ln *listener) accept() {
	r, pause := ln.relay, time.Duration(0)
	for i := 0; ; i++ {
		outer, err := ln.Listener.Accept()
		if err != nil {
			if !isTemporary(err) {
				r.fail(err)
				return
			}
			pause = min(max(2*pause, 5*time.Millisecond), time.Second) // as net/http's server has it
			r.opts.Logger.Warn("a connection could not be accepted", "error", err, "again in", pause)
			time.Sleep(pause)
			continue
		}
		pause = 0
		c := connOf(outer)
		if c == nil || r.ended.Load() {
			r.give(outer)
			continue
		}
		c.prepare(outer)
		l := r.loops[i%len(r.loops)]
		r.open.Add(1)
		if !l.post(func() { l.enter(c) }) {
			r.open.Add(-1)
			r.give(outer)
		}
	}
}

func isTemporary(err error) bool {
	t, ok := errors.AsType[net.Error](err)
	return ok && t.Temporary() //nolint:staticcheck // as net/http's server has it
}

// prepare notes what requests on a connection have in common.
func (c *conn) prepare(outer net.Conn) {
	c.outer, c.remoteText = outer, c.remote.String()
	ctx := context.WithValue(context.Background(), http.LocalAddrContextKey, c.local)
	c.ctx = c.relay.context(ctx, outer)
}

// Accept returns the next connection that the relay does not serve.
func (ln *listener) Accept() (net.Conn, error) {
	r := ln.relay
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.left) == 0 && r.failed == nil {
		r.came.Wait()
	}
	if len(r.left) == 0 {
		return nil, r.failed
	}
	c := r.left[0]
	r.left[0] = nil
	r.left = r.left[1:]
	return c, nil
}

// Close ends the listener, and the connections that the relay serves.
func (ln *listener) Close() error {
	r := ln.relay
	err := ln.Listener.Close()
	r.fail(net.ErrClosed)
	r.ended.Store(true)
	r.each((*loop).endAll)
	return err
}

func (r *Relay) give(c net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		_ = c.Close()
		return
	}
	r.left = append(r.left, c)
	r.came.Signal()
}

func (r *Relay) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed == nil {
		r.failed = err
	}
	r.closed = true
	r.came.Broadcast()
	for _, c := range r.left {
		_ = c.Close()
	}
	r.left = nil
}

// Open returns how many connections the relay serves.
func (r *Relay) Open() int64 {
	if r == nil {
		return 0
	}
	return r.open.Load()
}

// Drain closes the connections that are idle, and gives the others to the server. It waits for those that clients still
// take answers on. The relay then takes no more.
func (r *Relay) Drain(ctx context.Context) {
	if r == nil {
		return
	}
	r.ended.Store(true)
	r.each((*loop).leaveAll)
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for (r.open.Load() > 0 || r.isLeft()) && ctx.Err() == nil {
		<-look.C
	}
}

// each has each loop call f.
func (r *Relay) each(f func(*loop)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.loops {
		l.post(func() { f(l) })
	}
}

// isLeft reports whether the server has not taken all that is for it. One that shuts down drops requests with which
// it has not begun.
func (r *Relay) isLeft() bool {
	if r.waiting.Load() > 0 {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.left) > 0
}

func (l *loop) each(f func(*conn)) {
	for i := range l.slots {
		if c := l.slots[i].conn; c != nil {
			f(c)
		}
	}
}

func (l *loop) leaveAll() {
	l.each(func(c *conn) {
		switch c.state {
		case idle:
			l.end(c)
		case gathering, dialling, asking:
			l.handOver(c)
		case answering: // ends when it is done
		}
	})
}

func (l *loop) endAll() { l.each(l.abandon) }

// closedConn is a connection that cannot be used any more.
type closedConn struct{ net.Conn }

func (closedConn) Read([]byte) (int, error)    { return 0, net.ErrClosed }
func (closedConn) Write([]byte) (int, error)   { return 0, net.ErrClosed }
func (closedConn) Close() error                { return nil }
func (closedConn) SetDeadline(time.Time) error { return nil }
