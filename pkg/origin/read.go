package origin

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"
	_ "time/tzdata" // for machines without the names of time zones

	sqlite3 "github.com/mattn/go-sqlite3"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Options say how a database is read.
type Options struct {
	OrgID    int64          // of Grafana: keys of other organizations are left alone
	Location *time.Location // of Uptime Kuma, whose database has local times; nil = as its settings say
	Most     int            // how many keys are read of a table at most; 0 = all
}

// ErrNotDatabase is what an error of Read is if the file at the path is no
// database of the system: the path is a mistake.
var ErrNotDatabase = errors.New("not a database of the system")

// databaseError says why a path leads to no database of a system.
type databaseError struct{ error }

func (databaseError) Is(target error) bool { return target == ErrNotDatabase }

// Unwrap returns the reason.
func (e databaseError) Unwrap() error { return e.error }

// databaseFiles are what the systems call their databases.
var databaseFiles = map[string]string{Grafana: "grafana.db", Pyroscope: "pyroscope.sqlite3", UptimeKuma: "kuma.db"}

// Read returns all keys in the SQLite database of a system, in the order of
// their rows, with a reason for each that cannot be taken over. The database
// is only read; the system may be running.
func Read(ctx context.Context, system, path string, opts Options) ([]apikey.ForeignKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, databaseError{fmt.Errorf("the database cannot be read: %w", err)}
	}
	if info.IsDir() {
		return nil, databaseError{fmt.Errorf("%s cannot be read as a database: it is a directory; name the file in it, %s",
			path, filepath.Join(path, databaseFiles[system]))}
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(foreignFile(abs))
	defer func() { _ = db.Close() }()
	r := &reader{ctx: ctx, db: db, path: path, opts: opts}
	keys, err := r.read(system)
	var engine sqlite3.Error
	switch {
	case errors.As(err, &engine) && engine.Code == sqlite3.ErrNotADB:
		return nil, databaseError{fmt.Errorf("%s is not an SQLite database", path)}
	case err != nil:
		return nil, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	return keys, nil
}

// foreignFile is a database that somebody else wrote, perhaps to do harm.
type foreignFile string

// longestRow is how long a row or a text in such a database may be, in bytes: a file can name the same long text in
// each of its rows.
const longestRow = 32 << 10

// Connect opens the database to read it.
func (f foreignFile) Connect(context.Context) (driver.Conn, error) {
	source := url.URL{Scheme: "file", Opaque: (&url.URL{Path: string(f)}).EscapedPath(),
		RawQuery: "mode=ro&_busy_timeout=5000&_query_only=1"}
	return f.Driver().Open(source.String())
}

// Driver is SQLite's, with limits, and without what a schema may call that is not for everybody.
func (foreignFile) Driver() driver.Driver {
	return &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
		c.SetLimit(sqlite3.SQLITE_LIMIT_LENGTH, longestRow)
		_, err := c.Exec(`PRAGMA trusted_schema = 0`, nil)
		return err
	}}
}

// reader reads one database.
type reader struct {
	ctx  context.Context //nolint:containedctx // it lives as long as one Read
	db   *sql.DB
	path string
	opts Options
}

// tables are what is read of each system's database.
var tables = map[string][]string{
	Grafana:    {"api_key", "org_user", "user"},
	Pyroscope:  {"api_keys"},
	UptimeKuma: {"api_key", betterAuthTable, "user", "setting"},
}

func (r *reader) read(system string) (keys []apikey.ForeignKey, err error) {
	for _, table := range tables[system] {
		if err := r.checkTable(table); err != nil {
			return nil, err
		}
	}
	switch system {
	case Grafana:
		return r.grafana()
	case Pyroscope:
		return r.pyroscope()
	case UptimeKuma:
		return r.kuma()
	}
	return nil, fmt.Errorf("%q is not a system that keys can be taken over from", system)
}

// columns returns the columns of a table, which is an error if it has not all
// that are needed.
func (r *reader) columns(table string, needed ...string) (columns []string, err error) {
	err = r.each(`SELECT name FROM pragma_table_info(?)`, []any{table}, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		columns = append(columns, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(columns) == 0 {
		return nil, databaseError{fmt.Errorf("it has no table %q, as if it were the database of another program", table)}
	}
	for _, name := range needed {
		if !slices.Contains(columns, name) {
			return nil, fmt.Errorf("its table %q has no column %q; it is of a version that is not known here", table,
				name)
		}
	}
	return columns, nil
}

// checkTable refuses what has the name of a table and is none: a view can have rows without end, a virtual table runs
// code that is made for other data, and so do columns that are computed.
func (r *reader) checkTable(table string) error {
	return r.each(`SELECT 1 FROM pragma_table_list WHERE name = ?1 COLLATE NOCASE AND type <> 'table'
		UNION ALL SELECT 1 FROM pragma_table_xinfo(?1) WHERE hidden <> 0`, []any{table},
		func(*sql.Rows) error {
			return databaseError{fmt.Errorf("its %q is no table of its own, as that of the system is", table)}
		})
}

// has reports whether there is a table.
func (r *reader) has(table string) (there bool, err error) {
	err = r.each(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?`, []any{table}, func(*sql.Rows) error {
		there = true
		return nil
	})
	return there, err
}

// eachKey does something with each row of a query for keys, and with no more of them than are wanted.
func (r *reader) eachKey(query string, row func(*sql.Rows) error) error {
	most := -1 // which is no limit to SQLite
	if r.opts.Most > 0 {
		most = r.opts.Most
	}
	return r.each(query+` LIMIT ?`, []any{most}, row)
}

func (r *reader) each(query string, args []any, row func(*sql.Rows) error) error {
	rows, err := r.db.QueryContext(r.ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
