package node_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/node"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// Who waits for a new server to be ready finds the first key where it is handed over.
func TestAServerIsReadyOnceItsFirstKeyIsHandedOver(t *testing.T) {
	address := "127.0.0.1:" + servertest.FreePort(t)
	start := func(handOver func(*apikey.Issued) error) (*node.Node, error) {
		cfg, err := config.Load(source(t, "", nil, "--data-dir", t.TempDir(), "--listen", address, "--gate.listen", ""))
		require.NoError(t, err)
		return node.Start(t.Context(), cfg, node.Options{Bootstrap: true, HandOver: handOver})
	}
	ready := func() int {
		res, err := http.Get("http://" + address + "/readyz")
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		return res.StatusCode
	}
	var handed *apikey.Issued
	n, err := start(func(first *apikey.Issued) error {
		handed = first
		require.Equal(t, http.StatusServiceUnavailable, ready())
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, ready())
	require.NotEmpty(t, handed.Token)
	require.NoError(t, n.Close(t.Context()))

	_, err = start(func(*apikey.Issued) error { return errors.New("no room") })
	require.ErrorContains(t, err, "no room")
}
