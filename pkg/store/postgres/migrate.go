package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

const (
	versionTable = "schema_versions"
	lockTable    = "schema_lock"
)

// steps are the migrations that SQL cannot do.
var steps = []*goose.Migration{
	goose.NewGoMigration(11, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		return sqlkeys.UpgradeAudit(ctx, tx, numbered)
	}}, nil),
	goose.NewGoMigration(13, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		return sqlkeys.NormalizeNames(ctx, tx, numbered)
	}}, nil),
	goose.NewGoMigration(21, &goose.GoFunc{RunTx: foldTexts}, nil),
	goose.NewGoMigration(74, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		return sqlkeys.UpgradeWords(ctx, tx, numbered)
	}}, nil),
}

func foldTexts(ctx context.Context, tx *sql.Tx) error {
	return sqlkeys.UpgradeTexts(ctx, tx, sqlkeys.Described, numbered, func(grams sqlkeys.BlockGrams) error {
		return writeGrams(ctx, tx, grams)
	})
}

// migrate brings the schema up to date. Processes that start at once do it one
// after the other: the one that holds the only row of the table schema_lock, which
// is let go when its holder dies. Advisory locks would do the same, but not in
// every engine and not behind a pooler.
func (s *Store) migrate(ctx context.Context) error {
	versions, provider, err := migrations(s.db)
	if err != nil {
		return err
	}
	sources := provider.ListSources()
	newest := sources[len(sources)-1].Version
	current, err := s.schemaVersion(ctx, versions, newest)
	if err == nil && current < 0 && s.opts.existing {
		return apikey.Errorf(apikey.CodeUnavailable,
			"%s is not an Ostiary store: no server has used it as one. Nothing was changed; name another database.",
			s.address)
	}
	if err == nil && current < newest { // otherwise no right to make tables is needed
		err = s.upgrade(ctx, provider, versions, newest)
	}
	if err != nil {
		return err
	}
	return s.refuseUnfinished(ctx)
}

// migrations are the versions of a database's schema, and what makes them.
func migrations(db *sql.DB) (database.Store, *goose.Provider, error) {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, nil, err
	}
	versions, err := database.NewStore(goose.DialectPostgres, versionTable)
	if err != nil {
		return nil, nil, err
	}
	provider, err := goose.NewProvider("", db, files, goose.WithStore(versions), goose.WithDisableGlobalRegistry(true),
		goose.WithAllowOutofOrder(true),
		goose.WithGoMigrations(steps...))
	return versions, provider, err
}

// upgrade applies what is missing, one process at a time.
func (s *Store) upgrade(ctx context.Context, provider *goose.Provider, versions database.Store, newest int64) error {
	if err := s.makeLock(ctx); err != nil {
		return err
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // lets the lock go
	if s.traits.real {
		if _, err := tx.ExecContext(ctx, `SET LOCAL idle_in_transaction_session_timeout = 0`); err != nil {
			return err
		}
	}
	var one int64
	if err := tx.QueryRowContext(ctx, `SELECT id FROM `+lockTable+` WHERE id = 1 FOR UPDATE`).Scan(&one); err != nil {
		return fmt.Errorf("wait for other processes that upgrade the schema: %w", err)
	}
	current, err := s.schemaVersion(ctx, versions, newest)
	if err != nil || current == newest { // another process was faster
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// makeLock makes the table and the row that is locked. Engines do not agree on
// what happens when several processes do so at once, so one that fails looks again.
func (s *Store) makeLock(ctx context.Context) error {
	var err error
	for range attempts {
		_, err = s.db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS `+lockTable+` (id BIGINT PRIMARY KEY)`)
		if err == nil {
			_, err = s.db.ExecContext(ctx, `INSERT INTO `+lockTable+` (id) VALUES (1) ON CONFLICT DO NOTHING`)
		}
		if code := serverCode(err); err == nil ||
			code != codeUniqueViolation && code != codeDuplicateTable && code != codeDuplicateObject && !collided(err) {
			return err
		}
	}
	return err
}

// schemaVersion returns the version of the database's schema, -1 for a new
// database. One that is newer than the program is an error.
func (s *Store) schemaVersion(ctx context.Context, versions database.Store, newest int64) (int64, error) {
	current, err := versions.GetLatestVersion(ctx, s.db)
	switch {
	case serverCode(err) == codeUndefinedTable || errors.Is(err, database.ErrVersionNotFound):
		return -1, nil
	case err != nil:
		return 0, err
	case current > newest:
		return 0, &apikey.Error{
			Code: apikey.CodeUnavailable,
			Message: fmt.Sprintf("The key store %s has schema version %d, and this program knows only %d: a newer version of Ostiary used it. Start that version again, or restore a backup from before its first start.",
				s.address, current, newest),
		}
	}
	return current, nil
}

// refuseUnfinished fails for a copy that is not whole: see Unfinished.
func (s *Store) refuseUnfinished(ctx context.Context) error {
	var seq int64
	if err := s.db.QueryRowContext(ctx, `SELECT seq FROM counter`).Scan(&seq); err != nil || seq >= 0 ||
		s.opts.unfinished {
		return err
	}
	return &apikey.Error{
		Code:    apikey.CodeUnavailable,
		Message: fmt.Sprintf("The key store %s is a copy that is not whole. Run the same \"ostiary store copy\" again until it says that the copy is complete.", s.address),
	}
}
