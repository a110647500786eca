package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// addHours adds to the counts by the hour.
func addHours(ctx context.Context, tx *sql.Tx, counts []apikey.HourCount) error {
	if len(counts) == 0 {
		return nil
	}
	add, err := tx.PrepareContext(ctx, `INSERT INTO hours (hour, org_id, endpoint, code, requests)
		VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET requests = requests + excluded.requests`)
	if err != nil {
		return err
	}
	defer func() { _ = add.Close() }()
	for _, c := range sqlkeys.HourCounts(counts) {
		_, err := add.ExecContext(ctx, int64(c.Hour), c.OrgID, c.Endpoint, string(c.Code), c.Requests)
		if err != nil {
			return err
		}
	}
	return nil
}

// noteBusy notes which keys of a list are among those that were sent most often on a day. A key that is so at the end
// of the day was so when it was last sent.
func (s *Store) noteBusy(ctx context.Context, tx *sql.Tx, day apikey.Day, list string) error {
	_, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO busy (day, org_id, number)
		SELECT ?1, org_id, number FROM (
			SELECT n.org_id, n.number, row_number() OVER (
				PARTITION BY n.org_id ORDER BY u.count + u.denied DESC, n.number) AS place
			FROM json_each(?2) AS j CROSS JOIN keys AS k ON k.id = j.key CROSS JOIN usage AS n ON n.number = k.number
			CROSS JOIN usage_days AS u ON u.day = ?1 AND u.number = k.number)
		WHERE place <= ?3`, int64(day), list, sqlkeys.BusyKeys)
	if err != nil || time.Since(s.pruned) < sqlkeys.BusyPrune {
		return err
	}
	s.pruned = time.Now()
	_, err = tx.ExecContext(ctx, sqlkeys.PruneBusy, int64(day), sqlkeys.BusyKeys)
	return err
}

// Hours returns counts by the hour. It looks for each hour by itself, because between them are the counts of other
// organizations.
func (s *Store) Hours(ctx context.Context, q apikey.HourQuery) (hours, endpoints []apikey.HourCount, err error) {
	unknown := q.OrgID
	if q.Unknown {
		unknown = 0
	}
	const wanted = `WITH RECURSIVE wanted (hour) AS (
		SELECT ?1 WHERE ?1 <= ?2 UNION ALL SELECT hour + 1 FROM wanted WHERE hour < ?2) `
	const counts = ` FROM wanted CROSS JOIN hours AS h ON h.hour = wanted.hour AND h.org_id IN (?3, ?4)
		WHERE ?5 = '' OR h.endpoint = ?5 GROUP BY `
	args := []any{int64(q.From), int64(q.To), q.OrgID, unknown, q.Endpoint}
	err = s.snapshot(ctx, "read the counts by the hour", func(r sqlkeys.Querier) error {
		hours, err = sqlkeys.Collect(ctx, r, sqlkeys.ScanHour,
			wanted+`SELECT h.hour, '', h.code, sum(h.requests)`+counts+`h.hour, h.code`, args...)
		if err != nil {
			return err
		}
		endpoints, err = sqlkeys.Collect(ctx, r, sqlkeys.ScanHour,
			wanted+`SELECT 0, h.endpoint, h.code, sum(h.requests)`+counts+`h.endpoint, h.code`, args...)
		return err
	})
	return hours, endpoints, err
}

// ForgetHours removes old counts.
func (s *Store) ForgetHours(ctx context.Context, before apikey.Hour, limit int) (removed int64, err error) {
	removed, err = s.forget(ctx, "remove old counts", sqlkeys.ForgetHours, int64(before), limit)
	if err != nil {
		return removed, err
	}
	busy, err := s.forget(ctx, "remove old counts", sqlkeys.ForgetBusy, int64(apikey.DayOf(before.Time())), limit)
	return max(removed, busy), err
}

// KeyCounts counts keys.
func (s *Store) KeyCounts(ctx context.Context, q apikey.CountKeysQuery) (c apikey.KeyCounts, err error) {
	by := func(index string) string { return `INDEXED BY ` + index }
	err = s.snapshot(ctx, "count keys by state", func(r sqlkeys.Querier) error {
		c, err = sqlkeys.CountKeys(ctx, r, by, func(text string) string { return text }, q)
		return err
	})
	return c, err
}

// Ending returns the active keys that end next.
func (s *Store) Ending(
	ctx context.Context, q apikey.CountKeysQuery, limit int,
) (ends []apikey.KeyEnd, err error) {
	where := sqlkeys.Ending(q)
	err = s.use(ctx, "list keys that end soon", func() error {
		ends, err = sqlkeys.Collect(ctx, s.read, sqlkeys.ScanEnd, `SELECT k.id, k.name, k.owner, k.ends_at
			FROM keys AS k INDEXED BY keys_by_end WHERE `+where.Text+` ORDER BY k.ends_at, k.number LIMIT ?`,
			append(where.Args, limit)...)
		return err
	})
	return ends, err
}

// MostUsed returns the keys that were sent most often.
func (s *Store) MostUsed(
	ctx context.Context, orgID int64, from, to apikey.Day, limit int,
) (numbers []apikey.KeyNumbers, err error) {
	err = s.use(ctx, "list the keys that are used most", func() error {
		numbers, err = sqlkeys.Collect(ctx, s.read, sqlkeys.ScanNumbers, `WITH RECURSIVE wanted (day) AS (
				SELECT ?1 WHERE ?1 <= ?2 UNION ALL SELECT day + 1 FROM wanted WHERE day < ?2),
			named AS MATERIALIZED (SELECT DISTINCT b.number
				FROM wanted CROSS JOIN busy AS b ON b.day = wanted.day AND b.org_id = ?3),
			sums AS MATERIALIZED (SELECT n.number, sum(u.count + u.denied) AS requests, sum(u.denied) AS denied
				FROM named AS n CROSS JOIN wanted
				CROSS JOIN usage_days AS u ON u.day = wanted.day AND u.number = n.number
				GROUP BY n.number ORDER BY 2 DESC, 1 LIMIT ?4)
			SELECT k.id, k.name, k.owner, s.requests, s.denied
			FROM sums AS s CROSS JOIN keys AS k ON k.number = s.number
				WHERE s.requests > 0 ORDER BY s.requests DESC, s.number`, int64(from), int64(to), orgID, limit)
		return err
	})
	return numbers, err
}

// CountDenials counts refused requests of a key by code.
func (s *Store) CountDenials(
	ctx context.Context, orgID int64, keyID string, since time.Time,
) (counts map[apikey.Code]int64, err error) {
	err = s.use(ctx, "count refused requests", func() error {
		rows, err := sqlkeys.Collect(ctx, s.read, sqlkeys.ScanCodeCount, sqlkeys.CountDenials, orgID, keyID,
			sqlkeys.Millis(since))
		counts = make(map[apikey.Code]int64, len(rows))
		for _, r := range rows {
			counts[r.Code] = r.Count
		}
		return err
	})
	return counts, err
}

// UsageOfKeys returns the use of several keys by day.
func (s *Store) UsageOfKeys(
	ctx context.Context, orgID int64, ids []string, from, to apikey.Day,
) (usage map[string][]apikey.DayUsage, err error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	err = s.use(ctx, "read the usage by day", func() error {
		days, err := sqlkeys.Collect(ctx, s.read, sqlkeys.ScanOfKey, `WITH RECURSIVE wanted (day) AS (
				SELECT ?1 WHERE ?1 <= ?2 UNION ALL SELECT day + 1 FROM wanted WHERE day < ?2),
			named AS MATERIALIZED (SELECT k.id, k.number FROM (SELECT DISTINCT value FROM json_each(?3)) AS j
				CROSS JOIN keys AS k ON k.id = j.value AND k.org_id = ?4)
			SELECT n.id, u.day, u.count, u.denied FROM named AS n CROSS JOIN wanted
				CROSS JOIN usage_days AS u ON u.day = wanted.day AND u.number = n.number
			UNION ALL SELECT id, 0, 0, 0 FROM named`, int64(from), int64(to), string(list), orgID)
		usage = sqlkeys.ByKey(days)
		return err
	})
	return usage, err
}
