package gate

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// dials bound the connections to upstreams: on one connection of HTTP/2 a
// client may send hundreds of requests at once, each of which takes one.
type dials struct {
	slots chan struct{} // nil = no limit
	dial  func(ctx context.Context, network, address string) (net.Conn, error)
	idle  []interface{ CloseIdleConnections() } // which can be spared

	waiting atomic.Int64 // requests, until there is room
}

// dialPatience is how long a request waits until there is room for its
// connection, and how long connecting may take.
const dialPatience = 10 * time.Second

func newDials(most int) *dials {
	d := &dials{dial: (&net.Dialer{Timeout: dialPatience, KeepAlive: 30 * time.Second}).DialContext}
	if most > 0 {
		d.slots = make(chan struct{}, most)
	}
	return d
}

// limit makes a transport dial within the limit.
func (d *dials) limit(t *http.Transport) *http.Transport {
	t.DialContext = d.DialContext
	d.idle = append(d.idle, t)
	return t
}

// DialContext opens a connection once there is room for it.
func (d *dials) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if d.slots == nil {
		return d.dial(ctx, network, address)
	}
	if err := d.wait(ctx); err != nil {
		return nil, err
	}
	conn, err := d.dial(ctx, network, address)
	if err != nil {
		<-d.slots
		return nil, err
	}
	return &slotConn{Conn: conn, free: sync.OnceFunc(func() { <-d.slots })}, nil
}

func (d *dials) wait(ctx context.Context) error {
	select {
	case d.slots <- struct{}{}:
		return nil
	default:
	}
	d.waiting.Add(1)
	defer d.waiting.Add(-1)
	for _, t := range d.idle {
		t.CloseIdleConnections()
	}
	patience := time.NewTimer(dialPatience)
	defer patience.Stop()
	select {
	case d.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-patience.C:
		return errors.New("too many connections to upstreams are open")
	}
}

// slotConn is a connection that gives its place back when it is closed.
type slotConn struct {
	net.Conn
	free func()
}

// Close closes the connection.
func (c *slotConn) Close() error {
	defer c.free()
	return c.Conn.Close()
}
