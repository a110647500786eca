package postgres

import (
	"context"
	"database/sql"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// Keys implements apikey.Store.
//
// A page is put together from spans of an order, each of which is one walk
// along an index. If few keys have a term that is searched for, they are found
// first, and then sorted.
func (s *Store) Keys(ctx context.Context, q apikey.Query) (keys []*apikey.Key, err error) {
	order := sqlkeys.OrderOf(q.Sort)
	err = s.snapshot(ctx, "list keys", func(ctx context.Context, r sqlkeys.Querier) error {
		keys = nil
		where, walk, err := s.described(ctx, r, q, order.Org)
		if err != nil {
			return err
		}
		if walk {
			if err := s.preferIndexes(ctx, r); err != nil {
				return err
			}
		}
		for _, span := range order.Spans(q) {
			if len(keys) >= q.Limit {
				return nil
			}
			page := span.Page(sqlkeys.Cond(sqlkeys.KeyTables), where, q.Limit-len(keys))
			more, err := sqlkeys.Collect(ctx, r, sqlkeys.ScanKey, numbered(page.Text), page.Args...)
			if err != nil {
				return err
			}
			keys = append(keys, more...)
		}
		return nil
	})
	return keys, err
}

// preferIndexes makes the planner walk along the order's index, in this
// transaction: it knows neither how much a limit weighs nor, after many
// inserts, how many keys there are, and might sort all of them instead.
func (s *Store) preferIndexes(ctx context.Context, r sqlkeys.Querier) error {
	tx, ok := r.(*sql.Tx)
	if !ok || !s.traits.real {
		return nil
	}
	_, err := tx.ExecContext(ctx, `SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off`)
	return err
}

// CountKeys implements apikey.Store.
func (s *Store) CountKeys(ctx context.Context, q apikey.Query) (n int64, err error) {
	err = s.snapshot(ctx, "count keys", func(ctx context.Context, r sqlkeys.Querier) error {
		where, _, err := s.described(ctx, r, q, "k.org_id")
		if err != nil {
			return err
		}
		return r.QueryRowContext(ctx, numbered(`SELECT count(*) FROM keys AS k WHERE `+where.Text), where.Args...).Scan(&n)
	})
	return n, err
}

// described returns the WHERE clause for the keys that q describes, whatever
// its position. Org is the column of the organization. Walk reports whether an
// index must be walked along to find them.
func (s *Store) described(ctx context.Context, r sqlkeys.Querier, q apikey.Query, org string) (where sqlkeys.Condition, walk bool, err error) {
	if !storable(q.Search) || q.Pool != nil && !storable(*q.Pool) {
		return sqlkeys.Cond(`1 = 0`), false, nil
	}
	where = sqlkeys.Cond(org+` = ?`, q.OrgID).And(sqlkeys.Filters(q))
	if q.Search == "" {
		return where, true, nil
	}
	f, err := s.search(ctx, r, q.OrgID, sqlkeys.Fold(q.Search))
	return where.And(f.condition()), f.common, err
}

// found is what a search knows before keys are listed.
type found struct {
	term    string
	common  bool    // too many blocks have the term to look at each
	numbers []int64 // of the keys that have the term; if it is common, of those that have it in the id
}

// search looks for a folded term: a part of a name or description, an id or
// the beginning of one.
func (s *Store) search(ctx context.Context, r sqlkeys.Querier, orgID int64, term string) (found, error) {
	f := found{term: term}
	blocks, err := findBlocks(ctx, r, term)
	if err != nil {
		return f, err
	}
	if f.common = len(blocks) > s.opts.commonBlocks; !f.common {
		f.numbers, err = sqlkeys.Collect(ctx, r, sqlkeys.ScanNumber, `SELECT k.number FROM unnest($1::bigint[]) AS b (block)
			JOIN keys AS k ON k.number >= b.block * $2::bigint AND k.number < (b.block + 1) * $2::bigint
			WHERE k.org_id = $3 AND (strpos(k.name_folded, $4) > 0 OR strpos(k.description_folded, $4) > 0)`,
			blocks, int64(1)<<sqlkeys.BlockBits, orgID, term)
		if err != nil {
			return f, err
		}
	}
	byID, err := sqlkeys.Collect(ctx, r, sqlkeys.ScanNumber, `SELECT number FROM keys WHERE org_id = $1 AND lower(id) >= $2 AND lower(id) < $3`,
		orgID, term, term+"~") // ~ is above all that an id is made of
	f.numbers = append(f.numbers, byID...)
	if f.numbers == nil {
		f.numbers = []int64{} // an empty list, and not none
	}
	return f, err
}

// condition returns what a key must fulfil.
func (f found) condition() sqlkeys.Condition {
	if f.common {
		return sqlkeys.Cond(`(strpos(k.name_folded, ?) > 0 OR strpos(k.description_folded, ?) > 0 OR k.number = ANY(?::bigint[]))`, f.term, f.term, f.numbers)
	}
	return sqlkeys.Cond(`k.number = ANY(?::bigint[])`, f.numbers)
}

// findBlocks returns the blocks that have all grams of a term.
func findBlocks(ctx context.Context, r sqlkeys.Querier, term string) ([]int64, error) {
	type row struct{ chunk, bits int64 }
	grams := sqlkeys.TermGrams(term)
	rows, err := sqlkeys.Collect(ctx, r, func(r sqlkeys.Row) (c row, err error) { return c, r.Scan(&c.chunk, &c.bits) },
		`SELECT chunk, bit_and(blocks) FROM grams WHERE gram = ANY($1::bigint[]) GROUP BY chunk HAVING count(*) = $2 ORDER BY chunk`, grams, len(grams))
	blocks := []int64{}
	for _, c := range rows {
		blocks = sqlkeys.AppendBlocks(blocks, c.chunk, c.bits)
	}
	return blocks, err
}
