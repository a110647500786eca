package gate

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ostiary/ostiary/pkg/upstreams"
)

// dials bound the connections to upstreams: on one connection of HTTP/2 a
// client may send hundreds of requests at once, each of which takes one.
type dials struct {
	*room
	dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// room is the limit that several dials share.
type room struct {
	slots   chan struct{} // nil = no limit
	waiting atomic.Int64  // requests, until there is room

	mu   sync.Mutex
	idle []idling // which can be spared
}

// idling has connections that are idle.
type idling interface{ CloseIdleConnections() }

// dialPatience is how long a request waits until there is room for its
// connection, and how long connecting may take.
const dialPatience = 10 * time.Second

func newDials(most int) *dials {
	d := &dials{room: &room{}, dial: (&net.Dialer{Timeout: dialPatience, KeepAlive: keepAlive}).DialContext}
	if most > 0 {
		d.slots = make(chan struct{}, most)
	}
	return d
}

const keepAlive = 30 * time.Second

// guarded dials within the same limit, and to nothing but what is allowed.
func (d *dials) guarded(allowed upstreams.Allowed, own func(netip.AddrPort) bool) *dials {
	guard := &upstreams.Guard{Allowed: allowed, Own: own, Timeout: dialPatience, KeepAlive: keepAlive}
	return &dials{room: d.room, dial: guard.DialContext}
}

// spare notes whose idle connections can be closed for others.
func (r *room) spare(t idling) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.idle = append(r.idle, t)
}

// closeIdle makes room.
func (r *room) closeIdle() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.idle {
		t.CloseIdleConnections()
	}
}

// forget ends idle connections that nobody will use any more.
func (r *room) forget(gone ...idling) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range gone {
		t.CloseIdleConnections()
	}
	r.idle = slices.DeleteFunc(r.idle, func(t idling) bool { return slices.Contains(gone, t) })
}

// limit makes a transport dial within the limit.
func (d *dials) limit(t *http.Transport) *http.Transport {
	t.DialContext = d.DialContext
	d.spare(t)
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
	d.closeIdle()
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

// NetConn returns the connection itself.
func (c *slotConn) NetConn() net.Conn { return c.Conn }

// CloseWrite signals the end of the data to the other side.
func (c *slotConn) CloseWrite() error { return closeWrite(c.Conn) }

// Close closes the connection.
func (c *slotConn) Close() error {
	defer c.free()
	return c.Conn.Close()
}
