package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// RecordUsage adds to the counts of keys. The last use only moves forward, in
// any order in which recorders write.
func (s *Store) RecordUsage(ctx context.Context, b apikey.UsageBatch) error {
	if b.IsEmpty() {
		return nil
	}
	return s.inTransaction(ctx, "record usage", func(tx *sql.Tx) error {
		if err := addUses(ctx, tx, b.Uses); err != nil {
			return err
		}
		for day, counts := range daysOf(&b) {
			if err := s.addDay(ctx, tx, day, counts); err != nil {
				return err
			}
		}
		if err := addClients(ctx, tx, b.Clients); err != nil {
			return err
		}
		if err := addHours(ctx, tx, b.Hours); err != nil {
			return err
		}
		return addRules(ctx, tx, b.Rules)
	})
}

func addUses(ctx context.Context, tx *sql.Tx, uses []apikey.KeyUsage) error {
	update, err := tx.PrepareContext(ctx, `UPDATE usage SET
		count = count + ?1,
		last_from = CASE WHEN ?2 > last_at THEN ?3 ELSE last_from END,
		last_at = max(last_at, ?2)
		WHERE number = (SELECT number FROM keys WHERE id = ?4)`)
	if err != nil {
		return err
	}
	defer func() { _ = update.Close() }()
	token, err := tx.PrepareContext(ctx,
		`UPDATE tokens SET count = count + ?, last_at = max(last_at, ?) WHERE id = ? AND number = (SELECT number FROM keys WHERE id = ?)`)
	if err != nil {
		return err
	}
	defer func() { _ = token.Close() }()
	for _, u := range uses {
		id := u.KeyID.String()
		if _, err := update.ExecContext(ctx, u.Count, sqlkeys.Millis(u.LastAt), u.LastFrom, id); err != nil {
			return err
		}
		if _, err := token.ExecContext(ctx, u.Count, sqlkeys.Millis(u.LastAt), u.Token().String(), id); err != nil {
			return err
		}
	}
	return nil
}

// dayCount is how often a key was used, and refused.
type dayCount [2]int64

// daysOf returns what a batch says of keys by day and id.
func daysOf(b *apikey.UsageBatch) map[apikey.Day]map[string]dayCount {
	days := map[apikey.Day]map[string]dayCount{}
	add := func(at time.Time, key apikey.ID, count, denied int64) {
		day, id := apikey.DayOf(at), key.String()
		if days[day] == nil {
			days[day] = make(map[string]dayCount, len(b.Uses))
		}
		sum := days[day][id]
		days[day][id] = dayCount{sum[0] + count, sum[1] + denied}
	}
	for _, u := range b.Uses {
		add(u.LastAt, u.KeyID, u.Count, 0)
	}
	for i := range b.Clients {
		if c := &b.Clients[i]; c.Denied > 0 {
			add(c.LastAt, c.KeyID, 0, c.Denied)
		}
	}
	return days
}

// addDay adds to the use of keys on a day, in one statement: that costs half of
// what one for each key does.
func (s *Store) addDay(ctx context.Context, tx *sql.Tx, day apikey.Day, counts map[string]dayCount) error {
	list, err := json.Marshal(counts)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO usage_days (day, number, count, denied)
		SELECT ?1, k.number, j.value ->> 0, j.value ->> 1
		FROM json_each(?2) AS j CROSS JOIN keys AS k ON k.id = j.key WHERE true
		ON CONFLICT DO UPDATE SET count = count + excluded.count, denied = denied + excluded.denied`, int64(day),
		string(list))
	if err != nil {
		return err
	}
	return s.noteBusy(ctx, tx, day, string(list))
}

// UsageByDay returns a key's use by day. It looks for each day by itself, because
// what lies between them is the use of all other keys.
func (s *Store) UsageByDay(
	ctx context.Context, orgID int64, id string, from, to apikey.Day,
) (days []apikey.DayUsage, err error) {
	err = s.snapshot(ctx, "read the usage by day", func(q sqlkeys.Querier) error {
		k, err := oneKey(ctx, q, orgID, id)
		if err != nil {
			return err
		}
		days, err = sqlkeys.Collect(ctx, q, sqlkeys.ScanDay, `WITH RECURSIVE wanted (day) AS (
				SELECT ?1 WHERE ?1 <= ?2 UNION ALL SELECT day + 1 FROM wanted WHERE day < ?2)
			SELECT u.day, u.count, u.denied
			FROM wanted CROSS JOIN usage_days AS u ON u.day = wanted.day AND u.number = ?3
			ORDER BY u.day`, int64(from), int64(to), k.Number)
		return err
	})
	return days, err
}

// ForgetUsage removes old use by day.
func (s *Store) ForgetUsage(ctx context.Context, before apikey.Day, limit int) (removed int64, err error) {
	err = s.inTransaction(ctx, "remove old usage", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM usage_days WHERE (day, number) IN (
			SELECT day, number FROM usage_days WHERE day < ? ORDER BY day, number LIMIT ?)`, int64(before), limit)
		if err != nil {
			return err
		}
		removed, err = res.RowsAffected()
		return err
	})
	return removed, err
}

// forgetDays removes the use by day of a key that is deleted. It looks for the
// key on each day that there is.
func (t *transaction) forgetDays(ctx context.Context, number int64) error {
	return t.exec(ctx, "delete usage", `WITH RECURSIVE known (day) AS (
			SELECT min(day) FROM usage_days
			UNION ALL SELECT (SELECT min(u.day) FROM usage_days AS u WHERE u.day > known.day) FROM known
				WHERE known.day IS NOT NULL)
		DELETE FROM usage_days WHERE number = ? AND day IN (SELECT day FROM known WHERE day IS NOT NULL)`, number)
}
