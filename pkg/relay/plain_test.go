package relay

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http/httpguts"
)

var requestsOfAllKinds = []string{
	"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
	"POST /a?b=c HTTP/1.1\r\nHost: x:80\r\nContent-Length: 5\r\nConnection: Keep-Alive\r\n\r\nhello",
	"PUT /%zz HTTP/1.1\r\nhost: [::1]:80\r\ncontent-length:5\t\r\nA:\r\nB:  c\t \r\n\r\nhelloGET / HTTP/1.1\r\n",
	"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
	"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 01\r\n\r\na", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na",
	"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\na", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n", "GET / HTTP/1.1\nHost: x\n\n", "GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: x\r\nA: b\nContent-Length: 3\r\n\r\nabc", "GET / HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n",
	"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1 \r\nHost: x\r\n\r\n", "get / HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET http://y/ HTTP/1.1\r\nHost: x\r\n\r\n", "GET //y/ HTTP/1.1\r\nHost: x\r\n\r\n", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.0\r\nHost: x\r\n\r\n", "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n", "GET /# HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", "GET / HTTP/1.1\r\nHost:\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nTransfer_Encoding: chunked\r\n\r\n",
}

// Whatever the relay takes, net/http's server takes as well, as the same request with the same body, and what follows
// belongs to neither.
func FuzzPlainRequest(f *testing.F) {
	for _, text := range requestsOfAllKinds {
		f.Add([]byte(text))
	}
	s := newSeer(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		shape, ok := plainRequest(b)
		if !ok || len(b) < shape.whole() || shape.whole() > maxWhole {
			return
		}
		mine, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b[:shape.head])))
		if err != nil {
			return // begin leaves it to the server
		}
		require.EqualValues(t, shape.body, mine.ContentLength)
		require.False(t, mine.Close)
		require.Empty(t, mine.TransferEncoding)
		for name, values := range mine.Header {
			require.True(t, httpguts.ValidHeaderFieldName(name))
			for _, v := range values {
				require.True(t, httpguts.ValidHeaderFieldValue(v))
			}
		}
		seen := s.see(t, b[:shape.whole()])
		require.NotNil(t, seen, "the server refuses %q", b)
		require.Equal(t, []any{mine.Method, mine.RequestURI, mine.URL, mine.Host, mine.Proto, mine.Header, mine.ContentLength},
			[]any{seen.Method, seen.RequestURI, seen.URL, seen.Host, seen.Proto, seen.Header, seen.ContentLength})
		require.Equal(t, string(b[shape.head:shape.whole()]), s.body)
		require.Zero(t, s.left, "the server reads no further")
	})
}

// seer is a server that says what it made of a connection.
type seer struct {
	conns chan net.Conn
	seen  chan *http.Request
	once  sync.Once
	body  string
	left  int
}

func newSeer(f *testing.F) *seer {
	s := &seer{conns: make(chan net.Conn), seen: make(chan *http.Request, 10)}
	server := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.body = string(body)
		s.seen <- r
	})}
	go func() { _ = server.Serve(s) }()
	f.Cleanup(func() { _ = server.Close() })
	return s
}

func (s *seer) Accept() (net.Conn, error) {
	c, ok := <-s.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (s *seer) Close() error   { s.once.Do(func() { close(s.conns) }); return nil }
func (s *seer) Addr() net.Addr { return &net.TCPAddr{} }

// see returns the request that the server makes of b; nil if it refuses it.
func (s *seer) see(t *testing.T, b []byte) *http.Request {
	c := &heard{in: bytes.NewReader(b), ended: make(chan struct{})}
	s.conns <- c
	<-c.ended
	s.left = c.in.Len()
	select {
	case r := <-s.seen:
		require.Empty(t, s.seen, "more than one request in %q", b)
		return r
	default:
		return nil
	}
}

// heard is a connection on which nothing more comes.
type heard struct {
	net.Conn
	in    *bytes.Reader
	ended chan struct{}
	once  sync.Once
}

func (c *heard) Read(p []byte) (int, error)       { return c.in.Read(p) }
func (c *heard) Write(p []byte) (int, error)      { return len(p), nil }
func (c *heard) Close() error                     { c.once.Do(func() { close(c.ended) }); return nil }
func (c *heard) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *heard) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c *heard) SetDeadline(time.Time) error      { return nil }
func (c *heard) SetReadDeadline(time.Time) error  { return nil }
func (c *heard) SetWriteDeadline(time.Time) error { return nil }

// Whatever answer the relay takes ends for net/http where it ends for the relay.
func FuzzPlainAnswer(f *testing.F) {
	for _, text := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 200 OK\r\n\r\nhi", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 304 Not\r\nContent-Length: 2\r\n\r\n", "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 101 Switch\r\nUpgrade: a\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 +20 OK\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 205 Reset\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi", "HTTP/1.1 206 Part\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var a Answer
		shape, ok := plainAnswer(b, &a)
		if !ok || len(b) < shape.whole() {
			return
		}
		in := bufio.NewReader(bytes.NewReader(b))
		res, err := http.ReadResponse(in, nil)
		require.NoError(t, err)
		defer res.Body.Close()
		require.Equal(t, res.StatusCode, a.Status)
		fields := http.Header{}
		for _, field := range a.Fields {
			fields.Add(string(field.Name), string(field.Value))
		}
		require.Equal(t, res.Header, fields)
		require.False(t, res.Close)
		require.Empty(t, res.TransferEncoding)
		require.Empty(t, res.Trailer)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.Equal(t, string(b[shape.head:shape.whole()]), string(body))
		rest, err := io.ReadAll(in)
		require.NoError(t, err)
		require.Equal(t, string(b[shape.whole():]), string(rest))
	})
}

func TestWhatIsPlain(t *testing.T) {
	var plain []string
	for _, text := range requestsOfAllKinds {
		if s, ok := plainRequest([]byte(text)); ok {
			plain = append(plain, strings.ReplaceAll(text[s.head:min(len(text), s.whole())], "\r\n", ""))
		}
	}
	require.Equal(t, []string{"", "hello", "hello", "a", "", "", ""}, plain)
}
