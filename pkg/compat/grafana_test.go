package compat_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	gapi "github.com/grafana/grafana-api-golang-client"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// grafana is Grafana's own client, signed in with a Bearer token or Basic
// authentication.
func grafana(tb testing.TB, h *house, cfg gapi.Config) *gapi.Client {
	tb.Helper()
	return grafanaAt(tb, h.url, cfg)
}

func grafanaAt(tb testing.TB, address string, cfg gapi.Config) *gapi.Client {
	tb.Helper()
	c, err := gapi.New(address, cfg)
	require.NoError(tb, err)
	return c
}

func TestGrafanasOwnClient(t *testing.T) {
	h := start(t)
	for name, c := range map[string]*gapi.Client{
		"bearer": grafana(t, h, gapi.Config{APIKey: h.admin}),
		"basic":  grafana(t, h, gapi.Config{BasicAuth: url.UserPassword("api_key", h.admin)}),
		"PMM":    grafanaAt(t, h.url+"/graph", gapi.Config{APIKey: h.admin}),
	} {
		viewer, err := c.CreateAPIKey(gapi.CreateAPIKeyRequest{Name: "viewer by " + name, Role: "Viewer"})
		require.NoError(t, err)
		require.Equal(t, "viewer by "+name, viewer.Name)
		require.Equal(t, http.StatusOK, h.status(t, viewer.Key))
		began := time.Now().Truncate(time.Second)
		short, err := c.CreateAPIKey(gapi.CreateAPIKeyRequest{Name: "short by " + name, Role: "Editor", SecondsToLive: 1})
		require.NoError(t, err)

		find := func(includeExpired bool, id int64) *gapi.GetAPIKeysResponse {
			keys, err := c.GetAPIKeys(includeExpired)
			require.NoError(t, err)
			for _, k := range keys {
				if k.ID == id {
					return k
				}
			}
			return nil
		}
		require.Equal(t, &gapi.GetAPIKeysResponse{ID: viewer.ID, Name: viewer.Name, Role: "Viewer"}, find(false, viewer.ID), "it never expires")
		soon(t, func() bool { return find(false, short.ID) == nil })
		expired := find(true, short.ID)
		require.NotNil(t, expired)
		require.Equal(t, "Editor", expired.Role)
		require.WithinRange(t, expired.Expiration, began.Add(time.Second), time.Now())

		_, err = c.CreateAPIKey(gapi.CreateAPIKeyRequest{Name: viewer.Name, Role: "Viewer"})
		require.ErrorContains(t, err, `status: 409, body: {"message":"API key, organization ID and name must be unique"`)
		for _, id := range []int64{viewer.ID, short.ID} {
			answer, err := c.DeleteAPIKey(id)
			require.NoError(t, err)
			require.Equal(t, "API key deleted", answer.Message)
		}
		require.Equal(t, http.StatusUnauthorized, h.status(t, viewer.Key))
		_, err = c.DeleteAPIKey(viewer.ID)
		require.ErrorAs(t, err, new(gapi.ErrNotFound))
	}

	_, err := grafana(t, h, gapi.Config{APIKey: "eyJrIjoieCJ9"}).GetAPIKeys(true)
	require.ErrorContains(t, err, `status: 401, body: {"message":"Invalid API key"`)
	_, err = grafana(t, h, gapi.Config{}).GetAPIKeys(true)
	require.ErrorContains(t, err, `status: 401, body: {"message":"Unauthorized"`)
	editor := grafana(t, h, gapi.Config{APIKey: h.key(t, 1, "editor", apikey.RoleEditor).Token})
	_, err = editor.CreateAPIKey(gapi.CreateAPIKeyRequest{Name: "x", Role: "Admin"})
	require.ErrorContains(t, err, `status: 403, body: {"message":"Cannot assign a role higher than user's role"`)
	_, err = editor.CreateAPIKey(gapi.CreateAPIKeyRequest{Name: "x", Role: "Viewer"})
	require.ErrorContains(t, err, `status: 403, body: {"message":"Permission denied"`)
}

func TestGrafanaRefuses(t *testing.T) {
	h := start(t, "policy.max_ttl", "30d", "policy.default_ttl", "10d")
	const role = "role: is not known; use Viewer, Editor or Admin"
	for body, want := range map[string]string{
		`{"name":"x","role":"Agent","secondsToLive":60}`:          "Invalid role specified: " + role,
		`{"name":"","secondsToLive":-5}`:                          "Invalid role specified: name: a key needs a name of 1 to 255 characters; " + role + "; secondsToLive: is negative; give seconds, or 0 for a key that never expires",
		`{"name":"x","role":"Viewer","secondsToLive":-5}`:         "negative value for SecondsToLive: secondsToLive: is negative; give seconds, or 0 for a key that never expires",
		`{"name":" ","role":"viewer","secondsToLive":60}`:         "bad request data: name: a key needs a name of 1 to 255 characters",
		`{"name":"x","role":"Viewer","secondsToLive":"60"}`:       "bad request data: secondsToLive: must be a whole number: digits alone, 18 at most",
		`{"name":"x","role":1}`:                                   "bad request data: role: must be a string",
		`"x"`:                                                     "bad request data: The body must be a JSON object with name, role, secondsToLive.",
		`{"name":"x","role":"Viewer","secondsToLive":9999999999}`: "Number of seconds before expiration is greater than the global limit: secondsToLive: is longer than 100 years; use 0 for a key that never expires",
	} {
		r := h.do(t, "POST", "/api/auth/keys", body)
		require.Equal(t, http.StatusBadRequest, r.StatusCode, body)
		require.Equal(t, want, refused(t, "grafana", r.body), body)
	}
	for body, want := range map[string]string{
		`{"name":"x","role":"Viewer"}`:                         "Number of seconds before expiration should be set",
		`{"name":"x","role":"Viewer","secondsToLive":3000000}`: "Number of seconds before expiration is greater than the global limit",
	} {
		r := read[object](t, h.do(t, "POST", "/api/auth/keys", body), http.StatusBadRequest)
		require.Equal(t, want, r["message"])
		require.Contains(t, r["error"], "secondsToLive: is longer than the policy allows, which is 30d")
	}
	for id, want := range map[string]string{
		"x":    "id is invalid: id: must be the number of a key",
		"1234": "Failed to delete API key: There is no key with that id.",
		"1":    "Failed to delete API key: This is the last usable Admin key; without it nobody could manage keys. Create another Admin key first.",
	} {
		require.Equal(t, want, refused(t, "grafana", h.do(t, "DELETE", "/api/auth/keys/"+id, "").body))
	}
}

// Grafana's role model has no Agent; such a key is listed under that name and
// can be deleted.
func TestGrafanaListsWhatItDoesNotKnow(t *testing.T) {
	h := start(t)
	c := grafana(t, h, gapi.Config{APIKey: h.admin})
	agent := h.key(t, 1, "agent", apikey.RoleAgent)
	revoked, err := h.Service().End(as(t, 1), h.key(t, 1, "revoked", apikey.RoleViewer).Key.ID, apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	keys, err := c.GetAPIKeys(false)
	require.NoError(t, err)
	require.Len(t, keys, 2, "one that was revoked has ended")
	require.Equal(t, &gapi.GetAPIKeysResponse{ID: agent.Key.Number, Name: "agent", Role: "Agent"}, keys[1])
	keys, err = c.GetAPIKeys(true)
	require.NoError(t, err)
	require.Len(t, keys, 3)
	require.True(t, revoked.RevokedAt.Equal(keys[2].Expiration))
	_, err = c.DeleteAPIKey(agent.Key.Number)
	require.NoError(t, err)
	require.Equal(t, http.StatusUnauthorized, h.status(t, agent.Token))
}
