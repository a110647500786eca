package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
	"golang.org/x/sync/errgroup"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// recordColumns are the columns that readRecords reads, from keys: see
// sqlkeys.RecordRow.
const recordColumns = `id, digest, org_id, name, expires_at, seq,
	role || chr(31) || pepper_id || chr(31) || pool || chr(31) || endpoints || chr(31) || allowed_cidrs || chr(31) || enabled::text || chr(31) ||
	CASE WHEN revoked_at > 0 THEN '1' ELSE '0' END || chr(31) || origin`

// Load implements apikey.Feed. It reads ranges of numbers on several
// connections, each in a statement of its own: the counter is read first, so
// that Changes brings again whatever changes meanwhile.
func (s *Store) Load(ctx context.Context, scope apikey.Scope, fn func([]apikey.Record)) (seq int64, err error) {
	const what = "load keys"
	if err := s.noteHistory(ctx); err != nil {
		return 0, s.explain(ctx, what, err)
	}
	var last int64
	err = s.use(ctx, what, func(ctx context.Context) error {
		return s.db.QueryRowContext(ctx, `SELECT seq, (SELECT coalesce(max(number), 0) FROM keys) FROM counter`).Scan(&seq, &last)
	})
	if err != nil {
		return 0, err
	}
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for range min(4, runtime.GOMAXPROCS(0)) {
		group.Go(func() error { return s.loadRanges(ctx, what, sqlkeys.InScope(scope), fn, &next, last) })
	}
	return seq, group.Wait()
}

// loadRanges takes ranges of numbers from next until all up to last are read.
func (s *Store) loadRanges(ctx context.Context, what string, scope sqlkeys.Condition, fn func([]apikey.Record), next *atomic.Int64, last int64) error {
	reader := sqlkeys.NewRecordReader()
	for {
		end := next.Add(sqlkeys.LoadSpan)
		start := end - sqlkeys.LoadSpan
		if start >= last {
			return nil
		}
		var records []apikey.Record
		err := s.use(ctx, what, func(ctx context.Context) error {
			conn, err := s.db.Conn(ctx)
			if err != nil {
				return err
			}
			defer func() { _ = conn.Close() }()
			where := sqlkeys.Cond(`number > ? AND number <= ?`, start, end).And(scope)
			records, err = readRecords(ctx, conn, reader, numbered(`SELECT `+recordColumns+` FROM keys WHERE `+where.Text), where.Args...)
			return err
		})
		if err != nil {
			return err
		}
		if len(records) > 0 {
			fn(records)
		}
	}
}

// readRecords runs a query for recordColumns. It goes around database/sql,
// which would make a value of its own of each column of each row.
func readRecords(ctx context.Context, conn *sql.Conn, reader *sqlkeys.RecordReader, query string, args ...any) (records []apikey.Record, err error) {
	err = conn.Raw(func(driver any) error {
		rows, err := driver.(*stdlib.Conn).Conn().Query(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		var row sqlkeys.RecordRow
		var id, digest, name, kind pgtype.DriverBytes
		into := []any{&id, &digest, &row.OrgID, &name, &row.ExpiresAt, &row.Seq, &kind}
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				return err
			}
			row.ID, row.Digest, row.Name, row.Kind = id, digest, name, kind
			if err := reader.Add(&row); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	records = reader.Take()
	if err != nil {
		return nil, err
	}
	return records, nil
}

// Changes implements apikey.Feed. Whatever changed is read in one transaction
// that sees one state, after a look at the counter alone: mostly there is
// nothing.
//
// If the primary's history is another than the one that was loaded from, a
// standby took over. It may lack changes that were seen here, and have given
// their numbers to others. So the head is then told to be below seq, and the
// replica loads anew.
func (s *Store) Changes(ctx context.Context, seq int64, limit int) (changes []apikey.Change, head int64, err error) {
	const what = "read changes"
	err = s.use(ctx, what, func(ctx context.Context) error {
		head, err = s.head(ctx, s.db, seq)
		return err
	})
	if err != nil || head <= seq {
		return nil, head, err
	}
	err = s.use(ctx, what, func(ctx context.Context) error {
		conn, err := s.db.Conn(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		tx, err := conn.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		if head, err = s.head(ctx, tx, seq); err != nil || head <= seq {
			return err
		}
		changes, err = changesAfter(ctx, conn, tx, seq, limit)
		return err
	})
	return changes, head, err
}

// head returns the newest number of the feed, or one below seq if it is of
// another history.
func (s *Store) head(ctx context.Context, q sqlkeys.Querier, seq int64) (head int64, err error) {
	if s.traits.history == "" {
		err = q.QueryRowContext(ctx, `SELECT seq FROM counter`).Scan(&head)
		return head, err
	}
	var history string
	err = q.QueryRowContext(ctx, `SELECT seq, `+s.traits.history+` FROM counter`).Scan(&head, &history)
	if err == nil && history != *s.history.Load() {
		head = min(head, seq-1)
	}
	return head, err
}

// noteHistory notes the history of the primary that keys are loaded from.
func (s *Store) noteHistory(ctx context.Context) error {
	var history string
	if s.traits.history != "" {
		err := s.use(ctx, "read the history", func(ctx context.Context) error {
			return s.db.QueryRowContext(ctx, `SELECT `+s.traits.history).Scan(&history)
		})
		if err != nil {
			return err
		}
	}
	s.history.Store(&history)
	return nil
}

// changesAfter reads changes within a transaction on a connection.
func changesAfter(ctx context.Context, conn *sql.Conn, tx *sql.Tx, seq int64, limit int) ([]apikey.Change, error) {
	records, err := readRecords(ctx, conn, sqlkeys.NewRecordReader(), `SELECT `+recordColumns+` FROM keys WHERE seq > $1 ORDER BY seq LIMIT $2`, seq, limit)
	if err != nil {
		return nil, err
	}
	changes := make([]apikey.Change, 0, len(records))
	for _, r := range records {
		changes = append(changes, apikey.Change{Record: r})
	}
	deleted, err := sqlkeys.Collect(ctx, tx, sqlkeys.ScanTombstone, `SELECT seq, id FROM tombstones WHERE seq > $1 ORDER BY seq LIMIT $2`, seq, limit)
	if err != nil {
		return nil, err
	}
	changes = append(changes, deleted...)
	slices.SortFunc(changes, func(a, b apikey.Change) int { return cmp.Compare(a.Record.Seq, b.Record.Seq) })
	return changes[:min(limit, len(changes))], nil
}

// Issued implements apikey.Feed.
func (s *Store) Issued(ctx context.Context) (grants []apikey.Grant, err error) {
	err = s.use(ctx, "read the kinds of keys", func(ctx context.Context) error {
		grants, err = sqlkeys.Collect(ctx, s.db, sqlkeys.ScanGrant, `SELECT org_id, role, pool, endpoint FROM issued ORDER BY number`)
		return err
	})
	return grants, err
}
