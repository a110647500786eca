package sqlite

import (
	"context"
	"slices"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Keys implements apikey.Store.
//
// A page is put together from spans of an order, each of which is one walk
// along an index: the keys that are equal to the position, those behind it,
// and last those without a value. If few keys have a term that is searched
// for, they are found first, and then sorted.
func (s *Store) Keys(ctx context.Context, q apikey.Query) (keys []*apikey.Key, err error) {
	order := orderOf(q.Sort)
	err = s.snapshot(ctx, "list keys", func(r querier) error {
		from, where, err := s.described(ctx, r, q, order.tables, order.org)
		if err != nil {
			return err
		}
		for _, span := range order.spans(q) {
			if len(keys) >= q.Limit {
				return nil
			}
			page := span.page(from, where, q.Limit-len(keys))
			more, err := collect(ctx, r, scanKey, page.text, page.args...)
			if err != nil {
				return err
			}
			keys = append(keys, more...)
		}
		return nil
	})
	return keys, err
}

// CountKeys implements apikey.Store.
func (s *Store) CountKeys(ctx context.Context, q apikey.Query) (n int64, err error) {
	index := "keys_by_name" // which holds all that a filter asks for
	if filters(q).text == "" && q.Search == "" {
		index = "keys_by_number" // the smallest
	}
	err = s.snapshot(ctx, "count keys", func(r querier) error {
		from, where, err := s.described(ctx, r, q, `keys AS k INDEXED BY `+index, "k.org_id")
		if err != nil {
			return err
		}
		return r.QueryRowContext(ctx, `SELECT count(*) FROM `+from.text+` WHERE `+where.text, slices.Concat(from.args, where.args)...).Scan(&n)
	})
	return n, err
}

// described returns the FROM and WHERE clauses for the keys that q describes,
// whatever its position. They are looked for in the given tables, whose column
// org is the organization, or among the keys that a search found.
func (s *Store) described(ctx context.Context, r querier, q apikey.Query, tables, org string) (from, where condition, err error) {
	where = cond(org+` = ?`, q.OrgID).and(filters(q))
	if q.Search == "" {
		return cond(tables), where, nil
	}
	f, err := search(ctx, r, q.OrgID, fold(q.Search), s.opts.commonBlocks)
	if err != nil {
		return from, where, err
	}
	if f.common {
		return cond(tables), where.and(f.condition()), nil
	}
	return cond(`(SELECT DISTINCT value AS number FROM json_each(?)) AS f CROSS JOIN `+keyTables, jsonList(f.numbers)), where.and(cond(`k.number = f.number`)), nil
}

// condition is a part of a statement with its arguments, mostly of a WHERE
// clause.
type condition struct {
	text string
	args []any
}

// cond makes a condition.
func cond(text string, args ...any) condition { return condition{text, args} }

// and returns the condition that both are true; an empty one is always true.
func (c condition) and(other condition) condition {
	switch {
	case c.text == "":
		return other
	case other.text == "":
		return c
	}
	return condition{c.text + " AND " + other.text, slices.Concat(c.args, other.args)}
}

// filters returns what q's filters ask of a key, but for the search.
func filters(q apikey.Query) (c condition) {
	switch now := millis(q.Now); q.State {
	case apikey.StateRevoked:
		c = cond(`k.revoked_at > 0`)
	case apikey.StateExpired:
		c = cond(`k.revoked_at = 0 AND k.expires_at > 0 AND k.expires_at <= ?`, now)
	case apikey.StateDisabled:
		c = cond(`k.revoked_at = 0 AND (k.expires_at = 0 OR k.expires_at > ?) AND k.enabled = 0`, now)
	case apikey.StateActive:
		c = cond(`k.revoked_at = 0 AND (k.expires_at = 0 OR k.expires_at > ?) AND k.enabled = 1`, now)
	}
	if q.Role != apikey.RoleNone {
		c = c.and(cond(`k.role = ?`, q.Role.String()))
	}
	if q.Pool != nil {
		c = c.and(cond(`k.pool = ?`, *q.Pool))
	}
	return c
}

// order is one of the orders in which keys are listed. Its tables name the
// index that holds it, because the planner knows nothing of the limit's weight
// and might sort all keys instead.
type order struct {
	tables   string
	org      string // the organization in the index
	column   string // what is sorted by; empty = the number alone
	number   string // the number in the index
	optional bool   // whether a key may have no value, which is 0
	position func(apikey.Position) any
}

func orderOf(sort apikey.Sort) order {
	byTime := func(p apikey.Position) any { return millis(p.Time) }
	byName := func(p apikey.Position) any { return fold(p.Name) }
	keys := func(index string) string {
		return `keys AS k INDEXED BY ` + index + ` CROSS JOIN usage AS u ON u.number = k.number`
	}
	switch sort {
	case apikey.SortNumber:
		return order{tables: keys("keys_by_number"), org: "k.org_id", number: "k.number"}
	case apikey.SortCreatedAt:
		return order{keys("keys_by_creation"), "k.org_id", "k.created_at", "k.number", true, byTime}
	case apikey.SortExpiresAt:
		return order{keys("keys_by_expiry"), "k.org_id", "k.expires_at", "k.number", true, byTime}
	case apikey.SortLastUsedAt:
		return order{`usage AS u INDEXED BY usage_by_last_use CROSS JOIN keys AS k ON k.number = u.number`, "u.org_id", "u.last_at", "u.number", true, byTime}
	}
	return order{keys("keys_by_name"), "k.org_id", "k.name_folded", "k.number", false, byName}
}

// span is a part of an order that an index holds in that order.
type span struct {
	condition
	order string
}

// page returns the statement for the first keys of the span that fulfil where.
func (s span) page(from, where condition, limit int) condition {
	where = where.and(s.condition)
	return condition{
		`SELECT ` + keyColumns + ` FROM ` + from.text + ` WHERE ` + where.text + ` ORDER BY ` + s.order + ` LIMIT ?`,
		slices.Concat(from.args, where.args, []any{limit}),
	}
}

// spans returns the parts of the order that come after q's position.
func (o order) spans(q apikey.Query) (list []span) {
	direction, beyond := "", " > ?"
	if q.Descending {
		direction, beyond = " DESC", " < ?"
	}
	if o.column == "" {
		all := span{order: o.number + direction}
		if q.After != nil {
			all.condition = cond(o.number+beyond, q.After.Number)
		}
		return []span{all}
	}
	valued := span{order: o.column + direction + ", " + o.number}
	valueless := span{order: o.number}
	if o.optional {
		valued.condition = cond(o.column + " > 0")
		valueless.condition = cond(o.column + " = 0")
	}
	if q.After != nil {
		at := o.position(*q.After)
		behind := cond(o.number+" > ?", q.After.Number)
		if o.optional && at == int64(0) {
			valueless.condition = valueless.and(behind)
			return []span{valueless}
		}
		list = append(list, span{cond(o.column+" = ?", at).and(behind), o.number})
		valued.condition = valued.and(cond(o.column+beyond, at))
	}
	list = append(list, valued)
	if o.optional {
		list = append(list, valueless)
	}
	return list
}
