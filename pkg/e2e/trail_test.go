package e2e

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/pepper"
	"github.com/ostiary/ostiary/pkg/store/postgres"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
)

// forgery is what somebody does to the trail who can write to the database, and has no pepper.
type forgery struct {
	name string
	sql  string // BLANK is no bytes
	want string // the faults that are found, as kind and number, without a log
	log  string // with a log that names the entries 8 and 12, if that finds more
}

var forgeries = []forgery{
	{"nothing", ``, "", ""},
	{"another actor", `UPDATE audit SET actor = 'nobody' WHERE id = 3`, "changed 3", ""},
	{"another moment", `UPDATE audit SET at = at - 1 WHERE id = 3`, "changed 3", ""},
	{"another address", `UPDATE audit SET address = '192.0.2.9' WHERE id = 3`, "changed 3", ""},
	{"another action", `UPDATE audit SET action = 'enable' WHERE id = 3`, "changed 3", ""},
	{"another key", `UPDATE audit SET key_id = 'aaaaaaaaaaaa' WHERE id = 3`, "changed 3, rowless 3", ""}, // there is no such key
	{"another name", `UPDATE audit SET key_name = 'other' WHERE id = 3`, "changed 3", ""},
	{"another organization", `UPDATE audit SET org_id = 2 WHERE id = 3`, "changed 3", ""},
	{"other data", `UPDATE audit SET data = '{"changes":null}' WHERE id = 3`, "changed 3", ""},
	{"the same data, written in another way", `UPDATE audit SET data = data || ' ' WHERE id = 3`, "changed 3", ""},
	{"data that are none", `UPDATE audit SET data = 'x' WHERE id = 3`, "changed 3", ""},
	{"hide it from the search", `UPDATE audit SET words = '' WHERE id = 3`, "changed 3", ""},
	{"the first", `UPDATE audit SET actor = 'nobody' WHERE id = 1`, "changed 1", ""},
	{"the last", `UPDATE audit SET actor = 'nobody' WHERE id = 12`, "changed 12", ""},
	{"two of them", `UPDATE audit SET actor = 'nobody' WHERE id IN (3, 4)`, "changed 3, changed 4", ""},
	{
		"all of them",
		`UPDATE audit SET at = at + 1`,
		"changed 1, changed 2, changed 3, changed 4, changed 5, changed 6, " +
			"changed 7, changed 8, changed 9, changed 10, changed 11, changed 12",
		"",
	},
	{"another hash", `UPDATE audit SET sum = (SELECT sum FROM audit WHERE id = 4) WHERE id = 3`, "changed 3", ""},
	{"no hash", `UPDATE audit SET sum = BLANK WHERE id = 3`, "changed 3", ""},
	{"no link", `UPDATE audit SET sum = BLANK, pepper_id = '' WHERE id = 3`, "unchained 3", ""},
	{"another pepper", `UPDATE audit SET pepper_id = 'other' WHERE id = 3`, "unknown 3", ""},
	{"remove one", `DELETE FROM audit WHERE id = 5`, "missing 5", ""},
	{"remove some", `DELETE FROM audit WHERE id IN (5, 6, 9)`, "missing 5-6, missing 9", ""},
	{"remove one and change another", `DELETE FROM audit WHERE id = 5; UPDATE audit SET actor = 'x' WHERE id = 7`,
		"missing 5, changed 7", ""},
	{"remove the first", `DELETE FROM audit WHERE id = 1`, "missing 1", ""},
	{"cut the beginning", `DELETE FROM audit WHERE id <= 3`, "missing 1-3", ""},
	{
		"cut the beginning and number the rest again",
		`DELETE FROM audit WHERE id <= 3; UPDATE audit SET id = id - 3; UPDATE counter SET audit = audit - 3`,
		"changed 1, changed 2, changed 3, changed 4, changed 5, changed 6, changed 7, changed 8, changed 9",
		"changed 1, changed 2, changed 3, changed 4, changed 5, changed 6, changed 7, replaced 8, changed 8, changed 9, " +
			"missing 12",
	},
	{"cut the beginning with a note of one's own",
		`DELETE FROM audit WHERE id <= 3; UPDATE audit SET action = 'trimTrail', data = '{"changes":null,"trail":` +
			`{"last":3,"count":3,"sum":"` + strings.Repeat("00", 32) + `"}}' WHERE id = 12`, "missing 1-3, changed 12", ""},
	{"close the gap", `DELETE FROM audit WHERE id = 12; UPDATE audit SET id = 12 WHERE id = 3`,
		"missing 3, changed 12, replaced 12", "missing 3, replaced 12, changed 12, replaced 12"},
	{"exchange two", `UPDATE audit SET id = 99 WHERE id = 4; UPDATE audit SET id = 4 WHERE id = 5; ` +
		`UPDATE audit SET id = 5 WHERE id = 99`, "changed 4, changed 5", ""},
	{
		"put one at the end",
		`INSERT INTO audit (id, org_id, at, actor, address, action, key_id, key_name, data, words, ` +
			`pepper_id, sum) SELECT 13, org_id, at, actor, address, action, key_id, key_name, data, words, pepper_id, sum ` +
			`FROM audit WHERE id = 12; UPDATE counter SET audit = 13`,
		"changed 13",
		"",
	},
	{
		"repeat one in the place of another",
		`DELETE FROM audit WHERE id = 6; INSERT INTO audit (id, org_id, at, actor, ` +
			`address, action, key_id, key_name, data, words, pepper_id, sum) SELECT 6, org_id, at, actor, address, action, ` +
			`key_id, key_name, data, words, pepper_id, sum FROM audit WHERE id = 5`,
		"changed 6, changed 7",
		"",
	},
	{"cut the end", `DELETE FROM audit WHERE id > 10`, "missing 11-12", ""},
	{"cut the end and what says where it is", `DELETE FROM audit WHERE id > 10; UPDATE counter SET audit = 10, ` +
		`audit_sum = (SELECT sum FROM audit WHERE id = 10)`, "", "missing 12"},
	{"cut it further back", `DELETE FROM audit WHERE id > 6; UPDATE counter SET audit = 6, ` +
		`audit_sum = (SELECT sum FROM audit WHERE id = 6)`, "", "missing 8, missing 12"},
	{"remove all", `DELETE FROM audit`, "missing 1-12", ""},
	{"remove all that there ever was", `DELETE FROM audit; UPDATE counter SET audit = 0, audit_pepper = '', ` +
		`audit_sum = BLANK`, "", "missing 8, missing 12"},
	{"make it a trail of an older version", `UPDATE audit SET actor = 'nobody', pepper_id = '', sum = BLANK; ` +
		`UPDATE counter SET audit_pepper = '', audit_sum = BLANK`, "unchained 1, unchained 2, unchained 3, " +
		"unchained 4, unchained 5, unchained 6, unchained 7, unchained 8, unchained 9, unchained 10, unchained 11, " +
		"unchained 12", "unchained 1, unchained 2, unchained 3, unchained 4, unchained 5, unchained 6, unchained 7, " +
		"replaced 8, unchained 8, unchained 9, unchained 10, unchained 11, replaced 12, unchained 12"},
}

// Whatever somebody does to the trail in SQL is found and named, or leaves no trace in the database and is found with
// what a log says of the trail.
func TestWhatIsDoneToTheTrailIsFound(t *testing.T) {
	t.Parallel()
	inEachEngine(t, func(t *testing.T, engine string, pg *pgtest.Server) {
		for _, f := range forgeries {
			t.Run(f.name, func(t *testing.T) {
				tr := newTrail(t, engine, pg)
				known := tr.fill()
				require.Empty(t, tr.faults(known...), "before")
				tr.run(f.sql)
				want := f.want
				require.Equal(t, want, tr.faults())
				if f.log != "" {
					want = f.log
				}
				if f.log != "" || !strings.Contains(f.want, "changed 12") {
					require.Equal(t, want, tr.faults(known...), "with a log")
				}
				_, err := pepper.Open(t.Context(), tr.file, tr.store) // as a server starts
				require.NoError(t, err)
				require.Equal(t, f.want, tr.faults(), "a start blesses nothing")
			})
		}
	})
}

// What is written behind a cut is good by itself, and other than what the log knows.
func TestATrailThatGoesOnBehindACut(t *testing.T) {
	inEachEngine(t, func(t *testing.T, engine string, pg *pgtest.Server) {
		tr := newTrail(t, engine, pg)
		known := tr.fill()
		tr.run(
			`DELETE FROM audit WHERE id > 10; UPDATE counter SET audit = 10, audit_sum = (SELECT sum FROM audit ` +
				`WHERE id = 10)`,
		)
		for i := range 3 {
			tr.create(fmt.Sprint("later ", i))
		}
		require.Empty(t, tr.faults())
		require.Equal(t, "replaced 12", tr.faults(known...))
	})
}

// testTrail is a store with a trail, and a way to write to its database.
type testTrail struct {
	t       *testing.T
	store   apikey.Store
	file    pepper.File
	peppers *apikey.Peppers
	service *apikey.Service
	db      *sql.DB
	blank   string
}

func newTrail(t *testing.T, engine string, pg *pgtest.Server) *testTrail {
	t.Helper()
	dir := t.TempDir()
	tr := &testTrail{t: t, file: pepper.File{Name: filepath.Join(dir, "pepper")}, blank: `''`}
	var err error
	if engine == "sqlite" {
		path := filepath.Join(dir, "ostiary.db")
		tr.store, err = sqlite.Open(t.Context(), path)
		require.NoError(t, err)
		tr.blank = `x''`
		tr.db, err = sql.Open("sqlite3", path+"?_busy_timeout=10000&_txlock=immediate")
		require.NoError(t, err)
	} else {
		name, err := pg.NewDatabase()
		require.NoError(t, err)
		address, err := postgres.ParseAddress(name)
		require.NoError(t, err)
		tr.store, err = postgres.Open(t.Context(), address)
		require.NoError(t, err)
		tr.db, err = sql.Open("pgx", name)
		require.NoError(t, err)
	}
	t.Cleanup(func() {
		require.NoError(t, tr.db.Close())
		require.NoError(t, tr.store.Close())
	})
	tr.peppers, err = pepper.Open(t.Context(), tr.file, tr.store)
	require.NoError(t, err)
	tr.service = apikey.NewService(tr.store, tr.peppers, apikey.Options{})
	return tr
}

func (tr *testTrail) create(name string) {
	tr.t.Helper()
	ctx := apikey.WithCaller(tr.t.Context(), apikey.Caller{OrgID: 1, Login: "grace", Role: apikey.RoleAdmin})
	_, err := tr.service.Create(ctx, apikey.NewKey{Name: name, Role: apikey.RoleAgent})
	require.NoError(tr.t, err)
}

// fill writes twelve entries, and returns what a log says of two of them.
func (tr *testTrail) fill() (known []apikey.KnownHead) {
	tr.t.Helper()
	for i := range 12 {
		tr.create(fmt.Sprintf("Kéy %d", i))
		if i == 7 || i == 11 {
			head, err := tr.store.TrailHead(tr.t.Context())
			require.NoError(tr.t, err)
			known = append(known, apikey.KnownHead{Number: head.Number, Sum: head.Link.Sum, From: "the log"})
		}
	}
	return known
}

func (tr *testTrail) run(statements string) {
	tr.t.Helper()
	if statements == "" {
		return
	}
	tx, err := tr.db.BeginTx(tr.t.Context(), nil)
	require.NoError(tr.t, err)
	for statement := range strings.SplitSeq(strings.ReplaceAll(statements, "BLANK", tr.blank), "; ") {
		_, err := tx.ExecContext(tr.t.Context(), statement)
		require.NoError(tr.t, err, statement)
	}
	require.NoError(tr.t, tx.Commit())
}

// faults are those that a check finds.
func (tr *testTrail) faults(known ...apikey.KnownHead) string {
	tr.t.Helper()
	c, err := apikey.CheckTrail(tr.t.Context(), tr.store, tr.peppers, known)
	require.NoError(tr.t, err)
	var found []string
	for _, f := range c.Faults {
		text := fmt.Sprintf("%s %d", f.Kind, f.Number)
		if f.Last > f.Number {
			text += fmt.Sprintf("-%d", f.Last)
		}
		found = append(found, text)
		require.NotEmpty(tr.t, f.Detail)
		require.Equal(
			tr.t,
			f.Kind == apikey.TrailMissing,
			f.Entry.ID == 0 && f.Detail != "is another than the one that was written last",
		)
	}
	return strings.Join(found, ", ")
}
