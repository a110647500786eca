package gate

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// assertion takes the place of a signed token.
func assertion(key *verify.Identity) string { return "signed." + key.Name() + "." + key.Role.String() }

func TestAssertionOfProxiedRequests(t *testing.T) {
	h := newHouse(t)
	up := echoUpstream(t)
	gate := h.open(Options{AssertGrafana: assertion, IngestionOpen: true, Endpoints: []Endpoint{
		{Name: "grafana", Path: "/", Require: apikey.PermissionRead, Upstream: up, Assert: AssertGrafana},
		{Name: "open", Path: "/open", Require: apikey.PermissionIngest, Upstream: up, Assert: AssertGrafana},
		{Name: "until", Path: "/until", Require: apikey.PermissionRead, Upstream: up, Assert: AssertGrafana, Pool: "none",
			BasicUntilFirstKey: &BasicAuth{"user", "secret-until"}},
		{Name: "plain", Path: "/plain", Require: apikey.PermissionRead, Upstream: up},
	}})
	key := h.key(apikey.RoleEditor, func(n *apikey.NewKey) { n.Name = "edge" })
	forged := []string{"X-JWT-Assertion", "forged", "X-JWT-Assertion", "twice", "X_JWT_Assertion", "forged", "X-Jwt_assertion", "forged"}

	got := ask(t, gate+"/api/dashboards/home", append(bearer(key), forged...)...).echo(t)
	require.Equal(t, []string{"signed.edge.Editor"}, got.Header["X-Jwt-Assertion"])
	require.NotContains(t, strings.Join(valuesOf(got.Header), " "), "forged")
	require.NotContains(t, got.Header, "Authorization")

	for _, without := range []struct {
		path    string
		headers []string
	}{{"/open", nil}, {"/until", []string{"Authorization", "Basic dXNlcjpzZWNyZXQtdW50aWw="}}} {
		got = ask(t, gate+without.path, append(without.headers, forged...)...).echo(t)
		require.NotContains(t, got.Header, "X-Jwt-Assertion", "nobody is known, so nobody is asserted")
		require.NotContains(t, strings.Join(valuesOf(got.Header), " "), "forged")
	}
	got = ask(t, gate+"/plain", append(bearer(key), "X-JWT-Assertion", "theirs")...).echo(t)
	require.Equal(t, []string{"theirs"}, got.Header["X-Jwt-Assertion"], "a header like any other where none is made")
}

func valuesOf(h http.Header) (all []string) {
	for _, values := range h {
		all = append(all, values...)
	}
	return all
}

func TestAssertionAsAHeaderOfAuth(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{AssertGrafana: assertion, Endpoints: []Endpoint{
		{Name: "grafana", Path: "/grafana", Require: apikey.PermissionRead, Assert: AssertGrafana, OrgID: 1},
		{Name: "plain", Path: "/plain", Require: apikey.PermissionRead},
	}})
	key := h.key(apikey.RoleViewer, func(n *apikey.NewKey) { n.Name = "edge" })
	for _, c := range []struct {
		path, uri string
		want      []string
	}{
		{"/auth?endpoint=grafana", "", []string{"signed.edge.Viewer"}},
		{"/auth?endpoint=grafana&require=read", "", []string{"signed.edge.Viewer"}},
		{"/auth", "/grafana/api/dashboards/home", []string{"signed.edge.Viewer"}},
		{"/auth/grafana/api", "", []string{"signed.edge.Viewer"}},
		{"/auth?endpoint=plain", "", nil},
		{"/auth?require=read", "", nil},
	} {
		headers := append(bearer(key), "X-JWT-Assertion", "forged")
		if c.uri != "" {
			headers = append(headers, "X-Original-URI", c.uri)
		}
		got := ask(t, gate+c.path, headers...)
		require.Equal(t, http.StatusOK, got.StatusCode, got.body)
		require.Equal(t, c.want, got.Header["X-Jwt-Assertion"], "%+v", c)
	}
	for status, headers := range map[int][]string{401: nil, 403: bearer(h.key(apikey.RoleAgent))} {
		got := ask(t, gate+"/auth?endpoint=grafana", headers...)
		require.Equal(t, status, got.StatusCode)
		require.NotContains(t, got.Header, "X-Jwt-Assertion")
	}
}

func TestKeySet(t *testing.T) {
	h := newHouse(t)
	up := echoUpstream(t)
	endpoints := []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: up}}
	gate := h.open(Options{Endpoints: endpoints, KeySet: []byte(`{"keys":[]}`)})
	got := ask(t, gate+"/.well-known/jwks.json")
	require.Equal(t, http.StatusOK, got.StatusCode, "without a key")
	require.JSONEq(t, `{"keys":[]}`, got.body)
	require.Equal(t, "application/jwk-set+json", got.Header.Get("Content-Type"))
	require.Equal(t, "public, max-age=300", got.Header.Get("Cache-Control"))
	head := send(t, http.MethodHead, gate+"/.well-known/jwks.json", "")
	require.Equal(t, http.StatusOK, head.StatusCode)
	require.Empty(t, head.body)
	post := send(t, http.MethodPost, gate+"/.well-known/jwks.json", "x")
	require.Equal(t, http.StatusMethodNotAllowed, post.StatusCode)
	require.Equal(t, "GET, HEAD", post.Header.Get("Allow"))

	require.Equal(t, http.StatusUnauthorized, ask(t, gate+"/.well-known/jwks.json/").StatusCode, "only this path is open")
	require.Equal(t, http.StatusUnauthorized, ask(t, gate+"/.well-known/").StatusCode)
	none := h.open(Options{Endpoints: endpoints})
	require.Equal(t, http.StatusUnauthorized, ask(t, none+"/.well-known/jwks.json").StatusCode, "without a key set it is a path like any other")
	require.Equal(t, apikey.CodeNoEndpoint, ask(t, h.open(Options{})+"/.well-known/jwks.json").problem(t).Code)
}
