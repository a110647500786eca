package sqlite_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
)

func TestFilesAreForTheOwnerAlone(t *testing.T) {
	mode := func(name string) fs.FileMode {
		info, err := os.Stat(name)
		require.NoError(t, err)
		return info.Mode().Perm()
	}
	path := filepath.Join(t.TempDir(), "keys.db")
	s := open(t, path)
	insert(t, s, newKey("k"))
	for _, suffix := range []string{"", "-wal", "-shm"} {
		require.Equal(t, fs.FileMode(0o600), mode(path+suffix), suffix)
	}
	require.NoError(t, s.Close())

	require.NoError(t, os.Chmod(path, 0o644)) // as a restored file may be
	require.NoError(t, os.WriteFile(path+"-wal", nil, 0o666))
	s = open(t, path)
	insert(t, s, newKey("l"))
	for _, suffix := range []string{"", "-wal", "-shm"} {
		require.Equal(t, fs.FileMode(0o600), mode(path+suffix), suffix)
	}
}

func TestPathsWithOddCharacters(t *testing.T) {
	for _, name := range []string{"a b.db", "100%.db", "what?.db", "a#b.db", "ä&=.db", "%41.db", "file:x.db"} {
		path := filepath.Join(t.TempDir(), name)
		s := open(t, path)
		insert(t, s, newKey("k"))
		require.NoError(t, s.Close())
		require.FileExists(t, path)
	}
	t.Chdir(t.TempDir())
	open(t, "relative.db")
	require.FileExists(t, "relative.db")
}

// TestOpenSaysWhatIsWrong looks at the errors that an administrator meets.
func TestOpenSaysWhatIsWrong(t *testing.T) {
	good := filepath.Join(t.TempDir(), "good.db")
	s := open(t, good)
	for i := range 200 {
		insert(t, s, newKey(string(rune('a'+i%26))+rand.Text()))
	}
	require.NoError(t, s.Close())
	whole, err := os.ReadFile(good)
	require.NoError(t, err)

	for _, test := range []struct {
		name  string
		path  func(dir string) string
		wants []string
	}{
		{"no directory", func(dir string) string { return filepath.Join(dir, "none", "keys.db") }, []string{"none/keys.db cannot be opened", "make the directory", "none first"}},
		{"a directory", func(dir string) string { return dir }, []string{"not a file", "name a file"}},
		{"not a database", func(dir string) string {
			return put(t, dir, []byte("This is a text file of some length, and surely no database at all."))
		}, []string{"keys.db is not a SQLite database", "restore a backup"}},
		{"a damaged database", func(dir string) string {
			damaged := append([]byte{}, whole...)
			_, _ = rand.Read(damaged[100:4096]) // the page that holds the schema
			return put(t, dir, damaged)
		}, []string{"is damaged", "restore a backup"}},
		{"a newer schema", func(dir string) string {
			path := put(t, dir, whole)
			db, err := sql.Open("sqlite3", path)
			require.NoError(t, err)
			_, err = db.Exec(`INSERT INTO schema_versions (version_id, is_applied) VALUES (999, 1)`)
			require.NoError(t, err)
			require.NoError(t, db.Close())
			return path
		}, []string{"schema version 999", "newer version of Ostiary", "restore a backup"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := test.path(t.TempDir())
			_, err := sqlite.Open(t.Context(), path)
			require.Error(t, err)
			require.Equal(t, apikey.CodeUnavailable, apikey.ErrorCode(err))
			for _, want := range test.wants {
				require.ErrorContains(t, err, want)
			}
		})
	}
}

func put(t *testing.T, dir string, content []byte) string {
	t.Helper()
	path := filepath.Join(dir, "keys.db")
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}

func TestDamageIsToldInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	s := open(t, path)
	for range 600 {
		insert(t, s, newKey(rand.Text()))
	}
	require.NoError(t, s.Close())
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	info, err := f.Stat()
	require.NoError(t, err)
	noise := make([]byte, info.Size()/2)
	_, _ = rand.Read(noise)
	_, err = f.WriteAt(noise, info.Size()/2)
	require.NoError(t, err)
	require.NoError(t, f.Close())

	s, err = sqlite.Open(t.Context(), path)
	require.NoError(t, err, "the schema is whole")
	t.Cleanup(func() { _ = s.Close() })
	err = s.Check(t.Context())
	require.Error(t, err)
	_, err = s.Load(t.Context(), apikey.Scope{}, func([]apikey.Record) {})
	require.Equal(t, apikey.CodeUnavailable, apikey.ErrorCode(err))
	require.ErrorContains(t, err, "is damaged; stop the program and restore a backup")
}

func TestFileThatWasMovedAway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	s, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	k := newKey("k")
	insert(t, s, k)
	require.NoError(t, os.Rename(path, path+".away"))
	for range 2 {
		for name, err := range map[string]error{
			"ping":  s.Ping(t.Context()),
			"write": s.Write(t.Context(), func(tx apikey.Tx) error { return tx.Update(t.Context(), k) }),
			"feed":  func() error { _, _, err := s.Changes(t.Context(), 0, 1); return err }(),
		} {
			require.Equal(t, apikey.CodeUnavailable, apikey.ErrorCode(err), name)
			require.ErrorContains(t, err, "was moved, removed or replaced", name)
		}
		require.NoError(t, os.WriteFile(path, nil, 0o600)) // another file is no help
	}
	require.NoError(t, os.Rename(path+".away", path))
	require.NoError(t, s.Ping(t.Context()), "the file is back")
	insert(t, s, newKey("l"))
}

func TestLockHeldTooLong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	s := open(t, path, sqlite.WithBusyTimeout(150*time.Millisecond))
	db, err := sql.Open("sqlite3", path+"?_txlock=exclusive")
	require.NoError(t, err)
	tx, err := db.Begin()
	require.NoError(t, err)
	for name, call := range map[string]func(context.Context) error{
		"write": func(ctx context.Context) error { return s.Write(ctx, func(apikey.Tx) error { return nil }) },
		"usage": func(ctx context.Context) error {
			return s.RecordUsage(ctx, apikey.UsageBatch{Uses: []apikey.KeyUsage{{}}})
		},
	} {
		err := call(t.Context())
		require.Equal(t, apikey.CodeUnavailable, apikey.ErrorCode(err), name)
		require.ErrorContains(t, err, "another process holds", name)
	}
	require.NoError(t, s.Ping(t.Context()), "reading does not wait")
	second := open(t, path) // nor does opening, if the schema is up to date
	require.NoError(t, second.Ping(t.Context()))
	require.NoError(t, tx.Rollback())
	require.NoError(t, db.Close())
	insert(t, s, newKey("k"))
}

// TestAStoreThatIsReadStaysAsItIs looks at a backup of this version, and at one of another.
func TestAStoreThatIsReadStaysAsItIs(t *testing.T) {
	_, _, backup := backedUp(t)
	look := func(wants string) {
		t.Helper()
		before, err := os.ReadFile(backup)
		require.NoError(t, err)
		s, err := sqlite.Open(t.Context(), backup, sqlite.WithReadOnly())
		if wants == "" {
			require.NoError(t, err)
			require.NoError(t, s.Check(t.Context()))
			require.Error(t, fill(t.Context(), s, "more"))
			require.NoError(t, s.Close())
		} else {
			require.ErrorContains(t, err, wants)
		}
		after, err := os.ReadFile(backup)
		require.NoError(t, err)
		require.Equal(t, before, after)
		beside, err := filepath.Glob(backup + "-*")
		require.NoError(t, err)
		require.Empty(t, beside)
	}
	look("")
	db, err := sql.Open("sqlite3", backup)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `DELETE FROM schema_versions WHERE version_id > 70`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	look("is of an older version of Ostiary")
	require.NoError(t, os.Remove(backup))
	_, err = sqlite.Open(t.Context(), backup, sqlite.WithReadOnly())
	require.ErrorIs(t, err, fs.ErrNotExist)
}
