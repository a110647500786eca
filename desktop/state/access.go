package state

import (
	"slices"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// Reach is what decides which endpoints a key opens.
type Reach struct {
	Role      apikey.Role
	Pool      string
	Endpoints []string // that it is limited to; empty = to none
}

// reachOf is that of a key.
func reachOf(k api.Key) Reach { return Reach{Role: k.Role, Pool: k.Pool, Endpoints: k.Endpoints} }

// Opened are the endpoints that the key opens: those that it is limited to, and
// of a permission that its role grants.
func (r Reach) Opened(endpoints []api.Endpoint) []api.Endpoint {
	return slices.DeleteFunc(slices.Clone(endpoints), func(e api.Endpoint) bool {
		return len(r.Endpoints) > 0 && !slices.Contains(r.Endpoints, e.Name) ||
			e.Pool != "" && e.Pool != r.Pool || len(granted(r.Role, e)) == 0
	})
}

// granted are the permissions that an endpoint takes and a role grants.
func granted(role apikey.Role, e api.Endpoint) []string {
	takes := e.Takes
	if e.Require != "" {
		takes = []string{e.Require}
	}
	return slices.DeleteFunc(slices.Clone(takes), func(one string) bool { return !grants(role, one) })
}

func grants(role apikey.Role, require string) bool {
	if require == api.RequireNone {
		return true
	}
	p, err := apikey.ParsePermission(require)
	return err == nil && role.Grants(p)
}

// does reports whether a role may do something at an endpoint.
func does(role apikey.Role, p apikey.Permission, e api.Endpoint) bool {
	return slices.Contains(granted(role, e), p.String())
}

// takes reports whether requests with a method take a permission, at every path
// of an endpoint.
func takes(e api.Endpoint, p apikey.Permission, method string) bool {
	return e.Require == p.String() || e.Methods[method] == p.String()
}

// Tenanted are the names of those endpoints that keep tenants apart.
func Tenanted(endpoints []api.Endpoint) (names []string) {
	for _, e := range endpoints {
		if e.Tenant != nil {
			names = append(names, e.Name)
		}
	}
	return names
}

// Unknown are those of the names that no endpoint has: they may be misspelt.
func Unknown(names []string, endpoints []api.Endpoint) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return named(endpoints, name) })
}

func named(endpoints []api.Endpoint, name string) bool {
	return slices.ContainsFunc(endpoints, func(e api.Endpoint) bool { return e.Name == name })
}
