package sqlkeys

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Fold makes texts comparable without regard to case and accents.
func Fold(s string) string {
	ascii := true
	for i := 0; i < len(s) && ascii; i++ {
		ascii = s[i] < 0x80
	}
	if ascii {
		return strings.ToLower(s)
	}
	if !utf8.ValidString(s) { // no text of the store is like that
		return strings.ToLower(s)
	}
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(cases.Fold().String(s))))
}

// FoldTexts returns what a search finds a key by, besides its name: the
// description, the pool, who made it and who answers for it, its labels, and what it is limited to.
func FoldTexts(k *apikey.Key) string {
	texts := append([]string{k.Description, k.Pool, k.CreatedBy}, k.Endpoints...)
	if k.Owner != k.CreatedBy { // most keys are their maker's
		texts = append(texts, k.Owner)
	}
	texts = append(append(texts, apikey.LabelTexts(k.Labels)...), k.Tenants...)
	for _, block := range k.AllowedCIDRs {
		texts = append(texts, block.String())
	}
	texts = slices.DeleteFunc(texts, func(s string) bool { return s == "" })
	return Fold(strings.Join(texts, "\n"))
}

// Words returns the words of a search, folded, each once. A key must have all of
// them, in any order.
func Words(search string) []string {
	words := strings.Fields(Fold(search))
	slices.Sort(words)
	return slices.Compact(words)
}

// SearchedIDs returns the words of a search that may be whole ids of tokens, folded, each once.
func SearchedIDs(q apikey.Query) []string { return Words(strings.Join(q.IDs, " ")) }

// UpgradeTexts folds the texts of all keys again, and indexes them. Numbered turns
// question marks into the engine's arguments, mark is that of BlockGrams.Add, and
// write stores the index.
func UpgradeTexts(ctx context.Context, db interface {
	Querier
	Writer
}, mark int64, numbered func(string) string, write func(BlockGrams) error) error {
	if _, err := db.ExecContext(ctx, `DELETE FROM grams`); err != nil {
		return err
	}
	query := numbered(`SELECT ` + formerTextColumns + ` FROM keys WHERE number > ? ORDER BY number LIMIT 2048`)
	update := numbered(`UPDATE keys SET name_folded = ?, texts_folded = ? WHERE number = ?`)
	for last := int64(-1); ; {
		keys, err := Collect(ctx, db, scanFormerTexts, query, last)
		if err != nil || len(keys) == 0 {
			return err
		}
		grams := BlockGrams{}
		for _, k := range keys {
			if _, err := db.ExecContext(ctx, update, Fold(k.Name), FoldTexts(k), k.Number); err != nil {
				return err
			}
			grams.Add(k, k.Number, mark)
			last = k.Number
		}
		if err := write(grams); err != nil {
			return err
		}
	}
}

// formerTextColumns are the columns of the table keys that scanFormerTexts reads: those with texts at that time.
const formerTextColumns = `number, name, description, pool, created_by, endpoints, allowed_cidrs`

func scanFormerTexts(r Row) (*apikey.Key, error) { return scanTexts(r) }

// TextColumns are the columns of the table keys that ScanTexts reads.
const TextColumns = formerTextColumns + `, owner, labels, tenants`

// ScanTexts reads a row of TextColumns, and further columns that follow them.
func ScanTexts(r Row, further ...any) (*apikey.Key, error) {
	var owner, labels, tenants string
	k, err := scanTexts(r, append([]any{&owner, &labels, &tenants}, further...)...)
	if err == nil {
		k.Owner, k.Labels, k.Tenants = owner, splitLabels(labels), splitList(tenants)
	}
	return k, err
}

func scanTexts(r Row, further ...any) (*apikey.Key, error) {
	k := &apikey.Key{}
	var endpoints, cidrs string
	err := r.Scan(append([]any{&k.Number, &k.Name, &k.Description, &k.Pool, &k.CreatedBy, &endpoints, &cidrs},
		further...)...)
	if err != nil {
		return nil, err
	}
	k.Endpoints = splitList(endpoints)
	k.AllowedCIDRs, err = splitCIDRs(cidrs)
	return k, err
}

// Union returns the numbers that are in any of two sorted lists.
func Union(a, b []int64) []int64 {
	all := append(slices.Clone(a), b...)
	slices.Sort(all)
	return slices.Compact(all)
}

// Intersect returns the numbers that are in both of two sorted lists.
func Intersect(a, b []int64) []int64 {
	both := []int64{}
	for _, n := range a {
		if _, in := slices.BinarySearch(b, n); in {
			both = append(both, n)
		}
	}
	return both
}

// BlocksOf returns the blocks of some keys' numbers, each once and in order.
func BlocksOf(numbers []int64) []int64 {
	blocks := make([]int64, len(numbers))
	for i, n := range numbers {
		blocks[i] = n >> BlockBits
	}
	slices.Sort(blocks)
	return slices.Compact(blocks)
}
