package relay

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// conn is a client's connection. While it is with a loop, nobody else reads from it or writes to it.
type conn struct {
	net.Conn // nil while it is with a loop

	relay         *Relay
	remote, local net.Addr
	begun         atomic.Pointer[Begun]
	replay        []byte // what the server reads first
	blank         int    // how much follows on it, of a body that went to the upstream

	mu sync.Mutex
	fd int // while it is with a loop; -1 = it is not

	// What follows is the loop's.
	gen        int32
	outer      net.Conn        // it, as the server knows it
	ctx        context.Context //nolint:containedctx // of its requests
	remoteText string
	state      state
	since      time.Time // of the state
	more       bool      // the client may have sent something
	went       bool      // nothing follows what it has sent
	served     bool      // a request
	in         []byte    // what has come of the request; its header alone once it was sent
	shape      shape     // of the request
	repeatable bool      // the request may be asked once more, on another connection
	exchange   Exchange  // nil = none has begun
	last       Exchange  // the one before, which has ended, of request; nil = none is remembered
	request    *http.Request
	wire       *wire  // on which it was sent; nil = it was not
	head       []byte // of the request
	rest       []byte // of the answer
}

// state is what a connection waits for.
type state int

const (
	idle      state = iota // a request
	gathering              // its body
	dialling               // a connection to the upstream
	asking                 // the answer
	answering              // the client, to take the rest of the answer
)

func newConn(c net.Conn, r *Relay) *conn {
	return &conn{Conn: c, relay: r, remote: c.RemoteAddr(), local: c.LocalAddr(), fd: -1}
}

// keep keeps what was begun for the server.
func (c *conn) keep(b *Begun) {
	c.relay.waiting.Add(1)
	c.begun.Store(b)
}

// take returns what was begun, once.
func (c *conn) take() *Begun {
	b := c.begun.Swap(nil)
	if b != nil {
		c.relay.waiting.Add(-1)
	}
	return b
}

// detach takes the connection from the runtime, for a loop.
func (c *conn) detach() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	fd, err := detach(c.Conn)
	if err == nil {
		c.fd, c.Conn = fd, nil
	}
	return err == nil
}

// attach gives it back.
func (c *conn) attach() (err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fd := c.fd
	c.fd = -1
	c.Conn, err = attach(fd)
	if err != nil {
		c.Conn = closedConn{}
	}
	return err
}

// LocalAddr returns the address that the client has connected to.
func (c *conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the client's address.
func (c *conn) RemoteAddr() net.Addr { return c.remote }

// Read reads what the relay has read first.
func (c *conn) Read(p []byte) (int, error) {
	if n := copy(p, c.replay); n > 0 {
		if c.replay = c.replay[n:]; len(c.replay) == 0 {
			c.replay = nil
		}
		return n, nil
	}
	if n := min(len(p), c.blank); n > 0 {
		clear(p[:n])
		c.blank -= n
		return n, nil
	}
	return c.Conn.Read(p)
}

// CloseWrite signals the end of the data to the other side.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close closes the connection, whoever has it.
func (c *conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.take().drop()
	switch {
	case c.fd >= 0:
		return unix.Shutdown(c.fd, unix.SHUT_RDWR) // the loop closes it
	case c.Conn != nil:
		return c.Conn.Close()
	}
	return nil
}

// connOf finds the connection within one that a server knows.
func connOf(c net.Conn) *conn {
	for c != nil {
		if found, ok := c.(*conn); ok {
			return found
		}
		within, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return nil
		}
		c = within.NetConn()
	}
	return nil
}
