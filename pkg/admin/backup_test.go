package admin_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/admin"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/pepper"
)

// TestABackupOfAnOlderVersion is restored, and its keys count once somebody
// says that they do.
func TestABackupOfAnOlderVersion(t *testing.T) {
	dir := t.TempDir()
	cfg, err := config.Load(config.Source{Defaults: map[string]string{"data_dir": filepath.Join(dir, "data")}})
	require.NoError(t, err)
	require.NoError(t, cfg.MakeDataDir())
	store, err := cfg.OpenStore(t.Context())
	require.NoError(t, err)
	peppers, err := pepper.Open(t.Context(), cfg.Pepper, store)
	require.NoError(t, err)
	_, err = apikey.NewService(store, peppers, apikey.Options{}).Bootstrap(t.Context(), 1, true)
	require.NoError(t, err)

	good, old := filepath.Join(dir, "good.db"), filepath.Join(dir, "old.db")
	for _, file := range []string{good, old} {
		_, err = admin.Backup(t.Context(), cfg, file)
		require.NoError(t, err)
	}
	require.NoError(t, store.Close())
	db, err := sql.Open("sqlite3", old)
	require.NoError(t, err)
	_, err = db.ExecContext(context.Background(), `UPDATE keys SET mark_pepper = '', mark = x''`)
	require.NoError(t, err)
	require.NoError(t, db.Close())

	done, err := admin.Restore(t.Context(), cfg, good)
	require.NoError(t, err)
	require.False(t, done.Unmarked)
	faults := func(trust bool) []string {
		r, err := admin.Check(t.Context(), cfg, "", trust)
		require.NoError(t, err)
		require.EqualValues(t, 1, r.Keys)
		return r.Faults
	}
	require.Empty(t, faults(false))
	done, err = admin.Restore(t.Context(), cfg, old)
	require.NoError(t, err)
	require.True(t, done.Unmarked)
	require.EqualValues(t, 1, done.Keys)
	require.FileExists(t, done.Replaced)
	require.Len(t, faults(false), 1)
	require.Empty(t, faults(true))
	require.Empty(t, faults(false))
}
