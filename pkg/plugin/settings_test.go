package plugin_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

const day = 24 * 60 * 60

func TestThePolicyIsTheOrganizations(t *testing.T) {
	h := start(t)
	for name, tc := range map[string]struct {
		jsonData string
		want     api.Policy
	}{
		"never configured": {``, api.Policy{DefaultTTL: 90 * day, Roles: apikey.Roles()}},
		"empty":            {`{}`, api.Policy{DefaultTTL: 90 * day, Roles: apikey.Roles()}},
		"null":             {`null`, api.Policy{DefaultTTL: 90 * day, Roles: apikey.Roles()}},
		"as the page saves it": {
			`{"policy":{"defaultTtl":"30d","maxTtl":"365d","roles":["Viewer","Agent"]}}`,
			api.Policy{DefaultTTL: 30 * day, MaxTTL: 365 * day, Roles: []apikey.Role{apikey.RoleViewer, apikey.RoleAgent}},
		},
		"seconds":         {`{"policy":{"defaultTtl":3600,"maxTtl":86400}}`, api.Policy{DefaultTTL: 3600, MaxTTL: day, Roles: apikey.Roles()}},
		"never":           {`{"policy":{"defaultTtl":"never","maxTtl":"0"}}`, api.Policy{Roles: apikey.Roles()}},
		"inputs left out": {`{"policy":{"defaultTtl":"","maxTtl":null}}`, api.Policy{DefaultTTL: 90 * day, Roles: apikey.Roles()}},
		"others' fields":  {`{"theme":"dark","policy":{"maxTtl":"90d"}}`, api.Policy{DefaultTTL: 90 * day, MaxTTL: 90 * day, Roles: apikey.Roles()}},
	} {
		h.Configure(1, tc.jsonData)
		require.Equal(t, tc.want, limitsOf(t, do(t, h, "viewer", "GET", "/v1/policy", "").body), name)
		require.Equal(t, api.Policy{DefaultTTL: 90 * day, Roles: apikey.Roles()},
			limitsOf(t, do(t, h, "other", "GET", "/v1/policy", "").body), "another organization's stays")
	}

	h.Configure(1, `{"policy":{"defaultTtl":"1h","maxTtl":"2h","roles":["Agent"]}}`)
	issued := create(t, h, "admin", `{"name":"short","role":"Agent"}`)
	require.InDelta(t, 3600, issued.Key.ExpiresAt.Sub(issued.Key.CreatedAt).Seconds(), 1)
	r := do(t, h, "admin", "POST", "/v1/keys", `{"name":"long","role":"Viewer","expiresIn":"3h"}`)
	require.Equal(t, http.StatusBadRequest, r.StatusCode)
	require.Contains(t, r.body, `"field":"role"`)
	require.Contains(t, r.body, `"field":"expiresIn"`)
}

// What was saved counts from the next request on, however soon it is saved again: Grafana writes down only the second.
func TestASavedPolicyCountsAtOnce(t *testing.T) {
	h := start(t)
	for days := range 20 {
		h.Configure(1, fmt.Sprintf(`{"policy":{"maxTtl":"%dd","defaultTtl":"1d"}}`, days+1))
		require.Equal(t, int64(days+1)*day, decode[api.Policy](t, do(t, h, "viewer", "GET", "/v1/policy", "").body).MaxTTL)
		status, _, _ := health(t, h)
		require.Equal(t, "OK", status)
	}
	h.Configure(1, `{"policy":{"maxTtl":"1d"}}`)
	status, message, _ := health(t, h)
	require.Equal(t, "ERROR", status)
	require.Contains(t, message, "policy.defaultTtl is 90d")
}

// What the configuration of the process says counts where the organization
// says nothing.
func TestThePolicyOfTheProcess(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "ostiary.yaml"), "policy: {default_ttl: 7d, max_ttl: 30d}\n")
	h := start(t, with("config", file))
	require.Equal(t, api.Policy{DefaultTTL: 7 * day, MaxTTL: 30 * day, Roles: apikey.Roles()},
		limitsOf(t, do(t, h, "viewer", "GET", "/v1/policy", "").body))
	h.Configure(1, `{"policy":{"maxTtl":"10d"}}`)
	require.Equal(t, api.Policy{DefaultTTL: 7 * day, MaxTTL: 10 * day, Roles: apikey.Roles()},
		limitsOf(t, do(t, h, "viewer", "GET", "/v1/policy", "").body))
	h.Configure(1, `{"policy":{"maxTtl":"1d"}}`)
	status, message, _ := health(t, h)
	require.Equal(t, "ERROR", status)
	require.Contains(t, message, "policy.defaultTtl is 7d, longer than maxTtl, which is 1d")
}

// Wrong settings are reported by the health check and keep new keys from being made; ending a key still works.
func TestWrongSettings(t *testing.T) {
	h := start(t)
	issued := create(t, h, "admin", `{"name":"a","role":"Agent"}`)
	key := "/v1/keys/" + issued.Key.ID
	for jsonData, want := range map[string]string{
		`{"policy":{"maxTtl":"30x"}}`:                      `policy.maxTtl "30x" is not a time to live`,
		`{"policy":{"maxTtl":-1}}`:                         `policy.maxTtl is negative`,
		`{"policy":{"maxTtl":1.5}}`:                        `policy.maxTtl "1.5" is not a time to live`,
		`{"policy":{"maxTtl":["30d"]}}`:                    `policy.maxTtl must be seconds or text`,
		`{"policy":{"maxTtl":"200y"}}`:                     `policy.maxTtl "200y" is not a time to live`,
		`{"policy":{"defaultTtl":"60d","maxTtl":"30d"}}`:   `policy.defaultTtl is 60d, longer than maxTtl, which is 30d`,
		`{"policy":{"defaultTtl":"never","maxTtl":"30d"}}`: `policy.defaultTtl is never, longer than maxTtl`,
		`{"policy":{"roles":[]}}`:                          `policy.roles must name the roles`,
		`{"policy":{"roles":"Viewer"}}`:                    `policy.roles must name the roles`,
		`{"policy":{"roles":["Viewer","Owner"]}}`:          `policy.roles[1] "Owner" is not a role`,
		`{"policy":{"roles":[7]}}`:                         `policy.roles[0] "" is not a role`,
		`{"policy":{"max_ttl":"30d"}}`:                     `policy.max_ttl is not a setting`,
		`{"policy":"30d"}`:                                 `policy must be an object`,
		`[1]`:                                              `jsonData is not a JSON object`,
		`{`:                                                `jsonData is not a JSON object`,
	} {
		h.Configure(1, jsonData)
		status, message, details := health(t, h)
		require.Equal(t, "ERROR", status, jsonData)
		require.Contains(t, message, want, jsonData)
		require.Equal(t, api.StatusOK, details.Status, "the store and the gate have nothing to do with it")

		for _, m := range []struct{ method, target, body string }{
			{"POST", "/v1/keys", `{"name":"b","role":"Agent"}`}, {"POST", key + "/rotate", `{}`}, {"PATCH", key, `{"expiresIn":"1d"}`}, {"GET", "/v1/policy", ""},
		} {
			r := do(t, h, "admin", m.method, m.target, m.body)
			require.Equal(t, http.StatusServiceUnavailable, r.StatusCode, "%s %s: %s", m.method, m.target, r.body)
			var p api.Problem
			require.NoError(t, json.Unmarshal([]byte(r.body), &p))
			require.Contains(t, p.Detail, want)
		}
		require.Equal(t, http.StatusOK, do(t, h, "admin", "GET", "/v1/keys", "").StatusCode)
		require.Equal(t, http.StatusOK, do(t, h, "admin", "PATCH", key, `{"enabled":false}`).StatusCode)
		require.Equal(t, http.StatusOK, do(t, h, "admin", "PATCH", key, `{"enabled":true}`).StatusCode)
		create(t, h, "other", fmt.Sprintf(`{"name":%q,"role":"Agent"}`, jsonData)) // in another organization
	}
	require.Equal(t, http.StatusOK, do(t, h, "admin", "POST", key+"/revoke", "").StatusCode)
	require.Equal(t, http.StatusNoContent, do(t, h, "admin", "DELETE", key, "").StatusCode)
}

// The provisioning file that users copy is read as Grafana reads it.
func TestTheProvisioningFile(t *testing.T) {
	content, err := os.ReadFile("../../provisioning/plugins/ostiary.yaml")
	require.NoError(t, err)
	var file struct {
		APIVersion int `yaml:"apiVersion"`
		Apps       []struct {
			Type     string         `yaml:"type"`
			OrgID    int64          `yaml:"org_id"`
			Disabled bool           `yaml:"disabled"`
			JSONData map[string]any `yaml:"jsonData"`
		} `yaml:"apps"`
	}
	decoder := yaml.NewDecoder(mustOpen(t, "../../provisioning/plugins/ostiary.yaml"))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&file), string(content))
	require.Equal(t, 1, file.APIVersion)
	require.Len(t, file.Apps, 1)
	app := file.Apps[0]
	require.Equal(t, "ostiary-apikeys-app", app.Type)
	require.Equal(t, int64(1), app.OrgID)
	require.False(t, app.Disabled)

	h := start(t)
	jsonData, err := json.Marshal(app.JSONData)
	require.NoError(t, err)
	h.Configure(app.OrgID, string(jsonData))
	status, message, _ := health(t, h)
	require.Equal(t, "OK", status, message)
	require.Equal(t, api.Policy{DefaultTTL: 90 * day, MaxTTL: 365 * day, Roles: []apikey.Role{apikey.RoleEditor, apikey.RoleViewer, apikey.RoleAgent}},
		limitsOf(t, do(t, h, "viewer", "GET", "/v1/policy", "").body))
}

func mustOpen(t testing.TB, name string) *os.File {
	t.Helper()
	f, err := os.Open(name)
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// limitsOf reads a policy, without what programs offer by it.
func limitsOf(t *testing.T, body string) api.Policy {
	t.Helper()
	p := decode[api.Policy](t, body)
	require.NotEmpty(t, p.Offers.Lifetimes)
	p.Offers, p.Editable = api.Offers{}, nil
	return p
}
