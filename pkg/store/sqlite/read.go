package sqlite

import (
	"context"
	"database/sql"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// querier is what reads: *sql.DB, *sql.Tx or *sql.Conn.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// collect returns what scan makes of every row of a query.
func collect[T any](ctx context.Context, q querier, scan func(row) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []T
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	return list, rows.Err()
}

// snapshot runs fn on one state of the database.
func (s *Store) snapshot(ctx context.Context, what string, fn func(q querier) error) error {
	return s.use(ctx, what, func() error {
		tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		return fn(tx)
	})
}

// Key implements apikey.Store.
func (s *Store) Key(ctx context.Context, orgID int64, id string) (k *apikey.Key, err error) {
	err = s.use(ctx, "read key", func() error {
		k, err = oneKey(ctx, s.read, orgID, id)
		return err
	})
	return k, err
}

func oneKey(ctx context.Context, q querier, orgID int64, id string) (*apikey.Key, error) {
	list, err := collect(ctx, q, scanKey, `SELECT `+keyColumns+` FROM `+keyTables+` WHERE k.id = ? AND k.org_id = ?`, id, orgID)
	if err == nil && len(list) == 0 {
		err = notFound()
	}
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// Audit implements apikey.Store.
func (s *Store) Audit(ctx context.Context, q apikey.AuditQuery) (entries []apikey.AuditEntry, err error) {
	query := `SELECT id, org_id, at, actor, address, action, key_id, key_name, detail FROM audit WHERE org_id = ?`
	args := []any{q.OrgID}
	if q.KeyID != "" {
		query, args = query+` AND key_id = ?`, append(args, q.KeyID)
	}
	if q.Before != 0 {
		query, args = query+` AND id < ?`, append(args, q.Before)
	}
	query, args = query+` ORDER BY id DESC LIMIT ?`, append(args, q.Limit)
	err = s.use(ctx, "read the audit trail", func() error {
		entries, err = collect(ctx, s.read, scanAudit, query, args...)
		return err
	})
	return entries, err
}

func scanAudit(r row) (e apikey.AuditEntry, err error) {
	var at int64
	err = r.Scan(&e.ID, &e.OrgID, &at, &e.Actor, &e.From, &e.Action, &e.KeyID, &e.KeyName, &e.Detail)
	e.At = fromMillis(at)
	return e, err
}

// Peppers implements apikey.Store.
func (s *Store) Peppers(ctx context.Context) (peppers []apikey.PepperCheck, err error) {
	err = s.use(ctx, "read the peppers", func() error {
		peppers, err = readPeppers(ctx, s.read)
		return err
	})
	return peppers, err
}

func readPeppers(ctx context.Context, q querier) ([]apikey.PepperCheck, error) {
	return collect(ctx, q, func(r row) (c apikey.PepperCheck, err error) {
		var digest []byte
		if err := r.Scan(&c.ID, &digest); err != nil {
			return c, err
		}
		c.Check, err = digestOf(digest)
		return c, err
	}, `SELECT id, digest FROM peppers ORDER BY rowid`)
}
