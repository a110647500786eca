package gate

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// tight are limits that a test can wait for.
var tight = Limits{Header: 300 * time.Millisecond, Body: 400 * time.Millisecond, Response: 400 * time.Millisecond, Idle: 5 * time.Second}

// silence is longer than all of them.
const silence = time.Second

// tightGate serves a handler behind a gate with tight limits.
func tightGate(t *testing.T, handler http.HandlerFunc) (h *house, address, viewer string) {
	t.Helper()
	h = newHouse(t)
	address = h.open(Options{Limits: tight, Endpoints: []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: upstreamAt(t, handler)}}})
	viewer = h.key(apikey.RoleViewer)
	return h, address, viewer
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetReadDeadline(time.Now().Add(20*time.Second)))
	return c
}

func TestSlowHeaderIsCutOff(t *testing.T) {
	_, gate, _ := tightGate(t, nil)
	c := dial(t, gate)
	began := time.Now()
	_, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: gate\r\nX-Long: ")
	require.NoError(t, err)
	for err == nil && time.Since(began) < 10*time.Second {
		time.Sleep(20 * time.Millisecond)
		_, err = io.WriteString(c, "a")
	}
	require.Error(t, err)
	require.Less(t, time.Since(began), 3*time.Second)
}

func TestLongHeaderIsRefused(t *testing.T) {
	_, gate, _ := tightGate(t, nil)
	res := exchangeRaw(t, gate, "GET / HTTP/1.1\r\nHost: gate\r\nX-Long: "+strings.Repeat("a", 40<<10)+"\r\n\r\n")
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, res.StatusCode)
}

func TestBodyThatStopsArrivingIsCutOff(t *testing.T) {
	cut := make(chan error, 1)
	_, gate, viewer := tightGate(t, func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		cut <- err
	})
	for name, head := range map[string]string{"length": "Content-Length: 100\r\n\r\nhalf", "chunks": "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, gate)
			began := time.Now()
			_, err := fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer %s\r\n%s", viewer, head)
			require.NoError(t, err)
			res, err := http.ReadResponse(bufio.NewReader(c), nil)
			require.NoError(t, err)
			body, err := io.ReadAll(res.Body)
			require.NoError(t, err)
			require.Equal(t, http.StatusRequestTimeout, res.StatusCode)
			require.Contains(t, string(body), `"code":"request_timeout"`)
			require.Less(t, time.Since(began), 3*time.Second)
			require.Error(t, <-cut, "the upstream does not take the half for the whole")
			_, err = c.Read(make([]byte, 1))
			require.ErrorIs(t, err, io.EOF)
		})
	}
}

func TestBodyThatStopsArrivingIsCutOffOverHTTP2(t *testing.T) {
	h, gate, viewer := tightGate(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	transport := transportOf(func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) })
	defer transport.CloseIdleConnections()
	pr, pw := io.Pipe()
	defer pw.Close()
	go io.WriteString(pw, "half")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, gate, pr)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+viewer)
	got := exchangeWith(t, &http.Client{Transport: transport}, req)
	require.Equal(t, http.StatusRequestTimeout, got.StatusCode)
	require.Equal(t, "request_timeout", string(got.problem(t).Code))
	require.Empty(t, h.log.String())
}

// TestUpstreamThatStopsReadingIsNotTheClientsFault lets the upstream break off
// after longer than the limit while the client has more to send.
func TestUpstreamThatStopsReadingIsNotTheClientsFault(t *testing.T) {
	h, gate, viewer := tightGate(t, func(http.ResponseWriter, *http.Request) {
		time.Sleep(silence)
		panic(http.ErrAbortHandler)
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, gate, io.LimitReader(zeros{}, 1<<26))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+viewer)
	res, err := http.DefaultClient.Do(req)
	if err == nil { // or the connection was reset while the client wrote
		require.Equal(t, http.StatusBadGateway, res.StatusCode)
		_ = res.Body.Close()
	}
	require.Contains(t, h.log.String(), "the upstream does not answer")
}

func TestBodyThatKeepsArrivingIsNotCutOff(t *testing.T) {
	_, gate, viewer := tightGate(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	pr, pw := io.Pipe()
	go func() {
		for range 15 {
			time.Sleep(tight.Body / 4)
			_, _ = io.WriteString(pw, "x")
		}
		_ = pw.Close()
	}()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, gate, pr)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+viewer)
	got := exchangeWith(t, http.DefaultClient, req)
	require.Equal(t, 200, got.StatusCode)
	require.Equal(t, strings.Repeat("x", 15), got.body)
}

func TestDeniedClientsBodyIsNotWaitedForLong(t *testing.T) {
	_, gate, _ := tightGate(t, nil)
	for name, c := range map[string]struct {
		head, body string
		most       time.Duration
	}{
		"stops":     {"Content-Length: 1000", "half", 3 * time.Second},
		"too long":  {"Content-Length: 1000000000", "", tight.Body / 2},
		"must wait": {"Content-Length: 1000\r\nExpect: 100-continue", "", tight.Body / 2},
	} {
		t.Run(name, func(t *testing.T) {
			conn := dial(t, gate)
			began := time.Now()
			_, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: gate\r\n"+c.head+"\r\n\r\n"+c.body)
			require.NoError(t, err)
			r := bufio.NewReader(conn)
			res, err := http.ReadResponse(r, nil)
			require.NoError(t, err)
			require.Equal(t, 401, res.StatusCode, "and not 100")
			require.Less(t, time.Since(began), c.most)
			_, err = io.WriteString(conn, "GET /auth HTTP/1.1\r\nHost: gate\r\n\r\n")
			require.NoError(t, err)
			_, _ = io.Copy(io.Discard, res.Body)
			rest, _ := io.ReadAll(r)
			require.Empty(t, rest, "what follows a body that did not come is no request")
		})
	}
}

func TestReaderThatStopsTakingIsCutOff(t *testing.T) {
	ended := make(chan time.Time, 1)
	_, gate, viewer := tightGate(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = w.Write(make([]byte, 1<<20))
		}
		ended <- time.Now()
	})
	began := time.Now()
	_, err := fmt.Fprintf(dial(t, gate), "GET / HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer %s\r\n\r\n", viewer)
	require.NoError(t, err)
	select {
	case at := <-ended:
		require.Less(t, at.Sub(began), 10*time.Second)
	case <-time.After(15 * time.Second):
		t.Fatal("the upstream goes on writing for a client that does not read")
	}
}

// TestSilentStreamLives holds all deadlines against streams in which nobody
// says anything for longer than any of them.
func TestSilentStreamLives(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		switch r.URL.Path {
		case "/poll":
			time.Sleep(silence)
			w.Header().Set("Content-Length", "6")
			_, _ = io.WriteString(w, "answer")
		case "/events":
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, "data: 1\n\n")
			_ = http.NewResponseController(w).Flush()
			select {
			case <-time.After(silence):
				_, _ = io.WriteString(w, "data: 2\n\n")
			case <-r.Context().Done():
			}
		}
	}
	h, gate, viewer := tightGate(t, handler)
	for name, protocol := range map[string]func(*http.Protocols){
		"HTTP/1.1": func(p *http.Protocols) { p.SetHTTP1(true) },
		"h2c":      func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) },
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			for path, want := range map[string]string{"/poll": "answer", "/events": "data: 1\n\ndata: 2\n\n"} {
				t.Run(name+" "+method+path, func(t *testing.T) {
					t.Parallel()
					c := &http.Client{Transport: transportOf(protocol)}
					defer c.CloseIdleConnections()
					var body io.Reader
					if method == http.MethodPost {
						body = strings.NewReader(strings.Repeat("x", 100))
					}
					for _, at := range []string{path, "/auth"} { // on the same connection
						req, err := http.NewRequestWithContext(context.Background(), method, gate+at, body)
						require.NoError(t, err)
						req.Header.Set("Authorization", "Bearer "+viewer)
						got := exchangeWith(t, c, req)
						require.Equal(t, 200, got.StatusCode, "no deadline is left over")
						if at == path {
							require.Equal(t, want, got.body)
						}
						time.Sleep(silence / 2)
						body = nil
					}
				})
			}
		}
	}
	t.Cleanup(func() { require.Empty(t, h.log.String()) })
}

func transportOf(choose func(*http.Protocols)) *http.Transport {
	t := &http.Transport{Protocols: new(http.Protocols)}
	choose(t.Protocols)
	return t
}

func TestClientThatGoesAwayMakesNoNoise(t *testing.T) {
	gone := make(chan struct{}, 1)
	handler := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			_, _ = io.WriteString(w, "some")
			_ = http.NewResponseController(w).Flush()
		}
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		gone <- struct{}{}
	}
	h2 := httptest.NewUnstartedServer(http.HandlerFunc(handler))
	h2.Config.Protocols = new(http.Protocols)
	h2.Config.Protocols.SetUnencryptedHTTP2(true)
	h2.Start()
	t.Cleanup(h2.Close)
	h := newHouse(t)
	gate := h.open(Options{Endpoints: []Endpoint{
		{Name: "one", Path: "/", Require: apikey.PermissionRead, Upstream: upstreamAt(t, handler)},
		{Name: "two", Path: "/two", Require: apikey.PermissionRead, Upstream: mustURL(t, strings.Replace(h2.URL, "http", "h2c", 1))},
	}})
	viewer := h.key(apikey.RoleViewer)
	for name, choose := range map[string]func(*http.Protocols){
		"HTTP/1.1": func(p *http.Protocols) { p.SetHTTP1(true) },
		"h2c":      func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) },
	} {
		for _, path := range []string{"/header", "/body", "/upload", "/two/header", "/two/body", "/two/upload"} {
			t.Run(name+path, func(t *testing.T) {
				transport := transportOf(choose)
				defer transport.CloseIdleConnections()
				ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
				defer cancel()
				var body io.Reader
				if strings.HasSuffix(path, "/upload") {
					pr, pw := io.Pipe()
					context.AfterFunc(ctx, func() { _ = pw.CloseWithError(context.Cause(ctx)) }) // which Go's client waits for
					go io.WriteString(pw, "half")
					body = pr
				}
				req, err := http.NewRequestWithContext(ctx, http.MethodPost, gate+path, body)
				require.NoError(t, err)
				req.Header.Set("Authorization", "Bearer "+viewer)
				res, err := (&http.Client{Transport: transport}).Do(req)
				if err == nil {
					_, err = io.Copy(io.Discard, res.Body)
					_ = res.Body.Close()
				}
				require.ErrorIs(t, err, context.DeadlineExceeded)
				select {
				case <-gone:
				case <-time.After(10 * time.Second):
					t.Fatal("the upstream was not told that the client went away")
				}
			})
		}
	}
	time.Sleep(100 * time.Millisecond)
	require.Empty(t, h.log.String())
}
