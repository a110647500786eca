package node_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
	"github.com/ostiary/ostiary/pkg/endpoints"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// of returns what an Admin of an organization of Grafana's may do.
func of(t *testing.T, orgID int64) context.Context {
	t.Helper()
	return apikey.WithCaller(t.Context(), apikey.Caller{OrgID: orgID, Login: fmt.Sprintf("admin-%d", orgID), Role: apikey.RoleAdmin})
}

// call asks the API as somebody.
func (r *reloaded) call(ctx context.Context, method, target, body string) (status int, answer string) {
	r.t.Helper()
	req := httptest.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	res := httptest.NewRecorder()
	r.API().ServeHTTP(res, req)
	return res.Code, res.Body.String()
}

func (r *reloaded) keyOf(orgID int64, role apikey.Role) string {
	r.t.Helper()
	issued, err := r.Service().Create(of(r.t, orgID), apikey.NewKey{Name: "key " + role.String(), Role: role})
	require.NoError(r.t, err)
	return issued.Token
}

// An organization's endpoint is for its keys, and nobody else changes or sees it, or has its paths.
func TestOrganizationsAreApartAtTheGate(t *testing.T) {
	up := somebody(t)
	r := startToReload(t, inStore+"}")
	first, second := r.keyOf(1, apikey.RoleEditor), r.keyOf(2, apikey.RoleEditor)
	status, body := r.call(of(t, 2), http.MethodPost, "/v1/endpoints", `{"name":"things","path":"/things","require":"read","upstream":"`+up+`"}`)
	require.Equal(t, http.StatusCreated, status, body)
	require.Contains(t, body, `"orgId":2`)
	require.Equal(t, http.StatusOK, get(t, r.GateURL()+"/things", second))
	require.Equal(t, http.StatusUnauthorized, get(t, r.GateURL()+"/things", first), "nobody there knows it")
	require.Equal(t, http.StatusOK, get(t, r.GateURL()+"/auth?endpoint=things", second))
	require.NotEqual(t, http.StatusOK, get(t, r.GateURL()+"/auth?endpoint=things", first))

	_, list := r.call(of(t, 1), http.MethodGet, "/v1/endpoints", "")
	require.NotContains(t, list, "things")
	for _, c := range [][3]string{
		{http.MethodGet, "/v1/endpoints/things", ""}, {http.MethodPatch, "/v1/endpoints/things", `{"require":"none"}`}, {http.MethodDelete, "/v1/endpoints/things", ""},
	} {
		status, body := r.call(of(t, 1), c[0], c[1], c[2])
		require.Equal(t, http.StatusNotFound, status, body)
	}
	for _, taken := range []string{`{"name":"things","path":"/x","require":"read"}`, `{"name":"x","path":"/things/below","require":"read"}`, `{"name":"x","path":"/","require":"none"}`} {
		status, body := r.call(of(t, 1), http.MethodPost, "/v1/endpoints", taken)
		require.Equal(t, http.StatusConflict, status, body)
		require.Contains(t, body, "another organization")
		status, body = r.call(of(t, 1), http.MethodPost, "/v1/endpoints/check", taken)
		require.Equal(t, http.StatusOK, status, body)
		require.Contains(t, body, "another organization")
	}
	for _, role := range []apikey.Role{apikey.RoleEditor, apikey.RoleViewer, apikey.RoleAgent, apikey.RoleNone} {
		nobody := apikey.WithCaller(t.Context(), apikey.Caller{OrgID: 2, Login: "x", Role: role})
		status, _ := r.call(nobody, http.MethodDelete, "/v1/endpoints/things", "")
		require.Equal(t, http.StatusForbidden, status, role)
	}
}

// What is wrong is said of all fields at once, by their names, and what only the file may say is refused.
func TestMistakesOfEndpointsInTheStore(t *testing.T) {
	r := startToReload(t, inStore+"}")
	status, body := r.call(of(t, 1), http.MethodPost, "/v1/endpoints", `{"name":"a b","path":"x","require":"all","upstreem":"y","onExpired":{"hold":"soon"},
		"limitPerKey":{"burts":1},"tenant":{"lable":"x"},"paths":[{"path":"/y","requires":"read"},7],"methods":{"get":"read"},"org":2,"assert":"grafana",
		"upstreamAuthFile":"/etc/shadow","receiver_key_file":"/etc/shadow","basicUntilFirstKey":{"username":"u","password_file":"/etc/passwd"},"schemes":["Basic"]}`)
	require.Equal(t, http.StatusBadRequest, status, body)
	var p api.Problem
	require.NoError(t, json.Unmarshal([]byte(body), &p))
	got := map[string]string{}
	for _, f := range p.Errors {
		got[f.Field] = f.Detail
	}
	for field, detail := range map[string]string{
		"name": "may hold only letters", "path": "must be written", "require": "is not a permission", "upstreem": "did you mean upstream?", "onExpired.hold": "time with a unit",
		"limitPerKey.burts": "is not a limit", "tenant.lable": "is not a field", "paths[0].requires": "did you mean require?", "org": "your own organization", "assert": "configuration file",
		"upstreamAuthFile": "configuration file", "receiverKeyFile": "configuration file", "basicUntilFirstKey": "configuration file", "schemes[0]": "always read", "methods": "",
	} {
		require.Contains(t, got, field, body)
		require.Contains(t, got[field], detail)
	}
	require.NotContains(t, body, "root:")
	for _, odd := range []string{
		`{"name":7}`, `{"name":["a"]}`, `{"name":"a","path":{"b":1}}`, `{"name":"a","path":"/a","require":"read","methods":[1]}`, `{"name":"a","paths":{"a":1}}`,
		`{"name":"a","path":"/a","require":"read","upstream":"http://[::1"}`, `{"name":"a","path":"/a","require":"read","upstream":"unix:///run/x"}`,
		`{"name":"a","path":"/a","require":"read","upstream":"http://u:p@127.0.0.1"}`, `{"name":"a","path":"/a","require":"read","upstream":"http://127.0.0.1/?a=b"}`,
		`{"name":"a","path":"/a","require":"read","onExpired":[1]}`, `{"name":"a","path":"/a","require":"read","limitPerKey":"x"}`, `{"name":"a","kind":"lokki"}`,
		`{"name":"a","path":"/a","preserve_host":true,"preserveHost":true,"require":"read"}`, `{"name":"a","path":"/a","require":"read","tenant":"x"}`, `{}`,
		`{"name":"a","path":"/a","require":"read","paths":[null]}`, `{"name":"a","path":"/a","require":"read","limitPerKey":{"requestsPerSecond":1.5}}`,
	} {
		status, body := r.call(of(t, 1), http.MethodPost, "/v1/endpoints", odd)
		require.Equal(t, http.StatusBadRequest, status, "%s: %s", odd, body)
		status, body = r.call(of(t, 1), http.MethodPost, "/v1/endpoints/check", odd)
		require.Equal(t, http.StatusOK, status, "%s: %s", odd, body)
		require.NotContains(t, body, `"errors":[]`, odd)
	}
}

// Who can write to the store opens nothing: what was planted, changed, or moved to another organization counts for
// nothing, and can be removed.
func TestEndpointsThatWerePlantedAreNotInForce(t *testing.T) {
	up := somebody(t)
	r := startToReload(t, inStore+"}")
	c := r.admin()
	_, err := c.CreateEndpoint(t.Context(), api.EndpointSpec{Name: "things", Path: "/things", Require: "manage", Upstream: up})
	require.NoError(t, err)
	require.Equal(t, http.StatusForbidden, r.get("/things"))
	db, err := sql.Open("sqlite3", filepath.Join(r.dir, "data", "ostiary.db")+"?_busy_timeout=10000")
	require.NoError(t, err)
	defer db.Close()
	for _, statement := range []string{
		`UPDATE settings SET value = replace(value, 'manage', 'read')`,
		`INSERT INTO settings SELECT 2, kind, name, value, created_at, created_by, changed_at, changed_by, mark_pepper, mark FROM settings WHERE org_id = 1`,
		`INSERT INTO settings SELECT 1, kind, 'planted', replace(value, 'things', 'planted'), created_at, created_by, changed_at, changed_by, mark_pepper, mark FROM settings WHERE org_id = 1`,
		`INSERT INTO settings VALUES (1, 'endpoint', 'other', '{"name":"other","path":"/other","require":"none","upstream":"` + up + `"}', 1, 'x', 0, '', '', x'')`,
		`INSERT INTO settings VALUES (1, 'endpoint', 'odd', 'no JSON', 1, 'x', 0, '', 'x', x'00')`,
		`INSERT INTO settings VALUES (1, 'policy', '', '{"maxTtl":1000000000}', 1, 'x', 0, '', '', x'')`,
		`UPDATE counter SET seq = seq + 1, settings = seq + 1`,
	} {
		_, err := db.Exec(statement)
		require.NoError(t, err, statement)
	}
	require.Eventually(t, func() bool {
		list, err := c.Endpoints(t.Context())
		require.NoError(t, err)
		return len(list.Endpoints) == 4
	}, servertest.Patience, pause)
	for _, path := range []string{"/things", "/planted", "/other", "/odd"} {
		require.Equal(t, http.StatusNotFound, r.get(path), path)
	}
	list, err := c.Endpoints(t.Context())
	require.NoError(t, err)
	for _, e := range list.Endpoints {
		require.NotEmpty(t, e.Shadowed, e.Name)
	}
	policy, err := c.Policy(t.Context())
	require.NoError(t, err)
	require.Zero(t, policy.MaxTTL)
	require.Contains(t, r.log.String(), "was changed in the store by something else than Ostiary")

	_, err = c.UpdateEndpoint(t.Context(), "things", api.EndpointChange{"require": "read"})
	require.ErrorContains(t, err, "something else than Ostiary", "a change would bless it")
	for _, name := range []string{"things", "planted", "other", "odd"} {
		require.NoError(t, c.DeleteEndpoint(t.Context(), name))
	}
	_, err = c.CreateEndpoint(t.Context(), api.EndpointSpec{Name: "things", Path: "/things", Require: "read", Upstream: up})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, r.get("/things"))
}

// Who changes an endpoint that somebody else removes meanwhile is told so: nobody wrote to the store but Ostiary.
func TestAnEndpointThatIsRemovedMeanwhile(t *testing.T) {
	up := somebody(t)
	r := startToReload(t, inStore+"}")
	c := r.admin()
	for i := range 20 {
		_, err := c.CreateEndpoint(t.Context(), api.EndpointSpec{Name: "things", Path: "/things", Require: "manage", Upstream: up})
		require.NoError(t, err)
		var removing sync.WaitGroup
		removing.Go(func() { require.NoError(t, c.DeleteEndpoint(t.Context(), "things")) })
		_, err = c.UpdateEndpoint(t.Context(), "things", api.EndpointChange{"path": fmt.Sprint("/things/", i)})
		removing.Wait()
		if err != nil {
			require.ErrorContains(t, err, "was removed")
		}
	}
	require.NotContains(t, r.log.String(), "something else than Ostiary")
}

// What somebody copied and puts back as it once was counts for nothing, while a server runs and when it starts.
func TestEndpointsThatWerePutBackAreNotInForce(t *testing.T) {
	up := somebody(t)
	r := startToReload(t, inStore+"}")
	c := r.admin()
	for _, name := range []string{"removed", "narrowed", "kept"} {
		_, err := c.CreateEndpoint(t.Context(), api.EndpointSpec{Name: name, Path: "/" + name, Require: "read", Upstream: up})
		require.NoError(t, err)
	}
	_, err := c.UpdatePolicy(t.Context(), api.UpdatePolicy{Roles: &[]string{"Viewer", "Admin"}})
	require.NoError(t, err)
	db, err := sql.Open("sqlite3", filepath.Join(r.dir, "data", "ostiary.db")+"?_busy_timeout=10000")
	require.NoError(t, err)
	defer db.Close()
	run := func(statements ...string) {
		for _, statement := range statements {
			_, err := db.Exec(statement)
			require.NoError(t, err, statement)
		}
	}
	run(`CREATE TABLE loot AS SELECT * FROM settings WHERE name <> 'kept'`)
	require.NoError(t, c.DeleteEndpoint(t.Context(), "removed"))
	_, err = c.UpdateEndpoint(t.Context(), "narrowed", api.EndpointChange{"require": "manage"})
	require.NoError(t, err)
	_, err = c.UpdatePolicy(t.Context(), api.UpdatePolicy{Roles: &[]string{"Viewer"}})
	require.NoError(t, err)
	look := func(c *client.Client, get func(string) int) {
		t.Helper()
		require.Eventually(t, func() bool { return get("/narrowed") == http.StatusNotFound }, servertest.Patience, pause)
		require.Equal(t, http.StatusNotFound, get("/removed"))
		require.Equal(t, http.StatusOK, get("/kept"))
		policy, err := c.Policy(t.Context())
		require.NoError(t, err)
		require.Contains(t, policy.Problem, "something else than Ostiary")
		_, err = c.Create(t.Context(), api.CreateKey{Name: "e", Role: "Viewer"})
		require.ErrorContains(t, err, "Until it is set again")
		_, err = c.UpdatePolicy(t.Context(), api.UpdatePolicy{Roles: &[]string{"Viewer"}})
		require.ErrorContains(t, err, "defaultTtl, maxTtl", "what is left out would be open")
		_, err = c.UpdateEndpoint(t.Context(), "narrowed", api.EndpointChange{"path": "/other"})
		require.ErrorContains(t, err, "something else than Ostiary")
	}
	require.Equal(t, http.StatusForbidden, r.get("/narrowed"))
	run(`DELETE FROM settings WHERE name IN (SELECT name FROM loot)`, `INSERT INTO settings SELECT * FROM loot`,
		`UPDATE counter SET seq = seq + 1, settings = seq + 1`)
	look(c, r.get)
	require.NoError(t, r.Close(t.Context()))
	again := *r
	again.Node = startNode(t, r.source(inStore+"}"), optionsToLook)
	c, err = client.New(again.ManagementURL(), client.WithBearer(r.FirstKey().Token))
	require.NoError(t, err)
	look(c, again.get)

	require.NoError(t, c.DeleteEndpoint(t.Context(), "narrowed"))
	_, err = c.CreateEndpoint(t.Context(), api.EndpointSpec{Name: "narrowed", Path: "/narrowed", Require: "read", Upstream: up})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, again.get("/narrowed"))
	ttl, most := api.Span("30d"), api.Span("60d")
	_, err = c.UpdatePolicy(t.Context(), api.UpdatePolicy{DefaultTTL: &ttl, MaxTTL: &most, Roles: &[]string{"Viewer"}})
	require.NoError(t, err)
	policy, err := c.Policy(t.Context())
	require.NoError(t, err)
	require.Empty(t, policy.Problem)
	require.Equal(t, []apikey.Role{apikey.RoleViewer}, policy.Roles)
}

// A change says first who used the path and would be refused, and how its upstream answers.
func TestAChangeIsShownFirst(t *testing.T) {
	locked := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" || r.URL.Path == "" {
			w.Header().Set("WWW-Authenticate", "Basic")
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer locked.Close()
	r := startToReload(t, inStore+"}")
	c := r.admin()
	_, err := c.CreateEndpoint(t.Context(), api.EndpointSpec{Name: "things", Path: "/things", Require: "read", Upstream: locked.URL})
	require.NoError(t, err)
	editor, err := c.Create(t.Context(), api.CreateKey{Name: "editor", Role: "Editor"})
	require.NoError(t, err)
	for range 3 {
		require.Equal(t, http.StatusOK, r.get("/things/a"))
	}
	require.Equal(t, http.StatusOK, get(t, r.GateURL()+"/things/b", editor.Token))
	require.Equal(t, http.StatusUnauthorized, get(t, r.GateURL()+"/things/b", "nobody"))

	var checked *api.CheckedEndpoint
	check := func(fields map[string]any) *api.CheckedEndpoint {
		fields["name"] = "things"
		var err error
		checked, err = c.CheckEndpoint(t.Context(), fields)
		require.NoError(t, err)
		require.Empty(t, checked.Errors)
		return checked
	}
	require.Eventually(t, func() bool { return len(check(map[string]any{"require": "manage"}).Affected) == 2 }, servertest.Patience, pause)
	require.Equal(t, "viewer", checked.Affected[0].KeyName)
	require.EqualValues(t, 3, checked.Affected[0].Requests)
	require.Contains(t, checked.Affected[0].Reason, "would take manage")
	require.False(t, checked.Affected[0].LastAt.IsZero())
	require.True(t, checked.Upstream.Reachable)
	require.True(t, checked.Upstream.OwnLogin)
	require.Equal(t, http.StatusUnauthorized, checked.Upstream.Status)

	require.Len(t, check(map[string]any{"require": "write"}).Affected, 1, "the Editor may write")
	require.Len(t, check(map[string]any{"path": "/other"}).Affected, 2)
	for _, k := range checked.Affected {
		require.True(t, k.Certain)
		require.Equal(t, [...]string{"things", "/things", "GET"}, [...]string{k.Endpoint, k.Path, k.Method})
		require.Equal(t, "GET /things would be refused: no endpoint would take it.", k.Reason)
	}
	require.Len(t, check(map[string]any{"path": "/things/a"}).Affected, 2)
	require.False(t, checked.Affected[0].Certain, "it is not known what lies below /things")
	require.Empty(t, check(map[string]any{"paths": []any{map[string]any{"path": "/things/x", "require": "read"}}}).Affected)
	require.Len(t, check(map[string]any{"methods": map[string]any{"POST": "read"}, "require": nil}).Affected, 2)
	require.Empty(t, check(map[string]any{"methods": map[string]any{"GET": "read"}, "require": nil}).Affected)
	require.Len(t, check(map[string]any{"delete": true}).Affected, 2)
	require.Empty(t, check(map[string]any{}).Affected)
	require.Empty(t, check(map[string]any{"require": "none"}).Affected)
	locked.Close()
	require.False(t, check(map[string]any{}).Upstream.Reachable)
	require.Equal(t, http.StatusOK, r.auth("endpoint=things"), "nothing was changed")
}

// A check says whether a program is of the endpoint's kind, and whether it wants a tenant that it would not be told.
func TestACheckKnowsTheProgram(t *testing.T) {
	answers := map[string]func(w http.ResponseWriter, r *http.Request){
		"loki": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/loki/api/v1/labels" {
				http.NotFound(w, r)
			}
		},
		"loki with tenants": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "no org id", http.StatusUnauthorized)
		},
		"behind a login": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", "Basic")
			http.Error(w, "no org id", http.StatusUnauthorized)
		},
		"another":  func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) },
		"starting": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/login", http.StatusFound)
		},
	}
	header := &api.EndpointTenant{Header: "X-Scope-OrgID"}
	r := startToReload(t, inStore+"}")
	for _, c := range []struct {
		program, kind                string
		tenant                       *api.EndpointTenant
		expected, noTenant, ownLogin bool
		detail                       string
	}{
		{program: "loki", kind: "loki", expected: true, detail: "with 200"},
		{program: "loki", kind: "loki", tenant: header, expected: true, detail: "with 200"},
		{program: "loki with tenants", kind: "loki", noTenant: true, detail: "X-Scope-OrgID"},
		{program: "loki with tenants", kind: "loki", tenant: header, expected: true, detail: "keeps tenants apart"},
		{program: "loki with tenants", expected: true, detail: "with 401"},
		{program: "behind a login", kind: "loki", ownLogin: true, detail: "login of its own"},
		{program: "behind a login", ownLogin: true, detail: "login of its own"},
		{program: "loki", kind: "mimir", detail: "with 404 at /prometheus/api/v1/labels, which Mimir has"},
		{program: "another", kind: "prometheus", detail: "with 404 at /api/v1/status/buildinfo, which Prometheus has"},
		{program: "another", expected: true, detail: "with 404"},
		{program: "starting", kind: "tempo", detail: "not ready yet"},
		{program: "starting", detail: "not ready yet"},
		{program: "elsewhere", kind: "loki", detail: "sends clients elsewhere"},
		{program: "elsewhere", expected: true, detail: "sends clients elsewhere"},
	} {
		program := httptest.NewServer(http.HandlerFunc(answers[c.program]))
		fields := map[string]any{"name": "x", "path": "/x", "upstream": program.URL}
		if c.kind == "" {
			fields["require"] = "read"
		} else {
			fields["kind"] = c.kind
		}
		if c.tenant != nil {
			fields["tenant"] = c.tenant
		}
		checked, err := r.admin().CheckEndpoint(t.Context(), fields)
		require.NoError(t, err)
		require.Empty(t, checked.Errors, c)
		require.True(t, checked.Upstream.Reachable)
		require.Equal(t, []bool{c.expected, c.noTenant, c.ownLogin},
			[]bool{checked.Upstream.Expected, checked.Upstream.NoTenant, checked.Upstream.OwnLogin}, c)
		require.Contains(t, checked.Upstream.Detail, c.detail)
		program.Close()
	}
}

// The name of an endpoint in the file is one mistake, and not two.
func TestANameOfTheFileIsOneMistake(t *testing.T) {
	r := startToReload(t, inStore+`, endpoints: [{name: loki, path: /loki, require: read}]}`)
	checked, err := r.admin().CheckEndpoint(t.Context(), api.EndpointChange{"name": "loki", "path": "/2", "require": "read"})
	require.NoError(t, err)
	require.Len(t, checked.Errors, 1)
	require.Equal(t, "name", checked.Errors[0].Field)
	require.Contains(t, checked.Errors[0].Detail, "choose another")
}

// What a change opens is said before it is made, whatever is behind the endpoint.
func TestWhatAChangeOpensIsWarnedOf(t *testing.T) {
	r := startToReload(t, inStore+"}")
	c := r.admin()
	_, err := c.CreateEndpoint(t.Context(), api.EndpointChange{
		"name": "things", "path": "/things", "require": "read", "upstream": "http://127.0.0.1:1", "pool": "edge",
		"tenant": map[string]any{"header": "X-Scope-OrgID"}, "paths": []any{map[string]any{"path": "/ready", "require": "none"}},
	})
	require.NoError(t, err)
	for _, change := range []struct {
		fields api.EndpointChange
		warns  string
	}{
		{api.EndpointChange{"tenant": nil}, "tenant"},
		{api.EndpointChange{"tenant": map[string]any{"header": "X-Tenant"}}, ""},
		{api.EndpointChange{"pool": nil}, "pool"},
		{api.EndpointChange{"pool": ""}, "pool"},
		{api.EndpointChange{"pool": "other"}, ""},
		{api.EndpointChange{"tenant": nil, "pool": nil, "require": "none"}, "tenant pool require"},
		{api.EndpointChange{"require": nil, "methods": map[string]any{"GET": "none", "POST": "read"}}, "require"},
		{api.EndpointChange{"paths": []any{map[string]any{"path": "/ready", "require": "none"}, map[string]any{"path": "/b", "require": "none"}}}, "paths"},
		{api.EndpointChange{"paths": nil}, ""},
		{api.EndpointChange{"require": "write"}, ""},
	} {
		change.fields["name"] = "things"
		checked, err := c.CheckEndpoint(t.Context(), change.fields)
		require.NoError(t, err)
		var fields []string
		for _, w := range checked.Warnings {
			fields = append(fields, w.Field)
		}
		require.Equal(t, change.warns, strings.Join(fields, " "), "%v", change.fields)
	}
}

// What is empty, or of another type, may be a mistake that would open an endpoint. It is refused as in the file, and what
// is there stays.
func TestEmptyFieldsOpenNothing(t *testing.T) {
	r := startToReload(t, inStore+"}")
	const whole = `"path":"/a","require":"read","upstream":"http://127.0.0.1:1"`
	status, body := r.call(of(t, 1), http.MethodPost, "/v1/endpoints", `{"name":"a",`+whole+`,"pool":"edge","limitPerKey":{"requestsPerSecond":5},
		"tenant":{"header":"X-Scope-OrgID"},"paths":[{"path":"/adm","require":"manage"}]}`)
	require.Equal(t, http.StatusCreated, status, body)
	list := func() string {
		status, body := r.call(of(t, 1), http.MethodGet, "/v1/endpoints", "")
		require.Equal(t, http.StatusOK, status)
		return body
	}
	before := list()
	for field, values := range map[string][]string{
		"tenant":      {`{}`, `[]`, `""`, `false`, `0`, `{"header":null}`, `{"header":{}}`, `{"header":[]}`, `{"header":""}`, `{"header":" "}`, `{"header":false}`},
		"limitPerKey": {`{}`, `[]`, `""`, `false`, `{"burst":null}`, `{"requestsPerSecond":""}`, `{"requestsPerSecond":[]}`},
		"onExpired":   {`{}`, `[]`, `""`, `false`, `{"hold":null}`, `{"hold":""}`, `{"hold":[]}`},
		"pool":        {`[]`, `{}`, `false`, `["edge"]`},
		"path":        {`""`, `" "`, `[]`, `false`},
		"methods":     {`{}`, `[]`, `""`, `false`, `{"GET":null}`, `{"GET":""}`, `{"GET":[]}`, `{"*":"read"}`},
		"paths": {
			`{}`, `false`, `[{"path":"/adm","require":[]}]`, `[{"path":"/adm","require":{}}]`, `[{"path":"/adm","require":""}]`, `[{"path":"/adm","require":null}]`,
			`[{"path":"/adm","require":false}]`, `[{"path":"/adm","methods":{}}]`, `[{"path":"/adm","methods":[]}]`, `[{"path":"/adm","methods":""}]`,
			`[{"path":"/adm","methods":null}]`, `[{"path":null}]`, `[{}]`, `[[]]`,
		},
	} {
		for _, value := range values {
			fields := `"` + field + `":` + value
			for _, call := range []struct{ method, path, body string }{
				{http.MethodPost, "/v1/endpoints", strings.Replace(`{"name":"b",`+strings.ReplaceAll(whole, "/a", "/b")+`,`+fields+`}`,
					`"path":"/b",`, map[bool]string{true: "", false: `"path":"/b",`}[field == "path"], 1)},
				{http.MethodPatch, "/v1/endpoints/a", `{` + fields + `}`},
			} {
				status, body := r.call(of(t, 1), call.method, call.path, call.body)
				require.Equal(t, http.StatusBadRequest, status, "%s %s: %s", call.method, call.body, body)
				require.Contains(t, body, `"field":"`+field, "%s %s", call.method, call.body)
				require.NotContains(t, body, "<nil>")
			}
		}
	}
	require.Equal(t, before, list())
}

// Those who run the server see which file it read; others do not.
func TestTheFileIsForThoseWhoRunTheServer(t *testing.T) {
	r := startToReload(t, inStore+"}")
	list, err := r.admin().Endpoints(t.Context())
	require.NoError(t, err)
	require.Equal(t, filepath.Join(r.dir, "ostiary.yaml"), list.File)
	_, others := r.call(of(t, 2), "GET", "/v1/endpoints", "")
	require.Contains(t, others, `"file":""`)
}

// An organization keeps so many and no more.
func TestAnOrganizationKeepsOnlySoManyEndpoints(t *testing.T) {
	r := startToReload(t, inStore+"}")
	c := r.admin()
	for i := range endpoints.MaxStored {
		_, err := c.CreateEndpoint(t.Context(), api.EndpointSpec{Name: fmt.Sprint("e", i), Path: fmt.Sprint("/e", i), Kind: "loki"})
		require.NoError(t, err)
	}
	_, err := c.CreateEndpoint(t.Context(), api.EndpointSpec{Name: "more", Path: "/more", Require: "read"})
	require.ErrorContains(t, err, "one too many")
	require.NoError(t, c.DeleteEndpoint(t.Context(), "e0"))
	_, err = c.CreateEndpoint(t.Context(), api.EndpointSpec{Name: "more", Path: "/more", Require: "read"})
	require.NoError(t, err)
}

// The policy is the organization's as far as the configuration leaves it open, in every process.
func TestThePolicyIsChangedWithoutTheFile(t *testing.T) {
	r := startToReload(t, "policy: {max_ttl: 180d}\n"+inStore+"}")
	c := r.admin()
	span := func(s api.Span) *api.Span { return &s }
	p, err := c.UpdatePolicy(t.Context(), api.UpdatePolicy{DefaultTTL: span("30d"), Roles: &[]string{"Agent", "Viewer", "Admin"}})
	require.NoError(t, err)
	require.EqualValues(t, 30*86400, p.DefaultTTL)
	require.EqualValues(t, 180*86400, p.MaxTTL)
	require.Equal(t, []string{"defaultTtl", "roles"}, p.Editable)
	_, err = c.UpdatePolicy(t.Context(), api.UpdatePolicy{MaxTTL: span("365d")})
	require.ErrorContains(t, err, "goes first")
	_, err = c.UpdatePolicy(t.Context(), api.UpdatePolicy{DefaultTTL: span("200d")})
	require.ErrorContains(t, err, "longer than the longest")
	_, err = c.Create(t.Context(), api.CreateKey{Name: "e", Role: "Editor"})
	require.ErrorContains(t, err, "Editor")

	other := *r
	other.Node = startNode(t, r.source("policy: {max_ttl: 20d}\n"+inStore+"}"), optionsToLook)
	ctx := of(t, 1)
	got, err := other.Service().Policy(ctx)
	require.NoError(t, err)
	require.Equal(t, got.MaxTTL, got.DefaultTTL, "the file of that process has a maximum below")
	_, err = r.Service().UpdatePolicy(ctx, apikey.PolicyChange{Roles: &[]apikey.Role{}})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		got, err := other.Service().Policy(ctx)
		require.NoError(t, err)
		return len(got.IssuableRoles()) == len(apikey.Roles())
	}, servertest.Patience, pause)
	got, err = r.Service().Policy(of(t, 2))
	require.NoError(t, err)
	require.NotEqual(t, apikey.PolicyChange{}, got)
	require.Equal(t, apikey.DefaultTTL, got.DefaultTTL, "of another organization")
	trail, err := c.Audit(t.Context(), client.AuditQuery{Action: "updatePolicy"})
	require.NoError(t, err)
	require.Len(t, trail.Entries, 2)
	require.Equal(t, []apikey.FieldChange{{Field: "defaultTtl", From: "90d", To: "30d"}}, trail.Entries[1].Changes[:1])
}
