package gate

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// talkService sends back, in upper case, what it is sent, in one stream.
var talkService = grpc.ServiceDesc{
	ServiceName: "test.Talk",
	HandlerType: (*any)(nil),
	Streams: []grpc.StreamDesc{{
		StreamName: "Talk", ServerStreams: true, ClientStreams: true,
		Handler: func(_ any, s grpc.ServerStream) error {
			md, _ := metadata.FromIncomingContext(s.Context())
			s.SetTrailer(metadata.Pairs("who", strings.Join(md["x-ostiary-role"], ","), "credential", strings.Join(md["authorization"], ",")))
			for {
				var said wrapperspb.StringValue
				err := s.RecvMsg(&said)
				switch {
				case errors.Is(err, io.EOF):
					return nil
				case err != nil:
					return err
				case said.Value == "fail":
					return status.Error(codes.DataLoss, "as you wish")
				}
				if err := s.SendMsg(wrapperspb.String(strings.ToUpper(said.Value))); err != nil {
					return err
				}
			}
		},
	}},
}

func grpcUpstream(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	serveGRPC(t, l)
	return l.Addr().String()
}

func serveGRPC(t *testing.T, l net.Listener) {
	s := grpc.NewServer()
	s.RegisterService(&talkService, nil)
	healthpb.RegisterHealthServer(s, health.NewServer())
	go s.Serve(l) // until Stop
	t.Cleanup(s.Stop)
}

func TestGRPC(t *testing.T) {
	up := grpcUpstream(t)
	for _, scheme := range []string{"h2c", "http"} {
		t.Run(scheme, func(t *testing.T) {
			h := newHouse(t)
			gate := h.open(Options{Endpoints: []Endpoint{
				{Name: "talk", Path: "/test.Talk", Require: apikey.PermissionRead, Upstream: mustURL(t, scheme+"://"+up)},
				{Name: "health", Path: "/grpc.health.v1.Health/Check", Require: apikey.PermissionRead, Upstream: mustURL(t, scheme+"://"+up)},
				{Name: "dead", Path: "/test.Dead", Require: apikey.PermissionRead, Upstream: mustURL(t, scheme+"://127.0.0.1:1")},
				{Name: "admin", Path: "/grpc.health.v1.Health", Require: apikey.PermissionManage, Upstream: mustURL(t, scheme+"://"+up)},
			}})
			conn, err := grpc.NewClient(strings.TrimPrefix(gate, "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()))
			require.NoError(t, err)
			defer conn.Close()
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			with := func(token string) context.Context {
				return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token, "x-ostiary-role", "Admin")
			}
			viewer := with(h.key(apikey.RoleViewer))
			checkHealth(viewer, t, conn)
			checkTalk(viewer, t, conn, func() {})

			_, err = healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{})
			requireStatus(t, err, codes.Unauthenticated, "No API key was sent.")
			_, err = healthpb.NewHealthClient(conn).List(viewer, &healthpb.HealthListRequest{})
			requireStatus(t, err, codes.PermissionDenied, "which does not grant manage; use one with Admin.")
			err = conn.Invoke(viewer, "/test.Else/Call", wrapperspb.String(""), wrapperspb.String(""))
			requireStatus(t, err, codes.Unimplemented, "No endpoint is configured for this path.")
			err = conn.Invoke(viewer, "/test.Dead/Call", wrapperspb.String(""), wrapperspb.String(""))
			requireStatus(t, err, codes.Unavailable, "does not answer")
			stream, err := conn.NewStream(with("wrong"), &talkService.Streams[0], "/test.Talk/Talk")
			require.NoError(t, err)
			requireStatus(t, stream.RecvMsg(new(wrapperspb.StringValue)), codes.Unauthenticated, "The API key is not known here.")
			both := metadata.AppendToOutgoingContext(viewer, "x-api-key", "another")
			requireStatus(t, conn.Invoke(both, "/test.Talk/Talk", wrapperspb.String(""), wrapperspb.String("")), codes.InvalidArgument, "two different credentials")
		})
	}
}

// requireStatus demands a status that the gate made itself, with its sentence.
func requireStatus(t *testing.T, err error, code codes.Code, message string) {
	t.Helper()
	require.Equal(t, code, status.Code(err), "%v", err)
	require.Contains(t, status.Convert(err).Message(), message)
	require.NotContains(t, status.Convert(err).Message(), "HTTP")
}

// A proxy that asks on behalf of a call must not take the answer for a yes.
func TestAuthRefusesCallsWithAStatusOfHTTP(t *testing.T) {
	h := newHouse(t)
	gate := h.open(Options{})
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	for _, path := range []string{"/auth", "/auth?require=read", "/auth/test.Talk/Talk"} {
		req, err := http.NewRequest(http.MethodPost, gate+path, nil)
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/grpc")
		res, err := transport.RoundTrip(req)
		require.NoError(t, err)
		_ = res.Body.Close()
		require.Equal(t, 2, res.ProtoMajor)
		require.Equal(t, http.StatusUnauthorized, res.StatusCode, path)
	}
}

func checkHealth(ctx context.Context, t *testing.T, conn *grpc.ClientConn) {
	t.Helper()
	client := healthpb.NewHealthClient(conn)
	res, err := client.Check(ctx, &healthpb.HealthCheckRequest{})
	require.NoError(t, err)
	require.Equal(t, healthpb.HealthCheckResponse_SERVING, res.Status)
	_, err = client.Check(ctx, &healthpb.HealthCheckRequest{Service: "unknown"})
	require.Equal(t, codes.NotFound, status.Code(err), "an error without a body: %v", err)
}

// A call lives while neither side says anything for longer than any limit.
func TestSilentCallLives(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		serveGRPC(t, b.net.listen("talk"))
		b.open(Options{Endpoints: []Endpoint{{Name: "talk", Path: "/test.Talk", Require: apikey.PermissionRead, Upstream: mustURL(t, "h2c://talk")}}})
		conn, err := grpc.NewClient("passthrough:gate:80", grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) { return b.net.dial(ctx, "tcp", address) }))
		require.NoError(t, err)
		defer conn.Close()
		ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+b.viewer)
		checkTalk(ctx, t, conn, func() { time.Sleep(silence) })
	})
}

// checkTalk streams both ways at once, with a pause in between.
func checkTalk(ctx context.Context, t *testing.T, conn *grpc.ClientConn, pause func()) {
	t.Helper()
	open := func() grpc.ClientStream {
		s, err := conn.NewStream(ctx, &talkService.Streams[0], "/test.Talk/Talk")
		require.NoError(t, err)
		return s
	}
	s := open()
	for _, word := range []string{"one", strings.Repeat("long ", 50_000), "three"} {
		require.NoError(t, s.SendMsg(wrapperspb.String(word)))
		var got wrapperspb.StringValue
		require.NoError(t, s.RecvMsg(&got))
		require.Equal(t, strings.ToUpper(word), got.Value)
		pause()
	}
	require.NoError(t, s.CloseSend())
	require.ErrorIs(t, s.RecvMsg(new(wrapperspb.StringValue)), io.EOF)
	require.Equal(t, []string{"Viewer"}, s.Trailer()["who"])
	require.Equal(t, []string{""}, s.Trailer()["credential"])

	s = open()
	require.NoError(t, s.SendMsg(wrapperspb.String("fail")))
	err := s.RecvMsg(new(wrapperspb.StringValue))
	require.Equal(t, codes.DataLoss, status.Code(err), "%v", err)
	require.Equal(t, "as you wish", status.Convert(err).Message())
}
