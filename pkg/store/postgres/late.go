package postgres

import (
	"context"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// RecordLate notes when keys came after their ends. Both times only move
// forward, so a commit that is in doubt may be made again. The rows are locked
// in the order of their numbers, as by addUsage.
func (s *Store) RecordLate(ctx context.Context, late []apikey.Late) error {
	var ids []string
	var held, graced []int64
	for _, l := range late {
		if id := l.KeyID.String(); storable(id) {
			ids = append(ids, id)
			held, graced = append(held, sqlkeys.Millis(l.HeldAt)), append(graced, sqlkeys.Millis(l.GraceAt))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return s.use(ctx, "record late use", func(ctx context.Context) error {
		_, err := s.db.ExecContext(ctx, `WITH b AS MATERIALIZED (
				SELECT u.number, x.held_at, x.grace_at
				FROM (SELECT id, max(held_at) AS held_at, max(grace_at) AS grace_at
					FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS v (id, held_at, grace_at) GROUP BY id) AS x
				JOIN keys AS k ON k.id = x.id JOIN usage AS u ON u.number = k.number ORDER BY u.number FOR UPDATE OF u)
			UPDATE usage SET held_at = greatest(usage.held_at, b.held_at),
				grace_at = greatest(usage.grace_at, b.grace_at)
			FROM b WHERE usage.number = b.number`, ids, held, graced)
		return err
	})
}
