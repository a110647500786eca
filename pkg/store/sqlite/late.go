package sqlite

import (
	"context"
	"database/sql"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// RecordLate notes when keys came after their ends. Both times only move
// forward.
func (s *Store) RecordLate(ctx context.Context, late []apikey.Late) error {
	if len(late) == 0 {
		return nil
	}
	return s.inTransaction(ctx, "record late use", func(tx *sql.Tx) error {
		update, err := tx.PrepareContext(ctx, `UPDATE usage SET held_at = max(held_at, ?), grace_at = max(grace_at, ?)
			WHERE number = (SELECT number FROM keys WHERE id = ?)`)
		if err != nil {
			return err
		}
		defer func() { _ = update.Close() }()
		for _, l := range late {
			_, err := update.ExecContext(ctx, sqlkeys.Millis(l.HeldAt), sqlkeys.Millis(l.GraceAt), l.KeyID.String())
			if err != nil {
				return err
			}
		}
		return nil
	})
}
