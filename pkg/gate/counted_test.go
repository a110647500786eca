package gate

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/confine"
)

// TestEveryRequestCountsOnceWithTheCodeOfItsAnswer asks in every way in which a request can end, at each door, and
// holds what is counted, for metrics and for clients, against the answer.
func TestEveryRequestCountsOnceWithTheCodeOfItsAnswer(t *testing.T) {
	h := newHouse(t)
	up := upstreamAt(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"status":"success"}`)) })
	gate := h.open(Options{Endpoints: []Endpoint{
		{Name: "plain", Path: "/plain", Require: apikey.PermissionRead, Upstream: up},
		{Name: "header", Path: "/header", Require: apikey.PermissionRead, Upstream: up,
			Tenant: Tenant{Header: "X-Scope-OrgID"}},
		{Name: "label", Path: "/label", Require: apikey.PermissionRead, Upstream: up, Tenant: Tenant{Label: "tenant"}},
		{Name: "extra", Path: "/extra", Require: apikey.PermissionRead, Upstream: up,
			Tenant: Tenant{ExtraLabel: "tenant"}},
	}})
	good := h.key(apikey.RoleViewer, of("a"))
	agent := h.key(apikey.RoleAgent, of("a"))
	nobody, _ := apikey.NewToken()
	big := "query=" + strings.Repeat("a", 3<<20)
	for _, c := range []struct {
		method, path, token, body string
		header                    []string
		code                      apikey.Code
		endpoint                  string
	}{
		{path: "/plain/x", token: good, code: apikey.CodeValid, endpoint: "plain"},
		{path: "/header/x", token: good, code: apikey.CodeValid, endpoint: "header"},
		{path: "/label/api/v1/query?query=up", token: good, code: apikey.CodeValid, endpoint: "label"},
		{path: "/extra/api/v1/query?query=up", token: good, code: apikey.CodeValid, endpoint: "extra"},
		{path: "/plain/x", token: agent, code: apikey.CodeForbidden, endpoint: "plain"},
		{path: "/plain/x", token: nobody, code: apikey.CodeInvalidToken, endpoint: "plain"},
		{path: "/label/x", code: apikey.CodeMissing, endpoint: "label"},
		{path: "/header/x", token: good, header: []string{"X-Scope-OrgID", "b"}, code: apikey.CodeForbidden,
			endpoint: "header"},
		{path: "/label/api/v1/query?query=up", token: good, header: []string{"X-Scope-OrgID", "b"},
			code: apikey.CodeForbidden, endpoint: "label"},
		{path: "/label/api/v1/status/config", token: good, code: apikey.CodeForbidden, endpoint: "label"},
		{path: "/label/api/v1/query?query=up%7B", token: good, code: apikey.CodeInvalid, endpoint: "label"},
		{path: "/extra/api/v1/admin/tsdb/delete_series", token: good, code: apikey.CodeForbidden, endpoint: "extra"},
		{method: http.MethodPost, path: "/label/api/v1/query", token: good, body: big,
			header: []string{"Content-Type", confine.FormType}, code: apikey.CodeTooLarge, endpoint: "label"},
		{path: "/nowhere", token: good, code: apikey.CodeNoEndpoint},
		{path: "/auth?require=read&endpoint=plain", token: good, code: apikey.CodeValid, endpoint: "plain"},
		{path: "/auth?require=write&endpoint=plain", token: good, code: apikey.CodeForbidden, endpoint: "plain"},
		{path: "/auth?endpoint=label", token: good, code: apikey.CodeForbidden, endpoint: "label"},
		{path: "/auth?nonsense=1", token: good, code: apikey.CodeInvalid},
	} {
		name := c.path + " " + string(c.code)
		before := h.uses.count()
		header := append([]string{"User-Agent", "agent/1"}, c.header...)
		if c.token != "" {
			header = append(header, bearer(c.token)...)
		}
		method := c.method
		if method == "" {
			method = http.MethodGet
		}
		got := send(t, method, gate+c.path, c.body, header...)
		if !c.code.LetsIn() {
			require.Equal(t, string(c.code), got.Header.Get("X-Ostiary-Code"), name)
		}
		require.Equal(t, before+1, h.uses.count(), name)
		seen := h.uses.lastSeen()
		require.Equal(t, c.code, seen.Code, name)
		require.Equal(t, c.endpoint, seen.Endpoint, name)
		require.Equal(t, c.endpoint != "", seen.Configured, name)
		asked := c.token == good || c.token == agent
		if unasked := c.path == "/nowhere" || strings.HasPrefix(c.path, "/auth?endpoint") ||
			strings.HasPrefix(c.path, "/auth?nonsense"); asked && !unasked {
			require.Equal(t, c.token[4:16], seen.Token.String(), name)
			require.Equal(t, "agent/1", seen.UserAgent, name)
			require.True(t, seen.Addr.IsLoopback(), name)
		} else {
			require.Zero(t, seen.Key, name)
		}
		if c.path != "/nowhere" { // of which nothing is decided
			require.Equal(t, c.endpoint+" "+string(c.code), h.seen.last(), name)
		}
	}
}
