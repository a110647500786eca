package node_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/client"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/node"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// A gate for one pool and a server that holds all keys share a store.
func TestAGateThatHoldsAPartOfTheKeys(t *testing.T) {
	data := t.TempDir()
	whole := startNode(t, source(t, "", nil, "--data-dir="+data, "--listen=127.0.0.1:0", "--gate.listen=127.0.0.1:0"), node.Options{Bootstrap: true})
	part := startNode(t, source(t, "gate: {orgs: [1], pools: [edge]}", nil, "--data-dir="+data, "--listen=127.0.0.1:0", "--gate.listen=127.0.0.1:0"), node.Options{Bootstrap: true})
	require.Nil(t, part.FirstKey())
	require.Zero(t, part.Keys())

	c, err := client.New(whole.ManagementURL(), client.WithBearer(whole.FirstKey().Token))
	require.NoError(t, err)
	edge, err := c.Create(t.Context(), api.CreateKey{Name: "edge", Role: "Viewer", Pool: "edge"})
	require.NoError(t, err)
	other, err := c.Create(t.Context(), api.CreateKey{Name: "other", Role: "Viewer"})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, get(t, whole.GateURL()+"/auth", edge.Token))
	require.Equal(t, http.StatusOK, get(t, whole.GateURL()+"/auth", other.Token))
	require.Eventually(t, func() bool { return get(t, part.GateURL()+"/auth", edge.Token) == http.StatusOK }, servertest.Patience, 5*time.Millisecond)
	require.Equal(t, http.StatusUnauthorized, get(t, part.GateURL()+"/auth", other.Token))
	require.Equal(t, 1, part.Keys())

	for path, status := range map[string]int{
		"/readyz": http.StatusOK, "/healthz": http.StatusOK, "/metrics": http.StatusOK,
		"/": http.StatusNotFound, api.BasePath + "/v1/keys": http.StatusNotFound, "/api/keys": http.StatusNotFound,
	} {
		require.Equal(t, status, get(t, part.ManagementURL()+path, whole.FirstKey().Token), path)
	}

	cfg, err := config.Load(source(t, "gate: {pools: [edge]}", nil, "--data-dir="+data, "--listen=127.0.0.1:0", "--gate.listen=127.0.0.1:0"))
	require.NoError(t, err)
	_, err = node.Start(t.Context(), cfg, node.Options{ResetAdmin: true})
	require.ErrorContains(t, err, "gate.pools")
}

func startNode(t *testing.T, src config.Source, opts node.Options) *node.Node {
	t.Helper()
	cfg, err := config.Load(src)
	require.NoError(t, err)
	n, err := node.Start(t.Context(), cfg, opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.Close(context.Background())) })
	return n
}

func get(t *testing.T, url, token string) (status int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}
