package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// addRules adds to the use of rules. Those that are new to a key's day are counted first, lest they be too many.
func addRules(ctx context.Context, tx *sql.Tx, uses []apikey.KeyRuleUse) error {
	if len(uses) == 0 {
		return nil
	}
	numbers, err := giveNumbers(ctx, tx, sqlkeys.RulesOf(uses))
	if err != nil {
		return err
	}
	rows := sqlkeys.RuleRows(uses, numbers)
	known, err := updateRules(ctx, tx, rows)
	if err != nil || len(known) == len(rows) {
		return err
	}
	var fresh []sqlkeys.RuleRow
	for i := range rows {
		if !known[rows[i].Key()] {
			fresh = append(fresh, rows[i])
		}
	}
	had, err := countRules(ctx, tx, fresh)
	if err != nil {
		return err
	}
	uses = sqlkeys.FoldRules(fresh, had)
	if numbers, err = giveNumbers(ctx, tx, sqlkeys.RulesOf(uses)); err != nil {
		return err
	}
	return insertRules(ctx, tx, sqlkeys.RuleRows(uses, numbers))
}

const selectRule = `SELECT id FROM rules WHERE endpoint = ? AND path = ? AND method = ?`

// giveNumbers returns the numbers of rules, and gives one to those that have none.
func giveNumbers(ctx context.Context, tx *sql.Tx, rules []apikey.Rule) (map[apikey.Rule]int64, error) {
	numbers := make(map[apikey.Rule]int64, len(rules))
	for _, r := range rules {
		var id int64
		err := tx.QueryRowContext(ctx, selectRule, r.Endpoint, r.Path, r.Method).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			err = tx.QueryRowContext(ctx, `INSERT INTO rules (endpoint, path, method) VALUES (?, ?, ?) RETURNING id`,
				r.Endpoint, r.Path, r.Method).Scan(&id)
		}
		if err != nil {
			return nil, err
		}
		numbers[r] = id
	}
	return numbers, nil
}

// ruleList are rows as the statements read them.
func ruleList(rows []sqlkeys.RuleRow) (string, error) {
	list := make([][7]any, len(rows))
	for i := range rows {
		r := &rows[i]
		list[i] = [7]any{int64(r.Day), r.KeyID.String(), r.Rule, r.Count, r.Denied, sqlkeys.Millis(r.AllowedAt),
			sqlkeys.Millis(r.DeniedAt)}
	}
	text, err := json.Marshal(list)
	return string(text), err
}

const eachRule = `(SELECT j.value ->> 0 AS day, k.number, k.id, j.value ->> 2 AS rule, j.value ->> 3 AS allowed,
	j.value ->> 4 AS denied, j.value ->> 5 AS allowed_at, j.value ->> 6 AS denied_at
	FROM json_each(?1) AS j CROSS JOIN keys AS k ON k.id = j.value ->> 1)`

// updateRules adds to the rows that are there, and returns which they are.
func updateRules(ctx context.Context, tx *sql.Tx, rows []sqlkeys.RuleRow) (map[sqlkeys.RuleKey]bool, error) {
	list, err := ruleList(rows)
	if err != nil {
		return nil, err
	}
	keys, err := sqlkeys.Collect(ctx, tx, sqlkeys.ScanRuleKey, `SELECT x.id, u.day, u.rule FROM `+eachRule+` AS x
		CROSS JOIN rule_uses AS u ON u.day = x.day AND u.number = x.number AND u.rule = x.rule`, list)
	if err != nil {
		return nil, err
	}
	known := make(map[sqlkeys.RuleKey]bool, len(keys))
	for _, k := range keys {
		known[k] = true
	}
	there := make([]sqlkeys.RuleRow, 0, len(keys))
	for i := range rows {
		if known[rows[i].Key()] {
			there = append(there, rows[i])
		}
	}
	return known, insertRules(ctx, tx, there)
}

// countRules returns how many rows the keys of some rows have on their days.
func countRules(ctx context.Context, tx *sql.Tx, rows []sqlkeys.RuleRow) (map[sqlkeys.RuleKey]int, error) {
	list, err := ruleList(rows)
	if err != nil {
		return nil, err
	}
	had := map[sqlkeys.RuleKey]int{}
	counts, err := sqlkeys.Collect(ctx, tx, sqlkeys.ScanRuleKey, `SELECT x.id, x.day, (
			SELECT count(*) FROM rule_uses AS u WHERE u.day = x.day AND u.number = x.number)
		FROM (SELECT DISTINCT id, number, day FROM `+eachRule+`) AS x`, list)
	for _, c := range counts {
		had[sqlkeys.RuleKey{ID: c.ID, Day: c.Day}] = int(c.Rule)
	}
	return had, err
}

// insertRules adds rows, or adds to them.
func insertRules(ctx context.Context, tx *sql.Tx, rows []sqlkeys.RuleRow) error {
	if len(rows) == 0 {
		return nil
	}
	list, err := ruleList(rows)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO rule_uses (day, number, rule, allowed, denied, allowed_at, denied_at)
		SELECT day, number, rule, allowed, denied, allowed_at, denied_at FROM `+eachRule+` WHERE true
		ON CONFLICT DO UPDATE SET allowed = allowed + excluded.allowed, denied = denied + excluded.denied,
			allowed_at = max(allowed_at, excluded.allowed_at), denied_at = max(denied_at, excluded.denied_at)`, list)
	return err
}

// RuleUses returns where a key was sent. It looks for each day by itself, as UsageByDay does.
func (s *Store) RuleUses(
	ctx context.Context, orgID int64, id string, from, to apikey.Day,
) (uses []apikey.RuleUse, err error) {
	err = s.snapshot(ctx, "read where a key was sent", func(q sqlkeys.Querier) error {
		k, err := oneKey(ctx, q, orgID, id)
		if err != nil {
			return err
		}
		uses, err = sqlkeys.Collect(ctx, q, sqlkeys.ScanRuleUse, `WITH RECURSIVE wanted (day) AS (
				SELECT ?1 WHERE ?1 <= ?2 UNION ALL SELECT day + 1 FROM wanted WHERE day < ?2) `+
			sqlkeys.SelectRuleUses+`WHERE u.day IN (SELECT day FROM wanted) AND u.number = ?3`, int64(from), int64(to),
			k.Number)
		return err
	})
	return uses, err
}

// UsedRules returns the rules of an endpoint by which keys were let in.
func (s *Store) UsedRules(ctx context.Context, endpoint string, since apikey.Day) (rules []apikey.Rule, err error) {
	err = s.use(ctx, "read the rules of an endpoint", func() error {
		rows, err := sqlkeys.Collect(ctx, s.read, sqlkeys.ScanRule, sqlkeys.SelectUsedRules, endpoint, int64(since))
		for _, r := range rows {
			rules = append(rules, r.KeyRuleUse.Rule)
		}
		return err
	})
	return rules, err
}

// RuleUsers returns who was let in by rules.
func (s *Store) RuleUsers(
	ctx context.Context, orgID int64, rules []apikey.Rule, since apikey.Day, limit int,
) (users []apikey.RuleUser, err error) {
	err = s.snapshot(ctx, "read who uses the rules of an endpoint", func(q sqlkeys.Querier) error {
		numbers, list := map[apikey.Rule]int64{}, []int64{}
		for _, r := range rules {
			found, err := sqlkeys.Collect(ctx, q, sqlkeys.ScanNumber, selectRule, r.Endpoint, r.Path, r.Method)
			if err != nil {
				return err
			}
			for _, id := range found {
				numbers[r], list = id, append(list, id)
			}
		}
		ids, err := json.Marshal(list)
		if err != nil {
			return err
		}
		rows, err := sqlkeys.Collect(ctx, q, sqlkeys.ScanRuleUser,
			fmt.Sprintf(sqlkeys.SelectRuleUsers, `SELECT value FROM json_each(?)`), string(ids), int64(since), orgID, limit)
		users = sqlkeys.RuleUsers(rows, numbers)
		return err
	})
	return users, err
}

// ForgetRules removes old use of rules, and rules that nobody uses.
func (s *Store) ForgetRules(ctx context.Context, before apikey.Day, keep, limit int) (removed int64, err error) {
	var tooMuch, newest apikey.Day
	err = s.use(ctx, "count the use of rules", func() error {
		return s.read.QueryRowContext(ctx, sqlkeys.ForgetRulesUpTo, keep).Scan(&tooMuch, &newest)
	})
	if err != nil {
		return 0, err
	}
	removed, err = s.forget(ctx, "remove old use of rules", sqlkeys.ForgetRuleUses,
		int64(sqlkeys.ForgetBefore(before, tooMuch, newest)), limit)
	if err != nil {
		return removed, err
	}
	_, err = s.forget(ctx, "remove rules that nobody uses", `DELETE `+sqlkeys.UnusedRules)
	return removed, err
}

// forgetRules removes the use of rules of a key that is deleted. It looks for the key on each day that there is.
func (t *transaction) forgetRules(ctx context.Context, number int64) error {
	return t.exec(ctx, "delete the use of rules", `WITH RECURSIVE known (day) AS (
			SELECT min(day) FROM rule_uses
			UNION ALL SELECT (SELECT min(u.day) FROM rule_uses AS u WHERE u.day > known.day) FROM known
				WHERE known.day IS NOT NULL)
		DELETE FROM rule_uses WHERE number = ? AND day IN (SELECT day FROM known WHERE day IS NOT NULL)`, number)
}
