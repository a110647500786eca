package apikey_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
)

// What it costs to create a key and to rotate it, with its entries in the audit trail, in SQLite.
func BenchmarkWrite(b *testing.B) {
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "keys.db"))
	require.NoError(b, err)
	b.Cleanup(func() { _ = store.Close() })
	peppers, err := apikey.NewPeppers(apikey.NewPepper())
	require.NoError(b, err)
	s := apikey.NewService(store, peppers, apikey.Options{})
	ctx := apikey.WithCaller(b.Context(), apikey.Caller{OrgID: 1, Login: "grace", Role: apikey.RoleAdmin})
	var id string
	n := 0
	b.Run("create", func(b *testing.B) {
		for b.Loop() {
			n++
			issued, err := s.Create(ctx, apikey.NewKey{Name: fmt.Sprint("key ", n), Role: apikey.RoleAgent})
			if err != nil {
				b.Fatal(err)
			}
			id = issued.Key.ID
		}
	})
	b.Run("rotate", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Rotate(ctx, id, apikey.Rotation{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
