// Package statetest starts real servers for the tests of the desktop program.
package statetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"testing"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/node"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
	"github.com/ostiary/ostiary/pkg/store/storetest"
)

// Server is a real server on a store of its own, on free ports of this
// machine.
type Server struct {
	*node.Node
	Admin string // the token of its first Admin key

	database string
	config   *config.Config
}

// Start starts a server that ends with the test. Settings are those of the
// environment without prefix, such as TLS_SELF_SIGNED; CONFIG is a file.
func Start(t testing.TB, settings map[string]string) *Server {
	t.Helper()
	values := map[string]string{
		"DATA_DIR": filepath.Join(t.TempDir(), "data"), "LISTEN": "127.0.0.1:0", "GATE_LISTEN": "127.0.0.1:0",
	}
	maps.Copy(values, settings)
	cfg, err := config.Load(config.Source{File: values["CONFIG"], LookupEnv: func(name string) (string, bool) {
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
	return &Server{Node: n, Admin: n.FirstKey().Token, config: cfg,
		database: filepath.Join(values["DATA_DIR"], "ostiary.db")}
}

// Used notes in the server's store that a key was used on an earlier day.
func (s *Server) Used(t testing.TB, keyID string, at time.Time, count int64) {
	t.Helper()
	id, ok := apikey.ParseID(keyID)
	if !ok {
		t.Fatalf("%s is not the ID of a key", keyID)
	}
	s.change(t, func(store apikey.Store) error {
		usage := apikey.Usage{Count: count, LastAt: at}
		return store.RecordUsage(t.Context(),
			apikey.UsageBatch{Uses: []apikey.KeyUsage{{KeyID: id, Usage: usage}}})
	})
}

// Fill puts n keys into the server's store at once, whose names begin with a
// word. Nobody has their tokens, and the audit trail does not know them.
func (s *Server) Fill(t testing.TB, n int, word string) {
	t.Helper()
	roles := apikey.Roles()
	s.change(t, func(store apikey.Store) error {
		err := storetest.Fill(t.Context(), store, n, func(i int, k *apikey.Key) {
			k.Name, k.Role, k.Description, k.Enabled = fmt.Sprintf("%s-%05d", word, i), roles[1+i%3], "", true
			k.Pool, k.Endpoints, k.AllowedCIDRs = "", nil, nil
			k.RevokedAt, k.ExpiresAt = time.Time{}, time.Now().AddDate(0, 0, 90)
		})
		return errors.Join(err, s.config.Pepper.MarkAll(t.Context(), store)) // or the server would take them for forged
	})
}

// change changes the server's store as another process on the same file would.
func (s *Server) change(t testing.TB, change func(apikey.Store) error) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), s.database)
	if err == nil {
		err = errors.Join(change(store), store.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}
