package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// A store from before there were pools has them when it is opened: those that
// its keys name.
func TestPoolsOfAnOlderStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	s := open(t, path)
	first, second, other, without := newKey("first"), newKey("second"), newKey("other"), newKey("without")
	first.Pool, second.Pool, other.Pool, other.OrgID = "edge", "edge", "edge", 2
	first.CreatedBy, second.CreatedAt = "grace", first.CreatedAt.Add(time.Hour)
	insert(t, s, first, second, other, without)
	for _, statement := range []string{
		`DROP TABLE pools`, `DROP TABLE imported`, `DROP INDEX keys_of_pools`, `ALTER TABLE keys DROP COLUMN origin`,
		`DELETE FROM schema_versions WHERE version_id > 1`,
	} {
		require.NoError(t, s.Exec(t.Context(), statement))
	}
	require.NoError(t, s.Close())

	s = open(t, path)
	pools, err := s.Pools(t.Context(), 1, first.CreatedAt)
	require.NoError(t, err)
	require.Len(t, pools, 1)
	require.Equal(t, "edge", pools[0].Name)
	require.Equal(t, "grace", pools[0].CreatedBy)
	require.Equal(t, first.CreatedAt.UnixMilli(), pools[0].CreatedAt.UnixMilli())
	require.Equal(t, int64(2), pools[0].Keys[apikey.StateActive])
	pools, err = s.Pools(t.Context(), 2, first.CreatedAt)
	require.NoError(t, err)
	require.Len(t, pools, 1)
	k, err := s.Key(t.Context(), 1, without.ID)
	require.NoError(t, err)
	require.Nil(t, k.Origin)
	require.NoError(t, s.Check(t.Context()))
}
