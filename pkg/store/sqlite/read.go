package sqlite

import (
	"context"
	"database/sql"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// snapshot runs fn on one state of the database.
func (s *Store) snapshot(ctx context.Context, what string, fn func(q sqlkeys.Querier) error) error {
	return s.use(ctx, what, func() error {
		tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		return fn(tx)
	})
}

// Key returns one key.
func (s *Store) Key(ctx context.Context, orgID int64, id string) (k *apikey.Key, err error) {
	err = s.snapshot(ctx, "read key", func(q sqlkeys.Querier) error {
		k, err = oneKey(ctx, q, orgID, id)
		return err
	})
	return k, err
}

// KeysByID returns the keys with some identifiers.
func (s *Store) KeysByID(ctx context.Context, orgID int64, ids []string) (keys []*apikey.Key, err error) {
	err = s.snapshot(ctx, "read keys", func(q sqlkeys.Querier) error {
		keys, err = collectKeys(ctx, q, `SELECT `+sqlkeys.KeyColumns+` FROM `+sqlkeys.KeyTables+
			` WHERE k.id IN (SELECT value FROM json_each(?)) AND k.org_id = ?`, jsonTexts(ids), orgID)
		return err
	})
	return keys, err
}

// collectKeys returns the keys of a query for sqlkeys.KeyColumns, with their
// tokens.
func collectKeys(ctx context.Context, q sqlkeys.Querier, query string, args ...any) ([]*apikey.Key, error) {
	keys, err := sqlkeys.Collect(ctx, q, sqlkeys.ScanKey, query, args...)
	if err != nil || len(keys) == 0 {
		return keys, err
	}
	tokens, err := sqlkeys.Collect(ctx, q, sqlkeys.ScanToken,
		`SELECT `+sqlkeys.TokenColumns+
			` FROM tokens WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number, place`,
		jsonList(sqlkeys.Numbers(keys)))
	sqlkeys.AddTokens(keys, tokens)
	return keys, err
}

func oneKey(ctx context.Context, q sqlkeys.Querier, orgID int64, id string) (*apikey.Key, error) {
	return onlyKey(ctx, q, sqlkeys.Cond("k.id = ? AND k.org_id = ?", id, orgID))
}

// onlyKey returns the one key for which a condition is true.
func onlyKey(ctx context.Context, q sqlkeys.Querier, where sqlkeys.Condition) (*apikey.Key, error) {
	list, err := collectKeys(ctx, q,
		`SELECT `+sqlkeys.KeyColumns+` FROM `+sqlkeys.KeyTables+` WHERE `+where.Text, where.Args...)
	if err == nil && len(list) == 0 {
		err = sqlkeys.ErrNotFound()
	}
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// Audit returns a page of the audit trail.
func (s *Store) Audit(ctx context.Context, q apikey.AuditQuery) (entries []apikey.AuditEntry, err error) {
	where := sqlkeys.InTrail(q)
	err = s.use(ctx, "read the audit trail", func() error {
		entries, err = sqlkeys.Collect(ctx, s.read, sqlkeys.ScanAudit,
			`SELECT `+sqlkeys.AuditColumns+` FROM audit WHERE `+where.Text+` ORDER BY id DESC LIMIT ?`,
			append(where.Args, q.Limit)...)
		return err
	})
	return entries, err
}

// Peppers returns the checks of all peppers that keys were made with.
func (s *Store) Peppers(ctx context.Context) (peppers []apikey.PepperCheck, err error) {
	err = s.use(ctx, "read the peppers", func() error {
		peppers, err = readPeppers(ctx, s.read)
		return err
	})
	return peppers, err
}

func readPeppers(ctx context.Context, q sqlkeys.Querier) ([]apikey.PepperCheck, error) {
	return sqlkeys.Collect(ctx, q, sqlkeys.ScanPepper, `SELECT id, digest FROM peppers ORDER BY rowid`)
}
