package sqlkeys

import (
	"maps"
	"slices"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// The search for a part of a key's texts would read every key if a
// term is rare. So the table grams says where it can be at all. A gram is one
// to three bytes that follow one another in a folded text. Keys form blocks of
// 32 numbers, and blocks form chunks of 64; a row of grams says for a gram and
// a chunk, with one bit for each block, in which blocks a key has the gram. A
// term can only be in blocks that have all of its grams.
//
// Bits are not taken back when a name changes or a key goes: a bit too many
// costs a look at 32 keys. A chunk without keys loses its rows.
const (
	BlockBits = 5 // a block is number >> BlockBits
	ChunkBits = 6 // a chunk is block >> ChunkBits
	gramBytes = 3

	// WordGrams is how many grams of a word of a search are looked up, and
	// FilterTermGrams of a filter's text, which is often long and like others.
	WordGrams       = 8
	FilterTermGrams = 24

	// CommonBlocks is in how many blocks a term may be before it counts as
	// common. Then the walk along an order meets keys that have it soon.
	CommonBlocks = 1500
)

// Described marks the grams of all texts but names where a store keeps them apart
// from those of names. Where only one of the two is common, that is then known.
const Described = 1 << (8 * (gramBytes + 1))

// addGrams puts the grams of n bytes of a folded text into set, each with a
// mark.
func addGrams(set map[int64]struct{}, mark int64, text string, n int) {
	for i := range len(text) - n + 1 {
		var gram int64
		for _, b := range []byte(text[i : i+n]) {
			gram = gram<<8 | int64(b)
		}
		set[mark|gram] = struct{}{}
	}
}

// BlockGrams holds the grams of keys that a transaction wrote, by block.
type BlockGrams map[int64]map[int64]struct{}

// Add notes the grams of a key's texts. Mark is 0, or Described to keep those
// of all but the name apart.
func (g BlockGrams) Add(k *apikey.Key, number, mark int64) {
	g.addText(number, 0, Fold(k.Name))
	g.addText(number, mark, FoldTexts(k))
}

// AddRows notes the grams of rows of the table keys, as Add does.
func (g BlockGrams) AddRows(t Table, rows [][]any, mark int64) {
	number, name, texts := t.Column("number"), t.Column("name_folded"), t.Column("texts_folded")
	for _, row := range rows {
		g.addText(row[number].(int64), 0, row[name].(string))
		g.addText(row[number].(int64), mark, row[texts].(string))
	}
}

// addText notes the grams of a folded text of the key with a number.
func (g BlockGrams) addText(number, mark int64, text string) {
	block := number >> BlockBits
	if g[block] == nil {
		g[block] = map[int64]struct{}{}
	}
	for n := 1; n <= gramBytes; n++ {
		addGrams(g[block], mark, text, n)
	}
}

// ChunkGrams are the rows of the table grams for one chunk: the blocks, one
// bit for each, by gram.
type ChunkGrams struct {
	Chunk  int64
	Grams  []int64
	Blocks []int64
}

// Chunks returns what was noted as rows, in order of chunk and gram, so that
// all who write them lock them in one order.
func (g BlockGrams) Chunks() []ChunkGrams {
	byChunk := map[int64]map[int64]int64{}
	for block, grams := range g {
		chunk, bit := block>>ChunkBits, int64(1)<<(block&(1<<ChunkBits-1))
		if byChunk[chunk] == nil {
			byChunk[chunk] = map[int64]int64{}
		}
		for gram := range grams {
			byChunk[chunk][gram] |= bit
		}
	}
	list := make([]ChunkGrams, 0, len(byChunk))
	for _, chunk := range slices.Sorted(maps.Keys(byChunk)) {
		c := ChunkGrams{Chunk: chunk, Grams: slices.Sorted(maps.Keys(byChunk[chunk]))}
		for _, gram := range c.Grams {
			c.Blocks = append(c.Blocks, byChunk[chunk][gram])
		}
		list = append(list, c)
	}
	return list
}

// AppendBlocks appends the blocks of a chunk whose bits are set.
func AppendBlocks(blocks []int64, chunk, bits int64) []int64 {
	for b := range int64(1) << ChunkBits {
		if bits>>b&1 == 1 {
			blocks = append(blocks, chunk<<ChunkBits+b)
		}
	}
	return blocks
}

// TermGrams returns grams of a folded term, with a mark as of Add: if there are
// more than most, some of them that are spread.
func TermGrams(term string, mark int64, most int) []int64 {
	set := map[int64]struct{}{}
	addGrams(set, mark, term, min(gramBytes, len(term)))
	all := slices.Sorted(maps.Keys(set))
	if len(all) <= most {
		return all
	}
	some := make([]int64, most)
	for i := range some {
		some[i] = all[i*len(all)/most]
	}
	return some
}
