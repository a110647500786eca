package postgres

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// storableHours returns the counts that the database takes.
func storableHours(counts []apikey.HourCount) []apikey.HourCount {
	return slices.DeleteFunc(sqlkeys.HourCounts(counts), func(c apikey.HourCount) bool {
		return !storable(c.Endpoint) || !storable(string(c.Code))
	})
}

// addHours adds to the counts by the hour, in their order: so recorders do not wait for one another in a ring.
func addHours(ctx context.Context, tx *sql.Tx, counts []apikey.HourCount) error {
	if len(counts) == 0 {
		return nil
	}
	hours, orgs, requests := make([]int64, len(counts)), make([]int64, len(counts)), make([]int64, len(counts))
	endpoints, codes := make([]string, len(counts)), make([]string, len(counts))
	for i, c := range counts {
		hours[i], orgs[i], endpoints[i], codes[i], requests[i] = int64(c.Hour), c.OrgID, c.Endpoint, string(c.Code),
			c.Requests
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO hours (hour, org_id, endpoint, code, requests)
		SELECT hour, org_id, endpoint, code, requests
		FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[])
			AS x (hour, org_id, endpoint, code, requests) ORDER BY hour, org_id, endpoint COLLATE "C", code COLLATE "C"
		ON CONFLICT (hour, org_id, endpoint, code) DO UPDATE SET requests = hours.requests + excluded.requests`,
		hours, orgs, endpoints, codes, requests)
	return err
}

// noteBusy notes which keys are among those that were sent most often on a day. A key that is so at the end of the day
// was so when it was last sent.
func noteBusy(ctx context.Context, tx *sql.Tx, day apikey.Day, uses []dayUse) error {
	ids := make([]string, len(uses))
	for i, u := range uses {
		ids[i] = u.KeyID.String()
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO busy (day, org_id, number)
		SELECT $1::bigint, org_id, number FROM (
			SELECT k.org_id, k.number, row_number() OVER (
				PARTITION BY k.org_id ORDER BY u.count + u.denied DESC, k.number) AS place
			FROM keys AS k JOIN usage_days AS u ON u.day = $1::bigint AND u.number = k.number
			WHERE k.id = ANY($2::text[])) AS ranked
		WHERE place <= $3 ON CONFLICT DO NOTHING`, int64(day), slices.Compact(ids), sqlkeys.BusyKeys)
	return err
}

// pruneBusy removes, now and then, the keys that are no longer among those that were sent most often on the days of a
// batch. It does no harm if that cannot be done.
func (s *Store) pruneBusy(ctx context.Context, b *batch) {
	if len(b.uses) == 0 || time.Since(s.recorder.pruned) < sqlkeys.BusyPrune {
		return
	}
	s.recorder.pruned = time.Now()
	last := b.uses[len(b.uses)-1].day
	_, _ = s.forget(ctx, "remove keys that are not busy", sqlkeys.PruneBusy, int64(last), sqlkeys.BusyKeys)
}

// Hours returns counts by the hour.
func (s *Store) Hours(ctx context.Context, q apikey.HourQuery) (hours, endpoints []apikey.HourCount, err error) {
	if !storable(q.Endpoint) {
		return nil, nil, nil
	}
	orgs := []int64{q.OrgID}
	if q.Unknown {
		orgs = append(orgs, 0)
	}
	const counts = `sum(requests)::bigint FROM hours
		WHERE hour = ANY($1::bigint[]) AND org_id = ANY($2::bigint[]) AND ($3 = '' OR endpoint = $3) GROUP BY `
	err = s.snapshot(ctx, "read the counts by the hour", func(ctx context.Context, r sqlkeys.Querier) error {
		hours, err = sqlkeys.Collect(ctx, r, sqlkeys.ScanHour, `SELECT hour, '', code, `+counts+`hour, code`,
			each(q.From, q.To), orgs, q.Endpoint)
		if err != nil {
			return err
		}
		endpoints, err = sqlkeys.Collect(ctx, r, sqlkeys.ScanHour,
			`SELECT 0::bigint, endpoint, code, `+counts+`endpoint, code`, each(q.From, q.To), orgs, q.Endpoint)
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
	err = s.snapshot(ctx, "count keys by state", func(ctx context.Context, r sqlkeys.Querier) error {
		c, err = sqlkeys.CountKeys(ctx, r, func(string) string { return "" }, numbered, q)
		return err
	})
	return c, err
}

// Ending returns the active keys that end next.
func (s *Store) Ending(
	ctx context.Context, q apikey.CountKeysQuery, limit int,
) (ends []apikey.KeyEnd, err error) {
	where := sqlkeys.Ending(q)
	err = s.use(ctx, "list keys that end soon", func(ctx context.Context) error {
		ends, err = sqlkeys.Collect(ctx, s.db, sqlkeys.ScanEnd, numbered(`SELECT k.id, k.name, k.owner, k.ends_at
			FROM keys AS k WHERE `+where.Text+` ORDER BY k.ends_at, k.number LIMIT ?`), append(where.Args, limit)...)
		return err
	})
	return ends, err
}

// MostUsed returns the keys that were sent most often.
func (s *Store) MostUsed(
	ctx context.Context, orgID int64, from, to apikey.Day, limit int,
) (numbers []apikey.KeyNumbers, err error) {
	err = s.use(ctx, "list the keys that are used most", func(ctx context.Context) error {
		numbers, err = sqlkeys.Collect(ctx, s.db, sqlkeys.ScanNumbers, `WITH named AS MATERIALIZED (
				SELECT DISTINCT number FROM busy WHERE day = ANY($1::bigint[]) AND org_id = $2),
			sums AS MATERIALIZED (
				SELECT n.number, sum(u.count + u.denied)::bigint AS requests, sum(u.denied)::bigint AS denied
				FROM named AS n CROSS JOIN unnest($1::bigint[]) AS wanted (day)
				JOIN usage_days AS u ON u.day = wanted.day AND u.number = n.number
				GROUP BY n.number ORDER BY 2 DESC, 1 LIMIT $3)
			SELECT k.id, k.name, k.owner, s.requests, s.denied FROM sums AS s JOIN keys AS k ON k.number = s.number
				WHERE s.requests > 0 ORDER BY s.requests DESC, s.number`, each(from, to), orgID, limit)
		return err
	})
	return numbers, err
}

// CountDenials counts refused requests of a key by code.
func (s *Store) CountDenials(
	ctx context.Context, orgID int64, keyID string, since time.Time,
) (counts map[apikey.Code]int64, err error) {
	if !storable(keyID) {
		return nil, nil
	}
	err = s.use(ctx, "count refused requests", func(ctx context.Context) error {
		rows, err := sqlkeys.Collect(ctx, s.db, sqlkeys.ScanCodeCount, numbered(sqlkeys.CountDenials), orgID, keyID,
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
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !storable(id) })
	err = s.use(ctx, "read the usage by day", func(ctx context.Context) error {
		days, err := sqlkeys.Collect(ctx, s.db, sqlkeys.ScanOfKey, `WITH named AS MATERIALIZED (
				SELECT id, number FROM keys WHERE id = ANY($1::text[]) AND org_id = $2)
			SELECT n.id, u.day, u.count, u.denied FROM named AS n CROSS JOIN unnest($3::bigint[]) AS wanted (day)
				JOIN usage_days AS u ON u.day = wanted.day AND u.number = n.number
			UNION ALL SELECT id, 0, 0, 0 FROM named`, ids, orgID, each(from, to))
		usage = sqlkeys.ByKey(days)
		return err
	})
	return usage, err
}
