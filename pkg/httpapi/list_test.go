package httpapi_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/httpapi"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
)

func (s *server) list(tb testing.TB, query string) api.KeyList {
	tb.Helper()
	r := s.do(tb, "admin", http.MethodGet, "/v1/keys"+query, "")
	require.Equal(tb, http.StatusOK, r.StatusCode, r.body)
	return decode[api.KeyList](tb, r.body)
}

func names(keys []api.Key) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = k.Name
	}
	return out
}

func TestListPages(t *testing.T) {
	s := start(t)
	for i := range 8 {
		life := []string{`"never"`, `"30d"`, `"7d"`, `"30d"`}[i%4] // some without a value, some equal
		s.create(t, "admin", fmt.Sprintf(`{"name":"Key %c","role":"Viewer","expiresIn":%s}`, "hCaGbFdE"[i], life))
	}
	for _, direction := range []string{"", "-"} {
		for _, sort := range append(apikey.Sorts(), "") {
			order := direction + string(sort)
			if order == "-" {
				continue
			}
			t.Run("sort="+order, func(t *testing.T) {
				whole := s.list(t, "?limit=500&count=true&sort="+order)
				require.Len(t, whole.Keys, 8)
				require.Empty(t, whole.NextCursor)
				require.EqualValues(t, 8, *whole.Total)
				for _, size := range []int{1, 3, 4, 8} {
					var paged []api.Key
					cursor := ""
					for {
						page := s.list(t, fmt.Sprintf("?limit=%d&sort=%s&cursor=%s", size, order, url.QueryEscape(cursor)))
						require.LessOrEqual(t, len(page.Keys), size)
						require.Nil(t, page.Total)
						paged = append(paged, page.Keys...)
						if cursor = page.NextCursor; cursor == "" {
							break
						}
					}
					require.Empty(t, cmp.Diff(names(whole.Keys), names(paged)), "pages of %d", size)
				}
			})
		}
	}
	require.Equal(t, []string{"Key a", "Key b", "Key C"}, names(s.list(t, "?limit=3").Keys))
	require.Equal(t, []string{"Key h", "Key G", "Key F"}, names(s.list(t, "?limit=3&sort=-name").Keys))
}

func TestListFilters(t *testing.T) {
	s := start(t)
	viewer := s.create(t, "admin", `{"name":"dashboards","description":"for 100% of them","role":"Viewer"}`)
	s.create(t, "admin", `{"name":"edge","role":"Agent","pool":"edge"}`)
	s.create(t, "admin", `{"name":"core","role":"Agent","pool":"core"}`)
	off := s.create(t, "admin", `{"name":"off","role":"Editor"}`)
	s.do(t, "admin", http.MethodPatch, "/v1/keys/"+off.Key.ID, `{"enabled":false}`)

	for query, want := range map[string][]string{
		"": {"core", "dashboards", "edge", "off"},
		"?state=&role=&pool=&q=&sort=&cursor=&limit=": {"core", "dashboards", "edge", "off"},
		"?state=active":            {"core", "dashboards", "edge"},
		"?state=disabled":          {"off"},
		"?state=revoked":           {},
		"?role=Agent":              {"core", "edge"},
		"?role=readonly":           {"dashboards"},
		"?pool=edge":               {"edge"},
		"?pool=-":                  {"dashboards", "off"},
		"?pool=unknown":            {},
		"?q=EDGE":                  {"edge"},
		"?q=100%25":                {"dashboards"},
		"?q=" + viewer.Key.ID:      {"dashboards"},
		"?q=" + viewer.Token:       {"dashboards"},
		"?q=ost_" + viewer.Key.ID:  {"dashboards"},
		"?role=agent&state=active": {"core", "edge"},
	} {
		require.Equal(t, want, names(s.list(t, query).Keys), query)
	}
	require.EqualValues(t, 2, *s.list(t, "?role=Agent&limit=1&count=true").Total)
}

// Who pastes what a key is known by means this key, and not those that were made by it or that only name it.
func TestAWholeIDFindsItsKeyAlone(t *testing.T) {
	s := start(t)
	admin := s.create(t, "admin", `{"name":"admin","role":"Admin"}`).Key
	s.create(t, "admin", `{"name":"made","role":"Agent","owner":"`+strings.ToLower(admin.ID)+`"}`)
	s.create(t, "admin", `{"name":"not `+admin.ID+`","role":"Agent"}`)
	both, all := []string{"made", "not " + admin.ID}, []string{"admin", "made", "not " + admin.ID}
	for query, want := range map[string][]string{
		"?q=" + admin.ID:                    {"admin"},
		"?q=ost_" + admin.ID:                {"admin"},
		"?q=" + url.QueryEscape(admin.Hint): {"admin"},
		"?q=-" + admin.ID:                   both,
		"?q=%22" + admin.ID + "%22":         all, // a name is looked for so
		"?q=" + admin.ID[:8]:                all,
	} {
		require.Equal(t, want, names(s.list(t, query).Keys), query)
	}
}

// Keys are found by who answers for them, by their labels, by what they are limited to, by their use and by their end.
func TestListByOwnerLabelTenantUseAndEnd(t *testing.T) {
	s := start(t)
	s.create(t, "admin", `{"name":"a","role":"Agent","labels":{"team":"sre","env":"prod"},"tenants":["one","two"],"expiresIn":"5d"}`)
	s.create(t, "admin", `{"name":"b","role":"Agent","labels":{"team":"Sre"},"owner":"ada@example.com","endpoints":["loki"],"expiresIn":"never"}`)
	s.create(t, "admin", `{"name":"c","role":"Agent","labels":{"steam":"sre"},"owner":"Ada@example.com","tenants":["*"]}`)
	off := s.create(t, "admin", `{"name":"d","role":"Agent","endpoints":["loki","mimir"],"expiresIn":"5d","owner":"Zoë"}`)
	r := s.do(t, "admin", http.MethodPatch, "/v1/keys/"+off.Key.ID, `{"enabled":false}`)
	require.Equal(t, http.StatusOK, r.StatusCode)

	for query, want := range map[string][]string{
		"?owner=":                               {"a", "b", "c", "d"},
		"?owner=ada@example.com":                {"b"},
		"?owner=Zoe%CC%88":                      {"d"}, // as another keyboard writes it
		"?owner=admin":                          {"a"},
		"?owner=ada":                            {},
		"?label=team=sre":                       {"a"},
		"?label=team":                           {"a", "b"},
		"?label=team&label=env=prod":            {"a"},
		"?label=team=sre&label=env=dev":         {},
		"?label=":                               {"a", "b", "c", "d"},
		"?tenant=one":                           {"a"},
		"?tenant=*":                             {"c"},
		"?tenant=on":                            {},
		"?endpoint=loki":                        {"b", "d"},
		"?endpoint=mimir":                       {"d"},
		"?unused=30d":                           {},
		"?unused=never":                         {"a", "b", "c", "d"}, // nobody has sent them
		"?expires=7d":                           {"a"},
		"?expires=604800":                       {"a"},
		"?expires=4d":                           {},
		"?expires=7d&owner=Zo%C3%AB":            {},
		"?q=owner:ada@example.com":              {"b"},
		"?q=label:team=sre+tenant:two":          {"a"},
		"?q=endpoint:loki+label:team":           {"b"},
		"?q=sre+env":                            {"a"},
		"?q=Zoe":                                {"d"},
		"?sort=-name&limit=1&label=team":        {"b"},
		"?label=team&state=disabled":            {},
		"?endpoint=loki&state=disabled&pool=-":  {"d"},
		"?q=%22label:team=sre%22":               {},
		"?owner=ada@example.com&label=team=Sre": {"b"},
	} {
		require.Equal(t, want, names(s.list(t, query).Keys), query)
	}
	require.EqualValues(t, 2, *s.list(t, "?label=team&limit=1&count=true").Total)
	page := s.list(t, "?label=team&limit=1")
	require.Equal(t, []string{"b"}, names(s.list(t, "?label=team&limit=1&cursor="+page.NextCursor).Keys))
}

func TestBadCursors(t *testing.T) {
	s := start(t)
	for i := range 3 {
		s.create(t, "admin", fmt.Sprintf(`{"name":"key %d","role":"Viewer"}`, i))
	}
	good := s.list(t, "?limit=1").NextCursor
	require.NotEmpty(t, good)
	made := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for name, target := range map[string]string{
		"other order":     "/v1/keys?sort=-name&cursor=" + good,
		"other list":      "/v1/audit?cursor=" + good,
		"not base64":      "/v1/keys?cursor=***",
		"not JSON":        "/v1/keys?cursor=" + made("name"),
		"no number":       "/v1/keys?cursor=" + made(`{"o":"name","n":"key 1"}`),
		"no text":         "/v1/keys?cursor=" + made(`{"o":"name","n":"\u0000","i":1}`),
		"no time":         "/v1/keys?sort=createdAt&cursor=" + made(`{"o":"createdAt","t":"soon","i":1}`),
		"negative number": "/v1/audit?cursor=" + made(`{"o":"audit","i":-1}`),
	} {
		t.Run(name, func(t *testing.T) {
			p := problem(t, s.do(t, "admin", http.MethodGet, target, ""))
			require.Equal(t, apikey.CodeInvalid, p.Code)
			require.Len(t, p.Errors, 1)
			require.Equal(t, "cursor", p.Errors[0].Field)
		})
	}
	require.Equal(t, []string{"key 1", "key 2"}, names(s.list(t, "?sort=name&state=active&cursor="+good).Keys))
}

func TestAudit(t *testing.T) {
	s := start(t)
	a := s.create(t, "admin", `{"name":"a","role":"Viewer"}`)
	b := s.create(t, "admin", `{"name":"b","role":"Agent"}`)
	s.do(t, "admin", http.MethodPatch, "/v1/keys/"+a.Key.ID, `{"enabled":false}`)
	s.do(t, "admin", http.MethodPost, "/v1/keys/"+b.Key.ID+"/revoke", "")
	s.do(t, "admin", http.MethodDelete, "/v1/keys/"+a.Key.ID, "")

	type line struct {
		Action apikey.Action
		Name   string
	}
	audit := func(query string) (lines []line, next string) {
		t.Helper()
		r := s.do(t, "admin", http.MethodGet, "/v1/audit"+query, "")
		require.Equal(t, http.StatusOK, r.StatusCode, r.body)
		list := decode[api.AuditList](t, r.body)
		for _, e := range list.Entries {
			require.Equal(t, "admin", e.Actor)
			require.Equal(t, "192.0.2.1", e.From)
			require.False(t, e.At.IsZero())
			lines = append(lines, line{e.Action, e.KeyName})
		}
		return lines, list.NextCursor
	}
	want := []line{{"delete", "a"}, {"revoke", "b"}, {"disable", "a"}, {"create", "b"}, {"create", "a"}}
	got, next := audit("")
	require.Equal(t, want, got)
	require.Empty(t, next)
	got, _ = audit("?keyId=" + a.Key.ID)
	require.Equal(t, []line{want[0], want[2], want[4]}, got, "the trail outlives the key")

	got, _ = audit("?action=create")
	require.Equal(t, []line{want[3], want[4]}, got)
	got, _ = audit("?actor=admin&action=revoke&since=2020-01-01T00:00:00%2B01:00")
	require.Equal(t, []line{want[1]}, got)
	got, _ = audit("?actor=adm")
	require.Empty(t, got)
	got, _ = audit("?since=2100-01-01T00:00:00Z")
	require.Empty(t, got)
	for _, wrong := range []string{"action=fly", "since=yesterday", "actor=%00"} {
		field, _, _ := strings.Cut(wrong, "=")
		p := problem(t, s.do(t, "admin", http.MethodGet, "/v1/audit?"+wrong, ""))
		require.Equal(t, http.StatusBadRequest, p.Status, wrong)
		require.Equal(t, field, p.Errors[0].Field)
	}

	var paged []line
	for cursor := ""; ; {
		got, next := audit("?limit=2&cursor=" + cursor)
		paged = append(paged, got...)
		if cursor = next; cursor == "" {
			break
		}
	}
	require.Equal(t, want, paged)
}

// What a user writes is a value in the trail, and never read as anything else.
func TestAuditIsData(t *testing.T) {
	s := start(t)
	k := s.create(t, "admin", `{"name":"a","role":"Viewer","description":"x; role Admin; y","endpoints":["kuma"],"expiresIn":"never"}`).Key
	s.do(t, "admin", http.MethodPatch, "/v1/keys/"+k.ID, `{"description":"from \"a\" to <Ümlaut>","allowedCidrs":["10.0.0.0/8"]}`)
	s.do(t, "admin", http.MethodPost, "/v1/keys/"+k.ID+"/rotate", `{"overlap":"1h"}`)
	s.do(t, "admin", http.MethodPost, "/v1/pools", `{"name":"edge"}`)
	s.do(t, "admin", http.MethodDelete, "/v1/keys/"+k.ID, "")

	found := func(query string) []api.AuditEntry {
		t.Helper()
		return decode[api.AuditList](t, s.do(t, "admin", http.MethodGet, "/v1/audit?"+query, "").body).Entries
	}
	created := found("keyId=" + k.ID + "&action=create")[0]
	require.Equal(t, []apikey.FieldChange{
		{Field: "description", To: "x; role Admin; y"}, {Field: "role", To: "Viewer"}, {Field: "endpoints", To: []string{"kuma"}}, {Field: "expiresAt"},
	}, created.Changes)
	require.Equal(t, []apikey.FieldChange{
		{Field: "description", From: "x; role Admin; y", To: `from "a" to <Ümlaut>`}, {Field: "allowedCidrs", To: []string{"10.0.0.0/8"}},
	}, found("action=update")[0].Changes)
	rotated := found("action=rotate")[0]
	require.NotEmpty(t, rotated.TokenID)
	require.WithinDuration(t, rotated.At.Add(time.Hour), rotated.Until, time.Second)
	require.Equal(t, apikey.StateActive, found("action=delete")[0].State)
	require.Equal(t, "edge", found("action=createPool")[0].Pool)

	for query, n := range map[string]int{
		"q=%C3%BCmlaut&action=update": 1, "q=admin%3B+role": 2, "q=10.0.0.0/8&action=update": 1, "q=edge+ADMIN": 1, "q=kuma+nobody": 0, "q=%25": 0,
		"q=role&action=update": 1, "q=" + rotated.TokenID + "&action=rotate": 1,
	} {
		require.Len(t, found(query), n, query)
	}
	p := problem(t, s.do(t, "admin", http.MethodGet, "/v1/audit?q=%00", ""))
	require.Equal(t, "q", p.Errors[0].Field)
}

// brokenTrail is a store whose trail can be read a few times.
type brokenTrail struct {
	*sqlite.Store
	left int
}

func (s *brokenTrail) Audit(ctx context.Context, q apikey.AuditQuery) ([]apikey.AuditEntry, error) {
	s.left--
	if s.left < 0 {
		return nil, apikey.Unavailable("read the audit trail", errors.New("gone"))
	}
	return s.Store.Audit(ctx, q)
}

// All of the trail comes as lines, however long it is, and a reader can detect that it is incomplete.
func TestAuditAsLines(t *testing.T) {
	s := start(t)
	const all = 2*apikey.MaxPageSize + 7
	require.NoError(t, s.store.Write(t.Context(), func(tx apikey.Tx) error {
		for i := range all {
			e := &apikey.AuditEntry{OrgID: 1, At: time.Now(), Actor: "ada", Action: apikey.ActionCreatePool, AuditData: apikey.AuditData{Pool: fmt.Sprint("p", i)}}
			if err := tx.AppendAudit(t.Context(), e); err != nil {
				return err
			}
		}
		return nil
	}))
	read := func(base, query, accept string) (reply, []string) {
		t.Helper()
		r := s.request(t, "admin", http.MethodGet, "/v1/audit"+query, "")
		r.URL.Host = base
		r.Header.Set("Accept", accept)
		got := s.send(t, r, checked)
		return got, strings.Split(strings.TrimSuffix(got.body, "\n"), "\n")
	}
	host := strings.TrimPrefix(strings.TrimSuffix(s.url, api.BasePath), "http://")
	got, lines := read(host, "", "application/jsonl")
	require.Equal(t, http.StatusOK, got.StatusCode, got.body)
	require.Equal(t, "application/jsonl", got.Header.Get("Content-Type"))
	require.Equal(t, "no-store", got.Header.Get("Cache-Control"))
	require.Len(t, lines, all)
	for i, line := range lines {
		require.Equal(t, fmt.Sprint("p", all-1-i), decode[api.AuditEntry](t, line).Pool)
	}
	_, lines = read(host, "?q=p99", "text/html, application/jsonl;q=0.9")
	require.Len(t, lines, 11, "p99 and p990 to p999")
	got, _ = read(host, "", "application/json, application/jsonl")
	require.Equal(t, "application/json", got.Header.Get("Content-Type"))
	got, _ = read(host, "?since=yesterday", "application/jsonl")
	require.Equal(t, http.StatusBadRequest, problem(t, got).Status)

	peppers, err := apikey.NewPeppers(apikey.NewPepper())
	require.NoError(t, err)
	broken := httpapi.New(httpapi.Options{Service: apikey.NewService(&brokenTrail{s.store, 2}, peppers, apikey.Options{})})
	server := httptest.NewServer(http.StripPrefix(api.BasePath, identify(broken)))
	t.Cleanup(server.Close)
	_, lines = read(strings.TrimPrefix(server.URL, "http://"), "", "application/jsonl")
	require.Len(t, lines, 2*apikey.MaxPageSize+1)
	require.Equal(t, apikey.CodeUnavailable, decode[api.Problem](t, lines[len(lines)-1]).Code)
}

// TestASearchTakesWordsAndWhatAKeyMustBe asks for keys as people type it.
func TestASearchTakesWordsAndWhatAKeyMustBe(t *testing.T) {
	s := start(t)
	for _, body := range []string{
		`{"name":"Zoë's agent","role":"Agent","pool":"edge","description":"presses in hall three","endpoints":["pyroscope"]}`,
		`{"name":"agent of hall","role":"Viewer","pool":"edge","allowedCidrs":["192.0.2.0/24"]}`,
		`{"name":"role:agent","role":"Editor"}`,
	} {
		s.create(t, "admin", body)
	}
	s.create(t, "other", `{"name":"hall of another organization","role":"Agent"}`)
	for q, want := range map[string][]string{
		"hall agent":                       {"agent of hall", "Zoë's agent"},
		"AGENT  hall":                      {"agent of hall", "Zoë's agent"},
		"zoe":                              {"Zoë's agent"},
		"ZOË three":                        {"Zoë's agent"},
		"pyroscope edge":                   {"Zoë's agent"},
		"192.0.2.0/24":                     {"agent of hall"},
		"role:agent":                       {"Zoë's agent"},
		"Role:Viewer hall":                 {"agent of hall"},
		"pool:edge":                        {"agent of hall", "Zoë's agent"},
		"pool:" + api.NoPool:               {"role:agent"},
		"pool:edge role:viewer":            {"agent of hall"},
		"state:active agent hall":          {"agent of hall", "Zoë's agent"},
		"state:revoked":                    nil,
		`"role:agent"`:                     {"role:agent"},
		"role:nobody":                      nil,
		"colour:blue":                      nil,
		`"agent of"`:                       {"agent of hall"},
		`"`:                                {"agent of hall", "role:agent", "Zoë's agent"},
		"admin edge":                       {"agent of hall", "Zoë's agent"}, // who made them
		"hall absent":                      nil,
		"-role:agent":                      {"agent of hall", "role:agent"},
		"hall -AGENT":                      nil,
		"-hall":                            {"role:agent"},
		`-"hall agent"`:                    {"role:agent"},
		`-"role:agent"`:                    {"agent of hall", "Zoë's agent"},
		"-role:agent -pool:edge":           {"role:agent"},
		"-pool:" + api.NoPool:              {"agent of hall", "Zoë's agent"},
		"-state:active":                    nil,
		`-owner:"admin"`:                   nil,
		"-unused:never":                    nil,
		"-expires:2d":                      {"agent of hall", "role:agent", "Zoë's agent"},
		"- hall":                           nil,
		`-"" hall`:                         {"agent of hall", "Zoë's agent"},
		"role:agent role:viewer":           {"agent of hall", "Zoë's agent"},
		"pool:edge pool:" + api.NoPool:     {"agent of hall", "role:agent", "Zoë's agent"},
		"endpoint:pyroscope endpoint:loki": nil,
		"192.0.2.77":                       {"agent of hall"},
		"192.0.0.0/16":                     {"agent of hall"},
		"192.0.2.128/30":                   {"agent of hall"},
		"::ffff:192.0.2.1":                 {"agent of hall"},
		"192.0.3.1":                        nil,
		"-192.0.2.1":                       {"role:agent", "Zoë's agent"},
	} {
		r := s.do(t, "admin", http.MethodGet, "/v1/keys?count=true&q="+url.QueryEscape(q), "")
		require.Equal(t, http.StatusOK, r.StatusCode, r.body)
		list := decode[api.KeyList](t, r.body)
		var names []string
		for _, k := range list.Keys {
			names = append(names, k.Name)
		}
		require.Equal(t, want, names, q)
		require.EqualValues(t, len(want), *list.Total, q)
	}
	long := s.do(t, "admin", http.MethodGet, "/v1/keys?q="+strings.Repeat("a+", 17), "")
	require.Equal(t, "q", problem(t, long).Errors[0].Field)
}
