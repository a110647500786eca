package gate

import (
	"slices"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// Describe returns what the API shows of an endpoint.
func (e *Endpoint) Describe() api.Endpoint {
	d := api.Endpoint{
		Name: e.Name, Path: e.Path, Paths: []string{}, Methods: append([]string{}, e.Methods...),
		Require: e.Require.String(), Pool: e.Pool, Proxied: e.Upstream != nil, Tenant: e.Tenant.describe(), Source: api.SourceFile,
	}
	for _, path := range append([]string{e.Path}, e.Paths...) {
		if path != "" && !slices.Contains(d.Paths, path) {
			d.Paths = append(d.Paths, path)
		}
	}
	if d.Path == "" && len(d.Paths) > 0 {
		d.Path = d.Paths[0]
	}
	if e.Open || e.Require == apikey.PermissionNone {
		d.Require = api.RequireNone
	}
	return d
}

// LetAnyoneIngest are the names of the endpoints that take data without a key.
func (o *Options) LetAnyoneIngest() (names []string) {
	for _, e := range o.Endpoints {
		if o.IngestionOpen && e.Require == apikey.PermissionIngest && e.Tenant.IsZero() {
			names = append(names, e.Name)
		}
	}
	return names
}

// OfAllOrganizations are the names of the endpoints that the keys of every
// organization open.
func (o *Options) OfAllOrganizations() (names []string) {
	for _, e := range o.Endpoints {
		if e.OrgID == 0 && !e.Open {
			names = append(names, e.Name)
		}
	}
	return names
}
