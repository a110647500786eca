package gate

import (
	"cmp"
	"slices"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// Describe returns what the API shows of an endpoint.
func (e *Endpoint) Describe() api.Endpoint {
	d := api.Endpoint{
		Name: e.Name, Path: e.Path, Paths: []string{}, Rules: []api.EndpointRule{},
		Kind: e.Kind, Pool: e.Pool, OrgID: e.OrgID,
		Require: e.need().describe(), Methods: e.Methods.describe(), Proxied: e.Upstream != nil,
		Tenant: e.Tenant.describe(), LimitPerKey: e.LimitPerKey, Source: api.SourceFile,
	}
	if e.OnExpired != (verify.OnExpired{}) {
		d.OnExpired = e.describeOnExpired()
	}
	if e.Kind != "" {
		d.Path = cmp.Or(e.Path, "/")
		d.Paths = append(d.Paths, d.Path)
	}
	for _, c := range e.claims("") {
		if c.reach >= ofKind {
			continue
		}
		if !slices.Contains(d.Paths, c.path) {
			d.Paths = append(d.Paths, c.path)
		}
		d.Rules = append(d.Rules, api.EndpointRule{
			Path: c.path, Require: c.need.describe(), Methods: c.methods.describe(),
		})
	}
	if d.Path == "" && len(d.Paths) > 0 {
		d.Path = d.Paths[0]
	}
	d.Takes = []string{}
	for _, need := range e.takes() {
		d.Takes = append(d.Takes, need.describe())
	}
	slices.Sort(d.Takes)
	return d
}

func (n Need) describe() string {
	if n.Open {
		return api.RequireNone
	}
	return n.Require.String()
}

func (m Methods) describe() map[string]string {
	out := map[string]string{}
	for method, need := range m {
		out[method] = need.describe()
	}
	return out
}

// LetAnyoneIngest are the names of the endpoints that take data without a key.
func (o *Options) LetAnyoneIngest() (names []string) {
	for _, e := range o.Endpoints {
		if o.IngestionOpen && e.TakesAnywhere(apikey.PermissionIngest) && e.Tenant.IsZero() {
			names = append(names, e.Name)
		}
	}
	return names
}

// OfAllOrganizations are the names of the endpoints that the keys of every
// organization open.
func (o *Options) OfAllOrganizations() (names []string) {
	for _, e := range o.Endpoints {
		if e.OrgID == 0 && slices.ContainsFunc(e.takes(), func(n Need) bool { return !n.Open }) {
			names = append(names, e.Name)
		}
	}
	return names
}

// Spec returns what an endpoint in the store is made of.
func (e *Endpoint) Spec() api.EndpointSpec {
	s := api.EndpointSpec{
		Name: e.Name, Path: e.Path, Kind: e.Kind, Require: e.need().describe(), Methods: e.Methods.describe(),
		PreserveHost: e.PreserveHost, Pool: e.Pool, Query: e.Query, Schemes: e.Schemes, Headers: e.Headers,
		Tenant: e.Tenant.describe(), LimitPerKey: e.LimitPerKey,
	}
	if e.Upstream != nil {
		s.Upstream = e.Upstream.String()
	}
	for _, rule := range e.Paths {
		s.Paths = append(s.Paths, api.EndpointPath{
			Path: rule.Path, Require: rule.describe(), Methods: rule.Methods.describe(),
		})
	}
	if e.OnExpired != (verify.OnExpired{}) {
		s.OnExpired = e.describeOnExpired()
	}
	return s
}

func (e *Endpoint) describeOnExpired() *api.EndpointOnExpired {
	return &api.EndpointOnExpired{
		Hold: int64(e.OnExpired.Hold / time.Second), Grace: int64(e.OnExpired.Grace / time.Second),
	}
}
