package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// RecordDenials keeps refused requests.
func (s *Store) RecordDenials(ctx context.Context, denials []apikey.Denial) error {
	if len(denials) == 0 {
		return nil
	}
	return s.inTransaction(ctx, "record refused requests", func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, sqlkeys.InsertDenial)
		if err != nil {
			return err
		}
		defer func() { _ = insert.Close() }()
		for i := range denials {
			if _, err := insert.ExecContext(ctx, sqlkeys.DenialValues(&denials[i])...); err != nil {
				return err
			}
		}
		return nil
	})
}

// Denials returns refused requests, the newest first.
func (s *Store) Denials(ctx context.Context, q apikey.DenialQuery) (list []apikey.Denial, err error) {
	query, args := sqlkeys.SelectDenials(q)
	err = s.use(ctx, "read refused requests", func() error {
		list, err = sqlkeys.Collect(ctx, s.read, sqlkeys.ScanDenial, query, args...)
		return err
	})
	return list, err
}

// ForgetDenials removes old refused requests.
func (s *Store) ForgetDenials(ctx context.Context, before time.Time, keep, limit int) (removed int64, err error) {
	err = s.inTransaction(ctx, "remove old refused requests", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, sqlkeys.ForgetDenials, sqlkeys.Millis(before), keep, limit)
		if err != nil {
			return err
		}
		removed, err = res.RowsAffected()
		return err
	})
	return removed, err
}
