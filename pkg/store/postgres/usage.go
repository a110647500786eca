package postgres

import (
	"context"
	"slices"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// usageBatch is how many keys a statement of RecordUsage covers.
const usageBatch = 10_000

// RecordUsage implements apikey.Store. Counts add up; the last use only moves
// forward, in whatever order recorders write. Rows are locked in the order of
// their numbers, so that recorders do not wait for one another in a ring.
func (s *Store) RecordUsage(ctx context.Context, uses []apikey.KeyUsage) error {
	if len(uses) == 0 {
		return nil
	}
	sums := sumUsage(uses)
	return s.use(ctx, "record usage", func(ctx context.Context) error {
		tx, err := s.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		for batch := range slices.Chunk(sums, usageBatch) {
			ids, froms := make([]string, len(batch)), make([]string, len(batch))
			counts, times := make([]int64, len(batch)), make([]int64, len(batch))
			for i, u := range batch {
				ids[i], counts[i], times[i], froms[i] = u.KeyID.String(), u.Count, sqlkeys.Millis(u.LastAt), u.LastFrom
			}
			_, err := tx.ExecContext(ctx, `WITH b AS MATERIALIZED (
					SELECT u.number, x.count, x.last_at, x.last_from
					FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[]) AS x (id, count, last_at, last_from)
					JOIN keys AS k ON k.id = x.id JOIN usage AS u ON u.number = k.number ORDER BY u.number FOR UPDATE OF u)
				UPDATE usage SET count = usage.count + b.count,
					last_from = CASE WHEN b.last_at > usage.last_at THEN b.last_from ELSE usage.last_from END,
					last_at = greatest(usage.last_at, b.last_at)
				FROM b WHERE usage.number = b.number`, ids, counts, times, froms)
			if err != nil {
				return err
			}
		}
		return tx.Commit()
	})
}

// sumUsage returns one entry for each key, in the order of ids.
func sumUsage(uses []apikey.KeyUsage) []apikey.KeyUsage {
	sums := slices.Clone(uses)
	slices.SortStableFunc(sums, func(a, b apikey.KeyUsage) int { return slices.Compare(a.KeyID[:], b.KeyID[:]) })
	sums = slices.DeleteFunc(sums, func(u apikey.KeyUsage) bool { return !storable(string(u.KeyID[:])) })
	n := 0
	for _, u := range sums {
		if n == 0 || sums[n-1].KeyID != u.KeyID {
			sums[n] = u
			n++
			continue
		}
		sum := &sums[n-1]
		sum.Count += u.Count
		if u.LastAt.After(sum.LastAt) {
			sum.LastAt, sum.LastFrom = u.LastAt, u.LastFrom
		}
	}
	return sums[:n]
}
