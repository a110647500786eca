package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"net/netip"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// Keys returns a page of keys.
//
// The numbers of a page's keys are put together from spans of an order, each of
// which is one walk along an index, and the keys are read then. If few keys have
// a term that is searched for, they are found first, and then sorted.
func (s *Store) Keys(ctx context.Context, q apikey.Query) (keys []*apikey.Key, err error) {
	order := sqlkeys.OrderOf(q.Sort)
	tables := sqlkeys.Cond(`keys AS k`)
	if order.Org != "k.org_id" { // it is the order of last use
		tables = sqlkeys.Cond(`usage AS u JOIN keys AS k ON k.number = u.number`)
	}
	err = s.snapshot(ctx, "list keys", func(ctx context.Context, r sqlkeys.Querier) error {
		where, walk, err := s.described(ctx, r, q, order.Org)
		if err != nil {
			return err
		}
		if walk {
			if err := s.preferIndexes(ctx, r); err != nil {
				return err
			}
		}
		var numbers []int64
		for _, span := range order.Spans(q) {
			if len(numbers) >= q.Limit {
				break
			}
			page := span.Numbers(tables, where, q.Limit-len(numbers))
			more, err := sqlkeys.Collect(ctx, r, sqlkeys.ScanNumber, numbered(page.Text), page.Args...)
			if err != nil {
				return err
			}
			numbers = append(numbers, more...)
		}
		keys, err = keysOf(ctx, r, numbers)
		return err
	})
	return keys, err
}

// keysOf returns the keys with some numbers, in their order.
func keysOf(ctx context.Context, r sqlkeys.Querier, numbers []int64) ([]*apikey.Key, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	keys, err := collectKeys(ctx, r,
		`SELECT `+sqlkeys.KeyColumns+` FROM `+sqlkeys.KeyTables+` WHERE k.number = ANY($1::bigint[])`, numbers)
	place := make(map[int64]int, len(numbers))
	for i, n := range numbers {
		place[n] = i
	}
	slices.SortFunc(keys, func(a, b *apikey.Key) int { return cmp.Compare(place[a.Number], place[b.Number]) })
	return keys, err
}

// preferIndexes makes the planner walk along the order's index, in this
// transaction: it knows neither how much a limit weighs nor, after many
// inserts, how many keys there are, and might sort all of them instead.
func (s *Store) preferIndexes(ctx context.Context, r sqlkeys.Querier) error {
	tx, ok := r.(*sql.Tx)
	if !ok || !s.traits.real {
		return nil
	}
	_, err := tx.ExecContext(ctx,
		`SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off`)
	return err
}

// CountKeys counts the keys that a query describes.
func (s *Store) CountKeys(ctx context.Context, q apikey.Query) (n int64, err error) {
	err = s.snapshot(ctx, "count keys", func(ctx context.Context, r sqlkeys.Querier) error {
		where, _, err := s.described(ctx, r, q, "k.org_id")
		if err != nil {
			return err
		}
		return r.QueryRowContext(ctx, numbered(`SELECT count(*) FROM keys AS k WHERE `+where.Text),
			where.Args...).Scan(&n)
	})
	return n, err
}

// position is the function that says where a text has another.
const position = "strpos"

// described returns the WHERE clause for the keys that q describes, from any
// position. Org is the column of the organization. Walk reports whether an
// index must be walked along to find them.
func (s *Store) described(
	ctx context.Context, r sqlkeys.Querier, q apikey.Query, org string,
) (where sqlkeys.Condition, walk bool, err error) {
	if !allStorable(q) {
		return sqlkeys.Cond(`1 = 0`), false, nil
	}
	where = sqlkeys.Cond(org+` = ?`, q.OrgID).And(sqlkeys.Filters(q, position))
	others, err := without(ctx, r, q)
	if err != nil {
		return where, false, err
	}
	where = where.And(others)
	found, common, err := s.search(ctx, r, q)
	if err != nil || !common {
		return where.And(found), false, err
	}
	where = where.And(found)
	few := sqlkeys.FewKeys(s.opts.commonBlocks)
	for _, c := range sqlkeys.Ranges(q, few+1) {
		numbers, err := sqlkeys.Collect(ctx, r, sqlkeys.ScanNumber, numbered(c.Text), c.Args...)
		if err != nil {
			return where, false, err
		}
		if len(numbers) <= few {
			return where.And(sqlkeys.Cond(`k.number = ANY(?::bigint[])`, some(numbers))), false, nil
		}
	}
	return where, true, nil
}

// allStorable reports whether the texts of a query can be in the database at all.
func allStorable(q apikey.Query) bool {
	texts := slices.Concat([]string{q.Search}, q.IDs, q.Owners, q.Tenants, q.Endpoints, q.Pools)
	for _, l := range q.Labels {
		texts = append(texts, l.String())
	}
	return !slices.ContainsFunc(texts, func(text string) bool { return !storable(text) })
}

// without returns what a key must fulfil not to be left out of a query.
func without(ctx context.Context, r sqlkeys.Querier, q apikey.Query) (c sqlkeys.Condition, err error) {
	for _, one := range q.Without {
		if !allStorable(one) {
			continue // no key is like that
		}
		one.OrgID, one.Now = q.OrgID, q.Now
		has := sqlkeys.Filters(one, position)
		for _, w := range wordsOf(one) {
			if err := w.findNamed(ctx, r, q.OrgID); err != nil {
				return c, err
			}
			has = has.And(w.condition())
		}
		c = c.And(has.Not())
	}
	return c, nil
}

// word is one that a key must have: in its name, in its other texts, as the
// beginning of a token's id, or as an address that used it last or may use it.
type word struct {
	text         string
	names, texts []int64  // blocks in which a name, or another text, may have it
	named        []int64  // numbers of the keys that have it in an id or as an address
	limits       []string // values of allowed_cidrs of keys that an address may use, where these are too many to name
	isID         bool     // it may be the whole id of a token; if it is one, it means the keys in named alone
}

// wordsOf returns the words of a search, of which nothing is known yet.
func wordsOf(q apikey.Query) (words []word) {
	for _, id := range sqlkeys.SearchedIDs(q) {
		words = append(words, word{text: id, isID: true})
	}
	for _, text := range sqlkeys.Words(q.Search) {
		words = append(words, word{text: text})
	}
	return words
}

// condition returns what a key must fulfil to have the word.
func (w word) condition() sqlkeys.Condition {
	if w.isID {
		return sqlkeys.Cond(`k.number = ANY(?::bigint[])`, some(w.named))
	}
	return sqlkeys.Cond(`strpos(k.name_folded, ?) > 0`, w.text).
		Or(sqlkeys.Cond(`strpos(k.texts_folded, ?) > 0`, w.text)).
		Or(sqlkeys.Cond(`k.number = ANY(?::bigint[])`, some(w.named))).Or(w.limited())
}

func (w word) limited() sqlkeys.Condition {
	if len(w.limits) == 0 {
		return sqlkeys.Condition{}
	}
	return sqlkeys.Cond(`k.allowed_cidrs = ANY(?::text[])`, w.limits)
}

// search returns what a key must fulfil to have all words of a search. Common
// reports whether too many keys may have them, and the texts that filters ask
// for, to look at each first.
func (s *Store) search(
	ctx context.Context, r sqlkeys.Querier, q apikey.Query,
) (found sqlkeys.Condition, common bool, err error) {
	var words []word
	var blocks []int64 // that may have all of them so far
	common = true
	narrow := func(in []int64) {
		if common {
			blocks, common = in, false
		} else {
			blocks = sqlkeys.Intersect(blocks, in)
		}
	}
	for _, w := range wordsOf(q) {
		if err := w.find(ctx, r, q.OrgID); err != nil {
			return found, false, err
		}
		words = append(words, w)
		if len(w.limits) > 0 {
			continue
		}
		narrow(sqlkeys.Union(sqlkeys.Union(w.names, w.texts), sqlkeys.BlocksOf(w.named)))
	}
	for _, term := range sqlkeys.Terms(q) {
		in, err := findBlocks(ctx, r, term, sqlkeys.Described, sqlkeys.FilterTermGrams)
		if err != nil {
			return found, false, err
		}
		narrow(in)
	}
	if !common && len(blocks) <= s.opts.commonBlocks {
		has := sqlkeys.Cond(`k.org_id = ?`, q.OrgID).And(sqlkeys.Filters(q, position))
		for _, w := range words {
			has = has.And(w.condition())
		}
		numbers, err := s.amongBlocks(ctx, r, blocks, has)
		return sqlkeys.Cond(`k.number = ANY(?::bigint[])`, some(numbers)), false, err
	}
	for _, w := range words {
		has, err := s.walked(ctx, r, q.OrgID, w)
		if err != nil {
			return found, false, err
		}
		found = found.And(has)
	}
	return found, true, nil
}

// find looks for where the word can be.
func (w *word) find(ctx context.Context, r sqlkeys.Querier, orgID int64) (err error) {
	if err = w.findNamed(ctx, r, orgID); err != nil || w.isID {
		return err
	}
	if w.names, err = findBlocks(ctx, r, w.text, 0, sqlkeys.WordGrams); err != nil {
		return err
	}
	w.texts, err = findBlocks(ctx, r, w.text, sqlkeys.Described, sqlkeys.WordGrams)
	return err
}

// findNamed looks for keys that have the word as an id, or else in one or as an address.
func (w *word) findNamed(ctx context.Context, r sqlkeys.Querier, orgID int64) (err error) {
	if w.isID {
		w.named, err = sqlkeys.Collect(ctx, r, sqlkeys.ScanNumber,
			`SELECT DISTINCT k.number FROM tokens AS t JOIN keys AS k ON k.number = t.number
			WHERE k.org_id = $1 AND lower(t.id) = $2`, orgID, w.text)
		if err != nil {
			return err
		}
		if len(w.named) > 0 { // a key with this very name may be meant as well
			called, err := sqlkeys.Collect(ctx, r, sqlkeys.ScanNumber,
				`SELECT number FROM keys WHERE org_id = $1 AND name_folded = $2`, orgID, w.text)
			w.named = append(w.named, called...)
			return err
		}
		w.isID = false // a word like any other
	}
	// ~ is above all that an id is made of.
	w.named, err = sqlkeys.Collect(ctx, r, sqlkeys.ScanNumber,
		`SELECT DISTINCT k.number FROM tokens AS t JOIN keys AS k ON k.number = t.number
		WHERE k.org_id = $1 AND lower(t.id) >= $2 AND lower(t.id) < $3`, orgID, w.text, w.text+"~")
	if err != nil {
		return err
	}
	if addr, err := netip.ParseAddr(w.text); err == nil {
		used, err := sqlkeys.Collect(ctx, r, sqlkeys.ScanNumber,
			`SELECT number FROM usage WHERE org_id = $1 AND last_from = $2`, orgID, addr.String())
		if err != nil {
			return err
		}
		w.named = append(w.named, used...)
	}
	return w.findLimited(ctx, r, orgID)
}

// findLimited looks for keys that are limited to blocks of addresses in or
// around the one that the word is, if it is one.
func (w *word) findLimited(ctx context.Context, r sqlkeys.Querier, orgID int64) error {
	block, ok := sqlkeys.AddressWord(w.text)
	if !ok {
		return nil
	}
	const ofOrg = `FROM keys WHERE org_id = $1 AND allowed_cidrs <> ''`
	lists, err := sqlkeys.Overlapping(ctx, r, block, `SELECT DISTINCT allowed_cidrs `+ofOrg, orgID)
	if err != nil || len(lists) == 0 {
		return err
	}
	numbers, err := sqlkeys.Collect(ctx, r, sqlkeys.ScanNumber,
		`SELECT number `+ofOrg+` AND allowed_cidrs = ANY($2::text[]) LIMIT $3`, orgID, lists, sqlkeys.MostNamed+1)
	if err != nil {
		return err
	}
	if len(numbers) > sqlkeys.MostNamed {
		w.limits = lists
		return nil
	}
	w.named = append(w.named, numbers...)
	return nil
}

// amongBlocks returns the numbers of the keys in some blocks that fulfil has.
func (s *Store) amongBlocks(
	ctx context.Context, r sqlkeys.Querier, blocks []int64, has sqlkeys.Condition,
) ([]int64, error) {
	return sqlkeys.Collect(ctx, r, sqlkeys.ScanNumber, numbered(`SELECT k.number FROM unnest(?::bigint[]) AS b (block)
		JOIN keys AS k ON k.number >= b.block * ?::bigint AND k.number < (b.block + 1) * ?::bigint WHERE `+has.Text),
		slices.Concat([]any{some(blocks), int64(1) << sqlkeys.BlockBits, int64(1) << sqlkeys.BlockBits}, has.Args)...)
}

// walked returns what a key must fulfil to have a word, for a walk along an
// index. Names and other texts are looked for on their own: if the one is common
// and the other is not, the walk need not read texts, which no index holds.
func (s *Store) walked(ctx context.Context, r sqlkeys.Querier, orgID int64, w word) (has sqlkeys.Condition, err error) {
	var either []string
	numbers := slices.Clone(w.named)
	for _, part := range []struct {
		column string
		blocks []int64
	}{{"name_folded", w.names}, {"texts_folded", w.texts}} {
		in := sqlkeys.Cond(`strpos(k.`+part.column+`, ?) > 0`, w.text)
		mine := sqlkeys.Cond(`k.org_id = ?`, orgID).And(in)
		if len(part.blocks) > s.opts.commonBlocks {
			either, has.Args = append(either, in.Text), append(has.Args, in.Args...)
			continue
		}
		more, err := s.amongBlocks(ctx, r, part.blocks, mine)
		if err != nil {
			return has, err
		}
		numbers = append(numbers, more...)
	}
	if len(either) == 0 || len(numbers) > 0 {
		either, has.Args = append(either, `k.number = ANY(?::bigint[])`), append(has.Args, some(numbers))
	}
	has.Text = `(` + strings.Join(either, ` OR `) + `)`
	return has.Or(w.limited()), nil
}

// some returns a list as an argument: an empty one, and not none.
func some(numbers []int64) []int64 { return append([]int64{}, numbers...) }

// findBlocks returns the blocks that have grams of a term, as many as most, with a
// mark as of sqlkeys.BlockGrams.
func findBlocks(ctx context.Context, r sqlkeys.Querier, term string, mark int64, most int) ([]int64, error) {
	type row struct{ chunk, bits int64 }
	grams := sqlkeys.TermGrams(term, mark, most)
	rows, err := sqlkeys.Collect(ctx, r, func(r sqlkeys.Row) (c row, err error) { return c, r.Scan(&c.chunk, &c.bits) },
		`SELECT chunk, bit_and(blocks) FROM grams WHERE gram = ANY($1::bigint[]) GROUP BY chunk HAVING count(*) = $2 ORDER BY chunk`, grams, len(grams))
	blocks := []int64{}
	for _, c := range rows {
		blocks = sqlkeys.AppendBlocks(blocks, c.chunk, c.bits)
	}
	return blocks, err
}
