package relay

import (
	"bytes"
	"net/http"

	"golang.org/x/sys/unix"
)

// enter takes a connection over from its listener.
func (l *loop) enter(c *conn) {
	if l.relay.ended.Load() || !c.detach() {
		l.relay.open.Add(-1)
		l.relay.give(c.outer)
		return
	}
	c.state, c.since = idle, l.now
	c.gen = l.put(c.fd, slot{conn: c})
	l.conns++
	if err := l.watch(c.fd, c.gen, edge); err != nil {
		l.end(c)
	}
}

// clientIsReady follows what the client of a connection did.
func (l *loop) clientIsReady(c *conn, events uint32) {
	const came, went = unix.EPOLLIN, unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR
	c.more = c.more || events&(came|went) != 0
	c.went = c.went || events&went != 0
	switch {
	case c.state == answering:
		l.answerMore(c)
		return
	case !c.more:
		return
	}
	switch c.state {
	case idle:
		l.readRequest(c)
	case gathering:
		l.readBody(c)
	case dialling, asking, answering:
		if events&went != 0 && hasGone(c.fd) {
			l.abandon(c)
		}
	}
}

// readRequest reads a request, and begins with it.
func (l *loop) readRequest(c *conn) {
	c.more = false
	n, err := receive(c.fd, l.buf)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return
	case err != 0 || n == 0:
		l.end(c)
		return
	}
	c.in = l.buf[:n:n]
	s, r := l.parse(c)
	if r == nil || !l.begin(c, s, r) {
		l.handOver(c)
		return
	}
	for len(c.in) < s.whole() {
		n, err := receive(c.fd, l.buf[len(c.in):s.whole()])
		if err != 0 || n == 0 {
			c.in = append(make([]byte, 0, s.whole()), c.in...)
			l.await(c, gathering)
			if err != unix.EAGAIN {
				l.handOver(c)
			}
			return
		}
		c.in = l.buf[: len(c.in)+n : len(c.in)+n]
	}
	l.ask(c)
}

// parse returns the request that has come; nil if it is not for the relay. Fields that a client says again are not read
// again.
func (l *loop) parse(c *conn) (s shape, r *http.Request) {
	ok := false
	if c.last != nil {
		s, ok = c.shape.again(c.head, c.in)
	}
	if !ok {
		c.request = nil
		s, ok = plainRequest(c.in)
	}
	if !ok || len(c.in) > s.whole() || s.head > l.relay.opts.HeaderBytes || s.whole() > maxWhole {
		return s, nil
	}
	if c.request != nil {
		return s, l.parseLine(c, s)
	}
	if r = l.read(c, c.in[:s.head]); r != nil && r.ContentLength != int64(s.body) {
		return s, nil
	}
	return s, r
}

// parseLine returns a request with the fields of the one before it; nil if its line is not plain.
func (l *loop) parseLine(c *conn, s shape) *http.Request {
	before, line := c.request, c.in[:s.line]
	r := before
	if !bytes.Equal(line, c.head[:c.shape.line]) {
		if !isPlainLine(line[:len(line)-len("\r\n")]) {
			return nil
		}
		l.out = append(append(l.out[:0], line...), "\r\n"...)
		if r = l.read(c, l.out); r == nil {
			return nil
		}
		r.Header, r.Host, r.Close, r.ContentLength = before.Header, before.Host, before.Close, before.ContentLength
	}
	if length := c.in[s.from:s.to]; !bytes.Equal(length, c.head[c.shape.from:c.shape.to]) {
		r.ContentLength = int64(s.body)
		r.Header["Content-Length"] = []string{string(length)}
	}
	return r
}

// read has net/http read a header; nil = it does not.
func (l *loop) read(c *conn, head []byte) *http.Request {
	l.source.Reset(head)
	l.parser.Reset(&l.source)
	r, err := http.ReadRequest(l.parser)
	if err != nil {
		return nil
	}
	r.Body = http.NoBody
	r.RemoteAddr = c.remoteText
	return r
}

// begin lets the handler decide, and reports whether the exchange can be carried.
func (l *loop) begin(c *conn, s shape, r *http.Request) bool {
	last, again := c.last, c.request != nil
	c.last, c.request, c.shape = nil, r, s
	c.repeatable = r.Method == http.MethodGet && s.body == 0
	if again && last.Again(r) {
		c.exchange = last
	} else {
		c.exchange = l.relay.opts.Handler.Begin(c.ctx, r, last)
	}
	return c.exchange != nil && c.exchange.Upstream() != nil
}

// maxRemembered is the longest header of a request that is remembered for the next.
const maxRemembered = 4 << 10

// remember remembers an exchange that has ended, while its client is likely to ask more. Of a longer header only the
// room stays.
func (c *conn) remember(e Exchange) {
	if c.in = nil; c.shape.head <= maxRemembered {
		c.last = e
	} else {
		c.request = nil
	}
}

// forget gives back the memory of what was remembered.
func (c *conn) forget() { c.last, c.request, c.head = nil, nil, nil }

// await waits for something that should come soon.
func (l *loop) await(c *conn, what state) {
	c.state, c.since = what, l.now
	l.partial[c] = struct{}{}
}

// readBody reads more of the body.
func (l *loop) readBody(c *conn) {
	for len(c.in) < cap(c.in) {
		n, err := receive(c.fd, c.in[len(c.in):cap(c.in)])
		switch {
		case err == unix.EAGAIN || err == unix.EINTR:
			return
		case err != 0 || n == 0:
			l.handOver(c)
			return
		}
		c.in = c.in[:len(c.in)+n]
	}
	delete(l.partial, c)
	l.ask(c)
}

// answer sends an answer to the client.
func (l *loop) answer(c *conn, head, body []byte) {
	c.served, c.since = true, l.now
	n, err := send(c.fd, head, body)
	if err != 0 {
		l.end(c)
		return
	}
	if n < len(head)+len(body) {
		c.state, c.rest = answering, restOf(head, body, n)
		return
	}
	l.rest(c)
}

// restOf returns what was not sent of two pieces.
func restOf(head, body []byte, sent int) []byte {
	rest := make([]byte, 0, len(head)+len(body)-sent)
	if sent < len(head) {
		rest, sent = append(rest, head[sent:]...), len(head)
	}
	return append(rest, body[sent-len(head):]...)
}

// answerMore sends more of an answer.
func (l *loop) answerMore(c *conn) {
	n, err := send(c.fd, c.rest, nil)
	if err != 0 {
		l.end(c)
		return
	}
	if n > 0 {
		c.since = l.now
	}
	if c.rest = c.rest[n:]; len(c.rest) == 0 {
		c.rest = nil
		l.rest(c)
	}
}

// rest waits for the next request.
func (l *loop) rest(c *conn) {
	c.state = idle
	switch {
	case l.relay.ended.Load():
		l.end(c)
	case c.more || c.went:
		l.readRequest(c)
	}
}

// abandon ends an exchange of which the client has gone.
func (l *loop) abandon(c *conn) {
	if w := c.wire; w != nil {
		c.wire, w.conn = nil, nil
		l.closeWire(w)
	}
	l.end(c)
}

// end closes a connection.
func (l *loop) end(c *conn) {
	l.forget(c)
	c.mu.Lock()
	_ = unix.Close(c.fd)
	c.fd = -1
	c.mu.Unlock()
	if c.exchange != nil {
		c.exchange.End()
		c.exchange = nil
	}
	l.relay.open.Add(-1)
	_ = c.outer.Close() // so that it is counted no longer
}

// forget has the loop know a connection no longer.
func (l *loop) forget(c *conn) {
	l.slots[c.fd] = slot{}
	l.conns--
	delete(l.partial, c)
	c.forget()
}

// handOver gives a connection to the server, with what was read and done.
func (l *loop) handOver(c *conn) {
	l.forget(c)
	begun := l.begun(c)
	c.replay, c.blank = append([]byte(nil), c.in...), 0
	if begun != nil && begun.Upstream != nil {
		c.blank = c.shape.body
	}
	c.in = nil
	_ = unix.EpollCtl(l.epoll, unix.EPOLL_CTL_DEL, c.fd, nil)
	err := c.attach()
	l.relay.open.Add(-1)
	if err != nil {
		begun.drop()
		_ = c.outer.Close()
		return
	}
	if begun != nil {
		c.keep(begun)
	}
	l.relay.give(c.outer)
}

// begun is what was done for the request of a connection; nil if nothing was.
func (l *loop) begun(c *conn) *Begun {
	if c.exchange == nil {
		return nil
	}
	b := &Begun{Exchange: c.exchange}
	c.exchange = nil
	w := c.wire
	if w == nil {
		return b
	}
	c.wire, w.conn = nil, nil
	b.Rest, b.Sent, b.Reused, b.Heard = w.rest, w.sent, w.reused, len(w.in) > 0
	l.slots[w.fd] = slot{}
	_ = unix.EpollCtl(l.epoll, unix.EPOLL_CTL_DEL, w.fd, nil)
	conn, err := attach(w.fd)
	if err != nil {
		w.free()
		conn = closedConn{}
	}
	b.Upstream = &Returned{Conn: conn, in: append([]byte(nil), w.in...), Free: w.free}
	return b
}
