package postgres

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

func (t *transaction) AppendAudit(ctx context.Context, e *apikey.AuditEntry) error {
	values, err := sqlkeys.AuditValues(e)
	if err != nil {
		return err
	}
	id := t.head.Number + 1
	err = t.exec(
		ctx,
		"append to the audit trail",
		`WITH c AS (UPDATE counter SET audit = $1::bigint, audit_pepper = $11::text, audit_sum = $12::bytea
			RETURNING audit)
		INSERT INTO audit (id, org_id, at, actor, address, action, key_id, key_name, data, words, pepper_id, sum)
		SELECT c.audit, $2::bigint, $3::bigint, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text, $10::text,
			$11::text, $12::bytea FROM c`,
		append([]any{id}, values...)...)
	if err == nil {
		e.ID = id
		t.head = apikey.TrailHead{Number: id, Link: e.Link}
	}
	return err
}

// TrailHead returns what was read with the lock.
func (t *transaction) TrailHead(context.Context) (apikey.TrailHead, error) { return t.head, nil }

func (t *transaction) Trail(ctx context.Context, after int64, limit int) (entries []apikey.TrailEntry, err error) {
	err = t.run(ctx, "read the audit trail", func(ctx context.Context) error {
		entries, err = sqlkeys.Collect(ctx, t.tx, sqlkeys.ScanTrail, numbered(sqlkeys.SelectTrail), after, limit)
		return err
	})
	return entries, err
}

func (t *transaction) Unchained(ctx context.Context) (first int64, err error) {
	err = t.row(ctx, "look for entries without a link", []any{&first}, sqlkeys.SelectUnchained)
	return first, err
}

func (t *transaction) SetLinks(ctx context.Context, entries []apikey.TrailEntry) error {
	ids, peppers, sums := make([]int64, len(entries)), make([]string, len(entries)), make([][]byte, len(entries))
	for i := range entries {
		l := entries[i].Link
		ids[i], peppers[i], sums[i] = entries[i].ID, l.PepperID, sqlkeys.SumBytes(l)
		if ids[i] == t.head.Number {
			t.head.Link = l
			if err := t.exec(ctx, "write the end of the audit trail",
				`UPDATE counter SET audit_pepper = $1, audit_sum = $2`, l.PepperID, sqlkeys.SumBytes(l)); err != nil {
				return err
			}
		}
	}
	return t.exec(ctx, "write links", `UPDATE audit SET pepper_id = v.pepper_id, sum = v.sum
		FROM unnest($1::bigint[], $2::text[], $3::bytea[]) AS v (id, pepper_id, sum)
		WHERE audit.id = v.id`, ids, peppers,
		sums)
}

func (t *transaction) RemoveTrail(ctx context.Context, upTo int64) error {
	return t.exec(ctx, "remove old entries of the audit trail", `DELETE FROM audit WHERE id <= $1`, upTo)
}

// Trail returns entries of the audit trail, the oldest first.
func (s *Store) Trail(ctx context.Context, after int64, limit int) (entries []apikey.TrailEntry, err error) {
	err = s.use(ctx, "read the audit trail", func(ctx context.Context) error {
		entries, err = sqlkeys.Collect(ctx, s.db, sqlkeys.ScanTrail, numbered(sqlkeys.SelectTrail), after, limit)
		return err
	})
	return entries, err
}

// TrailHead returns the end of the audit trail.
func (s *Store) TrailHead(ctx context.Context) (head apikey.TrailHead, err error) {
	err = s.use(ctx, "read the end of the audit trail", func(ctx context.Context) error {
		head, err = sqlkeys.ScanHead(s.db.QueryRowContext(ctx, sqlkeys.SelectHead))
		return err
	})
	return head, err
}

// Unchained returns the first entry without a link.
func (s *Store) Unchained(ctx context.Context) (first int64, err error) {
	err = s.use(ctx, "look for entries without a link", func(ctx context.Context) error {
		return s.db.QueryRowContext(ctx, sqlkeys.SelectUnchained).Scan(&first)
	})
	return first, err
}

// TrailTargets returns how far the targets of the trail are.
func (s *Store) TrailTargets(ctx context.Context) (targets []apikey.TrailTarget, err error) {
	err = s.use(ctx, "read the targets of the audit trail", func(ctx context.Context) error {
		targets, err = sqlkeys.Collect(ctx, s.db, sqlkeys.ScanTarget, sqlkeys.SelectTargets)
		return err
	})
	return targets, err
}

// LeaseTrail lets one server deliver to a target.
func (s *Store) LeaseTrail(
	ctx context.Context, name, holder string, now, until time.Time,
) (position int64, leased bool, err error) {
	err = s.use(ctx, "lease a target of the audit trail", func(ctx context.Context) error {
		err := s.db.QueryRowContext(ctx, numbered(sqlkeys.LeaseTarget), name, holder, sqlkeys.Millis(until),
			sqlkeys.Millis(now)).Scan(&position)
		leased = err == nil
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return position, leased, err
}

// MoveTrail notes how far a target is.
func (s *Store) MoveTrail(
	ctx context.Context, name, holder string, position int64, until time.Time,
) (moved bool, err error) {
	err = s.use(ctx, "move a target of the audit trail", func(ctx context.Context) error {
		res, err := s.db.ExecContext(ctx, numbered(sqlkeys.MoveTarget), position, sqlkeys.Millis(until), name, holder)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		moved = n == 1
		return err
	})
	return moved, err
}

// ForgetTombstones removes what is left of keys that were deleted long ago.
func (s *Store) ForgetTombstones(ctx context.Context, before time.Time, limit int) (removed int64, err error) {
	err = s.use(ctx, "remove old tombstones", func(ctx context.Context) error {
		return s.db.QueryRowContext(ctx, `WITH gone AS (DELETE FROM tombstones WHERE seq IN (
				SELECT seq FROM tombstones WHERE at < $1 ORDER BY seq LIMIT $2) RETURNING seq),
			noted AS (UPDATE counter SET forgotten = greatest(forgotten, (SELECT max(seq) FROM gone))
				WHERE EXISTS (SELECT 1 FROM gone))
			SELECT count(*) FROM gone`, sqlkeys.Millis(before), limit).Scan(&removed)
	})
	return removed, err
}
