package plugin_test

import (
	"context"
	"debug/elf"
	"encoding/hex"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	v1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/node"
	"github.com/ostiary/ostiary/pkg/plugintest"
)

// Grafana's image is Alpine, whose C library is another one.
func TestTheExecutableNeedsNoLibraries(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux links statically")
	}
	executable, err := plugintest.Build()
	require.NoError(t, err)
	file, err := elf.Open(executable)
	require.NoError(t, err)
	defer file.Close()
	libraries, err := file.ImportedLibraries()
	require.NoError(t, err)
	require.Empty(t, libraries)
	require.False(t, slices.ContainsFunc(file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }), "it asks for a loader")

	out, err := exec.CommandContext(t.Context(), executable, "-version").Output()
	require.NoError(t, err)
	require.Equal(t, plugintest.Version, strings.TrimSpace(string(out)))
}

// It runs where there is nothing else: no loader, no libraries, no /proc, no
// users, no certificates.
func TestInAnEmptyRoot(t *testing.T) {
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skip("only root may change the root directory")
	}
	// The socket's path must be the same inside and outside.
	sockets, err := os.MkdirTemp("", "s") //nolint:usetesting // a socket's path must be short
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.Remove(sockets) })
	root := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(root, sockets), 0o755))
	require.NoError(t, os.Remove(sockets))
	require.NoError(t, os.Symlink(filepath.Join(root, sockets), sockets))

	h := start(t, func(o *plugintest.Options) {
		o.Root, o.GrafanaData = root, root+"/var/lib/grafana"
		o.Env = map[string]string{"TMPDIR": sockets}
	})
	status, message, details := health(t, h)
	require.Equal(t, "OK", status, message)
	require.Contains(t, details.Store.Engine, "SQLite 3.")
	issued := create(t, h, "admin", `{"name":"a","role":"Viewer"}`)
	require.Equal(t, http.StatusOK, atGate(t, details.Gate.Listen, issued.Token))
	require.FileExists(t, root+"/var/lib/grafana/ostiary/ostiary.db")
}

func TestHealth(t *testing.T) {
	h := start(t)
	create(t, h, "admin", `{"name":"a","role":"Viewer"}`)
	status, message, details := health(t, h)
	require.Equal(t, "OK", status)
	require.Regexp(t, `^Ostiary 0\.0\.0-test: SQLite 3\.[0-9.]+ works; 1 keys, current to [0-9]\.[0-9] s; gate at http://127\.0\.0\.1:[0-9]+\.$`, message)
	require.Equal(t, plugintest.Version, details.Version)
	require.True(t, details.Replica.Ready)
	require.Equal(t, 1, details.Replica.Keys)
	require.Equal(t, api.GateHealth{Listen: details.Gate.Listen, Status: api.StatusOK}, details.Gate)

	none := start(t, with("gate_listen", ""))
	status, message, _ = health(t, none)
	require.Equal(t, "OK", status)
	require.Contains(t, message, "; no gate.")
	require.Zero(t, resourcesOf(t, none).listeners)
}

// The store is gone while the plugin runs: keys that are known still open the
// gate, and the health check says what is wrong.
func TestHealthWithoutItsStore(t *testing.T) {
	h := start(t)
	issued := create(t, h, "admin", `{"name":"a","role":"Viewer"}`)
	database := filepath.Join(h.GrafanaData(), "ostiary", "ostiary.db")
	require.NoError(t, os.Rename(database, database+".away"))
	status, message, details := health(t, h)
	require.Equal(t, "ERROR", status)
	require.Contains(t, message, "does not answer")
	require.Equal(t, api.StatusDegraded, details.Status)
	require.Equal(t, http.StatusOK, atGate(t, details.Gate.Listen, issued.Token))
	require.NoError(t, os.Rename(database+".away", database))
	eventually(t, func() bool { status, _, _ := health(t, h); return status == "OK" }, "the store is back")
}

var seriesName = regexp.MustCompile(`(?m)^# TYPE (\S+ \S+)$`)

func TestTheSameMetricsAsStandalone(t *testing.T) {
	cfg, err := config.Load(config.Source{EnvPrefix: "X_", LookupEnv: func(string) (string, bool) { return "", false }})
	require.NoError(t, err)
	cfg.DataDir = filepath.Join(t.TempDir(), "data")
	cfg.Pepper.Name, cfg.Listen, cfg.Gate.Listen = filepath.Join(cfg.DataDir, "pepper"), "127.0.0.1:0", "127.0.0.1:0"
	standalone, err := node.Start(t.Context(), cfg, node.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, standalone.Close(context.Background())) })
	want := send(t, mustRequest(t, "GET", standalone.ManagementURL()+"/metrics")).body

	h := start(t)
	issued := create(t, h, "admin", `{"name":"a","role":"Viewer"}`)
	require.Equal(t, http.StatusOK, atGate(t, gateURL(t, h), issued.Token))
	require.Equal(t, http.StatusUnauthorized, atGate(t, gateURL(t, h), "wrong"))
	got, err := h.CollectMetrics(t.Context())
	require.NoError(t, err)
	for _, series := range seriesName.FindAllStringSubmatch(want, -1) {
		require.Contains(t, got, "# TYPE "+series[1]+"\n")
	}
	require.InDelta(t, 1, metric(t, h, `ostiary_keys{state="active"}`), 0)
	require.InDelta(t, 1, metric(t, h, `ostiary_verifications_total{code="valid",endpoint=""}`), 0)
	require.InDelta(t, 1, metric(t, h, `ostiary_verifications_total{code="invalid_token",endpoint=""}`), 0)
	require.Contains(t, got, "grafana_plugin_request_total", "and the SDK's")
}

// collector takes traces as an OpenTelemetry collector does.
type collector struct {
	v1.UnimplementedTraceServiceServer
	taken chan *v1.ExportTraceServiceRequest
}

func (c *collector) Export(_ context.Context, r *v1.ExportTraceServiceRequest) (*v1.ExportTraceServiceResponse, error) {
	c.taken <- r
	return &v1.ExportTraceServiceResponse{}, nil
}

func TestTraces(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &collector{taken: make(chan *v1.ExportTraceServiceRequest, 100)}
	server := grpc.NewServer()
	v1.RegisterTraceServiceServer(server, c)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)

	h := start(t, func(o *plugintest.Options) {
		o.Env = map[string]string{"GF_INSTANCE_OTLP_ADDRESS": l.Addr().String(), "GF_INSTANCE_OTLP_PROPAGATION": "w3c"}
	})
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	ctx := metadata.AppendToOutgoingContext(t.Context(), "traceparent", "00-"+trace+"-00f067aa0ba902b7-01")
	answer, err := h.Call(ctx, h.Context(1, &plugintest.User{Login: "viewer", Role: "Viewer"}), "GET", "/v1/whoami", nil, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.Status)
	h.Close() // which sends what is left

	spans := map[string]bool{}
	for len(c.taken) > 0 {
		for _, resource := range (<-c.taken).GetResourceSpans() {
			require.Contains(t, resource.GetResource().String(), plugintest.PluginID)
			for _, scope := range resource.GetScopeSpans() {
				for _, span := range scope.GetSpans() {
					if strings.EqualFold(trace, hex.EncodeToString(span.GetTraceId())) {
						spans[span.GetName()] = true
					}
				}
			}
		}
	}
	require.Contains(t, spans, "sdk.callResource", "the request's span belongs to Grafana's trace")
}
