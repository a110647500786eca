package gate

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// TestTenantsThroughProxies sends requests of all kinds through a real nginx and a real Caddy that ask the gate: the
// service sees the tenant that the gate chose, once, and nothing of what a client made up.
func TestTenantsThroughProxies(t *testing.T) {
	h := newHouse(t)
	gate := mustURL(t, h.open(Options{
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		Endpoints: []Endpoint{
			{Name: "loki", Path: "/loki", Require: apikey.PermissionRead, Tenant: Tenant{Header: "X-Scope-OrgID"}},
			{Name: "push", Path: "/push", Require: apikey.PermissionIngest, Tenant: Tenant{Header: "X-Scope-OrgID"}},
			{Name: "none", Path: "/none", Require: apikey.PermissionRead},
		},
	}))
	plain, _ := startNginx(t, gate, echoUpstream(t), "require=read&", "")
	one, two := h.key(apikey.RoleAdmin, of("a")), h.key(apikey.RoleAdmin, of("a", "b"))
	for proxy, address := range map[string]string{"nginx": plain, "Caddy": startCaddy(t, gate, echoUpstream(t),
		"uri /auth?require=read", "uri /auth?")} {
		for _, c := range []struct {
			path, key, more string
			status          int
			want            string
		}{
			{"/loki", one, "", 200, "a"},
			{"/loki", one, "X-Scope-OrgID: a\r\n", 200, "a"},
			{"/loki", one, "X-Scope-OrgID: b\r\n", 403, ""},
			{"/loki", one, "x-scope-orgid: b\r\n", 403, ""},
			{"/loki", one, "X_Scope_OrgID: b\r\n", 200, "a"},
			{"/loki", one, "X-Ostiary-Tenant: b\r\nX_Ostiary_Tenant: b\r\n", 200, "a"},
			{"/loki", one, "X-Scope-OrgID: a\r\nConnection: X-Scope-OrgID, X-Ostiary-Tenant, close\r\n", 200, "a"},
			{"/loki", one, "Connection: X-Scope-OrgID, X-Ostiary-Tenant, close\r\n", 200, "a"},
			{"/loki", one, "X-Scope-OrgID: a\r\nX-Scope-OrgID: b\r\n", 400, ""},
			{"/loki", one, "X-Scope-OrgID: a,b\r\n", 400, ""},
			{"/loki?X-Scope-OrgID=b", one, "", 400, ""},
			{"/loki", two, "", 200, "a|b"},
			{"/loki", two, "X-Scope-OrgID: b\r\n", 200, "b"},
			{"/push", two, "", 400, ""},
			{"/push", two, "X-Scope-OrgID: b\r\n", 200, "b"},
			{"/push", two, "X-Scope-OrgID: a|b\r\n", 400, ""},
			{"/none", two, "X-Scope-OrgID: z\r\nX_Scope_OrgID: z\r\n", 200, ""},
		} {
			conn, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
			require.NoError(t, err)
			_, err = io.WriteString(conn, "GET "+c.path+" HTTP/1.1\r\nHost: "+strings.TrimPrefix(address,
				"http://")+"\r\nAuthorization: Bearer "+c.key+"\r\n"+c.more+"\r\n")
			require.NoError(t, err)
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			body := make([]byte, res.ContentLength)
			_, err = io.ReadFull(res.Body, body)
			require.NoError(t, err)
			_ = conn.Close()
			require.Equal(t, c.status, res.StatusCode, "%s: %s %q: %s", proxy, c.path, c.more, body)
			require.Empty(t, res.Header["X-Scope-Orgid"], "for the service alone")
			if c.status != 200 {
				continue
			}
			var e echo
			decode(t, string(body), &e)
			require.Equal(t, c.want, strings.Join(e.Header["X-Scope-Orgid"], ","), "%s: %s %q", proxy, c.path, c.more)
			require.Equal(t, c.want, strings.Join(e.Header["X-Ostiary-Tenant"], ","), "%s: %s %q", proxy, c.path, c.more)
			for name, values := range e.Header {
				require.NotContains(t, values, "z", "%s: %s", proxy, name)
			}
			require.Empty(t, e.Header[http.CanonicalHeaderKey("X_Scope_OrgID")])
		}
	}
}

// TestProxiesForgetTheClientsTenant holds the files that are not run here.
func TestProxiesForgetTheClientsTenant(t *testing.T) {
	traefik, envoy := servertest.Deployed(t, "traefik/dynamic.yaml"), servertest.Deployed(t, "envoy/envoy.yaml")
	require.Contains(t, traefik, "authRequestHeaders: [Authorization, X-API-Key, X-Scope-OrgID]")
	require.Contains(t, traefik, "authResponseHeadersRegex: ^X-Ostiary-|^X-Scope-Orgid$")
	require.Contains(t, traefik, `X_Scope_OrgID: ""`)
	asked, answered, _ := strings.Cut(envoy, "authorization_response:")
	require.Contains(t, asked, "- exact: x-scope-orgid")
	require.Contains(t, answered, "- exact: x-scope-orgid")
}
