package gate

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/netip"
	"net/textproto"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/verify"
)

// open1 serves one endpoint, /, on an upstream and returns the address and a
// key that may read there.
func open1(t *testing.T, upstream *url.URL) (h *house, gate, viewer string) {
	t.Helper()
	h = newHouse(t)
	gate = h.open(Options{Endpoints: []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: upstream, Query: "key"}}})
	viewer = h.key(apikey.RoleViewer)
	return h, gate, viewer
}

// webSocketEcho says over WebSockets what it hears, if a Viewer was let in and nothing of the key is left.
func webSocketEcho(t testing.TB) *url.URL { return upstreamAt(t, echoWebSocket) }

func echoWebSocket(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Ostiary-Role") != "Viewer" || r.Header.Get("Authorization") != "" || r.URL.RawQuery != "" {
		http.Error(w, "not let in properly", http.StatusTeapot)
		return
	}
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"echo"}})
	if err != nil {
		return
	}
	c.SetReadLimit(-1)
	for {
		kind, message, err := c.Read(r.Context())
		if err != nil {
			return
		}
		_ = c.Write(r.Context(), kind, message)
	}
}

func TestWebSocket(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.serve("upstream", echoWebSocket)
		dial := func(path string, header http.Header) (*websocket.Conn, *http.Response, error) {
			return websocket.Dial(t.Context(), b.gate+path, &websocket.DialOptions{
				HTTPClient: b.client(t, nil), HTTPHeader: header, Subprotocols: []string{"echo"},
			})
		}
		for path, header := range map[string]http.Header{
			"/ws":                 {"Authorization": {"Bearer " + b.viewer}, "X-Ostiary-Role": {"Admin"}},
			"/ws?key=" + b.viewer: nil, // a browser can set no header
		} {
			conn, _, err := dial(path, header)
			require.NoError(t, err)
			conn.SetReadLimit(-1)
			require.Equal(t, "echo", conn.Subprotocol())
			for _, message := range []string{"hello", strings.Repeat("long ", 100_000), ""} {
				require.NoError(t, conn.Write(t.Context(), websocket.MessageText, []byte(message)))
				_, got, err := conn.Read(t.Context())
				require.NoError(t, err)
				require.Equal(t, message, string(got))
				time.Sleep(silence)
			}
			require.NoError(t, conn.Close(websocket.StatusNormalClosure, "done"))
		}
		_, res, err := dial("/ws", nil)
		require.Error(t, err)
		require.Equal(t, 401, res.StatusCode)
		require.NotContains(t, b.log.String(), b.viewer[17:])
	})
}

// TestNoOtherProtocolIsSwitchedTo keeps a client from a connection to the
// upstream on which it could send what nobody judges.
func TestNoOtherProtocolIsSwitchedTo(t *testing.T) {
	_, gate, viewer := open1(t, upstreamAt(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" || r.Header.Get("Http2-Settings") != "" {
			w.WriteHeader(http.StatusSwitchingProtocols)
		}
	}))
	for _, upgrade := range []string{"h2c", "websocket, h2c", "TLS/1.0"} {
		res := exchangeRaw(t, gate, "GET / HTTP/1.1\r\nHost: gate\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: "+upgrade+"\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nAuthorization: Bearer "+viewer+"\r\n\r\n")
		require.Equal(t, 200, res.StatusCode)
	}
}

func TestEventsArriveOneByOne(t *testing.T) {
	next := make(chan string)
	_, gate, viewer := open1(t, upstreamAt(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/sized" {
			w.Header().Set("Content-Length", "10") // streams may well say how long they are
		}
		_ = http.NewResponseController(w).Flush()
		for range 5 {
			select {
			case event := <-next:
				_, _ = io.WriteString(w, event)
				_ = http.NewResponseController(w).Flush()
			case <-r.Context().Done():
				return
			}
		}
	}))
	for _, path := range []string{"/events", "/sized"} {
		t.Run(path, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, gate+path, nil)
			require.NoError(t, err)
			req.Header.Set("Authorization", "Bearer "+viewer)
			res, err := http.DefaultClient.Do(req)
			require.NoError(t, err, "the header comes before any event")
			defer res.Body.Close()
			for range 5 {
				next <- "ab"
				got := make([]byte, 2)
				_, err = io.ReadFull(res.Body, got)
				require.NoError(t, err)
				require.Equal(t, "ab", string(got))
			}
		})
	}
}

func TestTrailersPassBothWays(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-Announced")
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(body)
		w.Header().Set("X-Announced", r.Trailer.Get("X-Sum"))
		w.Header().Set(http.TrailerPrefix+"X-Surprise", "too")
	}
	h2 := httptest.NewUnstartedServer(http.HandlerFunc(handler))
	h2.Config.Protocols = new(http.Protocols)
	h2.Config.Protocols.SetUnencryptedHTTP2(true)
	h2.Start()
	t.Cleanup(h2.Close)
	for name, up := range map[string]*url.URL{"HTTP/1.1": upstreamAt(t, handler), "h2c": mustURL(t, strings.Replace(h2.URL, "http", "h2c", 1))} {
		for client, choose := range map[string]func(*http.Protocols){
			"HTTP/1.1": func(p *http.Protocols) { p.SetHTTP1(true) },
			"h2c":      func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) },
		} {
			t.Run(client+" to "+name, func(t *testing.T) {
				_, gate, viewer := open1(t, up)
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, gate, io.NopCloser(strings.NewReader("body")))
				require.NoError(t, err)
				req.Header.Set("Authorization", "Bearer "+viewer)
				req.Trailer = http.Header{"X-Sum": {"42"}}
				transport := transportOf(choose)
				defer transport.CloseIdleConnections()
				got := exchangeWith(t, &http.Client{Transport: transport}, req)
				require.Equal(t, "body", got.body)
				require.Equal(t, http.Header{"X-Announced": {"42"}, "X-Surprise": {"too"}}, got.Trailer)
			})
		}
	}
}

// TestTrailersCarryNothingThatAHeaderMayNot sends as trailers what is removed
// from headers, announced and not.
func TestTrailersCarryNothingThatAHeaderMayNot(t *testing.T) {
	got := make(chan http.Header, 1)
	handler := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		got <- r.Trailer
	}
	h2 := httptest.NewUnstartedServer(http.HandlerFunc(handler))
	h2.Config.Protocols = new(http.Protocols)
	h2.Config.Protocols.SetUnencryptedHTTP2(true)
	h2.Start()
	t.Cleanup(h2.Close)
	h := newHouse(t)
	viewer := h.key(apikey.RoleViewer)
	for name, up := range map[string]*url.URL{"HTTP/1.1": upstreamAt(t, handler), "h2c": mustURL(t, strings.Replace(h2.URL, "http", "h2c", 1))} {
		gate := h.gate(Options{
			TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
			Endpoints:      []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: up}},
		}).Server()
		plain := serve(t, gate)
		secureGate := h.gate(Options{Endpoints: []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: up}}}).Server()
		_, _, config := servertest.Certificate(t)
		secureGate.TLSConfig = config
		secure := serve(t, secureGate)
		for client, c := range map[string]struct {
			address string
			choose  func(*http.Protocols)
		}{
			"HTTP/1.1":        {plain, func(p *http.Protocols) { p.SetHTTP1(true) }},
			"h2c":             {plain, func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }},
			"HTTP/2 over TLS": {secure, func(p *http.Protocols) { p.SetHTTP2(true) }},
		} {
			t.Run(client+" to "+name, func(t *testing.T) {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.address, io.NopCloser(strings.NewReader("body")))
				require.NoError(t, err)
				req.Header.Set("Authorization", "Bearer "+viewer)
				req.Trailer = http.Header{
					"X-Sum": {"42"}, "Authorization": {"Bearer " + viewer}, "X-Api-Key": {viewer}, "X-Note": {"a key: " + viewer}, "X-Jwt-Assertion": {"e.y.J"},
					"X-Http-Method-Override": {"DELETE"},
				}
				for _, forged := range verify.ForgedHeaders() {
					req.Trailer[http.CanonicalHeaderKey(forged)] = []string{"forged"}
					req.Trailer[http.CanonicalHeaderKey(strings.ReplaceAll(forged, "-", "_"))] = []string{"forged"}
				}
				transport := transportOf(c.choose)
				transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
				defer transport.CloseIdleConnections()
				if client != "HTTP/1.1" {
					delete(req.Trailer, "Authorization") // which servers of HTTP/2 refuse
				}
				require.Equal(t, http.StatusOK, exchangeWith(t, &http.Client{Transport: transport}, req).StatusCode)
				passed := <-got
				maps.DeleteFunc(passed, func(_ string, values []string) bool { return len(values) == 0 })
				require.Equal(t, http.Header{"X-Sum": {"42"}}, passed)
			})
		}
		t.Run("not announced, to "+name, func(t *testing.T) {
			res := exchangeRaw(t, plain, wireText("POST / HTTP/1.1", "Host: gate", "Authorization: Bearer "+viewer, "Trailer: X-Sum", "Transfer-Encoding: chunked")+
				"4\r\nbody\r\n0\r\nX-Sum: 42\r\nX-Ostiary-Role: Admin\r\nAuthorization: Bearer "+viewer+"\r\nX_Forwarded_For: ::1\r\nForwarded: for=x\r\n\r\n")
			require.Equal(t, http.StatusOK, res.StatusCode)
			require.Equal(t, http.Header{"X-Sum": {"42"}}, <-got)
		})
	}
}

func TestPreliminaryAnswersPass(t *testing.T) {
	_, gate, viewer := open1(t, upstreamAt(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>")
		w.WriteHeader(http.StatusEarlyHints)
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(body)
	}))
	var codes []int
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
			codes = append(codes, code)
			if code == http.StatusEarlyHints && h.Get("Link") != "</style.css>" {
				return errors.New("no link")
			}
			return nil
		},
	}), http.MethodPost, gate, strings.NewReader("body"))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+viewer)
	req.Header.Set("Expect", "100-continue")
	c := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Hour}} // it does not go on unasked
	defer c.CloseIdleConnections()
	got := exchangeWith(t, c, req)
	require.Equal(t, 200, got.StatusCode)
	require.Equal(t, "body", got.body)
	require.ElementsMatch(t, []int{100, 103}, codes)
}

func TestUpstreamOverTLS(t *testing.T) {
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			up := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = fmt.Fprint(w, r.ProtoMajor, " ", r.Header.Get("X-Forwarded-Proto"))
			}))
			up.EnableHTTP2 = http2
			up.StartTLS()
			defer up.Close()
			h := newHouse(t)
			trust := up.Client().Transport.(*http.Transport).TLSClientConfig
			g := h.gate(Options{
				UpstreamTLS: &tls.Config{RootCAs: trust.RootCAs, MinVersion: tls.VersionTLS12},
				Endpoints:   []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: mustURL(t, up.URL)}},
			}).Server()
			g.TLSConfig = &tls.Config{Certificates: up.TLS.Certificates, MinVersion: tls.VersionTLS12}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, serve(t, g), nil)
			require.NoError(t, err)
			req.Header.Set("Authorization", "Bearer "+h.key(apikey.RoleViewer))
			c := &http.Client{Transport: &http.Transport{TLSClientConfig: trust.Clone(), ForceAttemptHTTP2: true}}
			defer c.CloseIdleConnections()
			got := exchangeWith(t, c, req)
			require.Equal(t, 2, got.ProtoMajor)
			require.Equal(t, map[bool]string{true: "2 https", false: "1 https"}[http2], got.body)
		})
	}
}

// TestLargeBodiesAreNotHeld sends a gibibyte up and a quarter of one down, and
// watches the memory of the gate, the client and the upstream together.
func TestLargeBodiesAreNotHeld(t *testing.T) {
	const up, down = 1 << 30, 1 << 28
	_, gate, viewer := open1(t, upstreamAt(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		w.Header().Set("X-Got", strconv.FormatInt(n, 10))
		_, _ = io.Copy(w, io.LimitReader(zeros{}, down))
	}))
	runtime.GC()
	peak := watchMemory(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, gate, io.LimitReader(zeros{}, up))
	require.NoError(t, err)
	req.ContentLength = up
	req.Header.Set("Authorization", "Bearer "+viewer)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, strconv.Itoa(up), res.Header.Get("X-Got"))
	n, err := io.Copy(io.Discard, res.Body)
	require.NoError(t, err)
	require.EqualValues(t, down, n)
	most := peak()
	t.Logf("at most %d KiB of heap more", most>>10)
	require.Less(t, most, int64(32<<20))
}

// zeros are as many as one likes.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// watchMemory samples the heap until peak is called, which returns by how
// much it grew at most.
func watchMemory(t *testing.T) (peak func() int64) {
	t.Helper()
	heap := func() int64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapInuse)
	}
	before := heap()
	var most atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			most.Store(max(most.Load(), heap()-before))
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() int64 {
		close(stop)
		<-stopped
		return most.Load()
	}
}

// TestUploadIsPassedOnWhileItArrives holds the gate to streaming requests.
func TestUploadIsPassedOnWhileItArrives(t *testing.T) {
	lines := make(chan string)
	_, gate, viewer := open1(t, upstreamAt(t, func(_ http.ResponseWriter, r *http.Request) {
		for s := bufio.NewScanner(r.Body); s.Scan(); {
			lines <- s.Text()
		}
	}))
	pr, pw := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, gate, pr)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+viewer)
	done := make(chan int, 1)
	go func() {
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			done <- 0
			return
		}
		_ = res.Body.Close()
		done <- res.StatusCode
	}()
	for i := range 5 {
		_, err := fmt.Fprintln(pw, i)
		require.NoError(t, err)
		require.Equal(t, strconv.Itoa(i), <-lines)
	}
	require.NoError(t, pw.Close())
	require.Equal(t, 200, <-done)
}

func TestCompressedBodiesPassAsTheyAre(t *testing.T) {
	packed := []byte{0x1f, 0x8b, 8, 0, 1, 2, 3}
	_, gate, viewer := open1(t, upstreamAt(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "br" {
			w.WriteHeader(http.StatusTeapot)
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed)
	}))
	got := ask(t, gate, append(bearer(viewer), "Accept-Encoding", "br")...)
	require.Equal(t, 200, got.StatusCode)
	require.Equal(t, "gzip", got.Header.Get("Content-Encoding"))
	require.True(t, bytes.Equal(packed, []byte(got.body)))
}
