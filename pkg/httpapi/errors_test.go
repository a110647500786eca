package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// secretLike finds any part of a token's secret; what Hint shows is none.
var secretLike = regexp.MustCompile(`ost_[0-9A-Za-z]{12}_[0-9A-Za-z]`)

func requireNoToken(tb testing.TB, text string) {
	tb.Helper()
	require.NotRegexp(tb, secretLike, text)
}

// TestBadRequests goes through the mistakes that a client can make. Want is
// what the answer says of each field, or its detail if no field is at fault.
func TestBadRequests(t *testing.T) {
	s := start(t, func(set *settings) {
		set.service.Policy = func(context.Context, int64) (apikey.Policy, error) {
			return apikey.Policy{DefaultTTL: apikey.DefaultTTL, MaxTTL: 2 * apikey.DefaultTTL, Roles: []apikey.Role{apikey.RoleViewer, apikey.RoleAgent}}, nil
		}
	})
	taken := s.create(t, "admin", `{"name":"taken","role":"Viewer"}`)
	mine := s.create(t, "admin", `{"name":"mine","role":"Viewer"}`)
	revoked := s.create(t, "admin", `{"name":"revoked","role":"Viewer"}`)
	s.do(t, "admin", http.MethodPost, "/v1/keys/"+revoked.Key.ID+"/revoke", "")
	key, token := "/v1/keys/"+mine.Key.ID, taken.Token

	type fields = map[string]string
	const (
		post, patch, get = http.MethodPost, http.MethodPatch, http.MethodGet
		invalid          = apikey.CodeInvalid
	)
	for name, c := range map[string]struct {
		method, target, body string
		code                 apikey.Code
		detail               string // part of it
		fields               fields // parts of them
	}{
		// Bodies as such.
		"empty body":       {post, "/v1/keys", " ", invalid, "body is empty. Send a JSON object with name, description, owner, labels, role, pool", nil},
		"no JSON":          {post, "/v1/keys", `name=x`, invalid, "not JSON: there is a mistake at byte 2", nil},
		"cut JSON":         {post, "/v1/keys", `{"name":"x"`, invalid, "does not end", nil},
		"list":             {post, "/v1/keys", `[]`, invalid, "must be a JSON object, not a list", nil},
		"text":             {post, "/v1/verify", `"` + token + `"`, invalid, "must be a JSON object, not a string", nil},
		"two objects":      {post, "/v1/keys", `{"name":"x","role":"Viewer"} {}`, invalid, "goes on behind the JSON object, at byte 28", nil},
		"unknown field":    {post, "/v1/keys", `{"name":"x","rol":"Viewer"}`, invalid, "see rol", fields{"rol": "is not a field of this request; it takes name, description, owner, labels, role, pool, endpoints, allowedCidrs, tenants, limits, expiresIn, expiresAt"}},
		"fixed field":      {patch, key, `{"number":7}`, invalid, "see number", fields{"number": "it takes name, description, owner, labels, role, pool, enabled"}},
		"token as field":   {post, "/v1/verify", `{"` + token + `":1}`, invalid, "", fields{apikey.Hint(token)[:17] + "…": "it takes token, permission, endpoint, method, path, address"}},
		"field of nothing": {post, key + "/revoke", `{"force":true}`, invalid, "", fields{"force": "it takes no fields"}},
		"deep":             {post, "/v1/keys", strings.Repeat("[", 20_000), invalid, "not JSON", nil},

		// Types.
		"number for text":    {post, "/v1/keys", `{"name":7}`, invalid, "", fields{"name": "must be a string, not a number"}},
		"text for labels":    {post, "/v1/keys", `{"labels":"team"}`, invalid, "", fields{"labels": `must be an object such as {"team": "sre"}, not a string`}},
		"number for a label": {post, "/v1/keys", `{"labels":{"team":7}}`, invalid, "", fields{"labels": `must be a string for each label, such as {"team": "sre"}, not a number`}},
		"null for a label":   {post, "/v1/keys", `{"name":"x","role":"Viewer","labels":{"team":null}}`, invalid, "", fields{"labels.team": "must not be null"}},
		"null in a list":     {post, "/v1/keys", `{"allowedCidrs":["10.0.0.0/8",null]}`, invalid, "", fields{"allowedCidrs[1]": "must not be null"}},
		"null for all":       {post, "/v1/keys", ` null `, invalid, "The body must be a JSON object, not null.", nil},
		"null for a change":  {patch, key, `null`, invalid, "The body must be a JSON object, not null.", nil},
		"text for limits":    {post, "/v1/keys", `{"limits":"many"}`, invalid, "", fields{"limits": `must be an object such as {"requestsPerSecond": 50}, not a string`}},
		"text for a limit":   {post, "/v1/keys", `{"limits":{"burst":"7"}}`, invalid, "", fields{"limits.burst": "must be a whole number, 0 for no limit, not a string"}},
		"half a limit":       {post, "/v1/keys", `{"limits":{"concurrent":1.5}}`, invalid, "", fields{"limits.concurrent": "must be a whole number, 0 for no limit"}},
		"huge limit":         {post, "/v1/keys", `{"limits":{"burst":1e30}}`, invalid, "", fields{"limits.burst": "must be a whole number, 0 for no limit"}},
		"unknown limit":      {post, "/v1/keys", `{"limits":{"rps":7}}`, invalid, "", fields{"limits.rps": "it takes requestsPerSecond, burst"}},
		"disabled for what":  {patch, key, `{"disabledFor":"60s"}`, invalid, "", fields{"disabledFor": `goes with "enabled": false`}},
		"disabled for never": {patch, key, `{"enabled":false,"disabledFor":"never"}`, invalid, "", fields{"disabledFor": "above 0"}},
		"text for list":      {post, "/v1/keys", `{"endpoints":"kuma"}`, invalid, "", fields{"endpoints": "must be a list of strings, not a string"}},
		"number in list":     {post, "/v1/keys", `{"endpoints":["kuma",7]}`, invalid, "", fields{"endpoints": "must be a list of strings, not a number"}},
		"text for flag":      {patch, key, `{"enabled":"yes"}`, invalid, "", fields{"enabled": "must be true or false, not a string"}},
		"list for time":      {post, "/v1/keys", `{"expiresIn":[1]}`, invalid, "", fields{"expiresIn": `must be a number of seconds, or text such as "90d" or "12h", not a list`}},
		"empty time":         {post, "/v1/keys", `{"expiresIn":""}`, invalid, "", fields{"expiresIn": "not empty text"}},
		"number for moment":  {post, "/v1/keys", `{"expiresAt":1893456000}`, invalid, "", fields{"expiresAt": `must be a time such as "2027-01-31T12:00:00Z", or null for never, not a number`}},
		"empty moment":       {patch, key, `{"expiresAt":""}`, invalid, "", fields{"expiresAt": "not empty text"}},
		"flag for overlap":   {post, key + "/rotate", `{"overlap":true}`, invalid, "", fields{"overlap": "not true or false"}},
		"nulls in a change":  {patch, key, `{"name":null,"endpoints":null,"expiresAt":null}`, invalid, "", fields{"name": "must not be null", "endpoints": "leave the field out"}},
		"number for a token": {post, "/v1/verify", `{"token":1}`, invalid, "", fields{"token": "must be a string, not a number"}},

		// Values.
		"several mistakes":  {post, "/v1/keys", `{"pool":"a b","endpoints":["x y"],"expiresIn":"400d"}`, invalid, "see name, pool, endpoints, role, expiresIn", fields{"name": "a key needs a name", "role": "use Admin, Editor, Viewer or Agent", "pool": "may hold only", "endpoints": "may hold only", "expiresIn": "longer than the policy allows, which is 180d"}},
		"several misfits":   {post, "/v1/keys", `{"name":"x","role":"Boss","allowedCidrs":["here"],"expiresIn":"soon"}`, invalid, "", fields{"role": `"Boss" is not a role`, "allowedCidrs": `"here" is not an address block`, "expiresIn": `"soon" is not a time to live`}},
		"long name":         {post, "/v1/keys", `{"name":"` + strings.Repeat("ü", 256) + `","role":"Viewer"}`, invalid, "", fields{"name": "at most 255"}},
		"token as tenant":   {post, "/v1/keys", `{"name":"n","role":"Viewer","tenants":["` + token + `"]}`, invalid, "", fields{"tenants": "is an API key"}},
		"blank owner":       {"GET", "/v1/keys?owner=%20", "", invalid, "", fields{"owner": "is blank"}},
		"token as name":     {post, "/v1/keys", `{"name":"` + token + `","role":"Viewer"}`, invalid, "", fields{"name": "holds a whole API key"}},
		"token as role":     {post, "/v1/keys", `{"name":"x","role":"` + token + `"}`, invalid, "", fields{"role": "is not a role"}},
		"token as address":  {post, "/v1/keys", `{"name":"x","role":"Viewer","allowedCidrs":["` + token + `"]}`, invalid, "", fields{"allowedCidrs": "is not an address block"}},
		"role not allowed":  {post, "/v1/keys", `{"name":"x","role":"Admin"}`, invalid, "", fields{"role": "it allows Viewer, Agent"}},
		"both lifetimes":    {post, "/v1/keys", `{"name":"x","role":"Viewer","expiresIn":60,"expiresAt":"2090-01-01"}`, invalid, "", fields{"expiresAt": "give either"}},
		"both, one never":   {post, "/v1/keys", `{"name":"x","role":"Viewer","expiresIn":60,"expiresAt":null}`, invalid, "", fields{"expiresAt": "give either"}},
		"in the past":       {patch, key, `{"expiresAt":"2020-01-01T00:00:00Z"}`, invalid, "", fields{"expiresAt": "lies in the past"}},
		"negative":          {patch, key, `{"expiresIn":-1}`, invalid, "", fields{"expiresIn": "is negative"}},
		"fraction":          {patch, key, `{"expiresIn":1.5}`, invalid, "", fields{"expiresIn": "is not a time to live"}},
		"for ever":          {patch, key, `{"expiresAt":null}`, invalid, "", fields{"expiresIn": "longer than the policy allows"}},
		"bad role":          {patch, key, `{"role":"Boss"}`, invalid, "", fields{"role": "is not a role"}},
		"bad block":         {patch, key, `{"allowedCidrs":["10.0.0.0/64"]}`, invalid, "", fields{"allowedCidrs": "is not an address block"}},
		"overlap for ever":  {post, key + "/rotate", `{"overlap":"never"}`, invalid, "", fields{"overlap": "must end"}},
		"overlap of what":   {post, key + "/rotate", `{"overlap":"later","expiresIn":"soon"}`, invalid, "", fields{"overlap": "or a time such as 24h", "expiresIn": `"soon" is not`}},
		"verify permission": {post, "/v1/verify", `{"token":"x","permission":"rule","endpoint":"a b","address":"home"}`, invalid, "", fields{"permission": "use read, write, ingest or manage", "endpoint": "may hold only", "address": "is not an IP address"}},

		// States.
		"name is taken":   {post, "/v1/keys", `{"name":"taken","role":"Viewer"}`, apikey.CodeDuplicateName, "Another key", fields{"name": "is taken"}},
		"rename to taken": {patch, key, `{"name":"taken"}`, apikey.CodeDuplicateName, "Another key", fields{"name": "is taken"}},
		"change revoked":  {patch, "/v1/keys/" + revoked.Key.ID, `{"enabled":false}`, apikey.CodeConflict, "was revoked", nil},
		"rotate revoked":  {post, "/v1/keys/" + revoked.Key.ID + "/rotate", ``, apikey.CodeConflict, "was revoked", nil},

		// Queries.
		"state":           {get, "/v1/keys?state=gone", "", invalid, "", fields{"state": "use active, disabled, expired or revoked"}},
		"role":            {get, "/v1/keys?role=boss", "", invalid, "", fields{"role": "is not a role"}},
		"pool":            {get, "/v1/keys?pool=a%20b", "", invalid, "", fields{"pool": "may hold only"}},
		"sort":            {get, "/v1/keys?sort=--name", "", invalid, "", fields{"sort": "use name, number, createdAt, expiresAt or lastUsedAt"}},
		"sort by nothing": {get, "/v1/keys?sort=-", "", invalid, "", fields{"sort": "use name"}},
		"limits":          {get, "/v1/keys?limit=0", "", invalid, "", fields{"limit": "must be a whole number from 1 to 500"}},
		"limit over":      {get, "/v1/audit?limit=501", "", invalid, "", fields{"limit": "1 to 500"}},
		"limit of what":   {get, "/v1/keys?limit=many", "", invalid, "", fields{"limit": "1 to 500"}},
		"count":           {get, "/v1/keys?count=yes", "", invalid, "", fields{"count": "must be true or false"}},
		"twice":           {get, "/v1/keys?state=active&state=expired", "", invalid, "", fields{"state": "more than once"}},
		"no text":         {get, "/v1/keys?q=%00", "", invalid, "", fields{"q": "no text has"}},
		"no UTF-8":        {get, "/v1/keys?q=%ff", "", invalid, "", fields{"q": "no text has"}},
		"long search":     {get, "/v1/keys?q=" + strings.Repeat("q", 1025), "", invalid, "", fields{"q": "longer than 1024"}},
		"several":         {get, "/v1/keys?state=gone&limit=many&cursor=x", "", invalid, "see state, cursor, limit", fields{"state": "", "cursor": "is not a cursor", "limit": ""}},
		"token as state":  {get, "/v1/keys?state=" + token, "", invalid, "", fields{"state": "is not a state"}},
		"keyId":           {get, "/v1/audit?keyId=" + token, "", invalid, "", fields{"keyId": "12 letters and digits"}},
		"unknown":         {get, "/v1/keys?lable=team", "", invalid, "see lable", fields{"lable": "is not a parameter of this route; it takes state, role,"}},
		"case":            {get, "/v1/keys?State=active", "", invalid, "", fields{"State": "is not a parameter"}},
		"of a route":      {post, "/v1/keys?dry=1", `{}`, invalid, "", fields{"dry": "it takes none"}},
		"token as filter": {get, "/v1/keys?" + token + "=1", "", invalid, "", fields{apikey.Hint(token)[:17] + "…": "is not a parameter"}},
		"label":           {get, "/v1/keys?label=Team", "", invalid, "", fields{"label": "may hold only small letters"}},
		"label value":     {get, "/v1/keys?label=team%3D", "", invalid, "", fields{"label": "write team alone for any"}},
		"tenant":          {get, "/v1/keys?tenant=a/b", "", invalid, "", fields{"tenant": "may hold only"}},
		"endpoint":        {get, "/v1/keys?endpoint=a/b", "", invalid, "", fields{"endpoint": "may hold only"}},
		"unused":          {get, "/v1/keys?unused=long", "", invalid, "", fields{"unused": `such as "30d"`}},
		"expires":         {get, "/v1/keys?expires=never", "", invalid, "", fields{"expires": `above 0`}},
		"owner":           {get, "/v1/keys?owner=%ff", "", invalid, "", fields{"owner": "no text has"}},
		"bad escape":      {get, "/v1/keys?q=%zz", "", invalid, "cannot be read", nil},
		"force":           {http.MethodDelete, key + "?force=please", "", invalid, "", fields{"force": "true or false"}},

		// Paths.
		"no id":         {get, "/v1/keys/nobody", "", apikey.CodeNotFound, "There is no key with that id", nil},
		"token as id":   {get, "/v1/keys/" + token, "", apikey.CodeNotFound, "", nil},
		"escaped slash": {get, "/v1/keys/0123456789%2F", "", apikey.CodeNotFound, "", nil},
		"escaped NUL":   {get, "/v1/keys/0123456789a%00", "", apikey.CodeNotFound, "", nil},
		"no such key":   {get, "/v1/keys/0123456789ab", "", apikey.CodeNotFound, "", nil},
		"no such route": {get, "/v2/keys", "", apikey.CodeNotFound, "no such route", nil},
		"root":          {get, "/", "", apikey.CodeNotFound, "no such route", nil},
		"below a key":   {get, key + "/token", "", apikey.CodeNotFound, "no such route", nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.do(t, "admin", c.method, c.target, c.body)
			p := problem(t, r)
			require.Equal(t, c.code, p.Code, r.body)
			require.Contains(t, p.Detail, c.detail)
			got := fields{}
			for _, f := range p.Errors {
				got[f.Field] += f.Detail
			}
			require.Len(t, got, len(c.fields), r.body)
			for field, part := range c.fields {
				require.Contains(t, got, field)
				require.Contains(t, got[field], part)
			}
		})
	}
	requireNoToken(t, s.log.String())
	require.Empty(t, s.log.String(), "a client's mistake is not a fault of the server")
}

func TestWhoMayDoWhat(t *testing.T) {
	s := start(t)
	key := s.create(t, "admin", `{"name":"key","role":"Viewer"}`)
	path := "/v1/keys/" + key.Key.ID
	managing := []struct{ method, target, body string }{
		{http.MethodGet, "/v1/keys", ""},
		{http.MethodPost, "/v1/keys", `{"name":"x"`}, // the role is judged before the body
		{http.MethodGet, path, ""},
		{http.MethodPatch, path, `{}`},
		{http.MethodDelete, path, ""},
		{http.MethodPost, path + "/revoke", ""},
		{http.MethodPost, path + "/rotate", ""},
		{http.MethodGet, "/v1/audit", ""},
	}
	for _, c := range managing {
		for caller, want := range map[string]int{"": http.StatusUnauthorized, "nothing": http.StatusForbidden, "viewer": http.StatusForbidden, "editor": http.StatusForbidden} {
			r := s.do(t, caller, c.method, c.target, c.body)
			require.Equal(t, want, problem(t, r).Status, "%s %s as %q", c.method, c.target, caller)
		}
	}
	for _, target := range []string{"/v1/policy", "/v1/whoami"} {
		require.Equal(t, http.StatusOK, s.do(t, "nothing", http.MethodGet, target, "").StatusCode)
	}
	forged := s.request(t, "", http.MethodGet, "/v1/whoami", "")
	forged.Header.Set("X-Grafana-User", "admin")
	forged.SetBasicAuth("admin", "admin")
	require.Equal(t, http.StatusUnauthorized, s.send(t, forged, checked).StatusCode, "headers make nobody a caller")
}

func TestMediaTypes(t *testing.T) {
	s := start(t)
	for i, c := range []struct {
		mediaType string
		want      int
	}{
		{"", http.StatusCreated},
		{"application/json", http.StatusCreated},
		{"Application/JSON; charset=utf-8", http.StatusCreated},
		{"application/merge-patch+json", http.StatusCreated},
		{"application/x-www-form-urlencoded", http.StatusCreated}, // what curl -d says
		{"text/plain;charset=UTF-8", http.StatusCreated},
		{"application/yaml", http.StatusUnsupportedMediaType},
		{"multipart/form-data; boundary=x", http.StatusUnsupportedMediaType},
		{"nonsense;;", http.StatusUnsupportedMediaType},
	} {
		r := s.request(t, "admin", http.MethodPost, "/v1/keys", fmt.Sprintf(`{"name":"key %d","role":"Viewer"}`, i))
		r.Header.Del("Content-Type")
		if c.mediaType != "" {
			r.Header.Set("Content-Type", c.mediaType)
		}
		got := s.send(t, r, answerChecked)
		require.Equal(t, c.want, got.StatusCode, c.mediaType)
		if c.want != http.StatusCreated {
			require.Equal(t, apikey.CodeMediaType, problem(t, got).Code)
		}
	}
	r := s.request(t, "admin", http.MethodPost, "/v1/keys/0123456789ab/revoke", "")
	r.Header.Set("Content-Type", "text/html")
	require.Equal(t, http.StatusNotFound, s.send(t, r, checked).StatusCode, "nothing was sent, so its type does not matter")
}

func TestBodySize(t *testing.T) {
	s := start(t)
	fill := func(size int) string {
		const frame = `{"name":"x","role":"Viewer","description":""}`
		return strings.Replace(frame, `""}`, `"`+strings.Repeat("x", size-len(frame))+`"}`, 1)
	}
	p := problem(t, s.do(t, "admin", http.MethodPost, "/v1/keys", fill(api.MaxBody)))
	require.Equal(t, apikey.CodeInvalid, p.Code, "the longest body is read")
	for _, target := range []string{"/v1/keys", "/v1/verify"} {
		p = problem(t, s.do(t, "admin", http.MethodPost, target, fill(api.MaxBody+1)))
		require.Equal(t, apikey.CodeTooLarge, p.Code)
		require.Equal(t, http.StatusRequestEntityTooLarge, p.Status)
	}
}

func TestMethods(t *testing.T) {
	s := start(t)
	for _, c := range []struct{ method, target, allow string }{
		{http.MethodPut, "/v1/keys", "GET, HEAD, POST, OPTIONS"},
		{http.MethodPost, "/v1/keys/0123456789ab", "DELETE, GET, HEAD, PATCH, OPTIONS"},
		{http.MethodGet, "/v1/verify", "POST, OPTIONS"},
		{http.MethodDelete, "/v1/health", "GET, HEAD, OPTIONS"},
		{"BREW", "/v1/keys", "GET, HEAD, POST, OPTIONS"},
	} {
		r := s.do(t, "admin", c.method, c.target, "")
		require.Equal(t, apikey.CodeMethodNotAllowed, problem(t, r).Code)
		require.Equal(t, http.StatusMethodNotAllowed, r.StatusCode)
		require.Equal(t, c.allow, r.Header.Get("Allow"))
		r = s.do(t, "", http.MethodOptions, c.target, "")
		require.Equal(t, http.StatusNoContent, r.StatusCode)
		require.Equal(t, c.allow, r.Header.Get("Allow"))
	}
	r := s.do(t, "admin", http.MethodHead, "/v1/keys", "")
	require.Equal(t, http.StatusOK, r.StatusCode)
	require.Empty(t, r.body)
	require.Equal(t, http.StatusNotFound, s.do(t, "admin", http.MethodHead, "/v1/nothing", "").StatusCode)
	require.Equal(t, http.StatusNotFound, s.do(t, "admin", http.MethodOptions, "/v1/nothing", "").StatusCode)
}

// TestUnclean asks for paths that the router would redirect, which would lead
// out of the API.
func TestUnclean(t *testing.T) {
	s := start(t)
	for _, path := range []string{"", "//v1/keys", "/v1//keys", "/v1/keys/", "/v1/keys/../policy", "/v1/./keys", "/../v1/keys"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.URL.Path = path
		r.Header.Set("X-Test-Caller", "admin")
		s.handler.ServeHTTP(w, r)
		require.Equal(t, http.StatusNotFound, w.Code, path)
		require.Equal(t, api.ContentType, w.Header().Get("Content-Type"))
	}
}

func TestStoreDown(t *testing.T) {
	s := start(t)
	key := s.create(t, "admin", `{"name":"key","role":"Viewer"}`)
	require.NoError(t, s.store.Close())
	path := "/v1/keys/" + key.Key.ID
	for _, c := range []struct{ method, target, body string }{
		{http.MethodGet, "/v1/keys", ""},
		{http.MethodGet, "/v1/keys?count=true", ""},
		{http.MethodPost, "/v1/keys", `{"name":"x","role":"Viewer"}`},
		{http.MethodGet, path, ""},
		{http.MethodPatch, path, `{"name":"y"}`},
		{http.MethodDelete, path, ""},
		{http.MethodPost, path + "/revoke", ""},
		{http.MethodPost, path + "/rotate", ""},
		{http.MethodGet, "/v1/audit", ""},
		{http.MethodPost, "/v1/verify", `{"token":"` + key.Token + `"}`},
	} {
		r := s.do(t, "admin", c.method, c.target, c.body)
		require.Equal(t, apikey.CodeUnavailable, problem(t, r).Code, "%s %s: %s", c.method, c.target, r.body)
		require.Equal(t, "5", r.Header.Get("Retry-After"))
	}
	require.Contains(t, s.log.String(), `"route":"PATCH /v1/keys/{id}"`)
	requireNoToken(t, s.log.String())
}

func TestPanic(t *testing.T) {
	s := start(t, func(set *settings) { set.http.Verifier = panicking{} })
	token, _ := apikey.NewToken()
	r := s.do(t, "admin", http.MethodPost, "/v1/verify", `{"token":"`+token+`"}`)
	require.Equal(t, apikey.CodeInternal, problem(t, r).Code)
	require.NotContains(t, r.body, "ran away")
	require.Contains(t, s.log.String(), "ran away")
	requireNoToken(t, s.log.String())
	require.Equal(t, http.StatusOK, s.do(t, "admin", http.MethodGet, "/v1/whoami", "").StatusCode, "the server goes on")
}

// panicking is a Verifier with a fault that would give a token away.
type panicking struct{}

func (panicking) Verify(q verify.Question) verify.Decision {
	panic(errors.New("ran away with " + q.Token))
}

func TestChangeThatCannotBeReadBack(t *testing.T) {
	s := start(t, func(set *settings) {
		set.service.Changed = func(context.Context) error { return errors.New("the replica is stuck") }
	})
	r := s.do(t, "admin", http.MethodPost, "/v1/keys", `{"name":"x","role":"Viewer"}`)
	p := problem(t, r)
	require.Equal(t, apikey.CodeUnavailable, p.Code)
	require.Contains(t, p.Detail, "The change is stored")
	require.NotContains(t, r.body, "stuck")
	require.Contains(t, s.log.String(), "stuck")
}
