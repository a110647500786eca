package endpoints

import (
	"log/slog"
	"slices"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/gate"
)

// Openable is what the keys of an organization can open.
type Openable struct {
	names []string
	force []gate.Endpoint
}

// OpenableIn says what it is with a configuration and with what the store holds, for programs that are no server.
func OpenableIn(cfg *config.Config, peppers *apikey.Peppers, settings []apikey.Setting, orgID int64) *Openable {
	c := New(cfg, Options{Peppers: peppers, Logger: slog.New(slog.DiscardHandler),
		Address: func() api.GateAddress { return api.GateAddress{} }})
	c.PrepareWith(cfg, settings).Take()
	o := &Openable{}
	for _, e := range c.List(orgID).Endpoints {
		o.names = append(o.names, e.Name)
	}
	for _, e := range c.InForce() {
		if e.OrgID == 0 || e.OrgID == orgID {
			o.force = append(o.force, e)
		}
	}
	return o
}

// Names are those of all endpoints, also of those that are not in force.
func (o *Openable) Names() []string { return o.names }

// By reports whether a key opens any endpoint, and whether it would with a tenant, which it has not.
func (o *Openable) By(k *apikey.Key) (opens, withTenant bool) {
	for i := range o.force {
		e := &o.force[i]
		chosen := len(k.Endpoints) == 0 || slices.Contains(k.Endpoints, e.Name)
		if !chosen || !e.OpenedBy(k.Role) || e.Pool != "" && e.Pool != k.Pool {
			continue
		}
		if e.Tenant.IsZero() || len(k.Tenants) > 0 {
			return true, false
		}
		withTenant = true
	}
	return false, withTenant
}
