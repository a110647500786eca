package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// WithExisting lets Open open a store that is there and never make one, not
// even in an empty file.
func WithExisting() Option {
	return func(o *options) { o.existing = true }
}

// refuseForeign fails, before anything is changed, if the file at path is the
// database of another program or none at all.
func (s *Store) refuseForeign(ctx context.Context) error {
	var err error
	// A reader that takes no locks may meet a file while another process makes
	// a store of it, so what looks wrong is looked at again.
	for range 3 {
		if err = s.untilFree(ctx, func() error { return s.lookForTables(ctx) }); err == nil {
			return nil
		}
	}
	return err
}

func (s *Store) lookForTables(ctx context.Context) error {
	info, err := os.Stat(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !s.opts.existing:
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular(): // which prepareFile refuses
		return nil
	}
	var tables, ours int
	if info.Size() > 0 {
		db, err := openPool(lookSource(s.path), 1)
		if err != nil {
			return err
		}
		defer func() { _ = db.Close() }()
		if err := db.QueryRowContext(ctx,
			`SELECT count(*), count(CASE WHEN name IN (?, 'keys', 'counter', 'peppers') THEN 1 END)
			FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'`,
			versionTable).Scan(&tables, &ours); err != nil {
			return err
		}
	}
	const all = 4
	switch {
	case ours == all || tables == 0 && !s.opts.existing:
		return nil
	case tables == 0:
		return notAStore(s.path, "it is empty")
	}
	return notAStore(s.path, "it is the SQLite database of another program")
}

func notAStore(path, why string) error {
	return &apikey.Error{
		Code:    apikey.CodeUnavailable,
		Message: fmt.Sprintf("%s is not an Ostiary store: %s. Nothing was changed; name another file.", path, why),
	}
}

// lookSource names a connection that leaves no trace. Where there is no
// write-ahead log it neither locks the file nor makes others.
func lookSource(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil { // the log is next to the file itself
		path = target
	}
	values := url.Values{"mode": {"ro"}, "_query_only": {"1"}, "_busy_timeout": {"50"}}
	if log, err := os.Stat(path + "-wal"); err != nil || log.Size() == 0 {
		values.Set("immutable", "1")
	}
	return source(path, values)
}
