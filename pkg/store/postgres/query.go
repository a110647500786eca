package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// Keys implements apikey.Store.
//
// The numbers of a page's keys are put together from spans of an order, each of
// which is one walk along an index, and the keys are read then. If few keys have
// a term that is searched for, they are found first, and then sorted.
func (s *Store) Keys(ctx context.Context, q apikey.Query) (keys []*apikey.Key, err error) {
	order := sqlkeys.OrderOf(q.Sort)
	tables := sqlkeys.Cond(`keys AS k`)
	if order.Org != "k.org_id" { // it is the order of last use
		tables = sqlkeys.Cond(`usage AS u JOIN keys AS k ON k.number = u.number`)
	}
	err = s.snapshot(ctx, "list keys", func(ctx context.Context, r sqlkeys.Querier) error {
		where, walk, err := s.described(ctx, r, q, order.Org)
		if err != nil {
			return err
		}
		if walk {
			if err := s.preferIndexes(ctx, r); err != nil {
				return err
			}
		}
		var numbers []int64
		for _, span := range order.Spans(q) {
			if len(numbers) >= q.Limit {
				break
			}
			page := span.Numbers(tables, where, q.Limit-len(numbers))
			more, err := sqlkeys.Collect(ctx, r, sqlkeys.ScanNumber, numbered(page.Text), page.Args...)
			if err != nil {
				return err
			}
			numbers = append(numbers, more...)
		}
		keys, err = keysOf(ctx, r, numbers)
		return err
	})
	return keys, err
}

// keysOf returns the keys with some numbers, in their order.
func keysOf(ctx context.Context, r sqlkeys.Querier, numbers []int64) ([]*apikey.Key, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	keys, err := collectKeys(ctx, r, `SELECT `+sqlkeys.KeyColumns+` FROM `+sqlkeys.KeyTables+` WHERE k.number = ANY($1::bigint[])`, numbers)
	place := make(map[int64]int, len(numbers))
	for i, n := range numbers {
		place[n] = i
	}
	slices.SortFunc(keys, func(a, b *apikey.Key) int { return cmp.Compare(place[a.Number], place[b.Number]) })
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
	found, common, err := s.search(ctx, r, q.OrgID, sqlkeys.Fold(q.Search))
	return where.And(found), common, err
}

// search returns what a key must fulfil to have a folded term: in its name or
// description, or as the beginning of a token's id. Common reports whether too many
// keys may have it to look at each first.
//
// Names and descriptions are looked for on their own: if the one is common and
// the other is not, a walk need not read descriptions, which no index holds.
func (s *Store) search(ctx context.Context, r sqlkeys.Querier, orgID int64, term string) (found sqlkeys.Condition, common bool, err error) {
	numbers, err := sqlkeys.Collect(ctx, r, sqlkeys.ScanNumber, `SELECT DISTINCT k.number FROM tokens AS t JOIN keys AS k ON k.number = t.number
		WHERE k.org_id = $1 AND lower(t.id) >= $2 AND lower(t.id) < $3`, orgID, term, term+"~") // ~ is above all that an id is made of
	if err != nil {
		return found, false, err
	}
	var either []string
	for column, mark := range map[string]int64{"name_folded": 0, "description_folded": sqlkeys.Described} {
		blocks, err := findBlocks(ctx, r, term, mark)
		if err != nil {
			return found, false, err
		}
		if len(blocks) > s.opts.commonBlocks {
			either = append(either, `strpos(k.`+column+`, ?) > 0`)
			found.Args = append(found.Args, term)
			continue
		}
		more, err := sqlkeys.Collect(ctx, r, sqlkeys.ScanNumber, `SELECT k.number FROM unnest($1::bigint[]) AS b (block)
			JOIN keys AS k ON k.number >= b.block * $2::bigint AND k.number < (b.block + 1) * $2::bigint
			WHERE k.org_id = $3 AND strpos(k.`+column+`, $4) > 0`, blocks, int64(1)<<sqlkeys.BlockBits, orgID, term)
		if err != nil {
			return found, false, err
		}
		numbers = append(numbers, more...)
	}
	if common = len(either) > 0; !common || len(numbers) > 0 {
		either = append(either, `k.number = ANY(?::bigint[])`)
		found.Args = append(found.Args, append([]int64{}, numbers...)) // an empty list, and not none
	}
	found.Text = `(` + strings.Join(either, ` OR `) + `)`
	return found, common, nil
}

// findBlocks returns the blocks that have all grams of a term, with a mark as
// of sqlkeys.BlockGrams.
func findBlocks(ctx context.Context, r sqlkeys.Querier, term string, mark int64) ([]int64, error) {
	type row struct{ chunk, bits int64 }
	grams := sqlkeys.TermGrams(term, mark)
	rows, err := sqlkeys.Collect(ctx, r, func(r sqlkeys.Row) (c row, err error) { return c, r.Scan(&c.chunk, &c.bits) },
		`SELECT chunk, bit_and(blocks) FROM grams WHERE gram = ANY($1::bigint[]) GROUP BY chunk HAVING count(*) = $2 ORDER BY chunk`, grams, len(grams))
	blocks := []int64{}
	for _, c := range rows {
		blocks = sqlkeys.AppendBlocks(blocks, c.chunk, c.bits)
	}
	return blocks, err
}
