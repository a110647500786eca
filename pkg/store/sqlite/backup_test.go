package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
)

// fill adds a key, and with it an entry to the audit trail, in one transaction.
func fill(ctx context.Context, s *sqlite.Store, name string) error {
	return s.Write(ctx, func(tx apikey.Tx) error {
		k := newKey(name)
		if err := tx.Insert(ctx, k); err != nil {
			return err
		}
		return tx.AppendAudit(ctx, &apikey.AuditEntry{OrgID: 1, At: k.CreatedAt, Actor: "test", Action: apikey.ActionCreate, KeyID: k.ID, KeyName: name})
	})
}

// actFill adds keys until it is killed, and prints each that is stored.
func actFill(ctx context.Context, path string, args []string) error {
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		name := fmt.Sprint(args[0], i)
		if err := fill(ctx, s, name); err != nil {
			return err
		}
		fmt.Println(name)
	}
}

// actRestore restores a backup and is killed at a step.
func actRestore(ctx context.Context, path string, args []string) error {
	sqlite.AtStep(func(step string) {
		if step == args[1] {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	})
	_, err := sqlite.Restore(ctx, args[0], path, fitsAll)
	return err
}

func fitsAll(*sqlite.Store) error { return nil }

// keyNames returns the names of all keys in a store that nobody has open, after
// a look whether it is whole.
func keyNames(t *testing.T, path string) (names []string) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, s.Check(t.Context()))
	keys, err := s.Keys(t.Context(), apikey.Query{OrgID: 1, Sort: apikey.SortNumber, Limit: 1 << 20})
	require.NoError(t, err)
	trail, err := s.Audit(t.Context(), apikey.AuditQuery{OrgID: 1, Limit: 1 << 20})
	require.NoError(t, err)
	require.Len(t, trail, len(keys), "a transaction is in it as a whole, or not at all")
	require.NoError(t, s.Close())
	for _, k := range keys {
		names = append(names, k.Name)
	}
	return names
}

// TestBackupOfAStoreInUse makes a backup while another process writes, kills
// that with a full log, and restores under what it left behind.
func TestBackupOfAStoreInUse(t *testing.T) {
	dir := t.TempDir()
	path, backup := filepath.Join(dir, "keys.db"), filepath.Join(dir, "backup.db")
	cmd, out := process(t, "fill", path, "a")
	var before []string
	for len(before) < 50 && out.Scan() {
		before = append(before, out.Text())
	}
	require.NoError(t, sqlite.Backup(t.Context(), path, backup))
	var after []string
	for len(after) < 50 && out.Scan() {
		after = append(after, out.Text())
	}
	require.Len(t, after, 50, "a backup holds no writer up")
	info, err := os.Stat(backup)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	require.NoFileExists(t, backup+"-wal")

	_, err = sqlite.Restore(t.Context(), backup, path, fitsAll)
	require.ErrorIs(t, err, sqlite.ErrInUse)
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	log, err := os.Stat(path + "-wal")
	require.NoError(t, err)
	require.NotZero(t, log.Size(), "what a dead server leaves behind")

	restored, err := sqlite.Restore(t.Context(), backup, path, fitsAll)
	require.NoError(t, err)
	require.NoFileExists(t, path+"-wal")
	got := keyNames(t, path)
	require.EqualValues(t, len(got), restored.Keys)
	require.Subset(t, got, before)
	require.NotContains(t, got, after[len(after)-1], "the log of the dead server is not in it")
	kept := keyNames(t, restored.Replaced)
	require.Subset(t, kept, append(before, after...), "the store that was there is kept, with its log")
	require.Equal(t, kept[:len(got)], got)

	require.ErrorIs(t, sqlite.Backup(t.Context(), path, backup), fs.ErrExist)
	left, err := filepath.Glob(filepath.Join(dir, ".ostiary-*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// TestACrashInARestore leaves the old store or the new one, whichever step it
// comes at.
func TestACrashInARestore(t *testing.T) {
	for _, step := range []string{"copied", "examined", "held", "kept", "placed"} {
		t.Run(step, func(t *testing.T) {
			dir := t.TempDir()
			path, backup := filepath.Join(dir, "keys.db"), filepath.Join(dir, "backup.db")
			cmd, out := process(t, "fill", path, "a")
			for range 20 {
				require.True(t, out.Scan())
			}
			require.NoError(t, sqlite.Backup(t.Context(), path, backup))
			saved := keyNames(t, backup)
			last := ""
			for last == "" || slices.Contains(saved, last) { // the process is ahead of what it says
				require.True(t, out.Scan())
				last = out.Text()
			}
			require.NoError(t, cmd.Process.Kill())
			_ = cmd.Wait()

			crashed, said := process(t, "restore", path, backup, step)
			require.False(t, said.Scan())
			var exit interface{ ExitCode() int }
			require.ErrorAs(t, crashed.Wait(), &exit)
			require.Equal(t, -1, exit.ExitCode(), "it was killed")
			require.NotEmpty(t, leftIn(t, dir))
			names := keyNames(t, path)
			require.Equal(t, step != "placed", slices.Contains(names, last), "the old store before that step, and the new one behind it")
			_, err := sqlite.Restore(t.Context(), backup, path, fitsAll)
			require.NoError(t, err, "and it can be done again")
			require.NotContains(t, keyNames(t, path), last)
			require.Empty(t, leftIn(t, dir), "nothing of the first is left")
		})
	}
}

// leftIn are the files of backups and restores that are under way, or were.
func leftIn(t *testing.T, dir string) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, ".ostiary-*"))
	require.NoError(t, err)
	return left
}

// backedUp makes a store that holds one key, and a backup of it beside it.
func backedUp(t *testing.T) (dir, path, backup string) {
	t.Helper()
	dir = t.TempDir()
	path, backup = filepath.Join(dir, "keys.db"), filepath.Join(dir, "backup.db")
	s, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, fill(t.Context(), s, "kept"))
	require.NoError(t, sqlite.Backup(t.Context(), path, backup))
	require.NoError(t, s.Close())
	return dir, path, backup
}

// TestWhatAKilledRestoreLeft goes when a server starts, or another backup or restore. What one is at stays.
func TestWhatAKilledRestoreLeft(t *testing.T) {
	dir, path, backup := backedUp(t)
	require.Zero(t, sqlite.RemoveLeftovers(dir))
	require.Zero(t, sqlite.RemoveLeftovers(filepath.Join(dir, "nowhere")))

	_, said := process(t, "restore", path, backup, "examined")
	require.False(t, said.Scan())
	require.NotEmpty(t, leftIn(t, dir))
	_, err := sqlite.Restore(t.Context(), backup, path, func(*sqlite.Store) error {
		at := len(leftIn(t, dir))
		require.Positive(t, at)
		require.Zero(t, sqlite.RemoveLeftovers(dir), "a restore is at it")
		require.Len(t, leftIn(t, dir), at)
		return nil
	})
	require.NoError(t, err)
	require.Empty(t, leftIn(t, dir))

	_, said = process(t, "restore", path, backup, "copied")
	require.False(t, said.Scan())
	require.Equal(t, 1, sqlite.RemoveLeftovers(dir))
	require.Empty(t, leftIn(t, dir))
	require.Equal(t, []string{"kept"}, keyNames(t, path))

	// Those of an older version have no lock.
	old := filepath.Join(dir, ".ostiary-restore-123456")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		require.NoError(t, os.WriteFile(old+suffix, []byte("x"), 0o600))
	}
	require.Zero(t, sqlite.RemoveLeftovers(dir), "it may be under way")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		require.NoError(t, os.Chtimes(old+suffix, time.Time{}, time.Now().Add(-time.Hour)))
	}
	require.Equal(t, 1, sqlite.RemoveLeftovers(dir))
	require.Empty(t, leftIn(t, dir))
}

func TestARestoreThatIsRefused(t *testing.T) {
	dir := t.TempDir()
	path, backup := filepath.Join(dir, "keys.db"), filepath.Join(dir, "backup.db")
	s, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, fill(t.Context(), s, "kept"))
	require.NoError(t, sqlite.Backup(t.Context(), path, backup))
	_, err = sqlite.Restore(t.Context(), backup, path, fitsAll)
	require.ErrorIs(t, err, sqlite.ErrInUse, "also in this process")
	require.NoError(t, s.Close())

	foreign := filepath.Join(dir, "foreign.db")
	db, err := sql.Open("sqlite3", foreign)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `CREATE TABLE x (y)`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	half := filepath.Join(dir, "half.db")
	whole, err := os.ReadFile(backup)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(half, whole[:len(whole)/2], 0o600))
	newer := filepath.Join(dir, "newer.db")
	require.NoError(t, os.WriteFile(newer, whole, 0o600))
	db, err = sql.Open("sqlite3", newer)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `INSERT INTO schema_versions (version_id, is_applied) VALUES (999, 1)`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	for _, c := range []struct {
		file  string
		fits  func(*sqlite.Store) error
		wants string
	}{
		{filepath.Join(dir, "none.db"), fitsAll, "no such file"},
		{dir, fitsAll, "is not a file"},
		{foreign, fitsAll, "it is the SQLite database of another program"},
		{half, fitsAll, "damaged"},
		{newer, fitsAll, "a newer version of Ostiary"},
		{backup, func(*sqlite.Store) error { return errors.New("it has another pepper") }, "it has another pepper"},
	} {
		_, err := sqlite.Restore(t.Context(), c.file, path, c.fits)
		require.ErrorContains(t, err, c.wants)
		require.NotContains(t, err.Error(), ".ostiary-restore", "the file that was named is named")
		require.Equal(t, []string{"kept"}, keyNames(t, path))
	}
	left, err := filepath.Glob(filepath.Join(dir, ".ostiary-*"))
	require.NoError(t, err)
	require.Empty(t, left)
	require.Error(t, sqlite.Backup(t.Context(), foreign, filepath.Join(dir, "b")))
	require.Error(t, sqlite.Backup(t.Context(), filepath.Join(dir, "none.db"), filepath.Join(dir, "b")))
	require.NoFileExists(t, filepath.Join(dir, "b"))
}

// TestRestoreWhereThereIsNoStore restores into an empty directory, over a store
// that is damaged, and under a log that belongs to nothing.
func TestRestoreWhereThereIsNoStore(t *testing.T) {
	dir, path, backup := backedUp(t)

	empty := filepath.Join(t.TempDir(), "keys.db")
	r, err := sqlite.Restore(t.Context(), backup, empty, fitsAll)
	require.NoError(t, err)
	require.Empty(t, r.Replaced)
	require.Equal(t, []string{"kept"}, keyNames(t, empty))

	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("damaged ", 4096)), 0o600))
	require.NoError(t, os.WriteFile(path+"-wal", []byte("log"), 0o600))
	r, err = sqlite.Restore(t.Context(), backup, path, fitsAll)
	require.NoError(t, err)
	require.FileExists(t, r.Replaced)
	require.NoFileExists(t, path+"-wal")
	require.Equal(t, []string{"kept"}, keyNames(t, path))

	// A plain copy of the files of a store in use, log and all, is a backup too.
	cmd, out := process(t, "fill", filepath.Join(dir, "live.db"), "b")
	for range 20 {
		require.True(t, out.Scan())
	}
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	for _, suffix := range []string{"", "-wal"} {
		from, err := os.Open(filepath.Join(dir, "live.db") + suffix)
		require.NoError(t, err)
		to, err := os.Create(filepath.Join(dir, "copy.db") + suffix)
		require.NoError(t, err)
		_, err = io.Copy(to, from)
		require.NoError(t, err)
		require.NoError(t, errors.Join(from.Close(), to.Close()))
	}
	_, err = sqlite.Restore(t.Context(), filepath.Join(dir, "copy.db"), path, fitsAll)
	require.NoError(t, err)
	require.Contains(t, keyNames(t, path), "b19")
}
