package gate

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// talker is a client that asks on one connection, in its own words.
type talker struct {
	net.Conn
	t testing.TB
	r *bufio.Reader
}

func talk(t testing.TB, gate string) *talker {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(gate, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	return &talker{c, t, bufio.NewReader(c)}
}

// say sends a request and returns the status, and what the upstream saw of it.
func (c *talker) say(request string) (status int, seen echo) {
	c.t.Helper()
	_, err := io.WriteString(c, request)
	require.NoError(c.t, err)
	res, err := http.ReadResponse(c.r, nil)
	require.NoError(c.t, err)
	body, err := io.ReadAll(res.Body)
	require.NoError(c.t, err)
	if res.StatusCode == http.StatusOK {
		require.NoError(c.t, json.Unmarshal(body, &seen), string(body))
	}
	return res.StatusCode, seen
}

// A request that is to the byte the one before it is judged as if it were the first: by the key, the limits and the
// endpoints of that moment.
func TestWhatIsSaidAgainIsJudgedAgain(t *testing.T) {
	h := newHouse(t)
	endpoints := func(path string) []Endpoint {
		return []Endpoint{
			{Name: "all", Path: path, Require: apikey.PermissionRead, Upstream: echoUpstream(t), Assert: AssertGrafana,
				Tenant: Tenant{Header: "X-Scope-OrgID"}},
			{Name: "manage", Path: "/manage", Require: apikey.PermissionManage, Upstream: echoUpstream(t)},
		}
	}
	var signed atomic.Int64
	sign := func(*verify.Identity) string { return fmt.Sprint("signed ", signed.Add(1)) }
	open := func(path string) Options {
		opts := h.options(endpoints(path)...)
		opts.AssertGrafana = sign
		return opts
	}
	first, err := New(open("/"))
	require.NoError(t, err)
	s := first.Server()
	gate := serve(t, s)
	change := func(issued *apikey.Issued, u apikey.Update) {
		t.Helper()
		_, err := h.service.Update(h.admin, issued.Key.ID, u, true)
		require.NoError(t, err)
	}
	for name, then := range map[string]struct {
		change func(*apikey.Issued)
		status int
		header string // of what the upstream sees, and what it holds then
		value  string
	}{
		"nothing": {func(*apikey.Issued) {}, 200, "X-Scope-Orgid", "a"},
		"renamed": {func(k *apikey.Issued) { change(k, apikey.Update{Name: new("other")}) }, 200, "X-Ostiary-Key-Name", "other"},
		"another tenant": {func(k *apikey.Issued) { change(k, apikey.Update{Tenants: &[]string{"b"}}) }, 200,
			"X-Scope-Orgid", "b"},
		"no tenant": {func(k *apikey.Issued) { change(k, apikey.Update{Tenants: &[]string{}}) }, 403, "", ""},
		"disabled":  {func(k *apikey.Issued) { change(k, apikey.Update{Enabled: new(false)}) }, 401, "", ""},
		"another address": {func(k *apikey.Issued) {
			change(k, apikey.Update{AllowedCIDRs: &[]netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
		}, 403, "", ""},
		"revoked": {func(k *apikey.Issued) {
			_, err := h.service.End(h.admin, k.Key.ID, apikey.End{How: apikey.Revoke})
			require.NoError(t, err)
		}, 401, "", ""},
		"the day is used up": {func(k *apikey.Issued) {
			change(k, apikey.Update{Limits: &apikey.Limits{RequestsPerDay: 1}})
			require.Equal(t, 200, ask(t, gate+"/", bearer(k.Token)...).StatusCode)
		}, 429, "", ""},
		"the endpoint is closed": {func(*apikey.Issued) { require.NoError(t, s.Reconfigure(open("/elsewhere"))) }, 404, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, s.Reconfigure(open("/")))
			issued := h.issue(apikey.RoleEditor, of("a"))
			request := wireText("GET /x HTTP/1.1", "Host: gate", "Authorization: Bearer "+issued.Token,
				"Cookie: a=b; c="+issued.Token+"; d=e")
			c := talk(t, gate)
			counted := h.uses.count()
			for i := range 3 {
				status, seen := c.say(request)
				require.Equal(t, 200, status)
				require.Equal(t, "GET /x a "+issued.Key.Name,
					strings.Join([]string{seen.Method, seen.URI, seen.Header.Get("X-Scope-OrgID"), seen.Header.Get("X-Ostiary-Key-Name")}, " "))
				require.Equal(t, fmt.Sprint("signed ", signed.Load()), seen.Header.Get("X-Jwt-Assertion"), "a new one each time")
				require.Equal(t, []string{"a=b; d=e"}, seen.Header["Cookie"])
				require.NotContains(t, seen.Header, "Authorization")
				require.Equal(t, counted+i+1, h.uses.count())
			}
			other, _ := c.say(strings.Replace(request, "/x", "/manage", 1))
			require.Equal(t, 403, other, "another endpoint")
			c = talk(t, gate)
			_, _ = c.say(request)
			then.change(issued)
			status, seen := c.say(request)
			require.Equal(t, then.status, status)
			if then.header != "" {
				require.Equal(t, []string{then.value}, seen.Header[then.header])
			}
		})
	}
}

// What an errand does not begin again with is begun anew.
func TestWhatAnErrandBeginsAgainWith(t *testing.T) {
	h := newHouse(t)
	up := mustURL(t, "http://127.0.0.1:1")
	endpoints := []Endpoint{
		{Name: "one", Path: "/one", Require: apikey.PermissionRead, Upstream: up},
		{Name: "two", Path: "/two", Require: apikey.PermissionRead, Upstream: up},
		{Name: "query", Path: "/query", Require: apikey.PermissionRead, Upstream: up, Query: "key"},
	}
	s := h.gate(Options{Endpoints: endpoints}).Server()
	header := http.Header{"Authorization": {"Bearer " + h.key(apikey.RoleViewer)}}
	request := func(method, path string) *http.Request {
		r := httptest.NewRequest(method, path, nil)
		r.Header = header
		return r
	}
	begins := func(first, second *http.Request) bool {
		e := s.Begin(t.Context(), first, nil)
		require.NotNil(t, e)
		e.End()
		counted := h.uses.count()
		again := e.Again(second)
		if again {
			require.Equal(t, counted+1, h.uses.count())
			require.NotNil(t, e.Upstream())
			require.Contains(t, string(e.AppendRequest(nil)), second.Method+" "+second.URL.RequestURI()+" HTTP/1.1\r\n")
			e.End()
		} else {
			require.Equal(t, counted, h.uses.count(), "nothing was decided")
		}
		return again
	}
	same := request(http.MethodGet, "/one")
	require.True(t, begins(same, same))
	require.True(t, begins(same, request(http.MethodGet, "/one/x?y")))
	require.True(t, begins(same, request(http.MethodPut, "/one")))
	for _, other := range []*http.Request{
		request(http.MethodGet, "/two"), request(http.MethodGet, "/none"), request(http.MethodDelete, "/one"),
		request(http.MethodGet, "/one%2F..%2Ftwo"), request(http.MethodGet, "/auth"),
	} {
		require.False(t, begins(same, other), other.URL)
	}
	require.False(t, begins(request(http.MethodGet, "/query"), request(http.MethodGet, "/query?a")), "the key may be there")
	e := s.Begin(t.Context(), same, nil)
	e.End()
	require.NoError(t, s.Reconfigure(h.options(endpoints...)))
	require.False(t, e.Again(same), "it is another gate's")
	s.gate.Load().connections.ending.Store(true)
	require.False(t, e.Again(same))
}

// A key in the address counts, and not the one in the address before it.
func TestAKeyInTheAddressIsLookedForAgain(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{Endpoints: []Endpoint{
		{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: echoUpstream(t), Query: "key"},
	}})
	c := talk(t, gate)
	for range 3 {
		for range 2 {
			issued := h.issue(apikey.RoleViewer)
			status, seen := c.say(wireText("GET /?a=b&key="+issued.Token+" HTTP/1.1", "Host: gate"))
			require.Equal(t, 200, status)
			require.Equal(t, "/?a=b "+issued.Key.ID, seen.URI+" "+seen.Header.Get("X-Ostiary-Key-Id"))
		}
	}
	status, _ := c.say(wireText("GET /?a=b HTTP/1.1", "Host: gate"))
	require.Equal(t, 401, status)
}

// Whatever was said before on a connection, the upstream gets of a request what it gets of it alone.
func TestARequestIsTheSameBehindAnyOther(t *testing.T) {
	w := newTwins(t)
	behind := func(before, request string) string {
		w.direct.upstream.script("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", false)
		c := talk(t, w.direct.address)
		defer c.Close()
		for _, one := range []string{before, before, request} {
			if one == "" {
				continue
			}
			w.direct.upstream.script("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", false)
			status, _ := c.say(strings.ReplaceAll(one, "$KEY", w.key))
			require.Equal(t, 200, status, one)
		}
		return w.direct.upstream.got()
	}
	requests := map[string]string{
		"longer":   strings.Replace(requestTable["POST"], "5\r\nContent-Type: text/plain\r\n\r\nhello", "12\r\nContent-Type: text/plain\r\n\r\nhello, hello", 1),
		"PUT":      strings.Replace(requestTable["POST"], "POST", "PUT", 1),
		"asks":     strings.Replace(requestTable["plain"], "c=d&e", "?", 1),
		"escaped":  strings.Replace(requestTable["plain"], "/a/b", "/a%2Fb//c", 1),
		"DELETE":   strings.Replace(requestTable["plain"], "GET", "DELETE", 1),
		"other":    strings.Replace(requestTable["plain"], "gate.example", "gate.other", 1),
		"two keys": strings.Replace(requestTable["plain"], "?c=d&e", "?key=$KEY", 1),
	}
	for name, text := range requestTable {
		if !strings.HasPrefix(text, "HEAD ") {
			requests[name] = text
		}
	}
	for name, request := range requests {
		alone := behind("", request)
		for before, first := range requests {
			if slices.Contains([]string{"HTTP/1.0", "close", "hop by hop"}, before) {
				continue // it ends the connection
			}
			require.Equal(t, alone, behind(first, request), "%s behind %s", name, before)
		}
	}
}
