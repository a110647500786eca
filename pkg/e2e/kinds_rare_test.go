package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/kinds"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// Programs of Grafana Labs, which are run where somebody built them. What is spared is there in other modes or with
// other settings, at other ports, or would end the program.
var (
	lokiProgram = program{
		kind: "loki", tool: "loki", rare: true, unknown: "404 page not found", args: withConfig,
		config: `
auth_enabled: true
server: {http_listen_address: 127.0.0.1, http_listen_port: HOST, grpc_listen_address: 127.0.0.1, grpc_listen_port: PORT}
common:
  instance_addr: 127.0.0.1
  path_prefix: DIR
  storage: {filesystem: {chunks_directory: DIR/chunks, rules_directory: DIR/rules}}
  replication_factor: 1
  ring: {kvstore: {store: inmemory}}
schema_config:
  configs:
    - {from: 2020-10-24, store: tsdb, object_store: filesystem, schema: v13, index: {prefix: index_, period: 24h}}
querier: {multi_tenant_queries_enabled: true}
limits_config: {volume_enabled: true}
pattern_ingester: {enabled: true}
compactor: {retention_enabled: true, delete_request_store: filesystem}
analytics: {reporting_enabled: false}
`,
		spared: []string{
			"/ui/{rest...}",
			"/ui/api/v1/features",
			"/ui/ring",
			"/ui/api/v1/{rest...}",
			"/ui/api/v1/proxy/{node}/{rest...}",
			"/indexgateway/ring",
			"/sync-indexes",
			"/partition-ring",
			"/ingester/prepare_partition_downscale",
			"/ingest-limits/ring",
			"/ingest-limits-frontend/ring",
			"/ingest-limits/usage/{tenant}",
			"/ingest-limits/exceeds-limits",
			"/dataobj-consumer/ring",
			"/dataobj-consumer/partition-ring",
			"/dataobj-consumer/prepare-downscale",
			"/dataobj-consumer/prepare-delayed-downscale",
			"/ingester/shutdown",
			"/ingester/prepare_shutdown",
			"/debug/fgprof",
			"/debug/pprof",
			"/analytics",
		},
	}
	mimirProgram = program{
		kind: "mimir", tool: "mimir", rare: true, unknown: "404 page not found", args: withConfig,
		config: `
target: all,alertmanager,overrides-exporter
multitenancy_enabled: true
server: {http_listen_address: 127.0.0.1, http_listen_port: HOST, grpc_listen_address: 127.0.0.1, grpc_listen_port: PORT}
runtime_config: {file: /dev/null}
overrides_exporter: {ring: {enabled: true, instance_addr: 127.0.0.1, kvstore: {store: inmemory}}}
tenant_federation: {enabled: true}
common: {storage: {backend: filesystem, filesystem: {dir: DIR/common}}}
blocks_storage: {filesystem: {dir: DIR/blocks}, tsdb: {dir: DIR/tsdb}, bucket_store: {sync_dir: DIR/sync}}
compactor: {data_dir: DIR/compactor, sharding_ring: {instance_addr: 127.0.0.1, kvstore: {store: inmemory}}}
distributor: {ring: {instance_addr: 127.0.0.1, kvstore: {store: inmemory}}}
ingester: {ring: {instance_addr: 127.0.0.1, kvstore: {store: inmemory}, replication_factor: 1}}
store_gateway: {sharding_ring: {instance_addr: 127.0.0.1, kvstore: {store: inmemory}, replication_factor: 1}}
ruler: {rule_path: DIR/rules, ring: {instance_addr: 127.0.0.1, kvstore: {store: inmemory}}}
ruler_storage: {backend: filesystem, filesystem: {dir: DIR/rulestore}}
alertmanager:
  data_dir: DIR/alertmanager
  external_url: http://127.0.0.1/alertmanager
  sharding_ring: {instance_addr: 127.0.0.1, kvstore: {store: inmemory}}
alertmanager_storage: {backend: filesystem, filesystem: {dir: DIR/configs}}
frontend: {address: 127.0.0.1}
query_scheduler: {ring: {instance_addr: 127.0.0.1, kvstore: {store: inmemory}}}
usage_stats: {enabled: false}
`,
		spared: []string{
			"/api/v1/push/influx/write",
			"/prometheus/api/v1/search/metric_names",
			"/prometheus/api/v1/search/label_names",
			"/prometheus/api/v1/search/label_values",
			"/distributor/ha_tracker",
			"/ingester/partition-ring",
			"/ingester/partition-ring/{compartment}",
			"/ingester/prepare-partition-downscale",
			"/ingester/shutdown",
			"/usage-tracker/instance-ring",
			"/usage-tracker/partition-ring",
			"/usage-tracker/prepare-instance-ring-downscale",
			"/alertmanager/favicon.ico",
			"/alertmanager/script.js",
			"/alertmanager/metrics",
			"/debug/fgprof",
			"/debug/pprof",
		},
	}
	cortexProgram = program{
		kind: "cortex", tool: "cortex", rare: true, unknown: "404 page not found",
		args: func(host, dir string) []string { return append(withConfig(host, dir), "-api.build-info-enabled=true") },
		config: `
target: all,alertmanager
auth_enabled: true
runtime_config: {file: /dev/null}
server: {http_listen_address: 127.0.0.1, http_listen_port: HOST, grpc_listen_address: 127.0.0.1, grpc_listen_port: PORT}
distributor: {ring: {instance_addr: 127.0.0.1, kvstore: {store: inmemory}}}
ingester: {lifecycler: {address: 127.0.0.1, min_ready_duration: 0s, ring: {kvstore: {store: inmemory}, replication_factor: 1}}}
blocks_storage:
  backend: filesystem
  filesystem: {dir: DIR/blocks}
  tsdb: {dir: DIR/tsdb}
  bucket_store: {sync_dir: DIR/sync}
store_gateway: {sharding_ring: {instance_addr: 127.0.0.1, kvstore: {store: inmemory}, replication_factor: 1}}
compactor: {data_dir: DIR/compactor, sharding_ring: {instance_addr: 127.0.0.1, kvstore: {store: inmemory}}}
ruler: {enable_api: true, rule_path: DIR/rules, ring: {instance_addr: 127.0.0.1, kvstore: {store: inmemory}}}
ruler_storage: {backend: filesystem, filesystem: {dir: DIR/rulestore}}
alertmanager: {data_dir: DIR/alertmanager, enable_api: true, external_url: http://127.0.0.1/alertmanager}
alertmanager_storage: {backend: filesystem, filesystem: {dir: DIR/configs}}
frontend_worker: {match_max_concurrent: true}
`,
		spared: []string{
			"/api/v1/user-overrides",
			"/parquet-converter/ring",
			"/debug/fgprof",
			"/debug/pprof",
		},
	}
	pyroscopeProgram = program{
		kind: "pyroscope", tool: "pyroscope", rare: true, unknown: "404 page not found",
		args: func(host, dir string) []string {
			return append(withConfig(host, dir), "-tenant-settings.recording-rules.enabled=true")
		},
		config: `
target: all
multitenancy_enabled: true
server: {http_listen_address: 127.0.0.1, http_listen_port: HOST, grpc_listen_address: 127.0.0.1, grpc_listen_port: PORT}
storage: {backend: filesystem, filesystem: {dir: DIR/blocks}}
pyroscopedb: {data_path: DIR/data}
runtime_config: {file: /dev/null}
analytics: {reporting_enabled: false}
`,
		spared: []string{"/ui"}, // which it leaves to /ui/
	}
	tempoProgram = program{
		kind: "tempo", tool: "tempo", rare: true, unknown: "404 page not found", args: withConfig,
		config: `
multitenancy_enabled: true
stream_over_http_enabled: true
server: {http_listen_address: 127.0.0.1, http_listen_port: HOST, grpc_listen_address: 127.0.0.1, grpc_listen_port: PORT}
distributor: {receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}}}
storage: {trace: {backend: local, local: {path: DIR/blocks}, wal: {path: DIR/wal}}}
live_store: {wal: {path: DIR/live}, shutdown_marker_dir: DIR/marker}
usage_report: {reporting_enabled: false}
`,
		spared: []string{
			"/v1/traces",
			"/api/v2/spans",
			"/api/v1/spans",
			"/api/traces",
			"/api/mcp",
			"/usage_metrics",
			"/api/overrides",
			"/opentelemetry.proto.collector.trace.v1.TraceService/Export",
			"/jaeger.api_v2.CollectorService/PostSpans",
			"/distributor/ring",
			"/ingester/ring",
			"/metrics-generator/ring",
			"/backend-worker/ring",
			"/partition/ring",
			"/status/{endpoint}", // which breaks off for one that it does not have
			"/api/v2/traces/diff",
			"/debug/fgprof",
			"/debug/pprof",
			"/tempopb.StreamingQuerier/Search",
			"/tempopb.StreamingQuerier/SearchTags",
			"/tempopb.StreamingQuerier/SearchTagsV2",
			"/tempopb.StreamingQuerier/SearchTagValues",
			"/tempopb.StreamingQuerier/SearchTagValuesV2",
			"/tempopb.StreamingQuerier/MetricsQueryRange",
			"/tempopb.StreamingQuerier/MetricsQueryInstant",
		},
	}
)

// withConfig runs a program with its file of configuration.
func withConfig(_, dir string) []string {
	return []string{"-config.file=" + filepath.Join(dir, "config.yaml")}
}

var saysVersion = regexp.MustCompile(`version v?(\d+\.\d+\S*)`)

// startRare starts a program that somebody built. One that does not know its version is of the main branch.
func (p *program) startRare(t *testing.T, host, dir string) {
	t.Helper()
	tool := servertest.Rare(t, p.tool)
	port := strings.TrimPrefix(host, "127.0.0.1:")
	config := strings.NewReplacer("HOST", port, "PORT", servertest.FreePort(t), "DIR", dir).
		Replace(p.config)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(config), 0o600))
	servertest.Start(t, host, append([]string{tool}, p.args(host, dir)...)...)
	out, err := exec.Command(tool, "--version").CombinedOutput()
	require.NoError(t, err, string(out))
	p.version = "999.0"
	if found := saysVersion.FindSubmatch(out); found != nil {
		p.version = string(found[1])
	}
}

// tenant is what the endpoint of a program says of tenants.
func (p *program) tenant() string {
	if header := kinds.Find(p.kind).Tenant; header != "" {
		return ", tenant: {header: " + header + "}"
	}
	return ""
}
