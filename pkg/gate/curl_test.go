package gate

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// version is an upstream as PMM's, which answers /v1/version.
func version(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/v1/version" || r.Header.Get("Authorization") != "" {
		http.Error(w, "not let in properly", http.StatusTeapot)
		return
	}
	_, _ = io.WriteString(w, "2.41.0 for "+r.Header.Get("X-Ostiary-Key-Name"))
}

// TestCurl runs the lines of the handbooks of PMM and Uptime Kuma.
func TestCurl(t *testing.T) {
	servertest.Tool(t, "curl")
	h := newHouse(t)
	g := h.gate(Options{Endpoints: []Endpoint{{Name: "pmm", Path: "/v1", Require: apikey.PermissionRead, Upstream: upstreamAt(t, version)}}})
	plain := serve(t, g.Server())
	overTLS := g.Server()
	_, _, overTLS.TLSConfig = servertest.Certificate(t)
	secure := serve(t, overTLS)
	port := secure[strings.LastIndexByte(secure, ':')+1:]

	key := h.key(apikey.RoleViewer, func(n *apikey.NewKey) { n.Name = "curl" })
	for _, line := range []string{
		`curl -sS -k -H "Authorization: Bearer $KEY" https://127.0.0.1:` + port + `/v1/version`,
		`curl -sS -k https://api_key:$KEY@localhost:` + port + `/v1/version`,
		`curl -sS -X GET -k https://api_key:$KEY@localhost:` + port + `/v1/version`,
		`curl -sS -k -u ":$KEY" https://localhost:` + port + `/v1/version`,
		`curl -sS -k --http1.1 -u "anyone:$KEY" https://localhost:` + port + `/v1/version`,
		`curl -sS -u":$KEY" ` + plain + `/v1/version`,
		`curl -sS -H "X-API-Key: $KEY" ` + plain + `/v1/version`,
		`curl -sS --http2-prior-knowledge -H "Authorization: Bearer $KEY" ` + plain + `/v1/version`,
		`curl -sS -H "Authorization: Bearer $KEY" -H "X-API-Key: $KEY" ` + plain + `/v1/../v1/./version`,
		`curl -sS --path-as-is -H "Authorization: Bearer $KEY" ` + plain + `/x/..//v1/./version`,
	} {
		out, code := shell(t, key, line)
		require.Equal(t, "2.41.0 for curl", out, line)
		require.Zero(t, code, line)
	}

	issued := h.issue(apikey.RoleViewer)
	_, err := h.service.End(h.admin, issued.Key.ID, apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	out, code := shell(t, issued.Token, `curl -k -sS -i -H "Authorization: Bearer $KEY" https://127.0.0.1:`+port+`/v1/version`)
	require.Zero(t, code)
	for _, want := range []string{
		"HTTP/2 401", `www-authenticate: Bearer realm="ostiary", charset="UTF-8", error="invalid_token", error_description="The API key was revoked. Ask for a new one."`,
		`www-authenticate: Basic realm="ostiary", charset="UTF-8"`, "content-type: application/problem+json", "cache-control: no-store",
		`"code":"revoked"`, `"detail":"The API key was revoked. Ask for a new one."`,
	} {
		require.Contains(t, out, want)
	}
	_, code = shell(t, "", `curl -sS -f `+plain+`/v1/version`)
	require.Equal(t, 22, code)
	require.NotContains(t, h.log.String(), key[17:])
}
