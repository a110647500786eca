package gate

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/tracing"
)

// tracesReceiver is the receiver of an OpenTelemetry Collector, the Collector's own code.
func tracesReceiver(t *testing.T, protocol string) (address string, sink *consumertest.TracesSink) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address = l.Addr().String()
	require.NoError(t, l.Close())
	sink = &consumertest.TracesSink{}
	factory := otlpreceiver.NewFactory()
	config := factory.CreateDefaultConfig()
	require.NoError(t, confmap.NewFromStringMap(map[string]any{"protocols": map[string]any{protocol: map[string]any{
		"endpoint": address}}}).Unmarshal(config))
	r, err := factory.CreateTraces(t.Context(), receivertest.NewNopSettings(factory.Type()), config, sink)
	require.NoError(t, err)
	require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, r.Shutdown(context.WithoutCancel(t.Context()))) })
	return address, sink
}

// spansAsked runs a test's requests with traces on, and returns the spans that a Collector got of them.
func spansAsked(t *testing.T, protocol string, variables map[string]string, ask func(*tracing.Provider)) (spans []ptrace.Span) {
	t.Helper()
	address, sink := tracesReceiver(t, map[string]string{"grpc": "grpc", "http/protobuf": "http"}[protocol])
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+address)
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
	for name, value := range variables {
		t.Setenv(name, value)
	}
	p, err := tracing.Start(t.Context(), "1.2.3", slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.NotNil(t, p)
	ask(p)
	require.NoError(t, p.Close(t.Context()))
	for _, all := range sink.AllTraces() {
		for i := range all.ResourceSpans().Len() {
			of := all.ResourceSpans().At(i)
			name, _ := of.Resource().Attributes().Get("service.name")
			want := variables["OTEL_SERVICE_NAME"]
			if want == "" {
				want = "ostiary"
			}
			require.Equal(t, want, name.Str())
			for j := range of.ScopeSpans().Len() {
				list := of.ScopeSpans().At(j).Spans()
				for k := range list.Len() {
					spans = append(spans, list.At(k))
				}
			}
		}
	}
	return spans
}

const (
	clientTrace  = "4bf92f3577b34da6a3ce929d0e0e4736"
	clientSpan   = "00f067aa0ba902b7"
	clientParent = "00-" + clientTrace + "-" + clientSpan + "-01"
)

// tracedHouse is a gate with spans, in front of an upstream that says which header of the trace it got.
func tracedHouse(t *testing.T, p *tracing.Provider, opts Options) (h *house, address string) {
	t.Helper()
	up := upstreamAt(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/broken"):
			w.WriteHeader(http.StatusInternalServerError)
		case strings.HasSuffix(r.URL.Path, "/dead"):
			panic(http.ErrAbortHandler)
		}
		_, _ = fmt.Fprint(w, r.Header["Traceparent"], r.Header["Tracestate"])
	})
	h = newHouse(t)
	opts.Endpoints = []Endpoint{
		{Name: "logs", Path: "/logs", Require: apikey.PermissionRead, Upstream: up, Query: "key"},
		{Name: "open", Path: "/open", Open: true, Upstream: up},
	}
	opts.Tracer = p.Tracer()
	address = h.open(opts)
	return h, address
}

// spanOf returns the only span of a kind that was made for a path.
func spanOf(t *testing.T, spans []ptrace.Span, kind ptrace.SpanKind, path string) ptrace.Span {
	t.Helper()
	var found []ptrace.Span
	for _, s := range spans {
		about := s.Attributes().AsRaw()
		if full, _ := about["url.full"].(string); s.Kind() == kind && (about["url.path"] == path || strings.HasSuffix(full, path)) {
			found = append(found, s)
		}
	}
	require.Len(t, found, 1, path)
	return found[0]
}

// Every request at every door has a span, which says whose it was and what became of it, and never a token.
func TestSpansOfEveryDoor(t *testing.T) {
	for _, protocol := range []string{"http/protobuf", "grpc"} {
		var key, passed, id string
		variables := map[string]string{"OTEL_SERVICE_NAME": "the-gate", "OTEL_RESOURCE_ATTRIBUTES": "team=sre"}
		spans := spansAsked(t, protocol, variables, func(p *tracing.Provider) {
			h, at := tracedHouse(t, p, Options{})
			key = h.key(apikey.RoleViewer)
			id = key[4:16]
			trace := []string{"Traceparent", clientParent, "Tracestate", "a=b", "User-Agent", "me and " + key}
			passed = ask(t, at+"/logs/x?key="+key, trace...).body
			require.Equal(t, 200, ask(t, at+"/auth?require=read&endpoint=logs", append(trace, bearer(key)...)...).StatusCode)
			require.Equal(t, 401, ask(t, at+"/logs/none", trace...).StatusCode)
			require.Equal(t, 403, ask(t, at+"/auth/manage?require=manage", append(trace, bearer(key)...)...).StatusCode)
			require.Equal(t, 404, ask(t, at+"/"+key, trace...).StatusCode)
			require.Equal(t, 500, ask(t, at+"/logs/broken", append(trace, bearer(key)...)...).StatusCode)
			require.Equal(t, 502, ask(t, at+"/logs/dead", append(trace, bearer(key)...)...).StatusCode)
			require.Equal(t, 200, answerOf(checkAt(t, at, questionOf(t, "?require=read", "PUT", "/envoy?a=b", append(trace, bearer(key)...)...))).StatusCode)
			require.Equal(t, 401, answerOf(checkAt(t, at, questionOf(t, "?require=read", "PUT", "/stranger", trace...))).StatusCode)
		})
		server := spanOf(t, spans, ptrace.SpanKindServer, "/logs/x")
		require.Equal(t, "GET /logs", server.Name())
		require.Equal(t, clientTrace, server.TraceID().String(), "who shows a good key continues its trace")
		require.Equal(t, clientSpan, server.ParentSpanID().String())
		require.Subset(t, server.Attributes().AsRaw(), map[string]any{
			"http.request.method": "GET", "http.route": "/logs", "http.response.status_code": int64(200), "url.scheme": "http",
			"client.address": "127.0.0.1", "network.protocol.version": "1.1", "ostiary.key.id": id,
			"ostiary.key.role": "Viewer", "ostiary.code": "valid", "ostiary.endpoint": "logs",
		})
		client := spanOf(t, spans, ptrace.SpanKindClient, "/logs/x")
		require.Equal(t, server.SpanID(), client.ParentSpanID())
		require.Equal(t, "[00-"+clientTrace+"-"+client.SpanID().String()+"-01] [a=b]", passed, "the upstream learns of it")
		require.Equal(t, int64(200), client.Attributes().AsRaw()["http.response.status_code"])
		require.GreaterOrEqual(t, server.EndTimestamp(), client.EndTimestamp())
		require.LessOrEqual(t, server.StartTimestamp(), client.StartTimestamp())

		auth := spanOf(t, spans, ptrace.SpanKindServer, "/auth")
		require.Equal(t, "GET /auth", auth.Name())
		require.Equal(t, "valid", auth.Attributes().AsRaw()["ostiary.code"])

		none := spanOf(t, spans, ptrace.SpanKindServer, "/logs/none")
		require.Equal(t, "missing_credentials", none.Attributes().AsRaw()["ostiary.code"])
		require.Equal(t, int64(401), none.Attributes().AsRaw()["http.response.status_code"])
		require.Equal(t, ptrace.StatusCodeUnset, none.Status().Code(), "the client's mistake is none of the gate")
		require.NotEqual(t, clientTrace, none.TraceID().String(), "nobody knows who says so")
		require.Equal(t, clientTrace, none.Links().At(0).TraceID().String())

		for path, status := range map[string]int64{"/logs/broken": 500, "/logs/dead": 502} {
			for _, kind := range []ptrace.SpanKind{ptrace.SpanKindServer, ptrace.SpanKindClient} {
				require.Equal(t, ptrace.StatusCodeError, spanOf(t, spans, kind, path).Status().Code(), path)
			}
			require.Equal(t, status, spanOf(t, spans, ptrace.SpanKindServer, path).Attributes().AsRaw()["http.response.status_code"])
		}
		require.Equal(t, "upstream_unavailable", spanOf(t, spans, ptrace.SpanKindServer, "/logs/dead").Attributes().AsRaw()["ostiary.code"])

		envoy := spanOf(t, spans, ptrace.SpanKindServer, "/envoy")
		require.Equal(t, "envoy.service.auth.v3.Authorization/Check", envoy.Name())
		require.Equal(t, clientTrace, envoy.TraceID().String())
		require.Subset(t, envoy.Attributes().AsRaw(), map[string]any{
			"rpc.system": "grpc", "rpc.method": "Check", "ostiary.code": "valid", "http.request.method": "PUT",
		})
		stranger := spanOf(t, spans, ptrace.SpanKindServer, "/stranger")
		require.Equal(t, "missing_credentials", stranger.Attributes().AsRaw()["ostiary.code"])
		require.NotEqual(t, clientTrace, stranger.TraceID().String())

		for _, s := range spans {
			text := fmt.Sprint(s.Name(), s.Attributes().AsRaw(), s.TraceState().AsRaw())
			require.NotContains(t, text, key[17:], "no token")
			require.NotContains(t, text, "?", "no query")
		}
	}
}

// Strangers do not choose what is sampled, and the upstream sees the gate's trace in place of theirs; whom a trusted
// proxy brings is another matter.
func TestWhoseWordCountsAboutTraces(t *testing.T) {
	for name, trusted := range map[string][]netip.Prefix{"stranger": nil, "trusted": {netip.MustParsePrefix("127.0.0.1/32")}} {
		var passed string
		variables := map[string]string{"OTEL_TRACES_SAMPLER": "parentbased_always_off"}
		spans := spansAsked(t, "http/protobuf", variables, func(p *tracing.Provider) {
			_, at := tracedHouse(t, p, Options{TrustedProxies: trusted})
			passed = ask(t, at+"/open", "Traceparent", clientParent, "Tracestate", "a=b").body
			require.Equal(t, 401, ask(t, at+"/logs", "Traceparent", clientParent).StatusCode)
		})
		if trusted == nil {
			require.Empty(t, spans)
			require.Regexp(t, `^\[00-[0-9a-f]{32}-[0-9a-f]{16}-00\] \[\]$`, passed)
			require.NotContains(t, passed, clientTrace)
		} else {
			require.Len(t, spans, 3, name)
			require.Contains(t, passed, clientTrace)
		}
	}
}

// Without a receiver nothing is made, and what clients say of traces passes as it is.
func TestWithoutTraces(t *testing.T) {
	h, at := tracedHouse(t, nil, Options{})
	require.Equal(t, "["+clientParent+"] [a=b]",
		ask(t, at+"/logs", append(bearer(h.key(apikey.RoleViewer)), "Traceparent", clientParent, "Tracestate", "a=b")...).body)
}
