package gate

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// An answer that the relay gives is to the byte the one that net/http's server gives, and the relay keeps the
// connection.
func TestAnErrandsAnswerIsTheServersToTheByte(t *testing.T) {
	w := newTwins(t)
	const date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	for name, answer := range map[string]string{
		"typed":     "HTTP/1.1 200 OK\r\n" + date + "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello",
		"untyped":   "HTTP/1.1 200 OK\r\n" + date + "Content-Length: 14\r\n\r\n<html><script>",
		"nothing":   "HTTP/1.1 200 OK\r\n" + date + "Content-Length: 0\r\n\r\n",
		"204":       "HTTP/1.1 204 No Content\r\n" + date + "\r\n",
		"204 and 0": "HTTP/1.1 204 Whatever\r\n" + date + "Content-Length: 0\r\n\r\n",
		"202":       "HTTP/1.1 202\r\n" + date + "Content-Length: 2\r\nContent-Type: a/b\r\n\r\nhi",
		"404":       "HTTP/1.1 404 Not Found\r\n" + date + "Content-Length: 2\r\nContent-Type: a/b\r\n\r\nno",
		"429":       "HTTP/1.1 429 Mine\r\n" + date + "Content-Length: 2\r\nContent-Type: a/b\r\nRetry-After: 3\r\n\r\nno",
		"503":       "HTTP/1.1 503 Service Unavailable\r\n" + date + "Content-Length: 0\r\nRetry-After: 3\r\n\r\n",
		"304":       "HTTP/1.1 304 Not Modified\r\n" + date + "Content-Length: 2\r\nEtag: \"a\"\r\n\r\n",
		"401":       "HTTP/1.1 401 Unauthorized\r\n" + date + "Content-Length: 2\r\nContent-Type: a/b\r\n\r\nno",
		"fields":    "HTTP/1.1 200 OK\r\n" + date + "z: 1\r\nA:  2 \r\nz: 3\r\nSet-Cookie: a=b\r\nSet-Cookie: c\r\nx_y:\r\nContent-Length: 0\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\n",
		"packed":    "HTTP/1.1 200 OK\r\n" + date + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhi",
		"large":     "HTTP/1.1 200 OK\r\n" + date + "Content-Type: a/b\r\nContent-Length: 50000\r\n\r\n" + strings.Repeat("x", 50_000),
	} {
		for _, request := range []string{"plain", "POST", "POST, nothing", "header repeated"} {
			text := strings.ReplaceAll(requestTable[request], "$KEY", w.key)
			direct, served := rawAnswer(t, &w.direct, text, answer), rawAnswer(t, &w.served, text, answer)
			require.Equal(t, served, direct, "%s: %s", request, name)
		}
	}
}

// rawAnswer returns an answer as it comes, which must end within what the script says and a header's difference.
func rawAnswer(t *testing.T, w *twin, request, answer string) string {
	t.Helper()
	c := w.ask(t, request, answer, false)
	defer c.Close()
	var raw strings.Builder
	res, err := http.ReadResponse(bufio.NewReader(io.TeeReader(c, &raw)), nil)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, res.Body)
	require.NoError(t, err)
	return raw.String()
}

// What an upstream says behind an answer that the server finishes reaches nobody, however much it is.
func TestWhatFollowsAnAnswerThatTheRelayHasReadReachesNobody(t *testing.T) {
	w := newTwins(t)
	const poison = "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 6\r\n\r\npoison"
	for _, size := range []int{100, wireBuffer - 1, wireBuffer, wireBuffer + 1, 3 * wireBuffer} {
		const head = "HTTP/1.1 404 Not Found\r\nContent-Length: %06d\r\n\r\n"
		body := max(0, size-len(fmt.Sprintf(head, 0)))
		answer := fmt.Sprintf(head, body) + strings.Repeat("a", body)
		text := strings.ReplaceAll(requestTable["plain"], "$KEY", w.key)
		got := w.direct.exchange(t, text, answer+strings.Repeat(poison, 200), false)
		require.Equal(t, 404, got.Status)
		for range 5 {
			got = w.direct.exchange(t, text, answerTable["typed"].raw, false)
			require.Equal(t, "hello", got.Body, size)
		}
	}
}

// A slot of a key comes back however its errand ends.
func TestErrandsGiveBackTheirSlots(t *testing.T) {
	hangs := make(chan struct{})
	h := newHouse(t)
	up := upstreamAt(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/stream":
			_ = http.NewResponseController(w).Flush()
		case "/panic":
			panic(http.ErrAbortHandler)
		case "/hang":
			hangs <- struct{}{}
			<-r.Context().Done()
		case "/missing":
			w.WriteHeader(http.StatusNotFound)
		}
	})
	gate := h.open(Options{Endpoints: []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: up}}})
	key := h.key(apikey.RoleViewer, func(n *apikey.NewKey) { n.Limits = apikey.Limits{Concurrent: 1} })
	for range 3 {
		for path, status := range map[string]int{"/": 200, "/stream": 200, "/panic": 502, "/missing": 404} {
			for range 3 { // on a connection that is kept
				require.Eventually(t, func() bool { return ask(t, gate+path, bearer(key)...).StatusCode == status }, patience, time.Millisecond, path)
			}
		}
		c, err := net.Dial("tcp", strings.TrimPrefix(gate, "http://"))
		require.NoError(t, err)
		_, err = io.WriteString(c, wireText("GET /hang HTTP/1.1", "Host: gate", "Authorization: Bearer "+key))
		require.NoError(t, err)
		<-hangs // before something else takes the slot
		require.Equal(t, http.StatusTooManyRequests, ask(t, gate+"/", bearer(key)...).StatusCode)
		require.NoError(t, c.Close())
		require.Eventually(t, func() bool { return ask(t, gate+"/", bearer(key)...).StatusCode == http.StatusOK }, patience, time.Millisecond)
	}
}

// The memory of an errand is used again for others. None learns anything of another, however they end.
func TestErrandsThatAreUsedAgainAreTheirClientsAlone(t *testing.T) {
	h := newHouse(t)
	up := upstreamAt(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/refused":
			w.WriteHeader(http.StatusUnauthorized) // the server goes on
		case "/stream":
			_ = http.NewResponseController(w).Flush()
		case "/late":
			time.Sleep(time.Millisecond)
		case "/gone":
			panic(http.ErrAbortHandler)
		}
		fmt.Fprintf(w, "%s for %s of %s", r.URL, r.Header.Get("X-Ostiary-Key-Id"), r.Header.Get("X-Scope-OrgID"))
	})
	gate := h.open(Options{Endpoints: []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: up,
		Tenant: Tenant{Header: "X-Scope-OrgID"}}}})
	for client := range 12 {
		tenant := fmt.Sprintf("tenant-%d", client)
		issued := h.issue(apikey.RoleViewer, of(tenant))
		t.Run(tenant, func(t *testing.T) {
			t.Parallel()
			for i := range 60 {
				path := []string{"/at-once", "/late", "/refused", "/stream", "/gone"}[(client+i)%5]
				address := fmt.Sprintf("%s?n=%d", path, i)
				res := send(t, http.MethodGet, gate+address, "", bearer(issued.Token)...)
				if path == "/gone" {
					require.Equal(t, http.StatusBadGateway, res.StatusCode)
					continue
				}
				require.Equal(t, fmt.Sprintf("%s for %s of %s", address, issued.Key.ID, tenant), res.body)
			}
		})
	}
}

// Bytes of errands count.
func TestBytesOfErrandsCount(t *testing.T) {
	h, gate, _ := open1(t, echoUpstream(t))
	key := h.key(apikey.RoleViewer, func(n *apikey.NewKey) { n.Limits = apikey.Limits{BytesPerDay: 100} })
	require.Equal(t, 200, send(t, http.MethodPost, gate+"/", strings.Repeat("a", 60), bearer(key)...).StatusCode)
	require.Equal(t, 200, send(t, http.MethodGet, gate+"/", "", bearer(key)...).StatusCode)
	require.Equal(t, 200, send(t, http.MethodPost, gate+"/", strings.Repeat("a", 40), bearer(key)...).StatusCode)
	got := send(t, http.MethodPost, gate+"/", strings.Repeat("a", 60), bearer(key)...)
	require.Equal(t, 429, got.StatusCode)
	require.Equal(t, "limited", got.Header.Get("X-Ostiary-Code"))
}

// The relay does not take what may take time to decide, or what is passed on in another way.
func TestWhatIsNoErrand(t *testing.T) {
	h := newHouse(t)
	up := mustURL(t, "http://127.0.0.1:1")
	endpoints := []Endpoint{
		{Name: "plain", Path: "/plain", Require: apikey.PermissionRead, Upstream: up},
		{Name: "label", Path: "/label", Require: apikey.PermissionRead, Upstream: up, Tenant: Tenant{Label: "tenant"}},
		{Name: "password", Path: "/password", Require: apikey.PermissionRead, Upstream: up,
			BasicUntilFirstKey: &BasicAuth{Username: "prom", Password: "before-the-first-key"}},
		{Name: "secure", Path: "/secure", Require: apikey.PermissionRead, Upstream: mustURL(t, "https://127.0.0.1:1")},
		{Name: "h2c", Path: "/h2c", Require: apikey.PermissionRead, Upstream: mustURL(t, "h2c://127.0.0.1:1")},
		{Name: "auth", Path: "/only", Require: apikey.PermissionRead},
	}
	s := h.gate(Options{Endpoints: endpoints}).Server()
	key := h.key(apikey.RoleAdmin, of("a"))
	begins := func(s *Server, method, path, token string, header ...string) bool {
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		e := s.Begin(r.Context(), r, nil)
		if e != nil {
			e.End()
		}
		return e != nil
	}
	before := h.uses.count()
	for _, path := range []string{
		"/label/api/v1/query?query=up", "/password", "/secure", "/h2c", "/only", "/nowhere", "/auth",
		"/envoy.service.auth.v3.Authorization/Check",
	} {
		require.False(t, begins(s, http.MethodGet, path, key), path)
	}
	for _, method := range []string{http.MethodHead, http.MethodTrace, http.MethodOptions, http.MethodConnect, "PROPFIND"} {
		require.False(t, begins(s, method, "/plain", key), method)
	}
	require.False(t, begins(s, http.MethodGet, "/plain", "glsa_of_another_system"), "its hash may be a slow one")
	require.False(t, begins(s, http.MethodGet, "/plain", ""))
	require.False(t, begins(s, http.MethodGet, "/plain", key, "X-API-Key", "another"), "ambiguous")
	traced := h.gate(Options{Endpoints: endpoints, Tracer: noop.NewTracerProvider().Tracer("")}).Server()
	require.False(t, begins(traced, http.MethodGet, "/plain", key), "spans are the server's")
	s.gate.Load().connections.ending.Store(true)
	require.False(t, begins(s, http.MethodGet, "/plain", key))
	s.gate.Load().connections.ending.Store(false)
	require.Equal(t, before, h.uses.count(), "nothing was decided")
	require.True(t, begins(s, http.MethodGet, "/plain", key))
	require.Equal(t, before+1, h.uses.count())
}
