package state

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// The ways in which a tenant is passed to what is behind an endpoint.
const (
	TenantHeader     = "header"
	TenantLabel      = "label"
	TenantExtraLabel = "extra-label"
)

// What becomes of requests that bring data with a key that has expired, besides being denied.
const (
	ExpiredHold  = "hold"
	ExpiredGrace = "grace"
)

// EndpointFields are what a person fills in of an endpoint. Empty ones are none.
type EndpointFields struct {
	Name, Path, Kind, Require, Upstream, Pool string

	TenantBy, Tenant string        // a way, and the name of its header or label
	OnExpired        string        // hold or grace; empty = denied
	For              time.Duration // how long, with OnExpired
	Limits           apikey.Limits // of each key that has none of its own

	Methods          map[string]string  // what each method takes, in place of Require
	Paths            []api.EndpointPath // further ones
	Headers, Schemes []string           // that hold a key, besides those of the gate
	Query            string             // the parameter that may hold one
	PreserveHost     bool
}

// EndpointFieldsOf are those of an endpoint of the store.
func EndpointFieldsOf(e api.Endpoint) EndpointFields {
	spec := e.Spec
	if spec == nil {
		return EndpointFields{Name: e.Name}
	}
	f := EndpointFields{
		Name: e.Name, Path: spec.Path, Kind: spec.Kind, Require: spec.Require, Upstream: spec.Upstream, Pool: spec.Pool,
		Limits: spec.LimitPerKey, Methods: spec.Methods, Paths: spec.Paths, Headers: spec.Headers,
		Schemes: spec.Schemes, Query: spec.Query, PreserveHost: spec.PreserveHost,
	}
	if t := spec.Tenant; t != nil {
		switch {
		case t.Header != "":
			f.TenantBy, f.Tenant = TenantHeader, t.Header
		case t.Label != "":
			f.TenantBy, f.Tenant = TenantLabel, t.Label
		default:
			f.TenantBy, f.Tenant = TenantExtraLabel, t.ExtraLabel
		}
	}
	if o := spec.OnExpired; o != nil {
		f.OnExpired, f.For = ExpiredHold, Seconds(o.Hold)
		if o.Grace > 0 {
			f.OnExpired, f.For = ExpiredGrace, Seconds(o.Grace)
		}
	}
	return f
}

// tenant is how a tenant is passed on; nil = not.
func (f EndpointFields) tenant() *api.EndpointTenant {
	switch f.TenantBy {
	case TenantHeader:
		return &api.EndpointTenant{Header: f.Tenant}
	case TenantLabel:
		return &api.EndpointTenant{Label: f.Tenant}
	case TenantExtraLabel:
		return &api.EndpointTenant{ExtraLabel: f.Tenant}
	}
	return nil
}

func (f EndpointFields) onExpired() *api.EndpointOnExpired {
	seconds := int64(f.For / time.Second)
	switch f.OnExpired {
	case ExpiredHold:
		return &api.EndpointOnExpired{Hold: seconds}
	case ExpiredGrace:
		return &api.EndpointOnExpired{Grace: seconds}
	}
	return nil
}

// sent are the fields by their names in the API; nil for those that are empty.
func (f EndpointFields) sent() api.EndpointChange {
	return api.EndpointChange{
		"path": none(f.Path, f.Path == ""), "kind": none(f.Kind, f.Kind == ""),
		"require": none(f.Require, f.Require == ""), "upstream": none(f.Upstream, f.Upstream == ""),
		"pool": none(f.Pool, f.Pool == ""), "query": none(f.Query, f.Query == ""),
		"preserveHost": none(f.PreserveHost, !f.PreserveHost), "tenant": none(f.tenant(), f.TenantBy == ""),
		"onExpired":   none(f.onExpired(), f.OnExpired == ""),
		"limitPerKey": none(f.Limits, f.Limits == apikey.Limits{}),
		"methods":     none(f.Methods, len(f.Methods) == 0), "paths": none(f.Paths, len(f.Paths) == 0),
		"headers": none(f.Headers, len(f.Headers) == 0), "schemes": none(f.Schemes, len(f.Schemes) == 0),
	}
}

// Changes are the fields that differ from those before; those of a new endpoint differ from none.
func (f EndpointFields) Changes(before EndpointFields) api.EndpointChange {
	change, was := f.sent(), before.sent()
	maps.DeleteFunc(change, func(name string, value any) bool { return reflect.DeepEqual(value, was[name]) })
	return change
}

// none is nil for what is empty, which takes a field out.
func none(value any, empty bool) any {
	if empty {
		return nil
	}
	return value
}

// EndpointEditing is a change of an endpoint that is made in a form, beside those that others make while it is open.
type EndpointEditing struct {
	session *Session
	shown   EndpointFields // as the form shows it
	told    told
}

var errRemoved = errors.New("somebody else removed it meanwhile")

// EditingEndpoint begins a change of an endpoint as a form shows it.
func (s *Session) EditingEndpoint(shown EndpointFields) *EndpointEditing {
	return &EndpointEditing{session: s, shown: shown, told: told{}}
}

// Check says what would come of a change. Where somebody else changed a field that it changes too, it fails once with
// KindMeanwhile, whose detail names those fields; where they removed the endpoint, with KindRemoved.
func (e *EndpointEditing) Check(ctx context.Context, change api.EndpointChange) (*api.CheckedEndpoint, error) {
	list, err := e.session.Gate(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list.Endpoints, func(one api.Endpoint) bool {
		return one.Name == e.shown.Name && one.Source == api.SourceStore
	})
	if i < 0 { // the server would take it for a new one that lacks most of its fields
		return nil, &Problem{Kind: KindRemoved, Err: errRemoved}
	}
	shown := e.shown.sent()
	maps.DeleteFunc(shown, func(name string, _ any) bool { _, changed := change[name]; return !changed })
	if names := e.told.add(shown, EndpointFieldsOf(list.Endpoints[i]).sent(), change); len(names) > 0 {
		return nil, e.told.problem(names)
	}
	return e.session.CheckEndpoint(ctx, e.shown.Name, change)
}

// CheckEndpoint says what would come of a change to an endpoint, or of a new one.
func (s *Session) CheckEndpoint(
	ctx context.Context, name string, change api.EndpointChange,
) (*api.CheckedEndpoint, error) {
	return s.client.CheckEndpoint(ctx, withName(name, change))
}

// CheckRemoval says what would come of the removal of an endpoint.
func (s *Session) CheckRemoval(ctx context.Context, name string) (*api.CheckedEndpoint, error) {
	return s.client.CheckEndpoint(ctx, api.EndpointChange{"name": name, "delete": true})
}

// MakeEndpoint makes an endpoint in the server's store.
func (s *Session) MakeEndpoint(ctx context.Context, name string, fields api.EndpointChange) error {
	_, err := s.client.CreateEndpoint(ctx, withName(name, fields))
	return err
}

// ChangeEndpoint changes an endpoint in the server's store.
func (s *Session) ChangeEndpoint(ctx context.Context, name string, change api.EndpointChange) error {
	_, err := s.client.UpdateEndpoint(ctx, name, change)
	return err
}

// RemoveEndpoint takes an endpoint out of the server's store.
func (s *Session) RemoveEndpoint(ctx context.Context, name string) error {
	return s.client.DeleteEndpoint(ctx, name)
}

// withName are the fields with the name of their endpoint; what is nil was there for a change alone.
func withName(name string, fields api.EndpointChange) api.EndpointChange {
	out := api.EndpointChange{"name": name}
	maps.Copy(out, fields)
	return out
}

// UsualTenant is what the header or label is usually called by which tenants are passed on in a way.
func UsualTenant(way string) string {
	switch way {
	case TenantHeader:
		return "X-Scope-OrgID"
	case TenantLabel, TenantExtraLabel:
		return "tenant"
	}
	return ""
}

// UsualPath is where a program of a kind usually is at the gate: its own routes say what lies where.
func UsualPath(kind string) string {
	if kind == "" {
		return ""
	}
	return "/"
}

// UsualUpstream is where a program of a kind listens by default.
func UsualUpstream(kind string) string { return usualUpstreams[kind] }

var usualUpstreams = map[string]string{
	"alertmanager":    "http://127.0.0.1:9093",
	"cortex":          "http://127.0.0.1:9009",
	"loki":            "http://127.0.0.1:3100",
	"mimir":           "http://127.0.0.1:9009",
	"prometheus":      "http://127.0.0.1:9090",
	"pyroscope":       "http://127.0.0.1:4040",
	"tempo":           "http://127.0.0.1:3200",
	"victoriametrics": "http://127.0.0.1:8428",
}
