package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// Backup copies the database at path into a new file, whole or not at all: as it
// is at one moment, in one file, with the schema that it has. Servers may be
// using it, and are not held up.
func Backup(ctx context.Context, path, file string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	s := &Store{path: path, opts: options{existing: true, busyTimeout: 5 * time.Second}}
	if err := s.refuseForeign(ctx); err != nil {
		return err
	}
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("%s: %w; a backup is never written over: name another file", file, fs.ErrExist)
	}
	dir, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return err
	}
	_ = RemoveLeftovers(dir)
	tmp, err := newWorkFile(dir, backupPrefix)
	if err != nil {
		return fmt.Errorf("the backup cannot be made: %w", err)
	}
	defer tmp.remove()
	if err := copyPages(ctx, path, tmp.name); err != nil {
		return fmt.Errorf("the backup cannot be made: %w", err)
	}
	if err := oneFile(ctx, tmp.name); err != nil {
		return fmt.Errorf("the backup cannot be made: %w", err)
	}
	if err := placeNew(tmp.name, file); err != nil {
		return fmt.Errorf("the backup cannot be put in its place: %w", err)
	}
	return nil
}

// pagesAtOnce is how many pages are copied between two looks at the context.
const pagesAtOnce = 4096

// copyPages copies a database page by page. A transaction that reads holds one
// state of it for as long as that takes.
func copyPages(ctx context.Context, from, to string) error {
	source, err := openPool(source(from, url.Values{"mode": {"rw"}, "_busy_timeout": {"5000"}}), 1)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	target, err := openPool(sourceUnsafe(to), 1)
	if err != nil {
		return err
	}
	read, err := source.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = read.Close() }()
	for _, statement := range []string{`BEGIN`, `SELECT seq FROM counter`} {
		if _, err := read.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	write, err := target.Conn(ctx)
	if err != nil {
		return err
	}
	err = write.Raw(func(into any) error {
		return read.Raw(func(of any) error {
			return copySteps(ctx, into.(*sqlite3.SQLiteConn), of.(*sqlite3.SQLiteConn))
		})
	})
	return errors.Join(err, write.Close(), target.Close())
}

func copySteps(ctx context.Context, to, from *sqlite3.SQLiteConn) error {
	b, err := to.Backup("main", from, "main")
	if err != nil {
		return err
	}
	for {
		done, err := b.Step(pagesAtOnce)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			_ = b.Finish() // which says the same again
			return err
		}
		if done {
			return b.Finish()
		}
	}
}

// sourceUnsafe names a connection to a file that nobody needs until it was
// synced as a whole.
func sourceUnsafe(path string) string {
	return source(path, url.Values{"mode": {"rw"}, "_synchronous": {"OFF"}, "_busy_timeout": {"5000"}})
}

// oneFile turns a database that nobody uses into a single file, without a log,
// checks that it is whole, and makes it durable.
func oneFile(ctx context.Context, path string) error {
	db, err := openPool(sourceUnsafe(path), 1)
	if err != nil {
		return err
	}
	var mode, whole string
	err = db.QueryRowContext(ctx, `PRAGMA journal_mode = DELETE`).Scan(&mode)
	if err == nil {
		err = db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&whole)
	}
	if err == nil && whole != "ok" {
		err = fmt.Errorf("the database is damaged: %s", whole)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	return syncFile(path)
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// placeNew gives a file another name in its directory, at which there must be
// nothing.
func placeNew(from, to string) error {
	if err := os.Link(from, to); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := os.Rename(from, to); err != nil { // where there are no hard links
			return err
		}
	}
	return syncDir(filepath.Dir(to))
}

// removeDatabase removes a file and those that SQLite adds to it.
func removeDatabase(path string) {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		_ = os.Remove(path + suffix)
	}
}

// Restored says what a restore did.
type Restored struct {
	Keys     int64  // in the store now
	Replaced string // where the store is that was there before; empty if there was none
}

// InUse reports whether another process has the database open. Where that cannot be seen it is false, and Restore finds
// out.
func InUse(path string) bool { return lockedByOther(path) }

// ErrInUse is what a restore fails with while a process has the store open.
var ErrInUse = errors.New("a server has the store open; stop it first")

// atStep is called before each step of a restore by tests.
var atStep = func(string) {}

// Restore puts a backup in the place of the database at path, in one step: a
// crash at any moment leaves the one or the other, whole. What was there before
// is kept next to it, with what a dead server had not moved into the file. Fits
// may refuse the backup, which it sees as an open store.
func Restore(ctx context.Context, backup, path string, fits func(*Store) error) (r Restored, err error) {
	if path, err = filepath.Abs(path); err != nil {
		return r, err
	}
	if target, err := filepath.EvalSymlinks(path); err == nil { // the log is next to the file itself
		path = target
	}
	dir := filepath.Dir(path)
	_ = RemoveLeftovers(dir)
	work, err := newWorkFile(dir, restorePrefix)
	if err != nil {
		return r, fmt.Errorf("the backup cannot be copied: %w", err)
	}
	defer work.remove()
	tmp := work.name
	if err := copyDatabase(backup, tmp); err != nil {
		return r, fmt.Errorf("the backup cannot be read: %w", err)
	}
	atStep("copied")
	if r.Keys, err = examine(ctx, tmp, fits); err != nil {
		return r, &backupError{backup, tmp, err}
	}
	atStep("examined")
	old, err := hold(ctx, path)
	if err != nil {
		return r, err
	}
	defer old.release()
	atStep("held")
	if r.Replaced, err = old.keep(); err != nil {
		return r, fmt.Errorf("the store that is there cannot be kept: %w", err)
	}
	atStep("kept")
	place := os.Rename
	if r.Replaced == "" {
		place = placeNew // a server may have made one just now
	}
	if err := errors.Join(ownAs(tmp, path), place(tmp, path)); err != nil {
		return r, fmt.Errorf("the backup cannot be put in its place: %w", err)
	}
	atStep("placed")
	return r, syncDir(dir)
}

// copyDatabase copies a backup into an empty file, with the log that it may have:
// it can be a plain copy of a store's files.
func copyDatabase(backup, to string) error {
	info, err := os.Stat(backup)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file", backup)
	}
	f, err := os.OpenFile(to, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(copyInto(f, backup), f.Close()); err != nil {
		return err
	}
	log, err := os.OpenFile(to+"-wal", os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	err = copyInto(log, backup+"-wal")
	if errors.Is(err, fs.ErrNotExist) {
		err = os.Remove(log.Name())
	}
	return errors.Join(err, log.Close())
}

func copyInto(to *os.File, name string) error {
	from, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	_, err = to.ReadFrom(from)
	return err
}

// examine brings a copy of a backup to this version's schema and looks whether
// a server could use it.
func examine(ctx context.Context, tmp string, fits func(*Store) error) (keys int64, err error) {
	s, err := Open(ctx, tmp, WithExisting())
	if err != nil {
		return 0, err
	}
	err = s.Check(ctx)
	if err == nil {
		err = fits(s)
	}
	if err == nil {
		err = s.read.QueryRowContext(ctx, `SELECT count(*) FROM keys`).Scan(&keys)
	}
	if err := errors.Join(err, s.Close()); err != nil {
		return 0, err
	}
	return keys, oneFile(ctx, tmp)
}

// held is a database that is to be replaced, and that nobody else can use until
// release.
type held struct {
	path string
	db   *sql.DB // nil if there is none, or none that can be read
}

// hold keeps others from a database, and moves into it what a dead server left
// in its log. A file that is no database any more is held as well as can be.
func hold(ctx context.Context, path string) (*held, error) {
	h := &held{path: path}
	if _, err := os.Stat(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return h, err
	}
	if lockedByOther(path) {
		return nil, ErrInUse
	}
	db, err := openPool(source(path, url.Values{"mode": {"rw"}, "_busy_timeout": {"1000"}}), 1)
	if err != nil {
		return nil, err
	}
	var mode string
	err = db.QueryRowContext(ctx, `PRAGMA journal_mode = DELETE`).Scan(&mode) // fails while anybody has it open
	if err == nil {
		_, err = db.ExecContext(ctx, `BEGIN EXCLUSIVE`)
	}
	switch code := engineCode(err); {
	case err == nil:
		h.db = db
		return h, nil
	case code == sqlite3.ErrNotADB || code == sqlite3.ErrCorrupt:
		return h, db.Close()
	case code == sqlite3.ErrBusy || code == sqlite3.ErrLocked:
		return nil, errors.Join(ErrInUse, db.Close())
	}
	return nil, errors.Join(fmt.Errorf("the store that is there cannot be opened: %w", err), db.Close())
}

func engineCode(err error) sqlite3.ErrNo {
	var engine sqlite3.Error
	errors.As(err, &engine)
	return engine.Code
}

// keep gives the database a second name, and renames its log and the like: the
// next database of the old name must not find them.
func (h *held) keep() (name string, err error) {
	name = fmt.Sprintf("%s.replaced-%s", h.path, time.Now().UTC().Format("20060102T150405.000000000Z"))
	for _, suffix := range []string{"-wal", "-shm", "-journal"} { // of a file that is damaged, or gone
		if err := os.Rename(h.path+suffix, name+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	err = os.Link(h.path, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case errors.Is(err, fs.ErrExist):
		return "", err
	case err != nil: // where there are no hard links, there is a moment without a store
		err = os.Rename(h.path, name)
	}
	return name, err
}

func (h *held) release() {
	if h.db != nil {
		_ = h.db.Close()
	}
}

// backupError is an error about the copy of a backup that names the backup.
type backupError struct {
	backup, tmp string
	err         error
}

func (e *backupError) Error() string {
	return fmt.Sprintf("%s cannot be restored: %s", e.backup, strings.ReplaceAll(e.err.Error(), e.tmp, e.backup))
}
