package e2e

import (
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/bearertokenauthextension"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/exporter/otlpexporter"
	"go.opentelemetry.io/collector/exporter/otlphttpexporter"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// collectorParts are the exporters of an OpenTelemetry Collector, and the
// extensions that they use.
type collectorParts struct {
	exporters  map[string]exporter.Traces
	extensions map[component.ID]component.Component
}

// GetExtensions returns what the exporters may use.
func (c *collectorParts) GetExtensions() map[component.ID]component.Component { return c.extensions }

// newCollectorParts starts the exporters of a Collector's configuration with
// the Collector's own code. They report at once how it went, and try once.
func newCollectorParts(t *testing.T, text string) (*collectorParts, error) {
	t.Helper()
	resolver, err := confmap.NewResolver(confmap.ResolverSettings{
		URIs:              []string{"yaml:" + text},
		ProviderFactories: []confmap.ProviderFactory{yamlprovider.NewFactory(), envprovider.NewFactory()},
	})
	require.NoError(t, err)
	conf, err := resolver.Resolve(t.Context())
	require.NoError(t, err)
	section := func(name string) *confmap.Conf {
		sub, err := conf.Sub(name)
		require.NoError(t, err)
		return sub
	}

	c := &collectorParts{exporters: map[string]exporter.Traces{}, extensions: map[component.ID]component.Component{}}
	bearer := bearertokenauthextension.NewFactory()
	config := bearer.CreateDefaultConfig()
	require.NoError(t, section("extensions::bearertokenauth").Unmarshal(config))
	ext, err := bearer.Create(t.Context(), extensiontest.NewNopSettings(bearer.Type()), config)
	require.NoError(t, err)
	require.NoError(t, c.start(t, ext))
	c.extensions[component.NewID(bearer.Type())] = ext

	for _, factory := range []exporter.Factory{otlpexporter.NewFactory(), otlphttpexporter.NewFactory()} {
		name := factory.Type().String()
		config := factory.CreateDefaultConfig()
		settings := section("exporters::" + name)
		require.NoError(t, settings.Merge(confmap.NewFromStringMap(map[string]any{"sending_queue": map[string]any{"enabled": false}, "retry_on_failure": map[string]any{"enabled": false}})))
		require.NoError(t, settings.Unmarshal(config))
		e, err := factory.CreateTraces(t.Context(), exportertest.NewNopSettings(factory.Type()), config)
		require.NoError(t, err)
		if err := c.start(t, e); err != nil {
			return nil, err
		}
		c.exporters[name] = e
	}
	return c, nil
}

func (c *collectorParts) start(t *testing.T, part component.Component) error {
	t.Cleanup(func() { require.NoError(t, part.Shutdown(context.WithoutCancel(t.Context()))) })
	return part.Start(t.Context(), c)
}

// TestCollector pushes with the exporters of the OpenTelemetry Collector,
// configured as the page says, and has them report why they are refused.
func TestCollector(t *testing.T) {
	h := newStackState(t, true)
	var page string
	for _, block := range regexp.MustCompile("(?s)\n```yaml\n(.*?)```").FindAllStringSubmatch(document(t, "docs/stackstate.md"), -1) {
		if strings.Contains(block[1], "bearertokenauth") {
			page = block[1]
		}
	}
	require.NotEmpty(t, page)
	_, port, _ := strings.Cut(h.address, ":")
	page = strings.NewReplacer("HOST:8443", "127.0.0.1:"+port, "gate.crt", filepath.Join(h.dir, "data", "gate.crt")).Replace(page)
	traces := ptrace.NewTraces()
	traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty().SetName("pay")

	key := h.ingestionKey(t, "collector")
	push := func(token string) map[string]error {
		t.Helper()
		t.Setenv("API_KEY", token)
		out := map[string]error{}
		c, err := newCollectorParts(t, page)
		require.NoError(t, err)
		for name, e := range c.exporters {
			out[name] = e.ConsumeTraces(t.Context(), traces)
		}
		require.Len(t, out, 2)
		return out
	}
	for name, err := range push(key) {
		require.NoError(t, err, name)
	}
	require.Len(t, h.http.forget(), 1)
	received, _ := h.grpc.forget()
	require.Len(t, received, 1)

	_, err := h.client(h.adminKey()).End(t.Context(), key[4:16], apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	for token, want := range map[string]string{key: "was revoked", "wrong": "not known here", h.token("viewer", "Viewer"): "does not grant ingest"} {
		for name, err := range push(token) {
			require.ErrorContains(t, err, want, "%s shows the reason", name)
			require.NotContains(t, err.Error(), key[17:40])
		}
	}

	// Over gRPC it sends no token without TLS, and does not start.
	certificate := "ca_file: " + filepath.Join(h.dir, "data", "gate.crt")
	require.Contains(t, page, certificate)
	_, err = newCollectorParts(t, strings.ReplaceAll(page, certificate, "insecure: true"))
	require.ErrorContains(t, err, "transport level security")
}
