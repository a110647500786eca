package sqlite_test

import (
	"database/sql"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
	"github.com/ostiary/ostiary/pkg/store/storetest"
)

// younger are the statements that undo a migration, by its version.
var younger = map[int][]string{
	12: {},
	10: {`ALTER TABLE audit DROP COLUMN words`, `ALTER TABLE audit RENAME COLUMN data TO detail`},
	3:  {`DROP TABLE usage_days`},
	2:  {`DROP TABLE pools`, `DROP TABLE imported`, `DROP INDEX keys_of_pools`, `ALTER TABLE keys DROP COLUMN origin`},
}

// takeBack makes a store one of an older version, and closes it.
func takeBack(t *testing.T, s *sqlite.Store, version int) {
	t.Helper()
	for _, v := range slices.Backward(slices.Sorted(maps.Keys(younger))) {
		if v <= version {
			break
		}
		for _, statement := range younger[v] {
			require.NoError(t, s.Exec(t.Context(), statement))
		}
		require.NoError(t, s.Exec(t.Context(), `DELETE FROM schema_versions WHERE version_id = ?`, v))
	}
	require.NoError(t, s.Close())
}

// A store from before use was kept by day keeps what it has, and begins with
// the days.
func TestUsageOfAnOlderStore(t *testing.T) {
	for version := 1; version <= 2; version++ {
		path := filepath.Join(t.TempDir(), "keys.db")
		s := open(t, path)
		k := newKey("k")
		insert(t, s, k)
		id, ok := apikey.ParseID(k.ID)
		require.True(t, ok)
		at := time.Date(2026, 11, 20, 23, 59, 59, 0, time.UTC)
		use := []apikey.KeyUsage{{KeyID: id, Usage: apikey.Usage{Count: 5, LastAt: at, LastFrom: "192.0.2.1"}}}
		require.NoError(t, s.RecordUsage(t.Context(), use))
		takeBack(t, s, version)

		s = open(t, path)
		day := apikey.DayOf(at)
		days, err := s.UsageByDay(t.Context(), 1, k.ID, day-400, day)
		require.NoError(t, err)
		require.Empty(t, days)
		require.NoError(t, s.RecordUsage(t.Context(), use))
		days, err = s.UsageByDay(t.Context(), 1, k.ID, day-400, day)
		require.NoError(t, err)
		require.Equal(t, []apikey.DayUsage{{Day: day, Count: 5}}, days)
		got, err := s.Key(t.Context(), 1, k.ID)
		require.NoError(t, err)
		require.Equal(t, apikey.Usage{Count: 10, LastAt: at, LastFrom: "192.0.2.1"}, got.Usage)
		require.NoError(t, s.Check(t.Context()))
	}
}

// A store from before the trail was data keeps every word of it.
func TestAuditOfAnOlderStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	s := open(t, path)
	insert(t, s, newKey("k"))
	takeBack(t, s, 3)
	sqlDB, err := sql.Open("sqlite3", path)
	require.NoError(t, err)
	for _, old := range storetest.OldTrail {
		_, err := sqlDB.ExecContext(t.Context(), `INSERT INTO audit (org_id, at, actor, address, action, key_id, key_name, detail) VALUES (1, 1, 'Ägnes', '', ?, '', 'K', ?)`, old.Action, old.Prose)
		require.NoError(t, err)
	}
	require.NoError(t, sqlDB.Close())
	s = open(t, path)
	storetest.CheckOldTrail(t, s)
	require.NoError(t, s.Check(t.Context()))
}

// A key that ends after the year 9999 is one that never ends.
func TestFarEndsOfAnOlderStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	s := open(t, path)
	k := newKey("k")
	insert(t, s, k)
	require.NoError(t, s.Exec(t.Context(), `UPDATE keys SET expires_at = 9223372036854775807, created_at = -9223372036854775807`))
	got, err := s.Key(t.Context(), 1, k.ID)
	require.NoError(t, err)
	require.Equal(t, apikey.LatestTime, got.ExpiresAt, "whoever wrote it")
	require.Equal(t, time.UnixMilli(1).UTC(), got.CreatedAt)
	takeBack(t, s, 10)
	got, err = open(t, path).Key(t.Context(), 1, k.ID)
	require.NoError(t, err)
	require.Zero(t, got.ExpiresAt)
}

// A store from before there were pools has them when it is opened: those that
// its keys name.
func TestPoolsOfAnOlderStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	s := open(t, path)
	first, second, other, without := newKey("first"), newKey("second"), newKey("other"), newKey("without")
	first.Pool, second.Pool, other.Pool, other.OrgID = "edge", "edge", "edge", 2
	first.CreatedBy, second.CreatedAt = "grace", first.CreatedAt.Add(time.Hour)
	insert(t, s, first, second, other, without)
	takeBack(t, s, 1)

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
