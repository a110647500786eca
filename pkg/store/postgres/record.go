package postgres

import (
	"context"
	"database/sql"
	"errors"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

func (t *transaction) MarkIssued(ctx context.Context, g apikey.Grant) error {
	first, err := t.insertOnce(ctx, "note the kind of key", `INSERT INTO issued (number, org_id, role, pool, endpoint)
		SELECT coalesce(max(number), 0) + 1, $1::bigint, $2::text, $3::text, $4::text FROM issued ON CONFLICT
			DO NOTHING`,
		g.OrgID, g.Role.String(), g.Pool, g.Endpoint)
	if err == nil && first && t.store.traits.real {
		err = t.exec(ctx, "announce the kind of key", `SELECT `+t.store.notify())
	}
	return err
}

func (t *transaction) MarkImported(ctx context.Context, orgID int64, mark string) (first bool, err error) {
	return t.insertOnce(ctx, "note the imported key",
		`INSERT INTO imported (org_id, mark) VALUES ($1, $2) ON CONFLICT DO NOTHING`, orgID, mark)
}

func (t *transaction) AddPepper(ctx context.Context, c apikey.PepperCheck) error {
	err := t.exec(ctx, "note the pepper", `INSERT INTO peppers (number, id, digest)
		SELECT coalesce(max(number), 0) + 1, $1::text, $2::bytea FROM peppers ON CONFLICT DO NOTHING`, c.ID, c.Check[:])
	if err != nil {
		return err
	}
	peppers, err := t.Peppers(ctx)
	if err != nil {
		return err
	}
	for _, p := range peppers {
		if p.ID == c.ID && !p.Check.Equal(c.Check) {
			return sqlkeys.ErrOtherPepper(c.ID)
		}
	}
	return nil
}

func (t *transaction) Peppers(ctx context.Context) (peppers []apikey.PepperCheck, err error) {
	err = t.run(ctx, "read the peppers", func(ctx context.Context) error {
		peppers, err = readPeppers(ctx, t.tx)
		return err
	})
	return peppers, err
}

func (t *transaction) AddPool(ctx context.Context, p *apikey.Pool) (added bool, err error) {
	return t.insertOnce(ctx, "add pool",
		`INSERT INTO pools (org_id, name, description, created_at, created_by) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		p.OrgID, p.Name, p.Description, sqlkeys.Millis(p.CreatedAt), p.CreatedBy)
}

func (t *transaction) DeletePool(ctx context.Context, orgID int64, name string) error {
	if !storable(name) {
		return sqlkeys.ErrNoPool()
	}
	var found int
	err := t.row(ctx, "delete pool", []any{&found}, `DELETE FROM pools WHERE org_id = $1 AND name = $2 RETURNING 1`,
		orgID, name)
	if errors.Is(err, sql.ErrNoRows) {
		return sqlkeys.ErrNoPool()
	}
	return err
}

func (t *transaction) PoolKeys(
	ctx context.Context, orgID int64, pool string, after int64, limit int,
) (keys []*apikey.Key, err error) {
	if !storable(pool) {
		return nil, nil
	}
	err = t.run(ctx, "read the keys of a pool", func(ctx context.Context) error {
		keys, err = collectKeys(ctx, t.tx, `SELECT `+sqlkeys.KeyColumns+` FROM `+sqlkeys.KeyTables+`
			WHERE k.org_id = $1 AND k.pool = $2 AND k.pool <> '' AND k.number > $3 ORDER BY k.number LIMIT $4`, orgID,
			pool, after, limit)
		return err
	})
	return keys, err
}
