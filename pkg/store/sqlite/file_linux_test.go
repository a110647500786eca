package sqlite_test

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
)

// smallDisk returns a directory on a file system of its own.
func smallDisk(t *testing.T, size string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("cannot mount a small file system here: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, 0)) })
	return dir
}

// TestABackupOntoAFullDisk says so once, and leaves nothing there.
func TestABackupOntoAFullDisk(t *testing.T) {
	dir, path := smallDisk(t, "64k"), filepath.Join(t.TempDir(), "keys.db")
	insert(t, open(t, path), newKey("k"))
	err := sqlite.Backup(t.Context(), path, filepath.Join(dir, "backup.db"))
	require.EqualError(t, err, "the backup cannot be made: database or disk is full")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

// TestFullDisk fills a small file system of its own.
func TestFullDisk(t *testing.T) {
	dir := smallDisk(t, "2m")
	s := open(t, filepath.Join(dir, "keys.db"))
	var stored []*apikey.Key
	var err error
	for err == nil {
		k := newKey(rand.Text())
		if err = s.Write(t.Context(), func(tx apikey.Tx) error { return tx.Insert(t.Context(), k) }); err == nil {
			stored = append(stored, k)
		}
	}
	require.Equal(t, apikey.CodeUnavailable, apikey.ErrorCode(err))
	require.ErrorContains(t, err, "full; free some space")
	require.Greater(t, len(stored), 10)
	require.NoError(t, s.Check(t.Context()))
	keys, err := s.Keys(t.Context(), apikey.Query{OrgID: 1, Limit: 1 << 20})
	require.NoError(t, err, "reading goes on")
	require.Len(t, keys, len(stored))
}

// TestWithoutRights opens databases that the user must not write.
func TestWithoutRights(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "keys.db")
	s := open(t, path)
	insert(t, s, newKey("k"))
	require.NoError(t, s.Close())
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		require.NoError(t, os.Chmod(d, 0o755))
	}
	for _, test := range []struct {
		name    string
		path    string
		dir     os.FileMode
		file    os.FileMode
		message string
	}{
		{"no file and no right to make one", filepath.Join(dir, "new.db"), 0o555, 0o600, "let the program's user read and write the file and its directory"},
		{"a file that others may read", path, 0o777, 0o666, "run the program as the file's owner"},
		{"no right to the file", path, 0o777, 0o600, "let the program's user read and write " + path + " and its directory"},
		{"no right to the directory", path, 0o555, 0o600, "let the program's user read and write " + path + " and its directory"},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.NoError(t, os.Chmod(dir, test.dir))
			require.NoError(t, os.Chmod(path, test.file))
			if test.name == "no right to the directory" && os.Getuid() == 0 {
				require.NoError(t, os.Chown(path, nobody, nobody))
			}
			asNobody(t, func() {
				_, err := sqlite.Open(context.Background(), test.path)
				require.Equal(t, apikey.CodeUnavailable, apikey.ErrorCode(err))
				require.ErrorContains(t, err, test.message)
			})
		})
	}
	require.NoError(t, os.Chmod(dir, 0o755))
}

const nobody = 65534

// asNobody runs fn with nobody's rights to files instead of root's.
func asNobody(t *testing.T, fn func()) {
	if os.Getuid() != 0 {
		t.Skip("needs files of another owner, which only root can make")
	}
	runtime.LockOSThread() // the rights are the thread's
	defer runtime.UnlockOSThread()
	require.NoError(t, syscall.Setfsgid(nobody))
	require.NoError(t, syscall.Setfsuid(nobody))
	defer func() {
		require.NoError(t, syscall.Setfsuid(0))
		require.NoError(t, syscall.Setfsgid(0))
	}()
	fn()
}

// TestAStoreWhereNothingCanBeWritten is read as it is: in one file, with a log that a dead server left and without what
// an index of the log takes, and with both.
func TestAStoreWhereNothingCanBeWritten(t *testing.T) {
	dir := t.TempDir()
	path, backup := filepath.Join(dir, "keys.db"), filepath.Join(dir, "backup.db")
	cmd, out := process(t, "fill", path, "a")
	for range 20 {
		require.True(t, out.Scan())
	}
	require.NoError(t, sqlite.Backup(t.Context(), path, backup))
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	require.FileExists(t, path+"-wal")
	require.True(t, sqlite.Writable(path))
	if err := syscall.Mount(dir, dir, "", syscall.MS_BIND, ""); err != nil {
		t.Skipf("cannot mount here: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, 0)) })
	readOnly := func(on bool) {
		var flag uintptr
		if on {
			flag = syscall.MS_RDONLY
		}
		require.NoError(t, syscall.Mount("", dir, "", syscall.MS_BIND|syscall.MS_REMOUNT|flag, ""))
	}
	count := func(path string) int64 {
		t.Helper()
		require.False(t, sqlite.Writable(path))
		s, err := sqlite.Open(t.Context(), path, sqlite.WithReadOnly())
		require.NoError(t, err)
		require.NoError(t, s.Check(t.Context()))
		n, err := s.CountKeys(t.Context(), apikey.Query{OrgID: 1})
		require.NoError(t, err)
		require.Error(t, fill(t.Context(), s, "more"))
		require.NoError(t, s.Close())
		return n
	}
	readOnly(true)
	require.Positive(t, count(backup))
	require.GreaterOrEqual(t, count(path), int64(20))
	readOnly(false)
	require.NoError(t, os.Remove(path+"-shm"))
	readOnly(true)
	_, err := sqlite.Open(t.Context(), path, sqlite.WithReadOnly())
	require.ErrorContains(t, err, "keys.db-wal, and to read that takes the right to write to the directory")
	readOnly(false)
	s, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	readOnly(true)
	require.GreaterOrEqual(t, count(path), int64(20), "which is written to as with a log, and has none")
}
