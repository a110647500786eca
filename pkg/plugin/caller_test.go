package plugin_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/plugintest"
)

// forgeries are headers with which a client may try to be somebody else.
var forgeries = map[string]string{
	"Authorization":         "Bearer ost_000000000000_0000000000000000000000000000000000000000000000000",
	"X-API-Key":             "ost_000000000000_0000000000000000000000000000000000000000000000000",
	"X-Grafana-User":        "admin",
	"X-Grafana-Id":          "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiIsInJvbGUiOiJBZG1pbiJ9.",
	"X-Grafana-Org-Id":      "2",
	"X-Grafana-Role":        "Admin",
	"X-WEBAUTH-USER":        "admin",
	"X-JWT-Assertion":       "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiIsInJvbGUiOiJBZG1pbiJ9.",
	"X-Ostiary-Key-Id":      "4fjK2n0qPz7a",
	"X-Ostiary-Key-Name":    "admin",
	"X-Ostiary-Role":        "Admin",
	"X-Ostiary-Org":         "2",
	"X-Ostiary-Permissions": "manage",
	"Cookie":                "grafana_session=00000000000000000000000000000000",
	"Forwarded":             "for=192.0.2.66",
	"X-Real-IP":             "192.0.2.66",
}

func TestEachRoleMayDoItsPart(t *testing.T) {
	h := start(t)
	issued := create(t, h, "admin", `{"name":"agents","role":"Agent"}`)
	key := "/v1/keys/" + issued.Key.ID
	verify := `{"token":"` + issued.Token + `","permission":"ingest"}`

	managing := []struct{ method, target, body string }{
		{"GET", "/v1/keys", ""},
		{"POST", "/v1/keys", `{"name":"mine","role":"Admin"}`},
		{"GET", key, ""},
		{"PATCH", key, `{"name":"other"}`},
		{"POST", key + "/rotate", `{}`},
		{"POST", key + "/revoke", ""},
		{"DELETE", key, ""},
		{"GET", "/v1/audit", ""},
	}
	for _, user := range []string{"editor", "viewer", "nothing"} {
		for _, m := range managing {
			r := do(t, h, user, m.method, m.target, m.body)
			require.Equal(t, http.StatusForbidden, r.StatusCode, "%s %s as %s: %s", m.method, m.target, user, r.body)
			require.Equal(t, apikey.CodeForbidden, decode[api.Problem](t, r.body).Code)
		}
		r := do(t, h, user, "POST", "/v1/verify", verify)
		require.Equal(t, http.StatusOK, r.StatusCode, r.body)
		require.True(t, decode[api.VerifyResponse](t, r.body).Valid)
	}

	whoami := map[string]string{
		"admin":   `{"login":"admin","orgId":1,"role":"Admin","keyId":"","permissions":["manage","write","read","ingest"]}`,
		"editor":  `{"login":"editor","orgId":1,"role":"Editor","keyId":"","permissions":["write","read"]}`,
		"viewer":  `{"login":"viewer","orgId":1,"role":"Viewer","keyId":"","permissions":["read"]}`,
		"nothing": `{"login":"sa-1-nothing","orgId":1,"role":"","keyId":"","permissions":[]}`,
		"other":   `{"login":"admin","orgId":2,"role":"Admin","keyId":"","permissions":["manage","write","read","ingest"]}`,
	}
	for user, want := range whoami {
		require.JSONEq(t, want, do(t, h, user, "GET", "/v1/whoami", "").body)
	}
	for _, m := range managing {
		r := do(t, h, "admin", m.method, m.target, m.body)
		require.Less(t, r.StatusCode, 300, "%s %s: %s", m.method, m.target, r.body)
	}
}

// Headers are passed to the plugin as the client sent them, past all that
// Grafana does to them; still they change nothing.
func TestForgedHeadersChangeNothing(t *testing.T) {
	h := start(t)
	viewer := plugintest.User{Login: "viewer", Role: "Viewer", OrgID: 1}
	header := http.Header{}
	for name, value := range forgeries {
		header.Set(name, value)
	}
	call := func(user *plugintest.User, method, target string) *backend.CallResourceResponse {
		answer, err := h.Call(t.Context(), h.Context(1, user), method, target, header, nil)
		require.NoError(t, err)
		return answer
	}
	require.JSONEq(t, `{"login":"viewer","orgId":1,"role":"Viewer","keyId":"","permissions":["read"]}`,
		string(call(&viewer, "GET", "/v1/whoami").Body))
	require.Equal(t, http.StatusForbidden, call(&viewer, "GET", "/v1/keys").Status)
	for _, target := range []string{"/v1/whoami", "/v1/keys", "/v1/audit", "/v1/policy"} {
		require.Equal(t, http.StatusUnauthorized, call(nil, "GET", target).Status, target)
	}

	// One by one, too, and through Grafana.
	for name, value := range forgeries {
		r := request(t, h, "viewer", "GET", "/v1/whoami", "")
		if name != "Authorization" && name != "X-Grafana-Org-Id" { // which Grafana reads itself
			r.Header.Set(name, value)
		}
		require.Equal(t, "viewer", decode[api.Whoami](t, send(t, r).body).Login, name)
		answer, err := h.Call(t.Context(), h.Context(1, nil), "GET", "/v1/whoami", http.Header{name: {value}}, nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusUnauthorized, answer.Status, name)
	}
}

// The reason why something does not work names the database's user and host. Callers who may not manage keys get it
// neither from the health check nor from the resource API.
func TestOnlyAdminsLearnWhatTheServerIsMadeOf(t *testing.T) {
	const user, host, database = "keyowner", "127.0.0.1:1", "keystore"
	h := start(t, with("store", "postgres://"+user+"@"+host+"/"+database))
	check := func(who *plugintest.User) string {
		result, err := h.CheckHealth(t.Context(), h.Context(1, who))
		require.NoError(t, err)
		require.Equal(t, backend.HealthStatusError, result.Status)
		return result.Message + string(result.JSONDetails)
	}
	require.Contains(t, check(&plugintest.User{Login: "admin", Role: "Admin"}), user)
	secrets := []string{user, host, database, "postgres", h.GrafanaData()}
	for _, who := range []*plugintest.User{
		nil, {Role: "Viewer"}, {Role: "Admin"}, {Login: "editor", Role: "Editor"}, {Login: "viewer", Role: "Viewer"}, {Login: "sa", Role: "None"},
	} {
		for _, secret := range secrets {
			require.NotContains(t, check(who), secret, "%+v", who)
		}
	}
	for _, who := range []string{"admin", "editor", "viewer", "nothing"} {
		for _, target := range []string{"/v1/health", "/v1/policy", "/v1/whoami", "/v1/keys", "/openapi.json"} {
			for _, secret := range secrets {
				require.NotContains(t, do(t, h, who, "GET", target, "").body, secret, "%s as %s", target, who)
			}
		}
	}
}

func TestAKeyIsNoCallerInsideGrafana(t *testing.T) {
	h := start(t)
	issued := create(t, h, "admin", `{"name":"root","role":"Admin"}`)
	for _, header := range []http.Header{{"Authorization": {"Bearer " + issued.Token}}, {"X-Api-Key": {issued.Token}}} {
		answer, err := h.Call(t.Context(), h.Context(1, nil), "GET", "/v1/whoami", header, nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusUnauthorized, answer.Status)
	}
}

func TestACallWithoutAUserIsRefused(t *testing.T) {
	h := start(t)
	contexts := map[string]backend.PluginContext{
		"nobody":              h.Context(1, nil),
		"an anonymous viewer": h.Context(1, &plugintest.User{Role: "Viewer"}),
		"no organization":     h.Context(0, &plugintest.User{Login: "admin", Role: "Admin"}),
		"a negative one":      h.Context(-1, &plugintest.User{Login: "admin", Role: "Admin"}),
	}
	for name, pc := range contexts {
		for _, target := range []string{"/v1/keys", "/v1/whoami", "/v1/audit", "/v1/policy"} {
			answer, err := h.Call(t.Context(), pc, "GET", target, nil, nil)
			require.NoError(t, err)
			require.Equal(t, http.StatusUnauthorized, answer.Status, "%s: %s", name, target)
			require.Equal(t, apikey.CodeUnauthenticated, decode[api.Problem](t, string(answer.Body)).Code)
		}
		answer, err := h.Call(t.Context(), pc, "POST", "/v1/verify", nil, []byte(`{"token":"x"}`))
		require.NoError(t, err)
		require.Equal(t, http.StatusUnauthorized, answer.Status, name)
		answer, err = h.Call(t.Context(), pc, "GET", "/v1/health", nil, nil)
		require.NoError(t, err)
		require.JSONEq(t, `{"status":"ok"}`, string(answer.Body), "all that anyone may know")
	}
	require.Equal(t, http.StatusUnauthorized, do(t, h, "", "GET", "/v1/keys", "").StatusCode)
}

// Roles that Grafana does not have give no rights, even if the resource API
// knows them.
func TestOnlyGrafanasRolesCount(t *testing.T) {
	h := start(t)
	for _, role := range []string{"admin", "ADMIN", "Grafana Admin", "Agent", "ReadOnly", "None", "", " Admin"} {
		answer, err := h.Call(t.Context(), h.Context(1, &plugintest.User{Login: "x", Role: role}), "GET", "/v1/whoami", nil, nil)
		require.NoError(t, err)
		who := decode[api.Whoami](t, string(answer.Body))
		require.Equal(t, apikey.RoleNone, who.Role, role)
		require.Empty(t, who.Permissions, role)
	}
}

func TestOrganizationsNeverSeeEachOther(t *testing.T) {
	h := start(t)
	mine := create(t, h, "admin", `{"name":"shared-name","role":"Agent","description":"of the first"}`)
	theirs := create(t, h, "other", `{"name":"shared-name","role":"Agent","description":"of the second"}`) // names do not collide
	require.NotEqual(t, mine.Key.ID, theirs.Key.ID)
	require.Equal(t, int64(2), theirs.Key.OrgID)

	both := []struct {
		user         string
		own, another api.IssuedKey
	}{{"admin", mine, theirs}, {"other", theirs, mine}}
	for _, who := range both {
		list := do(t, h, who.user, "GET", "/v1/keys", "").body
		require.Contains(t, list, who.own.Key.ID)
		require.NotContains(t, list, who.another.Key.ID)
		require.NotContains(t, list, who.another.Key.Description)
		search := do(t, h, who.user, "GET", "/v1/keys?q="+who.another.Key.ID, "").body
		require.Empty(t, decode[api.KeyList](t, search).Keys)

		audit := do(t, h, who.user, "GET", "/v1/audit", "").body
		require.Contains(t, audit, who.own.Key.ID)
		require.NotContains(t, audit, who.another.Key.ID)
		audit = do(t, h, who.user, "GET", "/v1/audit?keyId="+who.another.Key.ID, "").body
		require.Empty(t, decode[api.AuditList](t, audit).Entries)

		key := "/v1/keys/" + who.another.Key.ID
		for _, m := range []struct{ method, target, body string }{
			{"GET", key, ""}, {"PATCH", key, `{"enabled":false}`}, {"POST", key + "/rotate", `{}`}, {"POST", key + "/revoke", ""}, {"DELETE", key, ""},
		} {
			r := do(t, h, who.user, m.method, m.target, m.body)
			require.Equal(t, http.StatusNotFound, r.StatusCode, "%s %s: %s", m.method, m.target, r.body)
			unknown := do(t, h, who.user, m.method, strings.Replace(m.target, who.another.Key.ID, "000000000000", 1), m.body)
			require.Equal(t, unknown.body, r.body, "a key of another organization looks like one that does not exist")
		}
		verify := do(t, h, who.user, "POST", "/v1/verify", fmt.Sprintf(`{"token":%q}`, who.another.Token)).body
		require.Equal(t, api.VerifyResponse{Code: "invalid_token", Reason: "The API key is not known here. Check that the whole key was copied."},
			decode[api.VerifyResponse](t, verify), "and so does its token")
		verify = do(t, h, who.user, "POST", "/v1/verify", fmt.Sprintf(`{"token":%q}`, who.own.Token)).body
		require.True(t, decode[api.VerifyResponse](t, verify).Valid)
	}
}

// The audit trail shows the address that Grafana saw, not the one that a
// client claims; those of trusted proxies are seen through.
func TestTheAddressInTheAuditTrail(t *testing.T) {
	for _, tc := range []struct{ trusted, sent, want string }{
		{"", "", "127.0.0.1"},
		{"", "192.0.2.66", "127.0.0.1"},
		{"127.0.0.0/8", "192.0.2.66", "192.0.2.66"},
		{"127.0.0.0/8", "192.0.2.66, 198.51.100.7", "198.51.100.7"},
		{"127.0.0.0/8,198.51.100.0/24", "192.0.2.66, 198.51.100.7", "192.0.2.66"},
	} {
		h := start(t, with("trusted_proxies", tc.trusted))
		r := request(t, h, "admin", "POST", "/v1/keys", `{"name":"a","role":"Agent"}`)
		if tc.sent != "" {
			r.Header.Set("X-Forwarded-For", tc.sent)
		}
		require.Equal(t, http.StatusCreated, send(t, r).StatusCode)
		audit := decode[api.AuditList](t, do(t, h, "admin", "GET", "/v1/audit?action=create", "").body)
		require.Equal(t, tc.want, audit.Entries[0].From, "%+v", tc)
		h.Close()
	}
}
