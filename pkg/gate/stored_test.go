package gate

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/upstreams"
)

func allowed(t testing.TB, entries ...string) upstreams.Allowed {
	t.Helper()
	a, err := upstreams.Parse(entries)
	require.NoError(t, err)
	return a
}

// others have paths that nobody else gets.
var others = Options{Endpoints: []Endpoint{
	{Name: "file", Path: "/loki", Require: apikey.PermissionRead},
	{Name: "exact", Path: "/just/{$}", Require: apikey.PermissionRead},
	{Name: "program", Kind: "prometheus"},
	{Name: "named", Path: "/api/{id}/push", Require: apikey.PermissionRead},
	{Name: "second", Path: "/second", Require: apikey.PermissionRead, Stored: true, OrgID: 2},
	{Name: "first", Path: "/first", Require: apikey.PermissionRead, Stored: true, OrgID: 1},
	{Name: "tempo", Path: "/tempo", Kind: "tempo", Stored: true, OrgID: 2},
}}

func newcomer(path string) *Endpoint {
	return &Endpoint{Name: "new", Path: path, Require: apikey.PermissionRead, Stored: true, OrgID: 1}
}

func TestPathsThatOthersHold(t *testing.T) {
	h := NewHeld(&others)
	for path, of := range map[string]string{
		"/loki": "file", "/loki/a": "file", "/loki/{$}": "file", "/LOKI": "file", "/loki.": "file", "/loki /x": "file", "/ｌoki/x": "file", "/{any}": "file",
		"/{any}/a": "file", "/": "file", "/just": "file", "/just/{$}": "file", "/api/a/push": "file", "/api/a/push/deep": "file", "/api": "file",
		"/api/{other}": "file", "/api/v1/query": "file", "/api/v1": "file", "/second/a": "another organization", "/Second": "another organization",
		"/tempo/own": "another organization", "/tempo": "another organization",
	} {
		_, taken := h.Check(newcomer(path))
		require.Len(t, taken, 1, path)
		require.Contains(t, taken[0].Detail, of, path)
		require.NotContains(t, taken[0].Detail, "second of", path)
	}
	for _, path := range []string{"/lokix", "/first/deeper", "/just/below", "/api/a/pull", "/fresh", "/second-hand", "/fresh/{id}/{$}"} {
		wrong, taken := h.Check(newcomer(path))
		require.Empty(t, wrong, path)
		require.Empty(t, taken, path)
	}
	for path, says := range map[string]string{
		"/first": "paths must differ", "/auth": "forward authentication", "/auth/x": "forward authentication", "/Auth": "the gate itself answers",
		"/.well-known/jwks.json": "the gate itself answers", envoyPath: "forward authentication", "/a%2f": "may not hold", "/a/../b": "must be written", "": "missing",
		"/a;b": "may not hold", "/a//b": "must be written", "a": "must be written",
	} {
		wrong, _ := h.Check(newcomer(path))
		require.NotEmpty(t, wrong, path)
		require.Contains(t, wrong[0].Detail, says, path)
	}
	e := newcomer("/fresh")
	for range 65 {
		e.Paths = append(e.Paths, Rule{Path: "/x"})
	}
	wrong, _ := h.Check(e)
	require.Contains(t, wrong[0].Detail, "64 are allowed")
	for name, of := range map[string]string{"file": "configuration file", "second": "another organization", "first": "that is there"} {
		e := newcomer("/fresh")
		e.Name = name
		_, taken := h.Check(e)
		require.Contains(t, taken[0].Detail, of)
	}
	kind := &Endpoint{Name: "new", Kind: "loki", Stored: true, OrgID: 1}
	_, taken := h.Check(kind)
	require.NotEmpty(t, taken, "the routes of a kind without a path are where others are")
}

// Whoever gets a path, the requests of others lead where they led before, and are as plain as they were.
func FuzzNewcomersTakeNothingFromOthers(f *testing.F) {
	for _, seed := range [][2]string{
		{"/loki", "/loki/api"}, {"/ｌoki", "/loki"}, {"/loki.", "/loki/x"}, {"/LOKI", "/loki/%2e"}, {"/api/{x}", "/api/a%2fb/push"}, {"/second-", "/second"},
		{"/a/{b}/c", "/a;x/b/c"}, {"/{x}", "/%6coki/"}, {"/just", "/just"}, {"/x", "/second/..%2fx"}, {"/{a}/{b}/push", "/api/%7ba%7d/push"}, {"/tempo/x", "/tempo/x"},
	} {
		f.Add(seed[0], seed[1])
	}
	h := NewHeld(&others)
	f.Fuzz(func(t *testing.T, path, request string) {
		e := newcomer(path)
		if wrong, taken := h.Check(e); len(wrong)+len(taken) > 0 {
			return
		}
		u, err := url.ParseRequestURI(request)
		if err != nil || u.Host != "" || !strings.HasPrefix(request, "/") {
			return
		}
		var before, after []*prepared
		for i := range others.Endpoints {
			before = append(before, bare(&others.Endpoints[i]))
		}
		after = append(append(after, before...), bare(e))
		was, fault := newRoutes(before...).resolve(http.MethodGet, u)
		if fault != "" || was.endpoint == nil {
			return
		}
		is, fault := newRoutes(after...).resolve(http.MethodGet, u)
		if fault != "" || is.endpoint != was.endpoint {
			t.Fatalf("%q takes %q from %s: %s", path, request, was.endpoint.Endpoint, fault)
		}
	})
}

// bare is an endpoint with nothing but what it takes.
func bare(e *Endpoint) *prepared {
	p := &prepared{claims: e.claims(""), ready: map[Need]*endpoint{}}
	for _, need := range e.takes() {
		p.ready[need] = &endpoint{prefix: len(segmentsOf(e.prefix()))}
		p.ready[need].Endpoint = e.Name
	}
	return p
}

// By every way to an upstream, the direct one, HTTP/2 and WebSockets, what is not allowed is not reached; and the
// connections of endpoints in the file are none of those in the store.
func TestEveryWayToAnUpstreamIsGuarded(t *testing.T) {
	h := newHouse(t)
	echo, talk := echoUpstream(t), webSocketEcho(t)
	viewer, admin := bearer(h.key(apikey.RoleViewer)), bearer(h.key(apikey.RoleAdmin))
	endpoints := func(stored bool) []Endpoint {
		plain := *echo
		h2c := *echo
		h2c.Scheme = "h2c"
		secure := *echo
		secure.Scheme = "https"
		return []Endpoint{
			{Name: "file", Path: "/file", Require: apikey.PermissionRead, Upstream: &plain},
			{Name: "plain", Path: "/plain", Require: apikey.PermissionRead, Upstream: &plain, Stored: stored, OrgID: 1},
			{Name: "h2c", Path: "/h2c", Require: apikey.PermissionRead, Upstream: &h2c, Stored: stored, OrgID: 1},
			{Name: "secure", Path: "/secure", Require: apikey.PermissionRead, Upstream: &secure, Stored: stored, OrgID: 1},
			{Name: "talk", Path: "/talk", Require: apikey.PermissionRead, Upstream: talk, Stored: stored, OrgID: 1},
		}
	}
	opts := h.options(endpoints(true)...)
	opts.Allowed = allowed(t, "127.0.0.1")
	g, err := New(opts)
	require.NoError(t, err)
	s := g.Server()
	at := serve(t, s)
	dialTalk := func() error {
		conn, _, err := websocket.Dial(t.Context(), strings.Replace(at, "http", "ws", 1)+"/talk",
			&websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {viewer[1]}}})
		if err == nil {
			require.NoError(t, conn.CloseNow())
		}
		return err
	}
	require.Equal(t, http.StatusOK, ask(t, at+"/plain", viewer...).StatusCode)
	require.Equal(t, http.StatusOK, send(t, http.MethodGet, at+"/plain", "a body", admin...).StatusCode)
	require.NoError(t, dialTalk())

	opts.Allowed = allowed(t, "10.0.0.0/8")
	require.NoError(t, s.Reconfigure(opts))
	require.Equal(t, http.StatusOK, ask(t, at+"/file", viewer...).StatusCode)
	for _, path := range []string{"/plain", "/h2c", "/secure"} {
		require.Equal(t, http.StatusBadGateway, ask(t, at+path, viewer...).StatusCode, path)
		require.Equal(t, http.StatusBadGateway, send(t, http.MethodGet, at+path, "a body", viewer...).StatusCode, path)
	}
	require.Error(t, dialTalk())
	require.Contains(t, h.log.String(), "gate.upstreams")
	require.Equal(t, http.StatusOK, ask(t, at+"/file", viewer...).StatusCode)
}

// A redirect is the client's to follow, if it may.
func TestRedirectsAreNotFollowed(t *testing.T) {
	h := newHouse(t)
	up := upstreamAt(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
	})
	at := h.open(Options{Allowed: allowed(t, "127.0.0.1"), Endpoints: []Endpoint{{Name: "a", Path: "/a", Require: apikey.PermissionRead, Upstream: up, Stored: true, OrgID: 1}}})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+"/a", nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+h.key(apikey.RoleViewer))
	res, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusFound, res.StatusCode)
}
