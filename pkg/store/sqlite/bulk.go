package sqlite

import (
	"context"
	"errors"

	sqlite3 "github.com/mattn/go-sqlite3"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Bulk is Write for very many inserts: it takes the indexes away first and
// builds them anew at the end, in the same transaction. Meanwhile look-ups in
// fn are slow, and a name or id that is taken shows only at the end, as an
// Error of apikey.CodeConflict.
func (s *Store) Bulk(ctx context.Context, fn func(apikey.Tx) error) error {
	err := s.Write(ctx, func(tx apikey.Tx) error {
		t := tx.(*transaction)
		indexes, err := t.dropIndexes(ctx)
		if err != nil {
			return s.explain(ctx, "drop indexes", err)
		}
		if err := fn(tx); err != nil {
			return err
		}
		for _, definition := range indexes {
			if _, err := t.tx.ExecContext(ctx, definition); err != nil {
				return bulkError(s.explain(ctx, "build indexes", err))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.use(ctx, "bulk", func() error { return s.checkpoint(ctx) })
}

// dropIndexes drops all indexes that are no part of a table, and returns the
// statements that make them.
func (t *transaction) dropIndexes(ctx context.Context) (definitions []string, err error) {
	type index struct{ name, definition string }
	indexes, err := collect(ctx, t.tx, func(r row) (i index, err error) {
		return i, r.Scan(&i.name, &i.definition)
	}, `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	for _, i := range indexes {
		if _, err := t.tx.ExecContext(ctx, `DROP INDEX `+i.name); err != nil {
			return nil, err
		}
		definitions = append(definitions, i.definition)
	}
	return definitions, nil
}

func bulkError(err error) error {
	var engine sqlite3.Error
	if errors.As(err, &engine) && engine.Code == sqlite3.ErrConstraint {
		return apikey.Errorf(apikey.CodeConflict, "Two keys have the same id, or the same name in an organization. Give each its own, and repeat the whole.")
	}
	return err
}
