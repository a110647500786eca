package postgres

import (
	"context"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// RecordDenials keeps refused requests.
func (s *Store) RecordDenials(ctx context.Context, denials []apikey.Denial) error {
	if len(denials) == 0 {
		return nil
	}
	return s.use(ctx, "record refused requests", func(ctx context.Context) error {
		tx, err := s.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		insert, err := tx.PrepareContext(ctx, numbered(sqlkeys.InsertDenial))
		if err != nil {
			return err
		}
		defer func() { _ = insert.Close() }()
		for i := range denials {
			if _, err := insert.ExecContext(ctx, sqlkeys.DenialValues(&denials[i])...); err != nil {
				return err
			}
		}
		return tx.Commit()
	})
}

// Denials returns refused requests, the newest first.
func (s *Store) Denials(ctx context.Context, q apikey.DenialQuery) (list []apikey.Denial, err error) {
	if !storable(q.KeyID) || !storable(string(q.Code)) || !storable(q.Endpoint) {
		return nil, nil
	}
	query, args := sqlkeys.SelectDenials(q)
	err = s.use(ctx, "read refused requests", func(ctx context.Context) error {
		list, err = sqlkeys.Collect(ctx, s.db, sqlkeys.ScanDenial, numbered(query), args...)
		return err
	})
	return list, err
}

// ForgetDenials removes old refused requests.
func (s *Store) ForgetDenials(ctx context.Context, before time.Time, keep, limit int) (removed int64, err error) {
	err = s.use(ctx, "remove old refused requests", func(ctx context.Context) error {
		res, err := s.db.ExecContext(ctx, numbered(sqlkeys.ForgetDenials), sqlkeys.Millis(before), keep, limit)
		if err != nil {
			return err
		}
		removed, err = res.RowsAffected()
		return err
	})
	return removed, err
}
