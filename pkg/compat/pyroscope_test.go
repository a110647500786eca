package compat_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

func TestPyroscope(t *testing.T) {
	h := start(t)
	began := time.Now().Add(-time.Second)
	created := read[object](t, h.do(t, "POST", "/api/keys", `{"name":"agents","role":"agent","ttlSeconds":3600}`), http.StatusCreated)
	token := created["key"].(string)
	require.Equal(t, http.StatusOK, h.status(t, token))
	made, expires := moment(t, created["createdAt"]), moment(t, created["expiresAt"])
	require.WithinRange(t, made, began, time.Now())
	require.Equal(t, time.Hour, expires.Sub(made))
	want := object{"id": 2.0, "name": "agents", "role": "Agent", "key": token, "createdAt": created["createdAt"], "expiresAt": created["expiresAt"]}
	require.Equal(t, want, created)

	forever := read[object](t, h.do(t, "POST", "/api/keys", `{"name":"reader","role":"READONLY","ttlSeconds":0,"colour":"red"}`), http.StatusCreated)
	require.Equal(t, "ReadOnly", forever["role"])
	require.NotContains(t, forever, "expiresAt")
	require.NotContains(t, read[object](t, h.do(t, "POST", "/api/keys/", `{"name":"manager","role":"Admin"}`), http.StatusCreated), "expiresAt")

	var list []object
	soon(t, func() bool { // uses are written down in batches
		list = read[[]object](t, h.do(t, "GET", "/api/keys", ""), http.StatusOK)
		return list[0]["lastSeenAt"] != nil && list[1]["lastSeenAt"] != nil
	})
	require.Len(t, list, 4)
	delete(want, "key")
	want["lastSeenAt"] = list[1]["lastSeenAt"]
	require.Equal(t, want, list[1])
	require.NotContains(t, list[2], "lastSeenAt", "it was never used")

	gone := h.do(t, "DELETE", "/api/keys/2", "")
	require.Equal(t, http.StatusNoContent, gone.StatusCode)
	require.Empty(t, gone.body)
	require.Equal(t, http.StatusUnauthorized, h.status(t, token), "from the next request on")
	require.Len(t, read[[]object](t, h.do(t, "GET", "/api/keys", ""), http.StatusOK), 3)
	for _, id := range []string{"2", "0", "-1", "none", "99999999999999999999", token} {
		missing := h.do(t, "DELETE", "/api/keys/"+id, "")
		require.Equal(t, http.StatusNotFound, missing.StatusCode)
		require.Equal(t, "There is no key with that id.", refused(t, "pyroscope", missing.body))
	}
}

func TestPyroscopeRefuses(t *testing.T) {
	h := start(t, "policy.max_ttl", "30d", "policy.default_ttl", "10d")
	h.key(t, 1, "taken", apikey.RoleAgent)
	for body, want := range map[string]string{
		`{"name":"taken","role":"Agent","ttlSeconds":60}`:      "name: is taken; names are unique in an organization",
		`{"name":"x","role":"Viewer","ttlSeconds":60}`:         "role: is not known; use Admin, Agent or ReadOnly",
		`{"name":"x","ttlSeconds":60}`:                         "role: is not known; use Admin, Agent or ReadOnly",
		`{"name":" ","role":"","ttlSeconds":-1}`:               "name: a key needs a name of 1 to 255 characters; role: is not known; use Admin, Agent or ReadOnly; ttlSeconds: is negative; give seconds, or 0 for a key that never expires",
		`{"name":"x","role":"Agent","ttlSeconds":1e20}`:        "ttlSeconds: must be a whole number: digits alone, 18 at most",
		`{"name":"x","role":"Agent","ttlSeconds":1.5}`:         "ttlSeconds: must be a whole number: digits alone, 18 at most",
		`{"name":"x","role":"Agent","ttlSeconds":"60"}`:        "ttlSeconds: must be a whole number: digits alone, 18 at most",
		`{"name":["x"],"role":"Agent"}`:                        "name: must be a string",
		`{"name":"x","role":"Agent","ttlSeconds":31536e8}`:     "ttlSeconds: must be a whole number: digits alone, 18 at most",
		`{"name":"x","role":"Agent","ttlSeconds":31536000001}`: "ttlSeconds: is longer than 100 years; use 0 for a key that never expires",
		`[]`:                   "The body must be a JSON object with name, role, ttlSeconds.",
		`{"name":`:             "The body is not JSON: there is a mistake at byte 8.",
		`{} {}`:                "The body is not JSON: there is a mistake at byte 4.",
		``:                     "The body is empty. Send a JSON object with name, role, ttlSeconds.",
		"{\"name\":\"a\x00\"}": "The body is not JSON: there is a mistake at byte 11.",
	} {
		r := h.do(t, "POST", "/api/keys", body)
		require.Equal(t, http.StatusBadRequest, r.StatusCode, body)
		require.Equal(t, want, refused(t, "pyroscope", r.body), body)
	}
	for _, body := range []string{`{"name":"x","role":"Agent"}`, `{"name":"x","role":"Agent","ttlSeconds":2592001}`} {
		r := h.do(t, "POST", "/api/keys", body)
		require.Equal(t, http.StatusBadRequest, r.StatusCode)
		require.Regexp(t, `^ttlSeconds: is longer than the policy allows, which is 30d \(until .*\)$`, refused(t, "pyroscope", r.body), "never, and too long")
	}
	require.Equal(t, http.StatusCreated, h.do(t, "POST", "/api/keys", `{"name":"x","role":"Agent","ttlSeconds":2592000}`).StatusCode)

	r := h.do(t, "DELETE", "/api/keys/1", "")
	require.Equal(t, http.StatusConflict, r.StatusCode)
	require.Equal(t, "This is the last usable Admin key; without it nobody could manage keys. Create another Admin key first.", refused(t, "pyroscope", r.body))
	r = h.do(t, "POST", "/api/keys", `{"name":"`+strings.Repeat("x", 70_000)+`"}`)
	require.Equal(t, http.StatusRequestEntityTooLarge, r.StatusCode)
	require.Equal(t, "The body is longer than 65536 bytes, which no request needs.", refused(t, "pyroscope", r.body))
}

// Pyroscope knows no Editor and no revoked key; both are in the list all the
// same, the one under its name, the other as one that has ended.
func TestPyroscopeListsWhatItDoesNotKnow(t *testing.T) {
	h := start(t)
	h.key(t, 1, "editor", apikey.RoleEditor)
	revoked, err := h.Service().End(as(t, 1), h.key(t, 1, "revoked", apikey.RoleViewer).Key.ID, apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	list := read[[]object](t, h.do(t, "GET", "/api/keys", ""), http.StatusOK)
	require.Equal(t, "Editor", list[1]["role"])
	require.True(t, revoked.RevokedAt.Equal(moment(t, list[2]["expiresAt"])))
}

func moment(tb testing.TB, v any) time.Time {
	tb.Helper()
	at, err := time.Parse(time.RFC3339Nano, v.(string))
	require.NoError(tb, err)
	return at
}
