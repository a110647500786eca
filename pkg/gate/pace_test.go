package gate

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// protocols are what clients speak to the gate.
var protocols = map[string]func(*http.Protocols){
	"HTTP/1.1": func(p *http.Protocols) { p.SetHTTP1(true) },
	"h2c":      func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) },
}

func transportOf(choose func(*http.Protocols)) *http.Transport {
	t := &http.Transport{Protocols: new(http.Protocols)}
	choose(t.Protocols)
	return t
}

func TestSlowHeaderIsCutOff(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		c, began := b.dial(t), time.Now()
		_, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: gate\r\nX-Long: ")
		require.NoError(t, err)
		for err == nil {
			time.Sleep(time.Second)
			_, err = io.WriteString(c, "a")
		}
		require.LessOrEqual(t, time.Since(began), b.limits.Header+time.Second)
	})
}

func TestLongHeaderIsRefused(t *testing.T) {
	h := newHouse(t)
	res := exchangeRaw(t, h.open(Options{}), "GET / HTTP/1.1\r\nHost: gate\r\nX-Long: "+strings.Repeat("a", 40<<10)+"\r\n\r\n")
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, res.StatusCode)
}

func TestBodyThatStopsArrivingIsCutOff(t *testing.T) {
	for name, head := range map[string]string{
		"length": "Content-Length: 100\r\n\r\nhalf",
		"chunks": "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				cut := make(chan error, 1)
				b.serve("upstream", func(_ http.ResponseWriter, r *http.Request) {
					_, err := io.Copy(io.Discard, r.Body)
					cut <- err
				})
				c, began := b.dial(t), time.Now()
				_, err := fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer %s\r\n%s", b.viewer, head)
				require.NoError(t, err)
				res, err := http.ReadResponse(bufio.NewReader(c), nil)
				require.NoError(t, err)
				body, err := io.ReadAll(res.Body)
				require.NoError(t, err)
				require.Equal(t, http.StatusRequestTimeout, res.StatusCode)
				require.Contains(t, string(body), `"code":"request_timeout"`)
				require.Equal(t, b.limits.Body, time.Since(began))
				require.Error(t, <-cut, "the upstream does not take the half for the whole")
				_, err = c.Read(make([]byte, 1))
				require.ErrorIs(t, err, io.EOF)
			})
		})
	}
}

func TestBodyThatStopsArrivingIsCutOffOverHTTP2(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.serve("upstream", func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
		pr, pw := io.Pipe()
		defer pw.Close()
		go io.WriteString(pw, "half")
		got := exchangeWith(t, b.client(t, protocols["h2c"]), b.request(t, http.MethodPost, "/", pr))
		require.Equal(t, http.StatusRequestTimeout, got.StatusCode)
		require.Equal(t, "request_timeout", string(got.problem(t).Code))
		require.Empty(t, b.log.String())
	})
}

// The upstream breaks off after longer than the limit while the client has more to send.
func TestUpstreamThatStopsReadingIsNotTheClientsFault(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.serve("upstream", func(http.ResponseWriter, *http.Request) {
			time.Sleep(silence)
			panic(http.ErrAbortHandler)
		})
		res, err := b.client(t, nil).Do(b.request(t, http.MethodPost, "/", io.LimitReader(zeros{}, 1<<26)))
		if err == nil { // or the connection was reset while the client wrote
			require.Equal(t, http.StatusBadGateway, res.StatusCode)
			_ = res.Body.Close()
		}
		require.Contains(t, b.log.String(), "the upstream does not answer")
	})
}

func TestBodyThatKeepsArrivingIsNotCutOff(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.serve("upstream", func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
		pr, pw := io.Pipe()
		go func() {
			for range 100 {
				time.Sleep(b.limits.Body * 7 / 10)
				_, _ = io.WriteString(pw, "x")
			}
			_ = pw.Close()
		}()
		got := exchangeWith(t, b.client(t, nil), b.request(t, http.MethodPost, "/", pr))
		require.Equal(t, 200, got.StatusCode)
		require.Equal(t, strings.Repeat("x", 100), got.body)
	})
}

func TestDeniedClientsBodyIsNotWaitedForLong(t *testing.T) {
	for name, c := range map[string]struct {
		head, body string
		waits      bool
	}{
		"stops":     {"Content-Length: 1000", "half", true},
		"too long":  {"Content-Length: 1000000000", "", false},
		"must wait": {"Content-Length: 1000\r\nExpect: 100-continue", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				conn, began := b.dial(t), time.Now()
				_, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: gate\r\n"+c.head+"\r\n\r\n"+c.body)
				require.NoError(t, err)
				r := bufio.NewReader(conn)
				res, err := http.ReadResponse(r, nil)
				require.NoError(t, err)
				require.Equal(t, 401, res.StatusCode, "and not 100")
				if c.waits {
					require.LessOrEqual(t, time.Since(began), b.limits.Body)
				} else {
					require.Zero(t, time.Since(began))
				}
				_, _ = io.WriteString(conn, "GET /auth HTTP/1.1\r\nHost: gate\r\n\r\n")
				_, _ = io.Copy(io.Discard, res.Body)
				rest, _ := io.ReadAll(r)
				require.Empty(t, rest, "what follows a body that did not come is no request")
			})
		})
	}
}

// A real connection, because a goroutine that waits for a lock stops the clock of a bubble.
func TestReaderThatStopsTakingIsCutOff(t *testing.T) {
	ended := make(chan struct{})
	upstream := upstreamAt(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = w.Write(make([]byte, 1<<20))
		}
		close(ended)
	})
	h := newHouse(t)
	gate := h.open(Options{
		Limits:    Limits{Response: 100 * time.Millisecond},
		Endpoints: []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: upstream}},
	})
	c, err := net.Dial("tcp", strings.TrimPrefix(gate, "http://"))
	require.NoError(t, err)
	defer c.Close()
	_, err = fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer %s\r\n\r\n", h.key(apikey.RoleViewer))
	require.NoError(t, err)
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("the upstream goes on writing for a client that does not read")
	}
}

// All deadlines are held against streams in which nobody says anything for longer than any of them.
func TestSilentStreamLives(t *testing.T) {
	upstream := func(w http.ResponseWriter, r *http.Request) {
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
	for name, protocol := range protocols {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			for path, want := range map[string]string{"/poll": "answer", "/events": "data: 1\n\ndata: 2\n\n"} {
				t.Run(name+" "+method+path, func(t *testing.T) {
					inBubble(t, func(t *testing.T, b *bubble) {
						b.serve("upstream", upstream)
						c := b.client(t, protocol)
						var body io.Reader
						if method == http.MethodPost {
							body = strings.NewReader(strings.Repeat("x", 100))
						}
						for _, at := range []string{path, "/auth"} { // on the same connection
							got := exchangeWith(t, c, b.request(t, method, at, body))
							require.Equal(t, 200, got.StatusCode, "no deadline is left over")
							if at == path {
								require.Equal(t, want, got.body)
							}
							time.Sleep(b.limits.Idle / 2)
							body = nil
						}
						require.Empty(t, b.log.String())
					})
				})
			}
		}
	}
}

func TestClientThatGoesAwayMakesNoNoise(t *testing.T) {
	for name, choose := range protocols {
		for _, path := range []string{"/header", "/body", "/upload", "/two/header", "/two/body", "/two/upload"} {
			t.Run(name+path, func(t *testing.T) {
				inBubble(t, func(t *testing.T, b *bubble) { goAway(t, b, choose, path) })
			})
		}
	}
}

// goAway lets a client leave while it waits for an answer or sends a body. The upstream learns of it, and the log is
// silent.
func goAway(t *testing.T, b *bubble, choose func(*http.Protocols), path string) {
	gone := make(chan struct{}, 1)
	b.serve("upstream", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/body") {
			_, _ = io.WriteString(w, "some")
			_ = http.NewResponseController(w).Flush()
		}
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		gone <- struct{}{}
	})
	b.open(Options{Endpoints: []Endpoint{
		{Name: "one", Path: "/", Require: apikey.PermissionRead, Upstream: mustURL(t, "http://upstream")},
		{Name: "two", Path: "/two", Require: apikey.PermissionRead, Upstream: mustURL(t, "h2c://upstream")},
	}})
	ctx, leave := context.WithCancel(t.Context())
	time.AfterFunc(time.Second, leave)
	var body io.Reader
	if strings.HasSuffix(path, "/upload") {
		pr, pw := io.Pipe()
		context.AfterFunc(ctx, func() { _ = pw.CloseWithError(context.Cause(ctx)) }) // which Go's client waits for
		go io.WriteString(pw, "half")
		body = pr
	}
	res, err := b.client(t, choose).Do(b.request(t, http.MethodPost, path, body).WithContext(ctx))
	if err == nil {
		_, err = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
	require.ErrorIs(t, err, context.Canceled)
	<-gone
	synctest.Wait()
	require.Empty(t, b.log.String())
}
