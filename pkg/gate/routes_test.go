package gate

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

func routesOf(paths ...string) routes {
	var all []*prepared
	for _, p := range paths {
		all = append(all, (&Gate{}).prepare(&Endpoint{Name: p, Path: p, Require: apikey.PermissionRead}))
	}
	return newRoutes(all...)
}

// resolveDescribed returns the endpoint of a described address.
func (r routes) resolveDescribed(method string, d *described) (*endpoint, string) {
	t, fault := r.takenAt(method, d)
	return t.of(method), fault
}

func TestResolve(t *testing.T) {
	some := routesOf("/metrics", "/metrics/deep", "/ingest", "/a b", "/ünï")
	all := routesOf("/", "/admin", "/metrics")
	for _, c := range []struct {
		routes    routes
		uri       string
		endpoint  string // empty = none
		forwarded string // escaped, as it goes on; empty = as uri
		fault     string
	}{
		{routes: some, uri: "/metrics", endpoint: "/metrics"},
		{routes: some, uri: "/metrics/", endpoint: "/metrics"},
		{routes: some, uri: "/metrics/x", endpoint: "/metrics"},
		{routes: some, uri: "/metrics/deep/x", endpoint: "/metrics/deep"},
		{routes: some, uri: "/metrics/deeper", endpoint: "/metrics"},
		{routes: some, uri: "/metricsX"},
		{routes: some, uri: "/Metrics"},
		{routes: some, uri: "/"},
		{routes: some, uri: "/a%20b/c", endpoint: "/a b"},
		{routes: some, uri: "/%C3%BCn%c3%af", endpoint: "/ünï"},
		{routes: some, uri: "/%6detrics", endpoint: "/metrics", forwarded: "/metrics"},
		{routes: some, uri: "/metrics/%7Ea%2Fb", endpoint: "/metrics", forwarded: "/metrics/~a%2Fb"},

		// Cleaned before anything else, and passed on clean.
		{routes: some, uri: "/metrics/%2e%2e/admin", forwarded: "/admin"},
		{routes: all, uri: "/metrics/%2e%2e/admin", endpoint: "/admin", forwarded: "/admin"},
		{routes: all, uri: "/metrics/..%2fadmin", endpoint: "/admin", forwarded: "/admin"},
		{routes: all, uri: "//admin", endpoint: "/admin", forwarded: "/admin"},
		{routes: all, uri: "/./admin/", endpoint: "/admin", forwarded: "/admin/"},
		{routes: all, uri: "/../../../admin", endpoint: "/admin", forwarded: "/admin"},
		{routes: all, uri: "/admin/..", endpoint: "/", forwarded: "/"},
		{routes: all, uri: "/metrics/x/..", endpoint: "/metrics", forwarded: "/metrics/"},
		{routes: all, uri: "/metrics/.", endpoint: "/metrics", forwarded: "/metrics/"},

		// What is escaped for a reason stays escaped.
		{routes: some, uri: "/metrics/a%2Fb", endpoint: "/metrics"},
		{routes: some, uri: "/metrics/a%2fb/%25/!*'()", endpoint: "/metrics"},
		{routes: some, uri: "/metrics/a;v=1/b;c", endpoint: "/metrics"},
		{routes: all, uri: "/x;v=1", endpoint: "/"},
		{routes: some, uri: "/metrics/100%25", endpoint: "/metrics"},
		{routes: some, uri: "/metrics/http%3A%2Fh%2Fa%2520b", endpoint: "/metrics"},
		{routes: some, uri: "/metrics/http%3A%2F%2Fh", endpoint: "/metrics", forwarded: "/metrics/http:/h"},
		{routes: some, uri: "/metrics/.well-known/..x/...", endpoint: "/metrics"},

		// Readings that disagree.
		{routes: all, uri: "/admin%2fx", fault: faultAmbiguous},
		{routes: some, uri: "/metrics%2Fdeep", fault: faultAmbiguous},
		{routes: some, uri: "/metrics/deep%2fx", fault: faultAmbiguous},
		{routes: all, uri: "/admin;x=1/users", fault: faultAmbiguous},
		{routes: all, uri: "/admin%3bx", fault: faultAmbiguous},
		{routes: all, uri: "/admin%3fx", fault: faultAmbiguous},
		{routes: all, uri: "/admin%23x", fault: faultAmbiguous},
		{routes: all, uri: "/admin.", fault: faultAmbiguous},
		{routes: all, uri: "/admin%20/x", fault: faultAmbiguous},
		{routes: all, uri: "/%EF%BD%81dmin", fault: faultAmbiguous},
		{routes: all, uri: "/;x/admin", fault: faultAmbiguous},
		{routes: all, uri: "/%2561dmin", fault: faultAmbiguous},

		// Unreadable.
		{routes: all, uri: "/a%00b", fault: faultUnreadable},
		{routes: all, uri: "/a%0ab", fault: faultUnreadable},
		{routes: all, uri: "/a%7f", fault: faultUnreadable},
		{routes: all, uri: "/metrics%5c..%5cadmin", fault: faultUnreadable},
		{routes: all, uri: "/%c0%ae%c0%ae/admin", fault: faultUnreadable},
		{routes: all, uri: "/metrics/..;/admin", fault: faultParameter},
		{routes: all, uri: "/metrics/.;x=1/admin", fault: faultParameter},
		{routes: all, uri: "/metrics/%2e%2e%3b/admin", fault: faultParameter},
		{routes: all, uri: "/metrics/%252e%252e/admin", fault: faultDouble},
		{routes: all, uri: "/metrics/..%252fadmin", fault: faultDouble},
		{routes: all, uri: "/metrics/%255cadmin", fault: faultDouble},
		{routes: all, uri: "/metrics/%2500", fault: faultDouble},
		{routes: all, uri: "/metrics/%25252e", fault: faultDouble},
		{routes: all, uri: "/metrics/%25%2532%2565", fault: faultDouble}, // %%32%65, then %2e
		{routes: all, uri: "/admin%253bx", fault: faultDouble},
	} {
		u, err := url.ParseRequestURI(c.uri)
		require.NoError(t, err, c.uri)
		got, fault := c.routes.resolve(http.MethodGet, u)
		require.Equal(t, c.fault, fault, c.uri)
		if fault != "" {
			continue
		}
		if c.endpoint == "" {
			require.Nil(t, got.endpoint, c.uri)
			continue
		}
		require.NotNil(t, got.endpoint, c.uri)
		require.Equal(t, c.endpoint, got.endpoint.Endpoint, c.uri)
		if c.forwarded == "" {
			c.forwarded = c.uri
		}
		require.Equal(t, c.forwarded, forwarded(got), c.uri)
	}
}

// forwarded is the path that an upstream gets.
func forwarded(t target) string {
	var u url.URL
	(&upstream{scheme: "http", host: "x"}).address(&u, &t)
	return u.EscapedPath()
}

func TestResolveTakesNoOtherFormOfAddress(t *testing.T) {
	for _, u := range []*url.URL{{}, {Path: "*"}, {Opaque: "x"}, {Path: "metrics"}} {
		_, fault := routesOf("/").resolve(http.MethodGet, u)
		require.Equal(t, faultNotAbsolute, fault, "%+v", u)
	}
}

func TestDescribedPaths(t *testing.T) {
	r := routesOf("/", "/admin", "/metrics")
	for address, want := range map[string]string{
		"/admin":                    "/admin",
		"/admin/":                   "/admin",
		"/admin?x=/../y#z":          "/admin",
		"/metrics/a%2Fb;v=1/100%25": "/metrics",
		"/tags/%23go":               "/",
		"/search/what%3F":           "/",
		"/x/a.b/..c/d..":            "/",
		"/gr%C3%BC%C3%9Fe/a%20b":    "/",

		"":                            faultNotAbsolute,
		"*":                           faultNotAbsolute,
		"http://host/admin":           faultNotAbsolute,
		"/admin#x":                    faultFragment,
		"/#/admin":                    faultFragment,
		"/admin x":                    faultFragment,
		"//admin":                     faultEmpty,
		"/metrics//x":                 faultEmpty,
		"/metrics%2f%2fx":             faultEmpty,
		"/x/;a=b/y":                   faultEmpty,
		"/%20/admin":                  faultEmpty,
		"/./admin//../users":          faultDots,
		"/metrics/../admin":           faultDots,
		"/metrics/x/..":               faultDots,
		"/admin/%2e%2E/public":        faultDots,
		"/a%2fb/../admin/users":       faultDots,
		"/metrics/..%2fadmin":         faultDots,
		"/metrics/..;x/admin":         faultDots,
		"/metrics/..%3bx/admin":       faultDots,
		"/metrics/..%23/admin":        faultDots,
		"/metrics/..%3f":              faultDots,
		"/metrics/.../admin":          faultDots,
		"/metrics/..%20/admin":        faultDots,
		"/metrics/%252e%252e/admin":   faultDots,
		"/metrics/%252f":              faultEmpty,
		"/metrics/%25252e":            faultDouble,
		"/metrics/..\\admin":          faultUnreadable,
		"/metrics/..%5cadmin":         faultUnreadable,
		"/metrics/..%255cadmin":       faultUnreadable,
		"/metrics/%00":                faultUnreadable,
		"/metrics/%c0%ae%c0%ae/admin": faultUnreadable,
		"/metrics/．．/admin":           faultDots,
		"/metrics/%EF%BC%8E./admin":   faultDots,
		"/admin%zz":                   faultUnreadable,

		"/%61dmin":           faultAmbiguous,
		"/admin%2fx":         faultAmbiguous,
		"/admin;x":           faultAmbiguous,
		"/admin%3bx":         faultAmbiguous,
		"/admin%3fx":         faultAmbiguous,
		"/admin%23x":         faultAmbiguous,
		"/admin%253fx":       faultAmbiguous,
		"/admin./x":          faultAmbiguous,
		"/admin%20":          faultAmbiguous,
		"/ａｄｍｉｎ":             faultAmbiguous,
		"/metrics%EF%BC%8Fx": faultAmbiguous,
	} {
		d, fault := readDescribed(address)
		if fault == "" {
			var e *endpoint
			if e, fault = r.resolveDescribed(http.MethodGet, d); fault == "" {
				fault = e.Endpoint
			}
		}
		require.Equal(t, want, fault, address)
	}
}

// TestLongPathsCostLittle sends the longest paths that a header has room for.
// A path that reads the same to all may be as long as it likes.
func TestLongPathsCostLittle(t *testing.T) {
	r := routesOf("/", "/admin")
	for unit, plain := range map[string]bool{"/a": true, "a": true, "/a%2Fb": false, "a.;b%3b./": false, "/aﷺ": false, "%2561": false} {
		p := "/x/" + strings.TrimPrefix(strings.Repeat(unit, 30_000/len(unit)), "/")
		u, err := url.ParseRequestURI(p)
		require.NoError(t, err)
		got, fault := r.resolve(http.MethodGet, u)
		_, described := readDescribed(p)
		require.Equal(t, described, fault, unit)
		require.Equal(t, plain, fault == "", "%s: %s", unit, fault)
		require.Equal(t, plain, got.endpoint != nil)
	}
}

func TestUpstreamAddress(t *testing.T) {
	for _, c := range []struct{ upstream, path, rawPath, want string }{
		{"http://h:1", "/a", "", "http://h:1/a?q=%zz;1"},
		{"http://h:1/", "/a", "", "http://h:1/a?q=%zz;1"},
		{"https://h/base/", "/a/b", "/a%2Fb", "https://h/base/a%2Fb?q=%zz;1"},
		{"http://h/b%2Fc", "/a b", "", "http://h/b%2Fc/a%20b?q=%zz;1"},
		{"h2c://h/base", "/", "", "http://h/base/?q=%zz;1"},
	} {
		u := &url.URL{Path: "/old", RawQuery: "q=%zz;1", User: url.User("x"), Fragment: "f"}
		newUpstream(&Endpoint{Upstream: mustURL(t, c.upstream)}).address(u, &target{path: c.path, rawPath: c.rawPath})
		require.Equal(t, c.want, u.String())
	}
}

// FuzzMatch holds the paths that are passed on against every way in which a
// server may read them: all lead to the endpoint that was judged.
func FuzzMatch(f *testing.F) {
	for _, seed := range []string{
		"/metrics/%2e%2e/admin", "//admin", "/admin%2fx", "/a;x/admin", "/%2561dmin", "/metrics/..;/admin", "/%25%2532%2565", "/metrics/a%2Fb",
		"/m%5c..", "/%c0%ae", "/admin/deep/", "/x%3b/../admin", "/admin%2f..%2f..%2fmetrics", "/.;/admin", "/a//;b/c", "/%2e/%2E./metrics%3B",
	} {
		f.Add(seed)
	}
	all := []routes{
		routesOf("/", "/admin", "/admin/deep", "/metrics", "/a b/c"),
		routesOf("/admin", "/metrics/x"),
	}
	f.Fuzz(func(t *testing.T, uri string) {
		u, err := url.ParseRequestURI(uri)
		if err != nil {
			return
		}
		for _, r := range all {
			got, fault := r.resolve(http.MethodGet, u)
			if fault != "" {
				continue
			}
			sent := forwarded(got)
			require.True(t, strings.HasPrefix(sent, "/"), sent)
			once, err := url.PathUnescape(sent)
			require.NoError(t, err, "what is passed on is well escaped")
			require.Equal(t, got.path, once, "what was judged is what is passed on")
			for reading, p := range map[string]string{
				"once": once, "again": unescapeAgain(once), "a third time": unescapeAgain(unescapeAgain(once)), "segments": withoutEscapedSlashes(sent),
			} {
				for _, p := range []string{p, withoutParameters(p), unescapeAgain(withoutParameters(p)), withoutParameters(unescapeAgain(p))} {
					for range 3 {
						require.NotContains(t, strings.Split(p, "/"), "..", reading)
						require.Same(t, got.endpoint, r.match(http.MethodGet, p), "%s: %q sent as %q reads %q", reading, uri, sent, p)
						p = path.Clean(p)
					}
				}
			}
			require.NotContains(t, once, "\\")
			require.NotContains(t, once, "\x00")
		}
	})
}
