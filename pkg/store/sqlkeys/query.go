package sqlkeys

import (
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Condition is a part of a statement with its arguments, mostly of a WHERE
// clause. Arguments stand as question marks.
type Condition struct {
	Text string
	Args []any
}

// Cond makes a Condition.
func Cond(text string, args ...any) Condition { return Condition{text, args} }

// And returns the condition that both are true; an empty one is always true.
func (c Condition) And(other Condition) Condition {
	switch {
	case c.Text == "":
		return other
	case other.Text == "":
		return c
	}
	return Condition{c.Text + " AND " + other.Text, slices.Concat(c.Args, other.Args)}
}

// Or returns the condition that one of both is true; an empty one is no
// alternative.
func (c Condition) Or(other Condition) Condition {
	switch {
	case c.Text == "":
		return other
	case other.Text == "":
		return c
	}
	return Condition{"(" + c.Text + " OR " + other.Text + ")", slices.Concat(c.Args, other.Args)}
}

// Not returns the condition that it is not true.
func (c Condition) Not() Condition {
	if c.Text == "" {
		return Cond("1 = 0")
	}
	return Condition{"NOT (" + c.Text + ")", c.Args}
}

// InTrail returns what an entry of the audit trail is asked to be described by
// a query.
func InTrail(q apikey.AuditQuery) Condition {
	c := Cond("org_id = ?", q.OrgID)
	if q.System {
		c = Cond("org_id IN (?, 0)", q.OrgID)
	}
	if q.KeyID != "" {
		c = c.And(Cond("key_id = ?", q.KeyID))
	}
	if q.Action != "" {
		c = c.And(Cond("action = ?", string(q.Action)))
	}
	if q.Actor != "" {
		c = c.And(Cond("actor = ?", q.Actor))
	}
	if !q.Since.IsZero() {
		c = c.And(Cond("at >= ?", Millis(q.Since)))
	}
	for word := range strings.FieldsSeq(Fold(q.Search)) {
		c = c.And(Cond(`words LIKE ? ESCAPE '\'`, "%"+likeEscaper.Replace(word)+"%"))
	}
	if q.Before != 0 {
		c = c.And(Cond("id < ?", q.Before))
	}
	return c
}

// likeEscaper takes their meaning from the characters that LIKE gives one.
var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// InScope returns what a key is asked to be in a scope.
func InScope(scope apikey.Scope) (c Condition) {
	return oneOf("k.org_id", scope.OrgIDs).And(oneOf("k.pool", scope.Pools))
}

// oneOf returns the condition that a column has one of some values; of none,
// it may have any.
func oneOf[T any](column string, values []T) Condition {
	if len(values) == 0 {
		return Condition{}
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	return Condition{column + ` IN (?` + strings.Repeat(`, ?`, len(values)-1) + `)`, args}
}

// Order is one of the orders in which keys are listed.
type Order struct {
	Org      string // the organization in the index that holds the order
	column   string // what is sorted by; empty = the number alone
	number   string // the number in the index
	optional bool   // whether a key may have no value, which is 0
	position func(apikey.Position) any
}

// OrderOf returns a sort's order, on the tables keys AS k and usage AS u.
func OrderOf(sort apikey.Sort) Order {
	byTime := func(p apikey.Position) any { return Millis(p.Time) }
	byName := func(p apikey.Position) any { return Fold(p.Name) }
	switch sort {
	case apikey.SortNumber:
		return Order{Org: "k.org_id", number: "k.number"}
	case apikey.SortCreatedAt:
		return Order{"k.org_id", "k.created_at", "k.number", true, byTime}
	case apikey.SortExpiresAt:
		return Order{"k.org_id", "k.expires_at", "k.number", true, byTime}
	case apikey.SortLastUsedAt:
		return Order{"u.org_id", "u.last_at", "u.number", true, byTime}
	}
	return Order{"k.org_id", "k.name_folded", "k.number", false, byName}
}

// Span is a part of an order that an index holds in that order.
type Span struct {
	Condition
	order string
}

// Page returns the statement for the first keys of the span, limit at the
// most, that fulfil where. From is what follows FROM.
func (s Span) Page(from, where Condition, limit int) Condition {
	return s.first(KeyColumns, from, where, limit)
}

// Numbers is like Page, for the keys' numbers alone: an index may hold all that
// this takes.
func (s Span) Numbers(from, where Condition, limit int) Condition {
	return s.first("k.number", from, where, limit)
}

func (s Span) first(columns string, from, where Condition, limit int) Condition {
	where = where.And(s.Condition)
	return Condition{
		`SELECT ` + columns + ` FROM ` + from.Text + ` WHERE ` + where.Text + ` ORDER BY ` + s.order + ` LIMIT ?`,
		slices.Concat(from.Args, where.Args, []any{limit}),
	}
}

// Spans returns the parts of the order that come after a query's position:
// the keys that are equal to it, those behind it, and last those without a
// value.
func (o Order) Spans(q apikey.Query) (list []Span) {
	direction, beyond := "", " > ?"
	if q.Descending {
		direction, beyond = " DESC", " < ?"
	}
	if o.column == "" {
		all := Span{order: o.number + direction}
		if q.After != nil {
			all.Condition = Cond(o.number+beyond, q.After.Number)
		}
		return []Span{all}
	}
	valued := Span{order: o.column + direction + ", " + o.number}
	valueless := Span{order: o.number}
	if o.optional {
		valued.Condition = Cond(o.column + " > 0")
		valueless.Condition = Cond(o.column + " = 0")
		hasEnded := func(s apikey.State) bool { return s == apikey.StateExpired || s == apikey.StateRevoked }
		if o.column == "k.expires_at" && len(q.States) > 0 && !slices.ContainsFunc(q.States, hasEnded) {
			// What has expired need not be walked over.
			valued.Condition = Cond(o.column+" > ?", Millis(q.Now))
		}
	}
	if q.After != nil {
		at := o.position(*q.After)
		behind := Cond(o.number+" > ?", q.After.Number)
		if o.optional && at == int64(0) {
			valueless.Condition = valueless.And(behind)
			return []Span{valueless}
		}
		list = append(list, Span{Cond(o.column+" = ?", at).And(behind), o.number})
		valued.Condition = valued.And(Cond(o.column+beyond, at))
	}
	list = append(list, valued)
	if o.optional {
		list = append(list, valueless)
	}
	return list
}
