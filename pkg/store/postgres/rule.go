package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// storableRules returns the use of rules that the database takes.
func storableRules(uses []apikey.KeyRuleUse) []apikey.KeyRuleUse {
	return slices.DeleteFunc(slices.Clone(uses), func(u apikey.KeyRuleUse) bool {
		return !storable(u.KeyID.String()) || !storable(u.Endpoint) || !storable(u.Path) || !storable(u.Method)
	})
}

// addRules adds to the use of rules. What there is of a key's day is counted first, lest it be too much.
func addRules(ctx context.Context, tx *sql.Tx, all []apikey.KeyRuleUse) error {
	if len(all) == 0 {
		return nil
	}
	// Every row is found by an index. Of a table that grew in the last minute the engine may not know that yet, and
	// would read all of it for each row.
	if _, err := tx.ExecContext(ctx, `SET LOCAL enable_seqscan = off`); err != nil {
		return err
	}
	numbers, err := giveNumbers(ctx, tx, sqlkeys.RulesOf(all))
	if err != nil {
		return err
	}
	for rows := range slices.Chunk(sqlkeys.RuleRows(all, numbers), usageBatch) {
		had, err := countRules(ctx, tx, rows)
		if err != nil {
			return err
		}
		few, many := sqlkeys.SplitRules(rows, had)
		if rows, err = foldRules(ctx, tx, few, many, had); err != nil {
			return err
		}
		if err := insertRules(ctx, tx, rows); err != nil {
			return err
		}
	}
	return nil
}

// foldRules returns rows of keys that have few on their days as they are, with those of keys that have many, of which
// what is new and too many is counted together.
func foldRules(
	ctx context.Context, tx *sql.Tx, few, many []sqlkeys.RuleRow, had map[sqlkeys.RuleKey]int,
) ([]sqlkeys.RuleRow, error) {
	if len(many) == 0 {
		return few, nil
	}
	var fresh []sqlkeys.RuleRow
	for i := range many {
		var known bool
		r := &many[i]
		err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM rule_uses WHERE day = $1 AND rule = $2
			AND number = (SELECT number FROM keys WHERE id = $3))`, int64(r.Day), r.Rule, r.KeyID.String()).Scan(&known)
		switch {
		case err != nil:
			return nil, err
		case known:
			few = append(few, *r)
		default:
			fresh = append(fresh, *r)
		}
	}
	uses := sqlkeys.FoldRules(fresh, had)
	for i := range few {
		uses = append(uses, few[i].KeyRuleUse)
	}
	numbers, err := giveNumbers(ctx, tx, sqlkeys.RulesOf(uses))
	return sqlkeys.RuleRows(uses, numbers), err
}

// insertRules adds rows in their order, or adds to them: so recorders do not wait for one another in a ring.
func insertRules(ctx context.Context, tx *sql.Tx, rows []sqlkeys.RuleRow) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO rule_uses (day, number, rule, allowed, denied, allowed_at, denied_at)
		SELECT x.day, k.number, x.rule, x.allowed, x.denied, x.allowed_at, x.denied_at
		FROM `+eachRule+` JOIN keys AS k ON k.id = x.id ORDER BY x.day, k.number, x.rule
		ON CONFLICT (day, number, rule) DO UPDATE
		SET allowed = rule_uses.allowed + excluded.allowed, denied = rule_uses.denied + excluded.denied,
			allowed_at = greatest(rule_uses.allowed_at, excluded.allowed_at),
			denied_at = greatest(rule_uses.denied_at, excluded.denied_at)`, columnsOfRules(rows).arguments()...)
	return err
}

// giveNumbers returns the numbers of rules, and gives one to those that have none. What it found is locked, so that it
// is not removed for being of no use.
func giveNumbers(ctx context.Context, tx *sql.Tx, rules []apikey.Rule) (map[apikey.Rule]int64, error) {
	numbers, err := numbersOfRules(ctx, tx, rules, ` FOR KEY SHARE OF r`)
	if err != nil || len(numbers) == len(rules) {
		return numbers, err
	}
	missing := slices.DeleteFunc(slices.Clone(rules), func(r apikey.Rule) bool {
		_, known := numbers[r]
		return known
	})
	if _, err := tx.ExecContext(ctx, `LOCK TABLE rules IN SHARE ROW EXCLUSIVE MODE`); err != nil {
		return nil, err
	}
	endpoints, paths, methods := columnsOfNames(missing)
	_, err = tx.ExecContext(ctx, `INSERT INTO rules (id, endpoint, path, method)
		SELECT (SELECT coalesce(max(id), 0) FROM rules) + row_number() OVER (), x.endpoint, x.path, x.method
		FROM unnest($1::text[], $2::text[], $3::text[]) AS x (endpoint, path, method)
		ON CONFLICT (endpoint, path, method) DO NOTHING`, endpoints, paths, methods)
	if err != nil {
		return nil, err
	}
	return numbersOfRules(ctx, tx, rules, "")
}

// numbersOfRules returns the numbers of those rules that have one.
func numbersOfRules(
	ctx context.Context, q sqlkeys.Querier, rules []apikey.Rule, locking string,
) (map[apikey.Rule]int64, error) {
	endpoints, paths, methods := columnsOfNames(rules)
	rows, err := sqlkeys.Collect(ctx, q, sqlkeys.ScanRule, `SELECT r.id, r.endpoint, r.path, r.method
		FROM unnest($1::text[], $2::text[], $3::text[]) AS x (endpoint, path, method)
		JOIN rules AS r ON r.endpoint = x.endpoint AND r.path = x.path AND r.method = x.method`+locking, endpoints,
		paths, methods)
	return sqlkeys.NumbersOf(rows), err
}

func columnsOfNames(rules []apikey.Rule) (endpoints, paths, methods []string) {
	for _, r := range rules {
		endpoints, paths, methods = append(endpoints, r.Endpoint), append(paths, r.Path), append(methods, r.Method)
	}
	return endpoints, paths, methods
}

// ruleColumns are rows of rule_uses as columns.
type ruleColumns struct {
	ids                                                 []string
	days, rules, allowed, denied, allowedAts, deniedAts []int64
}

// eachRule are the rows of ruleColumns.
const eachRule = `unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
	AS x (id, day, rule, allowed, denied, allowed_at, denied_at)`

func (c *ruleColumns) arguments() []any {
	return []any{c.ids, c.days, c.rules, c.allowed, c.denied, c.allowedAts, c.deniedAts}
}

func columnsOfRules(rows []sqlkeys.RuleRow) *ruleColumns {
	c := &ruleColumns{}
	for i := range rows {
		r := &rows[i]
		c.ids, c.days, c.rules = append(c.ids, r.KeyID.String()), append(c.days, int64(r.Day)), append(c.rules, r.Rule)
		c.allowed, c.denied = append(c.allowed, r.Count), append(c.denied, r.Denied)
		c.allowedAts = append(c.allowedAts, sqlkeys.Millis(r.AllowedAt))
		c.deniedAts = append(c.deniedAts, sqlkeys.Millis(r.DeniedAt))
	}
	return c
}

// countRules returns how many rows the keys of some rows have on their days.
func countRules(ctx context.Context, tx *sql.Tx, rows []sqlkeys.RuleRow) (map[sqlkeys.RuleKey]int, error) {
	c := columnsOfRules(rows)
	counts, err := sqlkeys.Collect(ctx, tx, sqlkeys.ScanRuleKey, `SELECT x.id, x.day, (
			SELECT count(*) FROM rule_uses AS u WHERE u.day = x.day AND u.number = k.number)
		FROM (SELECT DISTINCT id, day FROM unnest($1::text[], $2::bigint[]) AS y (id, day)) AS x
		JOIN keys AS k ON k.id = x.id`, c.ids, c.days)
	had := map[sqlkeys.RuleKey]int{}
	for _, n := range counts {
		had[sqlkeys.RuleKey{ID: n.ID, Day: n.Day}] = int(n.Rule)
	}
	return had, err
}

// RuleUses returns where a key was sent.
func (s *Store) RuleUses(
	ctx context.Context, orgID int64, id string, from, to apikey.Day,
) (uses []apikey.RuleUse, err error) {
	err = s.use(ctx, "read where a key was sent", func(ctx context.Context) error {
		k, err := oneKey(ctx, s.db, orgID, id)
		if err != nil {
			return err
		}
		uses, err = sqlkeys.Collect(ctx, s.db, sqlkeys.ScanRuleUse,
			sqlkeys.SelectRuleUses+`WHERE u.day = ANY($1) AND u.number = $2`, each(from, to), k.Number)
		return err
	})
	return uses, err
}

// UsedRules returns the rules of an endpoint by which keys were let in.
func (s *Store) UsedRules(ctx context.Context, endpoint string, since apikey.Day) (rules []apikey.Rule, err error) {
	if !storable(endpoint) {
		return nil, nil
	}
	err = s.use(ctx, "read the rules of an endpoint", func(ctx context.Context) error {
		rows, err := sqlkeys.Collect(ctx, s.db, sqlkeys.ScanRule, numbered(sqlkeys.SelectUsedRules), endpoint,
			int64(since))
		rules = nil
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
	err = s.snapshot(ctx, "read who uses the rules of an endpoint", func(ctx context.Context, q sqlkeys.Querier) error {
		numbers, err := numbersOfRules(ctx, q, rules, "")
		if err != nil {
			return err
		}
		list := make([]int64, 0, len(numbers))
		for _, number := range numbers {
			list = append(list, number)
		}
		rows, err := sqlkeys.Collect(ctx, q, sqlkeys.ScanRuleUser,
			numbered(fmt.Sprintf(sqlkeys.SelectRuleUsers, `SELECT unnest(?::bigint[])`)), list, int64(since), orgID,
			limit)
		users = sqlkeys.RuleUsers(rows, numbers)
		return err
	})
	return users, err
}

// ForgetRules removes old use of rules, and rules that nobody uses.
func (s *Store) ForgetRules(ctx context.Context, before apikey.Day, keep, limit int) (removed int64, err error) {
	var tooMuch, newest apikey.Day
	err = s.use(ctx, "count the use of rules", func(ctx context.Context) error {
		return s.db.QueryRowContext(ctx, numbered(sqlkeys.ForgetRulesUpTo), keep).Scan(&tooMuch, &newest)
	})
	if err != nil {
		return 0, err
	}
	removed, err = s.forget(ctx, "remove old use of rules", sqlkeys.ForgetRuleUses,
		int64(sqlkeys.ForgetBefore(before, tooMuch, newest)), limit)
	if err != nil {
		return removed, err
	}
	return removed, s.forgetUnusedRules(ctx)
}

// forgetUnusedRules removes rules that nobody uses, while no recorder is about to use one.
func (s *Store) forgetUnusedRules(ctx context.Context) error {
	return s.use(ctx, "remove rules that nobody uses", func(ctx context.Context) error {
		var unused bool
		err := s.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 `+sqlkeys.UnusedRules+`)`).Scan(&unused)
		if err != nil || !unused {
			return err
		}
		tx, err := s.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		for _, statement := range []string{`LOCK TABLE rules IN EXCLUSIVE MODE`, `DELETE ` + sqlkeys.UnusedRules} {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return tx.Commit()
	})
}

// forgetRules removes the use of rules of a key that is deleted: see forgetDays.
func (t *transaction) forgetRules(ctx context.Context, number int64) error {
	return t.exec(ctx, "delete the use of rules", `DELETE FROM rule_uses WHERE number = $1 AND day = ANY(ARRAY(
		WITH RECURSIVE known (day) AS (
			SELECT min(day) FROM rule_uses
			UNION ALL SELECT (SELECT min(u.day) FROM rule_uses AS u WHERE u.day > known.day) FROM known
				WHERE known.day IS NOT NULL)
		SELECT day FROM known WHERE day IS NOT NULL))`, number)
}
