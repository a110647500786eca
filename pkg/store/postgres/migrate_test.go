package postgres_test

import (
	"context"
	"database/sql"
	"fmt"
	"os/exec"
	"slices"
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

	limited, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
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

// older fills a database as an older version of the program made it.
func older(t *testing.T, version int64, rows ...storetest.OldRow) (address string) {
	t.Helper()
	address = newDatabase(t)
	db, err := postgres.OpenOld(t.Context(), address, version)
	require.NoError(t, err)
	for _, row := range rows {
		marks := make([]string, len(row.Values))
		for i := range marks {
			marks[i] = fmt.Sprint("$", i+1)
		}
		_, err := db.ExecContext(t.Context(), fmt.Sprintf(`INSERT INTO %s (%s) VALUES (%s)`, row.Table, strings.Join(row.Columns, ", "), strings.Join(marks, ", ")), row.Values...)
		require.NoError(t, err, row)
	}
	_, err = db.ExecContext(t.Context(), `UPDATE counter SET seq = 1000, number = 1000, audit = 1000`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	return address
}

// TestUsageOfAnOlderStore opens a store from before use was kept by day: it
// keeps what it has, and begins with the days.
func TestUsageOfAnOlderStore(t *testing.T) {
	t.Parallel()
	rows := slices.DeleteFunc(storetest.OldChains(), func(row storetest.OldRow) bool { return row.Table == "usage_days" })
	s := open(t, older(t, 1, rows...))
	id, ok := apikey.ParseID("plain0000001")
	require.True(t, ok)
	at := time.Date(2026, 11, 20, 23, 59, 59, 0, time.UTC)
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
	require.Equal(t, apikey.Usage{Count: 6, LastAt: at, LastFrom: "192.0.2.1"}, got.Usage)
}

// TestChainsOfAnOlderStore makes one key again of those that rotations made of
// one.
func TestChainsOfAnOlderStore(t *testing.T) {
	t.Parallel()
	address := older(t, 2, storetest.OldChains()...)
	storetest.RequireJoined(t, open(t, address))
	storetest.RequireJoined(t, open(t, address))
}

// TestNamesOfAnOlderStore brings names that were kept as they were typed to NFC.
func TestNamesOfAnOlderStore(t *testing.T) {
	t.Parallel()
	storetest.RequireNormal(t, open(t, older(t, 2, storetest.OldNames()...)))
}

// TestAuditOfAnOlderStore opens a store from before the trail was data: it
// keeps every word of it.
func TestAuditOfAnOlderStore(t *testing.T) {
	t.Parallel()
	var rows []storetest.OldRow
	for i, entry := range storetest.OldTrail {
		row := entry.Row()
		row.Columns, row.Values = append(row.Columns, "id"), append(row.Values, int64(i+1))
		rows = append(rows, row)
	}
	storetest.CheckOldTrail(t, open(t, older(t, 2, rows...)))
}

// TestWordsOfAnOlderStore finds the endpoints of entries from before a search looked for them.
func TestWordsOfAnOlderStore(t *testing.T) {
	t.Parallel()
	storetest.CheckOldWords(t, open(t, older(t, 73, storetest.OldWords()...)))
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

// TestDatabasesInOtherEncodings names the statement that makes a database in
// UTF-8, which then is one to open.
func TestDatabasesInOtherEncodings(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{"SQL_ASCII", "LATIN1", "EUC_JP"} {
		name := "Named " + encoding
		require.NoError(t, server.Exec(`CREATE DATABASE "`+name+`" ENCODING '`+encoding+`' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`))
		a, err := postgres.ParseAddress(server.URL(name))
		require.NoError(t, err)
		_, err = postgres.Open(t.Context(), a)
		require.Equal(t, apikey.CodeUnavailable, apikey.ErrorCode(err))
		require.ErrorContains(t, err, "is in the encoding "+encoding)
		require.ErrorContains(t, err, "ENCODING 'UTF8' TEMPLATE template0")
		_, statement, _ := strings.Cut(err.Error(), "as a user who may: ")
		require.NoError(t, server.Exec(`DROP DATABASE "`+name+`"`))
		require.NoError(t, server.Exec(statement))
		s := open(t, server.URL(name))
		insert(t, s, newKey("名 Ü 🔑"))
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
