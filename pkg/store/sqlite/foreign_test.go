package sqlite_test

import (
	"crypto/rand"
	"database/sql"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/store/sqlite"
)

// files are the contents and modes of all files in a directory.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		info, err := e.Info()
		require.NoError(t, err)
		all[e.Name()] = info.Mode().String() + " " + string(content)
	}
	return all
}

// A database of another program is refused, and no byte or mode of it changes.
func TestForeignDatabasesAreLeftAlone(t *testing.T) {
	for name, statements := range map[string][]string{
		"a database":               {`CREATE TABLE dashboard (id INTEGER PRIMARY KEY)`},
		"with a write-ahead log":   {`PRAGMA journal_mode = WAL`, `CREATE TABLE dashboard (id INTEGER PRIMARY KEY)`},
		"with tables named alike":  {`CREATE TABLE keys (id TEXT)`, `CREATE TABLE schema_versions (version_id INTEGER)`},
		"with a view for one of 4": {`CREATE TABLE keys (id TEXT)`, `CREATE TABLE counter (n)`, `CREATE TABLE peppers (n)`, `CREATE VIEW schema_versions AS SELECT 1`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "keys.db")
			db, err := sql.Open("sqlite3", path)
			require.NoError(t, err)
			db.SetMaxOpenConns(1)
			for _, s := range statements {
				_, err := db.Exec(s)
				require.NoError(t, err)
			}
			require.NoError(t, db.Close())
			require.NoError(t, os.Chmod(path, 0o644))
			before := files(t, dir)
			for _, opts := range [][]sqlite.Option{nil, {sqlite.WithExisting()}, {sqlite.WithUnfinished()}} {
				_, err = sqlite.Open(t.Context(), path, opts...)
				require.ErrorContains(t, err, path+" is not an Ostiary store: it is the SQLite database of another program. Nothing was changed")
				require.Equal(t, before, files(t, dir))
			}
		})
	}
}

// What another program has written lies in its write-ahead log alone.
func TestForeignDatabaseInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	db, err := sql.Open("sqlite3", path)
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	for _, s := range []string{`PRAGMA journal_mode = WAL`, `PRAGMA wal_autocheckpoint = 0`, `CREATE TABLE dashboard (id INTEGER PRIMARY KEY)`} {
		_, err := db.Exec(s)
		require.NoError(t, err)
	}
	require.NoError(t, os.Chmod(path, 0o644))
	_, err = sqlite.Open(t.Context(), path)
	require.ErrorContains(t, err, "is not an Ostiary store")
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o644), info.Mode().Perm())
	var tables int
	require.NoError(t, db.QueryRow(`SELECT count(*) FROM sqlite_schema`).Scan(&tables))
	require.Equal(t, 1, tables)
}

func TestNoDatabaseIsLeftAlone(t *testing.T) {
	path := put(t, t.TempDir(), []byte(rand.Text()+rand.Text()+rand.Text()+rand.Text()+rand.Text()+" is no database"))
	require.NoError(t, os.Chmod(path, 0o644))
	before := files(t, filepath.Dir(path))
	_, err := sqlite.Open(t.Context(), path)
	require.ErrorContains(t, err, "is not a SQLite database")
	require.Equal(t, before, files(t, filepath.Dir(path)))
}

// An empty file becomes a store, unless one must be there.
func TestEmptyFiles(t *testing.T) {
	path := put(t, t.TempDir(), nil)
	_, err := sqlite.Open(t.Context(), path, sqlite.WithExisting())
	require.ErrorContains(t, err, "is not an Ostiary store: it is empty")
	require.NoError(t, os.Remove(path))
	_, err = sqlite.Open(t.Context(), path, sqlite.WithExisting())
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoFileExists(t, path)
	insert(t, open(t, path), newKey("k"))
	open(t, path, sqlite.WithExisting())
}
