package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// fileMode is for the owner alone: names and digests are nobody else's
// business. SQLite gives the files that it adds the same mode.
const fileMode fs.FileMode = 0o600

// prepareFile makes the database file if it is not there, and closes it and
// the files that SQLite adds to others. It never opens a file that SQLite may have
// open: closing it would end the locks that this process holds on it.
func prepareFile(path string) (fs.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	switch {
	case err == nil:
		if err := f.Close(); err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrExist):
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("it is not a file; name a file for the database")
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		if err := closeToOthers(name); err != nil {
			return nil, err
		}
	}
	return info, nil
}

func closeToOthers(name string) error {
	info, err := os.Stat(name)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	if info.Mode().Perm()&^fileMode == 0 {
		return nil
	}
	if err := os.Chmod(name, fileMode); err != nil {
		return fmt.Errorf("others may read %s, and that cannot be changed; run the program as the file's owner: %w",
			name, err)
	}
	return nil
}

// sameFile fails if another file than the given one is at path.
func sameFile(path string, file fs.FileInfo) error {
	now, err := os.Stat(path)
	if err != nil || !os.SameFile(now, file) {
		return fmt.Errorf("the database file %s was moved, removed or replaced while it was in use; put the file back if it was not meant to go, and restart the program", path)
	}
	return nil
}

// writeSource names the connection that writes. Its own wait for other
// writers is short, because nothing can end it early; see untilFree for the
// longer one.
func writeSource(path string) string {
	return source(path, url.Values{
		"mode":             {"rw"},
		"_txlock":          {"immediate"},
		"_journal_mode":    {"WAL"},
		"_synchronous":     {"FULL"},
		"_foreign_keys":    {"1"},
		"_busy_timeout":    {"50"},
		"_stmt_cache_size": {"64"},
		"_cache_size":      {"-16384"}, // KiB
	})
}

// readSource names connections that cannot write.
func readSource(path string) string {
	return source(path, url.Values{
		"mode":             {"ro"},
		"_query_only":      {"1"},
		"_mutex":           {"no"}, // database/sql never uses a connection twice at once
		"_busy_timeout":    {"5000"},
		"_stmt_cache_size": {"64"},
		"_cache_size":      {"-8192"}, // KiB
	})
}

func source(path string, values url.Values) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // file:///C:/…
	}
	u := url.URL{Scheme: "file", Path: path, RawQuery: values.Encode()}
	return u.String()
}

func openPool(source string, size int) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", source)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}
