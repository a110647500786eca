// Package statetest starts real servers for the tests of the desktop program.
package statetest

import (
	"context"
	"maps"
	"path/filepath"
	"testing"

	"github.com/ostiary/ostiary/pkg/node"
)

// Server is a real server on a store of its own, on free ports of this
// machine.
type Server struct {
	*node.Node
	Admin string // the token of its first Admin key
}

// Start starts a server that ends with the test. Settings are those of the
// environment without prefix, such as TLS_SELF_SIGNED.
func Start(t testing.TB, settings map[string]string) *Server {
	t.Helper()
	values := map[string]string{"DATA_DIR": filepath.Join(t.TempDir(), "data"), "LISTEN": "127.0.0.1:0", "GATE_LISTEN": "127.0.0.1:0"}
	maps.Copy(values, settings)
	cfg, err := node.LoadConfig(node.Source{LookupEnv: func(name string) (string, bool) {
		v, ok := values[name]
		return v, ok
	}})
	if err != nil {
		t.Fatal(err)
	}
	n, err := node.Start(context.Background(), cfg, node.Options{Bootstrap: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return &Server{Node: n, Admin: n.FirstKey().Token}
}
