package gate

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/verify"
)

// hiddenIn returns headers with a key in a place where none belongs, and those
// that a client could forge, by their names in lower case.
func hiddenIn(key string) map[string]string {
	headers := map[string]string{
		"x_api_key": key, "proxy-authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte("me:"+key)), "cookie": "a=b; session=" + key,
		"x-note": "see " + key, "referer": "https://host/?key=" + key, "x-token": key,
	}
	for _, name := range verify.ForgedHeaders() {
		headers[strings.ToLower(name)], headers[strings.ToLower(strings.ReplaceAll(name, "-", "_"))] = "forged", "forged"
	}
	return headers
}

func requireClean(t *testing.T, got http.Header, key string) {
	t.Helper()
	for name, values := range got {
		for _, value := range values {
			require.NotContains(t, value, key, name)
			require.NotEqual(t, "forged", value, name)
			decoded, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(value, "Basic "))
			require.NotContains(t, string(decoded), key, name)
		}
	}
	require.Equal(t, []string{"Viewer"}, got[http.CanonicalHeaderKey("X-Ostiary-Role")])
}

func TestNoKeyAndNothingForgedReachesTheUpstream(t *testing.T) {
	h := newHouse(t)
	gate := h.gate(Options{Endpoints: []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: echoUpstream(t)}}})
	plain := serve(t, gate.Server())
	secureServer := gate.Server()
	_, _, secureServer.TLSConfig = servertest.Certificate(t)
	secure := serve(t, secureServer)
	key := h.key(apikey.RoleViewer)
	for name, c := range map[string]struct {
		address string
		choose  func(*http.Protocols)
	}{
		"HTTP/1.1":          {plain, func(p *http.Protocols) { p.SetHTTP1(true) }},
		"h2c":               {plain, func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }},
		"HTTP/1.1 over TLS": {secure, func(p *http.Protocols) { p.SetHTTP1(true) }},
		"HTTP/2 over TLS":   {secure, func(p *http.Protocols) { p.SetHTTP2(true) }},
	} {
		t.Run(name, func(t *testing.T) {
			transport := transportOf(c.choose)
			transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
			defer transport.CloseIdleConnections()
			for _, authorizations := range [][]string{{"Bearer " + key}, {"Bearer " + key, "Token " + key, key}} {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.address+"/x", nil)
				require.NoError(t, err)
				for name, value := range hiddenIn(key) {
					req.Header[http.CanonicalHeaderKey(name)] = []string{value}
				}
				req.Header["Authorization"] = authorizations
				e := exchangeWith(t, &http.Client{Transport: transport}, req).echo(t)
				requireClean(t, e.Header, key)
				require.Empty(t, e.Header["Authorization"])
				require.Equal(t, "a=b", e.Header.Get("Cookie"))
			}
		})
	}
}

// TestNoKeyAndNothingForgedReachesAService does the same as metadata of gRPC.
func TestNoKeyAndNothingForgedReachesAService(t *testing.T) {
	got := make(chan metadata.MD, 1)
	service := grpc.ServiceDesc{ServiceName: "test.See", HandlerType: (*any)(nil), Methods: []grpc.MethodDesc{{
		MethodName: "See", Handler: func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			md, _ := metadata.FromIncomingContext(ctx)
			got <- md
			return new(emptypb.Empty), decode(new(emptypb.Empty))
		},
	}}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := grpc.NewServer()
	s.RegisterService(&service, nil)
	go s.Serve(l) // until Stop
	t.Cleanup(s.Stop)
	h := newHouse(t)
	gate := h.open(Options{Endpoints: []Endpoint{{Name: "see", Path: "/test.See", Require: apikey.PermissionRead, Upstream: mustURL(t, "h2c://"+l.Addr().String())}}})
	conn, err := grpc.NewClient(strings.TrimPrefix(gate, "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()
	key := h.key(apikey.RoleViewer)
	md := metadata.Pairs("authorization", "Bearer "+key, "x-note-bin", key)
	for name, value := range hiddenIn(key) {
		md.Set(name, value)
	}
	require.NoError(t, conn.Invoke(metadata.NewOutgoingContext(t.Context(), md), "/test.See/See", new(emptypb.Empty), new(emptypb.Empty)))
	seen := http.Header{}
	for name, values := range <-got {
		seen[http.CanonicalHeaderKey(name)] = values
	}
	requireClean(t, seen, key)
}

// TestTheListOfForgedHeadersIsWhole sends requests by hand, with the names of
// families that no list could hold.
func TestTheListOfForgedHeadersIsWhole(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{Endpoints: []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: echoUpstream(t)}}})
	key := h.key(apikey.RoleViewer)
	for _, name := range []string{
		"X-Ostiary-Anything", "X_OSTIARY_ANYTHING", "x_ostiary-Anything", "X-Forwarded-Anything", "X_Forwarded_Anything", "X-Original-Anything", "x-original_anything",
		"FORWARDED", "X_Real_IP", "X_Rewrite_URL",
	} {
		e := askWith(t, gate, wireText("GET / HTTP/1.1", "Host: gate", "Authorization: Bearer "+key, name+": forged", "Connection: close, "+name))
		require.NotContains(t, e, "forged", name)
	}
}

// TestNoSecondFramingReachesTheUpstream sends headers that are about a connection or a body's end, with underscores:
// servers that take them for hyphens would find another end.
func TestNoSecondFramingReachesTheUpstream(t *testing.T) {
	h := newHouse(t)
	upstream := upstreamAt(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintln(w, string(body), r.Header, r.Trailer)
	})
	options := Options{Endpoints: []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead, Upstream: upstream}}}
	trusting := options
	trusting.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	limited := h.key(apikey.RoleViewer, func(n *apikey.NewKey) { n.Limits.BytesPerSecond = 1 << 20 })
	for _, gate := range []string{h.open(options), h.open(trusting)} {
		for _, key := range []string{h.key(apikey.RoleViewer), limited} {
			for _, name := range []string{
				"Content_Length", "CONTENT_LENGTH", "content_length", "Transfer_Encoding", "transfer_encoding", "Keep_Alive",
				"Proxy_Connection", "Proxy_Authorization", "proxy_Authenticate",
			} {
				start := "POST / HTTP/1.1\r\nHost: gate\r\nConnection: close\r\nAuthorization: Bearer " + key
				field := name + ": forged"
				for _, request := range []string{
					wireText(start, "Content-Length: 2", field) + "hi",
					wireText(start, "Transfer-Encoding: chunked", field) + "2\r\nhi\r\n0\r\n\r\n",
					wireText(start, "Transfer-Encoding: chunked", "Trailer: "+name) + "2\r\nhi\r\n0\r\n" + field + "\r\n\r\n",
				} {
					got := askWith(t, gate, request)
					require.Contains(t, got, "\r\n\r\nhi map[", request)
					require.NotContains(t, got, "forged", request)
				}
			}
		}
	}
}

// askWith sends bytes and returns all that comes back.
func askWith(t *testing.T, address, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	all, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.Contains(t, string(all), "HTTP/1.1 200")
	return string(all)
}
