package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

var insertAudit = `INSERT INTO audit (id, org_id, at, actor, address, action, key_id, key_name, data, words, pepper_id,
	sum)
	VALUES (` + parameters(
	12,
) + `)`

func (t *transaction) AppendAudit(ctx context.Context, e *apikey.AuditEntry) error {
	head, err := t.TrailHead(ctx)
	if err != nil {
		return err
	}
	values, err := sqlkeys.AuditValues(e)
	if err != nil {
		return err
	}
	id := head.Number + 1
	if err := t.exec(ctx, "append to the audit trail", insertAudit, append([]any{id}, values...)...); err != nil {
		return err
	}
	e.ID = id
	*t.head, t.moved = apikey.TrailHead{Number: id, Link: e.Link}, true
	return nil
}

func (t *transaction) TrailHead(ctx context.Context) (apikey.TrailHead, error) {
	if t.head == nil {
		head, err := sqlkeys.ScanHead(t.tx.QueryRowContext(ctx, sqlkeys.SelectHead))
		if err != nil {
			return head, t.store.explain(ctx, "read the end of the audit trail", err)
		}
		t.head = &head
	}
	return *t.head, nil
}

// writeHead writes the end of the trail if it has moved.
func (t *transaction) writeHead(ctx context.Context) error {
	if !t.moved {
		return nil
	}
	return t.exec(ctx, "write the end of the audit trail",
		`UPDATE counter SET audit = ?, audit_pepper = ?, audit_sum = ?`, t.head.Number, t.head.Link.PepperID,
		sqlkeys.SumBytes(t.head.Link))
}

func (t *transaction) Trail(ctx context.Context, after int64, limit int) ([]apikey.TrailEntry, error) {
	entries, err := sqlkeys.Collect(ctx, t.tx, sqlkeys.ScanTrail, sqlkeys.SelectTrail, after, limit)
	return entries, t.store.explain(ctx, "read the audit trail", err)
}

func (t *transaction) Unchained(ctx context.Context) (first int64, err error) {
	err = t.tx.QueryRowContext(ctx, sqlkeys.SelectUnchained).Scan(&first)
	return first, t.store.explain(ctx, "look for entries without a link", err)
}

func (t *transaction) SetLinks(ctx context.Context, entries []apikey.TrailEntry) error {
	head, err := t.TrailHead(ctx)
	if err != nil {
		return err
	}
	update, err := t.tx.PrepareContext(ctx, `UPDATE audit SET pepper_id = ?, sum = ? WHERE id = ?`)
	if err != nil {
		return t.store.explain(ctx, "write links", err)
	}
	defer func() { _ = update.Close() }()
	for i := range entries {
		e := &entries[i]
		if _, err := update.ExecContext(ctx, e.Link.PepperID, sqlkeys.SumBytes(e.Link), e.ID); err != nil {
			return t.store.explain(ctx, "write links", err)
		}
		if e.ID == head.Number {
			t.head.Link, t.moved = e.Link, true
		}
	}
	return nil
}

func (t *transaction) RemoveTrail(ctx context.Context, upTo int64) error {
	return t.exec(ctx, "remove old entries of the audit trail", `DELETE FROM audit WHERE id <= ?`, upTo)
}

// Trail returns entries of the audit trail, the oldest first.
func (s *Store) Trail(ctx context.Context, after int64, limit int) (entries []apikey.TrailEntry, err error) {
	err = s.use(ctx, "read the audit trail", func() error {
		entries, err = sqlkeys.Collect(ctx, s.read, sqlkeys.ScanTrail, sqlkeys.SelectTrail, after, limit)
		return err
	})
	return entries, err
}

// TrailHead returns the end of the audit trail.
func (s *Store) TrailHead(ctx context.Context) (head apikey.TrailHead, err error) {
	err = s.use(ctx, "read the end of the audit trail", func() error {
		head, err = sqlkeys.ScanHead(s.read.QueryRowContext(ctx, sqlkeys.SelectHead))
		return err
	})
	return head, err
}

// Unchained returns the first entry without a link.
func (s *Store) Unchained(ctx context.Context) (first int64, err error) {
	err = s.use(ctx, "look for entries without a link", func() error {
		return s.read.QueryRowContext(ctx, sqlkeys.SelectUnchained).Scan(&first)
	})
	return first, err
}

// TrailTargets returns how far the targets of the trail are.
func (s *Store) TrailTargets(ctx context.Context) (targets []apikey.TrailTarget, err error) {
	err = s.use(ctx, "read the targets of the audit trail", func() error {
		targets, err = sqlkeys.Collect(ctx, s.read, sqlkeys.ScanTarget, sqlkeys.SelectTargets)
		return err
	})
	return targets, err
}

// LeaseTrail lets one server deliver to a target.
func (s *Store) LeaseTrail(
	ctx context.Context, name, holder string, now, until time.Time,
) (position int64, leased bool, err error) {
	err = s.inTransaction(ctx, "lease a target of the audit trail", func(tx *sql.Tx) error {
		leased = false
		err := tx.QueryRowContext(ctx, sqlkeys.LeaseTarget, name, holder, sqlkeys.Millis(until),
			sqlkeys.Millis(now)).Scan(&position)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		leased = err == nil
		return err
	})
	return position, leased, err
}

// MoveTrail notes how far a target is.
func (s *Store) MoveTrail(
	ctx context.Context, name, holder string, position int64, until time.Time,
) (moved bool, err error) {
	err = s.inTransaction(ctx, "move a target of the audit trail", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, sqlkeys.MoveTarget, position, sqlkeys.Millis(until), name, holder)
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
	err = s.inTransaction(ctx, "remove old tombstones", func(tx *sql.Tx) error {
		seqs, err := sqlkeys.Collect(ctx, tx, sqlkeys.ScanNumber, `DELETE FROM tombstones WHERE seq IN (
			SELECT seq FROM tombstones WHERE at < ? ORDER BY seq LIMIT ?) RETURNING seq`, sqlkeys.Millis(before), limit)
		if removed = int64(len(seqs)); err != nil || removed == 0 {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE counter SET forgotten = max(forgotten, ?)`, max64(seqs))
		return err
	})
	return removed, err
}

func max64(list []int64) (most int64) {
	for _, n := range list {
		most = max(most, n)
	}
	return most
}
