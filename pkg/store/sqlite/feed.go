package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// loadSpan is how many numbers a batch of Load covers.
const loadSpan = 4096

// recordColumns are the columns that recordReader reads, from keys. What many
// keys have in common is one column, the kind, for the sake of speed.
const recordColumns = `id, digest, org_id, name, expires_at, seq,
	role || char(31) || pepper_id || char(31) || pool || char(31) || endpoints || char(31) || allowed_cidrs || char(31) || enabled || char(31) || (revoked_at > 0) || char(31) || origin`

// Load implements apikey.Feed. It reads ranges of numbers on several
// connections, each in a transaction of its own: the counter is read first,
// so that Changes brings again whatever changes meanwhile.
func (s *Store) Load(ctx context.Context, fn func([]apikey.Record)) (seq int64, err error) {
	err = s.use(ctx, "load keys", func() error {
		var last int64
		err := s.read.QueryRowContext(ctx, `SELECT counter.seq, coalesce((SELECT max(number) FROM keys), 0) FROM counter`).Scan(&seq, &last)
		if err != nil {
			return err
		}
		var next atomic.Int64
		group, ctx := errgroup.WithContext(ctx)
		for range min(4, runtime.GOMAXPROCS(0)) {
			group.Go(func() error {
				return s.loadRanges(ctx, fn, &next, last)
			})
		}
		return group.Wait()
	})
	return seq, err
}

// loadRanges takes ranges of numbers from next until all up to last are read.
func (s *Store) loadRanges(ctx context.Context, fn func([]apikey.Record), next *atomic.Int64, last int64) error {
	stmt, err := s.read.PrepareContext(ctx, `SELECT `+recordColumns+` FROM keys WHERE number > ? AND number <= ?`)
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Close() }()
	reader := newRecordReader()
	for {
		end := next.Add(loadSpan)
		start := end - loadSpan
		if start >= last {
			return nil
		}
		rows, err := stmt.QueryContext(ctx, start, end)
		if err != nil {
			return err
		}
		records, err := reader.read(rows)
		if err != nil {
			return err
		}
		if len(records) > 0 {
			fn(records)
		}
	}
}

// Changes implements apikey.Feed.
func (s *Store) Changes(ctx context.Context, seq int64, limit int) (changes []apikey.Change, head int64, err error) {
	err = s.snapshot(ctx, "read changes", func(q querier) error {
		if err := q.QueryRowContext(ctx, `SELECT seq FROM counter`).Scan(&head); err != nil || head <= seq {
			return err
		}
		rows, err := q.QueryContext(ctx, `SELECT `+recordColumns+` FROM keys WHERE seq > ? ORDER BY seq LIMIT ?`, seq, limit)
		if err != nil {
			return err
		}
		records, err := newRecordReader().read(rows)
		if err != nil {
			return err
		}
		for _, r := range records {
			changes = append(changes, apikey.Change{Record: r})
		}
		deleted, err := collect(ctx, q, scanTombstone, `SELECT seq, id FROM tombstones WHERE seq > ? ORDER BY seq LIMIT ?`, seq, limit)
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

func scanTombstone(r row) (apikey.Change, error) {
	c := apikey.Change{Deleted: true}
	var id string
	err := r.Scan(&c.Record.Seq, &id)
	copy(c.Record.ID[:], id)
	return c, err
}

// Issued implements apikey.Feed.
func (s *Store) Issued(ctx context.Context) (grants []apikey.Grant, err error) {
	err = s.use(ctx, "read the kinds of keys", func() error {
		grants, err = collect(ctx, s.read, func(r row) (g apikey.Grant, err error) {
			var role string
			if err := r.Scan(&g.OrgID, &role, &g.Pool, &g.Endpoint); err != nil {
				return g, err
			}
			g.Role, err = roleOf(role)
			return g, err
		}, `SELECT org_id, role, pool, endpoint FROM issued ORDER BY number`)
		return err
	})
	return grants, err
}

// maxKinds is how many kinds of keys a recordReader remembers.
const maxKinds = 10_000

// recordReader makes Records of rows with few allocations: the names of a
// batch share one string, and what keys of one kind have in common exists
// once.
type recordReader struct {
	names []byte
	ends  []int // where the names end
	kinds map[string]apikey.Record
}

func newRecordReader() *recordReader {
	return &recordReader{kinds: map[string]apikey.Record{}}
}

// read returns the records of rows, and closes these.
func (r *recordReader) read(rows *sql.Rows) ([]apikey.Record, error) {
	defer func() { _ = rows.Close() }()
	var records []apikey.Record
	var id, digest, name, kind sql.RawBytes
	var orgID, expires, seq int64
	r.names, r.ends = r.names[:0], r.ends[:0]
	for rows.Next() {
		if err := rows.Scan(&id, &digest, &orgID, &name, &expires, &seq, &kind); err != nil {
			return nil, err
		}
		k, err := r.kind(kind)
		if err != nil {
			return nil, err
		}
		copy(k.ID[:], id)
		if k.Digest, err = digestOf(digest); err != nil {
			return nil, err
		}
		k.OrgID, k.ExpiresAt, k.Seq = orgID, fromMillis(expires), seq
		if records == nil {
			records = make([]apikey.Record, 0, loadSpan)
		}
		records = append(records, k)
		r.names = append(r.names, name...)
		r.ends = append(r.ends, len(r.names))
	}
	names, start := string(r.names), 0
	for i, end := range r.ends {
		records[i].Name, start = names[start:end], end
	}
	return records, rows.Err()
}

// kind returns a record with what keys of a kind have in common.
func (r *recordReader) kind(kind []byte) (apikey.Record, error) {
	if k, ok := r.kinds[string(kind)]; ok {
		return k, nil
	}
	text := string(kind)
	part := strings.Split(text, "\x1f")
	if len(part) != 8 {
		return apikey.Record{}, fmt.Errorf("stored key: a pool, endpoint or pepper id holds a control character")
	}
	k := apikey.Record{PepperID: part[1], Pool: part[2], Endpoints: splitList(part[3]), Enabled: part[5] == "1", Revoked: part[6] == "1"}
	var err error
	if k.Role, err = roleOf(part[0]); err != nil {
		return k, err
	}
	if k.AllowedCIDRs, err = splitCIDRs(part[4]); err != nil {
		return k, err
	}
	if k.Origin, err = apikey.ParseOrigin(part[7]); err != nil {
		return k, fmt.Errorf("stored origin: %w", err)
	}
	if len(r.kinds) >= maxKinds {
		clear(r.kinds)
	}
	r.kinds[text] = k
	return k, nil
}
