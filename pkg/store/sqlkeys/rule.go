package sqlkeys

import (
	"cmp"
	"slices"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// RuleRow is the use of a rule with what the store knows it by.
type RuleRow struct {
	apikey.KeyRuleUse
	Rule int64
}

// RuleKey is what no two rows of a key have in common.
type RuleKey struct {
	ID   string
	Day  apikey.Day
	Rule int64
}

// Key returns the row's.
func (r *RuleRow) Key() RuleKey { return RuleKey{r.KeyID.String(), r.Day, r.Rule} }

// RuleRows returns one row for each day, key and rule, in their order. Numbers are those of all of the rules.
func RuleRows(uses []apikey.KeyRuleUse, numbers map[apikey.Rule]int64) []RuleRow {
	rows := make([]RuleRow, len(uses))
	for i := range uses {
		rows[i] = RuleRow{KeyRuleUse: uses[i], Rule: numbers[uses[i].Rule]}
	}
	order := func(a, b RuleRow) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), slices.Compare(a.KeyID[:], b.KeyID[:]), cmp.Compare(a.Rule, b.Rule))
	}
	slices.SortStableFunc(rows, order)
	n := 0
	for _, r := range rows {
		if n > 0 && order(rows[n-1], r) == 0 {
			rows[n-1].Add(&r.RuleUse)
			continue
		}
		rows[n] = r
		n++
	}
	return rows[:n]
}

// RulesOf returns the rules of uses, once each.
func RulesOf(uses []apikey.KeyRuleUse) []apikey.Rule {
	rules := make([]apikey.Rule, len(uses))
	for i := range uses {
		rules[i] = uses[i].Rule
	}
	slices.SortFunc(rules, apikey.CompareRules)
	return slices.Compact(rules)
}

// maxEndpointsOfKey is for how many endpoints what is above MaxRulesOfKey counts, on a day of a key.
const maxEndpointsOfKey = 50

// FoldRules returns the uses of rows that are new to the store. Of those that would be too many for their keys' days,
// of which had says how many rows there are, it leaves out the path and the method, or the endpoint too.
func FoldRules(fresh []RuleRow, had map[RuleKey]int) []apikey.KeyRuleUse {
	uses := make([]apikey.KeyRuleUse, len(fresh))
	for i := range fresh {
		use := fresh[i].KeyRuleUse
		day := RuleKey{ID: use.KeyID.String(), Day: use.Day}
		switch n := had[day]; {
		case n >= apikey.MaxRulesOfKey+maxEndpointsOfKey:
			use.Rule = apikey.Rule{}
		case n >= apikey.MaxRulesOfKey:
			use.Rule = apikey.Rule{Endpoint: use.Endpoint}
		}
		had[day]++
		uses[i] = use
	}
	return uses
}

// SplitRules parts rows: those of keys' days that cannot have too many with them, of which had says how many rows there
// are, and the rest.
func SplitRules(rows []RuleRow, had map[RuleKey]int) (few, many []RuleRow) {
	more := map[RuleKey]int{}
	day := func(r *RuleRow) RuleKey { return RuleKey{ID: r.KeyID.String(), Day: r.Day} }
	for i := range rows {
		more[day(&rows[i])]++
	}
	for i := range rows {
		if d := day(&rows[i]); had[d]+more[d] <= apikey.MaxRulesOfKey {
			few = append(few, rows[i])
		} else {
			many = append(many, rows[i])
		}
	}
	return few, many
}

// ScanRule reads the number of a rule, its endpoint, path and method.
func ScanRule(r Row) (row RuleRow, err error) {
	return row, r.Scan(&row.Rule, &row.Endpoint, &row.Path, &row.Method)
}

// ScanRuleKey reads the id of a key, a day and the number of a rule.
func ScanRuleKey(r Row) (k RuleKey, err error) { return k, r.Scan(&k.ID, &k.Day, &k.Rule) }

// NumbersOf returns the numbers of rules.
func NumbersOf(rows []RuleRow) map[apikey.Rule]int64 {
	numbers := make(map[apikey.Rule]int64, len(rows))
	for _, r := range rows {
		numbers[r.KeyRuleUse.Rule] = r.Rule
	}
	return numbers
}

// SelectRuleUses reads what ScanRuleUse takes; what stands behind it says of which.
const SelectRuleUses = `SELECT u.day, r.endpoint, r.path, r.method, u.allowed, u.denied, u.allowed_at, u.denied_at
	FROM rule_uses AS u JOIN rules AS r ON r.id = u.rule `

// ScanRuleUse reads a row of SelectRuleUses.
func ScanRuleUse(r Row) (u apikey.RuleUse, err error) {
	var allowed, denied int64
	err = r.Scan(&u.Day, &u.Endpoint, &u.Path, &u.Method, &u.Count, &u.Denied, &allowed, &denied)
	u.AllowedAt, u.DeniedAt = FromMillis(allowed), FromMillis(denied)
	return u, err
}

// SelectUsedRules takes an endpoint and a day since which there must be any use.
const SelectUsedRules = `SELECT r.id, r.endpoint, r.path, r.method FROM rules AS r WHERE r.endpoint = ? AND EXISTS (
	SELECT 1 FROM rule_uses AS u WHERE u.rule = r.id AND u.day >= ? AND u.allowed > 0)`

// SelectRuleUsers reads what ScanRuleUser takes, by keys. It takes the engine's list of rules' numbers in place of %s,
// and further a day, an organization and how many keys.
const SelectRuleUsers = `WITH used AS (
		SELECT number, rule, CAST(sum(allowed) AS BIGINT) AS requests, max(allowed_at) AS last_at
		FROM rule_uses WHERE rule IN (%s) AND day >= ? AND allowed > 0 GROUP BY number, rule),
	busiest AS (
		SELECT k.number, k.id, sum(u.requests) AS total FROM used AS u JOIN keys AS k ON k.number = u.number
		WHERE k.org_id = ? GROUP BY k.number, k.id ORDER BY total DESC, k.number LIMIT ?)
	SELECT b.id, u.rule, u.requests, u.last_at FROM busiest AS b JOIN used AS u ON u.number = b.number
	ORDER BY b.total DESC, b.number, u.rule`

// RuleUserRow is a row of SelectRuleUsers.
type RuleUserRow struct {
	ID   string
	Rule int64
	apikey.RuleUse
}

// ScanRuleUser reads a row of SelectRuleUsers.
func ScanRuleUser(r Row) (u RuleUserRow, err error) {
	var at int64
	err = r.Scan(&u.ID, &u.Rule, &u.Count, &at)
	u.AllowedAt = FromMillis(at)
	return u, err
}

// RuleUsers brings together the rows of each key, which follow one another.
func RuleUsers(rows []RuleUserRow, numbers map[apikey.Rule]int64) (users []apikey.RuleUser) {
	rules := make(map[int64]apikey.Rule, len(numbers))
	for rule, number := range numbers {
		rules[number] = rule
	}
	for _, r := range rows {
		if len(users) == 0 || users[len(users)-1].KeyID != r.ID {
			users = append(users, apikey.RuleUser{KeyID: r.ID})
		}
		use := r.RuleUse
		use.Rule = rules[r.Rule]
		u := &users[len(users)-1]
		u.Uses = append(u.Uses, use)
	}
	return users
}

// The statements that remove old use of rules. ForgetRulesUpTo takes how many entries are kept, and reads the newest
// day that goes for being too much; ForgetRuleUses takes the day before which entries go, and a limit.
const (
	ForgetRulesUpTo = `SELECT coalesce((SELECT day FROM rule_uses ORDER BY day DESC LIMIT 1 OFFSET ?), -1),
		coalesce((SELECT max(day) FROM rule_uses), -1)`
	ForgetRuleUses = `DELETE FROM rule_uses WHERE (day, number, rule) IN (
		SELECT day, number, rule FROM rule_uses WHERE day < ? ORDER BY day LIMIT ?)`
	UnusedRules = `FROM rules WHERE NOT EXISTS (SELECT 1 FROM rule_uses AS u WHERE u.rule = rules.id)`
)

// ForgetBefore is the day before which entries go: one that is given, or, if that would leave too many, the one after
// the newest that goes for being too much, but never the newest day of all.
func ForgetBefore(before, tooMuch, newest apikey.Day) apikey.Day {
	if tooMuch < 0 {
		return before
	}
	return max(before, min(tooMuch+1, newest))
}
