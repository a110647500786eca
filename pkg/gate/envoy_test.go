package gate

import (
	"crypto/tls"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/verify"
)

// door is a way for a proxy to ask about a request.
type door struct {
	name string
	ask  func(t *testing.T, gate, query, method, uri string, headers ...string) answer
}

// doors are both. An empty uri or method is not described, or is any.
var doors = []door{
	{"auth", func(t *testing.T, gate, query, method, uri string, headers ...string) answer {
		t.Helper()
		if uri != "" {
			headers = append(slices.Clone(headers), "X-Original-URI", uri)
		}
		if method != "" {
			headers = append(slices.Clone(headers), "X-Original-Method", method)
		}
		return ask(t, gate+"/auth"+query, headers...)
	}},
	{"Envoy", func(t *testing.T, gate, query, method, uri string, headers ...string) answer {
		t.Helper()
		return answerOf(checkAt(t, gate, questionOf(t, query, method, uri, headers...)))
	}},
}

// questionOf is what Envoy asks about a request, with the query of /auth as its
// context_extensions.
func questionOf(t testing.TB, query, method, uri string, headers ...string) *authv3.CheckRequest {
	t.Helper()
	if uri == "" {
		uri = "/"
	}
	if method == "" {
		method = http.MethodGet
	}
	values, err := url.ParseQuery(strings.TrimPrefix(query, "?"))
	require.NoError(t, err)
	extensions := map[string]string{}
	for name := range values {
		extensions[name] = values.Get(name)
	}
	sent := map[string]string{":method": method, ":path": uri, ":authority": "service"}
	for i := 0; i < len(headers); i += 2 {
		name := strings.ToLower(headers[i])
		if before, twice := sent[name]; twice {
			sent[name] = before + "," + headers[i+1]
		} else {
			sent[name] = headers[i+1]
		}
	}
	return &authv3.CheckRequest{Attributes: &authv3.AttributeContext{
		Source: peerAt("127.0.0.1"), ContextExtensions: extensions,
		Request: &authv3.AttributeContext_Request{Http: &authv3.AttributeContext_HttpRequest{
			Id: "1", Method: method, Path: uri, Host: "service", Scheme: "http", Protocol: "HTTP/1.1", Headers: sent,
		}},
	}}
}

func peerAt(address string) *authv3.AttributeContext_Peer {
	return &authv3.AttributeContext_Peer{Address: &corev3.Address{Address: &corev3.Address_SocketAddress{SocketAddress: &corev3.SocketAddress{
		Address: address, PortSpecifier: &corev3.SocketAddress_PortValue{PortValue: 40_000},
	}}}}
}

// checkAt asks a gate.
func checkAt(t testing.TB, gate string, in *authv3.CheckRequest) *authv3.CheckResponse {
	t.Helper()
	trust := insecure.NewCredentials()
	address, secure := strings.CutPrefix(gate, "https://")
	if secure {
		trust = credentials.NewTLS(&tls.Config{InsecureSkipVerify: true})
	}
	conn, err := grpc.NewClient(strings.TrimPrefix(address, "http://"), grpc.WithTransportCredentials(trust))
	require.NoError(t, err)
	defer conn.Close()
	out, err := authv3.NewAuthorizationClient(conn).Check(t.Context(), in)
	require.NoError(t, err)
	return out
}

// answerOf is what Envoy makes of an answer: what it gives to the client, or 200 with
// what it tells the server behind and the client.
func answerOf(out *authv3.CheckResponse) answer {
	options, a := out.GetOkResponse().GetHeaders(), answer{Response: &http.Response{StatusCode: http.StatusOK, Header: http.Header{}}}
	if denied := out.GetDeniedResponse(); denied != nil {
		options, a.body, a.StatusCode = denied.GetHeaders(), denied.GetBody(), int(denied.GetStatus().GetCode())
	}
	for _, option := range append(options, out.GetOkResponse().GetResponseHeadersToAdd()...) {
		key, value := option.GetHeader().GetKey(), option.GetHeader().GetValue()
		if option.GetAppendAction() == corev3.HeaderValueOption_APPEND_IF_EXISTS_OR_ADD {
			a.Header.Add(key, value)
		} else {
			a.Header.Set(key, value)
		}
	}
	return a
}

// forwardedBy is the header that the server behind gets of a request from an Envoy
// that does what it was told.
func forwardedBy(in *authv3.CheckRequest, out *authv3.CheckResponse) map[string]string {
	ok, h := out.GetOkResponse(), map[string]string{}
	for name, value := range in.GetAttributes().GetRequest().GetHttp().GetHeaders() {
		h[strings.ToLower(name)] = value
	}
	for _, option := range ok.GetHeaders() {
		h[option.GetHeader().GetKey()] = option.GetHeader().GetValue()
	}
	for _, name := range ok.GetHeadersToRemove() {
		delete(h, name)
	}
	return h
}

func TestEnvoyTellsTheServerWhoWasLetIn(t *testing.T) {
	h := newHouse(t)
	options := Options{
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		Endpoints: []Endpoint{{
			Name: "all", Path: "/", Query: "api_key", Methods: Methods{"GET": takes(apikey.PermissionRead)}, Headers: []string{"X-Agent-Key"}, Upstream: echoUpstream(t),
		}},
	}
	gate := h.open(options)
	viewer := h.issue(apikey.RoleViewer, func(n *apikey.NewKey) {
		n.Name, n.Owner, n.Labels = "Grüße, 100%", "sre@example.com", map[string]string{"team": "sre"}
	})
	headers := forgeAll()
	for i := 1; i < len(headers); i += 2 {
		if strings.EqualFold(headers[i-1], "X-Forwarded-For") {
			headers[i] = "192.0.2.7"
		}
	}
	headers = append(headers, "X_API_Key", viewer.Token, "X-Agent-Key", viewer.Token, "X-Note", "see "+viewer.Token,
		"X-Http-Method-Override", "DELETE", "X-Forwarded-Client-Cert", "Hash=1", "Cookie", "a=b; session="+viewer.Token, "X-Other", "stays")
	uri := "/x?page=2&api%5Fkey=" + viewer.Token + "&api_key=" + viewer.Token + "&b"
	in := questionOf(t, "", "GET", uri, append(headers, bearer(viewer.Token)...)...)
	in.Attributes.Source = peerAt("192.0.2.7")
	out := checkAt(t, gate, in)
	require.Zero(t, out.GetStatus().GetCode(), out)
	require.Equal(t, []string{"api%5Fkey", "api_key"}, out.GetOkResponse().GetQueryParametersToRemove())
	require.Equal(t, map[string]any{
		"code": "valid", "key": viewer.Key.ID, "name": "Grüße, 100%", "role": "Viewer", "org": "1",
		"owner": "sre@example.com", "labels": map[string]any{"team": "sre"},
	}, out.GetDynamicMetadata().AsMap())
	got := forwardedBy(in, out)
	require.Equal(t, map[string]string{
		":method": "GET", ":path": in.Attributes.Request.Http.Path, ":authority": "service",
		"x-ostiary-key-id": viewer.Key.ID, "x-ostiary-key-name": "Gr%C3%BC%C3%9Fe, 100%25", "x-ostiary-role": "Viewer", "x-ostiary-org": "1",
		"x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "forged", // which Envoy has set before it asks
		"x-forwarded-client-cert": "Hash=1", "cookie": "a=b", "x-other": "stays",
	}, got)
	for _, option := range out.GetOkResponse().GetHeaders() {
		require.Equal(t, corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD, option.GetAppendAction())
	}
	require.Equal(t, netip.MustParseAddr("192.0.2.7"), h.uses.lastFrom())

	// What Envoy leaves out of the question is removed all the same.
	in.Attributes.Request.Http.Headers = map[string]string{"authorization": "Bearer " + viewer.Token}
	removed := checkAt(t, gate, in).GetOkResponse().GetHeadersToRemove()
	for _, name := range []string{"authorization", "x_ostiary_role", "x-ostiary-tenant", "x-ostiary-warning", "x_ostiary_key_id"} {
		require.Contains(t, removed, name)
	}
	require.NotContains(t, removed, "x-ostiary-role", "Envoy removes last")
}

// A trusted proxy before Envoy says where a request came from.
func TestEnvoyClientAddress(t *testing.T) {
	h := newHouse(t)
	trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	believed, notBelieved := h.open(Options{TrustedProxies: trusted}), h.open(Options{})
	key := h.key(apikey.RoleAgent, func(n *apikey.NewKey) { n.AllowedCIDRs = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} })
	aPipe := &authv3.AttributeContext_Peer{Address: &corev3.Address{Address: &corev3.Address_Pipe{Pipe: &corev3.Pipe{Path: "/x"}}}}
	for _, c := range []struct {
		gate    string
		source  *authv3.AttributeContext_Peer
		headers []string
		status  int
	}{
		{believed, peerAt("192.0.2.7"), nil, 200},
		{believed, peerAt("::ffff:192.0.2.7"), nil, 200},
		{believed, peerAt("192.0.2.7"), []string{"X-Forwarded-For", "198.51.100.1"}, 200},
		{believed, peerAt("198.51.100.1"), []string{"X-Forwarded-For", "192.0.2.7"}, 403},
		{believed, peerAt("10.1.2.3"), []string{"X-Forwarded-For", "192.0.2.7"}, 200},
		{believed, peerAt("10.1.2.3"), []string{"X-Forwarded-For", "192.0.2.7,10.1.2.3"}, 200},
		{believed, peerAt("10.1.2.3"), []string{"X-Forwarded-For", "192.0.2.7, 198.51.100.1"}, 403},
		{believed, peerAt("nonsense"), []string{"X-Forwarded-For", "192.0.2.7"}, 403},
		{believed, aPipe, nil, 403},
		{believed, nil, []string{"X-Forwarded-For", "192.0.2.7"}, 200},
		{believed, nil, nil, 403},
		{notBelieved, peerAt("192.0.2.7"), nil, 403},
		{notBelieved, peerAt("192.0.2.7"), []string{"X-Forwarded-For", "192.0.2.7"}, 403},
	} {
		in := questionOf(t, "", "", "", append(bearer(key), c.headers...)...)
		in.Attributes.Source = c.source
		require.Equal(t, c.status, answerOf(checkAt(t, c.gate, in)).StatusCode, "%v %v", c.source, c.headers)
	}
	forwarded := func(source string) []string {
		in := questionOf(t, "", "", "", append(bearer(h.key(apikey.RoleAgent)), "X-Forwarded-Host", "example.org", "X_Forwarded_Host", "forged")...)
		in.Attributes.Source = peerAt(source)
		return slices.Sorted(maps.Keys(forwardedBy(in, checkAt(t, believed, in))))
	}
	require.Contains(t, forwarded("10.1.2.3"), "x-forwarded-host")
	require.NotContains(t, forwarded("10.1.2.3"), "x_forwarded_host")
	require.NotContains(t, forwarded("192.0.2.7"), "x-forwarded-host")
}

// A header may come in one form or in the other, and say the same in both.
func TestEnvoysTwoFormsOfAHeader(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{})
	viewer, other := h.key(apikey.RoleViewer), h.key(apikey.RoleViewer)
	raw := func(pairs ...string) *corev3.HeaderMap {
		m := &corev3.HeaderMap{}
		for i := 0; i < len(pairs); i += 2 {
			m.Headers = append(m.Headers, &corev3.HeaderValue{Key: pairs[i], RawValue: []byte(pairs[i+1])})
		}
		return m
	}
	one := func(v *corev3.HeaderValue) *corev3.HeaderMap {
		return &corev3.HeaderMap{Headers: []*corev3.HeaderValue{v}}
	}
	for name, c := range map[string]struct {
		headers map[string]string
		raw     *corev3.HeaderMap
		status  int
	}{
		"joined":                    {map[string]string{"authorization": "Bearer " + viewer}, nil, 200},
		"raw":                       {nil, raw("authorization", "Bearer "+viewer), 200},
		"in capitals":               {map[string]string{"Authorization": "Bearer " + viewer}, nil, 200},
		"raw, as a text":            {nil, one(&corev3.HeaderValue{Key: "x-api-key", Value: viewer}), 200},
		"raw, not UTF-8":            {nil, raw("authorization", "Bearer "+viewer, "x", "\xff\xfe"), 200},
		"both forms":                {map[string]string{"authorization": "Bearer " + viewer}, raw("authorization", "Bearer "+viewer), 400},
		"both forms of a value":     {nil, one(&corev3.HeaderValue{Key: "x-api-key", Value: viewer, RawValue: []byte(viewer)}), 400},
		"two keys, joined":          {map[string]string{"authorization": "Bearer " + viewer + ",Bearer " + other}, nil, 400},
		"two keys, raw":             {nil, raw("authorization", "Bearer "+viewer, "authorization", "Bearer "+other), 400},
		"two keys in two spellings": {map[string]string{"authorization": "Bearer " + viewer, "Authorization": "Bearer " + other}, nil, 400},
		"two keys in one header":    {map[string]string{"x-api-key": viewer + ", " + other}, nil, 400},
		"the same key twice":        {map[string]string{"authorization": "Bearer " + viewer + ",Bearer " + viewer}, nil, 200},
		"with another scheme":       {map[string]string{"authorization": "Digest a,Bearer " + viewer}, nil, 200},
		"pseudo-headers say little": {map[string]string{":authorization": "Bearer " + viewer}, nil, 401},
		"no header":                 {nil, nil, 401},
	} {
		in := questionOf(t, "", "", "")
		in.Attributes.Request.Http.Headers, in.Attributes.Request.Http.HeaderMap = c.headers, c.raw
		out := checkAt(t, gate, in)
		require.Equal(t, c.status, answerOf(out).StatusCode, "%s: %v", name, out)
		if c.status == 200 && c.raw == nil {
			for key, value := range forwardedBy(in, out) {
				require.NotContains(t, value, viewer, "%s: %s", name, key)
			}
		}
	}
}

func TestEnvoysQuestionsThatAreNone(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{Endpoints: monitoring})
	admin := bearer(h.key(apikey.RoleAdmin))
	for name, change := range map[string]func(*authv3.CheckRequest){
		"nothing":           func(in *authv3.CheckRequest) { in.Attributes = nil },
		"no request":        func(in *authv3.CheckRequest) { in.Attributes.Request = nil },
		"TCP":               func(in *authv3.CheckRequest) { in.Attributes.Request.Http = nil },
		"no path":           func(in *authv3.CheckRequest) { in.Attributes.Request.Http.Path = "" },
		"OPTIONS *":         func(in *authv3.CheckRequest) { in.Attributes.Request.Http.Path = "*" },
		"an address":        func(in *authv3.CheckRequest) { in.Attributes.Request.Http.Path = "http://service/metrics" },
		"no method":         func(in *authv3.CheckRequest) { in.Attributes.Request.Http.Method = "" },
		"no such method":    func(in *authv3.CheckRequest) { in.Attributes.Request.Http.Method = "a b" },
		"a query apart":     func(in *authv3.CheckRequest) { in.Attributes.Request.Http.Query = "a=b" },
		"a fragment":        func(in *authv3.CheckRequest) { in.Attributes.Request.Http.Fragment = "a" },
		"unknown extension": func(in *authv3.CheckRequest) { in.Attributes.ContextExtensions = map[string]string{"requires": "read"} },
		"bad permission":    func(in *authv3.CheckRequest) { in.Attributes.ContextExtensions = map[string]string{"require": "all"} },
		"empty permission":  func(in *authv3.CheckRequest) { in.Attributes.ContextExtensions = map[string]string{"require": ""} },
	} {
		in := questionOf(t, "", "", "/metrics", admin...)
		change(in)
		out := checkAt(t, gate, in)
		require.Equal(t, 400, answerOf(out).StatusCode, "%s: %v", name, out)
		require.Equal(t, int32(codes.InvalidArgument), out.GetStatus().GetCode(), name)
		require.Equal(t, apikey.CodeInvalid, answerOf(out).problem(t).Code, name)
		require.Equal(t, "invalid_request", out.GetDynamicMetadata().AsMap()["code"])
	}
	require.Equal(t, 405, doors[1].ask(t, gate, "", http.MethodTrace, "/metrics", admin...).StatusCode)
}

// A call that Envoy holds is refused with what Envoy makes a call's status of.
func TestEnvoyRefusesCallsAsCalls(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{Endpoints: append(lateEndpoints(t), monitoring...)})
	out := checkAt(t, gate, questionOf(t, "?endpoint=hold", "POST", "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
		append(bearer(h.expired(apikey.RoleAgent)), "Content-Type", "application/grpc")...))
	got := answerOf(out)
	require.Equal(t, []any{503, "14", ""}, []any{got.StatusCode, got.Header.Get("Grpc-Status"), got.Header.Get("Content-Type")})
	require.Contains(t, got.body, "Keep the data")
	require.NotEmpty(t, got.Header.Get("Retry-After"))
	require.Equal(t, "held", out.GetDynamicMetadata().AsMap()["code"])
	require.NotEmpty(t, out.GetDynamicMetadata().AsMap()["key"])

	// A status in protobuf is no text, which an answer of Envoy's is.
	got = doors[1].ask(t, gate, "?endpoint=hold", "POST", "/v1/traces",
		append(bearer(h.expired(apikey.RoleAdmin)), "Content-Type", "application/x-protobuf")...)
	require.Equal(t, 503, got.StatusCode)
	require.NotEmpty(t, got.body)
	got = doors[1].ask(t, gate, "?endpoint=hold", "POST", "/v1/traces", "Content-Type", "application/json")
	require.Equal(t, "application/json", got.Header.Get("Content-Type"))
	require.Contains(t, got.body, `"code":16`)
}

// TestEnvoysPathIsNoEndpoints looks for ways around, over all protocols.
func TestEnvoysPathIsNoEndpoints(t *testing.T) {
	h := newHouse(t)
	opts := Options{Endpoints: []Endpoint{
		{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: echoUpstream(t)},
	}}
	plain := h.open(opts)
	secureServer := h.gate(opts).Server()
	_, _, secureServer.TLSConfig = servertest.Certificate(t)
	secure := serve(t, secureServer)
	viewer := h.key(apikey.RoleViewer)
	for _, gate := range []string{plain, secure} {
		require.Equal(t, 200, answerOf(checkAt(t, gate, questionOf(t, "", "", "/x", bearer(viewer)...))).StatusCode)
		require.Equal(t, 401, answerOf(checkAt(t, gate, questionOf(t, "", "", "/x"))).StatusCode)
	}
	for _, path := range []string{"/Check", "", "/", "/Else", "/%43heck", "/x/../Check"} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			got := send(t, method, plain+envoyPath+path, "", bearer(viewer)...)
			require.Equal(t, http.StatusUnsupportedMediaType, got.StatusCode, path)
		}
	}
	require.Equal(t, http.StatusNotFound, askRaw(t, plain, "//envoy.service.auth.v3.Authorization/Check", bearer(viewer)...))
	require.Equal(t, 200, ask(t, plain+envoyPath+"s", bearer(viewer)...).StatusCode)

	conn, err := grpc.NewClient(strings.TrimPrefix(plain, "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()
	with := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+viewer)
	require.Equal(t, codes.Unimplemented, status.Code(conn.Invoke(with, envoyPath+"/Else", &authv3.CheckRequest{}, &authv3.CheckResponse{})))
	huge := questionOf(t, "", "", "/x", "X-Huge", strings.Repeat("x", maxCheck))
	_, err = authv3.NewAuthorizationClient(conn).Check(t.Context(), huge)
	require.Equal(t, codes.ResourceExhausted, status.Code(err), "%v", err)

	for _, path := range []string{envoyPath, envoyPath + "/Check", envoyPath + "/Check/x"} {
		opts.Endpoints = []Endpoint{{Name: "stolen", Path: path, Require: apikey.PermissionRead}}
		opts.Verifier = h.verifier
		_, err := New(opts)
		require.ErrorContains(t, err, "gate.endpoints[0].path")
	}
}

// The gate that answers is the one of the moment, and the connection stays.
func TestEnvoyAsksTheGateOfTheMoment(t *testing.T) {
	h := newHouse(t)
	server := h.gate(Options{Endpoints: []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead}}}).Server()
	gate := serve(t, server)
	conn, err := grpc.NewClient(strings.TrimPrefix(gate, "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()
	in := questionOf(t, "", "", "/x", bearer(h.key(apikey.RoleViewer))...)
	code := func() any {
		out, err := authv3.NewAuthorizationClient(conn).Check(t.Context(), in)
		require.NoError(t, err)
		return out.GetDynamicMetadata().AsMap()["code"]
	}
	require.Equal(t, "valid", code())
	next := server.gate.Load().opts
	next.Endpoints = []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionManage}}
	require.NoError(t, server.Reconfigure(next))
	require.Equal(t, "forbidden", code())
}

func TestEnvoyBrakesWhoGuesses(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{Failures: verify.NewFailures(0.01, 5), TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	guess := func(from string) answer {
		in := questionOf(t, "", "", "", bearer("wrong")...)
		in.Attributes.Source = peerAt(from)
		return answerOf(checkAt(t, gate, in))
	}
	for range 5 {
		require.Equal(t, 401, guess("192.0.2.7").StatusCode)
	}
	got := guess("192.0.2.7")
	require.Equal(t, 429, got.StatusCode)
	require.Equal(t, "100", got.Header.Get("Retry-After"))
	require.Equal(t, 401, guess("192.0.2.8").StatusCode)
	require.Contains(t, h.log.String(), "code=rate_limited status=429")
}

// FuzzEnvoysQuestions sends any bytes that are a question. Whatever the answer,
// there is one that Envoy can read, and it lets nobody in without a key.
func FuzzEnvoysQuestions(f *testing.F) {
	h := newHouse(f)
	g := h.gate(Options{
		Endpoints: monitoring, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Recorder: nil,
	})
	key := h.key(apikey.RoleAdmin)
	for _, in := range []*authv3.CheckRequest{
		nil, {}, questionOf(f, "?require=read&org=1", "GET", "/metrics?a=b", bearer(key)...),
		questionOf(f, "?endpoint=pyroscope&client_errors=403", "POST", "/ingest?api_key="+key, "Content-Type", "application/grpc"),
	} {
		seed, err := proto.Marshal(in)
		require.NoError(f, err)
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		in := new(authv3.CheckRequest)
		if proto.Unmarshal(message, in) != nil {
			return
		}
		call := &request{Request: &http.Request{RemoteAddr: "127.0.0.1:1"}, began: time.Now(), url: &url.URL{Path: envoyPath}}
		q, query, fault := g.readCheck(t.Context(), call, in.GetAttributes())
		d, o, fault := g.decideAsked(q, &query, fault)
		out := g.allowToEnvoy(q, &d, &o)
		if fault != nil {
			out = g.denyToEnvoy(q, query.adapt(fault))
		}
		_, err := proto.Marshal(out)
		require.NoError(t, err)
		require.Equal(t, out.GetOkResponse() != nil, out.GetStatus().GetCode() == 0)
		if !strings.Contains(string(message), key) {
			require.NotNil(t, out.GetDeniedResponse(), "%v", in)
			require.GreaterOrEqual(t, int(out.GetDeniedResponse().GetStatus().GetCode()), 400)
		}
	})
}

// TestEnvoyReadsDescriptionsAsAuthDoes asks both doors about every path that may
// be read in more than one way.
func TestEnvoyReadsDescriptionsAsAuthDoes(t *testing.T) {
	h := newHouse(t)
	admin := "Bearer " + h.key(apikey.RoleAdmin)
	for _, demanded := range demands {
		var endpoints []Endpoint
		for i, path := range demanded {
			endpoints = append(endpoints, Endpoint{Name: "e" + strconv.Itoa(i), Path: path, Require: apikey.PermissionRead})
		}
		g := h.gate(Options{Endpoints: endpoints})
		passed := 0
		for _, p := range paths() {
			described := &http.Request{
				Method: http.MethodGet, URL: &url.URL{Path: authPath},
				Header: http.Header{"Authorization": {admin}, "X-Original-Uri": {p}},
			}
			byHeader := g.newRequest(described)
			query, fault := byHeader.readAuth()
			_, _, want := g.decideAsked(byHeader, &query, fault)
			in := questionOf(t, "", "", p, "Authorization", admin)
			if p == "" {
				continue // is not described to /auth, and faulty here
			}
			call := &request{Request: &http.Request{RemoteAddr: "127.0.0.1:1"}, began: time.Now(), url: &url.URL{Path: envoyPath}}
			asked, query, fault := g.readCheck(t.Context(), call, in.GetAttributes())
			_, _, got := g.decideAsked(asked, &query, fault)
			require.Equal(t, want == nil, got == nil, "%q", p)
			if want != nil {
				require.Equal(t, []any{want.Code, want.Status, want.Detail, want.endpoint},
					[]any{got.Code, got.Status, got.Detail, got.endpoint}, "%q", p)
			} else {
				passed++
			}
		}
		require.Positive(t, passed)
	}
}

// A tenant is the key's, at both doors alike.
func TestEnvoyTellsTheTenant(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{Endpoints: []Endpoint{{
		Name: "loki", Path: "/", Require: apikey.PermissionRead, Tenant: Tenant{Header: "X-Scope-OrgID"},
	}}})
	of := func(tenants ...string) string {
		return h.key(apikey.RoleViewer, func(n *apikey.NewKey) { n.Tenants = tenants })
	}
	none, one, two := of(), of("a"), of("a", "b")
	for _, c := range []struct {
		token, sent string
		status      int
		tenant      string
	}{
		{none, "a", 403, ""},
		{one, "", 200, "a"}, {one, "a", 200, "a"}, {one, "b", 403, ""}, {one, "a,a", 400, ""},
		{two, "", 200, "a|b"}, {two, "b", 200, "b"},
	} {
		for _, door := range doors {
			headers := bearer(c.token)
			if c.sent != "" {
				headers = append(headers, "X-Scope-OrgID", c.sent)
			}
			got := door.ask(t, gate, "", "", "/x", headers...)
			said := []any{got.StatusCode, got.Header.Get("X-Scope-Orgid"), got.Header.Get("X-Ostiary-Tenant")}
			require.Equal(t, []any{c.status, c.tenant, c.tenant}, said, "%s: %q", door.name, c.sent)
		}
	}
	in := questionOf(t, "", "", "/x", append(bearer(one), "X_Scope-OrgID", "a")...)
	out := checkAt(t, gate, in)
	require.Equal(t, "a", out.GetDynamicMetadata().AsMap()["tenant"])
	require.Subset(t, out.GetOkResponse().GetHeadersToRemove(), []string{"x_scope-orgid", "x_scope_orgid"})
	require.Equal(t, "a", forwardedBy(in, out)["x-scope-orgid"])
}

// A key's limits are the same at each door, and a refusal says how they stand.
func TestEnvoyHoldsKeysToTheirLimits(t *testing.T) {
	for _, door := range doors {
		h := newHouse(t)
		gate := h.open(Options{})
		token := h.key(apikey.RoleAgent, func(n *apikey.NewKey) { n.Limits = apikey.Limits{RequestsPerDay: 2} })
		got := door.ask(t, gate, "", "", "/x", bearer(token)...)
		require.Equal(t, 200, got.StatusCode, door.name)
		require.Empty(t, got.Header.Get("Ratelimit"), "%s: only a refusal speaks of limits", door.name)
		require.Equal(t, 200, door.ask(t, gate, "", "", "/x", bearer(token)...).StatusCode, door.name)
		got = door.ask(t, gate, "", "", "/x", bearer(token)...)
		require.Equal(t, 429, got.StatusCode, door.name)
		require.Equal(t, "limited", string(got.problem(t).Code), door.name)
		for _, name := range []string{"Retry-After", "Ratelimit", "Ratelimit-Policy"} {
			require.NotEmpty(t, got.Header.Get(name), "%s: %s", door.name, name)
		}
	}
}
