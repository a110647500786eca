package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ostiary/ostiary/pkg/store/postgres"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
	"github.com/ostiary/ostiary/pkg/store/transfer"
)

// Copy says which store is copied where. From and To are "sqlite", which is
// the database in DataDir, "sqlite:" with the path of a database, the address
// of a PostgreSQL database, or "@" with the path of a file that holds one of
// these.
type Copy struct {
	From, To string
	DataDir  string
}

// CopyStep is what a copy does at a moment.
type CopyStep = transfer.Step

// CopyResult is a table that was copied and compared.
type CopyResult = transfer.Result

// Run copies the store, and checks the copy: see transfer.Copy. Progress is
// called again and again.
func (c Copy) Run(ctx context.Context, progress func(CopyStep)) ([]CopyResult, error) {
	from, err := c.open(ctx, "--from", c.From, false)
	if err != nil {
		return nil, err
	}
	defer from.Close()
	to, err := c.open(ctx, "--to", c.To, true)
	if err != nil {
		return nil, err
	}
	defer to.Close()
	return transfer.Copy(ctx, from, to, progress)
}

// open opens one end of the copy. Only the target may be made.
func (c Copy) open(ctx context.Context, flag, name string, target bool) (sqlkeys.Archive, error) {
	if file, ok := strings.CutPrefix(name, "@"); ok {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("%s: the file that holds the store's address cannot be read: %w", flag, err)
		}
		name = strings.TrimSpace(string(content))
	}
	path, isFile := strings.CutPrefix(name, StoreSQLite+":")
	if name == StoreSQLite {
		path, isFile = databaseFile(c.DataDir), true
	}
	if isFile {
		return openArchiveFile(ctx, flag, path, target)
	}
	address, err := ParseStore(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return postgres.Open(ctx, address, postgres.WithUnfinished())
}

func openArchiveFile(ctx context.Context, flag, path string, target bool) (sqlkeys.Archive, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) { //nolint:gosec // which files are used is the operator's to say
		if !target {
			return nil, fmt.Errorf("%s: there is no database %s; name the directory with --data-dir, or the file as sqlite:PATH", flag, path)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil { //nolint:gosec // as above
			return nil, fmt.Errorf("%s: the directory of the database cannot be made: %w", flag, err)
		}
	}
	return sqlite.Open(ctx, path, sqlite.WithUnfinished())
}
