package postgres

import (
	"context"
	"database/sql"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// clock is the time in milliseconds by the clock of the database, which is the same for all servers.
const clock = `(extract(epoch FROM clock_timestamp()) * 1000)::bigint`

// ShareLimits keeps what a server says of its use of limits, and returns what the others said. Each server writes
// rows of its own, in the order of their numbers, and says what it let in as a whole: so it may be said twice.
func (s *Store) ShareLimits(ctx context.Context, report apikey.LimitReport) (shared apikey.SharedLimits, err error) {
	err = s.use(ctx, "share limits", func(ctx context.Context) error {
		shared = apikey.SharedLimits{}
		if !report.Announce && len(report.Uses) == 0 {
			shared.Servers, err = limitServers(ctx, s.db, report.Server)
			return err
		}
		tx, err := s.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		if shared, err = shareLimits(ctx, tx, &report); err != nil {
			return err
		}
		return tx.Commit()
	})
	return shared, err
}

func shareLimits(ctx context.Context, tx *sql.Tx, report *apikey.LimitReport) (shared apikey.SharedLimits, err error) {
	known, err := announce(ctx, tx, report)
	if err != nil || report.Known && !known {
		return apikey.SharedLimits{Forgotten: err == nil}, err
	}
	if len(report.Uses) > 0 {
		if shared.Shares, err = exchangeUses(ctx, tx, report); err != nil {
			return shared, err
		}
	}
	shared.Servers, err = limitServers(ctx, tx, report.Server)
	return shared, err
}

// announce notes that a server is there, and reports whether it was known.
func announce(ctx context.Context, tx *sql.Tx, report *apikey.LimitReport) (known bool, err error) {
	query := `INSERT INTO limit_servers (id, at) VALUES ($1, ` + clock +
		`) ON CONFLICT (id) DO UPDATE SET at = excluded.at`
	if report.Known {
		query = `UPDATE limit_servers SET at = ` + clock + ` WHERE id = $1`
	}
	res, err := tx.ExecContext(ctx, query, report.Server)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// limitServers counts the servers that share limits; one of them is the one that asks.
func limitServers(ctx context.Context, q sqlkeys.Querier, server string) (n int, err error) {
	err = q.QueryRowContext(ctx, `SELECT count(*) + 1 FROM limit_servers WHERE id <> $1 AND at >= `+clock+` - $2`,
		server, apikey.ServerLife.Milliseconds()).Scan(&n)
	return n, err
}

// exchangeUses writes what a server says, and reads what others do.
func exchangeUses(ctx context.Context, tx *sql.Tx, report *apikey.LimitReport) ([]apikey.LimitShare, error) {
	n := len(report.Uses)
	ids, scopes, places, columns := make([]string, n), make([]string, n), make([]int64, n), [6][]int64{}
	for i, u := range report.Uses {
		ids[i], scopes[i], places[i] = u.KeyID.String(), u.Scope, int64(i)
		for j, value := range []int64{
			int64(u.Day), u.Count.Requests, u.Count.Bytes, u.Wants.Requests, u.Wants.Bytes, u.Wants.Running,
		} {
			columns[j] = append(columns[j], value)
		}
	}
	_, err := tx.ExecContext(ctx,
		`INSERT INTO limit_uses (number, scope, server, day, requests, bytes, wants_requests, wants_bytes, wants_running, at)
		SELECT k.number, x.scope, $1, x.day, x.requests, x.bytes, x.wants_requests, x.wants_bytes, x.wants_running, `+
			clock+`
		FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
			$9::bigint[])
			AS x (id, scope, day, requests, bytes, wants_requests, wants_bytes, wants_running)
				JOIN keys AS k ON k.id = x.id ORDER BY k.number, x.scope
		ON CONFLICT (number, scope, server) DO UPDATE SET day = excluded.day, requests = excluded.requests,
			bytes = excluded.bytes,
			wants_requests = excluded.wants_requests, wants_bytes = excluded.wants_bytes,
				wants_running = excluded.wants_running, at = excluded.at`,
		report.Server, ids, scopes, columns[0], columns[1], columns[2], columns[3], columns[4], columns[5])
	if err != nil {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM limit_uses WHERE server = $1 AND requests = 0 AND bytes = 0
		AND wants_requests = 0 AND wants_bytes = 0 AND wants_running = 0 AND number IN (SELECT number FROM keys
			WHERE id = ANY($2))`, report.Server, ids)
	if err != nil {
		return nil, err
	}
	uses, err := sqlkeys.Collect(ctx, tx, sqlkeys.ScanLimitUse, `SELECT x.place, u.server, u.day, u.requests, u.bytes,
			u.wants_requests, u.wants_bytes, u.wants_running, u.at >= `+clock+` - $1
		FROM unnest($2::text[], $3::text[], $4::bigint[]) AS x (id, scope, place)
			JOIN keys AS k ON k.id = x.id JOIN limit_uses AS u ON u.number = k.number AND u.scope = x.scope
		WHERE u.server <> $5 ORDER BY x.place, u.server`, apikey.WantsLife.Milliseconds(), ids, scopes, places,
		report.Server)
	if err != nil {
		return nil, err
	}
	shares := make([]apikey.LimitShare, n)
	for i := range shares {
		end := 0
		for end < len(uses) && uses[end].Place == i {
			end++
		}
		shares[i], uses = sqlkeys.ShareOf(uses[:end], report.Uses[i].Day), uses[end:]
	}
	return shares, nil
}

// LimitCounts reads what all servers let in on a day.
func (s *Store) LimitCounts(ctx context.Context, day apikey.Day, fn func(apikey.ID, string, apikey.LimitCount)) error {
	return s.useLong(ctx, "read the use of limits", func(ctx context.Context) error {
		counts, err := sqlkeys.Collect(ctx, s.db, sqlkeys.ScanLimitCount, numbered(sqlkeys.LimitCounts), int64(day))
		for _, c := range counts {
			fn(c.KeyID, c.Scope, c.Count)
		}
		return err
	})
}

// SettleLimits sums up what servers that are gone let in, and removes what is over. A server that is only taken for
// gone waits in announce until it is, and then learns of it.
func (s *Store) SettleLimits(ctx context.Context, today apikey.Day, server string) error {
	return s.useLong(ctx, "settle limits", func(ctx context.Context) error {
		tx, err := s.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		for _, step := range []struct {
			query string
			args  []any
		}{
			{`DELETE FROM limit_servers WHERE id = $1 OR $1 = '' AND at < ` + clock + ` - $2`,
				[]any{server, apikey.ServerMemory.Milliseconds()}},
			{`WITH gone AS (DELETE FROM limit_uses WHERE day <= $1 AND server <> '' AND server NOT IN (SELECT id FROM limit_servers)
					RETURNING number, scope, day, requests, bytes)
				INSERT INTO limit_uses (number, scope, server, day, requests, bytes, wants_requests, wants_bytes,
					wants_running, at)
				SELECT number, scope, '', $1, sum(requests), sum(bytes), 0, 0, 0, 0 FROM gone
				WHERE day = $1 AND (requests > 0 OR bytes > 0) GROUP BY number, scope ORDER BY number, scope
				ON CONFLICT (number, scope, server) DO UPDATE SET day = excluded.day,
					requests = excluded.requests + CASE limit_uses.day WHEN excluded.day THEN limit_uses.requests
						ELSE 0 END,
					bytes = excluded.bytes + CASE limit_uses.day WHEN excluded.day THEN limit_uses.bytes ELSE 0 END`,
				[]any{int64(today)}},
			{`DELETE FROM limit_uses WHERE day < $1 OR number NOT IN (SELECT number FROM keys)`,
				[]any{int64(today) - 1}},
		} {
			if _, err := tx.ExecContext(ctx, step.query, step.args...); err != nil {
				return err
			}
		}
		return tx.Commit()
	})
}

// forgetLimits removes the use of the limits of a key that is deleted.
func (t *transaction) forgetLimits(ctx context.Context, number int64) error {
	return t.exec(ctx, "delete the use of limits", `DELETE FROM limit_uses WHERE number = $1`, number)
}
