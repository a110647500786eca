package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"time"

	sqlite3 "github.com/mattn/go-sqlite3"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// explain makes an apikey.Error of an error of the engine. What names the
// step that failed.
func (s *Store) explain(ctx context.Context, what string, err error) error {
	var known *apikey.Error
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case ctx.Err() != nil: // which is why the engine failed
		return apikey.Unavailable(what, ctx.Err())
	}
	if why := unwritable(err); why != "" {
		return sqlkeys.Unwritable(why, what, advise(s.path, err))
	}
	return apikey.Unavailable(what, advise(s.path, err))
}

// unwritable says why the engine could not write, or nothing if that is not
// what an error says.
func unwritable(err error) string {
	switch engineCode(err) {
	case sqlite3.ErrFull:
		return sqlkeys.DiskFull
	case sqlite3.ErrReadonly:
		return sqlkeys.ReadOnly
	case sqlite3.ErrIoErr:
		return sqlkeys.DiskFailed
	}
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return sqlkeys.DiskFull
	case errors.Is(err, syscall.EROFS):
		return sqlkeys.ReadOnly
	case errors.Is(err, syscall.EIO):
		return sqlkeys.DiskFailed
	}
	return ""
}

// openError says why the database at path cannot be opened, and what to do.
func openError(path string, err error) error {
	if _, ok := errors.AsType[*apikey.Error](err); ok {
		return err
	}
	return &apikey.Error{
		Code:    apikey.CodeUnavailable,
		Message: fmt.Sprintf("The key store %s cannot be opened", path),
		Cause:   advise(path, err),
	}
}

// advise adds to an error of the engine or the operating system what to do.
func advise(path string, err error) error {
	var engine sqlite3.Error
	if !errors.As(err, &engine) {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("make the directory %s first: %w", filepath.Dir(path), err)
		case errors.Is(err, fs.ErrPermission):
			return fmt.Errorf("let the program's user read and write the file and its directory: %w", err)
		}
		return err
	}
	switch engine.Code {
	case sqlite3.ErrNotADB:
		return fmt.Errorf("%s is not a SQLite database; name another file or restore a backup: %w", path, err)
	case sqlite3.ErrCorrupt:
		return fmt.Errorf("%s is damaged; stop the program and restore a backup: %w", path, err)
	case sqlite3.ErrFull:
		return fmt.Errorf("the disk that holds %s is full; free some space: %w", path, err)
	case sqlite3.ErrReadonly, sqlite3.ErrCantOpen, sqlite3.ErrPerm:
		return fmt.Errorf("let the program's user read and write %s and its directory %s: %w", path, filepath.Dir(path),
			err)
	case sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrProtocol:
		return fmt.Errorf("another process holds %s locked; wait for it or end it: %w", path, err)
	case sqlite3.ErrIoErr:
		return fmt.Errorf("the disk that holds %s failed or is full; look at the system's log: %w", path, err)
	}
	return err
}

// untilFree repeats fn while another process holds the lock that it needs,
// for the busy timeout at the most and until ctx ends.
func (s *Store) untilFree(ctx context.Context, fn func() error) error {
	deadline := time.Now().Add(s.opts.busyTimeout)
	for {
		err := fn()
		if !isBusy(err) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond + rand.N(4*time.Millisecond)): //nolint:gosec // keeps waiters apart and guards nothing
		}
	}
}

func isBusy(err error) bool {
	var engine sqlite3.Error
	return errors.As(err, &engine) &&
		(engine.Code == sqlite3.ErrBusy || engine.Code == sqlite3.ErrLocked || engine.Code == sqlite3.ErrProtocol)
}

// isTaken reports whether err says that a unique index of columns, such as
// "keys.org_id, keys.name", holds the values already.
func isTaken(err error, columns string) bool {
	var engine sqlite3.Error
	return errors.As(err, &engine) && engine.ExtendedCode == sqlite3.ErrConstraintUnique &&
		engine.Error() == "UNIQUE constraint failed: "+columns
}
