package sqlite

import (
	"context"
	"database/sql"
	"os"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

var _ sqlkeys.Archive = (*Store)(nil)

// WithUnfinished lets Open open a copy that is not whole, to go on with it.
func WithUnfinished() Option {
	return func(o *options) { o.unfinished = true }
}

// refuseUnfinished fails for a copy that is not whole.
func (s *Store) refuseUnfinished(ctx context.Context) error {
	var seq int64
	if err := s.write.QueryRowContext(ctx, `SELECT seq FROM counter`).Scan(&seq); err != nil || seq >= 0 ||
		s.opts.unfinished {
		return err
	}
	return apikey.Errorf(apikey.CodeUnavailable,
		"The key store %s is a copy that is not whole. Run the same \"ostiary store copy\" again until it says that the copy is complete.", s.path)
}

// Same reports whether both are the same file.
func (s *Store) Same(_ context.Context, other sqlkeys.Archive) (bool, error) {
	o, ok := other.(*Store)
	return ok && os.SameFile(s.file, o.file), nil
}

// Counters returns the numbers that were given last.
func (s *Store) Counters(ctx context.Context) (c sqlkeys.Counters, err error) {
	err = s.snapshot(ctx, "read the counters", func(q sqlkeys.Querier) error {
		if err := q.QueryRowContext(ctx, `SELECT seq, forgotten, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'keys'), 0)
			FROM counter`).Scan(&c.Seq, &c.Forgotten, &c.Number); err != nil {
			return err
		}
		head, err := sqlkeys.ScanHead(q.QueryRowContext(ctx, sqlkeys.SelectHead))
		c.Audit, c.Link = head.Number, head.Link
		return err
	})
	return c, err
}

// SetCounters sets the numbers that were given last.
func (s *Store) SetCounters(ctx context.Context, c sqlkeys.Counters) error {
	return s.inTransaction(ctx, "set the counters", func(tx *sql.Tx) error {
		for _, statement := range []struct {
			text string
			args []any
		}{
			{`UPDATE counter SET seq = ?, audit = ?, audit_pepper = ?, audit_sum = ?, forgotten = ?`,
				[]any{c.Seq, c.Audit, c.Link.PepperID, sqlkeys.SumBytes(c.Link), c.Forgotten}},
			{`DELETE FROM sqlite_sequence WHERE name = 'keys'`, nil},
			{`INSERT INTO sqlite_sequence (name, seq) VALUES ('keys', ?)`, []any{c.Number}},
		} {
			if _, err := tx.ExecContext(ctx, statement.text, statement.args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// CountRows counts the rows of a table.
func (s *Store) CountRows(ctx context.Context, t sqlkeys.Table) (n int64, err error) {
	err = s.use(ctx, "count rows", func() error {
		return s.read.QueryRowContext(ctx, `SELECT count(*) FROM `+t.Name).Scan(&n)
	})
	return n, err
}

// columnsOf are a table's columns as this engine names them: the order in
// which peppers came is that of their rows.
func columnsOf(t sqlkeys.Table) []string {
	if t.Name == sqlkeys.Peppers {
		return append([]string{"rowid"}, t.Columns[1:]...)
	}
	return t.Columns
}

// ReadRows returns the rows that follow one, by the table's key.
func (s *Store) ReadRows(ctx context.Context, t sqlkeys.Table, after []any, limit int) (rows [][]any, err error) {
	columns := columnsOf(t)
	key, where := strings.Join(columns[:t.KeySize], ", "), "1 = 1"
	if after != nil {
		where = `(` + key + `) > (` + parameters(len(after)) + `)`
	}
	args := append(append([]any{}, after...), limit)
	err = s.use(ctx, "read rows", func() error {
		rows, err = sqlkeys.Collect(ctx, s.read, t.ScanRow,
			`SELECT `+strings.Join(columns, ", ")+` FROM `+t.Name+` WHERE `+where+` ORDER BY `+key+` LIMIT ?`, args...)
		return err
	})
	return rows, err
}

func parameters(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

// InsertRows adds rows to a table.
func (s *Store) InsertRows(ctx context.Context, t sqlkeys.Table, rows [][]any) error {
	columns := columnsOf(t)
	statement := `INSERT INTO ` + t.Name + ` (` + strings.Join(columns, ", ") + `) VALUES (` + parameters(len(columns)) + `)` //nolint:gosec // names of our own tables
	return s.inTransaction(ctx, "insert rows", func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, statement)
		if err != nil {
			return err
		}
		defer func() { _ = insert.Close() }()
		for _, row := range rows {
			if _, err := insert.ExecContext(ctx, row...); err != nil {
				return err
			}
		}
		if t.Name != sqlkeys.Keys {
			return nil
		}
		w := &transaction{store: s, tx: tx, grams: sqlkeys.BlockGrams{}}
		w.grams.AddRows(t, rows, 0)
		return w.writeGrams(ctx)
	})
}

// DeleteRows removes rows from a table.
func (s *Store) DeleteRows(ctx context.Context, t sqlkeys.Table, rows [][]any) error {
	statement := `DELETE FROM ` + t.Name + ` WHERE ` + strings.Join(columnsOf(t)[:t.KeySize], ` = ? AND `) + ` = ?` //nolint:gosec // names of our own tables
	return s.inTransaction(ctx, "delete rows", func(tx *sql.Tx) error {
		for _, row := range rows {
			if _, err := tx.ExecContext(ctx, statement, t.KeyOf(row)...); err != nil {
				return err
			}
		}
		return nil
	})
}

// inTransaction runs fn in a transaction that holds the write lock.
func (s *Store) inTransaction(ctx context.Context, what string, fn func(tx *sql.Tx) error) error {
	return s.use(ctx, what, func() error {
		tx, err := s.begin(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		if err := fn(tx); err != nil {
			return err
		}
		return tx.Commit()
	})
}
