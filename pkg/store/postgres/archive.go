package postgres

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

var _ sqlkeys.Archive = (*Store)(nil)

// Same reports whether the other one is this very store. Addresses do not show it, because a server has many, nor does
// what it says of itself, because a clone says the same. So a mark is written next to the lock of the schema, and
// looked for in the other.
func (s *Store) Same(ctx context.Context, other sqlkeys.Archive) (same bool, err error) {
	o, ok := other.(*Store)
	if !ok {
		return false, nil
	}
	mark := 2 + rand.Int64N(math.MaxInt64-2) //nolint:gosec // 1 is the lock, and the mark guards nothing
	err = s.execute(ctx, "put a mark", `INSERT INTO `+lockTable+` (id) VALUES ($1) ON CONFLICT DO NOTHING`, mark)
	if err != nil {
		return false, err
	}
	err = o.use(ctx, "look for a mark", func(ctx context.Context) error {
		return o.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM `+lockTable+` WHERE id = $1)`, mark).Scan(&same)
	})
	return same, errors.Join(err,
		s.execute(context.WithoutCancel(ctx), "take a mark away", `DELETE FROM `+lockTable+` WHERE id = $1`, mark))
}

func (s *Store) execute(ctx context.Context, what, statement string, args ...any) error {
	return s.use(ctx, what, func(ctx context.Context) error {
		_, err := s.db.ExecContext(ctx, statement, args...)
		return err
	})
}

// Counters returns the numbers that were given last.
func (s *Store) Counters(ctx context.Context) (c sqlkeys.Counters, err error) {
	err = s.use(ctx, "read the counters", func(ctx context.Context) error {
		row := s.db.QueryRowContext(ctx, `SELECT audit, audit_pepper, audit_sum, seq, number, forgotten FROM counter`)
		head, err := sqlkeys.ScanHead(andMore{row, []any{&c.Seq, &c.Number, &c.Forgotten}})
		c.Audit, c.Link = head.Number, head.Link
		return err
	})
	return c, err
}

// SetCounters sets the numbers that were given last. A copy that becomes whole is tidied
// first, as the engine would do by itself a little later.
func (s *Store) SetCounters(ctx context.Context, c sqlkeys.Counters) error {
	if c.Seq >= 0 && s.traits.real {
		err := s.useLong(ctx, "tidy up", func(ctx context.Context) error {
			_, err := s.db.ExecContext(ctx, `VACUUM (ANALYZE) keys, usage, usage_days, grams, audit`)
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.execute(ctx, "set the counters", `UPDATE counter SET seq = $1, number = $2, audit = $3, audit_pepper = $4,
		audit_sum = $5, forgotten = $6`, c.Seq, c.Number, c.Audit, c.Link.PepperID, sqlkeys.SumBytes(c.Link), c.Forgotten)
}

// CountRows counts the rows of a table.
func (s *Store) CountRows(ctx context.Context, t sqlkeys.Table) (n int64, err error) {
	err = s.useLong(ctx, "count rows", func(ctx context.Context) error {
		return s.db.QueryRowContext(ctx, `SELECT count(*) FROM `+t.Name).Scan(&n)
	})
	return n, err
}

// ReadRows returns the rows that follow one, by the table's key.
func (s *Store) ReadRows(ctx context.Context, t sqlkeys.Table, after []any, limit int) (rows [][]any, err error) {
	where := sqlkeys.Cond(`1 = 1`)
	key := strings.Join(t.Key(), ", ")
	if after != nil {
		where = sqlkeys.Cond(`(`+key+`) > (`+strings.TrimSuffix(strings.Repeat("?, ", len(after)), ", ")+`)`, after...)
	}
	err = s.useLong(ctx, "read rows", func(ctx context.Context) error {
		rows, err = sqlkeys.Collect(ctx, s.db, t.ScanRow,
			numbered(`SELECT `+strings.Join(t.Columns, ", ")+` FROM `+t.Name+` WHERE `+where.Text+` ORDER BY `+key+
				` LIMIT ?`), append(where.Args, limit)...)
		return err
	})
	return rows, err
}

// InsertRows adds rows to a table.
func (s *Store) InsertRows(ctx context.Context, t sqlkeys.Table, rows [][]any) error {
	return s.useLong(ctx, "insert rows", func(ctx context.Context) error {
		conn, err := s.db.Conn(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		tx, err := conn.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		err = conn.Raw(func(driver any) error {
			_, err := driver.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{t.Name}, t.Columns,
				pgx.CopyFromRows(rows))
			return err
		})
		if err != nil {
			return err
		}
		if t.Name == sqlkeys.Keys {
			w := &transaction{store: s, tx: tx, grams: sqlkeys.BlockGrams{}}
			w.grams.AddRows(t, rows, sqlkeys.Described)
			if err := w.writeGrams(ctx); err != nil {
				return err
			}
		}
		return tx.Commit()
	})
}

// DeleteRows removes rows from a table.
func (s *Store) DeleteRows(ctx context.Context, t sqlkeys.Table, rows [][]any) error {
	return s.useLong(ctx, "delete rows", func(ctx context.Context) error {
		tx, err := s.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		statement := numbered(`DELETE FROM ` + t.Name + ` WHERE ` + strings.Join(t.Key(), ` = ? AND `) + ` = ?`)
		for _, row := range rows {
			if _, err := tx.ExecContext(ctx, statement, t.KeyOf(row)...); err != nil {
				return err
			}
		}
		return tx.Commit()
	})
}
