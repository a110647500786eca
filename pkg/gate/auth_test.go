package gate

import (
	"encoding/base64"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// monitoring are endpoints for forward authentication: they need no upstream.
var monitoring = []Endpoint{
	{Name: "pyroscope", Path: "/ingest", Require: apikey.PermissionIngest, Query: "api_key"},
	{Name: "kuma", Path: "/metrics", Require: apikey.PermissionRead, BasicUntilFirstKey: &BasicAuth{Username: "prom", Password: "before-the-first-key"}},
	{Name: "edge", Path: "/edge", Require: apikey.PermissionIngest, Pool: "edge"},
	{Name: "other-org", Path: "/two", Require: apikey.PermissionRead, OrgID: 2},
}

func TestAuthTellsWhoWasLetIn(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{})
	viewer := h.issue(apikey.RoleViewer, func(n *apikey.NewKey) { n.Name = "Grüße, 100% \"plain\"" })

	got := ask(t, gate+"/auth", bearer(viewer.Token)...)
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Empty(t, got.body)
	require.Equal(t, viewer.Key.ID, got.Header.Get("X-Ostiary-Key-Id"))
	require.Equal(t, "Viewer", got.Header.Get("X-Ostiary-Role"))
	require.Equal(t, "1", got.Header.Get("X-Ostiary-Org"))
	name := got.Header.Get("X-Ostiary-Key-Name")
	require.Equal(t, `Gr%C3%BC%C3%9Fe, 100%25 "plain"`, name)
	unescaped, err := url.PathUnescape(name)
	require.NoError(t, err)
	require.Equal(t, viewer.Key.Name, unescaped)
	require.Equal(t, " valid", h.seen.last())
	require.Equal(t, netip.MustParseAddr("127.0.0.1"), h.uses.lastFrom())

	for _, method := range []string{http.MethodHead, http.MethodPost, http.MethodOptions, "PROPFIND"} {
		got := send(t, method, gate+"/auth", "body", bearer(viewer.Token)...)
		require.Equal(t, http.StatusOK, got.StatusCode, method)
		require.Empty(t, got.body, method)
	}
}

func TestAuthCodes(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{})
	good := h.key(apikey.RoleViewer)
	revoked, disabled := h.issue(apikey.RoleViewer), h.issue(apikey.RoleViewer)
	_, err := h.service.End(h.admin, revoked.Key.ID, apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	off := false
	_, err = h.service.Update(h.admin, disabled.Key.ID, apikey.Update{Enabled: &off}, false)
	require.NoError(t, err)
	expired := h.expired(apikey.RoleViewer)
	unknown, _ := apikey.NewToken()
	wrongSecret := good[:20] + strings.Repeat("0", apikey.TokenLength-20)

	const bearerOnly, basic = `Bearer realm="ostiary", charset="UTF-8"`, `Basic realm="ostiary", charset="UTF-8"`
	because := func(kind, detail string) string {
		return bearerOnly + `, error="` + kind + `", error_description="` + detail + `"`
	}
	for _, c := range []struct {
		name, query, uri string
		headers          []string
		status           int
		code             apikey.Code
		challenges       []string
	}{
		{"nothing", "", "", nil, 401, apikey.CodeMissing, []string{bearerOnly, basic}},
		{"another scheme", "", "", []string{"Authorization", "Digest " + good}, 401, apikey.CodeMissing, []string{bearerOnly, basic}},
		{"a key in the address", "", "/x?api_key=" + good, nil, 401, apikey.CodeMissing, []string{bearerOnly, basic}},
		{"malformed", "", "", bearer("abc"), 401, apikey.CodeInvalidToken, []string{because("invalid_token", "The API key is not known here. Check that the whole key was copied."), basic}},
		{"unknown", "", "", bearer(unknown), 401, apikey.CodeInvalidToken, []string{because("invalid_token", "The API key is not known here. Check that the whole key was copied."), basic}},
		{"wrong secret", "", "", bearer(wrongSecret), 401, apikey.CodeInvalidToken, []string{because("invalid_token", "The API key is not known here. Check that the whole key was copied."), basic}},
		{"revoked", "", "", bearer(revoked.Token), 401, apikey.CodeRevoked, []string{because("invalid_token", "The API key was revoked. Ask for a new one."), basic}},
		{"disabled", "", "", bearer(disabled.Token), 401, apikey.CodeDisabled, []string{because("invalid_token", "The API key is disabled. Ask for it to be enabled."), basic}},
		{"expired", "", "", bearer(expired), 401, apikey.CodeExpired, []string{because("invalid_token", "The API key has expired. Ask for a new one."), basic}},
		{"forbidden", "?require=write", "", bearer(good), 403, apikey.CodeForbidden, []string{because("insufficient_scope", "The API key has the role Viewer, which does not grant write; use one with Admin or Editor.")}},
		{"two keys", "", "", append(bearer(good), "X-API-Key", unknown), 400, apikey.CodeInvalid, nil},
		{"two keys, for nginx", "?client_errors=403", "", append(bearer(good), "X-API-Key", unknown), 403, apikey.CodeInvalid, nil},
	} {
		for _, door := range doors {
			t.Run(door.name+": "+c.name, func(t *testing.T) {
				got := door.ask(t, gate, c.query, "", c.uri, c.headers...)
				require.Equal(t, c.status, got.StatusCode)
				require.Equal(t, string(c.code), string(got.problem(t).Code))
				require.Equal(t, c.challenges, got.Header.Values("Www-Authenticate"))
				require.True(t, strings.HasSuffix(got.body, "}\n"))
				require.Equal(t, 1, strings.Count(got.body, "\n"))
				require.Equal(t, " "+string(c.code), h.seen.last())
				require.Empty(t, got.Header.Get("X-Ostiary-Key-Id"))
			})
		}
	}
	require.Contains(t, ask(t, gate+"/auth", "X-Original-URI", "/x?api_key="+good).problem(t).Detail, "address")
	for _, value := range []string{good, "Token " + good, "Bearer\t" + good, "Basic " + base64.StdEncoding.EncodeToString([]byte(good+":"))} {
		require.Contains(t, ask(t, gate+"/auth", "Authorization", value).problem(t).Detail, "in a way that is not read here", value)
	}
	require.Contains(t, ask(t, gate+"/auth", "Authorization", "Digest x").problem(t).Detail, "No API key was sent.")
	require.Contains(t, h.log.String(), `reason="The API key was revoked. Ask for a new one."`)
	require.Equal(t, http.StatusOK, ask(t, gate+"/auth", append(bearer(good), "X-API-Key", good)...).StatusCode, "the same key twice is one key")
	for _, secret := range []string{good, unknown, revoked.Token, disabled.Token, expired, wrongSecret} {
		require.NotContains(t, h.log.String(), secret[17:])
	}
	require.Contains(t, h.log.String(), "key="+revoked.Key.ID)
}

func TestAuthIsClosedWhileNothingCanBeDecided(t *testing.T) {
	h := newHouse(t)
	peppers, err := apikey.NewPeppers(apikey.NewPepper())
	require.NoError(t, err)
	gate := h.open(Options{Verifier: verify.New(verify.NewReplica(nil, peppers, verify.ReplicaOptions{}))})
	got := ask(t, gate+"/auth?client_errors=403", bearer(h.key(apikey.RoleAdmin))...)
	require.Equal(t, http.StatusServiceUnavailable, got.StatusCode)
	require.Equal(t, "unavailable", string(got.problem(t).Code))
	require.NotEmpty(t, got.Header.Get("Retry-After"))
}

func TestAuthCountsWrongKeysButNeverTurnsAwayAGoodOne(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{Failures: verify.NewFailures(0.01, 5)})
	good := h.key(apikey.RoleViewer)
	for i := range 5 {
		require.Equal(t, 401, doors[i%2].ask(t, gate, "", "", "", bearer("wrong")...).StatusCode, "both doors count together")
	}
	got := ask(t, gate+"/auth", bearer("wrong")...)
	require.Equal(t, http.StatusTooManyRequests, got.StatusCode)
	require.Equal(t, "rate_limited", string(got.problem(t).Code))
	require.Equal(t, "100", got.Header.Get("Retry-After"))
	got = ask(t, gate+"/auth?client_errors=403", bearer("wrong")...)
	require.Equal(t, http.StatusForbidden, got.StatusCode)
	require.Equal(t, "rate_limited", string(got.problem(t).Code))
	require.Equal(t, 200, ask(t, gate+"/auth", bearer(good)...).StatusCode)
	require.Equal(t, 401, ask(t, gate+"/auth").StatusCode)
}

func TestAuthDemands(t *testing.T) {
	h := newHouse(t)
	configured := h.open(Options{Endpoints: monitoring})
	bare := h.open(Options{})
	limitedTo := func(names ...string) func(*apikey.NewKey) {
		return func(n *apikey.NewKey) { n.Endpoints = names }
	}
	agent, viewer, admin := h.key(apikey.RoleAgent), h.key(apikey.RoleViewer), h.key(apikey.RoleAdmin)
	edge := h.key(apikey.RoleAgent, func(n *apikey.NewKey) { n.Pool = "edge" })
	limited := h.key(apikey.RoleViewer, limitedTo("kuma", "only-nginx-knows"))

	for _, c := range []struct {
		name, gate, query, uri, token string
		status                        int
		endpoint                      string // as the Observer hears it
		detail                        string
		notEnvoy                      bool // it always describes a request, and says nothing twice
	}{
		// The endpoint of the path that is described.
		{name: "path", gate: configured, uri: "/ingest?name=a", token: agent, status: 200, endpoint: "pyroscope"},
		{name: "path, wrong role", gate: configured, uri: "/ingest", token: viewer, status: 403, endpoint: "pyroscope", detail: "does not grant ingest"},
		{name: "path, pool", gate: configured, uri: "/edge/x", token: edge, status: 200, endpoint: "edge"},
		{name: "path, not the pool", gate: configured, uri: "/edge/x", token: agent, status: 403, endpoint: "edge", detail: "pool"},
		{name: "path, another organization", gate: configured, uri: "/two", token: admin, status: 401, endpoint: "other-org"},
		{name: "path, limited key", gate: configured, uri: "/metrics", token: limited, status: 200, endpoint: "kuma"},
		{name: "path, limited to others", gate: configured, uri: "/two?", token: limited, status: 401, endpoint: "other-org"},
		{name: "no endpoint", gate: configured, uri: "/else/" + admin, token: admin, status: 403, detail: "/else/ost_" + admin[4:16] + "_…"},
		{name: "unclean", gate: configured, uri: "/ingest/../metrics", token: admin, status: 400, detail: "segment that is"},
		{name: "double", gate: configured, uri: "/ingest/%25252e/metrics", token: admin, status: 400, detail: "twice"},
		{name: "not a path", gate: configured, uri: "http://host/ingest", token: admin, status: 400, detail: "slash"},
		{name: "no path at all", gate: configured, uri: "%zz", token: admin, status: 400, detail: "slash"},
		{name: "a reserved path is the gate's alone", gate: h.open(Options{Endpoints: []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead}}}), uri: "/auth/x", token: viewer, status: 200, endpoint: "all"},

		// What the proxy says.
		{name: "require", gate: configured, query: "?require=read", uri: "/ingest", token: viewer, status: 200},
		{name: "require, wrong role", gate: configured, query: "?require=manage", uri: "/ingest", token: viewer, status: 403, detail: "manage"},
		{name: "require, limited key", gate: configured, query: "?require=read", uri: "/metrics", token: limited, status: 403, detail: "names none"},
		{name: "endpoint", gate: configured, query: "?endpoint=pyroscope", uri: "/else", token: agent, status: 200, endpoint: "pyroscope"},
		{name: "endpoint, pool", gate: configured, query: "?endpoint=edge", token: agent, status: 403, endpoint: "edge"},
		{name: "endpoint and require", gate: configured, query: "?endpoint=edge&require=manage", token: edge, status: 403, endpoint: "edge", detail: "manage"},
		{name: "endpoint and less", gate: configured, query: "?require=read&endpoint=pyroscope", token: viewer, status: 200, endpoint: "pyroscope"},
		{name: "unconfigured endpoint", gate: configured, query: "?endpoint=only-nginx-knows&require=read", token: limited, status: 200},
		{name: "unconfigured endpoint, other key", gate: bare, query: "?endpoint=else", token: limited, status: 403, detail: "other endpoints"},
		{name: "unconfigured endpoint, any good key", gate: bare, query: "?endpoint=else", token: viewer, status: 200},

		// Nothing said, nothing described.
		{name: "any good key", gate: configured, token: agent, status: 200, notEnvoy: true},
		{name: "any good key, limited", gate: configured, token: limited, status: 403, notEnvoy: true},
		{name: "no endpoints", gate: bare, uri: "/x", token: agent, status: 200},
		{name: "no endpoints, unclean", gate: bare, uri: "/x/../..;", token: agent, status: 400, detail: "segment that is"},
		{name: "require, unclean", gate: bare, query: "?require=ingest", uri: "/x//y", token: agent, status: 400, detail: "empty segment"},
		{name: "endpoint, unclean", gate: configured, query: "?endpoint=pyroscope", uri: "/ingest#/x", token: agent, status: 400, detail: "#"},

		// An organization.
		{name: "organization", gate: bare, query: "?org=1", token: agent, status: 200},
		{name: "another organization", gate: bare, query: "?org=2", token: admin, status: 401, detail: "not known here"},
		{name: "organization of the endpoint", gate: configured, query: "?endpoint=pyroscope&org=1", token: agent, status: 200, endpoint: "pyroscope"},
		{name: "organization and path", gate: configured, query: "?org=2", uri: "/ingest", token: agent, status: 401, endpoint: "pyroscope"},
		{name: "organization against the endpoint's", gate: configured, query: "?org=1", uri: "/two", token: admin, status: 400, endpoint: "other-org", detail: "organization 2 alone"},
		{name: "no organization", gate: bare, query: "?org=0", token: admin, status: 400, detail: "org"},
		{name: "no number", gate: bare, query: "?org=one", token: admin, status: 400, detail: "org"},
		{name: "organization twice", gate: bare, query: "?org=1&org=1", token: admin, status: 400, detail: "org", notEnvoy: true},

		// Mistakes of the proxy's configuration.
		{name: "unknown parameter", gate: bare, query: "?required=read", token: admin, status: 400, detail: "required"},
		{name: "bad values", gate: bare, query: "?require=all&endpoint=a/b&client_errors=500", token: admin, status: 400, detail: `client_errors "500" is not known; use 403`},
		{name: "empty", gate: bare, query: "?require=", token: admin, status: 400, detail: "require"},
		{name: "twice", gate: bare, query: "?require=read&require=manage", token: admin, status: 400, detail: "require", notEnvoy: true},
		{name: "malformed", gate: bare, query: "?require=%zz", token: admin, status: 400, detail: "%zz", notEnvoy: true},
		{name: "adapted even so", gate: bare, query: "?required=read&client_errors=403", token: admin, status: 403, detail: "required"},
	} {
		for _, door := range doors {
			if door.name == "Envoy" && c.notEnvoy {
				continue
			}
			t.Run(door.name+": "+c.name, func(t *testing.T) {
				got := door.ask(t, c.gate, c.query, "", c.uri, bearer(c.token)...)
				require.Equal(t, c.status, got.StatusCode, got.body)
				require.Equal(t, c.endpoint, strings.Fields("_" + h.seen.last())[0][1:])
				if c.status != 200 {
					require.Contains(t, got.problem(t).Detail, c.detail)
				}
			})
		}
	}
}

// TestAuthTakesNothingOfTheClientsForTheProxys has the client's query arrive
// together with the proxy's own, or in its place.
func TestAuthTakesNothingOfTheClientsForTheProxys(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{Endpoints: []Endpoint{
		{Name: "open", Path: "/", Require: apikey.PermissionRead}, {Name: "admin", Path: "/admin", Require: apikey.PermissionManage},
	}})
	viewer, admin := bearer(h.key(apikey.RoleViewer)), bearer(h.key(apikey.RoleAdmin))
	for _, c := range []struct {
		path, uri     string
		viewer, admin int
		detail        string
	}{
		{path: "/auth?page=2", uri: "/read?page=2", viewer: 200, admin: 200},
		{path: "/auth?page=2&q=%zz&;&=&a=b;c", uri: "/read?page=2&q=%zz&;&=&a=b;c", viewer: 200, admin: 200},
		{path: "/auth?page=2", uri: "/admin?page=2", viewer: 403, admin: 200},
		{path: "/auth?Endpoint=open", uri: "/admin?Endpoint=open", viewer: 403, admin: 200},
		{path: "/auth?require=manage&page=2", uri: "/read?page=2", viewer: 403, admin: 200},
		{path: "/auth?endpoint=open", uri: "/admin?page=2", viewer: 200, admin: 200},
		{path: "/auth?", uri: "/admin?endpoint=open", viewer: 403, admin: 200},
		{path: "/auth/admin?endpoint=open&require=read", viewer: 403, admin: 200},

		{path: "/auth?endpoint=nope", uri: "/admin?endpoint=nope", viewer: 400, admin: 400, detail: "endpoint"},
		{path: "/auth?require=read", uri: "/admin?require=read", viewer: 400, admin: 400, detail: "require"},
		{path: "/auth?require=read", uri: "/admin?require=manage", viewer: 400, admin: 400, detail: "require"},
		{path: "/auth?org=1", uri: "/admin?org=1", viewer: 400, admin: 400, detail: "org"},
		{path: "/auth?client_errors=403", uri: "/admin?client_errors=403", viewer: 400, admin: 400, detail: "client_errors"},
		{path: "/auth?%65ndpoint=open", uri: "/admin?%65ndpoint=open", viewer: 400, admin: 400, detail: "endpoint"},
		{path: "/auth?endpoint=open", uri: "/admin?%65ndpoint=open", viewer: 400, admin: 400, detail: "endpoint"},
		{path: "/auth?a=1&endpoint=open&endpoint=open", uri: "/admin?a=1&endpoint=open&endpoint=open", viewer: 400, admin: 400, detail: "endpoint"},
		{path: "/auth?endpoint=open", uri: "/admin?a=1;endpoint=open", viewer: 400, admin: 400, detail: "endpoint"},
		{path: "/auth?endpoint", uri: "/admin?endpoint", viewer: 400, admin: 400, detail: "endpoint"},
		{path: "/auth?require=read&client_errors=403", uri: "/admin?require=read", viewer: 403, admin: 403, detail: "require"},
		{path: "/auth?required=read", uri: "/admin?page=2", viewer: 400, admin: 400, detail: "required"},
	} {
		for status, headers := range map[int][]string{c.viewer: viewer, c.admin: admin} {
			if c.uri != "" {
				headers = append(headers, "X-Forwarded-Uri", c.uri)
			}
			got := ask(t, gate+c.path, headers...)
			require.Equal(t, status, got.StatusCode, "%s for %s: %s", c.path, c.uri, got.body)
			if c.detail != "" {
				require.Contains(t, got.problem(t).Detail, c.detail, c.path)
			}
		}
	}
}

func TestADescriptionNamesTheMethodWhereItCounts(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{Endpoints: []Endpoint{
		{Name: "see", Path: "/things", Methods: Methods{"GET": takes(apikey.PermissionRead)}}, {Name: "change", Path: "/things", Require: apikey.PermissionManage},
	}})
	viewer := bearer(h.key(apikey.RoleViewer))
	for _, door := range doors {
		require.Equal(t, 200, door.ask(t, gate, "", "GET", "/things", viewer...).StatusCode)
		require.Equal(t, 403, door.ask(t, gate, "", "DELETE", "/things", viewer...).StatusCode)
	}
	for status, headers := range map[int][]string{
		200: {"X-Original-URI", "/things", "X-Original-Method", "GET"},
		403: {"X-Forwarded-Uri", "/things", "X-Forwarded-Method", "DELETE"},
		400: {"X-Original-URI", "/things"},
	} {
		require.Equal(t, status, ask(t, gate+"/auth", append(headers, viewer...)...).StatusCode, headers)
	}
	require.Equal(t, 200, ask(t, gate+"/auth/things", viewer...).StatusCode, "Envoy asks with the method of the request")
	require.Equal(t, 403, send(t, http.MethodPut, gate+"/auth/things", "", viewer...).StatusCode)
}

func TestTraceIsNotTaken(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{Endpoints: []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: echoUpstream(t)}}})
	key := bearer(h.key(apikey.RoleAdmin))
	for _, path := range []string{"/auth", "/x", "/"} {
		got := send(t, http.MethodTrace, gate+path, "", key...)
		require.Equal(t, http.StatusMethodNotAllowed, got.StatusCode, path)
		require.NotEmpty(t, got.Header.Get("Allow"))
		require.NotContains(t, got.body, key[1])
	}
	described := []string{key[0], key[1], "X-Original-URI", "/x", "X-Original-Method", "TRACE"}
	require.Equal(t, http.StatusMethodNotAllowed, ask(t, gate+"/auth", described...).StatusCode)
	require.Equal(t, http.StatusForbidden, ask(t, gate+"/auth?client_errors=403", described...).StatusCode)
}

func TestAuthTakesAKeyFromTheDescribedAddress(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{Endpoints: monitoring})
	agent := h.key(apikey.RoleAgent)
	for _, door := range doors {
		require.Equal(t, 200, door.ask(t, gate, "", "", "/ingest?x=1&api_key="+agent).StatusCode)
		require.Equal(t, 200, door.ask(t, gate, "", "", "/ingest?x=1&api%5Fkey="+agent).StatusCode)
		require.Equal(t, 401, door.ask(t, gate, "", "", "/metrics?api_key="+agent).StatusCode)
	}
	require.Equal(t, 200, ask(t, gate+"/auth?endpoint=pyroscope", "X-Forwarded-Uri", "/else?api_key="+agent).StatusCode)
	require.Equal(t, 401, ask(t, gate+"/auth?endpoint=pyroscope").StatusCode)
	require.Equal(t, 400, ask(t, gate+"/auth?api_key="+agent, "X-Original-URI", "/ingest").StatusCode)
	require.NotContains(t, h.log.String(), agent[17:])
}

func TestAuthDescriptions(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{Endpoints: monitoring})
	agent := bearer(h.key(apikey.RoleAgent))
	for _, c := range []struct {
		name, path string
		headers    []string
		status     int
	}{
		{"nginx", "/auth", []string{"X-Original-URI", "/ingest", "X-Original-Method", "POST"}, 200},
		{"Traefik", "/auth", []string{"X-Forwarded-Uri", "/ingest", "X-Forwarded-Method", "POST", "X-Forwarded-Host", "example.org"}, 200},
		{"both alike", "/auth", []string{"X-Forwarded-Uri", "/ingest", "X-Original-Uri", "/ingest"}, 200},
		{"contradiction", "/auth", []string{"X-Forwarded-Uri", "/metrics", "X-Original-Uri", "/ingest"}, 400},
		{"twice", "/auth", []string{"X-Original-Uri", "/ingest", "X-Original-Uri", "/ingest"}, 400},
		{"empty", "/auth", []string{"X-Original-Uri", ""}, 400},
		{"methods contradict", "/auth", []string{"X-Original-Uri", "/ingest", "X-Original-Method", "POST", "X-Forwarded-Method", "GET"}, 400},
		{"no method", "/auth", []string{"X-Original-Uri", "/ingest", "X-Original-Method", "a b"}, 400},

		// Envoy puts the path of the request behind that of the service.
		{"Envoy", "/auth/ingest?require=nonsense", nil, 200},
		{"Envoy, role", "/auth/metrics", nil, 403},
		{"Envoy, root", "/auth/", nil, 403},
		{"Envoy, unclean", "/auth/metrics/../ingest", nil, 400},
		{"Envoy, a hash", "/auth/metrics#/../ingest", nil, 400},
		{"Envoy, above", "/auth/../auth/ingest", nil, 400},
		{"Envoy, escaped", "/auth%2Fingest", nil, 400},
		{"Envoy, escaped prefix", "/%61uth/ingest", nil, 400},
		{"Envoy, and a header", "/auth/ingest", []string{"X-Original-URI", "/ingest"}, 400},
		{"Envoy, and another", "/auth/metrics", []string{"X-Forwarded-Uri", "/ingest"}, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := askRaw(t, gate, c.path, append(agent, c.headers...)...)
			require.Equal(t, c.status, got, h.log.String())
		})
	}
	require.Contains(t, h.log.String(), "code=forbidden status=403 endpoint=kuma method=GET path=/metrics client=127.0.0.1")
}

func TestAuthClientAddress(t *testing.T) {
	h := newHouse(t)
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	believed, notBelieved := h.open(Options{TrustedProxies: loopback}), h.open(Options{})
	key := h.key(apikey.RoleAgent, func(n *apikey.NewKey) { n.AllowedCIDRs = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} })
	for _, c := range []struct {
		gate    string
		headers []string
		status  int
	}{
		{believed, []string{"X-Forwarded-For", "192.0.2.7"}, 200},
		{believed, []string{"X-Forwarded-For", "192.0.2.7, 127.0.0.2"}, 200},
		{believed, []string{"X-Forwarded-For", "192.0.2.7, 198.51.100.1"}, 403},
		{believed, []string{"X-Real-IP", "192.0.2.7"}, 200},
		{believed, []string{"X-Real-IP", "192.0.2.7", "X-Forwarded-For", "198.51.100.1"}, 403},
		{believed, []string{"X-Real-IP", "nonsense"}, 403},
		{notBelieved, []string{"X-Forwarded-For", "192.0.2.7"}, 403},
		{notBelieved, []string{"X-Real-IP", "192.0.2.7"}, 403},
	} {
		got := ask(t, c.gate+"/auth", append(bearer(key), c.headers...)...)
		require.Equal(t, c.status, got.StatusCode, "%v", c.headers)
		if c.status == 200 {
			require.Equal(t, netip.MustParseAddr("192.0.2.7"), h.uses.lastFrom())
		}
	}
}
