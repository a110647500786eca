package gate

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// An upstream that refuses by itself is distinguished from the gate: in the
// answer, and in the log.
func TestWhatTheUpstreamRefusesIsSaidToBeItsDoing(t *testing.T) {
	h := newHouse(t)
	up := upstreamAt(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Ostiary-Code", "expired") // which is for the gate to say
		switch r.URL.Path {
		case "/401", "/401/told":
			w.Header().Set("Www-Authenticate", "Basic realm=upstream")
			w.WriteHeader(http.StatusUnauthorized)
		case "/403":
			w.WriteHeader(http.StatusForbidden)
		case "/grpc":
			w.Header().Set("Grpc-Status", "16")
		}
	})
	gate := h.open(Options{Endpoints: []Endpoint{
		{Name: "app", Path: "/", Require: apikey.PermissionRead, Upstream: up},
		{Name: "told", Path: "/told", Require: apikey.PermissionRead, Upstream: mustURL(t, up.String()+"/401"), UpstreamAuth: "me:secret-of-upstream"},
	}})
	key := h.key(apikey.RoleViewer)
	for path, status := range map[string]int{"/401": 401, "/403": 403, "/grpc": 200} {
		got := ask(t, gate+path, bearer(key)...)
		require.Equal(t, status, got.StatusCode)
		require.Equal(t, "valid", got.Header.Get("X-Ostiary-Code"), path)
	}
	require.Equal(t, "Basic realm=upstream", ask(t, gate+"/401", bearer(key)...).Header.Get("Www-Authenticate"), "its own challenge stays")
	require.Equal(t, "forbidden", ask(t, gate+"/403", bearer(h.key(apikey.RoleAgent))...).Header.Get("X-Ostiary-Code"), "the gate's own refusal")
	require.Equal(t, 1, strings.Count(h.log.String(), "the upstream itself refuses"), h.log)
	require.Contains(t, h.log.String(), "upstream_auth_file")

	require.Equal(t, "expired", ask(t, gate+"/200", bearer(key)...).Header.Get("X-Ostiary-Code"), "what it answers else is its own")
	ask(t, gate+"/told", bearer(key)...)
	require.Contains(t, h.log.String(), "see whether what upstream_auth_file holds is still good there")
	require.NotContains(t, h.log.String(), "secret-of-upstream")
}

func TestAnUpstreamIsComplainedOfOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out servertest.Output
		l := newDenialLog(slog.New(slog.NewTextHandler(&out, nil)), nil)
		one, other := &endpoint{upstream: new(upstream)}, &endpoint{upstream: new(upstream)}
		one.Endpoint, other.Endpoint = "one", "other"
		for second := range 180 {
			for range 10 {
				l.upstreamRefused(one, 401)
			}
			if second == 100 {
				l.upstreamRefused(other, 403)
			}
			time.Sleep(time.Second)
		}
		require.Equal(t, 3, strings.Count(out.String(), "endpoint=one"), out.String())
		require.Equal(t, 1, strings.Count(out.String(), "endpoint=other"))
	})
}

// The upstream gets the credential that it wants itself in place of every credential that the client sent.
func TestTheUpstreamGetsACredentialOfItsOwn(t *testing.T) {
	h := newHouse(t)
	up := echoUpstream(t)
	endpoint := func(name, auth string) Endpoint {
		return Endpoint{Name: name, Path: "/" + name, Require: apikey.PermissionRead, Upstream: up, UpstreamAuth: auth}
	}
	open := endpoint("open", "a:b")
	open.Require, open.Open = apikey.PermissionNone, true
	gate := h.open(Options{Endpoints: []Endpoint{
		endpoint("basic", "admin:pass: word"), endpoint("kuma", ":uk1_secret"), endpoint("bearer", "eyJ.token-_~+/="), endpoint("none", ""), open,
	}})
	key := h.key(apikey.RoleViewer)
	for name, want := range map[string][]string{
		"basic": {"Basic YWRtaW46cGFzczogd29yZA=="}, "kuma": {"Basic OnVrMV9zZWNyZXQ="}, "bearer": {"Bearer eyJ.token-_~+/="}, "none": nil, "open": {"Basic YTpi"},
	} {
		require.Equal(t, want, ask(t, gate+"/"+name, bearer(key)...).echo(t).Header["Authorization"], name)
		if want != nil {
			require.Equal(t, want, ask(t, gate+"/"+name, "X-API-Key", key, "Authorization", "Digest mine").echo(t).Header["Authorization"], name)
		}
	}
	for _, bad := range []string{"two words", "a:b\nc", "tab\there", "\x00", "ümlaut"} {
		e := endpoint("bad", bad)
		_, err := New(Options{Verifier: h.verifier, Endpoints: []Endpoint{e}})
		require.ErrorContains(t, err, "gate.endpoints[0].upstream_auth_file: must hold user:password", "%q", bad)
	}
}

func TestPreserveHost(t *testing.T) {
	h := newHouse(t)
	up := echoUpstream(t)
	gate := h.open(Options{Endpoints: []Endpoint{
		{Name: "kept", Path: "/kept", Require: apikey.PermissionRead, Upstream: up, PreserveHost: true},
		{Name: "own", Path: "/own", Require: apikey.PermissionRead, Upstream: up},
	}})
	key := h.key(apikey.RoleViewer)
	for path, want := range map[string]string{"/kept": "people.example.com:8443", "/own": up.Host} {
		req, err := http.NewRequest(http.MethodGet, gate+path, nil)
		require.NoError(t, err)
		req.Host = "people.example.com:8443"
		req.Header.Set("Authorization", "Bearer "+key)
		e := exchangeWith(t, http.DefaultClient, req).echo(t)
		require.Equal(t, want, e.Host)
		require.Equal(t, "people.example.com:8443", e.Header.Get("X-Forwarded-Host"))
	}
}

func TestEndpointsShareAPathByMethods(t *testing.T) {
	h := newHouse(t)
	up := echoUpstream(t)
	gate := h.open(Options{Endpoints: []Endpoint{
		{Name: "page", Path: alone, Require: apikey.PermissionRead, Upstream: up},
		{Name: "write", Path: "/things", Methods: Methods{"POST": takes(apikey.PermissionWrite), "PUT": takes(apikey.PermissionWrite)}, Upstream: up},
		{Name: "read", Paths: []Rule{{Path: "/things"}, {Path: "/views"}}, Methods: Methods{"GET": takes(apikey.PermissionRead)}, Upstream: up},
		{Name: "rest", Path: "/things/secret", Require: apikey.PermissionManage, Upstream: up},
		{Name: "health", Path: "/health", Open: true, Upstream: up},
	}})
	roles := map[string]string{"": "", "Viewer": h.key(apikey.RoleViewer), "Editor": h.key(apikey.RoleEditor), "Admin": h.key(apikey.RoleAdmin)}
	for _, c := range []struct {
		method, path string
		want         map[string]int // by role
	}{
		{"GET", "/", map[string]int{"": 401, "Viewer": 200}},
		{"GET", "/elsewhere", map[string]int{"": 404, "Viewer": 404, "Admin": 404}},
		{"GET", "/things/1", map[string]int{"": 401, "Viewer": 200, "Editor": 200}},
		{"HEAD", "/things", map[string]int{"": 401, "Viewer": 200}},
		{"POST", "/things/1", map[string]int{"": 401, "Viewer": 403, "Editor": 200}},
		{"DELETE", "/things/1", map[string]int{"": 405, "Viewer": 405, "Admin": 405}},
		{"GET", "/views/a", map[string]int{"Viewer": 200}},
		{"POST", "/views/a", map[string]int{"Admin": 405}},
		{"GET", "/things/secret/x", map[string]int{"Viewer": 403, "Admin": 200}},
		{"DELETE", "/things/secret", map[string]int{"Editor": 403, "Admin": 200}},
		{"POST", "/health", map[string]int{"": 200, "Viewer": 200}},
	} {
		for role, want := range c.want {
			req, err := http.NewRequest(c.method, gate+c.path, nil)
			require.NoError(t, err)
			if role != "" {
				req.Header.Set("Authorization", "Bearer "+roles[role])
			}
			require.Equal(t, want, exchangeWith(t, http.DefaultClient, req).StatusCode, "%s %s as %q", c.method, c.path, role)

			// Forward authentication decides by the same rules.
			req, err = http.NewRequest(http.MethodGet, gate+"/auth", nil)
			require.NoError(t, err)
			req.Header.Set("X-Original-URI", c.path)
			req.Header.Set("X-Original-Method", c.method)
			if role != "" {
				req.Header.Set("Authorization", "Bearer "+roles[role])
			}
			if want == 404 || want == 405 {
				want = 403
			}
			require.Equal(t, want, exchangeWith(t, http.DefaultClient, req).StatusCode, "/auth about %s %s as %q", c.method, c.path, role)
		}
	}
}

func TestEndpointsThatContradictEachOther(t *testing.T) {
	up := mustURL(t, "http://h:1")
	_, err := New(Options{Verifier: newHouse(t).verifier, Issued: func(int64, apikey.Permission, string, string) bool { return false }, Endpoints: []Endpoint{
		{Name: "a", Path: "/a", Paths: []Rule{{Path: "/b"}, {Path: "/a"}}, Methods: Methods{"GET": takes(apikey.PermissionRead), "POST": {}}, Upstream: up},
		{Name: "b", Paths: []Rule{{Path: "/c"}, {Path: "/b"}}, Methods: Methods{"PUT": takes(apikey.PermissionRead), "POST": {Open: true}, "get": {Open: true}}, Upstream: up},
		{Name: "c", Path: "/b", Require: apikey.PermissionRead, Upstream: up},
		{Name: "d", Path: "/d", Require: apikey.PermissionRead, Open: true, Upstream: up},
		{Name: "e", Path: "/e", Open: true, Upstream: up, BasicUntilFirstKey: &BasicAuth{Username: "a", Password: "bbbbbbbbbbbb"}},
		{Name: "f", Require: apikey.PermissionRead, Paths: []Rule{{Path: "/f/{$}/x"}, {Path: "g"}, {Path: "/{$}"}, {Path: "/f/{x}y"}, {Path: "/f/{rest...}"}}, PreserveHost: true},
		{Name: "g", Path: "/g", Require: apikey.PermissionRead, UpstreamAuth: "a:b"},
	}})
	require.EqualError(t, err, `the gate's configuration is not valid:
  gate.endpoints[0].methods.POST: is missing; use read, write, ingest or manage, or none for what anyone may see
  gate.endpoints[1].methods.get: is not a method; write one such as GET or POST, or require for all of them
  gate.endpoints[3].require: cannot be none and read at once
  gate.endpoints[4].require: is none, so that anyone may in; leave out basic_until_first_key and receiver_key_file
  gate.endpoints[5].paths[0]: "/f/{$}/x": {$} is not a name that stands for a segment, such as {name}; /{$} may stand at the end, for the path without what lies below it
  gate.endpoints[5].paths[1]: "g" must be written "/g"
  gate.endpoints[5].paths[3]: "/f/{x}y": {x}y is not a name that stands for a segment, such as {name}; /{$} may stand at the end, for the path without what lies below it
  gate.endpoints[5].paths[4]: "/f/{rest...}": {rest...} is not a name that stands for a segment, such as {name}; /{$} may stand at the end, for the path without what lies below it
  gate.endpoints[5].preserve_host: is for requests that are passed on; say where to with upstream, or leave it out
  gate.endpoints[6].upstream_auth_file: is for requests that are passed on; say where to with upstream, or leave it out
  gate.endpoints[0].paths[1]: "/a" is listed already
  gate.endpoints[1].paths[1]: "/b" is a path of a as well; paths must differ, or the methods`)
}

func takes(p apikey.Permission) Need { return Need{Require: p} }

// Finding the rule of a path takes no longer with many rules.
func BenchmarkRoutes(b *testing.B) {
	e := &Endpoint{Name: "e", Require: apikey.PermissionRead}
	for i := range 200 {
		e.Paths = append(e.Paths, Rule{Path: "/some.v1.Service/Method" + strings.Repeat("x", i)})
	}
	r := newRoutes((&Gate{}).prepare(e))
	u := &url.URL{Path: "/some.v1.Service/Methodxx"}
	for b.Loop() {
		_, _ = r.resolve(http.MethodPost, u)
	}
}
