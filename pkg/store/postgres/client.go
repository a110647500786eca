package postgres

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// storableClients returns the rows of clients that the database takes.
func storableClients(uses []apikey.ClientUse) []sqlkeys.ClientRow {
	return slices.DeleteFunc(sqlkeys.ClientRows(uses), func(r sqlkeys.ClientRow) bool {
		return !storable(r.KeyID.String()) || !storable(r.TokenID) || !storable(r.Address) || !storable(r.UserAgent) ||
			!storable(r.Endpoint) || !storable(r.Tenant)
	})
}

// addClients adds to what clients did. The rows of usage that addUsage has locked, and those of refused keys, guard
// theirs. Of a key that has a new one, the oldest may have to leave.
func addClients(ctx context.Context, tx *sql.Tx, rows []sqlkeys.ClientRow) error {
	for part := range slices.Chunk(rows, usageBatch) {
		known, err := updateClients(ctx, tx, part)
		if err != nil {
			return err
		}
		if len(known) == len(part) {
			continue
		}
		fresh := slices.DeleteFunc(slices.Clone(part), func(r sqlkeys.ClientRow) bool {
			return known[clientKey{r.KeyID.String(), r.Digest}]
		})
		if err := insertClients(ctx, tx, fresh); err != nil {
			return err
		}
	}
	return nil
}

type clientKey struct {
	id     string
	digest int64
}

// updateClients adds to the rows that are there, and returns which they are.
func updateClients(ctx context.Context, tx *sql.Tx, rows []sqlkeys.ClientRow) (map[clientKey]bool, error) {
	c := columnsOfClients(rows)
	known, err := sqlkeys.Collect(ctx, tx, func(r sqlkeys.Row) (k clientKey, err error) {
		return k, r.Scan(&k.id, &k.digest)
	}, `UPDATE clients AS c SET requests = c.requests + x.requests, denied = c.denied + x.denied,
			first_at = least(c.first_at, x.first_at), last_at = greatest(c.last_at, x.last_at),
			day = greatest(c.day, x.day)
		FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
			AS x (id, digest, requests, denied, first_at, last_at, day)
		JOIN keys AS k ON k.id = x.id
		WHERE c.number = k.number AND c.digest = x.digest RETURNING x.id, c.digest`,
		c.ids, c.digests, c.requests, c.denied, c.firsts, c.lasts, c.days)
	out := make(map[clientKey]bool, len(known))
	for _, k := range known {
		out[k] = true
	}
	return out, err
}

// insertClients adds rows, and removes of their keys those that are too many.
func insertClients(ctx context.Context, tx *sql.Tx, rows []sqlkeys.ClientRow) error {
	c := columnsOfClients(rows)
	numbers, err := sqlkeys.Collect(ctx, tx, sqlkeys.ScanNumber, `INSERT INTO clients (number, digest, token_id, address,
			user_agent, endpoint, tenant, first_at, last_at, day, requests, denied)
		SELECT k.number, x.digest, x.token_id, x.address, x.user_agent, x.endpoint, x.tenant, x.first_at, x.last_at,
			x.day, x.requests, x.denied
		FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
				$8::text[], $9::text[], $10::text[], $11::text[], $12::text[])
			AS x (id, digest, requests, denied, first_at, last_at, day, token_id, address, user_agent, endpoint, tenant)
		JOIN keys AS k ON k.id = x.id ORDER BY k.number, x.digest RETURNING number`,
		c.ids, c.digests, c.requests, c.denied, c.firsts, c.lasts, c.days, c.tokens, c.addresses, c.agents, c.endpoints,
		c.tenants)
	if err != nil || len(numbers) == 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM clients WHERE (number, digest) IN (
		SELECT number, digest FROM (
			SELECT number, digest, row_number() OVER (PARTITION BY number ORDER BY last_at DESC, digest) AS place
			FROM clients WHERE number = ANY($1::bigint[])) AS ranked
		WHERE place > $2)`, slices.Compact(numbers), apikey.MaxClients)
	return err
}

// clientColumns are rows of clients as columns.
type clientColumns struct {
	ids, tokens, addresses, agents, endpoints, tenants []string
	digests, requests, denied, firsts, lasts, days     []int64
}

func columnsOfClients(rows []sqlkeys.ClientRow) (c clientColumns) {
	for i := range rows {
		r := &rows[i]
		c.ids, c.tokens = append(c.ids, r.KeyID.String()), append(c.tokens, r.TokenID)
		c.addresses, c.agents = append(c.addresses, r.Address), append(c.agents, r.UserAgent)
		c.endpoints, c.tenants = append(c.endpoints, r.Endpoint), append(c.tenants, r.Tenant)
		c.digests = append(c.digests, r.Digest)
		c.requests, c.denied = append(c.requests, r.Requests), append(c.denied, r.Denied)
		c.firsts, c.lasts = append(c.firsts, sqlkeys.Millis(r.FirstAt)), append(c.lasts, sqlkeys.Millis(r.LastAt))
		c.days = append(c.days, int64(apikey.DayOf(r.LastAt)))
	}
	return c
}

// Clients returns who sent the tokens of a key.
func (s *Store) Clients(
	ctx context.Context, orgID int64, id string, since time.Time,
) (clients []apikey.Client, err error) {
	err = s.use(ctx, "read the clients of a key", func(ctx context.Context) error {
		k, err := oneKey(ctx, s.db, orgID, id)
		if err != nil {
			return err
		}
		clients, err = sqlkeys.Collect(ctx, s.db, sqlkeys.ScanClient, numbered(sqlkeys.SelectClients), k.Number,
			sqlkeys.Millis(since), apikey.MaxClients)
		return err
	})
	return clients, err
}

// ForgetClients removes those who were last seen before a day.
func (s *Store) ForgetClients(ctx context.Context, before apikey.Day, limit int) (removed int64, err error) {
	return s.forget(ctx, "remove old clients", sqlkeys.ForgetClients, int64(before), limit)
}

// forget runs a statement that removes old entries, and returns how many it removed.
func (s *Store) forget(ctx context.Context, what, statement string, args ...any) (removed int64, err error) {
	err = s.use(ctx, what, func(ctx context.Context) error {
		res, err := s.db.ExecContext(ctx, numbered(statement), args...)
		if err != nil {
			return err
		}
		removed, err = res.RowsAffected()
		return err
	})
	return removed, err
}

// forgetClients removes those of a key that is deleted.
func (t *transaction) forgetClients(ctx context.Context, orgID, number int64) error {
	if err := t.exec(ctx, "delete clients", `DELETE FROM clients WHERE number = $1`, number); err != nil {
		return err
	}
	return t.exec(ctx, "forget that a key was busy", `DELETE FROM busy WHERE number = $1 AND org_id = $2
		AND day > (SELECT max(day) FROM busy) - 40`, number, orgID)
}
