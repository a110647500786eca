// Package tracing sends spans to a receiver of OpenTelemetry. What the standard's own variables say (OTEL_*) is all
// that it is told; without an address to send to there are no spans.
package tracing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Provider makes spans and sends them. A nil Provider makes none.
type Provider struct {
	sdk    *sdktrace.TracerProvider
	logger *slog.Logger
}

// Start returns a Provider if the environment names a receiver, and nil if it does not. It fails if a variable has a
// value that cannot be put to use. The receiver need not be there.
func Start(ctx context.Context, version string, logger *slog.Logger) (*Provider, error) {
	on, err := isOn()
	if err != nil || !on {
		return nil, err
	}
	if err := errors.Join(checkSampler(), checkResource()); err != nil {
		return nil, err
	}
	exporter, err := newExporter(ctx)
	if err != nil {
		return nil, err
	}
	about, err := resource.New(ctx,
		resource.WithAttributes(
			attribute.String("service.name", "ostiary"), attribute.String("service.version", version)),
		resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	otel.SetErrorHandler(&complaints{logger: logger})
	logger.Info("sending spans", "protocol", protocol(), "sampler", os.Getenv("OTEL_TRACES_SAMPLER"),
		"sampler_arg", os.Getenv("OTEL_TRACES_SAMPLER_ARG"))
	return &Provider{
		sdk:    sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about)),
		logger: logger,
	}, nil
}

// Tracer returns what spans are made with; nil if none are.
func (p *Provider) Tracer() trace.Tracer {
	if p == nil {
		return nil
	}
	return p.sdk.Tracer("github.com/ostiary/ostiary")
}

// Close sends what was not sent yet.
func (p *Provider) Close(ctx context.Context) error {
	if p == nil {
		return nil
	}
	return p.sdk.Shutdown(ctx)
}

// finishWithin is how long the last spans may take, of which none is worth more.
const finishWithin = 3 * time.Second

// Finish sends what was not sent yet, if that does not take long.
func (p *Provider) Finish(ctx context.Context) {
	if p == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, finishWithin)
	defer cancel()
	if err := p.Close(ctx); err != nil {
		p.logger.Warn("the last spans could not be sent", "error", apikey.Redact(err.Error()))
	}
}

// isOn reports whether spans are wanted.
func isOn() (bool, error) {
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") {
		return false, nil
	}
	switch exporter := os.Getenv("OTEL_TRACES_EXPORTER"); exporter {
	case "none":
		return false, nil
	case "otlp":
		return true, nil
	case "":
		return first("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT") != "", nil
	default:
		return false, fmt.Errorf("OTEL_TRACES_EXPORTER is %q; otlp and none are known", exporter)
	}
}

// first returns the first variable that is set.
func first(names ...string) string {
	for _, name := range names {
		if value := os.Getenv(name); value != "" {
			return value
		}
	}
	return ""
}

const (
	overHTTP = "http/protobuf"
	overGRPC = "grpc"
)

func protocol() string {
	if p := first("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"); p != "" {
		return p
	}
	return overHTTP
}

// newExporter reads its other variables itself: headers, certificates, compression, timeout.
func newExporter(ctx context.Context) (*otlptrace.Exporter, error) {
	switch p := protocol(); p {
	case overHTTP:
		return otlptracehttp.New(ctx)
	case overGRPC:
		return otlptracegrpc.New(ctx)
	default:
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL is %q; %s and %s are known", p, overHTTP, overGRPC)
	}
}

var samplers = []string{
	"always_on", "always_off", "traceidratio",
	"parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio",
}

// checkSampler finds what the SDK would only log, and sample everything.
func checkSampler() error {
	name, ratio := os.Getenv("OTEL_TRACES_SAMPLER"), os.Getenv("OTEL_TRACES_SAMPLER_ARG")
	if name != "" && !slices.Contains(samplers, name) {
		return fmt.Errorf("OTEL_TRACES_SAMPLER is %q; known are %s", name, strings.Join(samplers, ", "))
	}
	if ratio == "" || !strings.HasSuffix(name, "traceidratio") {
		return nil
	}
	if part, err := strconv.ParseFloat(ratio, 64); err != nil || !(0 <= part && part <= 1) {
		return fmt.Errorf("OTEL_TRACES_SAMPLER_ARG is %q; give the part that is sampled, from 0 to 1", ratio)
	}
	return nil
}

func checkResource() error {
	for pair := range strings.SplitSeq(os.Getenv("OTEL_RESOURCE_ATTRIBUTES"), ",") {
		if pair != "" && !strings.Contains(pair, "=") {
			return fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %q is no NAME=VALUE", strings.TrimSpace(pair))
		}
	}
	return nil
}

// complaintPause is how long the same trouble is not told again.
const complaintPause = time.Minute

// complaints logs what goes wrong with spans, which harms no request.
type complaints struct {
	logger *slog.Logger

	mu   sync.Mutex
	told time.Time
}

// Handle logs an error, once a minute.
func (c *complaints) Handle(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.told) >= complaintPause {
		c.told = now
		c.logger.Warn("spans cannot be sent; they are lost, and nothing else is", "error", apikey.Redact(err.Error()))
	}
}
