package gate

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/tracing"
)

// BenchmarkSpans is what a span costs that is not sampled, as 99 of 100 are not.
func BenchmarkSpans(b *testing.B) {
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer receiver.Close()
	b.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.URL)
	b.Setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
	b.Setenv("OTEL_TRACES_SAMPLER_ARG", "0.01")
	p, err := tracing.Start(b.Context(), "1", slog.New(slog.DiscardHandler))
	require.NoError(b, err)
	h := newHouse(b)
	g := h.gate(Options{Tracer: p.Tracer()})
	r := httptest.NewRequest(http.MethodGet, "/auth?require=read", nil)
	r.Header.Set("Authorization", "Bearer "+h.key(apikey.RoleViewer))
	q := g.newRequest(r)
	var d demand
	d.Require = apikey.PermissionRead
	o := g.decide(q, &d)
	b.ReportAllocs()
	for b.Loop() {
		g.beginSpans(q, authEntrance, &d, &o)
		q.spans.status(http.StatusOK)
		q.spans.end()
	}
	b.StopTimer()
	require.NoError(b, p.Close(b.Context()))
}
