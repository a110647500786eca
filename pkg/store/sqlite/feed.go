package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// recordColumns are the columns that readRecords reads: see sqlkeys.RecordRow.
// What many keys have in common is one column, the kind, for the sake of speed.
const recordColumns = sqlkeys.RecordColumns + `,
	k.role || char(31) || k.pool || char(31) || k.endpoints || char(31) || k.allowed_cidrs || char(31) || k.enabled
		|| char(31) || (k.revoked_at > 0) || char(31) ||
	k.mark_pepper || char(31) || k.owner || char(31) || k.labels || char(31) || k.tenants || char(31) || k.limits
		|| char(31) || k.disabled_until || char(31) ||
	coalesce(t.pepper_id, '') || char(31) || coalesce(t.revoked_at > 0, 0) || char(31) || coalesce(t.origin, '')`

// Load reads all keys of a scope, in ranges of numbers on several connections,
// each in a transaction of its own. The counter is read first, so that Changes
// brings again what changes meanwhile.
func (s *Store) Load(ctx context.Context, scope apikey.Scope, fn func([]apikey.Record)) (seq int64, err error) {
	err = s.use(ctx, "load keys", func() error {
		var last int64
		err := s.read.QueryRowContext(ctx,
			`SELECT counter.seq, coalesce((SELECT max(number) FROM keys), 0) FROM counter`).Scan(&seq, &last)
		if err != nil {
			return err
		}
		var next atomic.Int64
		group, ctx := errgroup.WithContext(ctx)
		for range min(4, runtime.GOMAXPROCS(0)) {
			group.Go(func() error {
				return s.loadRanges(ctx, sqlkeys.InScope(scope), fn, &next, last)
			})
		}
		return group.Wait()
	})
	return seq, err
}

// loadRanges takes ranges of numbers from next until all up to last are read.
func (s *Store) loadRanges(
	ctx context.Context, scope sqlkeys.Condition, fn func([]apikey.Record), next *atomic.Int64, last int64,
) error {
	where := sqlkeys.Cond(`k.number > ? AND k.number <= ?`).And(scope)
	stmt, err := s.read.PrepareContext(ctx, `SELECT `+recordColumns+` FROM `+sqlkeys.RecordTables+` WHERE `+where.Text+` ORDER BY k.number, t.place`) //nolint:gosec // G202: arguments stand as question marks
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Close() }()
	reader := sqlkeys.NewRecordReader()
	for {
		end := next.Add(sqlkeys.LoadSpan)
		start := end - sqlkeys.LoadSpan
		if start >= last {
			return nil
		}
		rows, err := stmt.QueryContext(ctx, slices.Concat([]any{start, end}, scope.Args)...)
		if err != nil {
			return err
		}
		records, err := readRecords(reader, rows)
		if err != nil {
			return err
		}
		if len(records) > 0 {
			fn(records)
		}
	}
}

// Changes returns what changed after seq.
func (s *Store) Changes(ctx context.Context, seq int64, limit int) (changes []apikey.Change, head int64, err error) {
	err = s.snapshot(ctx, "read changes", func(q sqlkeys.Querier) error {
		var forgotten int64
		err := q.QueryRowContext(ctx, `SELECT seq, forgotten FROM counter`).Scan(&head, &forgotten)
		if seq < forgotten { // keys were deleted since that nobody knows of any more
			head = min(head, seq-1)
		}
		if err != nil || head <= seq {
			return err
		}
		rows, err := q.QueryContext(ctx,
			`SELECT `+recordColumns+` FROM (SELECT * FROM keys WHERE seq > ? ORDER BY seq LIMIT ?) AS k
			LEFT JOIN tokens AS t ON t.number = k.number ORDER BY k.seq, t.place`, seq, limit)
		if err != nil {
			return err
		}
		records, err := readRecords(sqlkeys.NewRecordReader(), rows)
		if err != nil {
			return err
		}
		for _, r := range records {
			changes = append(changes, apikey.Change{Record: r})
		}
		deleted, err := sqlkeys.Collect(ctx, q, sqlkeys.ScanTombstone,
			`SELECT seq, id FROM tombstones WHERE seq > ? ORDER BY seq LIMIT ?`, seq, limit)
		if err != nil {
			return err
		}
		changes = append(changes, deleted...)
		slices.SortFunc(changes, func(a, b apikey.Change) int { return cmp.Compare(a.Record.Seq, b.Record.Seq) })
		changes = changes[:min(limit, len(changes))]
		return nil
	})
	return changes, head, err
}

// Unmarked returns keys without a mark.
func (s *Store) Unmarked(ctx context.Context, limit int) (records []apikey.Record, err error) {
	err = s.use(ctx, "read keys without a mark", func() error {
		rows, err := s.read.QueryContext(ctx,
			`SELECT `+recordColumns+` FROM (SELECT * FROM keys WHERE mark_pepper = '' ORDER BY number LIMIT ?) AS k
			LEFT JOIN tokens AS t ON t.number = k.number ORDER BY k.number, t.place`, limit)
		if err != nil {
			return err
		}
		records, err = readRecords(sqlkeys.NewRecordReader(), rows)
		return err
	})
	return records, err
}

func (t *transaction) SetMarks(ctx context.Context, records []apikey.Record) error {
	update, err := t.tx.PrepareContext(ctx,
		`UPDATE keys SET mark_pepper = ?, mark = ?, seq = ? WHERE id = ? AND mark_pepper = ''`)
	if err != nil {
		return t.store.explain(ctx, "write marks", err)
	}
	defer func() { _ = update.Close() }()
	var seq int64
	err = t.tx.QueryRowContext(ctx, `UPDATE counter SET seq = seq + ?1 RETURNING seq - ?1`, len(records)).Scan(&seq)
	if err != nil {
		return t.store.explain(ctx, "raise the change counter", err)
	}
	ids, peppers, sums := sqlkeys.Marks(records)
	for i := range ids {
		if _, err := update.ExecContext(ctx, peppers[i], sums[i], seq+int64(i)+1, ids[i]); err != nil {
			return t.store.explain(ctx, "write marks", err)
		}
	}
	return nil
}

// Outdated returns the keys that are older than the audit trail says.
func (s *Store) Outdated(ctx context.Context, ids []string) (outdated []string, err error) {
	err = s.use(ctx, "look for outdated keys", func() error {
		outdated, err = readOutdated(ctx, s.read, ids)
		return err
	})
	return outdated, err
}

func (t *transaction) Outdated(ctx context.Context, ids []string) ([]string, error) {
	outdated, err := readOutdated(ctx, t.tx, ids)
	return outdated, t.store.explain(ctx, "look for outdated keys", err)
}

func readOutdated(ctx context.Context, q sqlkeys.Querier, ids []string) ([]string, error) {
	if ids == nil {
		return sqlkeys.CollectOutdated(ctx, q, fmt.Sprintf(sqlkeys.SelectLastEntries, ""))
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	return sqlkeys.CollectOutdated(ctx, q, outdatedOfSome, string(list))
}

var outdatedOfSome = fmt.Sprintf(sqlkeys.SelectLastEntries, ` AND key_id IN (SELECT value FROM json_each(?))`)

// Issued returns the kinds of keys that were ever issued.
func (s *Store) Issued(ctx context.Context) (grants []apikey.Grant, err error) {
	err = s.use(ctx, "read the kinds of keys", func() error {
		grants, err = sqlkeys.Collect(ctx, s.read, sqlkeys.ScanGrant,
			`SELECT org_id, role, pool, endpoint FROM issued ORDER BY number`)
		return err
	})
	return grants, err
}

// readRecords returns the records of rows, and closes these.
func readRecords(reader *sqlkeys.RecordReader, rows *sql.Rows) ([]apikey.Record, error) {
	defer func() { _ = rows.Close() }()
	var row sqlkeys.RecordRow
	var id, name, mark, tokenID, digest, kind sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&id, &row.OrgID, &name, &row.ExpiresAt, &row.Seq, &mark, &tokenID, &digest,
			&row.TokenExpiresAt, &kind); err != nil {
			return nil, err
		}
		row.ID, row.Name, row.Mark, row.TokenID, row.Digest, row.Kind = id, name, mark, tokenID, digest, kind
		if err := reader.Add(&row); err != nil {
			return nil, err
		}
	}
	return reader.Take(), rows.Err()
}
