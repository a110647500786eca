package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
	"golang.org/x/sync/errgroup"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// recordColumns are the columns that readRecords reads: see sqlkeys.RecordRow.
const recordColumns = sqlkeys.RecordColumns + `,
	k.role || chr(31) || k.pool || chr(31) || k.endpoints || chr(31) || k.allowed_cidrs || chr(31) || k.enabled::text
		|| chr(31) ||
	CASE WHEN k.revoked_at > 0 THEN '1' ELSE '0' END || chr(31) || k.mark_pepper || chr(31) ||
	k.owner || chr(31) || k.labels || chr(31) || k.tenants || chr(31) || k.limits || chr(31) || k.disabled_until::text
		|| chr(31) ||
	coalesce(t.pepper_id, '') || chr(31) ||
	CASE WHEN t.revoked_at > 0 THEN '1' ELSE '0' END || chr(31) || coalesce(t.origin, '')`

// Load reads all keys of a scope, in ranges of numbers on several connections,
// each in a statement of its own. The counter is read first, so that Changes
// brings again what changes meanwhile.
func (s *Store) Load(ctx context.Context, scope apikey.Scope, fn func([]apikey.Record)) (seq int64, err error) {
	const what = "load keys"
	if err := s.noteHistory(ctx); err != nil {
		return 0, s.explain(ctx, what, err)
	}
	var last int64
	err = s.use(ctx, what, func(ctx context.Context) error {
		return s.db.QueryRowContext(ctx,
			`SELECT seq, (SELECT coalesce(max(number), 0) FROM keys) FROM counter`).Scan(&seq, &last)
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
func (s *Store) loadRanges(
	ctx context.Context, what string, scope sqlkeys.Condition, fn func([]apikey.Record), next *atomic.Int64, last int64,
) error {
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
			where := sqlkeys.Cond(`k.number > ? AND k.number <= ?`, start, end).And(scope)
			records, err = readRecords(ctx, conn, reader,
				numbered(`SELECT `+recordColumns+` FROM `+sqlkeys.RecordTables+` WHERE `+where.Text+
					` ORDER BY k.number, t.place`), where.Args...)
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
func readRecords(
	ctx context.Context, conn *sql.Conn, reader *sqlkeys.RecordReader, query string, args ...any,
) (records []apikey.Record, err error) {
	err = conn.Raw(func(driver any) error {
		rows, err := driver.(*stdlib.Conn).Conn().Query(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		var row sqlkeys.RecordRow
		var id, name, mark, tokenID, digest, kind pgtype.DriverBytes
		into := []any{&id, &row.OrgID, &name, &row.ExpiresAt, &row.Seq, &mark, &tokenID, &digest, &row.TokenExpiresAt,
			&kind}
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				return err
			}
			row.ID, row.Name, row.Mark, row.TokenID, row.Digest, row.Kind = id, name, mark, tokenID, digest, kind
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

// Changes returns what changed after seq. One statement reads it all: it sees one
// state, and takes one round trip.
//
// If the primary's history is another than the one that was loaded from, a
// standby took over. It may lack changes that were seen here, and have given
// their numbers to others. So a head below seq is returned then, and the replica
// loads all keys again; also if tombstones of changes after seq were removed.
func (s *Store) Changes(ctx context.Context, seq int64, limit int) (changes []apikey.Change, head int64, err error) {
	history := s.traits.history
	if history == "" {
		history = `''`
	}
	query := `SELECT c.seq, c.forgotten, ` + history + `, x.* FROM counter AS c LEFT JOIN (
		SELECT ` + recordColumns + ` AS kind, t.place FROM (
			SELECT * FROM keys WHERE seq > $1 ORDER BY seq LIMIT $2) AS k LEFT JOIN tokens AS t ON t.number = k.number
		UNION ALL
		SELECT id, 0::bigint, '', 0::bigint, seq, NULL::bytea, NULL, NULL::bytea, 0::bigint, NULL::text, 0::bigint
			FROM (
			SELECT * FROM tombstones WHERE seq > $1 ORDER BY seq LIMIT $2) AS d
	) AS x ON true ORDER BY x.seq, x.place` // of a key without tokens, the place is none
	err = s.use(ctx, "read changes", func(ctx context.Context) error {
		conn, err := s.db.Conn(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		changes, head, err = s.readChanges(ctx, conn, query, seq, limit)
		return err
	})
	return changes, head, err
}

// readChanges runs the query of Changes. Its rows begin with the counter and
// the history, and the only row of an unchanged store has nothing behind them.
func (s *Store) readChanges(
	ctx context.Context, conn *sql.Conn, query string, seq int64, limit int,
) (changes []apikey.Change, head int64, err error) {
	reader := sqlkeys.NewRecordReader()
	err = conn.Raw(func(driver any) error {
		rows, err := driver.(*stdlib.Conn).Conn().Query(ctx, query, seq, limit)
		if err != nil {
			return err
		}
		defer rows.Close()
		var history string
		var forgotten int64
		var id, name, mark, tokenID, digest, kind pgtype.DriverBytes
		var orgID, expires, number, tokenExpires, place pgtype.Int8
		for rows.Next() {
			if err := rows.Scan(&head, &forgotten, &history, &id, &orgID, &name, &expires, &number, &mark, &tokenID,
				&digest,
				&tokenExpires, &kind, &place); err != nil {
				return err
			}
			switch {
			case history != *s.history.Load(), seq < forgotten: // keys were deleted since that nobody knows of any more
				head = min(head, seq-1)
				return nil
			case !number.Valid:
				return nil
			case kind == nil:
				c := apikey.Change{Deleted: true, Record: apikey.Record{Seq: number.Int64}}
				copy(c.Record.ID[:], id)
				changes = append(changes, c)
				continue
			}
			row := sqlkeys.RecordRow{
				ID: id, Name: name, Mark: mark, TokenID: tokenID, Digest: digest, Kind: kind,
				OrgID: orgID.Int64, ExpiresAt: expires.Int64, TokenExpiresAt: tokenExpires.Int64, Seq: number.Int64,
			}
			if err := reader.Add(&row); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	if err != nil {
		return nil, 0, err
	}
	for _, r := range reader.Take() {
		changes = append(changes, apikey.Change{Record: r})
	}
	slices.SortFunc(changes, func(a, b apikey.Change) int { return cmp.Compare(a.Record.Seq, b.Record.Seq) })
	return changes[:min(limit, len(changes))], head, nil
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

// Unmarked returns keys without a mark.
func (s *Store) Unmarked(ctx context.Context, limit int) (records []apikey.Record, err error) {
	err = s.use(ctx, "read keys without a mark", func(ctx context.Context) error {
		conn, err := s.db.Conn(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		records, err = readRecords(ctx, conn, sqlkeys.NewRecordReader(), `SELECT `+recordColumns+`
			FROM (SELECT * FROM keys WHERE mark_pepper = '' ORDER BY number LIMIT $1) AS k
			LEFT JOIN tokens AS t ON t.number = k.number ORDER BY k.number, t.place`, limit)
		return err
	})
	return records, err
}

func (t *transaction) SetMarks(ctx context.Context, records []apikey.Record) error {
	var seq int64
	err := t.row(ctx, "raise the change counter", []any{&seq, new(sql.NullString)},
		`UPDATE counter SET seq = seq + $1::bigint RETURNING seq - $1::bigint, `+t.store.notify(), len(records))
	if err != nil {
		return err
	}
	ids, peppers, sums := sqlkeys.Marks(records)
	return t.exec(ctx, "write marks", `UPDATE keys SET mark_pepper = m.pepper, mark = m.sum, seq = $4::bigint + m.nth
		FROM unnest($1::text[], $2::text[], $3::bytea[]) WITH ORDINALITY AS m (id, pepper, sum, nth)
		WHERE keys.id = m.id AND keys.mark_pepper = ''`, ids, peppers, sums, seq)
}

// Outdated returns the keys that are older than the audit trail says.
func (s *Store) Outdated(ctx context.Context, ids []string) (outdated []string, err error) {
	err = s.use(ctx, "look for outdated keys", func(ctx context.Context) error {
		outdated, err = readOutdated(ctx, s.db, ids)
		return err
	})
	return outdated, err
}

func (t *transaction) Outdated(ctx context.Context, ids []string) (outdated []string, err error) {
	err = t.run(ctx, "look for outdated keys", func(ctx context.Context) error {
		outdated, err = readOutdated(ctx, t.tx, ids)
		return err
	})
	return outdated, err
}

func readOutdated(ctx context.Context, q sqlkeys.Querier, ids []string) ([]string, error) {
	if ids == nil {
		return sqlkeys.CollectOutdated(ctx, q, fmt.Sprintf(sqlkeys.SelectLastEntries, ""))
	}
	return sqlkeys.CollectOutdated(ctx, q, outdatedOfSome, ids)
}

var outdatedOfSome = fmt.Sprintf(sqlkeys.SelectLastEntries, ` AND key_id = ANY($1::text[])`)

// Issued returns the kinds of keys that were ever issued.
func (s *Store) Issued(ctx context.Context) (grants []apikey.Grant, err error) {
	err = s.use(ctx, "read the kinds of keys", func(ctx context.Context) error {
		grants, err = sqlkeys.Collect(ctx, s.db, sqlkeys.ScanGrant,
			`SELECT org_id, role, pool, endpoint FROM issued ORDER BY number`)
		return err
	})
	return grants, err
}
