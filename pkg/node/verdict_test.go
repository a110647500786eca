package node_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// TestAVerdictAboutARequestIsTheGates asks about requests, and then sends them.
func TestAVerdictAboutARequestIsTheGates(t *testing.T) {
	up := somebody(t)
	r := startToReload(t, `
gate:
  endpoints:
    - {name: mix, path: /mix, methods: {GET: read}, paths: [{path: /mix/admin, require: manage}, {path: /mix/open, require: none}], upstream: "`+up+`"}
    - {name: loki, path: /, kind: loki, tenant: {header: X-Scope-OrgID}, upstream: "`+up+`"}
    - {name: other, path: /other, require: read, org: 7, paths: [{path: /other/open, require: none}], upstream: "`+up+`"}
`)
	c := r.admin()
	key := func(role apikey.Role, tenants ...string) string {
		issued, err := c.Create(t.Context(), api.CreateKey{Name: role.String() + strings.Join(tenants, ""), Role: role.String(), Tenants: tenants})
		require.NoError(t, err)
		return issued.Token
	}
	viewer, agent, none := key(apikey.RoleViewer, "a"), key(apikey.RoleAgent, "a"), key(apikey.RoleAgent)
	wrong, _ := apikey.NewToken()
	for _, asked := range []struct {
		token, method, path, code, endpoint, permission string
	}{
		{viewer, "", "/mix/1", "valid", "mix", "read"},
		{viewer, "HEAD", "/mix/1", "valid", "mix", "read"},
		{viewer, "GET", "/mix/admin/x", "forbidden", "mix", "manage"},
		{viewer, "DELETE", "/mix/1", "method_not_allowed", "", ""},
		{viewer, "GET", "/mix/open?a=b", "valid", "mix", "none"},
		{wrong, "GET", "/mix/open", "valid", "mix", "none"},
		{viewer, "TRACE", "/mix/1", "method_not_allowed", "", ""},
		{viewer, "GET", "/nothing", "no_endpoint", "", ""},
		{viewer, "GET", "/mix/../other", "invalid_request", "", ""},
		{agent, "GET", "/loki/api/v1/push", "method_not_allowed", "", ""},
		{agent, "POST", "/loki/api/v1/push", "valid", "loki", "ingest"},
		{agent, "GET", "/loki/api/v1/query", "forbidden", "loki", "read"},
		{viewer, "GET", "/loki/api/v1/query", "valid", "loki", "read"},
		{none, "POST", "/loki/api/v1/push", "forbidden", "loki", "ingest"},
		{wrong, "POST", "/loki/api/v1/push", "invalid_token", "loki", "ingest"},
		{viewer, "GET", "/other/x", "invalid_token", "", ""},
		{viewer, "GET", "/other/open", "valid", "", "none"}, // another organization's, whose name is not told
	} {
		got, err := c.Verify(t.Context(), api.VerifyRequest{Token: asked.token, Method: asked.method, Path: asked.path, DryRun: true})
		require.NoError(t, err, asked)
		require.Equal(t, []any{asked.code, asked.code == "valid", asked.endpoint, asked.permission}, []any{got.Code, got.Valid, got.Endpoint, got.Permission}, asked)
		require.Equal(t, asked.code == "valid", got.Reason == "", asked)

		if asked.path == "/mix/../other" {
			continue // which the client would clean
		}
		if asked.method == "" {
			asked.method = http.MethodGet
		}
		req, err := http.NewRequestWithContext(t.Context(), asked.method, r.GateURL()+asked.path, http.NoBody)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+asked.token)
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, got.Valid, res.StatusCode == http.StatusOK, "%v: the gate answers with %s", asked, res.Status)
		if !got.Valid {
			require.Equal(t, got.Code, res.Header.Get("X-Ostiary-Code"), asked)
		}
	}

	for field, body := range map[string]string{
		"path":   `{"token":"x","path":"a"}`,
		"method": `{"token":"x","method":"GET"}`,
	} {
		status, answer := r.call(of(t, 1), http.MethodPost, "/v1/verify", body)
		require.Equal(t, http.StatusBadRequest, status)
		require.Contains(t, answer, `"field":"`+field)
	}
	for _, body := range []string{`{"token":"x","path":"/a","endpoint":"loki"}`, `{"token":"x","path":"/a","permission":"read"}`} {
		status, answer := r.call(of(t, 1), http.MethodPost, "/v1/verify", body)
		require.Equal(t, http.StatusBadRequest, status)
		require.Contains(t, answer, `"field":"path"`)
	}
}
