package postgres

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// Notices returns notices, the newest first.
func (s *Store) Notices(ctx context.Context, q apikey.NoticeQuery) (list []apikey.Notice, err error) {
	if !storable(q.KeyID) || q.After != nil && !storable(q.After.ID) {
		return nil, nil
	}
	query := sqlkeys.SelectNotices(q)
	err = s.use(ctx, "read notices", func(ctx context.Context) error {
		list, err = sqlkeys.Collect(ctx, s.db, sqlkeys.ScanNotice, numbered(query.Text), query.Args...)
		return err
	})
	return list, err
}

// ClaimNotices takes notices that are due. It looks before it writes, because
// mostly there are none.
func (s *Store) ClaimNotices(ctx context.Context, c apikey.NoticeClaim) (list []apikey.Notice, err error) {
	var due bool
	ask, claim := sqlkeys.AnyNoticeDue(c), sqlkeys.ClaimNotices(c, "= ANY (ARRAY(%% FOR UPDATE SKIP LOCKED))")
	err = s.use(ctx, "take notices", func(ctx context.Context) error {
		if err := s.db.QueryRowContext(ctx, numbered(ask.Text), ask.Args...).Scan(&due); err != nil || !due {
			return err
		}
		list, err = sqlkeys.Collect(ctx, s.db, sqlkeys.ScanNotice, numbered(claim.Text), claim.Args...)
		return err
	})
	return list, err
}

// SettleNotices writes how attempts to deliver ended.
func (s *Store) SettleNotices(ctx context.Context, server string, notices []apikey.Notice) error {
	return s.inTransaction(ctx, "settle notices", func(ctx context.Context, tx *sql.Tx) error {
		for i := range notices {
			_, err := tx.ExecContext(ctx, numbered(sqlkeys.SettleNotice), sqlkeys.SettleValues(server, &notices[i])...)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// RetryNotice makes a notice due again.
func (s *Store) RetryNotice(
	ctx context.Context, orgID int64, server bool, id string, now time.Time,
) (*apikey.Notice, error) {
	var n apikey.Notice
	if !storable(id) {
		return nil, sqlkeys.ErrNoNotice()
	}
	at := sqlkeys.Millis(now)
	err := s.inTransaction(ctx, "retry a notice", func(ctx context.Context, tx *sql.Tx) (err error) {
		n, err = sqlkeys.ScanNotice(tx.QueryRowContext(ctx, numbered(sqlkeys.RetryNotice(server)), at, at, id, orgID))
		if errors.Is(err, sql.ErrNoRows) {
			return sqlkeys.ErrNoNotice()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &n, nil
}

// ForgetNotices removes old notices and notes.
func (s *Store) ForgetNotices(ctx context.Context, c apikey.NoticeCleanup) (removed, unsent int64, err error) {
	forget := sqlkeys.ForgetNotices(c)
	err = s.inTransaction(ctx, "remove old notices", func(ctx context.Context, tx *sql.Tx) error {
		for _, statement := range []sqlkeys.Condition{sqlkeys.FailStaleNotices(c), sqlkeys.ForgetNotes(c)} {
			if _, err := tx.ExecContext(ctx, numbered(statement.Text), statement.Args...); err != nil {
				return err
			}
		}
		states, err := sqlkeys.Collect(ctx, tx, sqlkeys.ScanText, numbered(forget.Text), forget.Args...)
		removed, unsent = sqlkeys.CountStates(states)
		return err
	})
	return removed, unsent, err
}

// EndingKeys returns keys that end in a span.
func (s *Store) EndingKeys(
	ctx context.Context, from, to time.Time, after int64, limit int,
) (keys []*apikey.Key, err error) {
	query := sqlkeys.EndingKeys(sqlkeys.Millis(from), sqlkeys.Millis(to), after, limit)
	err = s.snapshot(ctx, "look for keys that end", func(ctx context.Context, q sqlkeys.Querier) error {
		keys, err = collectKeys(ctx, q, numbered(query.Text), query.Args...)
		return err
	})
	return keys, err
}

// UnusedKeys returns keys that nobody uses.
func (s *Store) UnusedKeys(
	ctx context.Context, now, since time.Time, after int64, limit int,
) (keys []*apikey.Key, err error) {
	query := sqlkeys.UnusedKeys(sqlkeys.Millis(now), sqlkeys.Millis(since), after, limit)
	err = s.snapshot(ctx, "look for keys that nobody uses", func(ctx context.Context, q sqlkeys.Querier) error {
		keys, err = collectKeys(ctx, q, numbered(query.Text), query.Args...)
		return err
	})
	return keys, err
}

// OverlappingKeys returns keys with a token that ends soon.
func (s *Store) OverlappingKeys(
	ctx context.Context, now time.Time, after int64, limit int,
) (keys []*apikey.Key, err error) {
	query := sqlkeys.OverlappingKeys(sqlkeys.Millis(now), after, limit)
	err = s.snapshot(ctx, "look for replaced tokens", func(ctx context.Context, q sqlkeys.Querier) error {
		keys, err = collectKeys(ctx, q, numbered(query.Text), query.Args...)
		return err
	})
	return keys, err
}

// inTransaction runs fn in a transaction of its own, apart from the change feed.
func (s *Store) inTransaction(
	ctx context.Context, what string, fn func(ctx context.Context, tx *sql.Tx) error,
) error {
	return s.use(ctx, what, func(ctx context.Context) error {
		tx, err := s.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		if err := fn(ctx, tx); err != nil {
			return err
		}
		return tx.Commit()
	})
}

func (t *transaction) AddNotices(ctx context.Context, notices []apikey.Notice) error {
	for i := range notices {
		err := t.exec(ctx, "add a notice", numbered(sqlkeys.InsertNotice), sqlkeys.NoticeValues(&notices[i])...)
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *transaction) Noted(ctx context.Context, keyID, kind string) (value string, err error) {
	err = t.row(ctx, "read a note", []any{&value}, `SELECT coalesce((`+numbered(sqlkeys.SelectNote)+`), '')`, keyID, kind)
	return value, err
}

func (t *transaction) Note(ctx context.Context, keyID, kind, value string, now time.Time) error {
	return t.exec(ctx, "write a note", numbered(sqlkeys.WriteNote), keyID, kind, value, sqlkeys.Millis(now))
}
