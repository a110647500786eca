package trail

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	otellog "go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// otlpTime is how long a receiver may take for some entries.
const otlpTime = 15 * time.Second

// otlpSink sends entries as log records of OpenTelemetry.
type otlpSink struct {
	target   Target
	exporter *otlploghttp.Exporter
	logger   otellog.Logger
	records  gathering
}

// gathering is a processor that keeps records until they are exported, so that it is known whether the target took
// them: the SDK's own ones tell nobody.
type gathering struct{ records []log.Record }

// OnEmit keeps a record.
func (g *gathering) OnEmit(_ context.Context, r *log.Record) error {
	g.records = append(g.records, r.Clone())
	return nil
}

// Enabled is always so.
func (*gathering) Enabled(context.Context, log.EnabledParameters) bool { return true }

// Shutdown does nothing.
func (*gathering) Shutdown(context.Context) error { return nil }

// ForceFlush does nothing.
func (*gathering) ForceFlush(context.Context) error { return nil }

func (s *otlpSink) take(ctx context.Context, entries []apikey.TrailEntry) error {
	if s.exporter == nil {
		if err := s.open(ctx); err != nil {
			return err
		}
	}
	s.records.records = s.records.records[:0]
	for i := range entries {
		r, err := record(&entries[i])
		if err != nil {
			return err
		}
		s.logger.Emit(ctx, r)
	}
	ctx, cancel := context.WithTimeout(ctx, otlpTime)
	defer cancel()
	if err := s.exporter.Export(ctx, s.records.records); err != nil {
		return fmt.Errorf("the OTLP receiver did not take them: %w", err)
	}
	return nil
}

func (s *otlpSink) open(ctx context.Context) error {
	u, err := url.Parse(s.target.Address)
	if err != nil {
		return err
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/v1/logs"
	}
	options := []otlploghttp.Option{
		otlploghttp.WithEndpointURL(u.String()), otlploghttp.WithTimeout(otlpTime),
		otlploghttp.WithRetry(otlploghttp.RetryConfig{Enabled: false}), // it is tried again from here, in order
		otlploghttp.WithCompression(otlploghttp.GzipCompression),
	}
	if u.Scheme == "https" {
		config, err := s.target.tls()
		if err != nil {
			return err
		}
		options = append(options, otlploghttp.WithTLSClientConfig(config))
	}
	if s.target.Authorization != "" {
		options = append(options, otlploghttp.WithHeaders(map[string]string{"Authorization": s.target.Authorization}))
	}
	if s.exporter, err = otlploghttp.New(ctx, options...); err != nil {
		return err
	}
	provider := log.NewLoggerProvider(log.WithProcessor(&s.records), log.WithAttributeCountLimit(-1),
		log.WithResource(resource.NewSchemaless(attribute.String("service.name", "ostiary"),
			attribute.String("host.name", hostname))))
	s.logger = provider.Logger("github.com/ostiary/ostiary/pkg/trail")
	return nil
}

// record is an entry as a log record: what one looks for as attributes, and all of it as JSON.
func record(e *apikey.TrailEntry) (r otellog.Record, err error) {
	all, err := text(e)
	if err != nil {
		return r, err
	}
	r.SetTimestamp(e.At)
	r.SetObservedTimestamp(time.Now())
	r.SetSeverity(otellog.SeverityInfo)
	r.SetSeverityText("INFO")
	r.SetEventName("ostiary.audit." + string(e.Action))
	r.SetBody(attribute.StringValue(string(all)))
	r.AddAttributes(
		attribute.Int64("ostiary.audit.number", e.ID), attribute.String("ostiary.audit.hash", e.Link.String()),
		attribute.Int64("ostiary.org", e.OrgID), attribute.String("ostiary.audit.action", string(e.Action)),
		attribute.String("enduser.id", e.Actor), attribute.String("client.address", e.From),
		attribute.String("ostiary.key.id", e.KeyID), attribute.String("ostiary.key.name", e.KeyName),
	)
	return r, nil
}

func (s *otlpSink) reopen() {}

func (s *otlpSink) close() {
	if s.exporter != nil {
		_ = s.exporter.Shutdown(context.Background()) // it holds nothing back
	}
	s.exporter = nil
}
