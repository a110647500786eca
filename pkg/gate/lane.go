package gate

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// Proxies ask /auth over connections that they keep, and ask nothing else
// there. Most of what a server does around a request is lost on that: nothing
// but a header is read, nothing is streamed, and the answer is made before a
// client could go away. It costs several times as much as the decision.
//
// So such connections have a lane of their own. It understands nothing that
// the server does not: the header is read by net/http, and whatever is not
// whole or in any way out of the ordinary goes to the server with every byte
// that came, and the connection with it, for good. The lane refuses nothing
// itself.

// lane is a listener that answers plain requests to /auth itself, and whose
// Accept returns the connections on which something else arrived.
type lane struct {
	net.Listener
	gate   *Gate
	others chan net.Conn // for Accept
	errs   chan error    // of the listener, for Accept
	closed chan struct{}
	close  sync.Once

	busy  sync.WaitGroup
	mu    sync.Mutex
	conns map[*laneConn]struct{}
}

// newLane begins to accept connections from ln, which ends with the lane.
func newLane(g *Gate, ln net.Listener) *lane {
	l := &lane{
		Listener: ln, gate: g, others: make(chan net.Conn), errs: make(chan error),
		closed: make(chan struct{}), conns: map[*laneConn]struct{}{},
	}
	l.busy.Go(l.acceptAll)
	return l
}

// Accept returns the next connection that is not for the lane.
func (l *lane) Accept() (net.Conn, error) {
	select {
	case conn := <-l.others:
		return conn, nil
	case err := <-l.errs:
		return nil, err
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends the listener and the lane's connections. It returns when the
// requests that were being answered have been.
func (l *lane) Close() error {
	err := l.Listener.Close()
	l.close.Do(func() { close(l.closed) })
	l.mu.Lock()
	for c := range l.conns {
		c.hurry()
	}
	l.mu.Unlock()
	l.busy.Wait()
	return err
}

func (l *lane) isClosed() bool {
	select {
	case <-l.closed:
		return true
	default:
		return false
	}
}

// acceptAll takes connections until the listener ends. Errors are for the
// server to judge, which waits after those that may pass.
func (l *lane) acceptAll() {
	for {
		conn, err := l.Listener.Accept()
		if err == nil {
			l.busy.Go(newLaneConn(l, conn).serve)
			continue
		}
		select {
		case l.errs <- err:
		case <-l.closed:
			return
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
	}
}

// laneBuffer is how much of a connection's input is looked at: as much as the
// server would hold of an idle connection in its two buffers.
const laneBuffer = 8 << 10

// laneConn is a connection on which only /auth was asked so far.
type laneConn struct {
	lane   *lane
	conn   net.Conn
	remote string     // its address as the server would tell it
	peer   netip.Addr // the same
	in     []byte     // what arrived and is not answered
	reply  reply
	reads  deadline
	writes deadline
}

func newLaneConn(l *lane, conn net.Conn) *laneConn {
	remote := conn.RemoteAddr().String()
	return &laneConn{
		lane: l, conn: conn, remote: remote, peer: verify.PeerAddr(remote), in: make([]byte, 0, laneBuffer), reply: newReply(),
		reads: deadline{set: conn.SetReadDeadline}, writes: deadline{set: conn.SetWriteDeadline},
	}
}

// nextRequest is how many bytes of a further request the server waits for
// before it takes them for one: clients may end a body with an empty line that
// does not belong there.
const nextRequest = 4

// serve answers what is asked until something else is, or the client goes.
func (c *laneConn) serve() {
	c.lane.track(c, true)
	defer c.lane.track(c, false)
	defer c.survive()
	limits := &c.lane.gate.opts.Limits
	now, silence, least := time.Now(), limits.Header, 1
	for {
		c.reads.within(now, silence)
		if !c.await(least) {
			break
		}
		r, length := c.request()
		if r == nil {
			c.handOver()
			return
		}
		now, silence, least = time.Now(), limits.Idle, nextRequest
		if !c.answer(r, now) {
			break
		}
		c.in = append(c.in[:0], c.in[length:]...)
	}
	_ = c.conn.Close()
}

// answer answers a request, and returns whether there may be another.
func (c *laneConn) answer(r *http.Request, now time.Time) bool {
	g := c.lane.gate
	g.answerAuth(&c.reply, r, now, g.clientAddr(c.peer, r.Header))
	last, patience := g.ending.Load(), g.opts.Limits.Response
	if c.lane.isClosed() {
		last, patience = true, lastWrite
	}
	c.writes.within(now, patience)
	_, err := c.conn.Write(c.reply.take(now, last))
	return err == nil && !last
}

// await waits until there are at least so many bytes of input. It returns false if they
// are not to be expected.
func (c *laneConn) await(least int) bool {
	for len(c.in) < least {
		if c.lane.isClosed() {
			return false
		}
		n, err := c.conn.Read(c.in[len(c.in):cap(c.in)])
		c.in = c.in[:len(c.in)+n]
		if err != nil {
			return false
		}
	}
	return true
}

// request returns the request that the input begins with, and its length in
// bytes; nil if it is not a whole and plain one for /auth.
func (c *laneConn) request() (r *http.Request, length int) {
	if !bytes.HasPrefix(c.in, []byte("GET "+authPath)) {
		return nil, 0
	}
	end := bytes.Index(c.in, []byte("\r\n\r\n"))
	if end < 0 {
		return nil, 0
	}
	length = end + len("\r\n\r\n")
	if length > c.lane.gate.opts.Limits.HeaderBytes {
		return nil, 0
	}
	r = parseHead(c.in[:length])
	if r == nil || !isAuthPath(r.URL.Path) || !isPlainRequest(r) {
		return nil, 0
	}
	r.RemoteAddr = c.remote
	return r, length
}

// headParser is what it takes to read a header from memory.
type headParser struct {
	bytes  bytes.Reader
	reader *bufio.Reader
}

var headParsers = sync.Pool{New: func() any { return &headParser{reader: bufio.NewReaderSize(nil, laneBuffer)} }}

// parseHead has net/http read a request's header, and returns nil if it does
// not, or not all of it.
func parseHead(head []byte) *http.Request {
	p := headParsers.Get().(*headParser) //nolint:forcetypeassert // nothing else is put there
	defer headParsers.Put(p)
	p.bytes.Reset(head)
	p.reader.Reset(&p.bytes)
	r, err := http.ReadRequest(p.reader)
	if err != nil || p.reader.Buffered() > 0 || p.bytes.Len() > 0 {
		return nil
	}
	return r
}

// isPlainRequest reports whether a request is one that the server would answer
// by calling its handler and nothing else: without a body, over HTTP/1.1, on a
// connection that stays, and with a header that it would not find fault with.
func isPlainRequest(r *http.Request) bool {
	if r.Method != http.MethodGet || r.ProtoMajor != 1 || r.ProtoMinor != 1 || r.Close || r.Body != http.NoBody ||
		r.Host == "" || !httpguts.ValidHostHeader(r.Host) {
		return false
	}
	for name, values := range r.Header {
		switch name {
		case "Expect", "Upgrade", "Http2-Settings", "Trailer", "Transfer-Encoding":
			return false
		case "Connection":
			if len(values) != 1 || !strings.EqualFold(values[0], "keep-alive") {
				return false
			}
		}
		if !httpguts.ValidHeaderFieldName(name) {
			return false
		}
		for _, value := range values {
			if !httpguts.ValidHeaderFieldValue(value) {
				return false
			}
		}
	}
	return true
}

// handOver gives the connection, and what arrived on it, to the server.
func (c *laneConn) handOver() {
	_ = c.conn.SetDeadline(time.Time{})
	select {
	case c.lane.others <- &begunConn{Conn: c.conn, begun: c.in}:
	case <-c.lane.closed:
		_ = c.conn.Close()
	}
}

// survive keeps a fault in one request from ending the others, as the server
// does.
func (c *laneConn) survive() {
	if fault := recover(); fault != nil {
		c.lane.gate.opts.Logger.Error("a fault while /auth was answered", "client", c.remote, "fault", apikey.Redact(fmt.Sprint(fault)), "stack", string(debug.Stack()))
		_ = c.conn.Close()
	}
}

// track notes that c is there, or is no longer.
func (l *lane) track(c *laneConn, there bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if there {
		l.gate.open.Add(1)
		l.conns[c] = struct{}{}
	} else {
		l.gate.open.Add(-1)
		delete(l.conns, c)
	}
}

// lastWrite is how long a client may take its answer when the lane ends.
const lastWrite = time.Second

// hurry ends the wait for input, and the patience with an answer that is not
// taken.
func (c *laneConn) hurry() {
	_ = c.conn.SetReadDeadline(time.Unix(1, 0))
	_ = c.conn.SetWriteDeadline(time.Now().Add(lastWrite))
}

// deadline is a connection's deadline. It is set anew only when an eighth of
// it has passed: setting it takes as long as finding a key.
type deadline struct {
	set func(time.Time) error
	at  time.Time
}

func (d *deadline) within(now time.Time, limit time.Duration) {
	if left := d.at.Sub(now); left > limit || left < limit-limit/8 {
		d.at = now.Add(limit)
		_ = d.set(d.at)
	}
}

// begunConn is a connection of which something was read already.
type begunConn struct {
	net.Conn
	begun []byte
}

// Read returns what was read already, and then what arrives.
func (c *begunConn) Read(p []byte) (int, error) {
	if len(c.begun) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.begun)
	if c.begun = c.begun[n:]; len(c.begun) == 0 {
		c.begun = nil // the buffer behind it
	}
	return n, nil
}

// CloseWrite tells the client that nothing more comes, if the connection can.
func (c *begunConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}
