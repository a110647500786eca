package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

const versionTable = "schema_versions"

// migrate brings the schema up to date. Processes that start at once do it
// one after the other, and a process that dies in the middle leaves the old
// schema behind, because the whole upgrade is one transaction.
func (s *Store) migrate(ctx context.Context) error {
	versions, provider, err := migrations(s.write)
	if err != nil {
		return err
	}
	sources := provider.ListSources()
	newest := sources[len(sources)-1].Version
	if current, err := s.schemaVersion(ctx, s.write, versions, newest); err != nil || current == newest {
		return err
	}

	// The pool has one connection, so that goose works in the transaction.
	err = s.untilFree(ctx, func() error {
		_, err := s.write.ExecContext(ctx, `BEGIN IMMEDIATE`)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.upgrade(ctx, provider, versions, newest); err != nil {
		_, undo := s.write.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`)
		return errors.Join(err, undo)
	}
	_, err = s.write.ExecContext(ctx, `COMMIT`)
	return err
}

// UpToDate reports whether a database has the schema that this program makes, so that Open changes nothing.
func UpToDate(ctx context.Context, path string) (bool, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return false, err
	}
	db, err := openPool(writeSource(path), 1)
	if err != nil {
		return false, err
	}
	defer func() { _ = db.Close() }()
	versions, provider, err := migrations(db)
	if err != nil {
		return false, err
	}
	sources := provider.ListSources()
	newest := sources[len(sources)-1].Version
	current, err := (&Store{path: path}).schemaVersion(ctx, db, versions, newest)
	return current == newest, err
}

// migrations are the versions of a database's schema, and what makes them.
func migrations(db *sql.DB) (database.Store, *goose.Provider, error) {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, nil, err
	}
	versions, err := database.NewStore(goose.DialectSQLite3, versionTable)
	if err != nil {
		return nil, nil, err
	}
	provider, err := goose.NewProvider("", db, files, goose.WithStore(versions), goose.WithDisableGlobalRegistry(true),
		goose.WithAllowOutofOrder(true))
	return versions, provider, err
}

// upgrade applies what is missing, in the open transaction.
func (s *Store) upgrade(ctx context.Context, provider *goose.Provider, versions database.Store, newest int64) error {
	current, err := s.schemaVersion(ctx, s.write, versions, newest)
	if err != nil || current == newest { // another process was faster
		return err
	}
	if current < 0 {
		if err := versions.CreateVersionTable(ctx, s.write); err != nil {
			return err
		}
		if err := versions.Insert(ctx, s.write, database.InsertRequest{Version: 0}); err != nil {
			return err
		}
	}
	if _, err = provider.Up(ctx); err != nil {
		return err
	}
	// What SQL cannot do. Goose holds the one connection while it works.
	if current < 10 {
		err = sqlkeys.UpgradeAudit(ctx, s.write, asItIs)
	}
	if err == nil && current < 13 {
		err = sqlkeys.NormalizeNames(ctx, s.write, asItIs)
	}
	if err == nil && current < 20 {
		err = sqlkeys.UpgradeTexts(ctx, s.write, 0, asItIs, func(grams sqlkeys.BlockGrams) error {
			return writeGrams(ctx, s.write, grams)
		})
	}
	if err == nil && current < 74 {
		err = sqlkeys.UpgradeWords(ctx, s.write, asItIs)
	}
	return err
}

// asItIs is a query with its arguments as this engine takes them.
func asItIs(query string) string { return query }

// schemaVersion returns the version of the database's schema, -1 for a new
// database. One that is newer than the program is an error.
func (s *Store) schemaVersion(ctx context.Context, db *sql.DB, versions database.Store, newest int64) (int64, error) {
	var tables int
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE name = ?`,
		versionTable).Scan(&tables); err != nil {
		return 0, err
	}
	if tables == 0 {
		return -1, nil
	}
	current, err := versions.GetLatestVersion(ctx, db)
	if err != nil {
		return 0, err
	}
	if current > newest {
		return 0, &apikey.Error{
			Code: apikey.CodeUnavailable,
			Message: fmt.Sprintf("The key store %s has schema version %d, and this program knows only %d: a newer version of Ostiary used it. Start that version again, or restore a backup from before its first start.",
				s.path, current, newest),
		}
	}
	return current, nil
}
