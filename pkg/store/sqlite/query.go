package sqlite

import (
	"context"
	"fmt"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Keys implements apikey.Store.
//
// A page is put together from spans of an order, each of which is one walk
// along an index: the keys that are equal to the position, those behind it,
// and last those without a value.
func (s *Store) Keys(ctx context.Context, q apikey.Query) (keys []*apikey.Key, err error) {
	order := orderOf(q.Sort)
	where := conditions(q).and(`u.org_id = ?`, q.OrgID)
	err = s.snapshot(ctx, "list keys", func(r querier) error {
		for _, span := range order.spans(q) {
			if len(keys) >= q.Limit {
				return nil
			}
			w := where.and(span.text, span.args...)
			more, err := collect(ctx, r, scanKey, `SELECT `+keyColumns+` FROM `+order.tables+` WHERE `+w.text+
				` ORDER BY `+span.order+` LIMIT ?`, append(w.args, q.Limit-len(keys))...)
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
	where := conditions(q)
	err = s.use(ctx, "count keys", func() error {
		return s.read.QueryRowContext(ctx, `SELECT count(*) FROM keys AS k WHERE `+where.text, where.args...).Scan(&n)
	})
	return n, err
}

// condition is a part of a WHERE clause with its arguments.
type condition struct {
	text string
	args []any
}

func (c condition) and(text string, args ...any) condition {
	switch {
	case text == "":
		text = c.text
	case c.text != "":
		text = c.text + " AND " + text
	}
	return condition{text, append(c.args[:len(c.args):len(c.args)], args...)}
}

// conditions returns what a key must fulfil to be described by q.
func conditions(q apikey.Query) condition {
	c := condition{}.and(`k.org_id = ?`, q.OrgID)
	switch now := millis(q.Now); q.State {
	case apikey.StateRevoked:
		c = c.and(`k.revoked_at <> 0`)
	case apikey.StateExpired:
		c = c.and(`k.revoked_at = 0 AND k.expires_at <> 0 AND k.expires_at <= ?`, now)
	case apikey.StateDisabled:
		c = c.and(`k.revoked_at = 0 AND (k.expires_at = 0 OR k.expires_at > ?) AND k.enabled = 0`, now)
	case apikey.StateActive:
		c = c.and(`k.revoked_at = 0 AND (k.expires_at = 0 OR k.expires_at > ?) AND k.enabled = 1`, now)
	}
	if q.Role != apikey.RoleNone {
		c = c.and(`k.role = ?`, q.Role.String())
	}
	if q.Pool != nil {
		c = c.and(`k.pool = ?`, *q.Pool)
	}
	if q.Search != "" {
		term := fold(q.Search)
		c = c.and(`(instr(k.name_folded, ?) > 0 OR instr(k.description_folded, ?) > 0 OR instr(lower(k.id), ?) = 1)`, term, term, term)
	}
	return c
}

// order is one of the orders in which keys are listed. The tables name the
// index that holds the order, because the planner knows nothing of the limit's
// weight and might sort all keys instead.
type order struct {
	tables   string
	column   string // what is sorted by; empty = the number alone
	number   string // the number in the same index
	optional bool   // whether a key may have no value, which is 0
	position func(apikey.Position) any
}

func timeOf(p apikey.Position) any { return millis(p.Time) }

func orderOf(sort apikey.Sort) order {
	const keysBy = `keys AS k INDEXED BY %s CROSS JOIN usage AS u ON u.number = k.number`
	switch sort {
	case apikey.SortNumber:
		return order{tables: fmt.Sprintf(keysBy, "keys_by_number"), number: "k.number"}
	case apikey.SortCreatedAt:
		return order{fmt.Sprintf(keysBy, "keys_by_creation"), "k.created_at", "k.number", true, timeOf}
	case apikey.SortExpiresAt:
		return order{fmt.Sprintf(keysBy, "keys_by_expiry"), "k.expires_at", "k.number", true, timeOf}
	case apikey.SortLastUsedAt:
		return order{`usage AS u INDEXED BY usage_by_last_use CROSS JOIN keys AS k ON k.number = u.number`, "u.last_at", "u.number", true, timeOf}
	}
	return order{fmt.Sprintf(keysBy, "keys_by_name"), "k.name_folded", "k.number", false, func(p apikey.Position) any { return fold(p.Name) }}
}

// span is a part of an order that an index holds in that order.
type span struct {
	condition
	order string
}

// spans returns the parts of the order that come after q's position.
func (o order) spans(q apikey.Query) []span {
	direction, beyond := "", " > ?"
	if q.Descending {
		direction, beyond = " DESC", " < ?"
	}
	if o.column == "" {
		all := span{order: o.number + direction}
		if q.After != nil {
			all.condition = all.and(o.number+beyond, q.After.Number)
		}
		return []span{all}
	}
	var list []span
	valued := span{order: o.column + direction + ", " + o.number}
	valueless := span{order: o.number}
	if o.optional {
		valued.condition = valued.and(o.column + " <> 0")
		valueless.condition = valueless.and(o.column + " = 0")
	}
	if q.After != nil {
		at := o.position(*q.After)
		if o.optional && at == int64(0) {
			valueless.condition = valueless.and(o.number+" > ?", q.After.Number)
			return []span{valueless}
		}
		equal := condition{}.and(o.column+" = ?", at).and(o.number+" > ?", q.After.Number)
		list = append(list, span{equal, o.number})
		valued.condition = valued.and(o.column+beyond, at)
	}
	list = append(list, valued)
	if o.optional {
		list = append(list, valueless)
	}
	return list
}
