package kinds

import "slices"

var cortex = Kind{
	Name: "cortex", Title: "Cortex", Tenant: scopeOrgID,
	Versions: "1.6 to 1.21, and its main branch of August 2026, with the prefixes /prometheus, /api/prom and /alertmanager " +
		"that are its default",
	Source: "cortexproject/cortex: pkg/api/api.go, pkg/api/handlers.go, pkg/configs/api; weaveworks/common: server",
	Closed: "gRPC, over which Cortex' parts speak to each other on a port of its own; DELETE …/api/v1/series; " +
		"the Alertmanager at /api/prom itself.",
	Probe: "/prometheus/api/v1/labels",
	Apart: "auth_enabled: true",
	Routes: slices.Concat([]Route{
		{"POST", "/api/v1/push", ingest, "remote write", ""},
		{"POST", "/api/v1/otlp/v1/metrics", ingest, "metrics of OpenTelemetry", "from 1.17"},
		{"POST", "/api/prom/push", ingest, "remote write, older path", ""},
	},
		under("/prometheus", queriesOfMimir), under("/prometheus", queriesOfCortex),
		under("/api/prom", queriesOfMimir), under("/api/prom", queriesOfCortex),
		under("/api/v1", rulesOfCortex), under("/api/prom", rulesOfCortex),
		under("/alertmanager", alertmanagerOfTenant),
		[]Route{
			{"GET", "/api/v1/chunks", read, "chunks of series", "1.6 to 1.13"},
			{"GET", "/api/prom/chunks", read, "chunks of series, older path", "1.6 to 1.13"},
			{"GET", "/api/v1/user_stats", read, "what the tenant writes", ""},
			{"GET", "/api/prom/user_stats", read, "what the tenant writes, older path", ""},
			{"GET", "/alertmanager", read, "page of the tenant's Alertmanager", ""},
			{"GET", "/", read, "its first page", ""},
			{"GET", "/ready", read, "whether it is ready", ""},
			{"GET", "/metrics", read, "its own metrics", ""},

			{"GET POST DELETE", "/api/v1/alerts", write,
				"see, set and delete the tenant's Alertmanager configuration, which may hold secrets", ""},
			{"GET POST", "/api/prom/configs/rules", write, "rules in the store of configurations", ""},
			{"GET POST", "/api/prom/configs/templates", write, "templates in the store of configurations", ""},
			{"GET POST", "/api/prom/configs/alertmanager", write, "Alertmanager in the store of configurations", ""},
			{"POST", "/api/prom/configs/alertmanager/validate", write, "check an Alertmanager configuration", ""},
			{"DELETE", "/api/prom/configs/deactivate", write, "deactivate a configuration", ""},
			{"POST", "/api/prom/configs/restore", write, "restore a configuration", ""},

			{"GET POST DELETE", "/api/v1/user-overrides", manage, "see, set and delete the tenant's limits",
				"from 1.20"},
			{"GET PUT POST", "/prometheus/api/v1/admin/tsdb/delete_series", manage, "delete series", "1.6 to 1.11"},
			{"PUT POST", "/prometheus/api/v1/admin/tsdb/cancel_delete_request", manage, "take back a deletion",
				"1.6 to 1.11"},
			{"GET PUT POST", "/api/prom/api/v1/admin/tsdb/delete_series", manage, "delete series, older path",
				"1.6 to 1.11"},
			{"PUT POST", "/api/prom/api/v1/admin/tsdb/cancel_delete_request", manage,
				"take back a deletion, older path", "1.6 to 1.11"},
			{"GET", "/config", manage, "its configuration", ""},
			{"GET", "/runtime_config", manage, "its configuration while it runs, with all tenants' limits", ""},
			{"GET", "/services", manage, "its parts", ""},
			{"GET", "/memberlist", manage, "its members", ""},
			{"GET", "/private/api/prom/configs/{rest...}", manage, "configurations of all tenants", ""},
			{"GET POST", "/distributor/ring", manage, "the ring of the distributors", ""},
			{"GET", "/distributor/all_user_stats", manage, "what all tenants write", ""},
			{"GET", "/distributor/ha_tracker", manage, "replicas of all tenants", ""},
			{"GET", "/all_user_stats", manage, "what all tenants write, older path", ""},
			{"GET", "/ha-tracker", manage, "replicas of all tenants, older path", ""},
			{"GET POST", "/ingester/ring", manage, "the ring of the ingesters", ""},
			{"GET POST", "/ring", manage, "the ring of the ingesters, older path", ""},
			{"GET POST", "/ingester/flush", manage, "write out what is in memory", ""},
			{"GET POST", "/ingester/shutdown", manage, "stop an ingester", ""},
			{"GET POST", "/ingester/renewTokens", manage, "take other tokens in the ring", "from 1.19"},
			{"GET", "/ingester/all_user_stats", manage, "what all tenants write to an ingester", "from 1.17"},
			{"GET POST", "/ingester/mode", manage, "whether an ingester is read only", "from 1.19"},
			{"POST", "/ingester/push", manage, "write past the distributor", ""},
			{"GET POST", "/flush", manage, "write out what is in memory, older path", ""},
			{"GET POST", "/shutdown", manage, "stop an ingester, older path", ""},
			{"POST", "/push", manage, "write past the distributor, older path", ""},
			{"GET POST", "/ruler/ring", manage, "the ring of the rulers", ""},
			{"GET POST", "/ruler_ring", manage, "the ring of the rulers, older path", ""},
			{"GET", "/ruler/rule_groups", manage, "rules of all tenants", ""},
			{"POST", "/ruler/delete_tenant_config", manage, "delete all rules of the tenant", ""},
			{"GET", "/multitenant_alertmanager/status", manage, "state of the Alertmanager", ""},
			{"GET", "/status", manage, "state of the Alertmanager, older path", ""},
			{"GET", "/multitenant_alertmanager/configs", manage, "configurations of all tenants", ""},
			{"GET POST", "/multitenant_alertmanager/ring", manage, "the ring of the Alertmanagers", ""},
			{"POST", "/multitenant_alertmanager/delete_tenant_config", manage,
				"delete the tenant's Alertmanager configuration", ""},
			{"GET POST", "/store-gateway/ring", manage, "the ring of the store gateways", ""},
			{"GET POST", "/compactor/ring", manage, "the ring of the compactors", ""},
			{"GET POST", "/parquet-converter/ring", manage, "the ring of the converters", "from 1.20"},
			{"POST", "/purger/delete_tenant", manage, "delete all of the tenant's data", ""},
			{"GET", "/purger/delete_tenant_status", manage, "how far that is", ""},
		}, profiles),
}

// queriesOfCortex are those that Mimir does not share, below a prefix.
var queriesOfCortex = []Route{
	{"GET POST", "/api/v1/parse_query", read, "parse a query", "from 1.19"},
	{"GET", "/api/v1/status/buildinfo", read, "its version", "from 1.16"},
}

// rulesOfCortex are how rules are set, below a prefix.
var rulesOfCortex = []Route{
	{"GET", "/rules", read, "rules as they were written", ""},
	{"GET", "/rules/{namespace}", read, "rules of a namespace", ""},
	{"GET", "/rules/{namespace}/{group}", read, "a group of rules", ""},
	{"POST DELETE", "/rules/{namespace}", write, "set a group of rules, delete a namespace", ""},
	{"DELETE", "/rules/{namespace}/{group}", write, "delete a group of rules", ""},
}
