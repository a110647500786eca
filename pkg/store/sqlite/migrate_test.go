package sqlite_test

import (
	"database/sql"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
	"github.com/ostiary/ostiary/pkg/store/storetest"
)

// old makes a database as an older version of the program did, and fills it.
func old(t *testing.T, version int64, fill func(insert func(storetest.OldRow))) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "keys.db")
	db, err := sqlite.OpenOld(t.Context(), path, version)
	require.NoError(t, err)
	grams := sqlkeys.BlockGrams{}
	fill(func(row storetest.OldRow) {
		insertOld(t, db, row)
		if row.Table == "keys" {
			grams.Add(&apikey.Key{Name: row.Values[6].(string)}, row.Values[0].(int64), 0)
		}
	})
	for _, c := range grams.Chunks() {
		for i, gram := range c.Grams {
			insertOld(t, db, storetest.OldRow{Table: "grams", Columns: []string{"chunk", "gram", "blocks"}, Values: []any{c.Chunk, gram, c.Blocks[i]}})
		}
	}
	_, err = db.ExecContext(t.Context(), `UPDATE counter SET seq = 1000`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	return path
}

func insertOld(t *testing.T, db *sql.DB, row storetest.OldRow) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), fmt.Sprintf(`INSERT INTO %s (%s) VALUES (?%s)`,
		row.Table, strings.Join(row.Columns, ", "), strings.Repeat(", ?", len(row.Columns)-1)), row.Values...)
	require.NoError(t, err)
}

// oldKey is a key as it was before there were pools.
func oldKey(number int64, id, name, pool string, org int64) storetest.OldRow {
	return storetest.OldRow{Table: "keys", Columns: []string{
		"number", "seq", "id", "digest", "pepper_id", "org_id", "name", "role", "pool", "endpoints", "allowed_cidrs", "enabled", "created_at", "expires_at",
		"revoked_at", "created_by", "rotated_from", "replaced_by", "hint", "name_folded", "description", "description_folded",
	}, Values: []any{number, number, id, make([]byte, 32), "p", org, name, "Agent", pool, "", "", 1, 1000 * number, 0, 0, fmt.Sprint("by ", number), "", "", "h", name, "", ""}}
}

func oldUsage(number, org, count, at int64) storetest.OldRow {
	return storetest.OldRow{Table: "usage", Columns: []string{"number", "org_id", "count", "last_at", "last_from"}, Values: []any{number, org, count, at, "192.0.2.1"}}
}

// A store from before use was kept by day keeps what it has, and begins with
// the days.
func TestUsageOfAnOlderStore(t *testing.T) {
	at := time.Date(2026, 11, 20, 23, 59, 59, 0, time.UTC)
	id := apikey.ID([]byte("aaaaaaaaaaaa"))
	for version := int64(1); version <= 2; version++ {
		path := old(t, version, func(insert func(storetest.OldRow)) {
			insert(oldKey(1, id.String(), "k", "", 1))
			insert(oldUsage(1, 1, 5, at.UnixMilli()))
		})
		s := open(t, path)
		day := apikey.DayOf(at)
		days, err := s.UsageByDay(t.Context(), 1, id.String(), day-400, day)
		require.NoError(t, err)
		require.Empty(t, days)
		require.NoError(t, s.RecordUsage(t.Context(), apikey.UsageBatch{Uses: []apikey.KeyUsage{{KeyID: id, Usage: apikey.Usage{Count: 5, LastAt: at, LastFrom: "192.0.2.1"}}}}))
		days, err = s.UsageByDay(t.Context(), 1, id.String(), day-400, day)
		require.NoError(t, err)
		require.Equal(t, []apikey.DayUsage{{Day: day, Count: 5}}, days)
		got, err := s.Key(t.Context(), 1, id.String())
		require.NoError(t, err)
		require.Equal(t, apikey.Usage{Count: 10, LastAt: at, LastFrom: "192.0.2.1"}, got.Usage)
		require.Equal(t, apikey.TokenUsage{Count: 10, LastAt: at}, got.Tokens[0].Usage)
	}
}

// A store from before there were pools has them when it is opened: those that
// its keys name.
func TestPoolsOfAnOlderStore(t *testing.T) {
	path := old(t, 1, func(insert func(storetest.OldRow)) {
		for number, k := range []struct {
			name, pool string
			org        int64
		}{{"first", "edge", 1}, {"second", "edge", 1}, {"other", "edge", 2}, {"without", "", 1}} {
			insert(oldKey(int64(number+1), fmt.Sprintf("%012d", number), k.name, k.pool, k.org))
			insert(oldUsage(int64(number+1), k.org, 0, 0))
		}
	})
	s := open(t, path)
	pools, err := s.Pools(t.Context(), 1, time.Now())
	require.NoError(t, err)
	require.Len(t, pools, 1)
	require.Equal(t, "edge", pools[0].Name)
	require.Equal(t, "by 1", pools[0].CreatedBy)
	require.EqualValues(t, 1000, pools[0].CreatedAt.UnixMilli())
	require.Equal(t, int64(2), pools[0].Keys[apikey.StateActive])
	pools, err = s.Pools(t.Context(), 2, time.Now())
	require.NoError(t, err)
	require.Len(t, pools, 1)
	k, err := s.Key(t.Context(), 1, fmt.Sprintf("%012d", 3))
	require.NoError(t, err)
	require.Nil(t, k.Tokens[0].Origin)
}

// Of the keys that rotations made of one, one is made again.
func TestChainsOfAnOlderStore(t *testing.T) {
	path := old(t, 3, func(insert func(storetest.OldRow)) {
		for _, row := range storetest.OldChains() {
			insert(row)
		}
	})
	storetest.RequireJoined(t, open(t, path))
	storetest.RequireJoined(t, open(t, path))
}

// A store from before the trail was data keeps every word of it.
func TestAuditOfAnOlderStore(t *testing.T) {
	path := old(t, 3, func(insert func(storetest.OldRow)) {
		for _, entry := range storetest.OldTrail {
			insert(entry.Row())
		}
	})
	storetest.CheckOldTrail(t, open(t, path))
}

// A search finds the endpoints of entries from before it looked for them.
func TestWordsOfAnOlderStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	db, err := sqlite.OpenOld(t.Context(), path, 73)
	require.NoError(t, err)
	for _, row := range storetest.OldWords() {
		insertOld(t, db, row)
	}
	require.NoError(t, db.Close())
	storetest.CheckOldWords(t, open(t, path))
}

// Names that were kept as they were typed are brought to NFC.
func TestNamesOfAnOlderStore(t *testing.T) {
	path := old(t, 3, func(insert func(storetest.OldRow)) {
		for _, row := range storetest.OldNames() {
			insert(row)
		}
	})
	s := open(t, path)
	storetest.RequireNormal(t, s)
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
	require.Equal(t, apikey.LatestTime, got.ExpiresAt, "even if something else wrote it")
	require.Equal(t, time.UnixMilli(1).UTC(), got.CreatedAt)

	path = old(t, 3, func(insert func(storetest.OldRow)) {
		row := oldKey(1, "aaaaaaaaaaaa", "k", "", 1)
		row.Values[slices.Index(row.Columns, "expires_at")] = int64(math.MaxInt64)
		insert(row)
		insert(oldUsage(1, 1, 0, 0))
	})
	got, err = open(t, path).Key(t.Context(), 1, "aaaaaaaaaaaa")
	require.NoError(t, err)
	require.Zero(t, got.ExpiresAt)
	require.Zero(t, got.EndsAt())
	n, err := open(t, path).CountKeys(t.Context(), apikey.Query{OrgID: 1, States: []apikey.State{apikey.StateActive}, Now: apikey.LatestTime.Add(time.Hour)})
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
}
