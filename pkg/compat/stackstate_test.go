package compat_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// sts sends a request as the client does that StackState's command line is
// built on: these headers, and the key in X-API-Token or X-API-Key.
func (h *house) sts(tb testing.TB, method, path, body string) reply {
	tb.Helper()
	header := "X-API-Token"
	if len(path)%2 == 0 { // one as well as the other
		header = "X-API-Key"
	}
	headers := []string{header, h.admin, "Accept", "application/json", "User-Agent", "StackStateCLI/3.0.6"}
	if body != "" {
		headers = append(headers, "Content-Type", "application/json")
	}
	return h.do(tb, method, path, body, headers...)
}

const ingestionKeys = "/api/security/ingestion/api_keys"

func TestStackState(t *testing.T) {
	h := start(t)
	const info = `{"version":{"major":5,"minor":1,"patch":0,"diff":"","commit":"ostiary","isDev":false},"deploymentMode":"SelfHosted"}`
	require.JSONEq(t, info, h.sts(t, "GET", "/api/server/info", "").body)
	require.JSONEq(t, info, h.do(t, "GET", "/api/server/info", "", "Accept", "application/json").body, "anyone may ask")

	plain := read[object](t, h.sts(t, "POST", ingestionKeys, `{"name":"my-ingestion-api-key"}`), http.StatusOK)
	token := plain["apiKey"].(string)
	require.Equal(t, object{"id": 2.0, "lastUpdateTimestamp": plain["lastUpdateTimestamp"], "name": "my-ingestion-api-key", "apiKey": token}, plain)
	updated := time.UnixMilli(int64(plain["lastUpdateTimestamp"].(float64)))
	require.WithinDuration(t, time.Now(), updated, time.Minute)
	expiration := time.Now().Add(24 * time.Hour).UnixMilli()
	full := h.sts(t, "POST", ingestionKeys, fmt.Sprintf(`{"name":"otel","description":"OTel Collector","expiration":%d}`, expiration))
	var long struct {
		ID          int64
		Name        string
		Description string
		Expiration  int64
		APIKey      string
		LastUpdate  int64 `json:"lastUpdateTimestamp"`
	}
	require.Equal(t, http.StatusOK, full.StatusCode)
	decode(t, full.body, &long)
	require.Equal(t, []any{int64(3), "otel", "OTel Collector", expiration}, []any{long.ID, long.Name, long.Description, long.Expiration})

	h.key(t, 1, "not an ingestion key", apikey.RoleViewer)
	list := h.sts(t, "GET", ingestionKeys, "")
	require.NotContains(t, list.body, "apiKey")
	delete(plain, "apiKey")
	require.Equal(t, []object{plain, {
		"id": 3.0, "lastUpdateTimestamp": float64(long.LastUpdate), "name": "otel", "description": "OTel Collector", "expiration": float64(expiration),
	}}, read[[]object](t, list, http.StatusOK))

	authorized := h.sts(t, "POST", "/api/security/ingestion/authorize?withReceiverKey=true", `{"apiKey":"`+token+`"}`)
	require.Equal(t, http.StatusNoContent, authorized.StatusCode)
	require.Empty(t, authorized.body)
	require.Equal(t, http.StatusNoContent, h.sts(t, "DELETE", ingestionKeys+"/2", "").StatusCode)
	require.Equal(t, http.StatusForbidden, h.sts(t, "POST", "/api/security/ingestion/authorize", `{"apiKey":"`+token+`"}`).StatusCode)
	for _, id := range []string{"1", "2", "4", "none"} {
		r := h.sts(t, "DELETE", ingestionKeys+"/"+id, "")
		require.Equal(t, http.StatusNotFound, r.StatusCode, "of other roles, or not there")
		require.Equal(t, "IngestionApiKeyNotFoundError: There is no key with that id.", refused(t, "stackstate", r.body))
	}
}

func TestStackStateAuthorizes(t *testing.T) {
	h := start(t)
	ask := func(token, caller string) (int, string) {
		body, err := json.Marshal(map[string]string{"apiKey": token})
		require.NoError(t, err)
		r := h.do(t, "POST", "/api/security/ingestion/authorize", string(body), "X-Api-Token", caller)
		if r.StatusCode == http.StatusNoContent {
			return r.StatusCode, ""
		}
		return r.StatusCode, refused(t, "stackstate", r.body)
	}
	agent := h.key(t, 1, "agent", apikey.RoleAgent)
	viewer := h.key(t, 1, "viewer", apikey.RoleViewer)
	revoked := h.key(t, 1, "revoked", apikey.RoleAgent)
	_, err := h.Service().End(as(t, 1), revoked.Key.ID, apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	other := h.key(t, 2, "elsewhere", apikey.RoleAgent)

	status, _ := ask(agent.Token, viewer.Token)
	require.Equal(t, http.StatusNoContent, status, "any signed-in caller may ask")
	const unknown = "ForbiddenError: The API key is not known here. Check that the whole key was copied."
	for token, want := range map[string]string{
		viewer.Token:                "ForbiddenError: The API key has the role Viewer, which does not grant ingest; use one with Admin or Agent.",
		revoked.Token:               "ForbiddenError: The API key was revoked. Ask for a new one.",
		other.Token:                 unknown,
		"x":                         unknown,
		agent.Token[:60] + "zzzzzz": unknown,
	} {
		status, said := ask(token, h.admin)
		require.Equal(t, http.StatusForbidden, status)
		require.Equal(t, want, said)
	}
	status, said := ask("", h.admin)
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, "RequestValidationError: apiKey: is missing; give the key to be judged", said)
	status, said = ask(agent.Token, revoked.Token)
	require.Equal(t, http.StatusUnauthorized, status)
	require.Equal(t, "UserNotLoggedInError: The API key was revoked. Ask for a new one.", said)
	soon(t, func() bool {
		k, err := h.Service().Key(as(t, 1), agent.Key.ID)
		return err == nil && k.Usage.Count == 1 && k.Usage.LastFrom == ""
	})
}

func TestStackStateRefuses(t *testing.T) {
	h := start(t, "policy.max_ttl", "30d", "policy.default_ttl", "10d")
	h.key(t, 1, "taken", apikey.RoleViewer)
	soonEnough := time.Now().Add(time.Hour).UnixMilli()
	for body, want := range map[string]string{
		`{"name":"x","expiration":1}`:                                           "IngestionApiKeyInvalidExpiryError: expiration: lies in the past; a key must expire in the future",
		`{"name":"x","expiration":-9223372036854775808}`:                        "IngestionApiKeyInvalidExpiryError: expiration: lies in the past; a key must expire in the future",
		`{"name":"x","expiration":"tomorrow"}`:                                  "IngestionApiKeyInvalidExpiryError: expiration: must be a whole number: digits alone, 18 at most",
		`{"name":"","expiration":0}`:                                            "IngestionApiKeyInvalidExpiryError: name: a key needs a name of 1 to 255 characters; expiration: lies in the past; a key must expire in the future",
		fmt.Sprintf(`{"name":"","expiration":%d}`, soonEnough):                  "RequestValidationError: name: a key needs a name of 1 to 255 characters",
		fmt.Sprintf(`{"name":"x","description":%q}`, strings.Repeat("x", 1025)): "",
		`{"description":{}}`:                                                    "RequestValidationError: description: must be a string",
		`null`:                                                                  "",
		`{`:                                                                     "RequestValidationError: The body is not JSON: there is a mistake at byte 1.",
	} {
		r := h.sts(t, "POST", ingestionKeys, body)
		require.Equal(t, http.StatusBadRequest, r.StatusCode, body)
		if said := refused(t, "stackstate", r.body); want != "" {
			require.Equal(t, want, said, body)
		}
	}
	for _, body := range []string{`{"name":"x"}`, `{"name":"x","expiration":9223372036854775807}`} {
		r := h.sts(t, "POST", ingestionKeys, body)
		require.Equal(t, http.StatusBadRequest, r.StatusCode)
		require.Contains(t, refused(t, "stackstate", r.body), "IngestionApiKeyInvalidExpiryError: expiration: is longer than the policy allows, which is 30d")
	}
	r := h.sts(t, "POST", ingestionKeys, fmt.Sprintf(`{"name":"taken","expiration":%d}`, soonEnough))
	require.Equal(t, http.StatusConflict, r.StatusCode)
	require.Equal(t, "IngestionApiKeyNameExistsError: name: is taken; names are unique in an organization", refused(t, "stackstate", r.body))
}
