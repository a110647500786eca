package confine

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// ExtraLabel is the name of a label that holds the tenant in VictoriaMetrics, which puts it on what is written and
// looks for it in what is read, as the request's address says.
type ExtraLabel string

// What VictoriaMetrics confines by itself, single or as a cluster's vminsert and vmselect. Paths that keep no data, but
// that senders ask for before they send, are with those that write.
var extraLabelRoutes = routes{
	"/api/v1/query":         {getOrPost, byFilter},
	"/api/v1/query_range":   {getOrPost, byFilter},
	"/api/v1/series":        {getOrPost, byFilter},
	"/api/v1/labels":        {getOrPost, byFilter},
	labelValues:             {getOrPost, byFilter},
	"/api/v1/export":        {getOrPost, byFilter},
	"/api/v1/export/csv":    {getOrPost, byFilter},
	"/api/v1/export/native": {getOrPost, byFilter},
	"/federate":             {getOrPost, byFilter},

	"/api/v1/write":                          {getPostPut, byWriting},
	"/api/v1/push":                           {getPostPut, byWriting},
	"/api/v1/import":                         {getPostPut, byWriting},
	"/api/v1/import/csv":                     {getPostPut, byWriting},
	"/api/v1/import/prometheus":              {getPostPut, byWriting},
	"/api/v1/import/native":                  {getPostPut, byWriting},
	"/write":                                 {getPostPut, byWriting},
	"/query":                                 {getPostPut, byWriting},
	"/api/v2/write":                          {getPostPut, byWriting},
	"/influx/write":                          {getPostPut, byWriting},
	"/influx/query":                          {getPostPut, byWriting},
	"/influx/health":                         {getPostPut, byWriting},
	"/influx/api/v2/write":                   {getPostPut, byWriting},
	"/api/put":                               {getPostPut, byWriting},
	"/opentsdb/api/put":                      {getPostPut, byWriting},
	"/datadog/api/v1/series":                 {getPostPut, byWriting},
	"/datadog/api/v2/series":                 {getPostPut, byWriting},
	"/datadog/api/beta/sketches":             {getPostPut, byWriting},
	"/datadog/api/v1/validate":               {getPostPut, byWriting},
	"/datadog/api/v1/check_run":              {getPostPut, byWriting},
	"/datadog/api/v1/metadata":               {getPostPut, byWriting},
	"/datadog/intake":                        {getPostPut, byWriting},
	"/newrelic":                              {getPostPut, byWriting},
	"/newrelic/inventory/deltas":             {getPostPut, byWriting},
	"/newrelic/infra/v2/metrics/events/bulk": {getPostPut, byWriting},
	"/opentelemetry/api/v1/push":             {getPostPut, byWriting},
	"/opentelemetry/v1/metrics":              {getPostPut, byWriting},
	"/zabbixconnector/api/v1/history":        {getPostPut, byWriting},
}

// Confine says the tenants in the address: with extra_label where data is written, with extra_filters[] where it is
// read.
func (l ExtraLabel) Confine(r *Request, tenants []string) (*Confined, error) {
	known, path, err := extraLabelRoutes.find(r, "VictoriaMetrics")
	if err != nil {
		return nil, err
	}
	if known.how == byWriting {
		return l.confineWriting(r, path, tenants)
	}
	if r.Require == apikey.PermissionIngest {
		return nil, errIngestOnly
	}
	form, err := r.readForm()
	if err != nil {
		return nil, err
	}
	if err := refuseExtras(form); err != nil {
		return nil, err
	}
	form.Set("extra_filters[]", l.filter(tenants))
	return r.confined(form), nil
}

func (l ExtraLabel) filter(tenants []string) string {
	if len(tenants) == 1 {
		return "{" + string(l) + "=" + strconv.Quote(tenants[0]) + "}"
	}
	return "{" + string(l) + "=~" + strconv.Quote(regexpOf(tenants)) + "}"
}

// confineWriting leaves the body as it is, which may be a long one.
func (l ExtraLabel) confineWriting(r *Request, path string, tenants []string) (*Confined, error) {
	switch {
	case r.Require == apikey.PermissionRead:
		return nil, errReadOnly
	case len(tenants) > 1:
		return nil, apikey.Errorf(apikey.CodeInvalid,
			"Data goes to one tenant, and the request is for several: name one.")
	case l.isInPath(path):
		return nil, apikey.Errorf(apikey.CodeForbidden,
			"The path sets the label %s, which is for the gate to say. Leave it out.", l)
	}
	query, err := parseForm(r.Query)
	if err != nil {
		return nil, err
	}
	if err := refuseExtras(query); err != nil {
		return nil, err
	}
	query.Set("extra_label", string(l)+"="+tenants[0])
	return &Confined{Query: query.Encode()}, nil
}

// isInPath reports whether a path has the label, as those for the Pushgateway may: /metrics/job/NAME/LABEL/VALUE, of
// which job is a label too.
func (l ExtraLabel) isInPath(path string) bool {
	if !strings.HasPrefix(path, pushgateway) {
		return false
	}
	rest := path[strings.LastIndexByte(pushgateway, '/')+1:]
	return slices.ContainsFunc(strings.Split(rest, "/"), func(segment string) bool {
		name, _, _ := strings.Cut(segment, "@")
		return name == string(l)
	})
}
