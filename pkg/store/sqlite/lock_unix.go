//go:build unix

package sqlite

import (
	"os"
	"path/filepath"
	"syscall"
)

// The bytes of a database file that SQLite locks.
const (
	lockedFrom = 0x40000000
	lockedSize = 512
)

// lockedByOther reports whether another process has the database open with a
// write-ahead log, also if it is damaged. The file must not be open in this
// process: closing it ends its locks.
func lockedByOther(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Start: lockedFrom, Len: lockedSize}
	err = syscall.FcntlFlock(f.Fd(), syscall.F_GETLK, &lock)
	return err == nil && lock.Type != syscall.F_UNLCK
}

// mayWrite reports whether a file or directory can be written to.
func mayWrite(name string) bool {
	const w = 2
	return syscall.Access(name, w) == nil
}

// locksTell says that lockWhole tells whether another process is at a file.
const locksTell = true

// lockWhole locks a file as a whole until it is closed, and returns false if somebody else has. It has nothing to do
// with the locks of SQLite, which end when any file in their place is closed.
func lockWhole(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

// syncDir makes a new name in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	return d.Sync()
}

// ownAs gives a file, where that is allowed, to whom another one belongs, or
// its directory if that is not there: the server may be another user than the
// one who restores its store.
func ownAs(name, other string) error {
	info, err := os.Stat(other)
	if err != nil {
		if info, err = os.Stat(filepath.Dir(other)); err != nil {
			return err
		}
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		return os.Chown(name, int(stat.Uid), int(stat.Gid))
	}
	return nil
}
