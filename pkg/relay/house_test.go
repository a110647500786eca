//go:build linux

package relay

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ostiary/ostiary/pkg/servertest"
)

const wait = servertest.Patience

// house is a server with a relay in front, and an upstream behind.
type house struct {
	t       testing.TB
	relay   *Relay
	server  *http.Server
	address string
	up      *Upstream
	behind  *upstream
	log     *servertest.Output

	started, ended atomic.Int64 // exchanges
	served         atomic.Int64 // requests that the server had to see
	reused         atomic.Int64 // exchanges that were used again, for another request
	again          atomic.Int64 // that were for the same
	begun          atomic.Pointer[Begun]
	beforeDial     atomic.Pointer[func() error]
}

// open opens a house. Requests below /no are the server's, and those below /refuse are begun and not carried.
func open(t testing.TB, edit ...func(*Options)) *house {
	t.Helper()
	h := &house{t: t, behind: newUpstream(t), log: &servertest.Output{}}
	h.up = &Upstream{Dial: func(ctx context.Context) (*Dialled, error) {
		if before := h.beforeDial.Load(); before != nil {
			if err := (*before)(); err != nil {
				return nil, err
			}
		}
		c, err := new(net.Dialer).DialContext(ctx, "tcp", h.behind.Addr().String())
		if err == nil {
			err = c.(*net.TCPConn).SetWriteBuffer(8 << 10)
		}
		return &Dialled{Conn: c, Free: func() { h.behind.free.Add(1) }}, err
	}}
	opts := Options{
		Handler: h, Logger: slog.New(slog.NewTextHandler(h.log, nil)), HeaderBytes: 32 << 10, Header: time.Minute,
		Idle: time.Minute, Answer: time.Minute, Spare: time.Minute, Spares: 100,
	}
	for _, e := range edit {
		e(&opts)
	}
	h.relay = New(opts)
	h.server = &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	h.address = ln.Addr().String()
	ended := make(chan error, 1)
	go func() { ended <- h.server.Serve(h.relay.Listener(ln, h.server)) }()
	t.Cleanup(func() {
		_ = h.server.Close()
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
		require.Eventually(t, func() bool { return h.relay.Open() == 0 }, wait, time.Millisecond)
		require.Eventually(t, func() bool { return h.started.Load() == h.ended.Load() }, wait, time.Millisecond, "each exchange ends once")
	})
	return h
}

// Begin begins with a request.
func (h *house) Begin(_ context.Context, r *http.Request, spent Exchange) Exchange {
	switch {
	case strings.HasPrefix(r.URL.Path, "/panic"):
		panic("as asked")
	case strings.HasPrefix(r.URL.Path, "/no"):
		return nil
	}
	h.started.Add(1)
	e, again := spent.(*errand)
	switch {
	case !again:
		e = &errand{house: h}
	case !e.ended.Swap(false):
		panic("it is in use")
	default:
		h.reused.Add(1)
	}
	e.r, e.up = r, h.up
	if strings.HasPrefix(r.URL.Path, "/refuse") {
		e.up = nil
	}
	return e
}

// ServeHTTP is the server's handler. It goes on with what was begun.
func (h *house) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.served.Add(1)
	b := BegunOf(r.Context())
	if b == nil {
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s %d %v", r.Method, r.RequestURI, r.Host, len(body), err)
		return
	}
	defer b.Exchange.End()
	h.begun.Store(b)
	if b.Upstream == nil {
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "begun %s %s %d %v", r.Method, r.RequestURI, len(body), err)
		return
	}
	defer b.Upstream.Close()
	defer context.AfterFunc(r.Context(), func() { _ = b.Upstream.Close() })()
	go func() { _, _ = b.Upstream.Write(b.Rest) }()
	res, err := http.ReadResponse(bufio.NewReader(b.Upstream), r)
	for err == nil && res.StatusCode < 200 {
		res, err = http.ReadResponse(bufio.NewReader(b.Upstream), r)
	}
	if err != nil {
		http.Error(w, "broken off", http.StatusBadGateway)
		return
	}
	w.Header().Set("X-By", "server")
	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, res.Body)
}

type errand struct {
	house *house
	r     *http.Request
	up    *Upstream
	ended atomic.Bool
}

func (e *errand) Upstream() *Upstream { return e.up }

func (e *errand) AppendRequest(b []byte) []byte {
	b = fmt.Appendf(b, "%s %s HTTP/1.1\r\nHost: up\r\n", e.r.Method, e.r.RequestURI)
	if e.r.ContentLength > 0 {
		b = fmt.Appendf(b, "Content-Length: %d\r\n", e.r.ContentLength)
	}
	return append(b, "\r\n"...)
}

func (e *errand) AppendAnswer(b []byte, a *Answer) ([]byte, bool) {
	out := fmt.Appendf(b, "HTTP/1.1 %d %s\r\nX-By: relay\r\n", a.Status, http.StatusText(a.Status))
	for _, field := range a.Fields {
		if is(field.Name, "x-no") {
			return b, false
		}
		out = fmt.Appendf(out, "%s: %s\r\n", field.Name, field.Value)
	}
	return append(out, "\r\n"...), true
}

func (e *errand) End() {
	if e.ended.Swap(true) {
		panic("ended twice")
	}
	e.house.ended.Add(1)
}

func (e *errand) Again(r *http.Request) bool {
	if !e.ended.Swap(false) {
		panic("it is in use")
	}
	e.house.started.Add(1)
	e.house.again.Add(1)
	e.r = r
	return true
}

// upstream is what stands behind. It answers with the request's body, or as the test says.
type upstream struct {
	net.Listener
	opened, closed, free atomic.Int64
	mu                   sync.Mutex
	answer               func(c net.Conn, r *http.Request, body []byte) bool // false = the connection ends
}

// Its sockets take little at a time, so that there is a rest to be sent.
func newUpstream(t testing.TB) *upstream {
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 16<<10) })
	}}
	ln, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	u := &upstream{Listener: ln, answer: echo}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			u.opened.Add(1)
			go u.serve(c)
		}
	}()
	t.Cleanup(func() { _ = ln.Close() })
	return u
}

func echo(c net.Conn, _ *http.Request, body []byte) bool {
	_, err := fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	return err == nil
}

func (u *upstream) serve(c net.Conn) {
	defer u.closed.Add(1)
	defer c.Close()
	in := bufio.NewReader(c)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		u.mu.Lock()
		answer := u.answer
		u.mu.Unlock()
		var body []byte
		if !strings.HasPrefix(r.URL.Path, "/early") {
			if body, err = io.ReadAll(r.Body); err != nil {
				return
			}
		}
		if !answer(c, r, body) {
			return
		}
	}
}

// says has the upstream answer with a text, in pieces that follow after a while.
func (u *upstream) says(last bool, pieces ...string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.answer = func(c net.Conn, _ *http.Request, _ []byte) bool {
		for i, p := range pieces {
			if i > 0 {
				time.Sleep(3 * patience)
			}
			if _, err := io.WriteString(c, p); err != nil {
				return false
			}
		}
		return !last
	}
}

// client is one of a test.
type client struct {
	net.Conn
	t testing.TB
	r *bufio.Reader
}

func (h *house) dial() *client {
	h.t.Helper()
	c, err := net.Dial("tcp", h.address)
	require.NoError(h.t, err)
	h.t.Cleanup(func() { _ = c.Close() })
	require.NoError(h.t, c.SetDeadline(time.Now().Add(wait)))
	return &client{c, h.t, bufio.NewReader(c)}
}

func (c *client) send(text string) {
	c.t.Helper()
	_, err := io.WriteString(c, text)
	require.NoError(c.t, err)
}

// answer reads an answer, and returns its status, who gave it, and its body.
func (c *client) answer() (status int, by, body string) {
	c.t.Helper()
	res, err := http.ReadResponse(c.r, nil)
	require.NoError(c.t, err)
	b, err := io.ReadAll(res.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		require.NoError(c.t, err)
	}
	return res.StatusCode, res.Header.Get("X-By"), string(b)
}

// ended waits for the connection to end.
func (c *client) ended() {
	c.t.Helper()
	_, err := c.r.ReadByte()
	require.Error(c.t, err)
	timeout, ok := errors.AsType[net.Error](err)
	require.False(c.t, ok && timeout.Timeout(), "it does not end")
}

func get(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n" }

func post(path, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
}
