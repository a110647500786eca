package httpapi

import (
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// filterNames are the parameters that readFilters reads.
var filterNames = []string{"state", "role", "pool", "owner", "label", "tenant", "endpoint", "unused", "expires"}

// readFilters reads what keys are selected by, but for the search.
func (p *parameters) readFilters(q *apikey.Query) {
	var err error
	if s := p.text("state"); s != "" {
		q.State, err = apikey.ParseState(strings.ToLower(s))
		p.wrong.AddError("state", err)
	}
	if s := p.text("role"); s != "" {
		q.Role, err = apikey.ParseRole(s)
		p.wrong.AddError("role", err)
	}
	if s := p.text("pool"); s != "" {
		q.Pool, err = poolFilter(s)
		p.wrong.AddError("pool", err)
	}
	q.Owner = strings.TrimSpace(apikey.Normal(p.searchText("owner")))
	q.Labels = p.labels("label")
	if q.Tenant = p.text("tenant"); q.Tenant != "" && q.Tenant != apikey.AnyTenant {
		p.wrong.AddError("tenant", apikey.CheckTenant(q.Tenant))
	}
	if q.Endpoint = p.text("endpoint"); q.Endpoint != "" {
		p.wrong.AddError("endpoint", apikey.CheckEndpointName(q.Endpoint))
	}
	if q.NeverUsed = p.text("unused") == api.NeverUsed; !q.NeverUsed {
		q.UnusedFor = p.span("unused")
	}
	q.EndsWithin = p.span("expires")
}

// poolFilter reads the name of a pool, or that for none.
func poolFilter(s string) (*string, error) {
	if s == api.NoPool {
		return new(string), nil
	}
	return &s, apikey.CheckPoolName(s)
}

// labels returns a parameter that may be given several times: labels that a key must all have.
func (p *parameters) labels(name string) (list []apikey.LabelFilter) {
	for _, s := range p.values[name] {
		if s == "" {
			continue
		}
		f, err := apikey.ParseLabelFilter(s)
		if err != nil {
			p.wrong.AddError(name, err)
			return nil
		}
		list = append(list, f)
	}
	if len(list) > apikey.MaxLabels {
		p.wrong.Add(name, "is given more than %d times", apikey.MaxLabels)
	}
	return list
}

// span returns a parameter that is a length of time; 0 if it is left out.
func (p *parameters) span(name string) time.Duration {
	s := p.text(name)
	if s == "" {
		return 0
	}
	d, err := apikey.ParseTTL(s)
	if err != nil || d == 0 {
		p.wrong.Add(name, `must be a number of seconds above 0, or a time such as "30d" or "12h"`)
	}
	return d
}
