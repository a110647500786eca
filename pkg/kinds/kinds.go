// Package kinds holds the routes of the programs that a gate may stand before: every route that a program serves to
// those who are not parts of it, taken from its source, with the permission that it takes.
package kinds

//go:generate go test . -run TestThePageIsMadeFromTheTables -update

import (
	"slices"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Kind is a program whose routes are known.
type Kind struct {
	Name     string // as configurations write it
	Title    string // as people write it
	Versions string // whose routes these are
	Source   string // where they were read
	Tenant   string // the header from which the program takes its tenant; empty = it knows none so
	Closed   string // what it serves besides, which nobody reaches, and why
	Probe    string // a path at which others do not answer as it does; it costs little and takes a reader
	Asks     string // the same, at which it asks who reads for a tenant, if Probe is none
	Apart    string // the setting with which it keeps tenants apart
	Routes   []Route
}

// Route is what the program serves under a pattern. A pattern may stand in
// several routes, with other methods in each.
type Route struct {
	Methods string // with spaces between them; GET is HEAD too; AnyMethod
	Pattern string // the path alone; {name} in it is any segment, and Rest at its end all that lies below
	Takes   apikey.Permission
	What    string // it is for
	In      string // which of the versions have it; empty = all
}

// Kinds that know no tenants, and are confined to one in a way of their own.
const (
	Prometheus      = "prometheus"
	VictoriaMetrics = "victoriametrics"
)

// scopeOrgID is the header from which the programs of Grafana Labs take a tenant.
const scopeOrgID = "X-Scope-OrgID"

// AnyMethod stands for all methods.
const AnyMethod = "*"

// Rest is the end of a pattern that stands for what lies below a path, and not
// for the path itself.
const Rest = "/{rest...}"

const (
	ingest = apikey.PermissionIngest
	read   = apikey.PermissionRead
	write  = apikey.PermissionWrite
	manage = apikey.PermissionManage
)

var all = []*Kind{&alertmanager, &cortex, &loki, &mimir, &prometheus, &pyroscope, &tempo, &victoriametrics}

// All returns the kinds there are, by name.
func All() []*Kind { return slices.Clone(all) }

// Names returns their names.
func Names() []string {
	names := make([]string, len(all))
	for i, k := range all {
		names[i] = k.Name
	}
	return names
}

// Find returns the kind of a name; nil if there is none.
func Find(name string) *Kind {
	for _, k := range all {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// under returns routes as they are below a prefix.
func under(prefix string, routes []Route) []Route {
	out := make([]Route, len(routes))
	for i, r := range routes {
		r.Pattern = prefix + r.Pattern
		out[i] = r
	}
	return out
}
