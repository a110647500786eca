package compat_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/compat"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
	"github.com/ostiary/ostiary/pkg/verify"
)

// routes are all that take a caller. "{n}" is replaced by the number of a key.
var routes = []struct{ system, method, path, body string }{
	{"pyroscope", "GET", "/api/keys", ""},
	{"pyroscope", "POST", "/api/keys", `{"name":"new","role":"Agent"}`},
	{"pyroscope", "DELETE", "/api/keys/{n}", ""},
	{"grafana", "GET", "/api/auth/keys", ""},
	{"grafana", "POST", "/api/auth/keys", `{"name":"new","role":"Viewer"}`},
	{"grafana", "DELETE", "/api/auth/keys/{n}", ""},
	{"stackstate", "GET", "/api/security/ingestion/api_keys", ""},
	{"stackstate", "POST", "/api/security/ingestion/api_keys", `{"name":"new"}`},
	{"stackstate", "DELETE", "/api/security/ingestion/api_keys/{n}", ""},
	{"stackstate", "POST", "/api/security/ingestion/authorize", `{"apiKey":"x"}`},
}

// number puts a key's number into a path.
func number(path string, k *apikey.Key) string {
	return strings.Replace(path, "{n}", strconv.FormatInt(k.Number, 10), 1)
}

func TestWhoMay(t *testing.T) {
	h := start(t)
	key := h.key(t, 1, "key", apikey.RoleAgent)
	other := h.key(t, 2, "admin of another", apikey.RoleAdmin)
	h.key(t, 2, "spare", apikey.RoleAdmin)
	disabled := h.key(t, 1, "disabled", apikey.RoleAdmin)
	off := false
	_, err := h.Service().Update(as(t, 1), disabled.Key.ID, apikey.Update{Enabled: &off}, false)
	require.NoError(t, err)
	tokens := map[string]string{"other": other.Token, "disabled": disabled.Token, "wrong": key.Token[:60] + "zzzzzz"}
	for _, role := range []apikey.Role{apikey.RoleEditor, apikey.RoleViewer, apikey.RoleAgent} {
		tokens[role.String()] = h.key(t, 1, role.String(), role).Token
	}
	for _, route := range routes {
		path := number(route.path, key.Key)
		ask := func(status int, headers ...string) string {
			r := h.do(t, route.method, path, route.body, headers...)
			require.Equal(t, status, r.StatusCode, "%s %s: %s", route.method, path, r.body)
			if status == http.StatusUnauthorized {
				require.Equal(t, `Bearer realm="ostiary", charset="UTF-8"`, r.Header.Get("WWW-Authenticate"))
			}
			if status < 400 {
				return r.body
			}
			return refused(t, route.system, r.body)
		}
		require.Contains(t, ask(http.StatusUnauthorized, "Accept", "*/*"), "Nobody is signed in.")
		require.Contains(t, ask(http.StatusUnauthorized, "Authorization", "Bearer "+tokens["wrong"]), "The API key is not known here.")
		require.Contains(t, ask(http.StatusUnauthorized, "X-Api-Key", tokens["disabled"]), "The API key is disabled.")
		require.Contains(t, ask(http.StatusBadRequest, "X-Api-Key", h.admin, "Authorization", "Bearer "+key.Token), "two different credentials")
		for _, role := range []string{"Editor", "Viewer", "Agent"} {
			require.NotEmpty(t, ask(http.StatusForbidden, "Authorization", "Bearer "+tokens[role]))
		}
		switch route.method {
		case "DELETE":
			require.NotEmpty(t, ask(http.StatusNotFound, "Authorization", "Bearer "+tokens["other"]), "a key of another organization is not there")
		case "GET":
			require.NotContains(t, ask(http.StatusOK, "Authorization", "Bearer "+tokens["other"]), `"key"`)
		}
	}
	require.Equal(t, http.StatusOK, h.status(t, tokens["Agent"]), "nothing was deleted")
}

func TestAuditAndBasic(t *testing.T) {
	h := start(t)
	for _, route := range routes {
		if route.method != "POST" || strings.HasSuffix(route.path, "authorize") {
			continue
		}
		req, err := http.NewRequestWithContext(t.Context(), route.method, h.url+route.path, strings.NewReader(route.body))
		require.NoError(t, err)
		req.SetBasicAuth("api_key", h.admin)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Less(t, resp.StatusCode, 300)

		entries, _, err := h.Service().Audit(as(t, 1), apikey.AuditQuery{Limit: 1})
		require.NoError(t, err)
		id := entries[0].KeyID
		k, err := h.Service().Key(as(t, 1), id)
		require.NoError(t, err)
		require.Less(t, h.do(t, "DELETE", number(route.path+"/{n}", k), "").StatusCode, 300)
		entries, _, err = h.Service().Audit(as(t, 1), apikey.AuditQuery{KeyID: id})
		require.NoError(t, err)
		require.Len(t, entries, 2)
		for i, action := range []apikey.Action{apikey.ActionDelete, apikey.ActionCreate} {
			e := entries[i]
			require.Equal(t, []any{action, h.FirstKey().Key.Name, "127.0.0.1", "new"}, []any{e.Action, e.Actor, e.From, e.KeyName}, route.system)
		}
	}
}

func TestFailuresAreLimited(t *testing.T) {
	h := start(t, "failures.per_second", "0.001", "failures.burst", "3")
	for range 3 {
		require.Equal(t, http.StatusUnauthorized, h.do(t, "GET", "/api/keys", "", "Authorization", "Bearer x").StatusCode)
	}
	for _, route := range routes {
		r := h.do(t, route.method, route.path, route.body, "Authorization", "Bearer x")
		require.Equal(t, http.StatusTooManyRequests, r.StatusCode)
		require.NotEmpty(t, r.Header.Get("Retry-After"))
		require.Contains(t, refused(t, route.system, r.body), "Too many wrong keys")
	}
	require.Equal(t, http.StatusOK, h.do(t, "GET", "/api/keys", "").StatusCode, "a good key passes all the same")
}

func TestMethodsAndPaths(t *testing.T) {
	h := start(t)
	for _, c := range []struct{ system, path, allow string }{
		{"pyroscope", "/api/keys", "GET, POST"}, {"pyroscope", "/api/keys/7", "DELETE"},
		{"grafana", "/api/auth/keys/", "GET, POST"}, {"grafana", "/api/auth/keys/7", "DELETE"},
		{"stackstate", "/api/server/info", "GET"}, {"stackstate", "/api/security/ingestion/api_keys", "GET, POST"},
		{"stackstate", "/api/security/ingestion/api_keys/7", "DELETE"}, {"stackstate", "/api/security/ingestion/authorize", "POST"},
	} {
		r := h.do(t, "PUT", c.path, "{}")
		require.Equal(t, http.StatusMethodNotAllowed, r.StatusCode)
		require.Equal(t, c.allow, r.Header.Get("Allow"))
		require.Contains(t, refused(t, c.system, r.body), "This route takes "+c.allow+".")
	}
	for path, system := range map[string]string{"/api/keys/7/x": "pyroscope", "/api/auth/keys/7/x": "grafana", "/api/security/ingestion/": "stackstate"} {
		r := h.do(t, "GET", path, "")
		require.Equal(t, http.StatusNotFound, r.StatusCode)
		require.Contains(t, refused(t, system, r.body), "There is no such route.")
	}
	require.Empty(t, h.do(t, "HEAD", "/api/keys", "").body)
	for _, path := range []string{"/", "/api", "/api/auth", "/api/server", "/api/keysx"} {
		require.Equal(t, "console "+path, plain(t, h, path), "the console has all other paths")
	}
}

func TestTheSettingCompat(t *testing.T) {
	h := start(t, "compat", "grafana")
	require.Equal(t, http.StatusOK, h.do(t, "GET", "/api/auth/keys", "").StatusCode)
	require.Equal(t, "console /api/keys", plain(t, h, "/api/keys"))
	require.Equal(t, "console /api/server/info", plain(t, h, "/api/server/info"))
	h = start(t, "compat", "off")
	require.Equal(t, "console /api/auth/keys", plain(t, h, "/api/auth/keys"))
}

func plain(t *testing.T, h *house, path string) string {
	t.Helper()
	resp, err := http.Get(h.url + path)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(body)
}

// More keys than a page holds all come, in order, in one array.
func TestLongLists(t *testing.T) {
	h := start(t)
	require.Equal(t, "[]\n", h.do(t, "GET", "/api/security/ingestion/api_keys", "").body)
	const many = 2*apikey.MaxPageSize + 3
	for i := range many - 1 {
		h.key(t, 1, "k"+strconv.Itoa(i), apikey.RoleAgent)
	}
	for path, first := range map[string]int{"/api/keys": 1, "/api/auth/keys": 1, "/api/security/ingestion/api_keys": 2} {
		list := read[[]object](t, h.do(t, "GET", path, ""), http.StatusOK)
		require.Len(t, list, many+1-first)
		for i, k := range list {
			require.InDelta(t, i+first, k["id"], 0)
		}
	}
}

// troubled is a store that fails on demand.
type troubled struct {
	*sqlite.Store
	keys  func(apikey.Query) error
	write func() error
}

func (s *troubled) Keys(ctx context.Context, q apikey.Query) ([]*apikey.Key, error) {
	if err := s.keys(q); err != nil {
		return nil, err
	}
	return s.Store.Keys(ctx, q)
}

func (s *troubled) Write(ctx context.Context, fn func(apikey.Tx) error) error {
	if err := s.write(); err != nil {
		return err
	}
	return s.Store.Write(ctx, fn)
}

// blind decides nothing.
type blind struct{}

func (blind) Verify(verify.Question) verify.Decision {
	return verify.Decision{Code: apikey.CodeUnavailable, Reason: "The keys are being loaded."}
}

func (blind) Record(verify.Seen) {}

func (blind) Late(apikey.ID, apikey.Code) {}

func TestWhenTheStoreFails(t *testing.T) {
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "keys.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	peppers, err := apikey.NewPeppers(apikey.NewPepper())
	require.NoError(t, err)
	fine := func() error { return nil }
	bad := &troubled{Store: store, write: fine, keys: func(apikey.Query) error { return nil }}
	service := apikey.NewService(bad, peppers, apikey.Options{})
	for i := range apikey.MaxPageSize + 1 {
		_, err := service.Create(as(t, 1), apikey.NewKey{Name: strconv.Itoa(i), Role: apikey.RoleAgent})
		require.NoError(t, err)
	}
	ask := func(system, method, path, body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(as(t, 1), method, path, strings.NewReader(body))
		compat.New(system, compat.Options{Service: service, Verifier: blind{}, Usage: blind{}}).ServeHTTP(w, r)
		return w
	}

	// On the way: the list breaks off, so that nobody takes a part for the whole.
	bad.keys = func(q apikey.Query) error {
		if q.After != nil {
			return apikey.Unavailable("keys", errors.New("disk on fire"))
		}
		return nil
	}
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { ask("grafana", "GET", "/api/auth/keys", "") })

	bad.keys = func(apikey.Query) error { return apikey.Unavailable("keys", errors.New("disk on fire")) }
	bad.write = func() error { return bad.keys(apikey.Query{}) }
	for _, route := range routes {
		w := ask(route.system, route.method, strings.Replace(route.path, "{n}", "1", 1), route.body)
		require.Equal(t, http.StatusServiceUnavailable, w.Code, route.path)
		require.Equal(t, "5", w.Header().Get("Retry-After"))
		require.NotContains(t, refused(t, route.system, w.Body.String()), "fire")
	}

	bad.keys = func(apikey.Query) error { return errors.New("a fault with ost_0123456789AB_secret in it") }
	w := ask("stackstate", "GET", "/api/security/ingestion/api_keys", "")
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.Equal(t, "InternalServerError: The server met a fault of its own while it handled the request; its log says more.", refused(t, "stackstate", w.Body.String()))
	bad.keys = func(apikey.Query) error { panic("at sea") }
	w = ask("pyroscope", "GET", "/api/keys", "")
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.NotContains(t, refused(t, "pyroscope", w.Body.String()), "sea")
}

func TestNames(t *testing.T) {
	require.True(t, slices.IsSorted(compat.Names()))
	require.Len(t, compat.Names(), 3)
}

// No field of a body is taken for another: not one that is there twice, nor one
// in other letters' case. What is not known is passed over, as the systems do.
func TestFieldsThatAreAmbiguous(t *testing.T) {
	h := start(t)
	for _, c := range []struct{ system, path, good string }{
		{"pyroscope", "/api/keys", `"name":"a","role":"Agent"`},
		{"grafana", "/api/auth/keys", `"name":"b","role":"Viewer"`},
		{"stackstate", "/api/security/ingestion/api_keys", `"name":"c"`},
		{"stackstate", "/api/security/ingestion/authorize", `"apiKey":"x"`},
	} {
		first, _, _ := strings.Cut(c.good[1:], `"`)
		for body, wants := range map[string]string{
			"{" + c.good + `,"` + first + `":"z"}`:                  first + " is given more than once",
			"{" + c.good + `,"` + strings.ToUpper(first) + `":"z"}`: strings.ToUpper(first) + " is written " + first + " here",
			"{" + c.good + `,"other":{"x":1,"x":2}}`:                "other.x is given more than once",
		} {
			r := h.do(t, http.MethodPost, c.path, body)
			require.Equal(t, http.StatusBadRequest, r.StatusCode, "%s: %s", body, r.body)
			require.Contains(t, strings.ReplaceAll(refused(t, c.system, r.body), ": ", " "), wants, body)
		}
		if c.path != "/api/security/ingestion/authorize" {
			require.Less(t, h.do(t, http.MethodPost, c.path, "{"+c.good+`,"other":{"X":1}}`).StatusCode, 300)
		}
	}
}
