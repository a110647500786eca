package gate

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// greeter is a listener for TLS. Only when a client has said which protocol it speaks can its connection be watched:
// the server takes HTTP/2 from nothing but a *tls.Conn.
type greeter struct {
	net.Listener
	config *tls.Config
	limit  time.Duration // for the handshake

	came     chan greeted
	closed   chan struct{}
	once     sync.Once
	greeting *atomic.Int64 // handshakes that the server has not heard of
}

// greeted is a connection for the server, or why there is none.
type greeted struct {
	conn net.Conn
	err  error
}

func newGreeter(ln net.Listener, config *tls.Config, limit time.Duration, greeting *atomic.Int64) *greeter {
	g := &greeter{
		Listener: ln, config: config, limit: limit, greeting: greeting,
		came: make(chan greeted), closed: make(chan struct{}),
	}
	go g.run()
	return g
}

// run accepts connections until the listener ends.
func (g *greeter) run() {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			if !g.give(greeted{err: err}) {
				return
			}
			continue
		}
		g.greeting.Add(1)
		go func() {
			defer g.greeting.Add(-1)
			g.greet(tls.Server(c, g.config))
		}()
	}
}

// greet has the client choose a protocol. Of a handshake that fails the server speaks, which meets the same error.
func (g *greeter) greet(c *tls.Conn) {
	_ = c.SetDeadline(time.Now().Add(g.limit))
	err := c.HandshakeContext(context.Background())
	_ = c.SetDeadline(time.Time{})
	var out net.Conn = c
	if err == nil && c.ConnectionState().NegotiatedProtocol != "h2" {
		out = &secured{watched: &watched{Conn: c, matched: -1}, tls: c}
	}
	if !g.give(greeted{conn: out}) {
		_ = c.Close()
	}
}

// give gives something to who accepts, and reports whether somebody still does.
func (g *greeter) give(what greeted) bool {
	select {
	case g.came <- what:
		return true
	case <-g.closed:
		return false
	}
}

// Accept returns the next connection.
func (g *greeter) Accept() (net.Conn, error) {
	select {
	case next := <-g.came:
		return next.conn, next.err
	case <-g.closed:
		return nil, net.ErrClosed
	}
}

// Close ends the listener.
func (g *greeter) Close() error {
	g.once.Do(func() { close(g.closed) })
	return g.Listener.Close()
}
