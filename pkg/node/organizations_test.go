package node_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/node"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// The start names the endpoints that the keys of every organization open, once
// there are several.
func TestEndpointsOfAllOrganizationsAreWarnedOf(t *testing.T) {
	const file = `
gate:
  endpoints:
    - {name: everyones, path: /a, require: read}
    - {name: of-one, path: /b, require: read, org: 1}
    - {name: without, path: /c, require: none, upstream: "http://127.0.0.1:1"}
    - {name: pool, path: /d, require: ingest, pool: edge}
`
	dir := t.TempDir()
	start := func() (n *node.Node, log *servertest.Output) {
		t.Helper()
		cfg, err := config.Load(source(t, file, nil, "--data-dir", dir, "--listen", "", "--gate.listen", "127.0.0.1:0"))
		require.NoError(t, err)
		log = new(servertest.Output)
		n, err = node.Start(t.Context(), cfg, node.Options{Logger: slog.New(slog.NewTextHandler(log, nil))})
		require.NoError(t, err)
		return n, log
	}
	const warning = `msg="the keys of all organizations open endpoints that name none" endpoints=everyones,pool`
	for orgs := range int64(3) {
		n, log := start()
		require.Equal(t, orgs >= 2, containsText(log, warning), log)
		ctx := apikey.WithCaller(t.Context(), apikey.Caller{OrgID: orgs + 1, Login: "ada", Role: apikey.RoleAdmin})
		_, err := n.Service().Create(ctx, apikey.NewKey{Name: fmt.Sprint("key ", orgs), Role: apikey.RoleViewer})
		require.NoError(t, err)
		require.NoError(t, n.Close(t.Context()))
	}
}

func containsText(log *servertest.Output, text string) bool {
	return strings.Contains(log.String(), text)
}
