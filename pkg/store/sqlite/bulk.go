package sqlite

import (
	"context"
	"errors"
	"iter"

	sqlite3 "github.com/mattn/go-sqlite3"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// bulkBlocks is how many blocks of grams Bulk keeps in memory.
const bulkBlocks = 64

// Bulk inserts very many keys in one transaction. It takes the indexes away
// first and builds them again at the end. So a name or id that is taken shows
// only then, as an Error of apikey.CodeConflict.
func (s *Store) Bulk(ctx context.Context, keys iter.Seq[*apikey.Key]) error {
	err := s.Write(ctx, func(tx apikey.Tx) error {
		t := tx.(*transaction)
		indexes, err := t.dropIndexes(ctx)
		if err != nil {
			return s.explain(ctx, "drop indexes", err)
		}
		if err := t.insertAll(ctx, keys); err != nil {
			return err
		}
		for _, definition := range indexes {
			if _, err := t.tx.ExecContext(ctx, definition); err != nil {
				return s.bulkError(ctx, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.use(ctx, "bulk", func() error { return s.checkpoint(ctx) })
}

func (t *transaction) insertAll(ctx context.Context, keys iter.Seq[*apikey.Key]) error {
	var seq, before int64
	err := t.tx.QueryRowContext(ctx,
		`SELECT counter.seq, coalesce((SELECT max(number) FROM keys), 0) FROM counter`).Scan(&seq, &before)
	if err != nil {
		return t.store.explain(ctx, "read the change counter", err)
	}
	for k := range keys {
		seq++
		if err := t.insert(ctx, k, seq); err != nil {
			return err
		}
		if len(t.grams) >= bulkBlocks {
			if err := t.writeGrams(ctx); err != nil {
				return err
			}
		}
	}
	if err := t.exec(ctx, "insert usage",
		`INSERT INTO usage (number, org_id, created_at) SELECT number, org_id, created_at FROM keys WHERE number > ?`, before); err != nil {
		return err
	}
	return t.exec(ctx, "raise the change counter", `UPDATE counter SET seq = ?`, seq)
}

// dropIndexes drops all indexes that are no part of a table, and returns the
// statements that make them.
func (t *transaction) dropIndexes(ctx context.Context) (definitions []string, err error) {
	type index struct{ name, definition string }
	indexes, err := sqlkeys.Collect(ctx, t.tx, func(r sqlkeys.Row) (i index, err error) {
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

func (s *Store) bulkError(ctx context.Context, err error) error {
	var engine sqlite3.Error
	if errors.As(err, &engine) && engine.Code == sqlite3.ErrConstraint {
		return apikey.Errorf(apikey.CodeConflict,
			"Two keys have the same id, or the same name in an organization. Give each its own, and repeat the whole.")
	}
	return s.explain(ctx, "build indexes", err)
}
