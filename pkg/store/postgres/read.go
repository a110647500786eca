package postgres

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// numbered returns a condition's text with its question marks numbered, as
// PostgreSQL wants them. Texts hold no other question marks.
func numbered(text string) string {
	var b strings.Builder
	n := 0
	for part := range strings.SplitSeq(text, "?") {
		if n > 0 {
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
		}
		b.WriteString(part)
		n++
	}
	return b.String()
}

// storable reports whether a text can be in the database at all: PostgreSQL
// knows no character 0 and nothing but whole characters, and takes neither
// even as something to look for.
func storable(text string) bool {
	return utf8.ValidString(text) && !strings.Contains(text, "\x00")
}

// snapshot runs fn on one state of the database.
func (s *Store) snapshot(
	ctx context.Context, what string, fn func(ctx context.Context, q sqlkeys.Querier) error,
) error {
	return s.use(ctx, what, func(ctx context.Context) error {
		tx, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		return fn(ctx, tx)
	})
}

// Key returns one key.
func (s *Store) Key(ctx context.Context, orgID int64, id string) (k *apikey.Key, err error) {
	err = s.snapshot(ctx, "read key", func(ctx context.Context, q sqlkeys.Querier) error {
		k, err = oneKey(ctx, q, orgID, id)
		return err
	})
	return k, err
}

// KeysByID returns the keys with some identifiers.
func (s *Store) KeysByID(ctx context.Context, orgID int64, ids []string) (keys []*apikey.Key, err error) {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !storable(id) })
	err = s.snapshot(ctx, "read keys", func(ctx context.Context, q sqlkeys.Querier) error {
		keys, err = collectKeys(ctx, q, `SELECT `+sqlkeys.KeyColumns+` FROM `+sqlkeys.KeyTables+
			` WHERE k.id = ANY($1::text[]) AND k.org_id = $2`, ids, orgID)
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
		`SELECT `+sqlkeys.TokenColumns+` FROM tokens WHERE number = ANY($1::bigint[]) ORDER BY number, place`,
		sqlkeys.Numbers(keys))
	sqlkeys.AddTokens(keys, tokens)
	return keys, err
}

func oneKey(ctx context.Context, q sqlkeys.Querier, orgID int64, id string) (*apikey.Key, error) {
	if !storable(id) {
		return nil, sqlkeys.ErrNotFound()
	}
	return onlyKey(ctx, q, sqlkeys.Cond("k.id = ? AND k.org_id = ?", id, orgID))
}

// onlyKey returns the one key for which a condition is true.
func onlyKey(ctx context.Context, q sqlkeys.Querier, where sqlkeys.Condition) (*apikey.Key, error) {
	list, err := collectKeys(ctx, q,
		numbered(`SELECT `+sqlkeys.KeyColumns+` FROM `+sqlkeys.KeyTables+` WHERE `+where.Text), where.Args...)
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
	if !storable(q.KeyID) || !storable(string(q.Action)) || !storable(q.Actor) {
		return nil, nil
	}
	where := sqlkeys.InTrail(q)
	err = s.use(ctx, "read the audit trail", func(ctx context.Context) error {
		entries, err = sqlkeys.Collect(ctx, s.db, sqlkeys.ScanAudit,
			numbered(`SELECT `+sqlkeys.AuditColumns+` FROM audit WHERE `+where.Text+` ORDER BY id DESC LIMIT ?`),
			append(where.Args, q.Limit)...)
		return err
	})
	return entries, err
}

// Peppers returns the checks of all peppers that keys were made with.
func (s *Store) Peppers(ctx context.Context) (peppers []apikey.PepperCheck, err error) {
	err = s.use(ctx, "read the peppers", func(ctx context.Context) error {
		peppers, err = readPeppers(ctx, s.db)
		return err
	})
	return peppers, err
}

func readPeppers(ctx context.Context, q sqlkeys.Querier) ([]apikey.PepperCheck, error) {
	return sqlkeys.Collect(ctx, q, sqlkeys.ScanPepper, `SELECT id, digest FROM peppers ORDER BY number`)
}

// Pools returns the pools of an organization. What makes a state is as in sqlkeys.Filters.
func (s *Store) Pools(ctx context.Context, orgID int64, now time.Time) (pools []apikey.Pool, err error) {
	err = s.use(ctx, "list pools", func(ctx context.Context) error {
		pools, err = sqlkeys.Collect(ctx, s.db, sqlkeys.ScanPool,
			`SELECT p.org_id, p.name, p.description, p.created_at, p.created_by,
			coalesce(k.active, 0), coalesce(k.disabled, 0), coalesce(k.expired, 0), coalesce(k.revoked, 0)
			FROM pools AS p LEFT JOIN (SELECT pool,
				sum(CASE WHEN revoked_at = 0 AND (ends_at = 0 OR ends_at > $1)
					AND (enabled = 1 OR disabled_until > 0 AND disabled_until <= $1) THEN 1 ELSE 0 END) AS active,
				sum(CASE WHEN revoked_at = 0 AND (ends_at = 0 OR ends_at > $1)
					AND NOT (enabled = 1 OR disabled_until > 0 AND disabled_until <= $1) THEN 1 ELSE 0 END) AS disabled,
				sum(CASE WHEN revoked_at = 0 AND ends_at > 0 AND ends_at <= $1 THEN 1 ELSE 0 END) AS expired,
				sum(CASE WHEN revoked_at > 0 THEN 1 ELSE 0 END) AS revoked
				FROM keys WHERE org_id = $2 AND pool <> '' GROUP BY pool) AS k ON k.pool = p.name
			WHERE p.org_id = $2 ORDER BY p.name`, sqlkeys.Millis(now), orgID)
		return err
	})
	return pools, err
}
