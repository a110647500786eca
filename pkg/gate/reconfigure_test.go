package gate

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// options of a gate with these endpoints, on the house.
func (h *house) options(endpoints ...Endpoint) Options {
	g := h.gate(Options{Endpoints: endpoints})
	return g.opts
}

// What runs ends as it began: a download whose endpoint is gone, and a
// WebSocket whose endpoint takes another role now.
func TestReconfigureLetsFinishWhatRuns(t *testing.T) {
	h := newHouse(t)
	more := make(chan string, 1)
	more <- "one "
	download := upstreamAt(t, func(w http.ResponseWriter, _ *http.Request) {
		for part := range more {
			_, _ = io.WriteString(w, part)
			_ = http.NewResponseController(w).Flush()
		}
	})
	talk := webSocketEcho(t)
	s := h.gate(Options{Endpoints: []Endpoint{
		{Name: "download", Path: "/download", Require: apikey.PermissionRead, Upstream: download},
		{Name: "talk", Path: "/talk", Require: apikey.PermissionRead, Upstream: talk},
	}}).Server()
	at, viewer := serve(t, s), h.key(apikey.RoleViewer)
	header := http.Header{"Authorization": {"Bearer " + viewer}}

	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+"/download", nil)
	require.NoError(t, err)
	request.Header = header.Clone()
	res, err := http.DefaultClient.Do(request)
	if err == nil {
		defer res.Body.Close()
	}
	require.NoError(t, err)
	conn, _, err := websocket.Dial(t.Context(), strings.Replace(at, "http", "ws", 1)+"/talk", &websocket.DialOptions{HTTPHeader: header})
	require.NoError(t, err)
	defer conn.CloseNow()

	require.NoError(t, s.Reconfigure(h.options(Endpoint{Name: "talk", Path: "/talk", Require: apikey.PermissionManage, Upstream: talk})))
	require.Equal(t, http.StatusNotFound, ask(t, at+"/download", bearer(viewer)...).StatusCode)
	require.Equal(t, http.StatusForbidden, ask(t, at+"/talk", bearer(viewer)...).StatusCode)

	more <- "two"
	close(more)
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, "one two", string(body))
	require.NoError(t, conn.Write(t.Context(), websocket.MessageText, []byte("still here")))
	_, message, err := conn.Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, "still here", string(message))
}

// Nobody is refused, or let in by the rule of another, while rules change.
func TestReconfigureUnderLoad(t *testing.T) {
	h := newHouse(t)
	up := echoUpstream(t)
	of := func(name string) []Endpoint {
		return []Endpoint{
			{Name: "read", Path: "/read", Require: apikey.PermissionRead, Upstream: up},
			{Name: "manage", Path: "/manage", Require: apikey.PermissionManage, Upstream: up},
			{Name: name, Path: "/" + name, Require: apikey.PermissionRead, Upstream: up},
		}
	}
	s := h.gate(Options{Endpoints: of("x")}).Server()
	at, viewer := serve(t, s), h.key(apikey.RoleViewer)
	var asked atomic.Int64
	enough := make(chan struct{})
	var busy sync.WaitGroup
	for _, c := range []struct {
		path string
		want int
	}{{"/read", 200}, {"/manage", 403}, {"/auth?endpoint=read", 200}, {"/auth?endpoint=manage", 403}} {
		busy.Go(func() {
			for {
				select {
				case <-enough:
					return
				default:
				}
				request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+c.path, nil)
				if err != nil {
					t.Error(err)
					return
				}
				request.Header.Set("Authorization", "Bearer "+viewer)
				res, err := http.DefaultClient.Do(request)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				if res.StatusCode != c.want {
					t.Errorf("%s: %d", c.path, res.StatusCode)
					return
				}
				asked.Add(1)
			}
		})
	}
	for i := range 300 {
		before := asked.Load()
		require.NoError(t, s.Reconfigure(h.options(of([]string{"x", "y"}[i%2])...)))
		for asked.Load() == before && !t.Failed() {
			ask(t, at+"/auth?require=read", bearer(viewer)...)
		}
	}
	close(enough)
	busy.Wait()
}

// A mistake leaves all as it was.
func TestReconfigureWithAMistake(t *testing.T) {
	h := newHouse(t)
	good := Endpoint{Name: "a", Path: "/a", Require: apikey.PermissionRead}
	s := h.gate(Options{Endpoints: []Endpoint{good}}).Server()
	at, viewer := serve(t, s), h.key(apikey.RoleViewer)
	opts := h.options(good)
	opts.Endpoints = []Endpoint{{Name: "a", Path: "/a", Require: apikey.PermissionManage}, {Name: "b", Path: "b", Require: apikey.PermissionRead}}
	wrong := new(ConfigError)
	require.ErrorAs(t, s.Reconfigure(opts), &wrong)
	require.Equal(t, http.StatusOK, ask(t, at+"/auth?endpoint=a", bearer(viewer)...).StatusCode)
}
