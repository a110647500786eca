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
	if s := p.text("state"); s != "" {
		state, err := apikey.ParseState(strings.ToLower(s))
		p.wrong.AddError("state", err)
		q.States = append(q.States, state)
	}
	if s := p.text("role"); s != "" {
		role, err := apikey.ParseRole(s)
		p.wrong.AddError("role", err)
		q.Roles = append(q.Roles, role)
	}
	if s := p.text("pool"); s != "" {
		pool, err := poolFilter(s)
		p.wrong.AddError("pool", err)
		q.Pools = append(q.Pools, pool)
	}
	if s := p.searchText("owner"); s != "" {
		owner := strings.TrimSpace(apikey.Normal(s))
		if owner == "" {
			p.wrong.Add("owner", "is blank, which would select every key; give it a name or leave it out")
		}
		q.Owners = append(q.Owners, owner)
	}
	q.Labels = p.labels("label")
	if s := p.text("tenant"); s != "" {
		p.wrong.AddError("tenant", checkTenantFilter(s))
		q.Tenants = append(q.Tenants, s)
	}
	if s := p.text("endpoint"); s != "" {
		p.wrong.AddError("endpoint", apikey.CheckEndpointName(s))
		q.Endpoints = append(q.Endpoints, s)
	}
	if q.NeverUsed = p.text("unused") == api.NeverUsed; !q.NeverUsed {
		q.UnusedFor = p.span("unused")
	}
	q.EndsWithin = p.span("expires")
}

// poolFilter reads the name of a pool, or that for none.
func poolFilter(s string) (string, error) {
	if s == api.NoPool {
		return "", nil
	}
	return s, apikey.CheckPoolName(s)
}

// checkTenantFilter takes a tenant, or that for any.
func checkTenantFilter(s string) error {
	if s == apikey.AnyTenant {
		return nil
	}
	return apikey.CheckTenant(s)
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
