package confine

import (
	"net/url"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Label is the name of a label that holds the tenant, in series behind the Prometheus API.
type Label string

// What can be confined of the Prometheus API. Everything else shows more than one tenant's: metadata, targets, status,
// remote read; or belongs to all: writing, deleting, snapshots.
var labelRoutes = routes{
	"/api/v1/query":           {getOrPost, byQuery},
	"/api/v1/query_range":     {getOrPost, byQuery},
	"/api/v1/query_exemplars": {getOrPost, byQuery},
	"/api/v1/series":          {getOrPost, byMatchers},
	"/api/v1/labels":          {getOrPost, byMatchers},
	labelValues:               {get, byMatchers},
	"/federate":               {get, byMatchers},
	"/api/v1/rules":           {get, byAnswer},
	"/api/v1/alerts":          {get, byAnswer},
}

// Confine puts the label into every selector of a query, and takes out of lists of rules and alerts what is not the
// tenants'.
func (l Label) Confine(r *Request, tenants []string) (*Confined, error) {
	known, path, err := labelRoutes.find(r, "the Prometheus API")
	if err != nil {
		return nil, err
	}
	if r.Require == apikey.PermissionIngest {
		return nil, errIngestOnly
	}
	form, err := r.readForm()
	if err != nil {
		return nil, err
	}
	m, err := l.matcher(tenants)
	if err != nil {
		return nil, err
	}
	switch known.how {
	case byQuery:
		err = m.confineQuery(form)
	case byMatchers:
		err = m.confineMatchers(form)
	case byAnswer:
		out := r.confined(form)
		out.Answer = (&answer{label: string(l), matcher: m.Matcher}).filterOf(path)
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	return r.confined(form), nil
}

// matcher returns the condition that keeps a selector within the tenants. It is always a regular expression, because
// injectproxy would let an equal one take the place of the client's own conditions, and not stand with them.
func (l Label) matcher(tenants []string) (matcher, error) {
	m, err := labels.NewMatcher(labels.MatchRegexp, string(l), regexpOf(tenants))
	if err != nil {
		return matcher{}, apikey.Errorf(apikey.CodeInvalid, "The tenant cannot be matched: %s.", err)
	}
	return matcher{m}, nil
}

func (m *matcher) confineQuery(form url.Values) error {
	if len(form["query"]) > 1 {
		return apikey.Errorf(apikey.CodeInvalid, "The request has more than one query. Send one.")
	}
	for i, q := range form["query"] {
		confined, err := m.expression(q)
		if err != nil {
			return err
		}
		form["query"][i] = confined
	}
	return nil
}

// confineMatchers confines all selectors; without any, the tenants' label is the selector. VictoriaMetrics reads match
// as well.
func (m *matcher) confineMatchers(form url.Values) error {
	for _, name := range []string{"match[]", "match"} {
		for i, s := range form[name] {
			confined, err := m.selector(s)
			if err != nil {
				return err
			}
			form[name][i] = confined
		}
	}
	if len(form["match[]"]) == 0 {
		form.Set("match[]", "{"+m.String()+"}")
	}
	return nil
}
