package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// What a backup and a restore work on, in the directory where it goes in the end. Each has a lock beside it, which
// ends with its process; so what a killed one left can be told from what another is at.
const (
	backupPrefix  = ".ostiary-backup-"
	restorePrefix = ".ostiary-restore-"
	lockSuffix    = "-lock"
)

// unlockedAge is how long nobody may have written to one that has no lock, as from an older version, before it counts
// as left.
const unlockedAge = 10 * time.Minute

// workFile is a file that nobody else has anything to do with until it is removed or has another name.
type workFile struct {
	name string
	lock *os.File
}

// newWorkFile makes an empty file, of 0600, in a directory.
func newWorkFile(dir, prefix string) (*workFile, error) {
	for {
		lock, err := os.CreateTemp(dir, prefix+"*"+lockSuffix)
		if err != nil {
			return nil, err
		}
		w := &workFile{name: strings.TrimSuffix(lock.Name(), lockSuffix), lock: lock}
		if !lockWhole(lock) || !isStill(lock) { // somebody took it for one that was left
			_ = lock.Close()
			continue
		}
		f, err := os.OpenFile(w.name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
		if errors.Is(err, fs.ErrExist) {
			w.remove()
			continue
		}
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			w.remove()
			return nil, err
		}
		return w, nil
	}
}

// isStill reports whether a file that is open has its name still.
func isStill(f *os.File) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(f.Name())
	return err == nil && os.SameFile(mine, there)
}

// remove removes the file, if it is still there, and those that SQLite adds to it.
func (w *workFile) remove() {
	removeDatabase(w.name)
	_ = w.lock.Close() // first, where a file that is open cannot be removed
	_ = os.Remove(w.lock.Name())
}

// RemoveLeftovers removes from a directory what backups and restores left there that were killed: each is a whole copy
// of a store, or as much of it as was made. It returns how many there were.
func RemoveLeftovers(dir string) (removed int) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0
	}
	names := map[string]bool{}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), backupPrefix) && !strings.HasPrefix(e.Name(), restorePrefix) {
			continue
		}
		name := e.Name()
		for _, suffix := range []string{"-wal", "-shm", "-journal", lockSuffix} {
			name = strings.TrimSuffix(name, suffix)
		}
		names[filepath.Join(dir, name)] = true
	}
	for name := range names {
		if removeLeft(name) {
			removed++
		}
	}
	return removed
}

// removeLeft removes one that nobody is at.
func removeLeft(name string) bool {
	w := &workFile{name: name}
	var err error
	w.lock, err = os.OpenFile(name+lockSuffix, os.O_RDWR, 0)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) || writtenSince(name, time.Now().Add(-unlockedAge)) {
			return false
		}
		removeDatabase(name)
		_, err = os.Stat(name)
		return errors.Is(err, fs.ErrNotExist)
	}
	if !lockWhole(w.lock) || !locksTell && writtenSince(name, time.Now().Add(-unlockedAge)) {
		_ = w.lock.Close()
		return false
	}
	w.remove()
	return true
}

// writtenSince reports whether somebody wrote to a database after a moment.
func writtenSince(name string, moment time.Time) bool {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if info, err := os.Stat(name + suffix); err == nil && info.ModTime().After(moment) {
			return true
		}
	}
	return false
}
