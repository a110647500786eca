package sqlite_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
	"github.com/ostiary/ostiary/pkg/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Opener {
		path := filepath.Join(t.TempDir(), "keys.db")
		return func(t testing.TB) apikey.Store { return open(t, path) }
	})
}

// open opens a store until the test ends, and checks it then.
func open(t testing.TB, path string, opts ...sqlite.Option) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, opts...)
	require.NoError(t, err)
	t.Cleanup(func() {
		if err := s.Check(context.Background()); !errors.Is(err, sqlite.ErrClosed) {
			require.NoError(t, err)
		}
		require.NoError(t, s.Close())
	})
	return s
}
