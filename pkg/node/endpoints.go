package node

import (
	"os"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/httpapi"
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

// endpoints describes those that keys of an organization can open, and where
// clients reach the gate.
func (n *Node) endpoints(orgID int64) api.EndpointList {
	list := api.EndpointList{Gate: n.gateAddress(), Endpoints: []api.Endpoint{}}
	for _, e := range n.live.Load().Gate.Endpoints {
		if e.OrgID == 0 || e.OrgID == orgID {
			list.Endpoints = append(list.Endpoints, e.Describe())
		}
	}
	return list
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
