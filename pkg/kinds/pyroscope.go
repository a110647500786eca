package kinds

import (
	"slices"

	"github.com/ostiary/ostiary/pkg/apikey"
)

var pyroscope = Kind{
	Name: "pyroscope", Title: "Pyroscope", Tenant: scopeOrgID,
	Versions: "0.37, 1.0 to 1.21, 2.0 to 2.2, and its main branch of August 2026",
	Source:   "grafana/pyroscope: pkg/api/api.go, pkg/pyroscope, the Connect services; 0.37: pkg/server/controller.go",
	Closed: "The services over which Pyroscope's parts speak to each other: ingester, store gateway, segment writer, metastore, " +
		"query back end, schedulers; the sign-in of 0.37.",
	Probe: "/ready",
	Asks:  "/pyroscope/label-values",
	Apart: "multitenancy_enabled: true",
	Routes: slices.Concat([]Route{
		{"POST", "/ingest", ingest, "profiles of clients", ""},
		{"POST", "/pyroscope/ingest", ingest, "profiles of clients", "from 1.0"},
		{"POST", "/push.v1.PusherService/Push", ingest, "profiles of Alloy", "from 1.0"},
		{"POST", "/v1development/profiles", ingest, "profiles of OpenTelemetry", "from 1.16"},
		{"POST", "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export", ingest,
			"profiles of OpenTelemetry, over gRPC", "from 1.12"},
		{"POST", "/opentelemetry.proto.collector.profiles.v1experimental.ProfilesService/Export", ingest,
			"profiles of OpenTelemetry, over gRPC", "1.10 to 1.11"},
		{"POST", "/debuginfo.v1alpha1.DebuginfoService/Upload", ingest, "what makes profiles readable", "1.19 to 1.20"},
		{"POST", "/debuginfo.v1alpha1.DebuginfoService/ShouldInitiateUpload", ingest, "what makes profiles readable",
			"from 1.21"},
		{"POST", "/debuginfo.v1alpha1.DebuginfoService/Upload/{id}", ingest, "what makes profiles readable", "from 1.21"},
		{"POST", "/debuginfo.v1alpha1.DebuginfoService/UploadFinished", ingest, "what makes profiles readable",
			"from 1.21"},
	},

		calls("/querier.v1.QuerierService/", read, "queries", "AnalyzeQuery", "Diff", "GetProfileStats",
			"LabelNames", "LabelValues", "ProfileTypes", "SelectHeatmap", "SelectMergeProfile",
			"SelectMergeSpanProfile",
			"SelectMergeStacktraces", "SelectSeries", "Series"),
		calls("/adhocprofiles.v1.AdHocProfileService/", read, "profiles that people uploaded", "Diff", "Get", "List"),
		calls("/vcs.v1.VCSService/", read, "the source of what was profiled", "GetCommit", "GetCommits", "GetFile",
			"GithubApp",
			"GithubLogin", "GithubRefresh"),
		calls("/capabilities.v1.FeatureFlagsService/", read, "what it can do", "GetFeatureFlags"),
		calls("/version.v1.Version/", read, "its version", "Version"),
		[]Route{
			{"POST", "/debuginfo.v1alpha1.DebuginfoService/ListDebuginfo", read, "what makes profiles readable", "from 2.1"},
			{"GET", "/pyroscope/render", read, "a query", "from 1.0"},
			{"GET", "/pyroscope/render-diff", read, "how profiles differ", "from 1.0"},
			{"GET", "/pyroscope/label-values", read, "values of a label", "from 1.0"},
			{"GET", "/api/v1/status/buildinfo", read, "its version", "from 1.0"},
			{"GET", "/api/v1/tenant_limits", read, "limits of the tenant", "from 1.0"},
			{"GET", "/api/swagger.json", read, "the description of its API", "from 1.0"},
			{"GET", "/ready", read, "whether it is ready", "from 1.0"},
			{"GET", "/healthz", read, "whether it is alive", "0.37"},
			{"GET", "/metrics", read, "its own metrics", ""},
			{"GET", "/", read, "its pages", ""},
			{"GET", "/explore", read, "its pages", ""},
			{"GET", "/comparison", read, "its pages", ""},
			{"GET", "/comparison-diff", read, "its pages", ""},
			{"GET", "/ui", read, "its pages", ""},
			{"GET", "/ui/{rest...}", read, "its pages", ""},
			{"GET", "/assets/{rest...}", read, "files of the pages", ""},
			{"GET", "/static/{rest...}", read, "files of the pages", ""},
			{"GET", "/icons/{rest...}", read, "files of the pages", ""},
			{"GET", "/public/{rest...}", read, "files of the pages", ""},
			{"GET POST", "/render", read, "a query", "0.37"},
			{"GET POST", "/render-diff", read, "how profiles differ", "0.37"},
			{"GET", "/labels", read, "names of labels", "0.37"},
			{"GET", "/label-values", read, "values of a label", "0.37"},
			{"GET POST", "/export", read, "a profile in another form", "0.37"},
			{"GET POST", "/merge", read, "merged profiles", "0.37"},
			{"GET POST", "/api/exemplars:merge", read, "exemplars", "0.37"},
			{"GET POST", "/api/exemplars:query", read, "exemplars", "0.37"},
			{"GET", "/api/apps", read, "its applications", "0.37"},
			{"GET", "/api/adhoc/v1/profiles", read, "profiles that people uploaded", "0.37"},
			{"GET", "/api/adhoc/v1/profile/{id}", read, "profiles that people uploaded", "0.37"},
			{"GET", "/api/adhoc/v1/diff/{left}/{right}", read, "profiles that people uploaded", "0.37"},
			{"GET", "/exported-metrics", read, "metrics made of profiles", "0.37"},
			{"GET", "/build", read, "its version", "0.37"},
			{"GET", "/targets", read, "what is scraped", "0.37"},
			{"GET", "/tracing", read, "its pages", "0.37"},
			{"GET", "/service-discovery", read, "its pages", "0.37"},
			{"GET", "/settings", read, "its pages", "0.37"},
			{"GET", "/settings/{rest...}", read, "its pages", "0.37"},
			{"GET", "/exemplars/{page}", read, "its pages", "0.37"},
			{"GET", "/adhoc-single", read, "its pages", "0.37"},
			{"GET", "/adhoc-comparison", read, "its pages", "0.37"},
			{"GET", "/adhoc-comparison-diff", read, "its pages", "0.37"},
		},

		calls("/adhocprofiles.v1.AdHocProfileService/", write, "upload a profile by hand", "Upload"),
		[]Route{
			{"POST", "/api/adhoc/v1/upload", write, "upload a profile by hand", "0.37"},
			{"GET", "/api/annotations", read, "annotations", "0.37"},
			{"POST", "/api/annotations", write, "make an annotation", "0.37"},
		},

		calls("/settings.v1.SettingsService/", manage, "settings of the tenant", "Get", "Set", "Delete"),
		calls("/settings.v1.RecordingRulesService/", manage, "recording rules", "GetRecordingRule",
			"ListRecordingRules",
			"UpsertRecordingRule", "DeleteRecordingRule"),
		calls("/ingester.v1.IngesterService/", manage, "write out what is in memory", "Flush"),
		[]Route{
			{"POST", "/debuginfo.v1alpha1.DebuginfoService/DeleteDebuginfo", manage, "delete what makes profiles readable",
				"from 2.1"},
			{"GET", "/admin", manage, "page of those who run it", ""},
			{AnyMethod, "/ops/{rest...}", manage, "what it has stored, of all tenants", "from 1.0"},
			{AnyMethod, "/ring", manage, "the ring of the ingesters", "from 1.0"},
			{AnyMethod, "/ring-segment-writer", manage, "the ring of the segment writers", "from 1.11"},
			{AnyMethod, "/distributor/{rest...}", manage, "the ring of the distributors", "from 1.0"},
			{AnyMethod, "/compactor/{rest...}", manage, "the ring of the compactors", "from 1.0"},
			{AnyMethod, "/store-gateway/{rest...}", manage, "the ring of the store gateways, blocks of all tenants",
				"from 1.0"},
			{AnyMethod, "/overrides-exporter/{rest...}", manage, "the ring of the exporters", "from 1.0"},
			{AnyMethod, "/metastore-nodes", manage, "nodes of the metastore", "from 1.13"},
			{AnyMethod, "/metastore-client-test", manage, "a test of the metastore", "from 1.13"},
			{AnyMethod, "/query-diagnostics", manage, "queries of all tenants", "from 2.0"},
			{AnyMethod, "/query-diagnostics/{rest...}", manage, "queries of all tenants", "from 2.0"},
			{"GET", "/memberlist", manage, "its members", "from 1.0"},
			{"GET", "/runtime_config", manage, "its configuration while it runs, with all tenants' limits", "from 1.0"},
			{"GET", "/api/v1/status/config", manage, "its configuration", "from 1.0"},
			{"GET", "/api/v1/status/config/{rest...}", manage, "its configuration", "from 1.0"},
			{AnyMethod, "/debug/{rest...}", manage, "its own profiles, what it has stored", ""},
			{"GET", "/config", manage, "its configuration", "0.37"},
			{"POST PUT PATCH DELETE", "/api/apps", manage, "remove an application", "0.37"},
			{AnyMethod, "/api/keys", manage, "its own keys", "0.37"},
			{AnyMethod, "/api/keys/{rest...}", manage, "its own keys", "0.37"},
			{AnyMethod, "/api/users", manage, "its own users", "0.37"},
			{AnyMethod, "/api/users/{rest...}", manage, "its own users", "0.37"},
			{AnyMethod, "/api/user", manage, "its own users", "0.37"},
			{AnyMethod, "/api/user/{rest...}", manage, "its own users", "0.37"},
		}),
}

// calls are those of a service of Connect and gRPC. Connect would take some with GET, but Pyroscope says of none that
// it changes nothing.
func calls(service string, takes apikey.Permission, what string, names ...string) []Route {
	routes := make([]Route, len(names))
	for i, name := range names {
		routes[i] = Route{Methods: "POST", Pattern: service + name, Takes: takes, What: what}
	}
	return routes
}
