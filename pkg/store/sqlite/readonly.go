package sqlite

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"

	sqlite3 "github.com/mattn/go-sqlite3"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// WithReadOnly lets Open open a store that is there to read it alone: nothing of it is changed, and no file is made
// beside it. Its schema must be that of this version. Calls that write fail.
func WithReadOnly() Option {
	return func(o *options) { o.existing, o.readOnly = true, true }
}

// Writable reports whether a database that is there, and its directory, can be written to, as Open needs it.
func Writable(path string) bool {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	return mayWrite(path) && mayWrite(filepath.Dir(path))
}

// openToRead opens a store that was prepared with WithReadOnly.
func openToRead(ctx context.Context, s *Store) (_ *Store, err error) {
	if s.file, err = os.Stat(s.path); err != nil {
		return nil, openError(s.path, err)
	}
	if !s.file.Mode().IsRegular() {
		return nil, openError(s.path, errors.New("it is not a file; name a file for the database"))
	}
	if err := s.refuseForeign(ctx); err != nil {
		return nil, s.readError(err)
	}
	if s.read, err = openPool(onlyReadSource(s.path), max(4, runtime.NumCPU())); err != nil {
		return nil, openError(s.path, err)
	}
	s.write = s.read // on which every change fails
	err = s.read.PingContext(ctx)
	if err == nil {
		err = s.refuseOlder(ctx)
	}
	if err == nil {
		err = s.refuseUnfinished(ctx)
	}
	if err != nil {
		_ = s.Close()
		return nil, s.readError(err)
	}
	return s, nil
}

// refuseOlder fails for a schema that is not this version's: bringing it up to date would change the store.
func (s *Store) refuseOlder(ctx context.Context) error {
	versions, provider, err := migrations(s.read)
	if err != nil {
		return err
	}
	sources := provider.ListSources()
	newest := sources[len(sources)-1].Version
	current, err := s.schemaVersion(ctx, s.read, versions, newest)
	if err != nil || current == newest {
		return err
	}
	return &apikey.Error{
		Code: apikey.CodeUnavailable,
		Message: fmt.Sprintf("The key store %s is of an older version of Ostiary (its schema has the version %d, and that of this program is %d), and cannot be read as it is. Restore it into a data directory of its own, and look at it there.",
			s.path, current, newest),
	}
}

// readError says why a store cannot be read where nothing can be written.
func (s *Store) readError(err error) error {
	switch engineCode(err) {
	case sqlite3.ErrCantOpen, sqlite3.ErrReadonly, sqlite3.ErrPerm:
		if info, lost := os.Stat(s.path + "-wal"); lost == nil && info.Size() > 0 {
			err = fmt.Errorf("what was stored last is in its log, %s-wal, and to read that takes the right to write to the directory %s; copy both files to a directory of your own, and look at the copy",
				s.path, filepath.Dir(s.path))
		}
	}
	return openError(s.path, err)
}

// onlyReadSource names connections that neither change the file nor make others. Without a log and a server that has
// it open, they lock nothing either.
func onlyReadSource(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil { // the log is next to the file itself
		path = target
	}
	values := url.Values{"mode": {"ro"}, "_query_only": {"1"}, "_mutex": {"no"}, "_busy_timeout": {"5000"},
		"_stmt_cache_size": {"64"}, "_cache_size": {"-8192"}}
	if log, err := os.Stat(path + "-wal"); (err != nil || log.Size() == 0) && !lockedByOther(path) {
		values.Set("immutable", "1")
	}
	return source(path, values)
}
