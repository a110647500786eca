// Package statetest starts real servers for the tests of the desktop program.
package statetest

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"testing"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/node"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
)

// Server is a real server on a store of its own, on free ports of this
// machine.
type Server struct {
	*node.Node
	Admin string // the token of its first Admin key

	database string
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
	return &Server{Node: n, Admin: n.FirstKey().Token, database: filepath.Join(values["DATA_DIR"], "ostiary.db")}
}

// Used notes in the server's store that a key was used on an earlier day, as
// another process on the same file would.
func (s *Server) Used(t testing.TB, keyID string, at time.Time, count int64) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), s.database)
	if err != nil {
		t.Fatal(err)
	}
	id, ok := apikey.ParseID(keyID)
	if !ok {
		t.Fatalf("%s is not the ID of a key", keyID)
	}
	err = store.RecordUsage(t.Context(), []apikey.KeyUsage{{KeyID: id, Usage: apikey.Usage{Count: count, LastAt: at}}})
	if err := errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
}
