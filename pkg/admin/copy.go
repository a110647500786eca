package admin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/pepper"
	"github.com/ostiary/ostiary/pkg/secretfile"
	"github.com/ostiary/ostiary/pkg/setting"
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
	Pepper   pepper.File  // that is configured; none is that of DataDir, or beside a database that is named by its path
	Warn     func(string) // called with a warning about a file that others may read; may be nil
}

// CopyStep is what a copy does at a moment.
type CopyStep = transfer.Step

// CopyResult is a table that was copied and compared.
type CopyResult = transfer.Result

// Run copies the store, and checks the copy: see transfer.Copy. Progress is
// called again and again.
func (c Copy) Run(ctx context.Context, progress func(CopyStep)) ([]CopyResult, error) {
	source, err := c.end("--from", c.From)
	if err != nil {
		return nil, err
	}
	target, err := c.end("--to", c.To)
	if err != nil {
		return nil, err
	}
	if source.sameFile(target) {
		return nil, &setting.Error{Name: target.flag, Err: transfer.ErrSame}
	}
	if source.inUse(ctx) {
		return nil, fmt.Errorf("%s cannot be copied: %w", source.name(), sqlite.ErrInUse)
	}
	if target.inUse(ctx) {
		return nil, fmt.Errorf("nothing can be copied to %s: %w", target.name(), sqlite.ErrInUse)
	}
	from, err := source.open(ctx)
	if err != nil {
		return nil, err
	}
	defer from.Close()
	to, err := target.openOrMake(ctx)
	if err != nil {
		return nil, err
	}
	defer to.Close()
	if unnoted := c.note(ctx, from, source, target); unnoted != nil && c.Warn != nil {
		c.Warn("the audit trail has no entry of this copy: " + unnoted.Error())
	}
	results, err := transfer.Copy(ctx, from, to, progress)
	if errors.Is(err, transfer.ErrSame) {
		err = &setting.Error{Name: target.flag, Err: err}
	}
	return results, err
}

// note lets the audit trail of the source have that it is copied; so it is in the copy as well.
func (c Copy) note(ctx context.Context, from sqlkeys.Archive, source, target copyEnd) error {
	store, ok := from.(apikey.Store)
	if !ok {
		return nil
	}
	head, err := store.TrailHead(ctx)
	if err != nil || head == (apikey.TrailHead{}) { // nothing was ever done in it
		return err
	}
	return c.pepperOf(source).AppendAudit(ctx, store, entryOf("store copy", apikey.ActionCopyStore, target.name()))
}

// pepperOf is the pepper file of the store that is copied.
func (c Copy) pepperOf(source copyEnd) pepper.File {
	file := c.Pepper
	if file.Name == "" {
		file.Name, file.Setting = filepath.Join(c.DataDir, pepperName), "--data-dir"
	}
	if source.address != nil {
		return file
	}
	return pepperBeside(file, c.DataDir, source.path, source.flag)
}

// copyEnd is one end of a copy: a file, or a database with an address.
type copyEnd struct {
	flag    string
	path    string
	address *postgres.Address // nil for a file
}

// name is what messages call the store.
func (e copyEnd) name() string {
	if e.address != nil {
		return e.address.String()
	}
	return e.path
}

// inUse reports whether a server has the store open, where that can be seen.
func (e copyEnd) inUse(ctx context.Context) bool {
	if e.address != nil {
		return postgres.InUse(ctx, e.address)
	}
	return sqlite.InUse(e.path)
}

// end reads which store is meant.
func (c Copy) end(flag, name string) (copyEnd, error) {
	if file, ok := strings.CutPrefix(name, "@"); ok {
		address, warning, err := secretfile.Line(file, "the store's address")
		if err != nil {
			return copyEnd{}, &setting.Error{Name: flag,
				Err: fmt.Errorf("the file that holds the store's address cannot be read: %w", err)}
		}
		if warning != "" && c.Warn != nil {
			c.Warn(flag + ": " + warning)
		}
		name = address
	}
	if path, ok := strings.CutPrefix(name, config.StoreSQLite+":"); ok {
		if path == "" {
			return copyEnd{}, &setting.Error{Name: flag, Err: errors.New("names no file; write sqlite:PATH")}
		}
		return copyEnd{flag: flag, path: path}, nil
	}
	address, err := config.ParseStore(name)
	if err != nil {
		return copyEnd{}, &setting.Error{Name: flag, Err: err}
	}
	return copyEnd{flag: flag, path: config.DatabaseFile(c.DataDir), address: address}, nil
}

// sameFile reports whether both ends are one file. It is asked before either
// is opened: a file that SQLite opens by two hard links has two logs.
func (e copyEnd) sameFile(other copyEnd) bool {
	if e.address != nil || other.address != nil {
		return false
	}
	a, err := os.Stat(e.path)
	if err != nil {
		return false
	}
	b, err := os.Stat(other.path)
	return err == nil && os.SameFile(a, b)
}

// open opens the source.
func (e copyEnd) open(ctx context.Context) (sqlkeys.Archive, error) {
	if e.address != nil {
		return postgres.Open(ctx, e.address, postgres.WithUnfinished(), postgres.WithExisting())
	}
	if _, err := os.Stat(e.path); errors.Is(err, fs.ErrNotExist) {
		return nil, &setting.Error{Name: e.flag,
			Err: fmt.Errorf("there is no database %s; name the directory with --data-dir, or the file as sqlite:PATH",
				e.path)}
	}
	return sqlite.Open(ctx, e.path, sqlite.WithUnfinished(), sqlite.WithExisting())
}

// openOrMake opens the target.
func (e copyEnd) openOrMake(ctx context.Context) (sqlkeys.Archive, error) {
	if e.address != nil {
		return postgres.Open(ctx, e.address, postgres.WithUnfinished())
	}
	if err := os.MkdirAll(filepath.Dir(e.path), 0o700); err != nil {
		return nil, &setting.Error{Name: e.flag,
			Err: fmt.Errorf("the directory of the database cannot be made: %w", err)}
	}
	return sqlite.Open(ctx, e.path, sqlite.WithUnfinished())
}
