package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// ShareLimits keeps what a server says of its use of limits, and returns what the others said.
func (s *Store) ShareLimits(ctx context.Context, report apikey.LimitReport) (shared apikey.SharedLimits, err error) {
	now := time.Now()
	if !report.Announce && len(report.Uses) == 0 {
		err = s.use(ctx, "count the servers that share limits", func() error {
			shared.Servers, err = limitServers(ctx, s.read, report.Server, now)
			return err
		})
		return shared, err
	}
	err = s.inTransaction(ctx, "share limits", func(tx *sql.Tx) error {
		shared = apikey.SharedLimits{}
		known, err := announce(ctx, tx, &report, now)
		if err != nil {
			return err
		}
		if shared.Forgotten = report.Known && !known; shared.Forgotten {
			return nil
		}
		for i := range report.Uses {
			u := &report.Uses[i]
			if err := writeLimitUse(ctx, tx, report.Server, u, now); err != nil {
				return err
			}
			uses, err := sqlkeys.Collect(ctx, tx, sqlkeys.ScanLimitUse, `SELECT 0, u.server, u.day, u.requests, u.bytes,
				u.wants_requests, u.wants_bytes, u.wants_running, u.at >= ? FROM limit_uses AS u
					JOIN keys AS k ON k.number = u.number
				WHERE k.id = ? AND u.scope = ? AND u.server <> ? ORDER BY u.server`,
				sqlkeys.Millis(now.Add(-apikey.WantsLife)), u.KeyID.String(), u.Scope, report.Server)
			if err != nil {
				return err
			}
			shared.Shares = append(shared.Shares, sqlkeys.ShareOf(uses, u.Day))
		}
		shared.Servers, err = limitServers(ctx, tx, report.Server, now)
		return err
	})
	return shared, err
}

// announce notes that a server is there, and reports whether it was known.
func announce(ctx context.Context, tx *sql.Tx, report *apikey.LimitReport, now time.Time) (known bool, err error) {
	query := `INSERT INTO limit_servers (at, id) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at`
	if report.Known {
		query = `UPDATE limit_servers SET at = ? WHERE id = ?`
	}
	res, err := tx.ExecContext(ctx, query, sqlkeys.Millis(now), report.Server)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// limitServers counts the servers that share limits; one of them is the one that asks.
func limitServers(ctx context.Context, q sqlkeys.Querier, server string, now time.Time) (n int, err error) {
	err = q.QueryRowContext(ctx, `SELECT count(*) + 1 FROM limit_servers WHERE id <> ? AND at >= ?`,
		server, sqlkeys.Millis(now.Add(-apikey.ServerLife))).Scan(&n)
	return n, err
}

// writeLimitUse writes what a server says, or removes it if it says nothing.
func writeLimitUse(ctx context.Context, tx *sql.Tx, server string, u *apikey.LimitUse, now time.Time) error {
	if u.IsEmpty() {
		_, err := tx.ExecContext(ctx,
			`DELETE FROM limit_uses WHERE number = (SELECT number FROM keys WHERE id = ?) AND scope = ? AND server = ?`,
			u.KeyID.String(), u.Scope, server)
		return err
	}
	_, err := tx.ExecContext(ctx,
		`INSERT INTO limit_uses (number, scope, server, day, requests, bytes, wants_requests, wants_bytes, wants_running, at)
		SELECT number, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM keys WHERE id = ?
		ON CONFLICT DO UPDATE SET day = excluded.day, requests = excluded.requests, bytes = excluded.bytes,
			wants_requests = excluded.wants_requests,
			wants_bytes = excluded.wants_bytes, wants_running = excluded.wants_running, at = excluded.at`,
		u.Scope, server, int64(u.Day), u.Count.Requests, u.Count.Bytes, u.Wants.Requests, u.Wants.Bytes,
		u.Wants.Running, sqlkeys.Millis(now), u.KeyID.String())
	return err
}

// LimitCounts reads what all servers let in on a day.
func (s *Store) LimitCounts(ctx context.Context, day apikey.Day, fn func(apikey.ID, string, apikey.LimitCount)) error {
	return s.use(ctx, "read the use of limits", func() error {
		counts, err := sqlkeys.Collect(ctx, s.read, sqlkeys.ScanLimitCount, sqlkeys.LimitCounts, int64(day))
		for _, c := range counts {
			fn(c.KeyID, c.Scope, c.Count)
		}
		return err
	})
}

// SettleLimits sums up what servers that are gone let in, and removes what is over.
func (s *Store) SettleLimits(ctx context.Context, today apikey.Day, server string) error {
	return s.inTransaction(ctx, "settle limits", func(tx *sql.Tx) error {
		before := sqlkeys.Millis(time.Now().Add(-apikey.ServerMemory))
		for _, step := range []struct {
			query string
			args  []any
		}{
			{`DELETE FROM limit_servers WHERE id = ?1 OR ?1 = '' AND at < ?2`, []any{server, before}},
			{`INSERT INTO limit_uses (number, scope, server, day, requests, bytes, wants_requests, wants_bytes, wants_running, at)
				SELECT number, scope, '', ?1, sum(requests), sum(bytes), 0, 0, 0, 0 FROM limit_uses
				WHERE day = ?1 AND server <> '' AND server NOT IN (SELECT id FROM limit_servers) AND (requests > 0
					OR bytes > 0) GROUP BY number, scope
				ON CONFLICT DO UPDATE SET requests = excluded.requests + CASE day WHEN excluded.day THEN requests
					ELSE 0 END,
					bytes = excluded.bytes + CASE day WHEN excluded.day THEN bytes ELSE 0 END, day = excluded.day`,
				[]any{int64(today)}},
			{`DELETE FROM limit_uses WHERE day <= ? AND server <> '' AND server NOT IN (SELECT id FROM limit_servers)`,
				[]any{int64(today)}},
			{`DELETE FROM limit_uses WHERE day < ? - 1 OR number NOT IN (SELECT number FROM keys)`,
				[]any{int64(today)}},
		} {
			if _, err := tx.ExecContext(ctx, step.query, step.args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// forgetLimits removes the use of the limits of a key that is deleted.
func (t *transaction) forgetLimits(ctx context.Context, number int64) error {
	return t.exec(ctx, "delete the use of limits", `DELETE FROM limit_uses WHERE number = ?`, number)
}
