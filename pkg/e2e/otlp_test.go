package e2e

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otellog "go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	colmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
)

// telemetry is one lot of traces, metrics and logs.
type telemetry struct {
	spans   []sdktrace.ReadOnlySpan
	metrics metricdata.ResourceMetrics
	logs    []log.Record
}

// newTelemetry makes some of each kind, the same every time.
func newTelemetry(t testing.TB) *telemetry {
	t.Helper()
	began := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	from := resource.NewSchemaless(attribute.String("service.name", "till"))
	scope := instrumentation.Scope{Name: "example.org/till", Version: "1.2.3"}
	var spans tracetest.SpanStubs
	for i := range 50 {
		spans = append(spans, tracetest.SpanStub{
			Name: "pay", SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 2, 3}, SpanID: trace.SpanID{byte(i + 1)}}),
			StartTime: began, EndTime: began.Add(time.Duration(i) * time.Millisecond), Attributes: []attribute.KeyValue{attribute.Int("amount", i)},
			Resource: from, InstrumentationScope: scope,
		})
	}
	tel := &telemetry{spans: spans.Snapshots(), metrics: metricdata.ResourceMetrics{Resource: from, ScopeMetrics: []metricdata.ScopeMetrics{{
		Scope: scope,
		Metrics: []metricdata.Metrics{
			{Name: "payments", Unit: "1", Data: metricdata.Sum[int64]{
				Temporality: metricdata.CumulativeTemporality, IsMonotonic: true, DataPoints: []metricdata.DataPoint[int64]{{StartTime: began, Time: began.Add(time.Minute), Value: 1275}},
			}},
			{Name: "drawer", Unit: "EUR", Data: metricdata.Gauge[float64]{DataPoints: []metricdata.DataPoint[float64]{{Time: began, Value: 99.5}}}},
		},
	}}}}
	keep := new(logKeeper)
	logger := log.NewLoggerProvider(log.WithResource(from), log.WithProcessor(keep)).Logger("example.org/till")
	for _, text := range []string{"the drawer is open", "the drawer is shut", strings.Repeat("a long receipt ", 1000)} {
		var r otellog.Record
		r.SetTimestamp(began)
		r.SetObservedTimestamp(began)
		r.SetSeverity(otellog.SeverityWarn)
		r.SetBody(attribute.StringValue(text))
		logger.Emit(t.Context(), r)
	}
	tel.logs = keep.records
	return tel
}

// logKeeper keeps records as they would be exported.
type logKeeper struct{ records []log.Record }

func (k *logKeeper) OnEmit(_ context.Context, r *log.Record) error {
	k.records = append(k.records, r.Clone())
	return nil
}
func (*logKeeper) Enabled(context.Context, log.EnabledParameters) bool { return true }
func (*logKeeper) Shutdown(context.Context) error                      { return nil }
func (*logKeeper) ForceFlush(context.Context) error                    { return nil }

// exporters push telemetry with the OpenTelemetry exporters for Go.
type exporters struct {
	traces  sdktrace.SpanExporter
	metrics metric.Exporter
	logs    log.Exporter
}

// newHTTPExporters push over HTTP to an address, with what Authorization
// says. Trust is nil for no TLS.
func newHTTPExporters(t testing.TB, address, authorization string, trust *tls.Config) *exporters {
	t.Helper()
	return newHTTPExportersWith(t, address, authorizationHeader(authorization), trust)
}

// newHTTPExportersWith push with headers.
func newHTTPExportersWith(t testing.TB, address string, headers map[string]string, trust *tls.Config) *exporters {
	t.Helper()
	ctx := t.Context()
	traces := []otlptracehttp.Option{otlptracehttp.WithEndpoint(address), otlptracehttp.WithHeaders(headers), otlptracehttp.WithRetry(otlptracehttp.RetryConfig{})}
	metrics := []otlpmetrichttp.Option{otlpmetrichttp.WithEndpoint(address), otlpmetrichttp.WithHeaders(headers), otlpmetrichttp.WithRetry(otlpmetrichttp.RetryConfig{})}
	logs := []otlploghttp.Option{otlploghttp.WithEndpoint(address), otlploghttp.WithHeaders(headers), otlploghttp.WithRetry(otlploghttp.RetryConfig{})}
	if trust != nil {
		traces = append(traces, otlptracehttp.WithTLSClientConfig(trust))
		metrics = append(metrics, otlpmetrichttp.WithTLSClientConfig(trust))
		logs = append(logs, otlploghttp.WithTLSClientConfig(trust))
	} else {
		traces, metrics, logs = append(traces, otlptracehttp.WithInsecure()), append(metrics, otlpmetrichttp.WithInsecure()), append(logs, otlploghttp.WithInsecure())
	}
	te, err := otlptracehttp.New(ctx, traces...)
	require.NoError(t, err)
	me, err := otlpmetrichttp.New(ctx, metrics...)
	require.NoError(t, err)
	le, err := otlploghttp.New(ctx, logs...)
	require.NoError(t, err)
	return (&exporters{te, me, le}).closedAfter(t)
}

// newGRPCExporters push over gRPC, with TLS or in plain HTTP/2.
func newGRPCExporters(t testing.TB, address, authorization string, trust *tls.Config) *exporters {
	t.Helper()
	return newGRPCExportersWith(t, address, authorizationHeader(authorization), trust)
}

// newGRPCExportersWith push with headers.
func newGRPCExportersWith(t testing.TB, address string, headers map[string]string, trust *tls.Config) *exporters {
	t.Helper()
	ctx := t.Context()
	traces := []otlptracegrpc.Option{otlptracegrpc.WithEndpoint(address), otlptracegrpc.WithHeaders(headers), otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{})}
	metrics := []otlpmetricgrpc.Option{otlpmetricgrpc.WithEndpoint(address), otlpmetricgrpc.WithHeaders(headers), otlpmetricgrpc.WithRetry(otlpmetricgrpc.RetryConfig{})}
	logs := []otlploggrpc.Option{otlploggrpc.WithEndpoint(address), otlploggrpc.WithHeaders(headers), otlploggrpc.WithRetry(otlploggrpc.RetryConfig{})}
	if trust != nil {
		creds := credentials.NewTLS(trust)
		traces = append(traces, otlptracegrpc.WithTLSCredentials(creds))
		metrics = append(metrics, otlpmetricgrpc.WithTLSCredentials(creds))
		logs = append(logs, otlploggrpc.WithTLSCredentials(creds))
	} else {
		traces, metrics, logs = append(traces, otlptracegrpc.WithInsecure()), append(metrics, otlpmetricgrpc.WithInsecure()), append(logs, otlploggrpc.WithInsecure())
	}
	te, err := otlptracegrpc.New(ctx, traces...)
	require.NoError(t, err)
	me, err := otlpmetricgrpc.New(ctx, metrics...)
	require.NoError(t, err)
	le, err := otlploggrpc.New(ctx, logs...)
	require.NoError(t, err)
	return (&exporters{te, me, le}).closedAfter(t)
}

func authorizationHeader(value string) map[string]string {
	if value == "" {
		return nil
	}
	return map[string]string{"Authorization": value}
}

func (e *exporters) closedAfter(t testing.TB) *exporters {
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		_ = e.traces.Shutdown(ctx)
		_ = e.metrics.Shutdown(ctx)
		_ = e.logs.Shutdown(ctx)
	})
	return e
}

// push exports all of it, and returns what each exporter says.
func (e *exporters) push(t testing.TB, tel *telemetry) (traces, metrics, logs error) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return e.traces.ExportSpans(ctx, tel.spans), e.metrics.Export(ctx, &tel.metrics), e.logs.Export(ctx, tel.logs)
}

// collector receives telemetry over gRPC, as StackState does.
type collector struct {
	coltrace.UnimplementedTraceServiceServer
	colmetrics.UnimplementedMetricsServiceServer
	collogs.UnimplementedLogsServiceServer
	address string

	mu       sync.Mutex
	received []proto.Message
	metadata []metadata.MD
}

func newCollector(t testing.TB) *collector {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &collector{address: l.Addr().String()}
	s := grpc.NewServer()
	coltrace.RegisterTraceServiceServer(s, c)
	colmetrics.RegisterMetricsServiceServer(s, metricsService{c})
	collogs.RegisterLogsServiceServer(s, logsService{c})
	go s.Serve(l) // until Stop
	t.Cleanup(s.Stop)
	return c
}

func (c *collector) take(ctx context.Context, m proto.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	md, _ := metadata.FromIncomingContext(ctx)
	c.received, c.metadata = append(c.received, m), append(c.metadata, md)
}

// forget returns what was received and with which metadata, and starts over.
func (c *collector) forget() ([]proto.Message, []metadata.MD) {
	c.mu.Lock()
	defer c.mu.Unlock()
	received, md := c.received, c.metadata
	c.received, c.metadata = nil, nil
	return received, md
}

// Export receives traces.
func (c *collector) Export(ctx context.Context, r *coltrace.ExportTraceServiceRequest) (*coltrace.ExportTraceServiceResponse, error) {
	c.take(ctx, r)
	return new(coltrace.ExportTraceServiceResponse), nil
}

type metricsService struct{ *collector }

func (s metricsService) Export(ctx context.Context, r *colmetrics.ExportMetricsServiceRequest) (*colmetrics.ExportMetricsServiceResponse, error) {
	s.take(ctx, r)
	return new(colmetrics.ExportMetricsServiceResponse), nil
}

type logsService struct{ *collector }

func (s logsService) Export(ctx context.Context, r *collogs.ExportLogsServiceRequest) (*collogs.ExportLogsServiceResponse, error) {
	s.take(ctx, r)
	return new(collogs.ExportLogsServiceResponse), nil
}
