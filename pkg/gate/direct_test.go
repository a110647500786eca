package gate

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// twins are gates that differ in one thing: one asks its upstream directly, and the other through
// httputil.ReverseProxy and http.Transport. Of those that ask directly one does so on the relay as far as that goes,
// and one on net/http's server alone. What each upstream gets and each client gets must be the same.
type twins struct {
	key                   string
	direct, served, other twin
}

type twin struct {
	gate     *Gate
	address  string
	upstream *scripted
}

func newTwins(t testing.TB) *twins {
	t.Helper()
	h := newHouse(t)
	open := func(direct, relayed bool) twin {
		up := newScripted(t)
		g := h.gate(Options{Endpoints: []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: up.url, Query: "key"}}})
		if !direct {
			g.transports().direct = nil
		}
		s := g.Server()
		s.relay = s.newRelay(1) // so that connections to upstreams are of one loop
		if !relayed {
			s.relay = nil
		}
		return twin{gate: g, address: strings.TrimPrefix(serve(t, s), "http://"), upstream: up}
	}
	return &twins{
		key: h.key(apikey.RoleAdmin), direct: open(true, true), served: open(true, false), other: open(false, false),
	}
}

// exchange sends a request to all, whose upstreams answer the same.
func (w *twins) exchange(t testing.TB, request, answer string, hangUp bool) (direct, yardstick outcome) {
	t.Helper()
	request = strings.ReplaceAll(request, "$KEY", w.key)
	direct = w.direct.exchange(t, request, answer, hangUp)
	require.Equal(t, w.served.exchange(t, request, answer, hangUp), direct, "on the server alone: %s", request)
	return direct, w.other.exchange(t, request, answer, hangUp)
}

func (w *twins) closeIdle() {
	for _, one := range []*twin{&w.direct, &w.served, &w.other} {
		one.gate.transports().http.CloseIdleConnections()
		if direct := one.gate.transports().direct; direct != nil {
			direct.CloseIdleConnections()
		}
	}
}

// outcome is what came of a request on either side.
type outcome struct {
	Upstream string // what it got
	Early    []string
	Status   int
	Header   http.Header
	Trailer  http.Header
	Body     string
	Broken   bool
}

// ask sends a request as it is, which the upstream answers as it is told. The caller closes the connection.
func (w *twin) ask(t testing.TB, request, answer string, hangUp bool) net.Conn {
	t.Helper()
	w.upstream.script(answer, hangUp)
	c, err := net.Dial("tcp", w.address)
	require.NoError(t, err)
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(c, request)
	require.NoError(t, err)
	return c
}

func (w *twin) exchange(t testing.TB, request, answer string, hangUp bool) (o outcome) {
	t.Helper()
	c := w.ask(t, request, answer, hangUp)
	defer c.Close()
	method, _, _ := strings.Cut(request, " ")
	r := bufio.NewReader(c)
	for {
		res, err := http.ReadResponse(r, &http.Request{Method: method})
		if err != nil {
			require.False(t, isTimeout(err), "no answer to %q", request)
			o.Broken = true
			break
		}
		if res.StatusCode < 200 {
			o.Early = append(o.Early, fmt.Sprint(res.StatusCode, res.Header))
			continue
		}
		body, err := io.ReadAll(res.Body)
		require.False(t, isTimeout(err), "no end of the answer to %q", request)
		delete(res.Header, "Date")
		if !strings.Contains(answer, "Content-Type") && res.Header.Get("X-Ostiary-Code") == "" {
			require.NotContains(t, res.Header, "Content-Type", "nobody guesses it")
		}
		o.Status, o.Header, o.Trailer, o.Body, o.Broken = res.StatusCode, res.Header, res.Trailer, string(body), err != nil
		if o.Body == "" && o.Header.Get("Content-Length") == "0" {
			delete(o.Header, "Content-Length") // said if the header goes out with the end
		}
		if err != nil {
			o.Body = "" // how much of it comes is a matter of time
		}
		break
	}
	o.Upstream = w.upstream.got()
	return o
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// scripted is an upstream that records requests to the byte and answers whatever it is told.
type scripted struct {
	url *url.URL

	mu       sync.Mutex
	answer   string
	hangUp   bool
	requests []string
	opened   int // connections
	closed   int
}

func newScripted(t testing.TB) *scripted {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	s := &scripted{url: mustURL(t, "http://"+l.Addr().String())}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.opened++
			s.mu.Unlock()
			go func() {
				s.serve(c)
				s.mu.Lock()
				s.closed++
				s.mu.Unlock()
			}()
		}
	}()
	return s
}

func (s *scripted) script(answer string, hangUp bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer, s.hangUp, s.requests = answer, hangUp, nil
}

// got returns what arrived since the script.
func (s *scripted) got() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.ReplaceAll(strings.Join(s.requests, "\n---\n"), s.url.Host, "UPSTREAM")
}

func (s *scripted) connections() (opened, closed int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened, s.closed
}

func (s *scripted) serve(c net.Conn) {
	defer c.Close()
	var seen bytes.Buffer
	r := bufio.NewReader(io.TeeReader(c, &seen))
	for {
		seen.Reset()
		request, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, request.Body)
		s.mu.Lock()
		s.requests = append(s.requests, seen.String())
		answer, hangUp := s.answer, s.hangUp
		s.mu.Unlock()
		if _, err := io.WriteString(c, answer); err != nil || hangUp {
			return
		}
	}
}

const aKey = "Host: gate.example\r\nAuthorization: Bearer $KEY\r\n"

// requestTable are requests, most of which are passed on directly.
var requestTable = map[string]string{
	"plain":              "GET /a/b?c=d&e HTTP/1.1\r\n" + aKey + "\r\n",
	"HEAD":               "HEAD /a HTTP/1.1\r\n" + aKey + "\r\n",
	"HTTP/1.0":           "GET /a HTTP/1.0\r\n" + aKey + "\r\n",
	"close":              "GET /a HTTP/1.1\r\n" + aKey + "Connection: close\r\n\r\n",
	"keep-alive":         "GET /a HTTP/1.1\r\n" + aKey + "Connection: Keep-Alive\r\nKeep-Alive: 5\r\n\r\n",
	"hop by hop":         "GET /a HTTP/1.1\r\n" + aKey + "Connection: X-Mine, close\r\nX-Mine: 1\r\nProxy-Connection: a\r\nProxy-Authorization: b\r\n\r\n",
	"names a credential": "GET /a HTTP/1.1\r\n" + aKey + "Connection: X-Ostiary-Role\r\nX-Ostiary-Role: Admin\r\n\r\n",
	"TE":                 "GET /a HTTP/1.1\r\n" + aKey + "TE: trailers\r\nConnection: TE\r\n\r\n",
	"upgrade":            "GET /a HTTP/1.1\r\n" + aKey + "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
	"header repeated":    "GET /a HTTP/1.1\r\n" + aKey + "B: 1\r\na: 2\r\nB: 3\r\nx_y: z\r\nEmpty:\r\nCookie: a=b; c=$KEY\r\n\r\n",
	"forwarded":          "GET /a HTTP/1.1\r\n" + aKey + "X-Forwarded-For: 1.2.3.4\r\nForwarded: for=a\r\nX-Forwarded-Host: b\r\nX-Real-Ip: c\r\nX_Forwarded_For: d\r\n\r\n",
	"agent":              "GET /a HTTP/1.1\r\n" + aKey + "User-Agent: me\r\n\r\n",
	"agents":             "GET /a HTTP/1.1\r\n" + aKey + "User-Agent: me\r\nUser-Agent: and me\r\n\r\n",
	"agent empty":        "GET /a HTTP/1.1\r\n" + aKey + "User-Agent:\r\n\r\n",
	"encoding":           "GET /a HTTP/1.1\r\n" + aKey + "Accept-Encoding: gzip\r\n\r\n",
	"escapes":            "GET /a%20b/%E2%82%AC?q=%2f&x=+a%zz HTTP/1.1\r\n" + aKey + "\r\n",
	"absolute":           "GET http://other.example/a HTTP/1.1\r\n" + aKey + "\r\n",
	"key in the query":   "GET /a?b=c&key=$KEY&d HTTP/1.1\r\nHost: gate\r\n\r\n",
	"POST":               "POST /a HTTP/1.1\r\n" + aKey + "Content-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello",
	"POST, nothing":      "POST /a HTTP/1.1\r\n" + aKey + "Content-Length: 0\r\n\r\n",
	"POST, no length":    "POST /a HTTP/1.1\r\n" + aKey + "\r\n",
	"POST, chunks":       "POST /a HTTP/1.1\r\n" + aKey + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	"POST, trailer":      "POST /a HTTP/1.1\r\n" + aKey + "Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
	"POST, large":        "POST /a HTTP/1.1\r\n" + aKey + "Content-Length: 300000\r\n\r\n" + strings.Repeat("0123456789", 30_000),
	"GET with a body":    "GET /a HTTP/1.1\r\n" + aKey + "Content-Length: 5\r\n\r\nhello",
	"DELETE with a body": "DELETE /a HTTP/1.1\r\n" + aKey + "Content-Length: 2\r\n\r\n{}",
	"OPTIONS":            "OPTIONS /a HTTP/1.1\r\n" + aKey + "\r\n",
	"own method":         "PROPFIND /a HTTP/1.1\r\n" + aKey + "Depth: 1\r\n\r\n",
	"idempotent":         "POST /a HTTP/1.1\r\n" + aKey + "Idempotency-Key: x\r\nContent-Length: 1\r\n\r\nx",
}

// answerTable are answers of upstreams, good and bad ones.
var answerTable = map[string]struct {
	raw    string
	hangUp bool
}{
	"short":             {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nx-a: 2\r\n\r\nhello", false},
	"typed":             {"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nX-A: 1\r\nx-a: 2\r\n\r\nhello", false},
	"created":           {"HTTP/1.1 201 Mine\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nKeep-Alive: 5\r\n\r\nhi", false},
	"nothing and more":  {"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nX-A:  b  \r\nx_y: z\r\n\r\n", false},
	"large and typed":   {"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 60000\r\n\r\n" + strings.Repeat("0123456789", 6000), false},
	"packed":            {"HTTP/1.1 206 Partial Content\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhi", false},
	"nothing":           {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false},
	"no content":        {"HTTP/1.1 204 No Content\r\n\r\n", false},
	"not modified":      {"HTTP/1.1 304 Not Modified\r\nEtag: \"a\"\r\n\r\n", false},
	"chunks":            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", false},
	"trailers":          {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-B\r\n\r\n5\r\nhello\r\n0\r\nX-B: c\r\n\r\n", false},
	"surprise trailers": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-B\r\n\r\n5\r\nhello\r\n0\r\nX-B: c\r\nX-C: d\r\n\r\n", false},
	"until the end":     {"HTTP/1.1 200 OK\r\n\r\nhello", true},
	"HTTP/1.0":          {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", true},
	"says close":        {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", true},
	"hop by hop":        {"HTTP/1.1 200 OK\r\nConnection: X-Mine\r\nX-Mine: a\r\nKeep-Alive: 5\r\nContent-Length: 2\r\n\r\nhi", false},
	"early hints":       {"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", false},
	"processing":        {strings.Repeat("HTTP/1.1 102 Processing\r\nX-P: 1\r\n\r\n", 8) + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", false},
	"refuses":           {"HTTP/1.1 401 Unauthorized\r\nWww-Authenticate: Basic\r\nX-Ostiary-Detail: mine\r\nContent-Length: 2\r\n\r\nno", false},
	"events":            {"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\ndata: 1\n\ndata: 2\n\n", true},
	"large":             {"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + strings.Repeat("0123456789", 20_000), false},
	"two lengths":       {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!", true},
	"same lengths":      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi", false},
	"both framings":     {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", true},
	"unknown coding":    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", true},
	"bad chunk":         {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhi\r\n", true},
	"breaks off":        {"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhi", true},
	"header breaks off": {"HTTP/1.1 200 OK\r\nContent-", true},
	"no HTTP":           {"220 smtp.example ready\r\n\r\n", true},
	"says nothing":      {"", true},
	"bad header":        {"HTTP/1.1 200 OK\r\nContent Length: 2\r\n\r\nhi", true},
	"folded header":     {"HTTP/1.1 200 OK\r\nX-A: 1\r\n 2\r\nContent-Length: 2\r\n\r\nhi", false},
	"bare line feeds":   {"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", false},
	"strange status":    {"HTTP/1.1 299 Whatever\r\nContent-Length: 2\r\n\r\nhi", false},
	"large header":      {"HTTP/1.1 200 OK\r\nX-Large: " + strings.Repeat("a", 100_000) + "\r\nContent-Length: 2\r\n\r\nhi", false},
	"too large header":  {"HTTP/1.1 200 OK\r\n" + strings.Repeat("X-Large: "+strings.Repeat("a", 10_000)+"\r\n", 1200) + "Content-Length: 2\r\n\r\nhi", true},
}

// What is passed on directly arrives as if net/http had passed it on, both ways.
func TestPassingOnDirectlyIsLikeReverseProxy(t *testing.T) {
	w := newTwins(t)
	for name, request := range requestTable {
		for _, answer := range []string{"short", "typed"} {
			direct, yardstick := w.exchange(t, request, answerTable[answer].raw, false)
			require.Equal(t, yardstick, direct, "request: %s", name)
			require.Equal(t, 200, direct.Status, name)
			require.NotContains(t, direct.Upstream, w.key[17:], name)
		}
	}
	for name, answer := range answerTable {
		for _, request := range []string{"plain", "HEAD", "POST", "HTTP/1.0"} {
			w.closeIdle()
			direct, yardstick := w.exchange(t, requestTable[request], answer.raw, answer.hangUp)
			require.Equal(t, yardstick, direct, "%s: %s", request, name)
		}
	}
}
