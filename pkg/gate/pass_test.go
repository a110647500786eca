package gate

import (
	"encoding/base64"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

func TestPassShowsTheUpstreamWhoAsksAndNoCredential(t *testing.T) {
	h := newHouse(t)
	up := echoUpstream(t)
	gate := h.open(Options{
		Sources: verify.Sources{Schemes: []string{"StackState"}, Headers: []string{"x-api-key"}},
		Endpoints: []Endpoint{
			{Name: "app", Path: "/app", Require: apikey.PermissionRead, Upstream: up, Query: "key", Headers: []string{"x-token"}, Schemes: []string{"ApiKey"}},
			{Name: "strict", Path: "/strict", Require: apikey.PermissionRead, Upstream: up},
		},
	})
	issued := h.issue(apikey.RoleViewer)
	key := issued.Token
	basic := func(user string) string {
		r, _ := http.NewRequest(http.MethodGet, "/", nil)
		r.SetBasicAuth(user, key)
		return r.Header.Get("Authorization")
	}
	for _, c := range []struct {
		path    string
		headers []string
	}{
		{"/app", bearer(key)},
		{"/app", []string{"Authorization", "bearer  " + key}},
		{"/app", []string{"Authorization", basic("api_key")}},
		{"/app", []string{"Authorization", basic("")}},
		{"/app", []string{"Authorization", "stackstate " + key}},
		{"/app", []string{"Authorization", "ApiKey " + key}},
		{"/app", []string{"X-API-Key", key}},
		{"/app", []string{"X-Token", key}},
		{"/app?a=1&key=" + key + "&b=%20;c", nil},
		{"/app", append(bearer(key), "X-Token", key, "X-API-Key", key)},
		{"/app", append(bearer(key), "Connection", "X-Ostiary-Role, X-Forwarded-For")},
		{"/strict", bearer(key)},
	} {
		got := ask(t, gate+c.path, append(c.headers, "X-Ostiary-Role", "Admin", "x_ostiary_key_id", "me", "X-Ostiary-Else", "x", "Authorization", "Digest mine", "Cookie", "a=b")...)
		e := got.echo(t)
		require.NotContains(t, got.body, key[17:])
		require.Equal(t, issued.Key.ID, e.Header.Get("X-Ostiary-Key-Id"))
		require.Equal(t, []string{"Viewer"}, e.Header["X-Ostiary-Role"])
		require.Equal(t, "1", e.Header.Get("X-Ostiary-Org"))
		require.Equal(t, issued.Key.Name, e.Header.Get("X-Ostiary-Key-Name"))
		require.Empty(t, e.Header["X-Ostiary-Else"])
		require.Empty(t, e.Header["X_ostiary_key_id"])
		require.Equal(t, []string{"Digest mine"}, e.Header["Authorization"], "what is not the gate's passes")
		require.Equal(t, "a=b", e.Header.Get("Cookie"))
		require.Equal(t, up.Host, e.Host)
		if strings.Contains(c.path, "?") {
			require.Equal(t, "/app?a=1&b=%20;c", e.URI)
		}
	}
	for _, headers := range [][]string{{"Authorization", "ApiKey " + key}, {"X-Token", key}} {
		require.Equal(t, 401, ask(t, gate+"/strict", headers...).StatusCode, "an endpoint's own sources are its own")
	}
	got := ask(t, gate+"/strict?key="+key)
	require.Equal(t, "missing_credentials", string(got.problem(t).Code))
	require.Contains(t, got.problem(t).Detail, "in the address is refused")
	require.Equal(t, 400, ask(t, gate+"/app?key="+key, "X-API-Key", "another").StatusCode)
	require.NotContains(t, h.log.String(), key[17:])
}

func TestPassPaths(t *testing.T) {
	h := newHouse(t)
	up := echoUpstream(t)
	gate := h.open(Options{Endpoints: []Endpoint{
		{Name: "read", Path: "/metrics", Require: apikey.PermissionRead, Upstream: up},
		{Name: "manage", Path: "/admin", Require: apikey.PermissionManage, Upstream: up},
		{Name: "told", Path: "/told", Require: apikey.PermissionRead},
	}})
	viewer := bearer(h.key(apikey.RoleViewer))
	for path, want := range map[string]struct {
		status int
		code   string
	}{
		"/metrics":                  {200, ""},
		"/metrics/%2e%2e/admin":     {403, "forbidden"},
		"/metrics/../admin":         {403, "forbidden"},
		"//admin":                   {403, "forbidden"},
		"/metrics/%252e%252e/admin": {400, "invalid_request"},
		"/metrics/..;/admin":        {400, "invalid_request"},
		"/metrics/a%00b":            {400, "invalid_request"},
		"/metricsX":                 {404, "no_endpoint"},
		"/else":                     {404, "no_endpoint"},
		"/":                         {404, "no_endpoint"},
		"//auth":                    {404, "no_endpoint"},
		"/told":                     {404, "no_endpoint"},
		"/api/plugins/ostiary-apikeys-app/resources/v1/keys": {404, "no_endpoint"},
	} {
		status := askRaw(t, gate, path, viewer...)
		require.Equal(t, want.status, status, path)
		if want.code != "" {
			require.Contains(t, h.log.String(), "code="+want.code, path)
		}
	}
	require.Equal(t, 404, ask(t, gate+"/else").StatusCode, "paths are no secret")
	require.Equal(t, "/metrics/a%2Fb", ask(t, gate+"/metrics/a%2Fb", viewer...).echo(t).URI)
	require.Equal(t, "/metrics/b/?q=//..", ask(t, gate+"/metrics/a/..//b/?q=//..", viewer...).echo(t).URI)
}

func TestPassTakesNoRequestForAProxy(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{Endpoints: []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: echoUpstream(t)}}})
	viewer := bearer(h.key(apikey.RoleViewer))
	require.Equal(t, 200, askRaw(t, gate, "http://elsewhere.example/x", viewer...), "an address as for a proxy is a path like any other")
	require.Equal(t, 400, askRaw(t, gate, "mailto:x", viewer...))
	require.Equal(t, 400, askMethod(t, gate, "OPTIONS", "*"))
	require.Equal(t, 401, send(t, http.MethodOptions, gate+"/x", "", "Origin", "http://a", "Access-Control-Request-Method", "GET").StatusCode)
}

func askMethod(t *testing.T, address, method, target string) int {
	t.Helper()
	return exchangeRaw(t, address, method+" "+target+" HTTP/1.1\r\nHost: gate\r\n\r\n").StatusCode
}

func TestPassForwarded(t *testing.T) {
	h := newHouse(t)
	endpoints := []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: echoUpstream(t)}}
	trusting := h.open(Options{Endpoints: endpoints, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	alone := h.open(Options{Endpoints: endpoints})
	sent := append(bearer(h.key(apikey.RoleViewer)),
		"X-Forwarded-For", "192.0.2.7", "X-Forwarded-Host", "example.org", "X-Forwarded-Proto", "https", "X-Forwarded-Prefix", "/p",
		"X-Real-IP", "192.0.2.7", "X-Original-URL", "/admin", "X-Rewrite-URL", "/admin", "Forwarded", "for=192.0.2.7", "X_Forwarded_For", "192.0.2.7")

	e := ask(t, alone+"/", sent...).echo(t)
	require.Equal(t, "127.0.0.1", e.Header.Get("X-Forwarded-For"))
	require.Equal(t, strings.TrimPrefix(alone, "http://"), e.Header.Get("X-Forwarded-Host"))
	require.Equal(t, "http", e.Header.Get("X-Forwarded-Proto"))
	for _, name := range []string{"X-Forwarded-Prefix", "X-Real-Ip", "X-Original-Url", "X-Rewrite-Url", "Forwarded", "X_forwarded_for"} {
		require.Empty(t, e.Header[name], name)
	}
	require.Equal(t, netip.MustParseAddr("127.0.0.1"), h.uses.lastFrom())

	e = ask(t, trusting+"/", sent...).echo(t)
	require.Equal(t, "192.0.2.7, 127.0.0.1", e.Header.Get("X-Forwarded-For"))
	require.Equal(t, "example.org", e.Header.Get("X-Forwarded-Host"))
	require.Equal(t, "https", e.Header.Get("X-Forwarded-Proto"))
	require.Equal(t, "/p", e.Header.Get("X-Forwarded-Prefix"))
	require.Empty(t, e.Header["X_forwarded_for"], "which a proxy that does not know it lets pass")
	require.Equal(t, netip.MustParseAddr("192.0.2.7"), h.uses.lastFrom())
}

func TestIngestionOpen(t *testing.T) {
	h := newHouse(t)
	up := echoUpstream(t)
	gate := h.open(Options{IngestionOpen: true, Endpoints: []Endpoint{
		{Name: "in", Path: "/ingest", Require: apikey.PermissionIngest, Upstream: up, Query: "api_key"},
		{Name: "out", Path: "/metrics", Require: apikey.PermissionRead, Upstream: up},
	}})
	key, _ := apikey.NewToken()
	require.Equal(t, 401, ask(t, gate+"/metrics").StatusCode)
	require.Equal(t, 401, ask(t, gate+"/metrics", bearer(key)...).StatusCode)

	e := ask(t, gate+"/ingest", append(bearer(key), "X-API-Key", key, "X-Ostiary-Role", "Admin")...).echo(t)
	require.Empty(t, e.Header["Authorization"])
	require.Empty(t, e.Header["X-Api-Key"])
	require.Empty(t, e.Header["X-Ostiary-Role"], "nobody was looked at")
	require.Equal(t, "in valid", h.seen.last())
	e = ask(t, gate+"/ingest?api_key="+key+"&x=1", "Authorization", "Bearer meant-for-the-upstream").echo(t)
	require.Equal(t, "Bearer meant-for-the-upstream", e.Header.Get("Authorization"))
	require.Equal(t, "/ingest?x=1", e.URI)

	got := ask(t, gate+"/auth", "X-Original-URI", "/ingest")
	require.Equal(t, 200, got.StatusCode)
	require.Empty(t, got.Header["X-Ostiary-Key-Id"])
	require.Equal(t, 200, ask(t, gate+"/auth?require=ingest").StatusCode)
	require.Equal(t, 401, ask(t, gate+"/auth?require=read").StatusCode)
	require.Equal(t, 401, ask(t, gate+"/auth").StatusCode)
}

func TestBasicUntilFirstKey(t *testing.T) {
	h := newHouse(t)
	up := echoUpstream(t)
	gate := h.open(Options{Failures: verify.NewFailures(0.01, 3), Endpoints: []Endpoint{
		{Name: "kuma", Path: "/metrics", Require: apikey.PermissionRead, Upstream: up, BasicUntilFirstKey: &BasicAuth{"prom", "s3:cret-and-long"}},
	}})
	try := func(user, password string) answer {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, gate+"/metrics", nil)
		require.NoError(t, err)
		r.SetBasicAuth(user, password)
		viaProxy := exchangeWith(t, http.DefaultClient, r)
		described := ask(t, gate+"/auth", "X-Original-URI", "/metrics", "Authorization", r.Header.Get("Authorization"))
		require.Equal(t, viaProxy.StatusCode, described.StatusCode)
		return viaProxy
	}
	h.key(apikey.RoleAgent) // may not read: the password goes on working
	e := try("prom", "s3:cret-and-long").echo(t)
	require.Empty(t, e.Header["Authorization"])
	require.Empty(t, e.Header["X-Ostiary-Key-Id"])
	require.Equal(t, "kuma valid", h.seen.last())
	require.Equal(t, netip.Addr{}, h.uses.lastFrom(), "no key was used")
	require.Equal(t, "invalid_token", string(try("prom", "wrong").problem(t).Code))

	issued := h.issue(apikey.RoleViewer, func(n *apikey.NewKey) { n.Endpoints = []string{"kuma"} })
	got := try("prom", "s3:cret-and-long")
	require.Equal(t, "disabled", string(got.problem(t).Code))
	require.Contains(t, got.problem(t).Detail, "first API key")
	try("prom", issued.Token).echo(t)
	_, err := h.service.End(h.admin, issued.Key.ID, apikey.End{How: apikey.Delete})
	require.NoError(t, err)
	require.Equal(t, "disabled", string(try("prom", "s3:cret-and-long").problem(t).Code), "it does not come back when the key goes")
	require.Equal(t, "invalid_token", string(ask(t, gate+"/metrics", bearer("s3:cret-and-long")...).problem(t).Code), "a password is none with Bearer")
	require.Equal(t, http.StatusTooManyRequests, try("prom", "guess").StatusCode, "guesses are counted like wrong keys")
}

// TestWhatCanBeGuessedIsBraked sends the right one in the midst of guesses: it
// gets the same answer as a wrong one, and a key that nobody can guess passes.
func TestWhatCanBeGuessedIsBraked(t *testing.T) {
	h := newHouse(t)
	up := echoUpstream(t)
	failures := verify.NewFailures(0.01, 3)
	gate := h.open(Options{
		Failures: failures, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Endpoints: []Endpoint{
			{Name: "kuma", Path: "/metrics", Require: apikey.PermissionRead, Upstream: up, BasicUntilFirstKey: &BasicAuth{"prom", "long-enough-password"}},
			{Name: "in", Path: "/in", Require: apikey.PermissionIngest, Upstream: up, ReceiverKey: receiverKey},
		},
	})
	agent := h.key(apikey.RoleAgent)
	basic := func(password string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte("prom:"+password))
	}
	for path, credential := range map[string]func(string) string{
		"/metrics": basic, "/in": func(key string) string { return "Bearer " + key },
	} {
		right := map[string]string{"/metrics": "long-enough-password", "/in": receiverKey}[path]
		from := "192.0.2." + strconv.Itoa(len(path))
		try := func(address, secret string) answer {
			described := ask(t, gate+"/auth", "X-Original-URI", path, "Authorization", credential(secret), "X-Forwarded-For", address)
			proxied := ask(t, gate+path, "Authorization", credential(secret), "X-Forwarded-For", address)
			require.Equal(t, proxied.StatusCode, described.StatusCode)
			return proxied
		}
		require.Equal(t, 200, try(from, right).StatusCode)
		require.Equal(t, 401, ask(t, gate+path, "Authorization", credential("guess 0"), "X-Forwarded-For", from).StatusCode)
		require.Equal(t, 401, try(from, "guess 1").StatusCode)
		wrong, guessed := try(from, "guess 2"), try(from, right)
		require.Equal(t, 429, wrong.StatusCode)
		require.Equal(t, 429, guessed.StatusCode, "the right one is no answer to a guess")
		require.Equal(t, wrong.body, guessed.body)
		require.Equal(t, 200, ask(t, gate+"/in", append(bearer(agent), "X-Forwarded-For", from)...).StatusCode, "a key cannot be guessed")
		require.Equal(t, 200, try("192.0.2.99", right).StatusCode, "nor is it braked elsewhere")
	}
}

func TestUpstreamFails(t *testing.T) {
	h := newHouse(t)
	dead := upstreamAt(t, nil)
	closed := serveOnce(t, "")
	cut := serveOnce(t, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
	gate := h.open(Options{Endpoints: []Endpoint{
		{Name: "dead", Path: "/dead", Require: apikey.PermissionRead, Upstream: mustURL(t, "http://127.0.0.1:1")},
		{Name: "tls", Path: "/tls", Require: apikey.PermissionRead, Upstream: mustURL(t, "https://"+dead.Host)},
		{Name: "closed", Path: "/closed", Require: apikey.PermissionRead, Upstream: closed},
		{Name: "cut", Path: "/cut", Require: apikey.PermissionRead, Upstream: cut},
	}})
	viewer := bearer(h.key(apikey.RoleViewer))
	for _, path := range []string{"/dead", "/tls", "/closed"} {
		got := ask(t, gate+path, viewer...)
		require.Equal(t, http.StatusBadGateway, got.StatusCode)
		require.Equal(t, "upstream_unavailable", string(got.problem(t).Code))
		require.Equal(t, 1, strings.Count(h.log.String(), "endpoint="+path[1:]+" upstream="), h.log.String())
	}
	require.Equal(t, 3, strings.Count(h.log.String(), "level=WARN"), h.log.String())

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, gate+"/cut", nil)
	require.NoError(t, err)
	req.Header.Set(viewer[0], viewer[1])
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	_, err = res.Body.Read(make([]byte, 10))
	for err == nil {
		_, err = res.Body.Read(make([]byte, 10))
	}
	require.ErrorContains(t, err, "unexpected EOF", "a cut response is not passed on as a whole one")
}
