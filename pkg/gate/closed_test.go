package gate

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// What an endpoint that is not in force would have is closed, and all else leads where it led before.
func FuzzWhatIsClosedOpensNothing(f *testing.F) {
	for _, seed := range [][2]string{
		{"/api/admin", "/api/admin/x"}, {"/api/admin/{$}", "/api/admin"}, {"/api/{a}/b", "/api/x/b"}, {"/api", "/api"},
		{"/api/admin", "/api/%61dmin"}, {"/api/admin", "/api/admin;x/y"}, {"/{a}", "/api"}, {"/api/x y", "/api/x%20y"},
		{"/api/admin", "/api/a%2fdmin"}, {"/file/x", "/file/x"}, {"/second/x", "/second/x"}, {"/", "/nowhere"},
		{"api", "/api"}, {"/api/{$}", "/api/"},
	} {
		f.Add(seed[0], seed[1])
	}
	wide := []Endpoint{
		{Name: "wide", Path: "/api", Require: apikey.PermissionRead, Stored: true, OrgID: 1},
		{Name: "writing", Path: "/api/{a}/{b}", Stored: true, OrgID: 1,
			Methods: Methods{"POST": {Require: apikey.PermissionWrite}}},
	}
	opts := Options{Endpoints: append(wide, others.Endpoints...)}
	var inForce []*prepared
	for i := range opts.Endpoints {
		inForce = append(inForce, bare(&opts.Endpoints[i]))
	}
	held := NewHeld(&opts)
	f.Fuzz(func(t *testing.T, path, request string) {
		u, err := url.ParseRequestURI(request)
		if err != nil || u.Host != "" || !strings.HasPrefix(request, "/") {
			return
		}
		e := newcomer(path)
		opts := opts
		opts.Closed = []Closed{{Endpoint: *e}}
		closed := newRoutesBeside(closedPaths(&opts), inForce...)
		wrong, taken := held.Check(e)
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			is, fault := closed.resolve(method, u)
			if is.endpoint != nil && is.endpoint.Endpoint == e.Name {
				t.Fatalf("%q is open at %q", path, request)
			}
			if len(wrong)+len(taken) > 0 {
				was, _ := newRoutes(inForce...).resolve(method, u)
				if len(taken) > 0 && is.endpoint != was.endpoint && was.endpoint != nil && !isOf(wide, was.endpoint) {
					t.Fatalf("%q takes %q from %s: %s", path, request, was.endpoint.Endpoint, fault)
				}
				continue
			}
			with, _ := newRoutes(append([]*prepared{bare(e)}, inForce...)...).resolve(method, u)
			switch {
			case with.endpoint == nil || with.endpoint.Endpoint == e.Name:
				if is.endpoint != nil {
					t.Fatalf("%s %q falls to %s, while %q is not in force", method, request, is.endpoint.Endpoint, path)
				}
			case is.endpoint != with.endpoint:
				t.Fatalf("%q takes %s %q from %s: %s", path, method, request, with.endpoint.Endpoint, fault)
			}
		}
	})
}

func isOf(list []Endpoint, e *endpoint) bool {
	for i := range list {
		if list[i].Name == e.Endpoint {
			return true
		}
	}
	return false
}

// The routes of a kind stay closed too, and the names of what is not in force, whatever a proxy says they take.
func TestClosedNamesAndKinds(t *testing.T) {
	h := newHouse(t)
	up := upstreamAt(t, func(http.ResponseWriter, *http.Request) {})
	at := h.open(Options{
		Allowed: allowed(t, "127.0.0.1"),
		Endpoints: []Endpoint{
			{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: up, Stored: true, OrgID: 1},
			{Name: "again", Path: "/again", Require: apikey.PermissionRead, Upstream: up},
		},
		Closed: []Closed{
			{Endpoint: Endpoint{Name: "logs", Path: "/logs", Kind: "loki", Stored: true, OrgID: 1}, Reason: "Because."},
			{Endpoint: Endpoint{Name: "again", Path: "/again/below", Stored: true, OrgID: 1}},
			{Endpoint: Endpoint{Name: "bare", Stored: true, OrgID: 1}},
			{Endpoint: Endpoint{Name: "large", Path: "/large", Paths: make([]Rule, 1000), Stored: true, OrgID: 1}},
		},
	})
	admin := bearer(h.key(apikey.RoleAdmin))
	for path, status := range map[string]int{
		"/logs/loki/api/v1/query": http.StatusNotFound, "/logs/loki/api/v1/label/x/values": http.StatusNotFound,
		"/logs/elsewhere": http.StatusOK, "/x": http.StatusOK, "/again/below": http.StatusOK, "/large": http.StatusOK,
	} {
		require.Equal(t, status, ask(t, at+path, admin...).StatusCode, path)
	}
	a := ask(t, at+"/logs/loki/api/v1/query", admin...)
	require.Contains(t, a.Header.Get("X-Ostiary-Detail"),
		"The endpoint logs is not in force, so nothing is let in there. Because.")
	for _, door := range doors {
		for query, status := range map[string]int{
			"?endpoint=logs": http.StatusForbidden, "?endpoint=logs&require=read": http.StatusForbidden,
			"?endpoint=bare": http.StatusForbidden, "?endpoint=large&org=1": http.StatusForbidden,
			"?endpoint=again": http.StatusOK, "?endpoint=another": http.StatusOK,
		} {
			require.Equal(t, status, door.ask(t, at, query, "GET", "/x", admin...).StatusCode, "%s %s", door.name, query)
		}
		require.Equal(t, http.StatusForbidden, door.ask(t, at, "", "GET", "/logs/loki/api/v1/query", admin...).StatusCode)
		require.Equal(t, http.StatusOK, door.ask(t, at, "", "GET", "/again/below", admin...).StatusCode, "the file's")
	}
}

// A name and paths that something else took from an organization are not for others to have.
func TestWhatIsNotInForceIsKept(t *testing.T) {
	h := NewHeld(&Options{})
	h.Keep(&Endpoint{Name: "gone", Path: "/gone", Stored: true, OrgID: 2})
	h.Keep(&Endpoint{Name: "odd", Path: "no path", Paths: make([]Rule, 1000), Stored: true, OrgID: 2})
	e := newcomer("/gone/below")
	_, taken := h.Check(e)
	require.Contains(t, taken[0].Detail, "another organization")
	e = newcomer("/fresh")
	e.Name = "gone"
	_, taken = h.Check(e)
	require.Contains(t, taken[0].Detail, "another organization")
	e = newcomer("/gone")
	e.Name, e.OrgID = "gone", 2
	wrong, taken := h.Check(e)
	require.Empty(t, append(wrong, taken...), "its own makes it again")
}
