package pepper_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/pepper"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
)

func distrusted(t *testing.T, file pepper.File, store apikey.Store) int {
	t.Helper()
	list, err := file.Distrust(t.Context(), store)
	require.NoError(t, err)
	return len(list)
}

func insertUnmarked(t *testing.T, store *sqlite.Store, n int) {
	t.Helper()
	require.NoError(t, store.Write(t.Context(), func(tx apikey.Tx) error {
		for range n {
			_, id := apikey.NewToken()
			k := &apikey.Key{ID: id.String(), OrgID: 1, Name: id.String(), Role: apikey.RoleAdmin, Tokens: []apikey.Token{{ID: id.String()}}}
			if err := tx.Insert(t.Context(), k); err != nil {
				return err
			}
		}
		return nil
	}))
}

// The keys of a store from before there were marks get theirs once. What has
// none later is not believed: the database cannot say that it is old.
func TestKeysOfAnOlderStoreAreMarkedOnce(t *testing.T) {
	dir := t.TempDir()
	store, file := openStore(t, dir), pepper.File{Name: filepath.Join(dir, "pepper")}
	_, err := pepper.Open(t.Context(), file, store)
	require.NoError(t, err)
	require.True(t, file.Marked(), "a new store has no other keys")
	insertUnmarked(t, store, 1)
	_, err = pepper.Open(t.Context(), file, store)
	require.NoError(t, err)
	require.Equal(t, 1, distrusted(t, file, store))

	content, err := os.ReadFile(file.Name)
	require.NoError(t, err)
	older := strings.NewReplacer("\nmarked\n", "\n", "\nchained\n", "\n").Replace(string(content))
	require.NoError(t, os.WriteFile(file.Name, []byte(older), 0o600)) // as an older version made it
	require.False(t, file.Marked())
	insertUnmarked(t, store, 2500)
	_, err = pepper.Open(t.Context(), file, store)
	require.NoError(t, err)
	require.Zero(t, distrusted(t, file, store))
	require.True(t, file.Marked())
	insertUnmarked(t, store, 1)
	_, err = pepper.Open(t.Context(), file, store)
	require.NoError(t, err)
	require.Equal(t, 1, distrusted(t, file, store))
	require.NoError(t, file.MarkAll(t.Context(), store))
	require.Zero(t, distrusted(t, file, store), "unless somebody says so")
}
