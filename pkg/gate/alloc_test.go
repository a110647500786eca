//go:build !race

package gate

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/kinds"
	"github.com/ostiary/ostiary/pkg/verify"
)

// TestADecisionWithTenantsAllocatesNothing where a key has one and the client names none, or that one.
func TestADecisionWithTenantsAllocatesNothing(t *testing.T) {
	h := newHouse(t)
	g := h.gate(Options{})
	g.admission.Recorder, g.admission.Observer = nobody{}, nobody{}
	r, err := http.NewRequest(http.MethodGet, "http://gate/?a=b&c=d", nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+h.key(apikey.RoleAdmin, of("a")))
	q := g.newRequest(r)
	for range 2 {
		with := testing.AllocsPerRun(100, func() {
			o := g.decide(q, &demand{Demand: verify.Demand{Require: apikey.PermissionWrite, Tenant: "X-Scope-Orgid"}})
			if o.Tenant != "a" {
				panic(o.Reason)
			}
		})
		without := testing.AllocsPerRun(100, func() {
			g.decide(q,
				&demand{Demand: verify.Demand{Require: apikey.PermissionWrite}})
		})
		require.Zero(t, with-without)
		r.Header.Set("X-Scope-OrgID", "a")
	}
}

// A gate with tables of kinds finds a route without allocating anything.
func TestFindingARouteAllocatesNothing(t *testing.T) {
	r := routesOfKind(kinds.Find("mimir"), "/mimir")
	u := &url.URL{Path: "/mimir/prometheus/config/v1/rules/namespace/group"}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if got, fault := r.resolve(http.MethodDelete, u); fault != "" || got.endpoint == nil {
			t.Error("not found")
		}
	}))
}
