package postgres_test

import (
	"context"
	"database/sql"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/postgres"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
	"github.com/ostiary/ostiary/pkg/store/storetest"
)

// TestProcessesThatStartAtOnce lets ten processes make one new database.
func TestProcessesThatStartAtOnce(t *testing.T) {
	t.Parallel()
	for range 2 {
		address := newDatabase(t)
		var started []*exec.Cmd
		for i := range 10 {
			cmd, _ := process(t, "create", address, fmt.Sprint(i))
			started = append(started, cmd)
		}
		for _, cmd := range started {
			require.NoError(t, cmd.Wait())
		}
		n, err := open(t, address).CountKeys(t.Context(), apikey.Query{OrgID: 1})
		require.NoError(t, err)
		require.EqualValues(t, len(started), n)
	}
}

// TestUpgradeWaitsForTheLock lets a process die that has begun to upgrade.
func TestUpgradeWaitsForTheLock(t *testing.T) {
	t.Parallel()
	address := newDatabase(t)
	db, err := sql.Open("pgx", address)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = db.Exec(`CREATE TABLE schema_lock (id BIGINT PRIMARY KEY); INSERT INTO schema_lock VALUES (1)`)
	require.NoError(t, err)
	tx, err := db.Begin()
	require.NoError(t, err)
	_, err = tx.Exec(`SELECT id FROM schema_lock FOR UPDATE`)
	require.NoError(t, err)
	a, err := postgres.ParseAddress(address)
	require.NoError(t, err)

	limited, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err = postgres.Open(limited, a)
	require.ErrorContains(t, err, "wait for other processes that upgrade the schema")

	opened := make(chan error, 1)
	go func() {
		s, err := postgres.Open(context.Background(), a)
		if err == nil {
			err = s.Close()
		}
		opened <- err
	}()
	select {
	case err := <-opened:
		require.Fail(t, "it does not wait", "%v", err)
	case <-time.After(200 * time.Millisecond):
	}
	_ = tx.Rollback() // as when the holder's connection ends
	require.NoError(t, <-opened)
}

// TestUsageOfAnOlderStore opens a store from before use was kept by day: it
// keeps what it has, and begins with the days.
func TestUsageOfAnOlderStore(t *testing.T) {
	t.Parallel()
	address := newDatabase(t)
	s := open(t, address)
	k := newKey("k")
	insert(t, s, k)
	id, ok := apikey.ParseID(k.ID)
	require.True(t, ok)
	at := time.Date(2026, 11, 20, 23, 59, 59, 0, time.UTC)
	use := []apikey.KeyUsage{{KeyID: id, Usage: apikey.Usage{Count: 5, LastAt: at, LastFrom: "192.0.2.1"}}}
	require.NoError(t, s.RecordUsage(t.Context(), use))
	require.NoError(t, pgtest.Exec(address, `DROP TABLE usage_days; ALTER TABLE audit DROP COLUMN words; ALTER TABLE audit RENAME COLUMN data TO detail; DELETE FROM schema_versions WHERE version_id > 1`))

	s = open(t, address)
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
}

// TestAuditOfAnOlderStore opens a store from before the trail was data: it
// keeps every word of it.
func TestAuditOfAnOlderStore(t *testing.T) {
	t.Parallel()
	address := newDatabase(t)
	open(t, address)
	require.NoError(t, pgtest.Exec(address, `ALTER TABLE audit DROP COLUMN words; ALTER TABLE audit RENAME COLUMN data TO detail; DELETE FROM schema_versions WHERE version_id > 9`))
	for i, old := range storetest.OldTrail {
		require.NoError(t, pgtest.Exec(address, fmt.Sprintf(
			`INSERT INTO audit (id, org_id, at, actor, address, action, key_id, key_name, detail) VALUES (%d, 1, 1, 'Ägnes', '', '%s', '', 'K', '%s')`, i+1, old.Action, old.Prose)))
	}
	storetest.CheckOldTrail(t, open(t, address))
}

// TestOpenSaysWhatIsWrong looks at the errors that an administrator meets.
func TestOpenSaysWhatIsWrong(t *testing.T) {
	const password = "s3cret%2Fwith%40odd"
	good := newDatabase(t)
	open(t, good)
	with := func(user string) string { return strings.Replace(good, "postgres@", user+":"+password+"@", 1) }
	require.NoError(t, pgtest.Exec(good, `CREATE ROLE reader LOGIN`))
	newer := newDatabase(t)
	open(t, newer)
	require.NoError(t, pgtest.Exec(newer, `INSERT INTO schema_versions (version_id, is_applied) VALUES (999, true)`))
	unfinished := newDatabase(t)
	open(t, unfinished)
	require.NoError(t, pgtest.Exec(unfinished, `UPDATE counter SET seq = -1`))
	for _, c := range []struct {
		name, address string
		wants         []string
	}{
		{"nobody answers", "postgres://me:" + password + "@127.0.0.1:1/keys?sslmode=disable", []string{"postgres://127.0.0.1:1/keys cannot be opened", "refused"}},
		{"no such host", "postgres://me:" + password + "@no.such.host.invalid/keys", []string{"no.such.host.invalid"}},
		{"no such database", strings.Replace(good, database(good), "nowhere", 1), []string{"make the database first", "createdb --owner postgres nowhere"}},
		{"no such user", with("nobody"), []string{`does not let the user "nobody" in`, "PGPASSFILE"}},
		{"no rights", with("reader"), []string{`the user "reader" lacks a right`}},
		{"a newer schema", newer, []string{"schema version 999", "newer version of Ostiary", "restore a backup"}},
		{"an unfinished copy", unfinished, []string{"a copy that is not whole", "store copy"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := postgres.ParseAddress(c.address)
			require.NoError(t, err)
			_, err = postgres.Open(t.Context(), a)
			require.Equal(t, apikey.CodeUnavailable, apikey.ErrorCode(err))
			for _, want := range c.wants {
				require.ErrorContains(t, err, want)
			}
			require.NotContains(t, err.Error(), "s3cret")
			require.NotContains(t, a.String(), "s3cret")
		})
	}
}

// TestRightsThatAreEnough opens a store as a user who may read and write its
// tables and no more.
func TestRightsThatAreEnough(t *testing.T) {
	address := newDatabase(t)
	open(t, address)
	require.NoError(t, pgtest.Exec(address, `CREATE ROLE writer LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO writer`))
	s := open(t, strings.Replace(address, "postgres@", "writer@", 1))
	insert(t, s, newKey("k"))
}
