package node

import (
	"context"
	"os"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/httpapi"
	"github.com/ostiary/ostiary/pkg/kinds"
)

// demand is what an endpoint asks of a key; nothing if there is none of that
// name, because keys can be limited to names that only a proxy knows.
func (n *Node) demand(endpoint string) httpapi.Demand {
	for _, e := range n.live.Load().Gate.Endpoints {
		if e.Name == endpoint {
			return httpapi.Demand{AnyOf: e.Permissions(), Pool: e.Pool, OrgID: e.OrgID,
				ForTenants: !e.Tenant.IsZero()}
		}
	}
	return httpapi.Demand{}
}

// endpoints are those of the configuration, which the API shows alone.
type endpoints struct{ *Node }

// List describes those that keys of an organization can open, and where clients reach the gate.
func (n endpoints) List(orgID int64) api.EndpointList {
	list := api.EndpointList{Gate: n.gateAddress(), Endpoints: []api.Endpoint{}, Upstreams: []string{}, Kinds: kinds.Names()}
	for _, e := range n.live.Load().Gate.Endpoints {
		if e.OrgID == 0 || e.OrgID == orgID {
			list.Endpoints = append(list.Endpoints, e.Describe())
		}
	}
	return list
}

var errInFile = apikey.Errorf(apikey.CodeConflict,
	"Endpoints are made in the configuration file alone here; set gate.endpoints_in_store: true to make them elsewhere.")

// Create fails.
func (endpoints) Create(context.Context, map[string]any) (*api.Endpoint, error) {
	return nil, errInFile
}

// Update fails.
func (endpoints) Update(context.Context, string, map[string]any) (*api.Endpoint, error) {
	return nil, errInFile
}

// Delete fails.
func (endpoints) Delete(context.Context, string) error { return errInFile }

// Check fails.
func (endpoints) Check(context.Context, map[string]any) (*api.CheckedEndpoint, error) {
	return nil, errInFile
}

// gateAddress is where clients reach the gate: where the operator says that
// they do, and otherwise where it listens.
func (n *Node) gateAddress() api.GateAddress {
	live := n.live.Load()
	a := api.GateAddress{URL: live.Gate.URL}
	l := n.listener(gateName)
	if a.URL != "" || l == nil {
		return a
	}
	a.URL, a.AnyAddress = n.GateURL(), unspecified(l.addr)
	if live.Gate.TLS.SelfSigned {
		pem, err := os.ReadFile(n.GateCertificate().File)
		if err != nil {
			n.logger.Warn("the gate's certificate cannot be read, so that nobody is told what to trust", "error", err)
		}
		a.Certificate = string(pem)
	}
	return a
}
