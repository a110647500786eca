package gate

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/kinds"
)

func routesOfKind(kind *kinds.Kind, prefix string) routes {
	return (&Gate{}).prepare(&Endpoint{Name: kind.Name, Kind: kind.Name, Path: prefix}).routes
}

var someMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// oracle looks for routes of a kind as net/http's own router does.
type oracle struct {
	mux   *http.ServeMux
	takes map[string]map[string]apikey.Permission // by pattern and method
}

func newOracle(kind *kinds.Kind) *oracle {
	o := &oracle{mux: http.NewServeMux(), takes: map[string]map[string]apikey.Permission{}}
	for _, route := range kind.Routes {
		pattern := route.Pattern
		if strings.HasSuffix(pattern, "/") {
			pattern += "{$}"
		}
		if o.takes[pattern] == nil {
			o.takes[pattern] = map[string]apikey.Permission{}
			o.mux.Handle(pattern, http.NotFoundHandler()) // which panics where neither of two patterns is the narrower
		}
		for method := range strings.FieldsSeq(route.Methods) {
			o.takes[pattern][method] = route.Takes
		}
	}
	return o
}

// permission is what a request takes; PermissionNone if it is for no route.
func (o *oracle) permission(method, p string) apikey.Permission {
	_, pattern := o.mux.Handler(&http.Request{Method: http.MethodPut, Host: "h", URL: &url.URL{Path: p}})
	takes := o.takes[pattern]
	if pattern == p+kinds.Rest { // to which the router would send the client on
		takes = nil
	}
	if method == http.MethodHead && takes[method] == apikey.PermissionNone {
		method = http.MethodGet
	}
	if takes[method] != apikey.PermissionNone {
		return takes[method]
	}
	return takes[kinds.AnyMethod]
}

// sample is a path that a pattern has.
func sample(pattern string) string {
	segments := strings.Split(strings.Replace(pattern, kinds.Rest, "/some/thing", 1), "/")
	for i, s := range segments {
		if isName(s) {
			segments[i] = "some-name"
		}
	}
	return strings.Join(segments, "/")
}

// taken is what the gate takes for a request; PermissionNone if it is closed.
func taken(r routes, method string, u *url.URL) apikey.Permission {
	t, fault := r.resolve(method, u)
	if fault != "" || t.endpoint == nil {
		return apikey.PermissionNone
	}
	return t.endpoint.Require
}

func TestEveryRouteOfAKindTakesItsPermission(t *testing.T) {
	for _, kind := range kinds.All() {
		o := newOracle(kind)
		for _, prefix := range []string{"", "/", "/some/where", "/a b/ünï"} {
			r := routesOfKind(kind, prefix)
			for _, route := range kind.Routes {
				p := sample(route.Pattern)
				for method := range strings.FieldsSeq(strings.ReplaceAll(route.Methods, kinds.AnyMethod, strings.Join(someMethods, " "))) {
					got, fault := r.resolve(method, &url.URL{Path: strings.TrimSuffix(prefix, "/") + p})
					require.Empty(t, fault)
					require.NotNil(t, got.endpoint, "%s: %s %s", kind.Name, method, p)
					require.Equal(t, route.Takes, got.endpoint.Require, "%s: %s %s", kind.Name, method, p)
					require.Equal(t, p, got.path, "what is passed on has no prefix")
				}
				for _, method := range someMethods {
					require.Equal(t, o.permission(method, p), taken(r, method, &url.URL{Path: strings.TrimSuffix(prefix, "/") + p}),
						"%s: %s %s", kind.Name, method, p)
				}
			}
			require.Equal(t, prefix == "" || prefix == "/", taken(r, "GET", &url.URL{Path: "/ready"}) != apikey.PermissionNone ||
				taken(r, "GET", &url.URL{Path: "/-/ready"}) != apikey.PermissionNone)
		}
	}
}

// misspellings are ways to write a path that is not the path, or that some
// take for it.
func misspellings(p string) (all []string) {
	last := strings.LastIndexByte(p, '/')
	first := strings.IndexByte(p[1:]+"/", '/') + 1
	all = []string{
		p + "/", p + "//", p + "/x", p + "/.", p + "/..", p + "/../x", p + ";", p + ";x=1", p + ".", p + "%20", p + "%2f", p + "%2Fx",
		p + "%3f", p + "%23", p + "%00", p + "x", p + "%", "/" + p, "/." + p, "/x/.." + p, "/x/%2e%2e" + p, "/%2e" + p, "/x%2f.." + p,
		strings.ToUpper(p), p[:last] + "%2f" + p[last+1:], p[:last] + "//" + p[last+1:], p[:last] + "/./" + p[last+1:],
		p[:last] + "%5c" + p[last+1:], p[:last] + "\\" + p[last+1:], p[:last] + "/;x" + p[last:], p[:last+1] + "x", p[:max(last, 1)],
		p[:first] + ";a=b" + p[first:], p[:first] + "%3b" + p[first:], p[:first] + "." + p[first:], "/prometheus" + p, "/api/prom" + p,
		p[:last+1] + "%252e%252e/" + p[last+1:], p[:last] + "%ef%bc%8f" + p[last+1:], p[:last+1] + strings.ToUpper(p[last+1:]),
	}
	if len(p) > last+1 {
		all = append(all, p[:last+1]+escape(p[last+1]), p[:last+1]+escape(p[last+1])+p[last+2:], p[:last+1]+"%25"+escape(p[last+1])[1:]+p[last+2:])
	}
	return all
}

func escape(c byte) string {
	const hex = "0123456789ABCDEF"
	return string([]byte{'%', hex[c>>4], hex[c&15]})
}

// holdsForAll reports whether nobody who reads what the gate passes on finds a
// route of the kind that takes another permission. What is no route of the
// kind is 404 there.
func holdsForAll(t *testing.T, kind *kinds.Kind, o *oracle, r routes, method string, u *url.URL) {
	t.Helper()
	got, fault := r.resolve(method, u)
	if fault != "" || got.endpoint == nil {
		return
	}
	sent := forwarded(got)
	known := false
	for name, read := range readings {
		reading := read(sent)
		if reading == "" {
			continue
		}
		for _, p := range []string{reading, path.Clean(reading), strings.ReplaceAll(reading, "//", "/")} {
			takes := o.permission(method, p)
			known = known || takes == got.endpoint.Require
			if takes != apikey.PermissionNone {
				require.Equal(t, got.endpoint.Require, takes, "%s: %s %s, passed on as %q, reads %q to %s", kind.Name, method, u, sent, p, name)
			}
		}
	}
	require.True(t, known || strings.Contains(sent, "%2"), "%s: %s %s, passed on as %q, is no route", kind.Name, method, u, sent)
}

func TestNoSpellingOpensMoreOfAKind(t *testing.T) {
	for _, kind := range kinds.All() {
		o, r := newOracle(kind), routesOfKind(kind, "")
		for _, route := range kind.Routes {
			for _, spelling := range misspellings(sample(route.Pattern)) {
				u, err := url.ParseRequestURI(spelling)
				if err != nil {
					continue
				}
				for _, method := range someMethods {
					holdsForAll(t, kind, o, r, method, u)
				}
				d, fault := readDescribed(spelling)
				if fault != "" {
					continue
				}
				for _, method := range someMethods {
					e, fault := r.resolveDescribed(method, d)
					if fault != "" || e == nil {
						continue
					}
					for name, read := range readings {
						if takes := o.permission(method, read(spelling)); takes != apikey.PermissionNone {
							require.Equal(t, e.Require, takes, "%s: %s %s reads to %s", kind.Name, method, spelling, name)
						}
					}
				}
			}
		}
	}
}

func FuzzKinds(f *testing.F) {
	for _, kind := range kinds.All() {
		for i, route := range kind.Routes {
			spellings := misspellings(sample(route.Pattern))
			f.Add("GET", spellings[i%len(spellings)])
			f.Add("POST", sample(route.Pattern))
		}
	}
	type one struct {
		kind *kinds.Kind
		*oracle
		routes
	}
	var all []one
	for _, kind := range kinds.All() {
		all = append(all, one{kind, newOracle(kind), routesOfKind(kind, "")})
	}
	f.Fuzz(func(t *testing.T, method, address string) {
		u, err := url.ParseRequestURI(address)
		if err != nil || !isToken(method) || method == http.MethodConnect {
			return
		}
		for _, k := range all {
			holdsForAll(t, k.kind, k.oracle, k.routes, method, u)
		}
	})
}

func TestUnknownRoutesOfAKindAreClosed(t *testing.T) {
	for _, kind := range kinds.All() {
		r := routesOfKind(kind, "")
		for _, p := range []string{
			"/unknown", "/api", "/api/", "/api/v9/query", "/API/V1/QUERY", "/Ready", "/metrics/", "/admin/reset", "/login", "/loki", "/loki/api/v1",
			"/loki/api/v1/Push", "/prometheus", "/prometheus/api/v1", "/api/v1/query/x", "/querier.v1.QuerierService",
			"/querier.v1.QuerierService/DeleteEverything", "/.env", "/debug", "/loki/api/v1/label/a/b/values", "/api/v1/labels/",
		} {
			if kind.Name == "pyroscope" && p == "/admin" {
				continue
			}
			for _, method := range someMethods {
				require.Equal(t, apikey.PermissionNone, taken(r, method, &url.URL{Path: p}), "%s: %s %s", kind.Name, method, p)
			}
		}
	}
}

// Names of rules and labels may hold anything, slashes too: programs read them
// as they are escaped.
func TestNamesInRoutesMayHoldAnything(t *testing.T) {
	for _, c := range []struct {
		kind, method, address string
		takes                 apikey.Permission // PermissionNone: refused
	}{
		{"loki", "GET", "/loki/api/v1/label/app.kubernetes.io%2Fname/values", apikey.PermissionRead},
		{"loki", "GET", "/loki/api/v1/label/a%20b/values", apikey.PermissionRead},
		{"loki", "GET", "/loki/api/v1/label/%C3%BC/values", apikey.PermissionRead},
		{"loki", "GET", "/loki/api/v1/label/a;b/values", apikey.PermissionRead},
		{"loki", "GET", "/loki/api/v1/label/a:b/values", apikey.PermissionRead},
		{"loki", "GET", "/loki/api/v1/label/push/values", apikey.PermissionRead},
		{"loki", "POST", "/loki/api/v1/rules/team%2Fa%2Frules.yaml", apikey.PermissionWrite},
		{"loki", "DELETE", "/loki/api/v1/rules/team%2Fa/group%2Fb", apikey.PermissionWrite},
		{"mimir", "GET", "/prometheus/config/v1/rules/team%2Fa/group", apikey.PermissionRead},
		{"mimir", "POST", "/prometheus/config/v1/rules/team%2Fa", apikey.PermissionWrite},
		{"cortex", "DELETE", "/api/v1/rules/a%2Fb%2Fc/d", apikey.PermissionWrite},
		{"tempo", "GET", "/api/v2/search/tag/resource.service.name/values", apikey.PermissionRead},

		// Of a part that is no name, a slash is a slash.
		{"loki", "POST", "/loki%2Fapi/v1/push", apikey.PermissionNone},
		{"loki", "POST", "/loki/api/v1%2Fpush", apikey.PermissionNone},
		{"loki", "GET", "/loki/api/v1/label/x%2Fvalues", apikey.PermissionNone},
		{"loki", "GET", "/loki/api/v1/label%2Fx/values", apikey.PermissionNone},
		{"loki", "GET", "/loki/api/v1/label/..%2F..%2Fpush/values", apikey.PermissionNone},
		{"mimir", "POST", "/api/v1/upload/block/x%2Fstart", apikey.PermissionNone},
	} {
		u, err := url.ParseRequestURI(c.address)
		require.NoError(t, err)
		r := routesOfKind(kinds.Find(c.kind), "")
		require.Equal(t, c.takes, taken(r, c.method, u), "%s %s", c.method, c.address)
		if c.takes != apikey.PermissionNone {
			got, _ := r.resolve(c.method, u)
			require.Equal(t, c.address, forwarded(got), "and is passed on as it is")
		}
	}
}

func TestAKindBehindTheGate(t *testing.T) {
	h := newHouse(t)
	up := echoUpstream(t)
	gate := h.open(Options{Endpoints: []Endpoint{
		{Name: "logs", Kind: "loki", Upstream: up, Paths: []Rule{
			{Path: "/ready", Need: Need{Open: true}},
			{Path: "/loki/api/v2", Need: takes(apikey.PermissionRead)},
		}},
		{Name: "metrics", Kind: "mimir", Path: "/mimir", Upstream: mustURL(t, up.String()+"/below")},
		{Name: "own", Path: "/metrics", Require: apikey.PermissionManage, Upstream: up},
		{Name: "only-auth", Kind: "tempo", Path: "/tempo"},
	}})
	keys := map[string]string{
		"Agent": h.key(apikey.RoleAgent), "Viewer": h.key(apikey.RoleViewer), "Editor": h.key(apikey.RoleEditor), "Admin": h.key(apikey.RoleAdmin),
	}
	for _, c := range []struct {
		method, path string
		want         map[string]int // by role
		sent         string
	}{
		{"POST", "/loki/api/v1/push", map[string]int{"": 401, "Agent": 200, "Viewer": 403, "Editor": 403, "Admin": 200}, "/loki/api/v1/push"},
		{"POST", "/loki/api/v1/query", map[string]int{"": 401, "Agent": 403, "Viewer": 200}, "/loki/api/v1/query"},
		{"DELETE", "/loki/api/v1/rules/a", map[string]int{"Viewer": 403, "Editor": 200}, "/loki/api/v1/rules/a"},
		{"POST", "/flush", map[string]int{"Agent": 403, "Viewer": 403, "Editor": 403, "Admin": 200}, "/flush"},
		{"GET", "/loki/api/v1/push", map[string]int{"": 405, "Admin": 405}, ""},
		{"GET", "/loki/api/v1/push/", map[string]int{"": 404, "Admin": 404}, ""},
		{"GET", "/ready", map[string]int{"": 200, "Agent": 200}, "/ready"},
		{"GET", "/loki/api/v2/next", map[string]int{"Agent": 403, "Viewer": 200}, "/loki/api/v2/next"},
		{"GET", "/metrics", map[string]int{"Viewer": 403, "Admin": 200}, "/metrics"},
		{"POST", "/mimir/api/v1/push", map[string]int{"Agent": 200, "Viewer": 403}, "/below/api/v1/push"},
		{"GET", "/mimir", map[string]int{"Viewer": 200, "Agent": 403}, "/below/"},
		{"GET", "/mimir/prometheus/config/v1/rules/a%2Fb", map[string]int{"Viewer": 200}, "/below/prometheus/config/v1/rules/a%2Fb"},
		{"GET", "/api/v1/push", map[string]int{"Admin": 404}, ""},
		{"GET", "/mimir/loki/api/v1/query", map[string]int{"Admin": 404}, ""},
		{"GET", "/tempo/api/search", map[string]int{"Viewer": 404}, ""},
	} {
		for role, want := range c.want {
			req, err := http.NewRequest(c.method, gate+c.path, nil)
			require.NoError(t, err)
			if role != "" {
				req.Header.Set("Authorization", "Bearer "+keys[role])
			}
			got := exchangeWith(t, http.DefaultClient, req)
			require.Equal(t, want, got.StatusCode, "%s %s as %q: %s", c.method, c.path, role, got.body)
			switch want {
			case http.StatusOK:
				require.Equal(t, c.sent, got.echo(t).URI)
			case http.StatusMethodNotAllowed:
				require.Equal(t, "POST", got.Header.Get("Allow"))
			}
		}
	}

	// Forward authentication decides by the same routes: of all endpoints, or of
	// the one that is named.
	about := func(method, uri string) []string { return []string{"X-Original-URI", uri, "X-Original-Method", method} }
	viewer, agent := bearer(keys["Viewer"]), bearer(keys["Agent"])
	for _, c := range []struct {
		query   string
		headers []string
		key     []string
		want    int
	}{
		{"", about("POST", "/loki/api/v1/push"), agent, 200},
		{"", about("POST", "/loki/api/v1/push"), viewer, 403},
		{"", about("GET", "/loki/api/v1/push"), agent, 403},
		{"", about("GET", "/loki/api/v1/nothing"), agent, 403},
		{"", []string{"X-Original-URI", "/loki/api/v1/push"}, agent, 400},
		{"?endpoint=only-auth", about("GET", "/tempo/api/search"), viewer, 200},
		{"?endpoint=only-auth", about("GET", "/tempo/api/search"), agent, 403},
		{"?endpoint=only-auth", about("GET", "/loki/api/v1/query"), viewer, 403},
		{"?endpoint=only-auth", nil, viewer, 400},
		{"?endpoint=only-auth&require=read", nil, viewer, 200},
		{"?endpoint=only-auth&require=read", nil, agent, 403},
		{"?endpoint=own", nil, viewer, 403},
	} {
		got := ask(t, gate+"/auth"+c.query, append(c.headers, c.key...)...)
		require.Equal(t, c.want, got.StatusCode, "%s %v: %s", c.query, c.headers, got.body)
	}
}

func TestKindsThatGetInEachOthersWay(t *testing.T) {
	up := mustURL(t, "http://h:1")
	mistakesOf := func(endpoints ...Endpoint) string {
		o := Options{Endpoints: endpoints, Issued: func(int64, apikey.Permission, string, string) bool { return false }}
		var all []string
		for _, m := range o.Check() {
			all = append(all, m.Field+": "+m.Detail)
		}
		slices.Sort(all)
		return strings.Join(all, "\n")
	}
	loki := Endpoint{Name: "logs", Kind: "loki", Upstream: up}
	require.Empty(t, mistakesOf(loki, Endpoint{Name: "m", Kind: "mimir", Path: "/m", Upstream: up}))
	require.Empty(t, mistakesOf(loki, Endpoint{Name: "rest", Path: "/", Require: apikey.PermissionManage, Upstream: up}))
	require.Regexp(t, `^gate.endpoints\[1\].kind: serves /debug/fgprof and \d+ more, as logs does; give one of them a path of its own, such as path: /tempo$`,
		mistakesOf(loki, Endpoint{Name: "traces", Kind: "tempo", Upstream: up}))
	require.Equal(t, `gate.endpoints[0].basic_until_first_key: is for endpoints that take one permission alone; make an endpoint of its own of the path that takes it
gate.endpoints[0].methods: cannot stand with kind, which says what each route takes; leave it out, or say it of a path in paths, which goes before the kind
gate.endpoints[0].paths: must say what each path takes, such as {path: /ready, require: none}, to go before the kind
gate.endpoints[0].receiver_key_file: is for endpoints with require: ingest; a fixed key may do nothing else
gate.endpoints[0].require: cannot stand with kind, which says what each route takes; leave it out, or say it of a path in paths, which goes before the kind
gate.endpoints[1].kind: "Loki" is not known; use alertmanager, cortex, loki, mimir, prometheus, pyroscope, tempo, victoriametrics
gate.endpoints[2].path: "/{a}" must be a plain path; it stands in front of the routes of the kind
gate.endpoints[3].paths[1]: "/a/{x}" and "/{y}/b" of names have requests in common, and neither is the narrower one; make one of them narrower`,
		mistakesOf(
			Endpoint{
				Name: "a", Kind: "loki", Upstream: up, Require: apikey.PermissionRead, Methods: Methods{"GET": takes(apikey.PermissionRead)},
				Paths: []Rule{{Path: "/more"}}, ReceiverKey: "0123456789abcdef", BasicUntilFirstKey: &BasicAuth{"u", "0123456789abcdef"}, Path: "/a",
			},
			Endpoint{Name: "b", Kind: "Loki", Upstream: up},
			Endpoint{Name: "c", Kind: "loki", Upstream: up, Path: "/{a}"},
			Endpoint{Name: "names", Require: apikey.PermissionRead, Upstream: up, Paths: []Rule{{Path: "/{y}/b"}, {Path: "/a/{x}"}}},
		))
}

// A route that takes nothing acts for no tenant, whatever the client says, and
// opens no other.
func TestAnOpenRouteActsForNoTenant(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{Endpoints: []Endpoint{{
		Name: "logs", Kind: "loki", Upstream: echoUpstream(t), Tenant: Tenant{Header: "X-Scope-OrgID"},
		Paths: []Rule{{Path: "/ready", Need: Need{Open: true}}, {Path: "/open", Methods: Methods{"GET": {Open: true}, "POST": takes(apikey.PermissionWrite)}}},
	}}})
	for _, path := range []string{"/ready", "/open/x"} {
		got := ask(t, gate+path, "X-Scope-OrgID", "team-a", "x_scope_orgid", "team-b", "X-Scope-Orgid", "team-c", "X-Ostiary-Tenant", "team-d")
		require.Equal(t, http.StatusOK, got.StatusCode, got.body)
		for name, values := range got.echo(t).Header {
			require.NotContains(t, strings.Join(values, " "), "team-", name)
		}
		about := ask(t, gate+"/auth", "X-Original-URI", path, "X-Original-Method", "GET", "X-Scope-OrgID", "team-a")
		require.Equal(t, http.StatusOK, about.StatusCode)
		require.Empty(t, about.Header.Get("X-Scope-OrgID"), "it is there, with nothing in it")
		require.Empty(t, about.Header.Get("X-Ostiary-Tenant"))
	}
	require.Equal(t, http.StatusUnauthorized, ask(t, gate+"/loki/api/v1/query", "X-Scope-OrgID", "team-a").StatusCode)
	require.Equal(t, http.StatusUnauthorized, send(t, http.MethodPost, gate+"/open", "", "X-Scope-OrgID", "team-a").StatusCode)
	editor := bearer(h.key(apikey.RoleEditor)) // without a tenant
	require.Equal(t, http.StatusForbidden, send(t, http.MethodPost, gate+"/open", "", editor...).StatusCode)
	require.Equal(t, http.StatusMethodNotAllowed, send(t, http.MethodPut, gate+"/open", "", editor...).StatusCode)
}
