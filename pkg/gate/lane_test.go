package gate

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// lanes serves one gate twice: with the short way to /auth and without.
type lanes struct {
	short, server string
	gate          *Gate
	key           string
}

func newLanes(t testing.TB) lanes {
	h := newHouse(t)
	g := h.gate(Options{Limits: tight, Endpoints: []Endpoint{{Name: "app", Path: "/app", Require: apikey.PermissionRead, Upstream: echoUpstream(t)}}})
	return lanes{short: serve(t, g.Server(), g.Listener), server: serve(t, g.Server()), gate: g, key: h.key(apikey.RoleViewer)}
}

// said is what matters of a response.
type said struct {
	Status int
	Proto  string
	Header http.Header
	Body   string
}

// talk sends pieces on one connection and returns all that comes back. A
// response that cannot be read ends the list as it is.
func talk(t testing.TB, address string, pieces ...string) (all []said, rest string) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(10*time.Second)))
	for i, piece := range pieces {
		if i > 0 {
			time.Sleep(5 * time.Millisecond)
		}
		if _, err := io.WriteString(c, piece); err != nil {
			break
		}
	}
	_ = c.(*net.TCPConn).CloseWrite()
	got, _ := io.ReadAll(c) // a reset ends it as well
	r := bufio.NewReader(bytes.NewReader(got))
	for {
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			left, _ := io.ReadAll(r)
			return all, string(left)
		}
		body, _ := io.ReadAll(res.Body)
		delete(res.Header, "Date")
		all = append(all, said{res.StatusCode, res.Proto, res.Header, string(body)})
	}
}

func (l *lanes) question(lines ...string) string {
	return "GET /auth?require=read HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer " + l.key + "\r\n" + strings.Join(append(lines, "\r\n"), "\r\n")
}

func TestLaneAnswersAsTheServerDoes(t *testing.T) {
	l := newLanes(t)
	good := l.question()
	bad := strings.Replace(good, l.key, "wrong", 1)
	other := "GET /app/x HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer " + l.key + "\r\n\r\n"
	post := "POST /auth HTTP/1.1\r\nHost: gate\r\nContent-Length: " + fmt.Sprint(len(good)) + "\r\n\r\n" + good
	for name, pieces := range map[string][]string{
		"one":                     {good},
		"several":                 {good, bad, good},
		"all at once":             {good + bad + good},
		"in two pieces":           {good[:40], good[40:]},
		"then in two pieces":      {good, good[:40], good[40:] + good},
		"then something else":     {good, other, good},
		"something else at once":  {good + other + good},
		"something else first":    {other, good},
		"a question in a body":    {good, post, good},
		"another method":          {good, strings.Replace(good, "GET", "HEAD", 1)},
		"below /auth":             {good, strings.Replace(good, "/auth?require=read", "/auth/app", 1)},
		"close":                   {good, l.question("Connection: close"), good},
		"an old client":           {good, strings.Replace(good, "1.1", "1.0", 1)},
		"no host":                 {good, strings.Replace(good, "Host: gate\r\n", "", 1)},
		"two hosts":               {good, l.question("Host: other"), good},
		"a malformed host":        {good, strings.Replace(good, "gate", "ga te", 1)},
		"a malformed header":      {good, l.question("Bad Name: x"), good},
		"a malformed value":       {good, l.question("X: \x01"), good},
		"a folded line":           {good, l.question("X: a", " b"), good},
		"bare line feeds":         {good, "GET /auth HTTP/1.1\nHost: gate\n\n" + good},
		"a body":                  {good, l.question("Content-Length: 4") + "body" + good},
		"chunks":                  {good, l.question("Transfer-Encoding: chunked") + "0\r\n\r\n" + good},
		"an upgrade":              {good, l.question("Connection: Upgrade", "Upgrade: h2c"), good},
		"an expectation":          {good, l.question("Expect: 100-continue"), good},
		"a long header":           {good, l.question("X-Long: " + strings.Repeat("a", 5000)), good},
		"too long a header":       {good, l.question("X-Long: " + strings.Repeat("a", 50000)), good},
		"nothing":                 {},
		"half":                    {good, good[:40]},
		"TLS":                     {"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"},
		"an unknown parameter":    {strings.Replace(good, "require", "required", 1), good},
		"a malformed address":     {strings.Replace(good, "require=read", "%zz=%zz", 1), good},
		"an unescaped space":      {strings.Replace(good, "require=read", "require=read x", 1), good},
		"a description":           {l.question("X-Original-URI: /app/x"), l.question("X-Original-URI: x"), good},
		"a key in another header": {l.question("X-API-Key: " + l.key), l.question("X-API-Key: other"), good},
	} {
		t.Run(name, func(t *testing.T) {
			want, wantRest := talk(t, l.server, pieces...)
			got, gotRest := talk(t, l.short, pieces...)
			require.Empty(t, cmp.Diff(want, got))
			require.Equal(t, wantRest, gotRest)
		})
	}
}

func TestLaneLimits(t *testing.T) {
	l := newLanes(t)
	c := dial(t, l.short)
	r := bufio.NewReader(c)
	ask := func() error {
		_, err := io.WriteString(c, l.question())
		require.NoError(t, err)
		res, err := http.ReadResponse(r, nil)
		if err == nil {
			require.Equal(t, 200, res.StatusCode)
		}
		return err
	}
	require.NoError(t, ask())
	time.Sleep(2 * tight.Header)
	require.NoError(t, ask(), "between questions there is more time than for a header")
	began := time.Now()
	_, err := io.WriteString(c, "GET /auth HTTP/1.1\r\n")
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, r)
	require.NoError(t, err)
	require.Less(t, time.Since(began), 3*time.Second, "half a header is waited for as ever")

	idle := dial(t, l.short)
	began = time.Now()
	_, err = io.WriteString(idle, l.question())
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, idle)
	require.NoError(t, err)
	require.InDelta(t, tight.Idle.Seconds(), time.Since(began).Seconds(), 2)
}

func TestLaneClosesWithTheServer(t *testing.T) {
	h := newHouse(t)
	g := h.gate(Options{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := g.Server()
	served := make(chan error, 1)
	go func() { served <- s.Serve(g.Listener(listener)) }()
	c := dial(t, "http://"+listener.Addr().String())
	_, err = fmt.Fprintf(c, "GET /auth HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer %s\r\n\r\n", h.key(apikey.RoleViewer))
	require.NoError(t, err)
	r := bufio.NewReader(c)
	_, err = http.ReadResponse(r, nil)
	require.NoError(t, err)

	began := time.Now()
	require.NoError(t, s.Shutdown(t.Context()))
	require.Less(t, time.Since(began), 2*time.Second, "it waits for no connection that asks nothing")
	require.ErrorIs(t, <-served, http.ErrServerClosed)
	_, err = r.ReadByte()
	require.ErrorIs(t, err, io.EOF)
}

// FuzzLane holds the short way against the server: whatever comes, in two
// pieces, is answered alike.
func FuzzLane(f *testing.F) {
	l := newLanes(f)
	good := l.question()
	for _, seed := range []string{
		good, good + good, good + "GET /app HTTP/1.1\r\nHost: gate\r\n\r\n", "GET /auth HTTP/1.1\nHost: gate\n\n" + good, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		l.question("Content-Length: 3") + "abc" + good, l.question("Host: x"), "GET /auth?a=b;c HTTP/1.1\r\nHost:\r\n\r\n", l.question("Connection: keep-alive") + good,
	} {
		f.Add(seed, len(seed)/2)
		f.Add(seed, len(seed))
	}
	f.Fuzz(func(t *testing.T, sent string, at int) {
		if len(sent) > 6000 || strings.HasPrefix(sent, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") {
			return // HTTP/2 says more than can be compared
		}
		if end := strings.LastIndex(sent, "\r\n\r\n"); end >= 0 && len(sent)-end < len("\r\n\r\n")+4 {
			sent = sent[:end+4] // of fewer than four bytes the server says nothing, unless they are the first
		}
		at = min(max(at, 0), len(sent))
		want, wantRest := talk(t, l.server, sent[:at], sent[at:])
		got, gotRest := talk(t, l.short, sent[:at], sent[at:])
		require.Empty(t, cmp.Diff(want, got))
		require.Equal(t, wantRest, gotRest)
	})
}
