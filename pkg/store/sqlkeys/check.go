package sqlkeys

import (
	"context"
	"fmt"
)

// Rule is a query that gives nothing if all is well.
type Rule struct{ Fault, Broken string }

// rules are those of every store.
var rules = []Rule{
	{"keys without a usage row of their organization",
		`SELECT 1 FROM keys LEFT JOIN usage USING (number, org_id) WHERE usage.number IS NULL`},
	{"keys without a token", `SELECT 1 FROM keys WHERE NOT EXISTS (SELECT 1 FROM tokens WHERE tokens.number = keys.number)`},
	{"tokens of keys that are not there",
		`SELECT 1 FROM tokens LEFT JOIN keys USING (number) WHERE keys.number IS NULL`},
	{"keys with the id of another key's token",
		`SELECT 1 FROM keys JOIN tokens USING (id) WHERE keys.number <> tokens.number`},
	{"days of use of keys that are not there",
		`SELECT 1 FROM usage_days LEFT JOIN keys USING (number) WHERE keys.number IS NULL`},
	{"clients of keys that are not there",
		`SELECT 1 FROM clients LEFT JOIN keys USING (number) WHERE keys.number IS NULL`},
	{"keys with more use on their days than in all",
		`SELECT 1 FROM usage_days AS d JOIN usage AS u USING (number) GROUP BY number HAVING sum(d.count) > max(u.count)`},
	{"keys with a number above the change counter", `SELECT 1 FROM keys, counter WHERE keys.seq > counter.seq`},
	{"tombstones with a number above the change counter",
		`SELECT 1 FROM tombstones, counter WHERE tombstones.seq > counter.seq`},
	{"tombstones of keys that are there", `SELECT 1 FROM tombstones JOIN keys USING (id)`},
	{"numbers of the change feed that were given twice", `SELECT 1 FROM tombstones JOIN keys USING (seq)`},
}

// CheckRules says in which ways the tables of a store do not agree with one
// another. More are rules of the engine's own.
func CheckRules(ctx context.Context, q Querier, more ...Rule) (faults []string, err error) {
	for _, rule := range append(more, rules...) {
		var n int64
		if err := q.QueryRowContext(ctx, `SELECT count(*) FROM (`+rule.Broken+`) AS broken`).Scan(&n); err != nil {
			return faults, err
		}
		if n > 0 {
			faults = append(faults, fmt.Sprintf("%s: %d", rule.Fault, n))
		}
	}
	return faults, nil
}
