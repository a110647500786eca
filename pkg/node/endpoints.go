package node

import (
	"os"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/endpoints"
	"github.com/ostiary/ostiary/pkg/httpapi"
)

// demand is what an endpoint asks of a key; nothing if there is none of that
// name, because keys can be limited to names that only a proxy knows.
func (n *Node) demand(endpoint string) httpapi.Demand {
	if n.endpoints.Closed(endpoint) {
		return httpapi.Demand{Closed: true}
	}
	if e := n.endpoints.Find(endpoint); e != nil {
		return httpapi.Demand{AnyOf: e.Permissions(), Pool: e.Pool, OrgID: e.OrgID,
			ForTenants: !e.Tenant.IsZero()}
	}
	return httpapi.Demand{}
}

// destination says where a request leads that comes to the gate.
func (n *Node) destination(method, address string) httpapi.Destination {
	if n.gate == nil {
		return httpapi.Destination{Code: apikey.CodeNoEndpoint, Reason: "This server has no gate, so requests lead nowhere."}
	}
	return httpapi.Destination(n.gate.Destination(method, address))
}

// takeSettings takes up what organizations keep in the store.
func (n *Node) takeSettings(list []apikey.Setting) {
	n.reloading.Lock()
	defer n.reloading.Unlock()
	cfg := n.live.Load()
	n.service.SetPolicies(endpoints.Policies(n.peppers, list))
	prepared := n.endpoints.PrepareWith(cfg, list)
	if n.gate != nil {
		opts, err := n.gateOptions(cfg, prepared)
		if err == nil {
			err = n.gate.Reconfigure(opts)
		}
		if err != nil {
			n.logger.Error("the endpoints of the store cannot be taken up; all stays as it was", "error", err)
			return
		}
	}
	prepared.Take()
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
