package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// Check reads the whole database and returns what is wrong with it, or nil:
// whether the file is whole, and whether the tables agree with one another.
// It takes some seconds for a million keys, and nobody waits for it.
func (s *Store) Check(ctx context.Context) error {
	var faults []error
	err := s.snapshot(ctx, "check", func(q sqlkeys.Querier) error {
		add := func(list []string, err error) error {
			for _, fault := range list {
				faults = append(faults, errors.New(fault))
			}
			return err
		}
		if err := add(sqlkeys.Collect(ctx, q, scanText,
			`SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'`)); err != nil {
			return err
		}
		if err := add(sqlkeys.CheckRules(ctx, q, rules...)); err != nil {
			return err
		}
		return add(checkTexts(ctx, q))
	})
	return errors.Join(append(faults, err)...)
}

// rules are those of this engine alone.
var rules = []sqlkeys.Rule{{Fault: "rows that refer to nothing", Broken: `SELECT 1 FROM pragma_foreign_key_check`}}

// checkTexts names the keys whose folded texts are wrong or cannot be found.
func checkTexts(ctx context.Context, q sqlkeys.Querier) (faults []string, err error) {
	var first, last sql.NullInt64
	if err := q.QueryRowContext(ctx, `SELECT min(number) >> ?1, max(number) >> ?1 FROM keys`,
		sqlkeys.BlockBits+sqlkeys.ChunkBits).Scan(&first, &last); err != nil {
		return nil, err
	}
	for chunk := first.Int64; last.Valid && chunk <= last.Int64; chunk++ {
		some, err := checkChunk(ctx, q, chunk)
		if err != nil {
			return nil, err
		}
		faults = append(faults, some...)
	}
	return faults, nil
}

func checkChunk(ctx context.Context, q sqlkeys.Querier, chunk int64) (faults []string, err error) {
	type entry struct{ gram, blocks int64 }
	entries, err := sqlkeys.Collect(ctx, q,
		func(r sqlkeys.Row) (e entry, err error) { return e, r.Scan(&e.gram, &e.blocks) },
		`SELECT gram, blocks FROM grams WHERE chunk = ?`, chunk)
	if err != nil {
		return nil, err
	}
	blocks := map[int64]int64{}
	for _, e := range entries {
		blocks[e.gram] = e.blocks
	}
	type text struct {
		apikey.Key
		name, texts string // folded, as they are stored
	}
	texts, err := sqlkeys.Collect(ctx, q, func(r sqlkeys.Row) (t text, err error) {
		k, err := sqlkeys.ScanTexts(r, &t.ID, &t.name, &t.texts)
		if err == nil {
			k.ID = t.ID
			t.Key = *k
		}
		return t, err
	}, `SELECT `+sqlkeys.TextColumns+
		`, id, name_folded, texts_folded FROM keys WHERE number >= ?1 << ?2 AND number < (?1 + 1) << ?2`, chunk,
		sqlkeys.BlockBits+sqlkeys.ChunkBits)
	if err != nil {
		return nil, err
	}
	for _, t := range texts {
		if t.name != sqlkeys.Fold(t.Name) || t.texts != sqlkeys.FoldTexts(&t.Key) {
			faults = append(faults, fmt.Sprintf("key %s: its folded texts are not those of its texts", t.ID))
		}
		grams := sqlkeys.BlockGrams{}
		grams.Add(&t.Key, t.Number, 0)
		for block, set := range grams {
			for gram := range set {
				if blocks[gram]>>(block&(1<<sqlkeys.ChunkBits-1))&1 == 0 {
					faults = append(faults, fmt.Sprintf("key %s: a search does not find %#x", t.ID, gram))
				}
			}
		}
	}
	return faults, nil
}

func scanText(r sqlkeys.Row) (s string, err error) {
	err = r.Scan(&s)
	return s, err
}
