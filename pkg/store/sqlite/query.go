package sqlite

import (
	"context"
	"slices"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// Keys returns a page of keys.
//
// A page is put together from spans of an order, each of which is one walk
// along an index: the keys that are equal to the position, those behind it,
// and last those without a value. If few keys have the words that are searched
// for, they are found first, and then sorted.
func (s *Store) Keys(ctx context.Context, q apikey.Query) (keys []*apikey.Key, err error) {
	order := sqlkeys.OrderOf(q.Sort)
	err = s.snapshot(ctx, "list keys", func(r sqlkeys.Querier) error {
		from, where, err := s.described(ctx, r, q, tablesOf(q.Sort), order.Org)
		if err != nil {
			return err
		}
		for _, span := range order.Spans(q) {
			if len(keys) >= q.Limit {
				return nil
			}
			page := span.Page(from, where, q.Limit-len(keys))
			more, err := collectKeys(ctx, r, page.Text, page.Args...)
			if err != nil {
				return err
			}
			keys = append(keys, more...)
		}
		return nil
	})
	return keys, err
}

// CountKeys counts the keys that a query describes.
func (s *Store) CountKeys(ctx context.Context, q apikey.Query) (n int64, err error) {
	index := "keys_by_number" // the smallest, and in the order of the rows themselves
	if sqlkeys.InNameIndex(q) {
		index = "keys_by_name" // which holds all that is asked for
	}
	err = s.snapshot(ctx, "count keys", func(r sqlkeys.Querier) error {
		from, where, err := s.described(ctx, r, q, `keys AS k INDEXED BY `+index, "k.org_id")
		if err != nil {
			return err
		}
		return r.QueryRowContext(ctx, `SELECT count(*) FROM `+from.Text+` WHERE `+where.Text,
			slices.Concat(from.Args, where.Args)...).Scan(&n)
	})
	return n, err
}

// position is the function that says where a text has another.
const position = "instr"

// described returns the FROM and WHERE clauses for the keys that q describes,
// from any position. They are looked for in the given tables, whose column
// org is the organization, or among the few that a search or a filter leaves.
func (s *Store) described(
	ctx context.Context, r sqlkeys.Querier, q apikey.Query, tables, org string,
) (from, where sqlkeys.Condition, err error) {
	where = sqlkeys.Cond(org+` = ?`, q.OrgID).And(sqlkeys.Filters(q, position))
	f, err := search(ctx, r, q, s.opts.commonBlocks)
	if err == nil && f.common {
		err = f.findRange(ctx, r, q, sqlkeys.FewKeys(s.opts.commonBlocks))
	}
	if err != nil {
		return from, where, err
	}
	where = where.And(f.condition())
	if f.common {
		return sqlkeys.Cond(tables), where, nil
	}
	return sqlkeys.Cond(`(SELECT DISTINCT value AS number FROM json_each(?)) AS f CROSS JOIN `+sqlkeys.KeyTables,
			jsonList(f.numbers)),
		where.And(sqlkeys.Cond(`k.number = f.number`)), nil
}

// tablesOf returns what a sort's order is read from. It names the index that
// holds the order, because the planner knows nothing of the limit's weight and
// might sort all keys instead.
func tablesOf(sort apikey.Sort) string {
	keys := func(index string) string {
		return `keys AS k INDEXED BY ` + index + ` CROSS JOIN usage AS u ON u.number = k.number`
	}
	switch sort {
	case apikey.SortNumber:
		return keys("keys_by_number")
	case apikey.SortCreatedAt:
		return keys("keys_by_creation")
	case apikey.SortExpiresAt:
		return keys("keys_by_expiry")
	case apikey.SortLastUsedAt:
		return `usage AS u INDEXED BY usage_by_last_use CROSS JOIN keys AS k ON k.number = u.number`
	}
	return keys("keys_by_name")
}
