package state

import (
	"context"
	"maps"
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
}

// EndpointFieldsOf are those of an endpoint of the store.
func EndpointFieldsOf(e api.Endpoint) EndpointFields {
	spec := e.Spec
	if spec == nil {
		return EndpointFields{Name: e.Name}
	}
	f := EndpointFields{
		Name: e.Name, Path: spec.Path, Kind: spec.Kind, Require: spec.Require, Upstream: spec.Upstream, Pool: spec.Pool,
		Limits: spec.LimitPerKey,
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

// Changes are the fields that differ from those before; those of a new endpoint differ from none.
func (f EndpointFields) Changes(before EndpointFields) api.EndpointChange {
	change := api.EndpointChange{}
	text := func(name, was, is string) {
		if was != is {
			change[name] = none(is, is == "")
		}
	}
	text("path", before.Path, f.Path)
	text("kind", before.Kind, f.Kind)
	text("require", before.Require, f.Require)
	text("upstream", before.Upstream, f.Upstream)
	text("pool", before.Pool, f.Pool)
	if f.TenantBy != before.TenantBy || f.Tenant != before.Tenant {
		change["tenant"] = none(f.tenant(), f.TenantBy == "")
	}
	if f.OnExpired != before.OnExpired || f.For != before.For {
		change["onExpired"] = none(f.onExpired(), f.OnExpired == "")
	}
	if f.Limits != before.Limits {
		change["limitPerKey"] = none(f.Limits, f.Limits == apikey.Limits{})
	}
	return change
}

// none is nil for what is empty, which takes a field out.
func none(value any, empty bool) any {
	if empty {
		return nil
	}
	return value
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
