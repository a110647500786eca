package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang/snappy"
	grafana "github.com/grafana/pyroscope-go"
	"github.com/prometheus/prometheus/prompb"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.yaml.in/yaml/v3"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// tenantKey makes a key for tenants and returns its token.
func (s *server) tenantKey(name, role string, tenants ...string) string {
	s.t.Helper()
	return s.issue(api.CreateKey{Name: name, Role: role, Tenants: tenants}).Token
}

// TestRemoteWriteByTenant has real Prometheus servers write through the gate to a Mimir that keeps data by the
// header, each with a key of its own, and none can write for the other.
func TestRemoteWriteByTenant(t *testing.T) {
	t.Parallel()
	up := newUpstream(t, nil)
	s := serveDeployed(t, "mimir/ostiary.yaml", nil, "127.0.0.1:8081", up.host())
	scraped := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "orders 1\n") })
	write := func(name, key string) {
		file := filepath.Join(t.TempDir(), "mimir.key")
		require.NoError(t, os.WriteFile(file, []byte(key), 0o600))
		newPrometheus(t, servertest.Deployed(t, "mimir/prometheus.yml", "http://mimir.example.org:8080", s.gate,
			"/etc/prometheus/mimir.key", file, "edge-1", name,
			"localhost:9090", scraped.host(), "global:\n", "global:\n  scrape_interval: 200ms\n",
			"    authorization:", "    queue_config: {batch_send_deadline: 200ms}\n    authorization:"))
	}
	write("a", s.tenantKey("agent a", "Agent", "team-a"))
	write("b", s.tenantKey("agent b", "Agent", "team-b"))
	write("c", s.tenantKey("agent c", "Agent", "team-c", "team-d")) // which would have to say for which
	write("d", s.tenantKey("agent d", "Agent"))

	seen := map[string]map[string]bool{} // clusters, by tenant
	for began := time.Now(); len(seen) < 2 || !strings.Contains(s.log.String(),
		"code=forbidden") || !strings.Contains(s.log.String(), "code=invalid_request"); time.Sleep(100 * time.Millisecond) {
		require.Less(t, time.Since(began), servertest.Patience, "%v %s", seen, s.log)
		for _, r := range up.forget() {
			tenant := r.Header.Values("X-Scope-OrgID")
			require.Len(t, tenant, 1)
			require.Empty(t, r.Header.Values("Authorization"))
			if seen[tenant[0]] == nil {
				seen[tenant[0]] = map[string]bool{}
			}
			for _, cluster := range clustersOf(t, r.Body) {
				seen[tenant[0]][cluster] = true
			}
		}
	}
	require.Equal(t, map[string]map[string]bool{"team-a": {"a": true}, "team-b": {"b": true}}, seen)
}

// clustersOf returns the label cluster of each series of a remote write.
func clustersOf(t testing.TB, body []byte) (out []string) {
	t.Helper()
	plain, err := snappy.Decode(nil, body)
	require.NoError(t, err)
	var w prompb.WriteRequest
	require.NoError(t, w.Unmarshal(plain))
	for _, series := range w.Timeseries {
		for _, label := range series.Labels {
			if label.Name == "cluster" {
				out = append(out, label.Value)
			}
		}
	}
	return out
}

// TestOpenTelemetryByTenant pushes with the exporters for Go and with the Collector's, over HTTP and gRPC, to a backend
// that keeps data by the header, or by the metadata of that name.
func TestOpenTelemetryByTenant(t *testing.T) {
	up, calls := newUpstream(t, nil), newCollector(t)
	s := serveDeployed(t, "tempo/ostiary.yaml", nil, "127.0.0.1:4318", up.host(), "127.0.0.1:4317", calls.address,
		"127.0.0.1:3201", up.host())
	gate := strings.TrimPrefix(s.gate, "http://")
	one, several, none := s.tenantKey("one", "Agent", "team-a"), s.tenantKey("several", "Agent", "team-a",
		"team-b"), s.tenantKey("none", "Agent")
	telemetry := newTelemetry(t)
	push := func(e *exporters) error { return e.traces.ExportSpans(t.Context(), telemetry.spans) }
	tenants := func() (out []string) {
		for _, r := range up.forget() {
			out = append(out, r.Header.Values("X-Scope-OrgID")...)
		}
		_, all := calls.forget()
		for _, md := range all {
			out = append(out, md.Get("x-scope-orgid")...)
			require.Empty(t, md.Get("authorization"))
		}
		return out
	}
	for name, export := range map[string]func(headers map[string]string) *exporters{
		"HTTP": func(headers map[string]string) *exporters { return newHTTPExportersWith(t, gate, headers, nil) },
		"gRPC": func(headers map[string]string) *exporters { return newGRPCExportersWith(t, gate, headers, nil) },
	} {
		for _, c := range []struct {
			key, header, tenant, complaint string
		}{
			{one, "", "team-a", ""},
			{one, "team-a", "team-a", ""},
			{one, "team-b", "", "not for the tenant team-b"},
			{several, "team-b", "team-b", ""},
			{several, "", "", "several tenants"},
			{several, "team-a|team-b", "", "one tenant"},
			{none, "team-a", "", "no tenant"},
		} {
			headers := map[string]string{"Authorization": "Bearer " + c.key}
			if c.header != "" {
				headers["X-Scope-OrgID"] = c.header
			}
			err := push(export(headers))
			if c.complaint != "" {
				require.ErrorContains(t, err, c.complaint, name)
				require.Empty(t, tenants())
				continue
			}
			require.NoError(t, err, "%s %+v", name, c)
			require.Equal(t, []string{c.tenant}, tenants(), name)
		}
	}

	t.Setenv("TEMPO_API_KEY", one)
	c, err := newCollectorParts(t, servertest.Deployed(t, "tempo/collector.yaml", "tempo.example.org:3200", gate))
	require.NoError(t, err)
	traces := ptrace.NewTraces()
	traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty().SetName("pay")
	for name, e := range c.exporters {
		require.NoError(t, e.ConsumeTraces(t.Context(), traces), name)
	}
	require.Equal(t, []string{"team-a", "team-a"}, tenants())
}

// TestPyroscopeByTenant pushes with pyroscope-go, with and without a tenant of its own.
func TestPyroscopeByTenant(t *testing.T) {
	t.Parallel()
	up := newUpstream(t, nil)
	s := serveDeployed(t, "pyroscope/ostiary.yaml", nil, "127.0.0.1:4041", up.host(),
		"      kind: pyroscope\n", "      kind: pyroscope\n      tenant: {header: X-Scope-OrgID}\n")
	h := &pyroscopeHouse{t: t, up: up, tap: newTap(t, s.gate)}
	key := s.tenantKey("agent", "Agent", "team-a")
	for tenant, complaint := range map[string]string{"": "", "team-a": "", "team-b": "(403)"} {
		got := h.push(grafana.Config{BasicAuthUser: "agent", BasicAuthPassword: key, TenantID: tenant})
		h.tap.forget()
		if complaint != "" {
			require.Contains(t, got, complaint)
			require.Empty(t, up.forget())
			continue
		}
		require.Empty(t, got)
		arrived := up.forget()
		require.NotEmpty(t, arrived)
		for _, r := range arrived {
			require.Equal(t, []string{"team-a"}, r.Header.Values("X-Scope-OrgID"))
		}
	}
}

// TestDataSourcesByTenant asks as Grafana does with the data sources of deploy/grafana.
func TestDataSourcesByTenant(t *testing.T) {
	t.Parallel()
	up := newUpstream(t, nil)
	var sources struct {
		Datasources []struct {
			Name, Type, URL string
			JSONData        map[string]string `yaml:"jsonData"`
			SecureJSONData  map[string]string `yaml:"secureJsonData"`
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(servertest.Deployed(t, "grafana/datasources.yaml")), &sources))
	require.Len(t, sources.Datasources, 6)
	for i, path := range []string{
		"/loki/api/v1/query_range?query=%7Bjob%3D%22x%22%7D", "/api/v1/query?query=up", "/api/search",
		"/querier.v1.QuerierService/ProfileTypes", "/api/v1/query?query=up", "/api/v1/query?query=up",
	} {
		source := sources.Datasources[i]
		product, _, _ := strings.Cut(strings.TrimPrefix(source.URL, "http://"), ".")
		address := strings.SplitN(source.URL, "/", 4)
		if len(address) == 4 {
			path = "/" + address[3] + path
		}
		replace := map[string][]string{
			"loki": {"127.0.0.1:3101", up.host()}, "mimir": {"127.0.0.1:8081", up.host()}, "tempo": {"127.0.0.1:3201",
				up.host()}, "prometheus": {"127.0.0.1:9091", up.host()},
			"victoriametrics": {"127.0.0.1:8429", up.host()},
			"pyroscope": {"127.0.0.1:4041", up.host(), "      kind: pyroscope\n",
				"      kind: pyroscope\n      tenant: {header: X-Scope-OrgID}\n"},
		}[product]
		require.NotEmpty(t, replace, product)
		s := serveDeployed(t, product+"/ostiary.yaml", nil, replace...)
		tenants := []string{"team-a"}
		if source.JSONData["httpHeaderName2"] != "" {
			tenants = []string{"team-a", "team-b", "team-c"}
		}
		key := s.tenantKey("grafana", "Viewer", tenants...)
		method := http.MethodGet
		if product == "pyroscope" { // whose calls are Connect's
			method = http.MethodPost
		}
		req, err := http.NewRequestWithContext(t.Context(), method, s.gate+path, nil)
		require.NoError(t, err)
		for n := 1; source.JSONData[fmt.Sprintf("httpHeaderName%d", n)] != ""; n++ {
			value := os.Expand(source.SecureJSONData[fmt.Sprintf("httpHeaderValue%d", n)], func(string) string { return key })
			req.Header.Set(source.JSONData[fmt.Sprintf("httpHeaderName%d", n)], value)
		}
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, http.StatusOK, res.StatusCode, "%s: %s", source.Name, body)
		arrived := up.forget()
		require.Len(t, arrived, 1)
		switch product {
		case "prometheus":
			require.Contains(t, arrived[0].URI, "tenant%3D~%22team-a%22")
		case "victoriametrics":
			require.Contains(t, arrived[0].URI, "extra_filters%5B%5D=%7Btenant%3D~%22team-a%7Cteam-b%22%7D")
		default:
			require.Equal(t, []string{"team-a"}, arrived[0].Header.Values("X-Scope-OrgID"), source.Name)
		}
	}
}

// newVictoriaMetrics starts an empty VictoriaMetrics and returns its address, without the scheme.
func newVictoriaMetrics(t testing.TB) (host string) {
	t.Helper()
	host = "127.0.0.1:" + servertest.FreePort(t)
	servertest.Start(t, host, servertest.Tool(t, "victoria-metrics"), "-storageDataPath="+t.TempDir(),
		"-httpListenAddr="+host,
		"-maxLabelsPerTimeseries=2147483647", "-search.latencyOffset=0s")
	return host
}

// TestVictoriaMetricsByTenant has two real Prometheus servers write to a real VictoriaMetrics, which both find their own
// series in, and no others.
func TestVictoriaMetricsByTenant(t *testing.T) {
	t.Parallel()
	host := newVictoriaMetrics(t)
	s := serveDeployed(t, "victoriametrics/ostiary.yaml", nil, "127.0.0.1:8429", host)
	scraped := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "orders{tenant=\"team-b\"} 1\n")
	})
	for _, tenant := range []string{"team-a", "team-b"} {
		file := filepath.Join(t.TempDir(), "vm.key")
		require.NoError(t, os.WriteFile(file, []byte(s.tenantKey("agent of "+tenant, "Agent", tenant)), 0o600))
		newPrometheus(t, servertest.Deployed(t, "victoriametrics/prometheus.yml",
			"http://victoriametrics.example.org:8428", s.gate,
			"/etc/prometheus/victoriametrics.key", file, "edge-1", tenant, "localhost:9090", scraped.host(),
			"global:\n", "global:\n  scrape_interval: 200ms\n", "    authorization:", "    queue_config: {batch_send_deadline: 200ms}\n    authorization:"))
	}
	for _, tenant := range []string{"team-a", "team-b"} {
		key := s.tenantKey("viewer of "+tenant, "Viewer", tenant)
		for began := time.Now(); ; time.Sleep(200 * time.Millisecond) {
			require.Less(t, time.Since(began), servertest.Patience)
			get(t, "http://"+host+"/internal/force_flush")
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.gate+"/api/v1/series?match[]=orders", nil)
			require.NoError(t, err)
			req.Header.Set("Authorization", "Bearer "+key)
			res, err := http.DefaultClient.Do(req)
			require.NoError(t, err)
			var found struct{ Data []map[string]string }
			require.NoError(t, json.NewDecoder(res.Body).Decode(&found))
			require.NoError(t, res.Body.Close())
			require.Equal(t, http.StatusOK, res.StatusCode)
			for _, series := range found.Data {
				require.Equal(t, []string{tenant, tenant}, []string{series["tenant"], series["cluster"]})
			}
			if len(found.Data) > 0 {
				break
			}
		}
	}
}
