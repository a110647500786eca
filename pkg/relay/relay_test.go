//go:build linux

package relay

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Plain exchanges need no server, whoever's they are and whatever the other connections do.
func TestPlainExchangesAreCarried(t *testing.T) {
	h := open(t)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			c := h.dial()
			for n := range 20 {
				body := strings.Repeat(fmt.Sprint(i, n, ","), n*n*20)
				if n%2 == 0 {
					c.send(post("/", body))
				} else {
					body = ""
					c.send(get("/"))
				}
				status, by, got := c.answer()
				if status != 200 || by != "relay" || got != body {
					t.Errorf("connection %d, request %d: %d by %q, %d bytes of %d", i, n, status, by, len(got), len(body))
					return
				}
			}
		})
	}
	all.Wait()
	require.Zero(t, h.served.Load())
	require.LessOrEqual(t, h.behind.opened.Load(), int64(50))
	require.Greater(t, h.reused.Load(), int64(500), "their memory is used again")
}

// What is not plain reaches the server as the client sent it.
func TestWhatIsNotPlainIsTheServers(t *testing.T) {
	h := open(t)
	for text, want := range map[string]string{
		get("/no"):                                               "GET /no x 0 <nil>",
		post("/no", "hello"):                                     "POST /no x 5 <nil>",
		"GET / HTTP/1.0\r\n\r\n":                                 "GET /  0 <nil>",
		"DELETE * HTTP/1.1\r\nHost: x\r\n\r\n":                   "DELETE * x 0 <nil>",
		"GET http://y/ HTTP/1.1\r\nHost: x\r\n\r\n":              "GET http://y/ y 0 <nil>",
		"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n": "GET / x 0 <nil>",
		"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n":        "GET / x 0 <nil>",
		"GET / HTTP/1.1\nHost: x\n\n":                            "GET / x 0 <nil>",
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n":       "POST / x 2 <nil>",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab":             "POST / x 2 <nil>",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + strings.Repeat("a", 200000): "POST / x 200000 <nil>",
		"GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 60000) + "\r\n\r\n":                 "GET / x 0 <nil>",
		"GET / HTTP/1.1\r\n\r\n":                                     "400 Bad Request: missing required Host header",
		"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n":               "400 Bad Request",
		"GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n":                 "400 Bad Request",
		"GET / HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n":               "400 Bad Request",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n\r\nab": "400 Bad Request",
		"not HTTP at all\r\n\r\n":                                    "400 Bad Request",
		post("/refuse", "hello"):                                     "begun POST /refuse 5 <nil>",
		get("/refuse"):                                               "begun GET /refuse 0 <nil>",
	} {
		c := h.dial()
		c.send(text)
		_, _, got := c.answer()
		require.Contains(t, got, want, "%.60q", text)
	}
	require.Zero(t, h.behind.opened.Load())
}

// Requests that come in pieces or in a row lose nothing.
func TestPieces(t *testing.T) {
	h := open(t)
	c := h.dial()
	for _, piece := range []string{"GE", "T /no/1 HTTP/1.1\r\nHos", "t: x\r\n", "\r", "\n"} {
		c.send(piece)
		time.Sleep(time.Millisecond)
	}
	_, _, got := c.answer()
	require.Equal(t, "GET /no/1 x 0 <nil>", got)

	c = h.dial() // a body that comes in time, and one that does not
	body := strings.Repeat("0123456789", 5000)
	text := post("/", body)
	c.send(text[:100])
	c.send(text[100:30000])
	c.send(text[30000:])
	_, _, got = c.answer()
	require.Contains(t, []string{body, "begun POST / 50000 <nil>"}, got)

	c = h.dial()
	c.send(text[:100])
	time.Sleep(3 * patience)
	c.send(text[100:])
	_, _, got = c.answer()
	require.Equal(t, "begun POST / 50000 <nil>", got, "the server reads it")

	c = h.dial() // two at once, and a third before the answers were read
	c.send(get("/no/1") + get("/no/2"))
	c.send(get("/no/3"))
	for i := range 3 {
		_, _, got := c.answer()
		require.Equal(t, fmt.Sprintf("GET /no/%d x 0 <nil>", i+1), got)
	}
}

// A request that comes while another is answered waits for its turn.
func TestARequestTooEarly(t *testing.T) {
	h := open(t)
	h.behind.says(false, "", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
	c := h.dial()
	c.send(get("/1"))
	require.Eventually(t, func() bool { return h.behind.opened.Load() == 1 }, wait, time.Millisecond)
	c.send(get("/2"))
	for range 2 {
		status, by, body := c.answer()
		require.Equal(t, "200 relay hi", fmt.Sprint(status, " ", by, " ", body))
	}
}

// The server goes on when an answer is not plain.
func TestTheServerGoesOn(t *testing.T) {
	h := open(t)
	long := strings.Repeat("0123456789", 20_000)
	for name, answer := range map[string]struct {
		pieces []string
		last   bool
		want   string
	}{
		"chunks":        {[]string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"}, false, "200 ab"},
		"no length":     {[]string{"HTTP/1.1 200 OK\r\n\r\nab"}, true, "200 ab"},
		"close":         {[]string{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab"}, true, "200 ab"},
		"large":         {[]string{"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + long}, false, "200 " + long},
		"in pieces":     {[]string{"HTTP/1.1 200 OK\r\nContent-", "Length: 2\r\n\r\n", "a", "b"}, false, "200 ab"},
		"late body":     {[]string{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", "b"}, false, "200 ab"},
		"broken body":   {[]string{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na", "b"}, true, "200 ab"},
		"not modified":  {[]string{"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n"}, false, "304 "},
		"early hints":   {[]string{"HTTP/1.1 103 Early Hints\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"}, false, "200 ab"},
		"said no":       {[]string{"HTTP/1.1 200 OK\r\nX-No: 1\r\nContent-Length: 2\r\n\r\nab"}, false, "200 ab"},
		"too much":      {[]string{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabHTTP/1.1 200 OK"}, false, "200 ab"},
		"nothing":       {nil, true, "502 broken off\n"},
		"no HTTP":       {[]string{"220 mail\r\n\r\n"}, true, "502 broken off\n"},
		"two lengths":   {[]string{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"}, true, "502 broken off\n"},
		"both framings": {[]string{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"}, false, "200 a"},
	} {
		for _, request := range []string{get("/a"), post("/a", "some"), post("/a", long[:50000])} {
			h.behind.says(answer.last, answer.pieces...)
			h.begun.Store(nil)
			c := h.dial()
			c.send(request)
			status, by, body := c.answer()
			require.Equal(t, answer.want, fmt.Sprint(status, " ", body), name)
			if b := h.begun.Load(); b != nil || len(answer.pieces) < 2 { // others may all be there when the loop wakes
				require.NotNil(t, b, name)
				require.NotEqual(t, "relay", by, name)
				require.Equal(t, len(answer.pieces) > 0, b.Heard, name)
			}
			h.behind.says(false, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
			c.send(get("/no/more"))
			_, _, body = c.answer()
			require.Equal(t, "GET /no/more x 0 <nil>", body, "the connection goes on: %s", name)
		}
	}
	require.Eventually(t, func() bool { return h.behind.opened.Load() == h.behind.free.Load() }, wait, time.Millisecond)
}

// An upstream that answers before it has read the request is heard.
func TestAnAnswerTooEarly(t *testing.T) {
	h := open(t)
	done := make(chan struct{})
	h.behind.answer = func(c net.Conn, r *http.Request, _ []byte) bool {
		_, _ = io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
		<-done
		_, _ = io.Copy(io.Discard, r.Body)
		return false
	}
	c := h.dial()
	c.send(post("/early", strings.Repeat("a", 90_000)))
	status, by, body := c.answer()
	require.Equal(t, "413 server no", fmt.Sprint(status, " ", by, " ", body))
	close(done)
}

// When the client goes away, so does its request.
func TestTheClientGoes(t *testing.T) {
	h := open(t)
	asked := make(chan struct{}, 1)
	h.behind.answer = func(c net.Conn, _ *http.Request, _ []byte) bool {
		asked <- struct{}{}
		_, err := c.Read(make([]byte, 1)) // until the connection ends
		return err == nil
	}
	for i := range 20 {
		c := h.dial()
		c.send(get("/"))
		<-asked
		require.NoError(t, c.Close())
		require.Eventually(t, func() bool { return h.behind.closed.Load() == int64(i+1) }, wait, time.Millisecond)
	}
	require.Eventually(t, func() bool { return h.relay.Open() == 0 }, wait, time.Millisecond)
	require.Equal(t, h.behind.opened.Load(), h.behind.free.Load())
	require.Zero(t, h.served.Load())
}

// Connections to upstreams are used again, and not when the upstream has closed them or has said what nobody asked.
func TestConnectionsToUpstreams(t *testing.T) {
	h := open(t, func(o *Options) { o.Loops = 1 })
	c := h.dial()
	for range 10 {
		c.send(get("/"))
		_, by, _ := c.answer()
		require.Equal(t, "relay", by)
	}
	require.EqualValues(t, 1, h.behind.opened.Load())
	h.up.CloseIdleConnections()
	require.Eventually(t, func() bool { return h.behind.closed.Load() == 1 }, wait, time.Millisecond)

	for i := range 5 { // closed behind the answer
		h.behind.says(true, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
		c.send(get("/"))
		_, _, body := c.answer()
		require.Equal(t, "hi", body)
		require.Eventually(t, func() bool { return h.behind.free.Load() == int64(i+2) }, wait, time.Millisecond)
	}
	h.behind.says(false, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad")
	c.send(get("/"))
	_, _, body := c.answer()
	require.Equal(t, "hi", body)
	require.Eventually(t, func() bool { return h.behind.free.Load() == 7 }, wait, time.Millisecond)
	c.send(get("/"))
	_, _, body = c.answer()
	require.Equal(t, "hi", body)
}

// Who waits for a connection to be opened asks on one that becomes free before, and is not left when opening fails.
func TestWhoWaitsForAConnection(t *testing.T) {
	h := open(t, func(o *Options) { o.Loops = 1 })
	opened := make(chan error)
	var dials atomic.Int64
	h.beforeDial.Store(new(func() error {
		if dials.Add(1) == 1 {
			return nil
		}
		return <-opened
	}))
	answer, asked := make(chan struct{}), make(chan struct{}, 1)
	h.behind.answer = func(c net.Conn, r *http.Request, body []byte) bool {
		asked <- struct{}{}
		<-answer
		return echo(c, r, body)
	}
	first, second, gone := h.dial(), h.dial(), h.dial()
	wants := func(c *client, want string) {
		t.Helper()
		status, by, body := c.answer()
		require.Equal(t, want, fmt.Sprint(status, " ", by, " ", body))
	}
	first.send(post("/", "first"))
	<-asked
	gone.send(get("/"))
	require.Eventually(t, func() bool { return dials.Load() == 2 }, wait, time.Millisecond)
	require.NoError(t, gone.Close())
	require.Eventually(t, func() bool { return h.ended.Load() == 1 }, wait, time.Millisecond)
	second.send(post("/", "second"))
	require.Eventually(t, func() bool { return dials.Load() == 3 }, wait, time.Millisecond)
	answer <- struct{}{}
	wants(first, "200 relay first")
	<-asked // for the second client, on the first's connection
	first.send(post("/", "again"))
	require.Never(t, func() bool { return dials.Load() > 3 }, 20*time.Millisecond, time.Millisecond, "two are being opened")
	answer <- struct{}{}
	wants(second, "200 relay second")
	<-asked
	opened <- errors.New("as the test wants it")
	answer <- struct{}{}
	wants(first, "200 relay again")
	require.EqualValues(t, 1, h.behind.opened.Load())

	first.send(post("/", "more"))
	<-asked
	second.send(post("/", "fails"))
	require.Never(t, func() bool { return dials.Load() > 3 }, 20*time.Millisecond, time.Millisecond)
	opened <- errors.New("as the test wants it")
	wants(second, "200  begun POST / 5 <nil>")
	second = h.dial()
	second.send(post("/", "waits"))
	require.Eventually(t, func() bool { return dials.Load() == 4 }, wait, time.Millisecond)
	opened <- nil
	<-asked
	answer <- struct{}{}
	answer <- struct{}{}
	wants(first, "200 relay more")
	wants(second, "200 relay waits")
	require.EqualValues(t, 2, h.behind.opened.Load())
}

// When many come at once, a connection is not opened for each at once; and where none can be opened, all of them are
// told.
func TestManyWhoWaitForConnections(t *testing.T) {
	const many = 3 * maxDials
	for _, fails := range []error{nil, errors.New("as the test wants it")} {
		h := open(t, func(o *Options) { o.Loops = 1 })
		opened := make(chan error)
		var dials atomic.Int64
		h.beforeDial.Store(new(func() error { dials.Add(1); return <-opened }))
		var clients []*client
		for range many {
			c := h.dial()
			c.send(post("/", "waits"))
			clients = append(clients, c)
		}
		require.Eventually(t, func() bool { return h.started.Load() == many }, wait, time.Millisecond)
		require.Eventually(t, func() bool { return dials.Load() == maxDials }, wait, time.Millisecond)
		require.Never(t, func() bool { return dials.Load() > maxDials }, 10*time.Millisecond, time.Millisecond)
		if fails == nil {
			close(opened)
		} else {
			opened <- fails
		}
		want := map[bool]string{true: "relay waits", false: " begun POST / 5 <nil>"}[fails == nil]
		for _, c := range clients {
			_, by, body := c.answer()
			require.Equal(t, want, by+" "+body)
		}
		require.LessOrEqual(t, dials.Load(), int64(many))
		if fails != nil {
			close(opened)
		}
		require.Eventually(t, func() bool { return h.behind.opened.Load() >= 1 }, wait, time.Millisecond)
	}
}

// A client that takes its answer slowly gets all of it, and one that takes none for too long is left.
func TestSlowClients(t *testing.T) {
	h := open(t)
	body := strings.Repeat("0123456789", 9000)
	h.behind.says(false, "HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n"+body)
	c := h.dial()
	require.NoError(t, c.Conn.(*net.TCPConn).SetReadBuffer(16<<10))
	for range 2 {
		c.send(get("/"))
		time.Sleep(2 * time.Millisecond)
		_, by, got := c.answer()
		require.Contains(t, []string{"relay", "server"}, by)
		require.Equal(t, body, got)
	}
}

// Connections that are silent for too long end.
func TestSilence(t *testing.T) {
	h := open(t, func(o *Options) { o.Header, o.Idle, o.Spare = time.Millisecond, time.Millisecond, time.Millisecond })
	h.dial().ended()
	c := h.dial()
	c.send(get("/"))
	_, _, _ = c.answer()
	c.ended()
	require.Eventually(t, func() bool { return h.behind.closed.Load() == h.behind.opened.Load() }, wait, time.Millisecond)
}

// Drain ends what is idle, and lets the server finish the rest.
func TestDrain(t *testing.T) {
	h := open(t)
	idle, busy := h.dial(), h.dial()
	idle.send(get("/"))
	_, _, _ = idle.answer()
	block, asked := make(chan struct{}), make(chan struct{})
	h.behind.answer = func(c net.Conn, _ *http.Request, _ []byte) bool {
		close(asked)
		<-block
		_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
		return err == nil
	}
	busy.send(post("/", "some"))
	<-asked
	h.relay.Drain(t.Context())
	idle.ended()
	require.Zero(t, h.relay.Open())
	gone := make(chan error, 1)
	go func() { gone <- h.server.Shutdown(t.Context()) }()
	close(block)
	status, by, body := busy.answer()
	require.Equal(t, "200 server hi", fmt.Sprint(status, " ", by, " ", body))
	busy.ended()
	require.NoError(t, <-gone)
}

// A server that closes takes the relay's connections with it.
func TestClose(t *testing.T) {
	h := open(t)
	idle, busy := h.dial(), h.dial()
	idle.send(get("/"))
	_, _, _ = idle.answer()
	h.behind.answer = func(c net.Conn, _ *http.Request, _ []byte) bool {
		_, err := c.Read(make([]byte, 1))
		return err == nil
	}
	busy.send(get("/"))
	require.Eventually(t, func() bool { return h.started.Load() == 2 }, wait, time.Millisecond)
	require.NoError(t, h.server.Close())
	idle.ended()
	busy.ended()
}

// A handler that panics ends its connection, and no other.
func TestPanic(t *testing.T) {
	h := open(t)
	other, c := h.dial(), h.dial()
	c.send(get("/panic"))
	c.ended()
	other.send(get("/"))
	_, by, _ := other.answer()
	require.Equal(t, "relay", by)
	require.Contains(t, h.log.String(), "as asked")
}
