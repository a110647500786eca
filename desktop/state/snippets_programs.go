package state

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// What the programs behind endpoints are fed and read by. Each function returns
// a path at the gate, and is not ok for an endpoint that is not of that sort. Of
// one without a kind, the path itself says what it is.

// signals are all that OTLP carries.
var signals = []string{"traces", "metrics", "logs"}

// otlpOfKinds is the part of each kind's paths to which OTLP goes, and which
// signal it takes.
var otlpOfKinds = map[string]struct{ path, signal string }{
	"cortex":          {"/api/v1/otlp", "metrics"},
	"loki":            {"/otlp", "logs"},
	"mimir":           {"/otlp", "metrics"},
	"prometheus":      {"/api/v1/otlp", "metrics"},
	"tempo":           {"", "traces"},
	"victoriametrics": {"/opentelemetry", "metrics"},
}

// remoteWriteOfKinds is the path to which Prometheus' remote write goes.
var remoteWriteOfKinds = map[string]string{
	"cortex":          "/api/v1/push",
	"mimir":           "/api/v1/push",
	"prometheus":      "/api/v1/write",
	"victoriametrics": "/api/v1/write",
}

// dataSources are the kinds that Grafana reads as data sources, with the sort of
// each and the path that it asks below.
var dataSources = map[string]struct{ sort, path string }{
	"cortex":          {"prometheus", "/prometheus"},
	"loki":            {"loki", ""},
	"mimir":           {"prometheus", "/prometheus"},
	"prometheus":      {"prometheus", ""},
	"pyroscope":       {"grafana-pyroscope-datasource", ""},
	"tempo":           {"tempo", ""},
	"victoriametrics": {"prometheus", ""},
}

// someOf is what a data source of a sort is asked for some of what is there.
var someOf = map[string]struct{ path, query string }{
	"loki":       {"/loki/api/v1/query_range", `query={job=~".+"}`},
	"prometheus": {"/api/v1/query", "query=up"},
}

// alwaysAt is where a data source of a sort has something at any time.
var alwaysAt = map[string]string{
	"loki":                         "/loki/api/v1/labels",
	"prometheus":                   "/api/v1/labels",
	"tempo":                        "/api/search/tags",
	"grafana-pyroscope-datasource": "/pyroscope/label-values?label=__name__",
}

var (
	otlpForm        = regexp.MustCompile(`^(.*?)/v1(?:/(?:traces|metrics|logs))?$|^(.*/otlp)$|^/$`)
	signalForm      = regexp.MustCompile(`/v1/(traces|metrics|logs)$`)
	logsForm        = regexp.MustCompile(`^(.*/loki/api/v1/push)$`)
	remoteWriteForm = regexp.MustCompile(`^(.*/api/v1/(?:push|write))$`)
	profilesForm    = regexp.MustCompile(`^(.*?)/(?:ingest|push\.v1\.PusherService(?:/Push)?)$`)
)

// base is the path of an endpoint to put something behind.
func base(e api.Endpoint) string { return strings.TrimSuffix(e.Path, "/") }

// matching is what a form finds in the first path of an endpoint without a kind
// that has it.
func matching(e api.Endpoint, form *regexp.Regexp) (string, bool) {
	if e.Kind != "" {
		return "", false
	}
	for _, path := range e.Paths {
		if match := form.FindStringSubmatch(path); match != nil {
			return cmp.Or(match[1:]...), true
		}
	}
	return "", false
}

// otlpAt is the root behind which a client adds /v1/traces and its like.
func otlpAt(e api.Endpoint) (string, bool) {
	if known, ok := otlpOfKinds[e.Kind]; ok {
		return base(e) + known.path, true
	}
	return matching(e, otlpForm)
}

// signalsAt are those that an endpoint takes which takes OTLP.
func signalsAt(e api.Endpoint) []string {
	if known, ok := otlpOfKinds[e.Kind]; ok {
		return []string{known.signal}
	}
	var named []string
	for _, path := range e.Paths {
		if match := signalForm.FindStringSubmatch(path); match != nil {
			named = append(named, match[1])
		}
	}
	if len(named) == 0 {
		return signals
	}
	return named
}

// logsAt is where lines of logs are pushed to, as Promtail does.
func logsAt(e api.Endpoint) (string, bool) {
	if e.Kind == "loki" {
		return base(e) + "/loki/api/v1/push", true
	}
	return matching(e, logsForm)
}

// remoteWriteAt is where remote write goes.
func remoteWriteAt(e api.Endpoint) (string, bool) {
	if known, ok := remoteWriteOfKinds[e.Kind]; ok {
		return base(e) + known, true
	}
	ofLoki := func(path string) bool { return strings.Contains(path, "/loki/") }
	e.Paths = slices.DeleteFunc(slices.Clone(e.Paths), ofLoki)
	return matching(e, remoteWriteForm)
}

// profilesAt is the address of a Pyroscope server to which clients send profiles.
func profilesAt(e api.Endpoint) (string, bool) {
	if e.Kind == "pyroscope" {
		return base(e), true
	}
	return matching(e, profilesForm)
}

// scrapedAt is the path of metrics that Prometheus scrapes; the first of an
// endpoint without a kind that is read, in need.
func scrapedAt(e api.Endpoint) (string, bool) {
	if e.Kind != "" || len(e.Paths) == 0 || !takes(e, apikey.PermissionRead, "GET") {
		return "", false
	}
	isMetrics := func(path string) bool { return strings.HasSuffix(path, "/metrics") }
	path := e.Paths[max(0, slices.IndexFunc(e.Paths, isMetrics))]
	if path == "/" {
		return "/metrics", true
	}
	return path, true
}

// dataSourceAt is the path of a data source for an endpoint in Grafana.
func dataSourceAt(e api.Endpoint) (string, bool) {
	known, ok := dataSources[e.Kind]
	return base(e) + known.path, ok
}

// queriedAt is where a data source is asked for some of what it has.
func queriedAt(e api.Endpoint) (string, bool) {
	known := dataSources[e.Kind]
	some, ok := someOf[known.sort]
	return base(e) + known.path + some.path, ok
}
