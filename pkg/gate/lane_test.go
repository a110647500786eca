package gate

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// pair is one gate behind two listeners: with the lane, and without.
type pair struct {
	laned, plain string
	handed       atomic.Int64 // connections that the lane gave to the server
}

func openPair(t testing.TB, h *house, opts Options) *pair {
	t.Helper()
	g, p := h.gate(opts), &pair{}
	laned, plain := g.Server(), g.Server()
	run := func(serve func(net.Listener) error, end func() error) string {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		ended := make(chan error, 1)
		go func() { ended <- serve(ln) }()
		t.Cleanup(func() {
			require.NoError(t, end())
			require.ErrorIs(t, <-ended, http.ErrServerClosed)
		})
		return ln.Addr().String()
	}
	p.laned = run(func(ln net.Listener) error { return laned.Server.Serve(counting{newLane(g, ln), &p.handed}) }, laned.Close)
	p.plain = run(plain.Server.Serve, plain.Close)
	return p
}

type counting struct {
	*lane
	handed *atomic.Int64
}

func (c counting) Accept() (net.Conn, error) {
	conn, err := c.lane.Accept()
	if err == nil {
		c.handed.Add(1)
	}
	return conn, err
}

// converse sends all of input and returns all that comes back. reset says that
// the server gave up on the connection, so that the end of it may be lost.
func converse(t testing.TB, addr string, input []byte) (answer string, reset bool) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	_, writeErr := conn.Write(input)
	_ = conn.(*net.TCPConn).CloseWrite()
	got, readErr := io.ReadAll(conn)
	require.NotErrorIs(t, readErr, context.DeadlineExceeded)
	return dates.ReplaceAllString(string(got), "Date: now"), writeErr != nil || readErr != nil
}

var dates = regexp.MustCompile(`Date: [^\r]*`)

// wireText writes a request, with line ends and the end of its header.
func wireText(line string, headers ...string) string {
	return strings.Join(append([]string{line}, headers...), "\r\n") + "\r\n\r\n"
}

func TestTheLaneAnswersAsTheServerDoes(t *testing.T) {
	h := newHouse(t)
	key := h.key(apikey.RoleViewer)
	p := openPair(t, h, Options{Endpoints: []Endpoint{{Name: "read", Path: "/read", Require: apikey.PermissionRead}}})
	bearer := "Authorization: Bearer " + key
	const host = "Host: gate"
	long := func(n int) string { return "X-Long: " + strings.Repeat("x", n) }

	for name, c := range map[string]struct {
		input  string
		begins string // of the answer
		handed bool   // is for the server
	}{
		"a good key":                   {input: wireText("GET /auth HTTP/1.1", host, bearer), begins: "HTTP/1.1 200 OK\r\nX-Ostiary-Key-Id: "},
		"a query":                      {input: wireText("GET /auth?require=read HTTP/1.1", host, bearer), begins: "HTTP/1.1 200 "},
		"a path below":                 {input: wireText("GET /auth/read/x HTTP/1.1", host, bearer), begins: "HTTP/1.1 200 "},
		"a role that does not grant":   {input: wireText("GET /auth?require=manage HTTP/1.1", host, bearer), begins: "HTTP/1.1 403 "},
		"a wrong query":                {input: wireText("GET /auth?require=fly HTTP/1.1", host, bearer), begins: "HTTP/1.1 400 "},
		"no key":                       {input: wireText("GET /auth HTTP/1.1", host), begins: "HTTP/1.1 401 "},
		"a wrong key":                  {input: wireText("GET /auth HTTP/1.1", host, "Authorization: Bearer nonsense"), begins: "HTTP/1.1 401 "},
		"two keys":                     {input: wireText("GET /auth HTTP/1.1", host, bearer, "X-API-Key: other"), begins: "HTTP/1.1 400 "},
		"three, one after the other":   {input: strings.Repeat(wireText("GET /auth HTTP/1.1", host, bearer), 3), begins: "HTTP/1.1 200 "},
		"a described request":          {input: wireText("GET /auth HTTP/1.1", host, bearer, "X-Original-URI: /read/x", "X-Original-Method: GET"), begins: "HTTP/1.1 200 "},
		"described twice":              {input: wireText("GET /auth HTTP/1.1", host, bearer, "X-Original-URI: /a", "X-Original-URI: /b"), begins: "HTTP/1.1 400 "},
		"keep-alive":                   {input: wireText("GET /auth HTTP/1.1", host, bearer, "Connection: Keep-Alive"), begins: "HTTP/1.1 200 "},
		"an empty body":                {input: wireText("GET /auth HTTP/1.1", host, bearer, "Content-Length: 0"), begins: "HTTP/1.1 200 "},
		"a tab and UTF-8 in a value":   {input: wireText("GET /auth HTTP/1.1", host, bearer, "X-Note: a\tö"), begins: "HTTP/1.1 200 "},
		"a folded value":               {input: wireText("GET /auth HTTP/1.1", host, bearer, "X-Note: a", "  b"), begins: "HTTP/1.1 200 "},
		"a header of 7 KiB":            {input: wireText("GET /auth HTTP/1.1", host, bearer, long(7<<10)), begins: "HTTP/1.1 200 "},
		"a header of 9 KiB":            {input: wireText("GET /auth HTTP/1.1", host, bearer, long(9<<10)), begins: "HTTP/1.1 200 ", handed: true},
		"a header of 60 KiB":           {input: wireText("GET /auth HTTP/1.1", host, bearer, long(60<<10)), begins: "HTTP/1.1 431 ", handed: true},
		"close":                        {input: wireText("GET /auth HTTP/1.1", host, bearer, "Connection: close"), begins: "HTTP/1.1 200 ", handed: true},
		"HTTP/1.0":                     {input: wireText("GET /auth HTTP/1.0", bearer), begins: "HTTP/1.0 200 ", handed: true},
		"HTTP/1.2":                     {input: wireText("GET /auth HTTP/1.2", host, bearer), begins: "HTTP/1.1 200 ", handed: true},
		"HTTP/3.0":                     {input: wireText("GET /auth HTTP/3.0", host, bearer), begins: "HTTP/1.1 505 ", handed: true},
		"no protocol":                  {input: wireText("GET /auth", host, bearer), begins: "HTTP/1.1 400 ", handed: true},
		"HEAD":                         {input: wireText("HEAD /auth HTTP/1.1", host, bearer), begins: "HTTP/1.1 200 ", handed: true},
		"POST":                         {input: wireText("POST /auth HTTP/1.1", host, bearer, "Content-Length: 4") + "body", begins: "HTTP/1.1 200 ", handed: true},
		"a body":                       {input: wireText("GET /auth HTTP/1.1", host, bearer, "Content-Length: 4") + "body", begins: "HTTP/1.1 200 ", handed: true},
		"a body in chunks":             {input: wireText("GET /auth HTTP/1.1", host, bearer, "Transfer-Encoding: chunked") + "0\r\n\r\n", begins: "HTTP/1.1 200 ", handed: true},
		"two lengths":                  {input: wireText("GET /auth HTTP/1.1", host, bearer, "Content-Length: 0", "Content-Length: 40") + wireText("GET /auth HTTP/1.1", host), begins: "HTTP/1.1 400 ", handed: true},
		"an unknown encoding":          {input: wireText("GET /auth HTTP/1.1", host, bearer, "Transfer-Encoding: x"), begins: "HTTP/1.1 501 ", handed: true},
		"an expectation":               {input: wireText("GET /auth HTTP/1.1", host, bearer, "Expect: 100-continue"), begins: "HTTP/1.1 200 ", handed: true},
		"another expectation":          {input: wireText("GET /auth HTTP/1.1", host, bearer, "Expect: x"), begins: "HTTP/1.1 417 ", handed: true},
		"an upgrade":                   {input: wireText("GET /auth HTTP/1.1", host, bearer, "Connection: Upgrade", "Upgrade: websocket"), begins: "HTTP/1.1 200 ", handed: true},
		"no host":                      {input: wireText("GET /auth HTTP/1.1", bearer), begins: "HTTP/1.1 400 ", handed: true},
		"an empty host":                {input: wireText("GET /auth HTTP/1.1", "Host:", bearer), begins: "HTTP/1.1 200 ", handed: true},
		"two hosts":                    {input: wireText("GET /auth HTTP/1.1", host, host, bearer), begins: "HTTP/1.1 400 ", handed: true},
		"a malformed host":             {input: wireText("GET /auth HTTP/1.1", "Host: a b", bearer), begins: "HTTP/1.1 400 ", handed: true},
		"a header without a colon":     {input: wireText("GET /auth HTTP/1.1", host, bearer, "nonsense"), begins: "HTTP/1.1 400 ", handed: true},
		"a space before the colon":     {input: wireText("GET /auth HTTP/1.1", host, bearer, "Content-Length : 4"), begins: "HTTP/1.1 400 ", handed: true},
		"a header without a name":      {input: wireText("GET /auth HTTP/1.1", host, bearer, ": x"), begins: "HTTP/1.1 400 ", handed: true},
		"a control character":          {input: wireText("GET /auth HTTP/1.1", host, bearer, "X-Note: a\x01"), begins: "HTTP/1.1 400 ", handed: true},
		"a zero byte":                  {input: wireText("GET /auth HTTP/1.1", host, bearer, "X-Note: a\x00"), begins: "HTTP/1.1 400 ", handed: true},
		"line feeds alone":             {input: "GET /auth HTTP/1.1\nHost: gate\n" + bearer + "\n\n" + wireText("GET /auth HTTP/1.1", host), begins: "HTTP/1.1 200 ", handed: true},
		"an address":                   {input: wireText("GET http://gate/auth HTTP/1.1", host, bearer), begins: "HTTP/1.1 200 ", handed: true},
		"two slashes":                  {input: wireText("GET //auth HTTP/1.1", host, bearer), begins: "HTTP/1.1 404 ", handed: true},
		"another path":                 {input: wireText("GET /authority HTTP/1.1", host, bearer), begins: "HTTP/1.1 404 ", handed: true},
		"an escaped path":              {input: wireText("GET /%61uth HTTP/1.1", host, bearer), begins: "HTTP/1.1 200 ", handed: true},
		"an escape that is none":       {input: wireText("GET /auth/%zz HTTP/1.1", host, bearer), begins: "HTTP/1.1 400 ", handed: true},
		"two spaces":                   {input: wireText("GET  /auth HTTP/1.1", host, bearer), begins: "HTTP/1.1 400 ", handed: true},
		"half a header":                {input: "GET /auth HTTP/1.1\r\nHost: gate\r\n", begins: "", handed: true},
		"nothing":                      {input: "", begins: ""},
		"TLS":                          {input: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", begins: "HTTP/1.1 400 ", handed: true},
		"a good one, then another":     {input: wireText("GET /auth HTTP/1.1", host, bearer) + wireText("GET /none HTTP/1.1", host, bearer), begins: "HTTP/1.1 200 ", handed: true},
		"a good one, then half of one": {input: wireText("GET /auth HTTP/1.1", host, bearer) + "GET /auth HT", begins: "HTTP/1.1 200 ", handed: true},
	} {
		t.Run(name, func(t *testing.T) {
			before := p.handed.Load()
			laned, lanedReset := converse(t, p.laned, []byte(c.input))
			plain, plainReset := converse(t, p.plain, []byte(c.input))
			require.Equal(t, c.handed, p.handed.Load() > before, "is for the server")
			if lanedReset || plainReset {
				return // by a server that did not want to read it all
			}
			require.Equal(t, plain, laned)
			require.True(t, strings.HasPrefix(laned, c.begins), laned)
		})
	}
}

func FuzzLane(f *testing.F) {
	for _, seed := range []string{
		wireText("GET /auth?require=read HTTP/1.1", "Host: gate", "Authorization: Bearer KEY"),
		wireText("GET /auth HTTP/1.1", "Host: gate", "Authorization: Basic KEY", "Connection: keep-alive") + wireText("GET /auth HTTP/1.1", "Host: a"),
		wireText("GET /auth HTTP/1.1", "Host: gate", "Content-Length: 3", "Transfer-Encoding: chunked") + "3\r\nabc\r\n0\r\n\r\n",
		wireText("GET /auth/read?x=1 HTTP/1.1", "Host: gate", "X-API-Key: KEY", "Expect: 100-continue", " folded: yes"),
		"GET /auth HTTP/1.1\nHost: a\n\nGET /auth HTTP/1.1\r\n\r\n",
		wireText("GET /auth HTTP/1.1", "Host: gate", "X-Original-URI: /read/..;/x", "X-Forwarded-Uri: /read"),
	} {
		f.Add(seed)
	}
	h := newHouse(f)
	key := h.key(apikey.RoleViewer)
	p := openPair(f, h, Options{Endpoints: []Endpoint{{Name: "read", Path: "/read", Require: apikey.PermissionRead}}})
	f.Fuzz(func(t *testing.T, input string) {
		sent := []byte(strings.ReplaceAll(input, "KEY", key))
		laned, lanedReset := converse(t, p.laned, sent)
		plain, plainReset := converse(t, p.plain, sent)
		if lanedReset || plainReset {
			n := min(len(laned), len(plain))
			laned, plain = laned[:n], plain[:n]
		}
		require.Equal(t, plain, laned)
	})
}

// verifierFunc is a Verifier with a mind of its own.
type verifierFunc func(verify.Question) verify.Decision

func (f verifierFunc) Verify(q verify.Question) verify.Decision { return f(q) }

func TestTheLaneEndsWhenItsRequestsHave(t *testing.T) {
	h := newHouse(t)
	asked, answer := make(chan struct{}), make(chan struct{})
	s := h.gate(Options{Verifier: verifierFunc(func(verify.Question) verify.Decision {
		close(asked)
		<-answer
		return verify.Decision{Code: verify.CodeValid}
	})}).Server()
	addr := strings.TrimPrefix(serve(t, s), "http://")
	busy, idle := talkTo(t, addr), talkTo(t, addr)
	busy.send(wireText("GET /auth HTTP/1.1", "Host: gate", "Authorization: Bearer x"))
	<-asked

	ended := make(chan error, 1)
	go func() { ended <- s.Shutdown(t.Context()) }()
	require.Empty(t, idle.all(), "a connection without a request is closed at once")
	select {
	case <-ended:
		t.Fatal("the server ended before its request did")
	default:
	}
	close(answer)
	require.Regexp(t, `(?s)^HTTP/1.1 200 OK\r\n.*Connection: close\r\n`, busy.all())
	require.NoError(t, <-ended)
}

func TestTheLaneHasNoPatienceWithoutEnd(t *testing.T) {
	h := newHouse(t)
	key := h.key(apikey.RoleViewer)
	request := wireText("GET /auth HTTP/1.1", "Host: gate", "Authorization: Bearer "+key)
	t.Run("before the first request", func(t *testing.T) {
		addr := strings.TrimPrefix(h.open(Options{Limits: Limits{Header: 50 * time.Millisecond}}), "http://")
		require.Empty(t, talkTo(t, addr).all())
	})
	t.Run("between two", func(t *testing.T) {
		addr := strings.TrimPrefix(h.open(Options{Limits: Limits{Idle: 50 * time.Millisecond}}), "http://")
		c := talkTo(t, addr)
		c.send(request)
		require.Regexp(t, "^HTTP/1.1 200 ", c.all())
	})
	t.Run("with answers that are not taken", func(t *testing.T) {
		addr := strings.TrimPrefix(h.open(Options{Limits: Limits{Response: 50 * time.Millisecond}}), "http://")
		c := talkTo(t, addr)
		require.Eventually(t, func() bool { // the buffers between are full, and the connection ends
			_ = c.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
			_, err := c.Write(bytes.Repeat([]byte(request), 1000))
			return err != nil && !isTimeout(err)
		}, 20*time.Second, time.Millisecond)
	})
}

func isTimeout(err error) bool {
	timeout, ok := err.(net.Error) //nolint:errorlint // as net returns it
	return ok && timeout.Timeout()
}

func TestAFaultEndsOneConnectionOfTheLane(t *testing.T) {
	h := newHouse(t)
	addr := strings.TrimPrefix(h.open(Options{Verifier: verifierFunc(func(q verify.Question) verify.Decision {
		if q.Token == "bad" {
			panic("a fault")
		}
		return verify.Decision{Code: verify.CodeValid}
	})}), "http://")
	other := talkTo(t, addr)
	bad := talkTo(t, addr)
	bad.send(wireText("GET /auth HTTP/1.1", "Host: gate", "Authorization: Bearer bad"))
	require.Empty(t, bad.all())
	other.send(wireText("GET /auth HTTP/1.1", "Host: gate", "Authorization: Bearer good"))
	require.Equal(t, http.StatusOK, other.status())
	require.Contains(t, h.log.String(), "a fault while /auth was answered")
}

func TestTheLaneEndsWithItsListener(t *testing.T) {
	s := newHouse(t).gate(Options{}).Server()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ln) }()
	require.NoError(t, ln.Close())
	require.ErrorIs(t, <-ended, net.ErrClosed)
}

// talk is a connection that a test speaks on by hand.
type talk struct {
	net.Conn
	t testing.TB
	r *bufio.Reader
}

func talkTo(t testing.TB, addr string) *talk {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	return &talk{Conn: conn, t: t, r: bufio.NewReader(conn)}
}

func (c *talk) send(s string) {
	c.t.Helper()
	_, err := io.WriteString(c, s)
	require.NoError(c.t, err)
}

// all returns what comes until the other side closes the connection.
func (c *talk) all() string {
	c.t.Helper()
	got, err := io.ReadAll(c.r)
	require.NoError(c.t, err)
	return string(got)
}

// status returns the status of the next answer, which must have no body.
func (c *talk) status() (code int) {
	c.t.Helper()
	line, err := c.r.ReadString('\n')
	require.NoError(c.t, err)
	_, err = fmt.Sscanf(line, "HTTP/1.1 %d", &code)
	require.NoError(c.t, err)
	return code
}
