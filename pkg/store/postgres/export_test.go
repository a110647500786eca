package postgres

import (
	"context"
	"database/sql"
)

// WithCommonBlocks sets in how many blocks a term may be before a search
// takes it for common.
func WithCommonBlocks(n int) Option {
	return func(o *options) { o.commonBlocks = n }
}

// OpenOld makes the schema of an older version in a new database.
func OpenOld(ctx context.Context, address string, version int64) (*sql.DB, error) {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return nil, err
	}
	_, provider, err := migrations(db)
	if err != nil {
		return nil, err
	}
	_, err = provider.UpTo(ctx, version)
	return db, err
}

// Unwritable says why an error of the server keeps a store from being written.
func Unwritable(err error) string { return unwritable(err) }

// CommitError is what a commit that failed is reported as.
func CommitError(err error) error { return commitError(err) }
