package gate

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync/atomic"
)

// A request that says how long its body is both by Content-Length and by Transfer-Encoding may have been meant to be
// another one by who is in front of the gate. net/http reads Transfer-Encoding, as it must, and forgets the other; but
// the connection must end with the answer (RFC 9112, 6.1). So connections are watched for what net/http forgets.

// watched is a connection of HTTP/1.1 that knows whether its client has ever sent Content-Length.
type watched struct {
	net.Conn
	begun    bool // something else than empty lines has come
	measured atomic.Bool
	matched  int // bytes of the name, from the begin of a line on; -1 = the line is another
}

const measure = "content-length"

// Read reads what the client sends.
func (c *watched) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	for !c.begun && n > 0 {
		if n = copy(p, withoutEmptyLines(p[:n])); n == 0 && err == nil {
			n, err = c.Conn.Read(p)
			continue
		}
		c.begun = true
	}
	if !c.measured.Load() {
		c.look(p[:n])
	}
	return n, err
}

// withoutEmptyLines removes what a server should ignore in front of a request (RFC 9112, 2.2).
func withoutEmptyLines(b []byte) []byte {
	for bytes.HasPrefix(b, []byte("\r\n")) {
		b = b[2:]
	}
	return b
}

// look looks for lines that begin with the name. Those of a body count too, which at worst ends a connection early.
func (c *watched) look(b []byte) {
	for len(b) > 0 {
		if c.matched < 0 {
			_, rest, found := bytes.Cut(b, []byte{'\n'})
			if !found {
				return
			}
			b, c.matched = rest, 0
			continue
		}
		if b[0]|0x20 != measure[c.matched] {
			c.matched = -1 // the byte may be the end of the line
			continue
		}
		b = b[1:]
		c.matched++
		if c.matched == len(measure) {
			c.measured.Store(true)
			c.matched = -1
			return
		}
	}
}

// NetConn returns the connection itself.
func (c *watched) NetConn() net.Conn { return c.Conn }

// CloseWrite signals the end of the data to the other side.
func (c *watched) CloseWrite() error { return closeWrite(c.Conn) }

// own returns the connection, for those who have it within theirs.
func (c *watched) own() *watched { return c }

// secured is a watched connection within TLS.
type secured struct {
	*watched
	tls *tls.Conn
}

// ConnectionState is what the server says of TLS with each request.
func (c *secured) ConnectionState() tls.ConnectionState { return c.tls.ConnectionState() }

type watchedKey struct{}

// hasTwoLengths reports whether a request may have had both Content-Length and Transfer-Encoding.
func hasTwoLengths(r *http.Request) bool {
	if r.ProtoMajor != 1 || len(r.TransferEncoding) == 0 {
		return false
	}
	c, ok := r.Context().Value(watchedKey{}).(*watched)
	return !ok || c.measured.Load()
}

// knowWatched has requests know the connection on which they come.
func (s *Server) knowWatched() {
	before := s.ConnContext
	s.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if before != nil {
			ctx = before(ctx, c)
		}
		if w, ok := c.(interface{ own() *watched }); ok {
			ctx = context.WithValue(ctx, watchedKey{}, w.own())
		}
		return ctx
	}
}

// watching is a listener whose connections are watched.
type watching struct{ net.Listener }

// Accept returns the next connection.
func (l watching) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &watched{Conn: c, matched: -1}, nil
}
