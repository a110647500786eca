package node_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/kinds"
	"github.com/ostiary/ostiary/pkg/node"
)

const someEndpoints = `
gate:
  endpoints:
    - {name: pyroscope, path: /ingest, methods: {POST: ingest}, upstream: "http://127.0.0.1:4040"}
    - {name: dashboards, paths: [/d, /public], require: read, pool: people}
    - {name: other, path: /other, require: manage, org: 7}
    - {name: loki, path: /logs, kind: loki, paths: [{path: /ready, require: none}], upstream: "http://127.0.0.1:3100",
       tenant: {header: X-Scope-OrgID}, limit_per_key: {requests_per_second: 50}, on_expired: {hold: 2h}}
    - {name: health, path: /healthy, require: none, upstream: "http://127.0.0.1:4040"}
`

// TestEndpointsAreToldWithTheGatesAddress asks a whole node, as the pages do.
func TestEndpointsAreToldWithTheGatesAddress(t *testing.T) {
	n, list := endpointsOf(t, someEndpoints, "--gate.listen", "127.0.0.1:0")
	require.Equal(t, api.GateAddress{URL: n.GateURL()}, list.Gate)
	none := map[string]string{}
	require.Equal(t, []api.Endpoint{
		{
			Name: "pyroscope", Path: "/ingest", Paths: []string{"/ingest"}, Methods: map[string]string{"POST": "ingest"}, Proxied: true,
			Rules: []api.EndpointRule{{Path: "/ingest", Methods: map[string]string{"POST": "ingest"}}}, Takes: []string{"ingest"}, Source: api.SourceFile, Upstream: "http://127.0.0.1:4040",
		},
		{
			Name: "dashboards", Path: "/d", Paths: []string{"/d", "/public"}, Methods: none, Require: "read", Pool: "people",
			Rules: []api.EndpointRule{{Path: "/d", Require: "read", Methods: none}, {Path: "/public", Require: "read", Methods: none}},
			Takes: []string{"read"}, Source: api.SourceFile,
		},
		{
			Name: "loki", Path: "/logs", Paths: []string{"/logs", "/logs/ready"}, Kind: "loki", Methods: none, Proxied: true,
			Rules: []api.EndpointRule{{Path: "/logs/ready", Require: api.RequireNone, Methods: none}},
			Takes: []string{"ingest", "manage", "none", "read", "write"}, Source: api.SourceFile, Upstream: "http://127.0.0.1:3100",
			Tenant: &api.EndpointTenant{Header: "X-Scope-OrgID"}, LimitPerKey: apikey.Limits{RequestsPerSecond: 50},
			OnExpired: &api.EndpointOnExpired{Hold: 7200},
		},
		{
			Name: "health", Path: "/healthy", Paths: []string{"/healthy"}, Methods: none, Require: api.RequireNone, Proxied: true,
			Rules: []api.EndpointRule{{Path: "/healthy", Require: api.RequireNone, Methods: none}}, Takes: []string{"none"}, Source: api.SourceFile, Upstream: "http://127.0.0.1:4040",
		},
	}, list.Endpoints, "and none of another organization")
}

func TestTheGatesAddressIsTheOneThatIsSet(t *testing.T) {
	_, list := endpointsOf(t, "", "--gate.listen", "127.0.0.1:0", "--gate.url", "https://gate.example.org/keys/")
	require.Equal(t, api.GateAddress{URL: "https://gate.example.org/keys"}, list.Gate)
}

func TestAGateAtEveryAddressSaysSo(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:0", "[::]:0"} {
		n, list := endpointsOf(t, "", "--gate.listen", listen)
		require.Equal(t, api.GateAddress{URL: n.GateURL(), AnyAddress: true}, list.Gate, listen)
	}
}

func TestWithoutAGateThereIsNoAddress(t *testing.T) {
	_, list := endpointsOf(t, "", "--gate.listen", "")
	require.Equal(t, api.EndpointList{Endpoints: []api.Endpoint{}, Upstreams: []string{}, Kinds: kinds.Names()}, list)
}

// A client reaches the gate by trusting the certificate that the page shows.
func TestTheShownCertificateIsTheOneToTrust(t *testing.T) {
	n, list := endpointsOf(t, "", "--gate.listen", "127.0.0.1:0", "--gate.tls.self-signed")
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM([]byte(list.Gate.Certificate)), list.Gate.Certificate)
	require.NotContains(t, list.Gate.Certificate, "PRIVATE")
	c := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	res, err := c.Get(list.Gate.URL + "/auth")
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusUnauthorized, res.StatusCode)
	require.Equal(t, n.GateURL(), list.Gate.URL)
}

func TestAnAddressOfTheGateThatIsNoneIsAMistake(t *testing.T) {
	for _, wrong := range []string{"gate.example.org", "ftp://gate", "https://", "https://user:secret@gate", "https://gate/?a=b", "https://gate/#x", "https://gate:port"} {
		_, err := config.Load(source(t, "", nil, "--gate.url", wrong))
		require.Contains(t, mistakes(t, err), "--gate.url", wrong)
		require.NotContains(t, err.Error(), "secret")
	}
}

// endpointsOf starts a node and returns the endpoints that it lists for the first Admin.
func endpointsOf(t *testing.T, yaml string, args ...string) (*node.Node, api.EndpointList) {
	t.Helper()
	n := startNode(t, source(t, yaml, nil, append(args, "--data-dir", t.TempDir(), "--listen", "127.0.0.1:0")...), node.Options{Bootstrap: true})
	c, err := client.New(n.ManagementURL(), client.WithBearer(n.FirstKey().Token))
	require.NoError(t, err)
	list, err := c.Endpoints(t.Context())
	require.NoError(t, err)
	return n, *list
}
