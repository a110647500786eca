package gate

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ostiary/ostiary/pkg/relay"
)

// direct asks upstreams over HTTP/1.1 on the goroutine of the one who asks.
//
// An http.Transport hands each request to a goroutine that writes it, and has
// another that reads the response; what these hand-overs cost is most of what
// a short request costs. What goes over the wire is to the byte what net/http
// writes, and what comes is read by it.
type direct struct {
	dials *dials

	dial func(ctx context.Context, network, address string) (net.Conn, error)

	mu   sync.Mutex
	idle map[string][]*wire // by address, the longest idle first
	look *time.Timer        // for those that are idle for too long; nil = none is

	relayed map[string]*relay.Upstream // by address
}

// newDirect returns nil where sockets cannot be looked at.
func newDirect(d *dials) *direct {
	if !canLook {
		return nil
	}
	p := &direct{dials: d, dial: d.DialContext, idle: map[string][]*wire{}, relayed: map[string]*relay.Upstream{}}
	d.spare(p)
	return p
}

// goesDirect reports whether the direct way is to be taken to an upstream.
func (g *Gate) goesDirect(up *upstream, r *http.Request) bool {
	return up.dialAddress != "" && g.transports().to(up).direct != nil && isDirect(r)
}

// isDirect reports whether a request can be passed on directly: it has a body of
// known length or none, and asks for no other protocol and no 100 Continue.
func isDirect(r *http.Request) bool {
	if r.ContentLength < 0 || r.ContentLength == 0 && r.Body != nil && r.Body != http.NoBody {
		return false
	}
	return r.Trailer == nil && len(r.TransferEncoding) == 0 && r.Method != http.MethodConnect &&
		r.Header["Upgrade"] == nil && r.Header["Expect"] == nil && r.Header["Te"] == nil &&
		isKeepAlive(r.Header["Connection"])
}

// isKeepAlive reports whether Connection says nothing but whether the connection stays. It could name headers to
// remove.
func isKeepAlive(connection []string) bool {
	for _, value := range connection {
		if !strings.EqualFold(value, "keep-alive") && !strings.EqualFold(value, "close") {
			return false
		}
	}
	return true
}

// earlyFunc gets preliminary responses.
type earlyFunc func(status int, header http.Header)

// RoundTrip asks the upstream at an address. Like an http.Transport, it asks
// once more only if the connection had served before, and nothing can have
// come of the first attempt or the request may be repeated. It knows more
// often that nothing can have come of it.
// With begun, the first attempt is one that the relay has made.
func (p *direct) RoundTrip(
	address string, r *http.Request, early earlyFunc, begun *relay.Begun,
) (*http.Response, error) {
	for {
		c, err := p.goOn(begun, address), error(nil)
		if begun = nil; c == nil {
			c, err = p.get(r.Context(), address)
		}
		if err != nil {
			return nil, err
		}
		res, err := c.exchange(r, early)
		if err == nil {
			return res, nil
		}
		again := c.reused && c.unheard && (r.Body == nil || r.Body == http.NoBody) &&
			(c.written == 0 || isReplayable(r) || c.cameTooLate(err))
		_ = c.Close()
		if cause := context.Cause(r.Context()); cause != nil {
			return nil, cause
		}
		if !again {
			return nil, err
		}
	}
}

// isReplayable reports whether a request may be made twice.
func isReplayable(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return r.Header["Idempotency-Key"] != nil || r.Header["X-Idempotency-Key"] != nil
}

// wire is a connection to an upstream. It serves one request at a time.
type wire struct {
	net.Conn
	raw     syscall.RawConn // nil if it cannot be looked at, and is not kept
	address string
	pool    *direct
	r       *bufio.Reader
	w       *bufio.Writer

	carried bool   // the relay has sent the request, but for its rest
	rest    []byte // of it

	reused  bool      // a request was served before
	unheard bool      // nothing of the response has come
	written int64     // of the request
	limit   int64     // on what may still be read of a response's header
	since   time.Time // when it became idle
}

const (
	wireBuffer        = 4 << 10
	maxResponseHeader = 10 << 20 // as an http.Transport has it

	// writeWait is how long a connection waits for the end of the request when
	// the response has ended, before it is given up.
	writeWait = 50 * time.Millisecond
)

func newWire(c net.Conn, address string, p *direct) *wire {
	w := &wire{Conn: c, address: address, pool: p, raw: rawConn(c)}
	w.r, w.w = bufio.NewReaderSize(wireReader{w}, wireBuffer), bufio.NewWriterSize(wireWriter{w}, wireBuffer)
	return w
}

// cameTooLate reports whether the upstream had closed the connection before anything of the request came: the end that
// it sent would say that it has received some. An end that comes as an error may say less than there was.
func (c *wire) cameTooLate(err error) bool {
	return errors.Is(err, io.EOF) && c.raw != nil && unacknowledged(c.raw) >= c.written
}

// buffered returns how much has come that was not read yet.
func (c *wire) buffered() int {
	n := c.r.Buffered()
	if relayed, ok := c.Conn.(*relay.Returned); ok {
		n += relayed.Buffered()
	}
	return n
}

// wireReader bounds the header of the response.
type wireReader struct{ *wire }

// Read reads what the upstream sent.
func (r wireReader) Read(p []byte) (int, error) {
	if r.limit <= 0 {
		return 0, fmt.Errorf("the response's header is larger than %d bytes", maxResponseHeader)
	}
	if int64(len(p)) > r.limit {
		p = p[:r.limit]
	}
	n, err := r.Conn.Read(p)
	r.limit -= int64(n)
	return n, err
}

// wireWriter counts what goes to the upstream.
type wireWriter struct{ *wire }

// Write sends to the upstream.
func (w wireWriter) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	w.written += int64(n)
	return n, err
}

// exchange sends a request and returns the response when its header is there.
// The response's body gives the connection back.
func (c *wire) exchange(r *http.Request, early earlyFunc) (*http.Response, error) {
	c.limit = maxResponseHeader
	b := &reply{wire: c, ctx: r.Context(), forget: context.AfterFunc(r.Context(), c.kill)}
	switch {
	case c.carried:
		c.sendRest(b)
	case r.Body == nil || r.Body == http.NoBody:
		c.unheard, c.written = true, 0
		if err := c.send(r); err != nil {
			b.forget()
			return nil, err
		}
	default:
		c.unheard, c.written = true, 0
		// The upstream may answer before it has read the body.
		b.sent = make(chan error, 1)
		go func() { b.sent <- c.sendBody(r) }()
	}
	res, err := c.receive(r, early)
	if err != nil {
		b.forget()
		return nil, err
	}
	b.keep = !res.Close && !r.Close
	if r.Method == http.MethodHead || res.ContentLength == 0 {
		b.end(true)
		return res, nil
	}
	b.body, res.Body = res.Body, b
	return res, nil
}

// kill ends the connection of a request that nobody waits for any longer.
func (c *wire) kill() { _ = c.Close() }

func (c *wire) send(r *http.Request) error {
	if err := writePlain(c.w, r); err != nil {
		return err
	}
	return c.w.Flush()
}

// receive reads a response's header, and passes on preliminary responses.
func (c *wire) receive(r *http.Request, early earlyFunc) (*http.Response, error) {
	if _, err := c.r.Peek(1); err != nil {
		return nil, err
	}
	c.unheard = false
	for {
		res, err := http.ReadResponse(c.r, r)
		switch {
		case err != nil:
			return nil, err
		case res.StatusCode == http.StatusSwitchingProtocols:
			return nil, errors.New("the upstream switches to a protocol that nobody asked for")
		case res.StatusCode >= 200 || res.StatusCode < 100:
			c.limit = math.MaxInt64
			return res, nil
		}
		early(res.StatusCode, res.Header)
		c.limit = maxResponseHeader
	}
}

// reply is the body of a response.
type reply struct {
	wire   *wire
	ctx    context.Context //nolint:containedctx // of the request
	body   io.ReadCloser
	forget func() bool // who asked
	sent   chan error  // gets how the request's body went; nil = there is none
	keep   bool        // either side is ready for the next request
	ended  bool
}

// Read reads from the body.
func (b *reply) Read(p []byte) (int, error) {
	if b.ended {
		return 0, io.EOF
	}
	n, err := b.body.Read(p)
	if err != nil {
		b.end(errors.Is(err, io.EOF))
		if cause := context.Cause(b.ctx); cause != nil && !errors.Is(err, io.EOF) {
			err = cause
		}
	}
	return n, err
}

// Close ends the connection if something of the body was not read.
func (b *reply) Close() error {
	b.end(false)
	return nil
}

// end gives the connection back, or ends it.
func (b *reply) end(whole bool) {
	if b.ended {
		return
	}
	b.ended = true
	if b.forget() && whole && b.keep && b.wire.buffered() == 0 && b.wroteRequest() {
		b.wire.pool.put(b.wire)
	} else {
		_ = b.wire.Close()
	}
}

// buffered returns how much of the body is there already, or more.
func (b *reply) buffered() int {
	if b.ended {
		return 0
	}
	return b.wire.buffered()
}

// wroteRequest reports whether all of the request went out.
func (b *reply) wroteRequest() bool {
	if b.sent == nil {
		return true
	}
	select {
	case err := <-b.sent:
		return err == nil
	default:
	}
	wait := time.NewTimer(writeWait)
	defer wait.Stop()
	select {
	case err := <-b.sent:
		return err == nil
	case <-wait.C:
		return false
	}
}

// directAddress returns the address of an upstream; empty if its name is not
// plain ASCII, which an http.Transport would have to translate.
func directAddress(u *url.URL) string {
	for _, c := range []byte(u.Host) {
		if c <= ' ' || c > '~' {
			return ""
		}
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}
