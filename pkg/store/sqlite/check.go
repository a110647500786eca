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
		if err := add(sqlkeys.Collect(ctx, q, scanText, `SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'`)); err != nil {
			return err
		}
		if err := add(checkRules(ctx, q)); err != nil {
			return err
		}
		return add(checkTexts(ctx, q))
	})
	return errors.Join(append(faults, err)...)
}

// rules are queries that give nothing if all is well.
var rules = []struct{ fault, broken string }{
	{"rows that refer to nothing", `SELECT 1 FROM pragma_foreign_key_check`},
	{"keys without a usage row of their organization", `SELECT 1 FROM keys LEFT JOIN usage USING (number, org_id) WHERE usage.number IS NULL`},
	{"keys without a token", `SELECT 1 FROM keys WHERE NOT EXISTS (SELECT 1 FROM tokens WHERE tokens.number = keys.number)`},
	{"tokens of keys that are not there", `SELECT 1 FROM tokens LEFT JOIN keys USING (number) WHERE keys.number IS NULL`},
	{"keys with the id of another key's token", `SELECT 1 FROM keys JOIN tokens USING (id) WHERE keys.number <> tokens.number`},
	{"days of use of keys that are not there", `SELECT 1 FROM usage_days LEFT JOIN keys USING (number) WHERE keys.number IS NULL`},
	{"keys with more use on their days than in all", `SELECT 1 FROM usage_days AS d JOIN usage AS u USING (number) GROUP BY number HAVING sum(d.count) > max(u.count)`},
	{"keys with a number above the change counter", `SELECT 1 FROM keys, counter WHERE keys.seq > counter.seq`},
	{"tombstones with a number above the change counter", `SELECT 1 FROM tombstones, counter WHERE tombstones.seq > counter.seq`},
	{"tombstones of keys that are there", `SELECT 1 FROM tombstones JOIN keys USING (id)`},
	{"numbers of the change feed that were given twice", `SELECT 1 FROM tombstones JOIN keys USING (seq)`},
}

func checkRules(ctx context.Context, q sqlkeys.Querier) (faults []string, err error) {
	for _, rule := range rules {
		var n int64
		if err := q.QueryRowContext(ctx, `SELECT count(*) FROM (`+rule.broken+`)`).Scan(&n); err != nil {
			return faults, err
		}
		if n > 0 {
			faults = append(faults, fmt.Sprintf("%s: %d", rule.fault, n))
		}
	}
	return faults, nil
}

// checkTexts names the keys whose folded texts are wrong or cannot be found.
func checkTexts(ctx context.Context, q sqlkeys.Querier) (faults []string, err error) {
	var first, last sql.NullInt64
	if err := q.QueryRowContext(ctx, `SELECT min(number) >> ?1, max(number) >> ?1 FROM keys`, sqlkeys.BlockBits+sqlkeys.ChunkBits).Scan(&first, &last); err != nil {
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
	entries, err := sqlkeys.Collect(ctx, q, func(r sqlkeys.Row) (e entry, err error) { return e, r.Scan(&e.gram, &e.blocks) },
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
		name, description string // folded, as they are stored
	}
	texts, err := sqlkeys.Collect(ctx, q, func(r sqlkeys.Row) (t text, err error) {
		return t, r.Scan(&t.Number, &t.ID, &t.Name, &t.Description, &t.name, &t.description)
	}, `SELECT number, id, name, description, name_folded, description_folded FROM keys WHERE number >= ?1 << ?2 AND number < (?1 + 1) << ?2`, chunk, sqlkeys.BlockBits+sqlkeys.ChunkBits)
	if err != nil {
		return nil, err
	}
	for _, t := range texts {
		if t.name != sqlkeys.Fold(t.Name) || t.description != sqlkeys.Fold(t.Description) {
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
