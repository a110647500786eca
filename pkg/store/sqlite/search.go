package sqlite

import (
	"context"
	"encoding/json"
	"net/netip"
	"slices"
	"strconv"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// writeGrams stores the grams that the transaction noted.
func (t *transaction) writeGrams(ctx context.Context) error {
	err := writeGrams(ctx, t.tx, t.grams)
	clear(t.grams)
	return t.store.explain(ctx, "index texts", err)
}

func writeGrams(ctx context.Context, db sqlkeys.Writer, grams sqlkeys.BlockGrams) error {
	for _, c := range grams.Chunks() {
		_, err := db.ExecContext(ctx, `INSERT INTO grams (chunk, gram, blocks)
			SELECT ?, value ->> 0, value ->> 1 FROM json_each(?) WHERE true
			ON CONFLICT (chunk, gram) DO UPDATE SET blocks = blocks | excluded.blocks
				WHERE blocks & excluded.blocks <> excluded.blocks`,
			c.Chunk, jsonPairs(c.Grams, c.Blocks))
		if err != nil {
			return err
		}
	}
	return nil
}

// forgetGrams removes the grams of the chunk of a deleted key if it was the
// chunk's last.
func (t *transaction) forgetGrams(ctx context.Context, number int64) error {
	chunk := number >> (sqlkeys.BlockBits + sqlkeys.ChunkBits)
	return t.exec(ctx, "index texts", `DELETE FROM grams WHERE chunk = ?1
		AND NOT EXISTS (SELECT 1 FROM keys WHERE number >= ?1 << ?2 AND number < (?1 + 1) << ?2)`, chunk,
		sqlkeys.BlockBits+sqlkeys.ChunkBits)
}

// found is what a search knows before keys are listed.
type found struct {
	words   []word
	terms   []string          // of filters
	without sqlkeys.Condition // what a key must fulfil not to be left out
	common  bool              // too many keys are left to look at each
	numbers []int64           // of the keys that are left, unless these are too many
}

// word is one that a key must have: in its texts, or as the beginning of a
// token's id, or as an address that used it last or may use it.
type word struct {
	text    string
	named   []int64           // numbers of the keys that have it in an id or as an address
	limited sqlkeys.Condition // whether an address may use a key, where these are too many to name
	isID    bool              // it is the whole id of a token, and means the keys in named alone
}

// wordsOf calls found with the words of a search, each with the blocks in which a key may have it.
func wordsOf(ctx context.Context, r sqlkeys.Querier, orgID int64, q apikey.Query, found func(word, []int64)) error {
	for _, id := range sqlkeys.SearchedIDs(q) {
		w, in, err := findID(ctx, r, orgID, id)
		if err != nil {
			return err
		}
		found(w, in)
	}
	for _, text := range sqlkeys.Words(q.Search) {
		w, in, err := findWord(ctx, r, orgID, text)
		if err != nil {
			return err
		}
		found(w, in)
	}
	return nil
}

// search looks for keys that have all words of a search, and the texts that filters ask for.
func search(ctx context.Context, r sqlkeys.Querier, q apikey.Query, commonBlocks int) (f found, err error) {
	f.common = true
	var blocks []int64 // that may have all of them so far
	narrow := func(in []int64) {
		if f.common {
			blocks, f.common = in, false
		} else {
			blocks = sqlkeys.Intersect(blocks, in)
		}
	}
	err = wordsOf(ctx, r, q.OrgID, q, func(w word, in []int64) {
		f.words = append(f.words, w)
		if w.limited.Text == "" {
			narrow(in)
		}
	})
	if err != nil {
		return f, err
	}
	if f.without, err = without(ctx, r, q); err != nil {
		return f, err
	}
	f.terms = sqlkeys.Terms(q)
	for _, term := range f.terms {
		in, err := findBlocks(ctx, r, term, sqlkeys.FilterTermGrams)
		if err != nil {
			return f, err
		}
		narrow(in)
	}
	if f.common = f.common || len(blocks) > commonBlocks; f.common {
		return f, nil
	}
	has := f.condition().And(sqlkeys.Filters(q, position))
	f.numbers, err = sqlkeys.Collect(ctx, r, sqlkeys.ScanNumber,
		`SELECT k.number FROM json_each(?) AS b CROSS JOIN keys AS k INDEXED BY keys_by_number
		WHERE k.org_id = ? AND k.number >= b.value << ? AND k.number < (b.value + 1) << ? AND `+has.Text,
		slices.Concat([]any{jsonList(blocks), q.OrgID, sqlkeys.BlockBits, sqlkeys.BlockBits}, has.Args)...)
	return f, err
}

// without returns what a key must fulfil not to be left out of a query.
func without(ctx context.Context, r sqlkeys.Querier, q apikey.Query) (c sqlkeys.Condition, err error) {
	for _, one := range q.Without {
		one.OrgID, one.Now = q.OrgID, q.Now
		has := sqlkeys.Filters(one, position)
		err := wordsOf(ctx, r, q.OrgID, one, func(w word, _ []int64) { has = has.And(w.condition()) })
		if err != nil {
			return c, err
		}
		c = c.And(has.Not())
	}
	return c, nil
}

// findRange looks for a filter that is a part of an index and leaves few keys.
func (f *found) findRange(ctx context.Context, r sqlkeys.Querier, q apikey.Query, few int) error {
	for _, c := range sqlkeys.Ranges(q, few+1) {
		numbers, err := sqlkeys.Collect(ctx, r, sqlkeys.ScanNumber, c.Text, c.Args...)
		if err != nil {
			return err
		}
		if len(numbers) <= few {
			f.common, f.numbers = false, numbers
			return nil
		}
	}
	return nil
}

// findID is findWord for a word that may be the whole id of a token. A key with this very name may be meant as well.
func findID(ctx context.Context, q sqlkeys.Querier, orgID int64, id string) (w word, blocks []int64, err error) {
	w.text, w.isID = id, true
	w.named, err = sqlkeys.Collect(ctx, q, sqlkeys.ScanNumber,
		`SELECT DISTINCT k.number FROM tokens AS t INDEXED BY tokens_by_id CROSS JOIN keys AS k ON k.number = t.number
		WHERE lower(t.id) = ? AND k.org_id = ?`, id, orgID)
	if err != nil {
		return w, nil, err
	}
	if len(w.named) == 0 {
		return findWord(ctx, q, orgID, id)
	}
	called, err := sqlkeys.Collect(ctx, q, sqlkeys.ScanNumber,
		`SELECT number FROM keys INDEXED BY keys_by_name WHERE org_id = ? AND name_folded = ?`, orgID, id)
	w.named = append(w.named, called...)
	return w, sqlkeys.BlocksOf(w.named), err
}

// findWord returns a word, and the blocks in which a key may have it.
func findWord(ctx context.Context, q sqlkeys.Querier, orgID int64, text string) (w word, blocks []int64, err error) {
	w.text = text
	if blocks, err = findBlocks(ctx, q, text, sqlkeys.WordGrams); err != nil {
		return w, nil, err
	}
	// ~ is above all that an id is made of.
	w.named, err = sqlkeys.Collect(ctx, q, sqlkeys.ScanNumber,
		`SELECT DISTINCT k.number FROM tokens AS t INDEXED BY tokens_by_id CROSS JOIN keys AS k ON k.number = t.number
		WHERE lower(t.id) >= ? AND lower(t.id) < ? AND k.org_id = ?`, text, text+"~", orgID)
	if err != nil {
		return w, nil, err
	}
	if addr, err := netip.ParseAddr(text); err == nil {
		used, err := sqlkeys.Collect(ctx, q, sqlkeys.ScanNumber,
			`SELECT number FROM usage INDEXED BY usage_by_address WHERE org_id = ? AND last_from = ?`, orgID,
			addr.String())
		if err != nil {
			return w, nil, err
		}
		w.named = append(w.named, used...)
	}
	if err := w.findLimited(ctx, q, orgID); err != nil {
		return w, nil, err
	}
	return w, sqlkeys.Union(blocks, sqlkeys.BlocksOf(w.named)), nil
}

// findLimited looks for keys that are limited to blocks of addresses in or
// around the one that the word is, if it is one.
func (w *word) findLimited(ctx context.Context, q sqlkeys.Querier, orgID int64) error {
	block, ok := sqlkeys.AddressWord(w.text)
	if !ok {
		return nil
	}
	lists, err := sqlkeys.Overlapping(ctx, q, block,
		`SELECT DISTINCT allowed_cidrs FROM keys INDEXED BY keys_limited WHERE org_id = ? AND allowed_cidrs <> ''`, orgID)
	if err != nil || len(lists) == 0 {
		return err
	}
	limited := sqlkeys.Cond(`SELECT number FROM keys INDEXED BY keys_limited WHERE org_id = ? AND allowed_cidrs <> ''
		AND allowed_cidrs IN (SELECT value FROM json_each(?))`, orgID, jsonTexts(lists))
	numbers, err := sqlkeys.Collect(ctx, q, sqlkeys.ScanNumber, limited.Text+` LIMIT ?`,
		append(slices.Clone(limited.Args), sqlkeys.MostNamed+1)...)
	if err != nil {
		return err
	}
	if len(numbers) > sqlkeys.MostNamed {
		w.limited = sqlkeys.Cond(`k.number IN (`+limited.Text+`)`, limited.Args...)
		return nil
	}
	w.named = append(w.named, numbers...)
	return nil
}

// condition returns what a key must fulfil to have the word.
func (w word) condition() sqlkeys.Condition {
	if w.isID {
		return sqlkeys.Cond(`k.number IN (SELECT value FROM json_each(?))`, jsonList(w.named))
	}
	has := sqlkeys.Cond(`instr(k.name_folded, ?) > 0`, w.text).Or(sqlkeys.Cond(`instr(k.texts_folded, ?) > 0`, w.text))
	if len(w.named) > 0 {
		has = has.Or(sqlkeys.Cond(`k.number IN (SELECT value FROM json_each(?))`, jsonList(w.named)))
	}
	return has.Or(w.limited)
}

// condition returns what a key must fulfil to have all words, and what the filters look for somewhere in its texts. All
// but the numbers is in the index keys_by_name.
func (f found) condition() (c sqlkeys.Condition) {
	for _, w := range f.words {
		c = c.And(w.condition())
	}
	for _, term := range f.terms {
		c = c.And(sqlkeys.Cond(`instr(k.texts_folded, ?) > 0`, term))
	}
	return c.And(f.without)
}

// jsonList returns numbers as an argument of json_each.
func jsonList(numbers []int64) string {
	b := []byte{'['}
	for i, n := range numbers {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, n, 10)
	}
	return string(append(b, ']'))
}

// jsonTexts returns texts as an argument of json_each.
func jsonTexts(list []string) string {
	b, _ := json.Marshal(list) // which cannot fail for texts
	return string(b)
}

// jsonPairs returns pairs of numbers as an argument of json_each.
func jsonPairs(first, second []int64) string {
	b := []byte{'['}
	for i := range first {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, '['), first[i], 10)
		b = strconv.AppendInt(append(b, ','), second[i], 10)
		b = append(b, ']')
	}
	return string(append(b, ']'))
}

// findBlocks returns the blocks that have grams of a term, as many as most.
func findBlocks(ctx context.Context, q sqlkeys.Querier, term string, most int) (blocks []int64, err error) {
	grams := sqlkeys.TermGrams(term, 0, most)
	rows, err := q.QueryContext(ctx, `WITH RECURSIVE chunks (chunk) AS (
			SELECT min(number) >> ?1 FROM keys
			UNION ALL SELECT chunk + 1 FROM chunks WHERE chunk < (SELECT max(number) >> ?1 FROM keys))
		SELECT c.chunk, g.blocks FROM chunks AS c CROSS JOIN json_each(?2) AS term
			CROSS JOIN grams AS g ON g.chunk = c.chunk AND g.gram = term.value
		ORDER BY c.chunk`, sqlkeys.BlockBits+sqlkeys.ChunkBits, jsonList(grams))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var chunk, bits int64
	last, found, all := int64(-1), 0, int64(-1)
	for rows.Next() {
		if err := rows.Scan(&chunk, &bits); err != nil {
			return nil, err
		}
		if chunk != last {
			last, found, all = chunk, 0, -1
		}
		if found, all = found+1, all&bits; found < len(grams) {
			continue
		}
		blocks = sqlkeys.AppendBlocks(blocks, chunk, all)
	}
	return blocks, rows.Err()
}
