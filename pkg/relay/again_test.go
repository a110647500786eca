//go:build linux

package relay

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Two requests on one connection are read as each is read alone: the second is carried or left to the server, has the
// same body, and is the same request.
func FuzzAgain(f *testing.F) {
	for _, first := range requestsOfAllKinds {
		for _, second := range requestsOfAllKinds {
			f.Add([]byte(first), []byte(second))
		}
		f.Add([]byte(first), []byte(strings.Replace(first, "/", "/%41/?b=", 1)))
		f.Add([]byte(first), []byte(strings.Replace(first, "ength: 5", "ength: 00012", 1)+" and more"))
		f.Add([]byte(first), []byte(strings.Replace(first, "ength: 5", "ength: 0", 1)))
		f.Add([]byte(first), []byte(strings.Replace(first, "ength: 5", "ength: 05", 1)))
		f.Add([]byte(first), []byte(strings.Replace(first, "\r\n\r\n", "\r\nA: b\r\n\r\n", 1)))
	}
	l := &loop{parser: bufio.NewReader(nil), relay: New(Options{HeaderBytes: 1 << 10})}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		a, r := l.parse(&conn{in: first})
		if r == nil {
			return
		}
		c := &conn{in: second, shape: a, request: r, last: &errand{}, head: first[:a.head]}
		got, again := l.parse(c)
		want, alone := l.parse(&conn{in: second})
		require.Equal(t, alone == nil, again == nil)
		if alone == nil {
			return
		}
		require.Equal(t, want, got)
		require.Equal(t, alone, again)
		whole, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(second[:got.head])))
		require.NoError(t, err)
		whole.Body, whole.RemoteAddr = http.NoBody, ""
		require.Equal(t, whole, again)
		if bytes.Equal(first[a.line:a.head], second[got.line:got.head]) {
			require.NotNil(t, c.request, "it is known")
		}
	})
}

// What a client says again is not parsed again, and each request is answered for itself.
func TestAgain(t *testing.T) {
	h := open(t)
	h.behind.answer = func(c net.Conn, r *http.Request, body []byte) bool {
		text := fmt.Sprintf("%s %s %s", r.Method, r.RequestURI, body)
		_, err := fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
		return err == nil
	}
	c := h.dial()
	began := 0
	ask := func(again bool, text, want string) {
		t.Helper()
		before := h.again.Load()
		c.send(text)
		_, by, got := c.answer()
		require.Equal(t, "relay "+want, by+" "+got)
		require.Equal(t, again, h.again.Load() > before, "%q", text)
		if !again {
			began++
		}
	}
	ask(false, get("/a"), "GET /a ")
	ask(true, get("/a"), "GET /a ")
	ask(true, get("/b?c=d"), "GET /b?c=d ")
	ask(true, "PUT /b HTTP/1.1\r\nHost: x\r\n\r\n", "PUT /b ")
	ask(false, post("/a", "one"), "POST /a one")
	ask(true, post("/a", "one"), "POST /a one")
	ask(true, post("/a", "two and three"), "POST /a two and three")
	ask(true, post("/b", "4"), "POST /b 4")
	ask(false, post("/b", ""), "POST /b ")
	ask(true, post("/c", ""), "POST /c ")
	ask(false, post("/c", "5"), "POST /c 5")
	ask(false, strings.Replace(post("/c", "5"), "Host: x", "Host: y", 1), "POST /c 5")
	ask(false, strings.Replace(post("/c", "5"), "Host: x", "host: x", 1), "POST /c 5")
	long := strings.Replace(get("/a"), "Host: x", "Host: x\r\nLong: "+strings.Repeat("a", maxRemembered), 1)
	ask(false, long, "GET /a ")
	ask(false, long, "GET /a ")
	ask(false, get("/a"), "GET /a ")
	another := h.dial()
	another.send(long)
	_, _, _ = another.answer()
	began++
	require.Equal(t, 2, h.remembered())
	require.Eventually(t, func() bool { return h.remembered() == 0 }, wait, lookEvery/10, "both are idle")
	ask(false, get("/a"), "GET /a ")
	ask(true, get("/a"), "GET /a ")
	require.Zero(t, h.served.Load())
	require.EqualValues(t, h.started.Load()-h.again.Load(), began)
}

// remembered is how many connections keep something of what was said on them.
func (h *house) remembered() (n int) {
	counts := make(chan int)
	h.relay.each(func(l *loop) {
		n := 0
		l.each(func(c *conn) {
			if cap(c.in) > 0 || cap(c.head) > 0 || c.request != nil || c.last != nil {
				n++
			}
		})
		counts <- n
	})
	for range h.relay.loops {
		n += <-counts
	}
	return n
}
