package gate

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// of gives a key tenants.
func of(tenants ...string) func(*apikey.NewKey) {
	return func(n *apikey.NewKey) { n.Tenants = tenants }
}

const noHeader = "\x00"

// chosenTenant is CONTRACT's table, read on its own: what the upstream is to see, or the refusal's code.
func chosenTenant(tenants []string, sent string, p apikey.Permission) (tenant, code string) {
	reading := p == apikey.PermissionRead
	named := strings.Split(sent, "|")
	if sent == noHeader {
		named = nil
	}
	every := slices.Equal(tenants, []string{"*"})
	if len(tenants) == 0 {
		return "", "forbidden"
	}
	for _, one := range named {
		if one == "" || len(one) > 150 || one == "." || one == ".." || one == "__mimir_cluster" ||
			strings.ContainsFunc(one, func(c rune) bool {
				return !strings.ContainsRune("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!-_.*'()", c)
			}) {
			return "", "invalid_request"
		}
		if !every && !slices.Contains(tenants, one) {
			return "", "forbidden"
		}
	}
	switch {
	case every && named == nil:
		return "", "invalid_request"
	case every:
		return sent, ""
	case named == nil && len(tenants) > 1 && !reading:
		return "", "invalid_request"
	case named == nil:
		sorted := slices.Sorted(slices.Values(tenants))
		return strings.Join(sorted, "|"), ""
	case len(named) > 1 && !reading:
		return "", "invalid_request"
	}
	return sent, ""
}

// scopes are endpoints with tenants, one for each permission.
func scopes(t testing.TB, h *house, tenant Tenant) string {
	up := echoUpstream(t)
	var list []Endpoint
	for _, p := range []apikey.Permission{apikey.PermissionRead, apikey.PermissionWrite, apikey.PermissionIngest,
		apikey.PermissionManage} {
		list = append(list, Endpoint{Name: p.String(), Path: "/" + p.String(), Require: p, Upstream: up, Tenant: tenant})
	}
	return h.open(Options{Endpoints: list, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
}

// TestTenantsByTheTable draws keys and headers, and asks the proxy and /auth.
func TestTenantsByTheTable(t *testing.T) {
	h := newHouse(t)
	gate := scopes(t, h, Tenant{Header: "X-Scope-OrgID"})
	keys := map[string]string{}
	for _, tenants := range []string{"", "a", "a b", "b c a", "*", "team-1 x(y) '"} {
		keys[tenants] = h.key(apikey.RoleAdmin, of(strings.Fields(tenants)...))
	}
	agent := h.key(apikey.RoleAgent, of("a"))
	name := rapid.SampledFrom([]string{"a", "b", "c", "team-1", "x(y)", "'", "*", "other", "A", "a b", "", ".", "..",
		"__mimir_cluster", strings.Repeat("a", 150), strings.Repeat("a", 151), "a,b", "ä"})
	rapid.Check(t, func(rt *rapid.T) {
		tenants := rapid.SampledFrom(slices.Sorted(func(yield func(string) bool) {
			for k := range keys {
				if !yield(k) {
					return
				}
			}
		})).Draw(rt, "tenants")
		sent := noHeader
		if rapid.Bool().Draw(rt, "given") {
			sent = strings.Join(rapid.SliceOfN(name, 1, 3).Draw(rt, "sent"), "|")
		}
		spelling := rapid.SampledFrom([]string{"X-Scope-OrgID", "x-scope-orgid", "X_Scope_OrgID",
			"X-SCOPE_ORGID"}).Draw(rt, "spelling")
		p := rapid.SampledFrom([]apikey.Permission{apikey.PermissionRead, apikey.PermissionWrite, apikey.PermissionIngest,
			apikey.PermissionManage}).Draw(rt, "permission")
		headers := bearer(keys[tenants])
		if sent != noHeader {
			headers = append(headers, spelling, sent)
		}
		want, code := chosenTenant(strings.Fields(tenants), strings.TrimSpace(sent), p)
		got := ask(t, gate+"/"+p.String(), headers...)
		auth := ask(t, gate+"/auth", append(headers, "X-Forwarded-Uri", "/"+p.String()+"/x", "X-Forwarded-Method", "GET")...)
		if code != "" {
			require.Equal(t, code, got.Header.Get("X-Ostiary-Code"), got.body)
			require.Equal(t, code, auth.Header.Get("X-Ostiary-Code"), auth.body)
			require.Empty(t, auth.Header["X-Scope-Orgid"])
			require.Empty(t, auth.Header["X-Ostiary-Tenant"])
			require.Empty(t, auth.Header["X-Ostiary-Key-Id"])
			return
		}
		e := got.echo(t)
		require.Equal(t, []string{want}, e.Header["X-Scope-Orgid"])
		require.Equal(t, []string{want}, e.Header["X-Ostiary-Tenant"])
		require.Empty(t, e.Header[http.CanonicalHeaderKey("X_Scope_OrgID")])
		require.Equal(t, http.StatusOK, auth.StatusCode, auth.body)
		require.Equal(t, []string{want}, auth.Header["X-Scope-Orgid"])
		require.Equal(t, []string{want}, auth.Header["X-Ostiary-Tenant"])
	})
	require.Equal(t, []string{"a"}, ask(t, gate+"/ingest", bearer(agent)...).echo(t).Header["X-Scope-Orgid"])
}

// FuzzTenantHeader sends any value under any name: the upstream sees a tenant of the key, once, or nothing comes
// through.
func FuzzTenantHeader(f *testing.F) {
	h := newHouse(f)
	gate := scopes(f, h, Tenant{Header: "X-Scope-OrgID"})
	several, one := h.key(apikey.RoleAdmin, of("a", "b")), h.key(apikey.RoleAdmin, of("a"))
	for _, value := range []string{"a", "b", "c", "a|b", "b|a", "a|b|c", " a ", "a,b", "", "|", "a|", "*", "\ta",
		"a\x00", "a\r\nX-Scope-OrgID: b", "ａ"} {
		for _, name := range []string{"X-Scope-OrgID", "x_scope_orgid", "X-Scope_OrgID", "X-Scope-OrgID ", "X-Scope-Org"} {
			f.Add(name, value)
		}
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		for key, allowed := range map[string][]string{one: {"a"}, several: {"a", "b"}} {
			conn, err := net.Dial("tcp", strings.TrimPrefix(gate, "http://"))
			require.NoError(t, err)
			_, err = io.WriteString(conn,
				"GET /read HTTP/1.1\r\nHost: gate\r\nConnection: close\r\nAuthorization: Bearer "+key+"\r\n"+name+": "+value+"\r\n\r\n")
			require.NoError(t, err)
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				_ = conn.Close()
				continue // what was sent is no request
			}
			body, _ := io.ReadAll(res.Body)
			_ = conn.Close()
			if res.StatusCode != http.StatusOK {
				require.Contains(t, []int{400, 403, 431, 501, 401, 417, 505, 411, 413}, res.StatusCode, string(body))
				continue
			}
			var e echo
			decode(t, string(body), &e)
			for header, values := range e.Header {
				if verify.IsHeader(header, "x-scope-orgid") {
					require.Equal(t, "X-Scope-Orgid", header)
					require.Len(t, values, 1)
					for chosen := range strings.SplitSeq(values[0], "|") {
						require.Contains(t, allowed, chosen)
					}
				}
			}
			require.Len(t, e.Header["X-Scope-Orgid"], 1)
		}
	})
}

// TestNoOtherWayToNameATenant sends it wherever a server might look.
func TestNoOtherWayToNameATenant(t *testing.T) {
	h := newHouse(t)
	gate := scopes(t, h, Tenant{Header: "X-Scope-OrgID"})
	one := h.key(apikey.RoleAdmin, of("a"))
	every := h.key(apikey.RoleAdmin, of("*"))
	bare := "Host: gate\r\nAuthorization: Bearer " + one + "\r\n"
	ofAny := "Host: gate\r\nConnection: close\r\nAuthorization: Bearer " + every + "\r\n"
	head := "Host: gate\r\nConnection: close\r\nAuthorization: Bearer " + one + "\r\n"
	for name, c := range map[string]struct {
		request string
		status  int
	}{
		"twice the same":      {"GET /read HTTP/1.1\r\n" + head + "X-Scope-OrgID: a\r\nX-Scope-OrgID: a\r\n\r\n", 400},
		"twice, two":          {"GET /read HTTP/1.1\r\n" + head + "X-Scope-OrgID: a\r\nx-scope-orgid: b\r\n\r\n", 400},
		"two spellings":       {"GET /read HTTP/1.1\r\n" + head + "X-Scope-OrgID: a\r\nX_Scope_OrgID: a\r\n\r\n", 400},
		"underscores":         {"GET /read HTTP/1.1\r\n" + head + "X_Scope_OrgID: b\r\n\r\n", 403},
		"another":             {"GET /read HTTP/1.1\r\n" + head + "x-SCOPE-orgid: b\r\n\r\n", 403},
		"empty":               {"GET /read HTTP/1.1\r\n" + head + "X-Scope-OrgID:\r\n\r\n", 400},
		"a list":              {"GET /read HTTP/1.1\r\n" + head + "X-Scope-OrgID: a,b\r\n\r\n", 400},
		"spaces around":       {"GET /read HTTP/1.1\r\n" + head + "X-Scope-OrgID:   a  \r\n\r\n", 200},
		"hop by hop, its own": {"GET /read HTTP/1.1\r\n" + bare + "Connection: close, X-Scope-OrgID\r\nX-Scope-OrgID: a\r\n\r\n", 200},
		"hop by hop, another": {"GET /read HTTP/1.1\r\n" + bare + "Connection: close, X-Scope-OrgID\r\nX-Scope-OrgID: b\r\n\r\n", 403},
		"hop by hop, none":    {"GET /read HTTP/1.1\r\n" + bare + "Connection: close, X-Scope-OrgID, X-Ostiary-Tenant\r\n\r\n", 200},
		"address":             {"GET /read?X-Scope-OrgID=b HTTP/1.1\r\n" + head + "\r\n", 400},
		"address, escaped":    {"GET /read?x=1&x%2dscope_orgid=a HTTP/1.1\r\n" + head + "\r\n", 400},
		"address, semicolon":  {"GET /read?x=1;X-Scope-OrgID=b HTTP/1.1\r\n" + head + "\r\n", 400},
		"trailer": {"POST /write HTTP/1.1\r\n" + head + "Transfer-Encoding: chunked\r\nTrailer: X-Scope-OrgID, X_Scope_OrgID\r\n\r\n" +
			"1\r\nx\r\n0\r\nX-Scope-OrgID: b\r\nX_Scope_OrgID: b\r\n\r\n", 200},
		"forged X-Ostiary-Tenant":  {"GET /read HTTP/1.1\r\n" + head + "X-Ostiary-Tenant: b\r\nX_Ostiary_Tenant: b\r\n\r\n", 200},
		"folded":                   {"GET /read HTTP/1.1\r\n" + head + "X-Scope-OrgID: a\r\n b\r\n\r\n", 400},
		"any of a key for any":     {"GET /read HTTP/1.1\r\n" + ofAny + "X-Scope-OrgID: a\r\n\r\n", 200},
		"nothing of a key for any": {"GET /read HTTP/1.1\r\n" + ofAny + "\r\n", 400},
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(gate, "http://"))
		require.NoError(t, err)
		_, err = io.WriteString(conn, c.request)
		require.NoError(t, err)
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err, name)
		body, _ := io.ReadAll(res.Body)
		_ = conn.Close()
		require.Equal(t, c.status, res.StatusCode, "%s: %s", name, body)
		if c.status != 200 {
			continue
		}
		var e echo
		decode(t, string(body), &e)
		require.Equal(t, []string{"a"}, e.Header["X-Scope-Orgid"], name)
		require.Equal(t, []string{"a"}, e.Header["X-Ostiary-Tenant"], name)
		for header, values := range e.Header {
			require.NotContains(t, values, "b", "%s: %s", name, header)
		}
	}
}

// TestTenantsOnOtherProtocols does the same on HTTP/2, as trailers there, and for WebSockets.
func TestTenantsOnOtherProtocols(t *testing.T) {
	h := newHouse(t)
	seen := make(chan http.Header, 1)
	up := upstreamAt(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		all := r.Header.Clone()
		for name, values := range r.Trailer {
			all[name] = append(all[name], values...)
		}
		seen <- all
		if r.Header.Get("Upgrade") != "" {
			conn, err := websocket.Accept(w, r, nil)
			if err == nil {
				_ = conn.Close(websocket.StatusNormalClosure, "")
			}
		}
	})
	gate := h.open(Options{Endpoints: []Endpoint{{Name: "w", Path: "/", Require: apikey.PermissionWrite, Upstream: up,
		Tenant: Tenant{Header: "X-Scope-OrgID"}}}})
	key := h.key(apikey.RoleEditor, of("a"))
	transport := transportOf(func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) })
	defer transport.CloseIdleConnections()
	for name, c := range map[string]struct {
		header, trailer http.Header
		status          int
	}{
		"none":                 {http.Header{}, nil, 200},
		"its own":              {http.Header{"X-Scope-Orgid": {"a"}}, nil, 200},
		"another":              {http.Header{"x_scope_orgid": {"b"}}, nil, 403},
		"two":                  {http.Header{"X-Scope-Orgid": {"a", "b"}}, nil, 400},
		"with space":           {http.Header{"X-Scope-Orgid": {"a b"}}, nil, 400},
		"as trailer":           {http.Header{}, http.Header{"X-Scope-Orgid": {"b"}}, 200},
		"as trailer, spelt so": {http.Header{}, http.Header{"X_scope_orgid": {"b"}}, 200},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, gate+"/x", io.NopCloser(strings.NewReader("x")))
		require.NoError(t, err)
		req.Header, req.Trailer = c.header, c.trailer
		req.Header.Set("Authorization", "Bearer "+key)
		got := exchangeWith(t, &http.Client{Transport: transport}, req)
		require.Equal(t, c.status, got.StatusCode, "%s: %s", name, got.body)
		if c.status == 200 {
			all := <-seen
			require.Equal(t, []string{"a"}, all["X-Scope-Orgid"], name)
			require.Empty(t, all[http.CanonicalHeaderKey("X_scope_orgid")], name)
		}
	}
	conn, _, err := websocket.Dial(t.Context(), gate+"/loki/api/v1/tail",
		&websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + key}, "X-Scope-OrgID": {"a"}}})
	require.NoError(t, err)
	defer conn.CloseNow()
	require.Equal(t, []string{"a"}, (<-seen)["X-Scope-Orgid"])
	_, res, err := websocket.Dial(t.Context(), gate+"/loki/api/v1/tail",
		&websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + key}, "X-Scope-OrgID": {"b"}}})
	require.Error(t, err)
	require.Equal(t, http.StatusForbidden, res.StatusCode)
}

// TestNobodyWithoutAKeyHasATenant tries the ways in that need none.
func TestNobodyWithoutAKeyHasATenant(t *testing.T) {
	h := newHouse(t)
	tenant := Tenant{Header: "X-Scope-OrgID"}
	gate := h.open(Options{IngestionOpen: true, Endpoints: []Endpoint{
		{Name: "push", Path: "/push", Require: apikey.PermissionIngest, Upstream: echoUpstream(t), Tenant: tenant},
		{Name: "query", Path: "/query", Require: apikey.PermissionRead, Upstream: echoUpstream(t), Tenant: tenant},
		{Name: "other", Path: "/other", Require: apikey.PermissionIngest, Upstream: echoUpstream(t)},
	}})
	named := []string{"X-Scope-OrgID", "a"}
	require.Equal(t, 200, ask(t, gate+"/other", named...).StatusCode, "where there are no tenants, anyone ingests")
	for _, path := range []string{"/push", "/query", "/auth?endpoint=push", "/auth?endpoint=query",
		"/auth?endpoint=push&require=ingest", "/auth?endpoint=query&require=ingest"} {
		require.Equal(t, 401, ask(t, gate+path, named...).StatusCode, path)
		require.Equal(t, 403, ask(t, gate+path, append(bearer(h.key(apikey.RoleAdmin)), named...)...).StatusCode, path)
		got := ask(t, gate+path, append(bearer(h.key(apikey.RoleAdmin, of("a"))), named...)...)
		require.Equal(t, 200, got.StatusCode, path)
	}
	require.NotContains(t, (&Options{IngestionOpen: true, Endpoints: []Endpoint{{Name: "push",
		Require: apikey.PermissionIngest, Tenant: tenant}}}).LetAnyoneIngest(), "push")

	// Also where a configuration that New refuses got here all the same.
	g := h.gate(Options{})
	for _, d := range []*verify.Demand{
		{Tenant: "X-Scope-Orgid", Open: true},
		{Tenant: "X-Scope-Orgid", Require: apikey.PermissionIngest,
			Receiver: verify.NewReceiver("a-key-that-is-fixed-for-all")},
		{Tenant: "X-Scope-Orgid", Require: apikey.PermissionRead, Password: verify.NewPassword("prom",
			"a-key-that-is-fixed-for-all")},
	} {
		r, err := http.NewRequest(http.MethodGet, "http://gate/", nil)
		require.NoError(t, err)
		r.Header["X-Scope-Orgid"] = []string{"a"}
		r.SetBasicAuth("prom", "a-key-that-is-fixed-for-all")
		o := g.decide(g.newRequest(r), &demand{Demand: *d})
		require.False(t, o.Valid())
		require.Empty(t, o.Tenant)
	}
}

// TestWhereThereAreNoTenants says what X-Ostiary-Tenant holds there.
func TestWhereThereAreNoTenants(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{Endpoints: []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead,
		Upstream: echoUpstream(t)}}})
	for tenants, want := range map[string][]string{"": nil, "a": {"a"}, "a b": nil, "*": nil} {
		key := bearer(h.key(apikey.RoleViewer, of(strings.Fields(tenants)...)))
		e := ask(t, gate+"/", append(key, "X-Scope-OrgID", "z", "X-Ostiary-Tenant", "z")...).echo(t)
		require.Equal(t, want, e.Header["X-Ostiary-Tenant"], tenants)
		require.Equal(t, []string{"z"}, e.Header["X-Scope-Orgid"], "it means nothing here")
		got := ask(t, gate+"/auth?require=read", append(key, "X-Scope-OrgID", "z", "X-Ostiary-Tenant", "z")...)
		require.Equal(t, strings.Join(want, ""), got.Header.Get("X-Ostiary-Tenant"), tenants)
		require.Empty(t, got.Header["X-Scope-Orgid"])
	}
}

// TestAnotherTenantHeader takes one that is not Grafana's.
func TestAnotherTenantHeader(t *testing.T) {
	h := newHouse(t)
	gate := scopes(t, h, Tenant{Header: "accountid"})
	key := bearer(h.key(apikey.RoleAdmin, of("12")))
	e := ask(t, gate+"/read", append(key, "AccountID", "12")...).echo(t)
	require.Equal(t, []string{"12"}, e.Header["Accountid"])
	require.Equal(t, 403, ask(t, gate+"/read", append(key, "AccountID", "0")...).StatusCode)
}

// TestTenantsFitTheProgram: a program that does not learn of the tenant would serve the data of all.
func TestTenantsFitTheProgram(t *testing.T) {
	up := mustURL(t, "http://h:1")
	header, other := Tenant{Header: "X-Scope-OrgID"}, Tenant{Header: "X-Foo"}
	label, extra := Tenant{Label: "tenant"}, Tenant{ExtraLabel: "tenant"}
	for kind, fit := range map[string][]Tenant{
		"loki": {header}, "mimir": {header}, "cortex": {header}, "tempo": {header}, "pyroscope": {header},
		"prometheus": {label}, "victoriametrics": {label, extra}, "alertmanager": nil,
	} {
		for _, tenant := range []Tenant{{}, header, {Header: "x-scope-orgid"}, other, label, extra} {
			e := Endpoint{Name: "e", Path: "/", Kind: kind, Upstream: up, Tenant: tenant}
			wrong := (&Options{Endpoints: []Endpoint{e}}).Check()
			canonical := tenant
			canonical.Header = strings.ReplaceAll(canonical.Header, "x-scope-orgid", "X-Scope-OrgID")
			if tenant.IsZero() || slices.Contains(fit, canonical) {
				require.Empty(t, wrong, "%s: %+v", kind, tenant)
				continue
			}
			require.Len(t, wrong, 1, "%s: %+v", kind, tenant)
			require.Equal(t, "gate.endpoints[0].tenant", wrong[0].Field)
		}
	}
}

func TestTenantsOfAnEndpointThatCannotBe(t *testing.T) {
	up := mustURL(t, "http://h:1")
	key := "a-key-that-is-fixed-for-all"
	for want, e := range map[string]Endpoint{
		"tenant: says it in 2 ways": {Tenant: Tenant{Header: "X-Scope-OrgID",
			Label: "tenant"}, Upstream: up},
		"tenant: says it in 3 ways": {Tenant: Tenant{Header: "X-Scope-OrgID",
			Label: "tenant", ExtraLabel: "tenant"}, Upstream: up},
		"tenant.header: \"a b\" is not the name of a header":         {Tenant: Tenant{Header: "a b"}},
		"tenant.header: authorization cannot hold a tenant":          {Tenant: Tenant{Header: "authorization"}},
		"tenant.header: Connection cannot hold a tenant":             {Tenant: Tenant{Header: "Connection"}},
		"tenant.header: TE cannot hold a tenant":                     {Tenant: Tenant{Header: "TE"}},
		"tenant.header: Host cannot hold a tenant":                   {Tenant: Tenant{Header: "Host"}},
		"tenant.header: Proxy_Authorization cannot hold a tenant":    {Tenant: Tenant{Header: "Proxy_Authorization"}},
		"tenant.header: X-Ostiary-Tenant cannot hold a tenant":       {Tenant: Tenant{Header: "X-Ostiary-Tenant"}},
		"tenant.header: x_ostiary_role cannot hold a tenant":         {Tenant: Tenant{Header: "x_ostiary_role"}},
		"tenant.header: X-Forwarded-For cannot hold a tenant":        {Tenant: Tenant{Header: "X-Forwarded-For"}},
		"tenant.header: X-HTTP-Method-Override cannot hold a tenant": {Tenant: Tenant{Header: "X-HTTP-Method-Override"}},
		"tenant.header: X-JWT-Assertion cannot hold a tenant":        {Tenant: Tenant{Header: "X-JWT-Assertion"}},
		"tenant.header: x-api_key holds a key":                       {Tenant: Tenant{Header: "x-api_key"}},
		"tenant.header: X-Mine holds a key": {Headers: []string{"x-mine"},
			Tenant: Tenant{Header: "X-Mine"}},
		"tenant.label: \"a-b\" is not the name of a label": {Tenant: Tenant{Label: "a-b"}, Upstream: up},
		"tenant.label: \"__name__\": names that begin with two underscores": {Tenant: Tenant{Label: "__name__"},
			Upstream: up},
		"tenant.extra_label: \"a=b\" is not the name of a label": {Tenant: Tenant{ExtraLabel: "a=b"},
			Upstream: up},
		"tenant.extra_label: confines requests as they pass": {Tenant: Tenant{ExtraLabel: "tenant"}},
		"tenant.label: confines requests as they pass":       {Tenant: Tenant{Label: "tenant"}},
		"tenant: is the key's, and with require: none": {Open: true,
			Tenant: Tenant{Header: "X-Scope-OrgID"}},
		"tenant: is the key's, and basic_until_first_key": {BasicUntilFirstKey: &BasicAuth{"prom", key},
			Tenant: Tenant{Header: "X-Scope-OrgID"}},
		"tenant: is the key's, and the one in receiver_key_file": {Require: apikey.PermissionIngest,
			ReceiverKey: key, Tenant: Tenant{Header: "X-Scope-OrgID"}},
	} {
		e.Name, e.Path = "e", "/"
		if e.Require == 0 && !e.Open {
			e.Require = apikey.PermissionRead
		}
		opts := Options{Endpoints: []Endpoint{e}, Issued: func(int64, apikey.Permission, string,
			string) bool {
			return false
		}}
		wrong := opts.Check()
		require.Len(t, wrong, 1, "%s: %v", want, wrong)
		require.Contains(t, wrong[0].Field+": "+wrong[0].Detail, "gate.endpoints[0]."+want)
	}
	opts := Options{Sources: verify.Sources{Headers: []string{}}, Endpoints: []Endpoint{{Name: "e", Path: "/",
		Require: apikey.PermissionRead, Tenant: Tenant{Header: "X-API-Key"}}}}
	require.Empty(t, opts.Check(), "where no key is read from it")
}

// TestForAuthAloneNothingIsConfined asks about an endpoint whose requests would have to pass.
func TestForAuthAloneNothingIsConfined(t *testing.T) {
	h := newHouse(t)
	gate := scopes(t, h, Tenant{Label: "tenant"})
	got := ask(t, gate+"/auth?endpoint=read", bearer(h.key(apikey.RoleAdmin, of("a")))...)
	require.Equal(t, 403, got.StatusCode)
	require.Contains(t, got.problem(t).Detail, "Let the proxy pass it on to the gate")
	require.Empty(t, got.Header["X-Ostiary-Tenant"])
}

// TestOpenPathsOfATenantsEndpoint lets anyone in, and passes on without a tenant, whatever a client says.
func TestOpenPathsOfATenantsEndpoint(t *testing.T) {
	h := newHouse(t)
	up := echoUpstream(t)
	gate := h.open(Options{Endpoints: []Endpoint{
		{
			Name: "loki", Path: "/", Require: apikey.PermissionRead, Upstream: up, Tenant: Tenant{Header: "X-Scope-OrgID"},
			Paths: []Rule{{Path: "/ready", Need: Need{Open: true}}},
		},
		{
			Name: "prom", Path: "/prom", Require: apikey.PermissionRead, Upstream: up, Tenant: Tenant{Label: "tenant"},
			Paths: []Rule{{Path: "/prom/ready", Need: Need{Open: true}}},
		},
	}})
	named := []string{"X-Scope-OrgID", "a", "X_Scope_OrgID", "a"}
	key := bearer(h.key(apikey.RoleAdmin, of("b", "c")))
	for _, path := range []string{"/ready", "/prom/ready"} {
		for _, headers := range [][]string{named, append(key, named...)} {
			e := ask(t, gate+path, headers...).echo(t)
			require.Empty(t, e.Header["X-Scope-Orgid"])
			require.Empty(t, e.Header["X_scope_orgid"])
			require.Empty(t, e.Header["X-Ostiary-Tenant"])
		}
		for _, query := range []string{"?X-Scope-OrgID=a", "?b=c&x_scope_orgid=a", "?b=c;X%2DScope-OrgID"} {
			require.Equal(t, http.StatusBadRequest, ask(t, gate+path+query).StatusCode, query)
			require.Equal(t, http.StatusBadRequest, ask(t, gate+path+query, key...).StatusCode, query)
			inURI := []string{"X-Forwarded-Uri", path + query, "X-Forwarded-Method", "GET"}
			require.Equal(t, http.StatusBadRequest, ask(t, gate+"/auth", inURI...).StatusCode, query)
		}
	}
	described := slices.Concat(named, []string{"X-Forwarded-Uri", "/ready", "X-Forwarded-Method", "GET"})
	got := ask(t, gate+"/auth", described...)
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Equal(t, []string{""}, got.Header["X-Scope-Orgid"], "so that a proxy that copies it forgets the client's")
	for _, query := range []string{"?endpoint=loki&require=read", "?endpoint=prom&require=read"} {
		for _, path := range []string{"/ready", "/prom/ready"} {
			described := append(append(slices.Clone(key), "X-Scope-OrgID", "a"), "X-Forwarded-Uri", path, "X-Forwarded-Method", "GET")
			require.Equal(t, http.StatusForbidden, ask(t, gate+"/auth"+query, described...).StatusCode, query+" "+path)
		}
	}
}

// TestAKeyIsNoTenant refuses who sends a key as the tenant's name, with one that is for any: it would be passed on, and
// metrics would name it.
func TestAKeyIsNoTenant(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{Endpoints: []Endpoint{{
		Name: "loki", Path: "/", Require: apikey.PermissionRead, Upstream: echoUpstream(t), Tenant: Tenant{Header: "X-Scope-OrgID"},
	}}})
	own, other := bearer(h.key(apikey.RoleViewer, of(apikey.AnyTenant))), bearer(h.key(apikey.RoleViewer))
	token := func(bearer []string) string { return strings.TrimPrefix(bearer[1], "Bearer ") }
	for _, tenant := range []string{
		token(own), token(other), "a|" + token(other), "a." + token(other), token(other)[:30], "glsa_" + strings.Repeat("a", 32) + "_0123abcd",
	} {
		for _, path := range []string{"/x", "/auth?endpoint=loki"} {
			got := ask(t, gate+path, append(slices.Clone(own), "X-Scope-OrgID", tenant)...)
			require.Equal(t, http.StatusBadRequest, got.StatusCode, tenant)
			require.NotContains(t, got.problem(t).Detail, tenant)
			require.NotContains(t, fmt.Sprint(got.Header), tenant)
		}
	}
	for _, tenant := range []string{"ost", "ost_of_berlin", "uk", "uk-north", strings.Repeat("a", apikey.MaxTenantLength)} {
		require.Equal(t, tenant, ask(t, gate+"/x", append(slices.Clone(own), "X-Scope-OrgID", tenant)...).echo(t).Header["X-Scope-Orgid"][0])
	}
}

// TestTheAPIShowsHowTenantsAreSaid in each of the ways.
func TestTheAPIShowsHowTenantsAreSaid(t *testing.T) {
	for want, tenant := range map[string]Tenant{
		`"tenant":null`:                       {},
		`"tenant":{"header":"X-Scope-OrgID"}`: {Header: "X-Scope-OrgID"},
		`"tenant":{"label":"tenant"}`:         {Label: "tenant"},
		`"tenant":{"extraLabel":"tenant"}`:    {ExtraLabel: "tenant"},
	} {
		e := Endpoint{Name: "e", Path: "/", Require: apikey.PermissionRead, Tenant: tenant}
		b, err := json.Marshal(e.Describe())
		require.NoError(t, err)
		require.Contains(t, string(b), want)
	}
}
