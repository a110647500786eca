package statetest

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// Cutter is a wire to a server that can be cut. It passes on bytes, and knows
// of HTTP only with which method a request begins.
type Cutter struct {
	listener net.Listener
	target   string

	mu     sync.Mutex
	method string // the next request of this method is cut
	times  int    // so many of them
	down   bool   // after a cut nobody gets through
	broken bool   // nobody gets through now
	cuts   int
	open   map[net.Conn]bool
}

// NewCutter lays a wire to a server. It ends with the test.
func NewCutter(t testing.TB, serverURL string) *Cutter {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &Cutter{listener: listener, target: strings.TrimPrefix(serverURL, "http://"), open: map[net.Conn]bool{}}
	var wires sync.WaitGroup
	wires.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			wires.Go(func() { c.pass(near) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		c.each(func(conn net.Conn) { _ = conn.Close() })
		wires.Wait()
	})
	return c
}

// URL is the near end of the wire.
func (c *Cutter) URL() string { return "http://" + c.listener.Addr().String() }

// Cut cuts the wire when a request of a method has been passed on and the
// server answers it: the server has done what was asked, and nobody hears of
// it. So it does n times.
func (c *Cutter) Cut(method string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.method, c.times = method, n
}

// Break cuts the wire as Cut does, once, and leaves it broken until Mend.
func (c *Cutter) Break(method string) {
	c.Cut(method, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = true
}

// Mend joins the ends again.
func (c *Cutter) Mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down, c.broken, c.times = false, false, 0
}

// Cuts is how often the wire was cut.
func (c *Cutter) Cuts() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cuts
}

func (c *Cutter) each(do func(net.Conn)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.open {
		do(conn)
	}
}

func (c *Cutter) keep(conn net.Conn, open bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if open {
		c.open[conn] = true
	} else {
		delete(c.open, conn)
	}
}

// pass carries the bytes of one connection both ways.
func (c *Cutter) pass(near net.Conn) {
	c.keep(near, true)
	defer c.keep(near, false)
	defer func() { _ = near.Close() }()
	c.mu.Lock()
	broken := c.broken
	c.mu.Unlock()
	far, err := new(net.Dialer).DialContext(context.Background(), "tcp", c.target)
	if err != nil || broken {
		reset(near)
		return
	}
	defer func() { _ = far.Close() }()
	doomed := make(chan bool, 1) // the answer to come is cut off
	go func() {
		_, _ = io.Copy(far, &watched{near, func(p []byte) {
			if c.dooms(p) {
				doomed <- true
			}
		}})
		_ = far.(*net.TCPConn).CloseWrite()
	}()
	buffer := make([]byte, 32<<10)
	for {
		n, err := far.Read(buffer)
		select {
		case <-doomed:
			reset(near)
			return
		default:
		}
		if _, writeErr := near.Write(buffer[:n]); err != nil || writeErr != nil {
			return
		}
	}
}

// dooms reports whether what begins here is a request to cut.
func (c *Cutter) dooms(p []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.times == 0 || !bytes.HasPrefix(p, []byte(c.method+" /")) {
		return false
	}
	c.times--
	c.cuts++
	c.broken = c.down
	return true
}

// reset ends a connection without a goodbye.
func reset(conn net.Conn) {
	_ = conn.(*net.TCPConn).SetLinger(0)
	_ = conn.Close()
}

// watched shows what is read from a connection.
type watched struct {
	io.Reader
	see func([]byte)
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	w.see(p[:n])
	return n, err
}
