package sqlite

import (
	"context"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// RecordUsage implements apikey.Store. Counts add up; the last use only moves
// forward, in whatever order recorders write.
func (s *Store) RecordUsage(ctx context.Context, uses []apikey.KeyUsage) error {
	if len(uses) == 0 {
		return nil
	}
	return s.use(ctx, "record usage", func() error {
		tx, err := s.begin(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		update, err := tx.PrepareContext(ctx, `UPDATE usage SET
			count = count + ?1,
			last_from = CASE WHEN ?2 > last_at THEN ?3 ELSE last_from END,
			last_at = max(last_at, ?2)
			WHERE number = (SELECT number FROM keys WHERE id = ?4)`)
		if err != nil {
			return err
		}
		defer func() { _ = update.Close() }()
		for _, u := range uses {
			if _, err := update.ExecContext(ctx, u.Count, sqlkeys.Millis(u.LastAt), u.LastFrom, u.KeyID.String()); err != nil {
				return err
			}
		}
		return tx.Commit()
	})
}
