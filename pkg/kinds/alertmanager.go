package kinds

var alertmanager = Kind{
	Name: "alertmanager", Title: "Alertmanager",
	Versions: "0.21 to 0.34, and its main branch of August 2026",
	Source:   "prometheus/alertmanager: cmd/alertmanager/main.go, api/v2/openapi.yaml, ui",
	Closed:   "The API v1, which went with 0.27; its cluster, on a port of its own.",
	Probe:    "/api/v2/status",
	Routes:   alertmanagerOfTenant,
}
