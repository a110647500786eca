package sqlkeys

import (
	"slices"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// isEnabled is so for keys that are enabled at a moment, which is its argument: as they are kept, or by themselves.
const isEnabled = `(k.enabled = 1 OR k.disabled_until > 0 AND k.disabled_until <= ?)`

// FewKeys is how many keys may be looked at one by one to find a page of them, if so many blocks may be. If a filter
// leaves more, a walk along an order meets them soon.
func FewKeys(commonBlocks int) int { return 8 * commonBlocks }

// Filters returns what a query's filters ask of a key k, but for the search. Position is the engine's function that
// says where a text has another, or 0.
func Filters(q apikey.Query, position string) Condition {
	c := inState(q).And(oneOf(`k.role`, roleNames(q.Roles))).And(oneOf(`k.pool`, q.Pools)).
		And(oneOf(`k.owner`, q.Owners))
	for _, l := range q.Labels {
		text := "\n" + l.Name + "="
		if l.Value != "" {
			text += l.Value + "\n"
		}
		c = c.And(Cond(position+"('\n' || k.labels || '\n', ?) > 0", text))
	}
	for _, tenant := range q.Tenants {
		c = c.And(Cond(position+`(',' || k.tenants || ',', ?) > 0`, ","+tenant+","))
	}
	for _, endpoint := range q.Endpoints {
		c = c.And(Cond(position+`(',' || k.endpoints || ',', ?) > 0`, ","+endpoint+","))
	}
	if q.UnusedFor > 0 {
		since := Millis(q.Now.Add(-q.UnusedFor))
		c = c.And(Cond(`k.created_at <= ? AND (SELECT last_at FROM usage WHERE usage.number = k.number) <= ?`, since,
			since))
	}
	if q.NeverUsed {
		c = c.And(Cond(`(SELECT last_at FROM usage WHERE usage.number = k.number) = 0`))
	}
	return c
}

func roleNames(roles []apikey.Role) []string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = r.String()
	}
	return names
}

// InNameIndex reports whether a query asks for something of a key, and for nothing but what SQLite's index keys_by_name
// holds: what makes a state, the role, the pool and the texts of a search.
func InNameIndex(q apikey.Query) bool {
	further := len(q.Owners) > 0 || len(q.Labels) > 0 || len(q.Tenants) > 0 || len(q.Endpoints) > 0 ||
		q.UnusedFor > 0 || q.NeverUsed
	asks := len(q.States) > 0 || q.EndsWithin > 0 || len(q.Roles) > 0 || len(q.Pools) > 0 || q.Search != "" ||
		len(q.IDs) > 0
	return !further && (asks || len(q.Without) > 0) &&
		!slices.ContainsFunc(q.Without, func(w apikey.Query) bool { return !InNameIndex(w) })
}

// inState returns what the filters by state and by end ask of a key.
func inState(q apikey.Query) (c Condition) {
	now := Millis(q.Now)
	for _, state := range q.States {
		c = c.Or(isIn(state, now))
	}
	if q.EndsWithin > 0 {
		c = c.And(Cond(`k.revoked_at = 0 AND k.ends_at > ? AND k.ends_at <= ? AND `+isEnabled, now, endsBy(q), now))
	}
	return c
}

// isIn returns what makes a key's state at a moment.
func isIn(state apikey.State, now int64) Condition {
	switch state {
	case apikey.StateRevoked:
		return Cond(`k.revoked_at > 0`)
	case apikey.StateExpired:
		return Cond(`k.revoked_at = 0 AND k.ends_at > 0 AND k.ends_at <= ?`, now)
	case apikey.StateDisabled:
		return Cond(`k.revoked_at = 0 AND (k.ends_at = 0 OR k.ends_at > ?) AND NOT `+isEnabled, now, now)
	case apikey.StateActive:
		return Cond(`k.revoked_at = 0 AND (k.ends_at = 0 OR k.ends_at > ?) AND `+isEnabled, now, now)
	}
	return Cond(`1 = 0`)
}

func endsBy(q apikey.Query) int64 { return Millis(q.Now.Add(q.EndsWithin)) }

// Terms returns folded texts that are among the texts of every key which the filters let through: see FoldTexts. So the
// index of the search says where such keys can be.
func Terms(q apikey.Query) (terms []string) {
	for _, l := range q.Labels {
		terms = append(terms, Fold(l.Name+"="+l.Value))
	}
	for _, name := range slices.Concat(q.Tenants, q.Endpoints) {
		terms = append(terms, Fold(name))
	}
	return terms
}

// Ranges returns statements for the numbers of keys, each a part of one index, that are all which one of the filters
// lets through, and perhaps more: limit at the most.
func Ranges(q apikey.Query, limit int) (list []Condition) {
	if len(q.Owners) > 0 {
		c := Cond(`org_id = ?`, q.OrgID).And(oneOf(`owner`, q.Owners))
		list = append(list, Cond(`SELECT number FROM keys WHERE `+c.Text+` LIMIT ?`, append(c.Args, limit)...))
	}
	if q.EndsWithin > 0 {
		list = append(list, Cond(`SELECT number FROM keys WHERE org_id = ? AND ends_at > ? AND ends_at <= ? LIMIT ?`,
			q.OrgID, Millis(q.Now), endsBy(q), limit))
	}
	if q.UnusedFor > 0 {
		since := Millis(q.Now.Add(-q.UnusedFor))
		list = append(list,
			Cond(`SELECT number FROM usage WHERE org_id = ? AND last_at <= ? LIMIT ?`, q.OrgID, since, limit),
			Cond(`SELECT number FROM keys WHERE org_id = ? AND created_at <= ? LIMIT ?`, q.OrgID, since, limit))
	}
	if q.NeverUsed {
		list = append(list, Cond(`SELECT number FROM usage WHERE org_id = ? AND last_at = 0 LIMIT ?`, q.OrgID, limit))
	}
	return list
}
