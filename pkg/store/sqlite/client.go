package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// addClients adds to what clients did. Of a key that has a new one, the oldest may have to leave.
func addClients(ctx context.Context, tx *sql.Tx, uses []apikey.ClientUse) error {
	if len(uses) == 0 {
		return nil
	}
	numbers, err := numbersOf(ctx, tx, uses)
	if err != nil {
		return err
	}
	update, err := tx.PrepareContext(ctx, `UPDATE clients SET requests = requests + ?1, denied = denied + ?2,
		first_at = min(first_at, ?3), last_at = max(last_at, ?4), day = max(day, ?5) WHERE number = ?6 AND digest = ?7`)
	if err != nil {
		return err
	}
	defer func() { _ = update.Close() }()
	insert, err := tx.PrepareContext(ctx, `INSERT INTO clients (number, digest, token_id, address, user_agent, endpoint,
		tenant, first_at, last_at, day, requests, denied) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	grown := map[int64]bool{}
	for _, r := range sqlkeys.ClientRows(uses) {
		number, ok := numbers[r.KeyID.String()]
		if !ok {
			continue
		}
		first, last, day := sqlkeys.Millis(r.FirstAt), sqlkeys.Millis(r.LastAt), int64(apikey.DayOf(r.LastAt))
		res, err := update.ExecContext(ctx, r.Requests, r.Denied, first, last, day, number, r.Digest)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			if err != nil {
				return err
			}
			continue
		}
		_, err = insert.ExecContext(ctx, number, r.Digest, r.TokenID, r.Address, r.UserAgent, r.Endpoint, r.Tenant,
			first, last, day, r.Requests,
			r.Denied)
		if err != nil {
			return err
		}
		grown[number] = true
	}
	for number := range grown {
		_, err := tx.ExecContext(ctx, `DELETE FROM clients WHERE number = ?1 AND digest IN (
			SELECT digest FROM clients WHERE number = ?1 ORDER BY last_at DESC, digest LIMIT -1 OFFSET ?2)`, number,
			apikey.MaxClients)
		if err != nil {
			return err
		}
	}
	return nil
}

// numbersOf returns the numbers of the keys that are there, by their ids.
func numbersOf(ctx context.Context, tx *sql.Tx, uses []apikey.ClientUse) (numbers map[string]int64, err error) {
	find, err := tx.PrepareContext(ctx, `SELECT number FROM keys WHERE id = ?`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = find.Close() }()
	numbers, asked := map[string]int64{}, map[apikey.ID]bool{}
	for i := range uses {
		key := uses[i].KeyID
		if asked[key] {
			continue
		}
		asked[key] = true
		var number int64
		switch err := find.QueryRowContext(ctx, key.String()).Scan(&number); err {
		case nil:
			numbers[key.String()] = number
		case sql.ErrNoRows:
		default:
			return nil, err
		}
	}
	return numbers, nil
}

// Clients returns who sent the tokens of a key.
func (s *Store) Clients(
	ctx context.Context, orgID int64, id string, since time.Time,
) (clients []apikey.Client, err error) {
	err = s.snapshot(ctx, "read the clients of a key", func(q sqlkeys.Querier) error {
		k, err := oneKey(ctx, q, orgID, id)
		if err != nil {
			return err
		}
		clients, err = sqlkeys.Collect(ctx, q, sqlkeys.ScanClient, sqlkeys.SelectClients, k.Number,
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
	err = s.inTransaction(ctx, what, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, statement, args...)
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
	if err := t.exec(ctx, "delete clients", `DELETE FROM clients WHERE number = ?`, number); err != nil {
		return err
	}
	return t.exec(ctx, "forget that a key was busy", `DELETE FROM busy WHERE number = ?1 AND org_id = ?2
		AND day > (SELECT max(day) FROM busy) - 40`, number, orgID)
}
