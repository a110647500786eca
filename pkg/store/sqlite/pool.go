package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// Pools returns the pools of an organization. What makes a state is as in sqlkeys.Filters.
func (s *Store) Pools(ctx context.Context, orgID int64, now time.Time) (pools []apikey.Pool, err error) {
	err = s.use(ctx, "list pools", func() error {
		pools, err = sqlkeys.Collect(ctx, s.read, sqlkeys.ScanPool,
			`SELECT p.org_id, p.name, p.description, p.created_at, p.created_by,
			coalesce(sum(k.live AND k.on_now), 0), coalesce(sum(k.live AND NOT k.on_now), 0),
			coalesce(sum(NOT k.live AND k.revoked_at = 0), 0), coalesce(sum(k.revoked_at > 0), 0)
			FROM pools AS p LEFT JOIN (SELECT org_id, pool, revoked_at, revoked_at = 0 AND (ends_at = 0
				OR ends_at > ?1) AS live,
				enabled = 1 OR disabled_until > 0 AND disabled_until <= ?1 AS on_now
				FROM keys INDEXED BY keys_of_pools WHERE org_id = ?2 AND pool <> '') AS k ON k.pool = p.name
			WHERE p.org_id = ?2 GROUP BY p.name ORDER BY p.name`, sqlkeys.Millis(now), orgID)
		return err
	})
	return pools, err
}

func (t *transaction) AddPool(ctx context.Context, p *apikey.Pool) (added bool, err error) {
	return t.insertOnce(ctx, "add pool",
		`INSERT INTO pools (org_id, name, description, created_at, created_by) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		p.OrgID, p.Name, p.Description, sqlkeys.Millis(p.CreatedAt), p.CreatedBy)
}

func (t *transaction) DeletePool(ctx context.Context, orgID int64, name string) error {
	var found int
	err := t.tx.QueryRowContext(ctx, `DELETE FROM pools WHERE org_id = ? AND name = ? RETURNING 1`, orgID,
		name).Scan(&found)
	if errors.Is(err, sql.ErrNoRows) {
		return sqlkeys.ErrNoPool()
	}
	return t.store.explain(ctx, "delete pool", err)
}

func (t *transaction) PoolKeys(
	ctx context.Context, orgID int64, pool string, after int64, limit int,
) ([]*apikey.Key, error) {
	keys, err := collectKeys(ctx, t.tx, `SELECT `+sqlkeys.KeyColumns+` FROM `+sqlkeys.KeyTables+`
		WHERE k.org_id = ? AND k.pool = ? AND k.pool <> '' AND k.number > ? ORDER BY k.number LIMIT ?`, orgID, pool,
		after, limit)
	return keys, t.store.explain(ctx, "read the keys of a pool", err)
}
