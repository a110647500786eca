package sqlite

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// The search for a part of a name or description would read every key if a
// term is rare. So the table grams says where it can be at all. A gram is one
// to three bytes that follow one another in a folded text. Keys form blocks of
// 32 numbers, and blocks form chunks of 64; a row of grams says for a gram and
// a chunk, with one bit for each block, in which blocks a key has the gram. A
// term can only be in blocks that have all of its grams.
//
// Bits are not taken back when a name changes or a key goes: a bit too many
// costs a look at 32 keys. A chunk without keys loses its rows.
const (
	blockBits = 5 // a block is number >> blockBits
	chunkBits = 6 // a chunk is block >> chunkBits
	gramBytes = 3

	// maxTermGrams is how many grams of a term are looked up.
	maxTermGrams = 8

	// commonBlocks is in how many blocks a term may be before it counts as
	// common. Then the walk along an order meets keys that have it soon.
	commonBlocks = 1500
)

// addGrams puts the grams of n bytes of a folded text into set.
func addGrams(set map[int64]struct{}, text string, n int) {
	for i := range len(text) - n + 1 {
		var gram int64
		for _, b := range []byte(text[i : i+n]) {
			gram = gram<<8 | int64(b)
		}
		set[gram] = struct{}{}
	}
}

// blockGrams holds the grams of keys that a transaction wrote, by block.
type blockGrams map[int64]map[int64]struct{}

// add notes the grams of a key's texts.
func (g blockGrams) add(k *apikey.Key, number int64) {
	block := number >> blockBits
	if g[block] == nil {
		g[block] = map[int64]struct{}{}
	}
	for n := 1; n <= gramBytes; n++ {
		addGrams(g[block], fold(k.Name), n)
		addGrams(g[block], fold(k.Description), n)
	}
}

// writeGrams stores the grams that the transaction noted.
func (t *transaction) writeGrams(ctx context.Context) error {
	for _, block := range slices.Sorted(maps.Keys(t.grams)) {
		bit := int64(1) << (block & (1<<chunkBits - 1))
		err := t.exec(ctx, "index texts", `INSERT INTO grams (chunk, gram, blocks) SELECT ?, value, ? FROM json_each(?) WHERE true
			ON CONFLICT (chunk, gram) DO UPDATE SET blocks = blocks | excluded.blocks WHERE blocks & excluded.blocks = 0`,
			block>>chunkBits, bit, jsonList(slices.Sorted(maps.Keys(t.grams[block]))))
		if err != nil {
			return err
		}
	}
	clear(t.grams)
	return nil
}

// forgetGrams removes the grams of the chunk of a deleted key if it was the
// chunk's last.
func (t *transaction) forgetGrams(ctx context.Context, number int64) error {
	chunk := number >> (blockBits + chunkBits)
	return t.exec(ctx, "index texts", `DELETE FROM grams WHERE chunk = ?1
		AND NOT EXISTS (SELECT 1 FROM keys WHERE number >= ?1 << ?2 AND number < (?1 + 1) << ?2)`, chunk, blockBits+chunkBits)
}

// found is what a search knows before keys are listed.
type found struct {
	term    string
	common  bool    // too many blocks have the term to look at each
	numbers []int64 // of the keys that have the term; if it is common, of those that have it in the id
}

// search looks for a folded term: a part of a name or description, an id or
// the beginning of one.
func search(ctx context.Context, q querier, orgID int64, term string, commonBlocks int) (found, error) {
	f := found{term: term}
	blocks, err := findBlocks(ctx, q, term)
	if err != nil {
		return f, err
	}
	if f.common = len(blocks) > commonBlocks; !f.common {
		f.numbers, err = collect(ctx, q, scanNumber, `SELECT k.number FROM json_each(?) AS b CROSS JOIN keys AS k INDEXED BY keys_by_number
			WHERE k.org_id = ? AND k.number >= b.value << ? AND k.number < (b.value + 1) << ? AND (instr(k.name_folded, ?) > 0 OR instr(k.description_folded, ?) > 0)`,
			jsonList(blocks), orgID, blockBits, blockBits, term, term)
		if err != nil {
			return f, err
		}
	}
	byID, err := collect(ctx, q, scanNumber, `SELECT number FROM keys INDEXED BY keys_by_id WHERE org_id = ? AND lower(id) >= ? AND lower(id) < ?`,
		orgID, term, term+"~") // ~ is above all that an id is made of
	f.numbers = append(f.numbers, byID...)
	return f, err
}

// condition returns what a key must fulfil if the term is common. All but the
// numbers is in the index keys_by_name.
func (f found) condition() condition {
	if len(f.numbers) == 0 {
		return cond(`(instr(k.name_folded, ?) > 0 OR instr(k.description_folded, ?) > 0)`, f.term, f.term)
	}
	return cond(`(instr(k.name_folded, ?) > 0 OR instr(k.description_folded, ?) > 0 OR k.number IN (SELECT value FROM json_each(?)))`,
		f.term, f.term, jsonList(f.numbers))
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

// findBlocks returns the blocks that have all grams of a term.
func findBlocks(ctx context.Context, q querier, term string) (blocks []int64, err error) {
	grams := termGrams(term)
	rows, err := q.QueryContext(ctx, `WITH RECURSIVE chunks (chunk) AS (
			SELECT min(number) >> ?1 FROM keys
			UNION ALL SELECT chunk + 1 FROM chunks WHERE chunk < (SELECT max(number) >> ?1 FROM keys))
		SELECT c.chunk, g.blocks FROM chunks AS c CROSS JOIN json_each(?2) AS term CROSS JOIN grams AS g ON g.chunk = c.chunk AND g.gram = term.value
		ORDER BY c.chunk`, blockBits+chunkBits, jsonList(grams))
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
		for b := range int64(1) << chunkBits {
			if all>>b&1 == 1 {
				blocks = append(blocks, chunk<<chunkBits+b)
			}
		}
	}
	return blocks, rows.Err()
}

// termGrams returns grams of a folded term: if there are many, some that are
// spread over it.
func termGrams(term string) []int64 {
	set := map[int64]struct{}{}
	addGrams(set, term, min(gramBytes, len(term)))
	all := slices.Sorted(maps.Keys(set))
	if len(all) <= maxTermGrams {
		return all
	}
	some := make([]int64, maxTermGrams)
	for i := range some {
		some[i] = all[i*len(all)/maxTermGrams]
	}
	return some
}

func scanNumber(r row) (n int64, err error) {
	err = r.Scan(&n)
	return n, err
}
