// Package transfer copies a whole store into another, of any engine, with
// ids, digests, numbers, usage and audit trail, and checks the copy.
package transfer

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"

	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// batch is how many rows are read or written at once.
const batch = 2000

// Step is what a copy does at a moment.
type Step struct {
	Table string
	Does  string // clearing, copying or comparing
	Done  int64  // rows
	Total int64
}

// Result is a table that was copied and compared.
type Result struct {
	Table  string `json:"table"`
	Rows   int64  `json:"rows"`
	Copied int64  `json:"copied"` // rows that were written; the others were there
	Digest string `json:"digest"` // SHA-256 of all rows in their order, the same at both ends
}

// ErrSame says that a store was to be copied into itself.
var ErrSame = errors.New("the store to copy to is the very store to copy from. Nothing was changed; name another")

// Copy makes to the same as from. It can be run again after it was interrupted
// and goes on where it was: what is the same already stays. To must be empty,
// or hold nothing that from does not know, and nobody may use either of the
// two meanwhile. Until Copy returns nil, no server opens to.
func Copy(ctx context.Context, from, to sqlkeys.Archive, progress func(Step)) ([]Result, error) {
	same, err := to.Same(ctx, from)
	if err != nil {
		return nil, err
	}
	if same {
		return nil, ErrSame
	}
	c := &copier{from: from, to: to, progress: progress}
	source, err := from.Counters(ctx)
	if err != nil {
		return nil, err
	}
	if source.Seq < 0 {
		return nil, fmt.Errorf("the store to copy from is itself a copy that is not whole; finish that copy first")
	}
	if err := c.refuseForeign(ctx, source); err != nil {
		return nil, err
	}
	if err := to.SetCounters(ctx, sqlkeys.Counters{Seq: -1}); err != nil {
		return nil, err
	}
	tables := sqlkeys.Tables()
	for _, t := range slices.Backward(tables) {
		if err := c.clear(ctx, t); err != nil {
			return nil, err
		}
	}
	copied := map[string]int64{}
	for _, t := range tables {
		if copied[t.Name], err = c.fill(ctx, t); err != nil {
			return nil, err
		}
	}
	var results []Result
	for _, t := range tables {
		r, err := c.compare(ctx, t)
		if err != nil {
			return nil, err
		}
		r.Copied = copied[t.Name]
		results = append(results, r)
	}
	if now, err := from.Counters(ctx); err != nil || now != source {
		return nil, changed(err, "its counters")
	}
	return results, to.SetCounters(ctx, source)
}

// changed is the error of a copy from a store that somebody uses.
func changed(err error, what string) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("the copy is not the same as the store that it was made from (%s): somebody changed one of the two meanwhile. "+
		"Stop all servers that use them and run the same command again; it goes on where it was", what)
}

type copier struct {
	from, to sqlkeys.Archive
	progress func(Step)
}

// refuseForeign fails if the target holds something that is not from the
// source: other keys, other peppers, or later changes.
func (c *copier) refuseForeign(ctx context.Context, source sqlkeys.Counters) error {
	target, err := c.to.Counters(ctx)
	if err != nil {
		return err
	}
	if target.Seq > source.Seq {
		return fmt.Errorf("the store to copy to has changes that the other lacks: its newest has the number %d, and that of the other %d. Nothing was changed. Name an empty store, or copy the other way round", target.Seq, source.Seq)
	}
	gone, err := c.deleted(ctx)
	if err != nil {
		return err
	}
	for _, t := range sqlkeys.Tables() {
		if t.Name != sqlkeys.Keys && t.Name != sqlkeys.Peppers {
			continue
		}
		id := t.Column("id")
		err := c.walk(ctx, t, "looking at", func(theirs, ours []any) error {
			if len(ours) == 0 || len(theirs) > 0 && theirs[id] == ours[id] || gone[ours[id].(string)] {
				return nil
			}
			return fmt.Errorf("the store to copy to has %s that the other does not know: %s. Nothing was changed. Name an empty store", t.Name, ours[id])
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// deleted returns the ids of keys that the source has deleted.
func (c *copier) deleted(ctx context.Context) (map[string]bool, error) {
	ids := map[string]bool{}
	for _, t := range sqlkeys.Tables() {
		if t.Name != sqlkeys.Tombstones {
			continue
		}
		rows := cursor{archive: c.from, table: t}
		for {
			row, err := rows.next(ctx)
			if err != nil || row == nil {
				return ids, err
			}
			ids[row[t.Column("id")].(string)] = true
		}
	}
	return ids, nil
}

// clear removes the target's rows that are not the same as the source's, so
// that none is in the way of one that comes.
func (c *copier) clear(ctx context.Context, t sqlkeys.Table) error {
	if n, err := c.to.CountRows(ctx, t); err != nil || n == 0 {
		return err
	}
	var stale [][]any
	flush := func(least int) error {
		if len(stale) == 0 || len(stale) < least {
			return nil
		}
		err := c.to.DeleteRows(ctx, t, stale)
		stale = nil
		return err
	}
	err := c.walk(ctx, t, "clearing", func(theirs, ours []any) error {
		if ours != nil && (theirs == nil || !equal(theirs, ours)) {
			stale = append(stale, ours)
		}
		return flush(batch)
	})
	if err != nil {
		return err
	}
	return flush(0)
}

// fill adds the rows that the target lacks.
func (c *copier) fill(ctx context.Context, t sqlkeys.Table) (copied int64, err error) {
	var missing [][]any
	flush := func(least int) error {
		if len(missing) == 0 || len(missing) < least {
			return nil
		}
		err := c.to.InsertRows(ctx, t, missing)
		copied += int64(len(missing))
		missing = nil
		return err
	}
	err = c.walk(ctx, t, "copying", func(theirs, ours []any) error {
		if theirs != nil && ours == nil {
			missing = append(missing, theirs)
		}
		return flush(batch)
	})
	if err != nil {
		return copied, err
	}
	return copied, flush(0)
}

// compare reads both ends again and counts and digests what they hold.
func (c *copier) compare(ctx context.Context, t sqlkeys.Table) (Result, error) {
	here, there := newDigest(), newDigest()
	err := c.walk(ctx, t, "comparing", func(theirs, ours []any) error {
		here.add(theirs)
		there.add(ours)
		return nil
	})
	if err != nil {
		return Result{}, err
	}
	if here.rows != there.rows || here.sum() != there.sum() {
		return Result{}, changed(nil, fmt.Sprintf("%s: %d rows and %d", t.Name, here.rows, there.rows))
	}
	return Result{Table: t.Name, Rows: here.rows, Digest: here.sum()}, nil
}

// walk goes through the rows of a table at both ends in the order of their
// keys. Fn gets the rows that have one key: either may be nil.
func (c *copier) walk(ctx context.Context, t sqlkeys.Table, does string, fn func(theirs, ours []any) error) error {
	total, err := c.from.CountRows(ctx, t)
	if err != nil {
		return err
	}
	from, to := cursor{archive: c.from, table: t}, cursor{archive: c.to, table: t}
	for done := int64(0); ; done++ {
		if done%batch == 0 {
			c.progress(Step{Table: t.Name, Does: does, Done: min(done, total), Total: total})
		}
		theirs, err := from.peek(ctx)
		if err != nil {
			return err
		}
		ours, err := to.peek(ctx)
		if err != nil {
			return err
		}
		var order int
		switch {
		case theirs == nil && ours == nil:
			return nil
		case ours == nil:
			order = -1
		case theirs == nil:
			order = 1
		default:
			order = compareKeys(t.KeyOf(theirs), t.KeyOf(ours))
		}
		if order > 0 {
			theirs = nil
		} else {
			from.skip()
		}
		if order < 0 {
			ours = nil
		} else {
			to.skip()
		}
		if err := fn(theirs, ours); err != nil {
			return err
		}
	}
}

// cursor reads the rows of a table one by one.
type cursor struct {
	archive sqlkeys.Archive
	table   sqlkeys.Table
	rows    [][]any
	after   []any
	ended   bool
}

// peek returns the row that is next, or nil behind the last.
func (c *cursor) peek(ctx context.Context) (row []any, err error) {
	if len(c.rows) == 0 && !c.ended {
		if c.rows, err = c.archive.ReadRows(ctx, c.table, c.after, batch); err != nil {
			return nil, err
		}
		c.ended = len(c.rows) < batch
		if n := len(c.rows); n > 0 {
			c.after = c.table.KeyOf(c.rows[n-1])
		}
	}
	if len(c.rows) == 0 {
		return nil, nil
	}
	return c.rows[0], nil
}

func (c *cursor) skip() { c.rows = c.rows[1:] }

func (c *cursor) next(ctx context.Context) (row []any, err error) {
	if row, err = c.peek(ctx); row != nil {
		c.skip()
	}
	return row, err
}

func compareKeys(a, b []any) int {
	for i := range a {
		order := 0
		switch value := a[i].(type) {
		case int64:
			order = cmp.Compare(value, b[i].(int64))
		case string:
			order = cmp.Compare(value, b[i].(string))
		}
		if order != 0 {
			return order
		}
	}
	return 0
}

func equal(a, b []any) bool {
	return slices.EqualFunc(a, b, func(v, w any) bool {
		if x, ok := v.([]byte); ok {
			y, _ := w.([]byte)
			return bytes.Equal(x, y)
		}
		return v == w
	})
}

// digest is a SHA-256 over rows.
type digest struct {
	hash hash.Hash
	rows int64
}

func newDigest() *digest { return &digest{hash: sha256.New()} }

// add adds a row; nil is none.
func (d *digest) add(row []any) {
	if row == nil {
		return
	}
	d.rows++
	var b []byte
	for _, value := range row {
		switch value := value.(type) {
		case int64:
			b = binary.BigEndian.AppendUint64(append(b, 'i'), uint64(value)) //nolint:gosec // all 64 bits, whether signed or not
		case string:
			b = append(binary.BigEndian.AppendUint64(append(b, 's'), uint64(len(value))), value...)
		case []byte:
			b = append(binary.BigEndian.AppendUint64(append(b, 'b'), uint64(len(value))), value...)
		default:
			b = fmt.Appendf(b, "?%v", value)
		}
	}
	d.hash.Write(b)
}

func (d *digest) sum() string { return hex.EncodeToString(d.hash.Sum(nil)) }
