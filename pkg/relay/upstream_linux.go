package relay

import (
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// wire is a connection to an upstream.
type wire struct {
	fd     int
	gen    int32
	up     *Upstream
	free   func()
	conn   *conn // whose request it carries; nil = none
	reused bool
	sent   int64  // bytes of the request
	rest   []byte // of the request
	in     []byte // what has come of the answer
	since  time.Time
}

// ask sends a request that is there as a whole to the upstream.
func (l *loop) ask(c *conn) {
	up := c.exchange.Upstream()
	if w := l.spared(up, !c.repeatable); w != nil {
		l.askOn(c, w)
		return
	}
	c.state, c.since = dialling, l.now
	c.in = slices.Clone(c.in)
	q := l.queue(up)
	q.clients = append(q.clients, c)
	l.dial(up, q)
}

// spared returns the connection that was kept last, because its upstream is the least likely to have closed it; nil if
// none is kept. If look is set, it is one that is seen to be open: what cannot be asked twice is lost on another.
func (l *loop) spared(up *Upstream, look bool) *wire {
	for {
		all := l.idle[up]
		if len(all) == 0 {
			return nil
		}
		last := len(all) - 1
		w := all[last]
		all[last] = nil
		l.idle[up] = all[:last]
		if !look || isQuiet(w.fd) {
			w.reused = true
			return w
		}
		l.closeWire(w) // the upstream has, or said what nobody had asked
	}
}

// queue is what waits for connections to an upstream.
type queue struct {
	clients []*conn // the one that has waited longest first; some may have gone
	dials   int     // connections that are being opened
}

// maxDials is how many connections to an upstream a loop opens at once. When a load begins, those that come back serve
// most who wait before as many could be opened as there are clients.
const maxDials = 32

func (l *loop) queue(up *Upstream) *queue {
	q := l.queues[up]
	if q == nil {
		q = &queue{}
		l.queues[up] = q
	}
	return q
}

// next returns the client that has waited longest, and waits no longer; nil if none does.
func (q *queue) next() *conn {
	for len(q.clients) > 0 {
		c := q.clients[0]
		q.clients = q.clients[1:]
		if c.state == dialling && c.exchange != nil {
			return c
		}
	}
	return nil
}

// dial opens a connection if more wait than are being opened. Whoever has waited longest gets it, because one that
// became free may have served the client that it is opened for.
func (l *loop) dial(up *Upstream, q *queue) {
	if len(q.clients) <= q.dials || q.dials >= maxDials {
		return
	}
	q.dials++
	ctx := q.clients[len(q.clients)-1].ctx
	go func() {
		d, err := up.Dial(ctx)
		if !l.post(func() { l.dialled(up, d, err) }) && err == nil {
			_ = d.Conn.Close()
			d.Free()
		}
	}()
}

// dialled takes a connection that was opened. If that failed, the server says why to all who wait, when it meets the
// same.
func (l *loop) dialled(up *Upstream, d *Dialled, err error) {
	q := l.queue(up)
	q.dials--
	var w *wire
	if err == nil {
		w, err = l.take(up, d)
	}
	c := q.next()
	switch {
	case err == nil && c == nil:
		l.spare(w)
	case err == nil:
		l.askOn(c, w)
	default:
		for ; c != nil; c = q.next() {
			l.handOver(c)
		}
	}
	l.dial(up, q)
	if q.dials == 0 {
		delete(l.queues, up)
	}
}

// take takes a connection over from the runtime.
func (l *loop) take(up *Upstream, d *Dialled) (*wire, error) {
	fd, err := detach(d.Conn)
	if err != nil {
		_ = d.Conn.Close()
		d.Free()
		return nil, err
	}
	w := &wire{fd: fd, up: up, free: sync.OnceFunc(d.Free), reused: d.Reused}
	w.gen = l.put(fd, slot{wire: w})
	if err := l.watch(fd, w.gen, edge); err != nil {
		l.closeWire(w)
		return nil, err
	}
	return w, nil
}

// askOn sends a request on a connection.
func (l *loop) askOn(c *conn, w *wire) {
	c.state, c.since, c.wire, w.conn = asking, l.now, w, c
	l.out = c.exchange.AppendRequest(l.out[:0])
	body := c.in[c.shape.head:]
	n, err := send(w.fd, l.out, body)
	w.sent, w.rest = int64(n), nil
	if n < len(l.out)+len(body) {
		w.rest = restOf(l.out, body, n)
	}
	c.head = append(c.head[:0], c.in[:c.shape.head]...)
	c.in = c.head
	if err != 0 {
		l.handOver(c)
	}
}

// upstreamIsReady follows what an upstream did.
func (l *loop) upstreamIsReady(w *wire, events uint32) {
	if w.conn == nil {
		return // nobody waits for it
	}
	if events&unix.EPOLLOUT != 0 && len(w.rest) > 0 {
		n, err := send(w.fd, w.rest, nil)
		if err != 0 {
			l.handOver(w.conn)
			return
		}
		w.sent += int64(n)
		w.rest = w.rest[n:]
	}
	if events&^unix.EPOLLOUT != 0 {
		l.readAnswer(w)
	}
	if w.conn == nil && events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		l.drop(w) // it was the last answer
	}
}

// readAnswer reads an answer, and passes it on.
func (l *loop) readAnswer(w *wire) {
	c := w.conn
	room := l.buf
	if w.in != nil {
		room = w.in[:cap(w.in)]
	}
	n, err := receive(w.fd, room[len(w.in):])
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return
	case err != 0:
		n = 0
	}
	w.in = room[: len(w.in)+n : len(room)]
	s, ok := plainAnswer(w.in, &l.heard)
	switch {
	case n == 0, !ok, len(w.rest) > 0, len(w.in) > s.whole(), s.whole() > maxWhole:
		l.handOver(c)
		return
	case len(w.in) < s.whole():
		if cap(w.in) != s.whole() {
			w.in = append(make([]byte, 0, s.whole()), w.in...)
			l.await(c, asking)
			l.readAnswer(w) // the rest may have come while this was read
		}
		return
	}
	l.pass(c, w, s)
}

// small is what is copied sooner than sent as a piece of its own.
const small = 4 << 10

// pass gives an answer that is there as a whole to the client.
func (l *loop) pass(c *conn, w *wire, s shape) {
	out, ok := c.exchange.AppendAnswer(l.out[:0], &l.heard)
	if !ok {
		l.handOver(c)
		return
	}
	delete(l.partial, c)
	body, exchange := w.in[s.head:], c.exchange
	if len(body) <= small {
		out, body = append(out, body...), nil
	}
	l.out = out
	c.exchange, c.wire, w.conn, w.in = nil, nil, nil, nil
	w.reused = true
	next := l.nextOn(w)
	if next == nil {
		l.spare(w)
	}
	exchange.End() // before the client can know of the answer, and ask for more
	c.remember(exchange)
	l.answer(c, out, body)
	if next != nil {
		l.askOn(next, w)
	}
}

// nextOn returns the client that is to ask next on a connection that has served; nil if none waits, or its upstream has
// ended it.
func (l *loop) nextOn(w *wire) *conn {
	q := l.queues[w.up]
	if q == nil || !isQuiet(w.fd) {
		return nil
	}
	return q.next()
}

// spare keeps a connection for the next request.
func (l *loop) spare(w *wire) {
	if w.up.Wanted != nil && w.up.Wanted() || len(l.idle[w.up]) >= l.relay.opts.Spares {
		l.closeWire(w)
		return
	}
	w.since, w.sent = l.now, 0
	if l.idle[w.up] == nil {
		w.up.note(l)
	}
	l.idle[w.up] = append(l.idle[w.up], w)
}

// drop closes a connection that was kept.
func (l *loop) drop(w *wire) {
	all := l.idle[w.up]
	if i := slices.Index(all, w); i >= 0 {
		l.idle[w.up] = slices.Delete(all, i, i+1)
		l.closeWire(w)
	}
}

func (l *loop) closeWire(w *wire) {
	l.slots[w.fd] = slot{}
	_ = unix.Close(w.fd)
	w.free()
}

// closeIdle closes the connections that are kept to an upstream.
func (l *loop) closeIdle(up *Upstream) {
	for _, w := range l.idle[up] {
		l.closeWire(w)
	}
	delete(l.idle, up)
	up.forget(l)
}

func (u *Upstream) note(l *loop) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !slices.Contains(u.loops, l) {
		u.loops = append(u.loops, l)
	}
}

func (u *Upstream) forget(l *loop) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.loops = slices.DeleteFunc(u.loops, func(other *loop) bool { return other == l })
}

// CloseIdleConnections closes the connections that wait for requests.
func (u *Upstream) CloseIdleConnections() {
	u.mu.Lock()
	loops := slices.Clone(u.loops)
	u.mu.Unlock()
	for _, l := range loops {
		l.post(func() { l.closeIdle(u) })
	}
}
