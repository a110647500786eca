package storetest

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// text makes texts of few characters, so that parts of them occur again, with
// all that has a meaning in some query language and with other alphabets.
func text(least, most int) *rapid.Generator[string] {
	return rapid.StringOfN(rapid.SampledFrom([]rune(`aAbBzZ19 -_%\'"*?[]{}$:;|äÄßİıΣσςЖж日本🔑`)), least, most, -1)
}

// moment makes times of which many are equal and some are none.
func moment() *rapid.Generator[time.Time] {
	return rapid.Custom(func(r *rapid.T) time.Time {
		n := rapid.IntRange(0, 6).Draw(r, "moment")
		if n == 0 {
			return time.Time{}
		}
		return start.Add(time.Duration(n-3) * time.Millisecond)
	})
}

func anyKey(orgID int64, names map[string]bool) *rapid.Generator[*apikey.Key] {
	return rapid.Custom(func(r *rapid.T) *apikey.Key {
		name := text(1, 6).Filter(func(s string) bool { return !names[s] }).Draw(r, "name")
		names[name] = true
		k := newKey(orgID, name)
		k.Description = rapid.OneOf(rapid.Just(""), text(0, 12)).Draw(r, "description")
		k.Role = rapid.SampledFrom(apikey.Roles()).Draw(r, "role")
		k.Pool = rapid.SampledFrom([]string{"", "p", "q"}).Draw(r, "pool")
		if k.Enabled = rapid.Bool().Draw(r, "enabled"); !k.Enabled {
			k.DisabledUntil = moment().Draw(r, "disabled until")
		}
		k.Owner = rapid.SampledFrom([]string{"", "admin", "Grace Ä", "grace ä"}).Draw(r, "owner")
		k.Labels = anyLabels().Draw(r, "labels")
		k.Tenants = rapid.SampledFrom([][]string{nil, {"a"}, {"a", "b.c"}, {"aa"}, {"*"}}).Draw(r, "tenants")
		k.Endpoints = rapid.SampledFrom([][]string{nil, {"a"}, {"a", "b"}, {"aa"}}).Draw(r, "endpoints")
		k.AllowedCIDRs = rapid.SampledFrom(someBlocks).Draw(r, "blocks")
		k.CreatedAt = moment().Draw(r, "created")
		k.ExpiresAt = moment().Draw(r, "expires")
		if rapid.IntRange(0, 3).Draw(r, "revoke") == 0 {
			k.RevokedAt = start
		}
		k.Usage.LastAt = moment().Draw(r, "used")
		return k
	})
}

// someBlocks are limits of keys, of which some hold others.
var someBlocks = [][]netip.Prefix{
	nil,
	{netip.MustParsePrefix("10.0.0.0/8")},
	{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")},
	{netip.MustParsePrefix("10.1.2.3/32")},
	{netip.MustParsePrefix("10.1.2.0/24"), netip.MustParsePrefix("192.0.2.0/25")},
	{netip.MustParsePrefix("2001:db8:1::/48")},
	{netip.MustParsePrefix("0.0.0.0/0")},
}

// someAddresses are words that are addresses or blocks.
var someAddresses = []string{"10.1.2.3", "10.1.2.0/24", "10.1.2.77/24", "10.0.0.0/8", "0.0.0.0/0", "192.0.2.200",
	"2001:DB8::1", "2001:db8:1:2::/64", "2001:db8::/16", "::/0", "::ffff:10.1.2.3", "::ffff:10.0.0.0/104", "fe80::1%eth0"}

func anyLabels() *rapid.Generator[map[string]string] {
	return rapid.MapOfN(rapid.SampledFrom([]string{"team", "tea", "env-2"}),
		rapid.SampledFrom([]string{"a", "A", "a=b", "ab", "Ä %_'"}), 0, 3)
}

func anyQuery(orgID int64, keys []*apikey.Key) *rapid.Generator[apikey.Query] {
	return rapid.Custom(func(r *rapid.T) apikey.Query {
		q := apikey.Query{
			OrgID:      orgID,
			Sort:       rapid.SampledFrom(append(apikey.Sorts(), "")).Draw(r, "sort"),
			Descending: rapid.Bool().Draw(r, "descending"),
			Now:        start.Add(time.Duration(rapid.IntRange(-3, 4).Draw(r, "now")) * time.Millisecond),
		}
		describe(r, &q, keys)
		for range rapid.IntRange(0, 2).Draw(r, "without") {
			var without apikey.Query
			describe(r, &without, keys)
			q.Without = append(q.Without, without)
		}
		return q
	})
}

// describe draws what keys a query describes.
func describe(r *rapid.T, q *apikey.Query, keys []*apikey.Key) {
	if rapid.Bool().Draw(r, "by state") {
		q.States = rapid.SliceOfN(rapid.SampledFrom(apikey.States()), 1, 2).Draw(r, "states")
	}
	if rapid.IntRange(0, 3).Draw(r, "by role") == 0 {
		q.Roles = rapid.SliceOfN(rapid.SampledFrom(apikey.Roles()), 1, 3).Draw(r, "roles")
	}
	if rapid.IntRange(0, 3).Draw(r, "by pool") == 0 {
		q.Pools = rapid.SliceOfN(rapid.SampledFrom([]string{"", "p", "none"}), 1, 2).Draw(r, "pools")
	}
	filterFurther(r, q)
	k := rapid.SampledFrom(keys).Draw(r, "searched")
	switch rapid.IntRange(0, 7).Draw(r, "search") {
	case 0:
		q.Search = text(1, 3).Draw(r, "term")
	case 1:
		q.Search = part(r, k.Name)
	case 2:
		q.Search = part(r, k.Description) + " " + part(r, k.Name)
	case 4:
		q.Search = rapid.SampledFrom([]string{k.Pool, k.CreatedBy, strings.Join(k.Endpoints, " "), k.Owner,
			strings.Join(apikey.LabelTexts(k.Labels), " "), k.Usage.LastFrom, "p " + k.Name}).Draw(r, "other")
	case 3:
		q.Search = strings.ToUpper(k.ID[:rapid.IntRange(1, len(k.ID)).Draw(r, "prefix")])
	case 5:
		q.Search = rapid.SampledFrom(someAddresses).Draw(r, "address")
	case 6:
		q.IDs = []string{rapid.SampledFrom([]string{k.ID, strings.ToLower(k.ID), "admin", "a"}).Draw(r, "id")}
	}
}

// filterFurther draws filters by what not every key has.
func filterFurther(r *rapid.T, q *apikey.Query) {
	rarely := func(name string) bool { return rapid.IntRange(0, 5).Draw(r, name) == 0 }
	if rarely("by owner") {
		q.Owners = rapid.SliceOfN(rapid.SampledFrom([]string{"admin", "Grace Ä", "grace"}), 1, 2).Draw(r, "owners")
	}
	if rarely("by label") {
		for name, value := range anyLabels().Draw(r, "labels") {
			if rapid.Bool().Draw(r, "any value") {
				value = ""
			}
			q.Labels = append(q.Labels, apikey.LabelFilter{Name: name, Value: value})
		}
	}
	if rarely("by tenant") {
		q.Tenants = rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b.c", "*", "none"}), 1, 2).Draw(r, "tenants")
	}
	if rarely("by endpoint") {
		q.Endpoints = rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "none"}), 1, 2).Draw(r, "endpoints")
	}
	if rarely("unused") {
		q.UnusedFor = time.Duration(rapid.IntRange(1, 5).Draw(r, "for")) * time.Millisecond
	}
	if rarely("never used") {
		q.NeverUsed = true
	}
	if rarely("ending") {
		q.EndsWithin = time.Duration(rapid.IntRange(1, 5).Draw(r, "within")) * time.Millisecond
	}
}

// passes is the model of the filters that filterFurther draws.
func passes(k *apikey.Key, q apikey.Query) bool {
	for _, l := range q.Labels {
		if value, is := k.Labels[l.Name]; !is || l.Value != "" && value != l.Value {
			return false
		}
	}
	since, ends := q.Now.Add(-q.UnusedFor), k.EndsAt()
	return isOne(q.Owners, k.Owner) && hasAll(k.Tenants, q.Tenants) && hasAll(k.Endpoints, q.Endpoints) &&
		(q.UnusedFor == 0 || !k.CreatedAt.After(since) && !k.Usage.LastAt.After(since)) &&
		(!q.NeverUsed || k.Usage.LastAt.IsZero()) &&
		(q.EndsWithin == 0 || k.State(q.Now) == apikey.StateActive && !ends.IsZero() &&
			!ends.After(q.Now.Add(q.EndsWithin)))
}

// isOne reports whether a value is one of those that are asked for; if none are, any is.
func isOne[T comparable](asked []T, value T) bool {
	return len(asked) == 0 || slices.Contains(asked, value)
}

func hasAll(values, asked []string) bool {
	return !slices.ContainsFunc(asked, func(s string) bool { return !slices.Contains(values, s) })
}

// part draws a part of a text, in some case.
func part(r *rapid.T, text string) string {
	runes := []rune(text)
	i := rapid.IntRange(0, len(runes)).Draw(r, "from")
	s := string(runes[i:rapid.IntRange(i, len(runes)).Draw(r, "to")])
	return rapid.SampledFrom([]string{s, strings.ToUpper(s), strings.ToLower(s)}).Draw(r, "case")
}

// described is the model of a query: the keys that it describes, in order.
func described(q apikey.Query, keys []*apikey.Key) []*apikey.Key {
	list := slices.DeleteFunc(slices.Clone(keys), func(k *apikey.Key) bool {
		return k.OrgID != q.OrgID || !describes(q, k) || slices.ContainsFunc(q.Without, func(w apikey.Query) bool {
			w.Now = q.Now
			return describes(w, k)
		})
	})
	value := func(k *apikey.Key) apikey.Position {
		p := apikey.PositionOf(k, cmp.Or(q.Sort, apikey.SortName))
		p.Name = folded(p.Name)
		return p
	}
	slices.SortFunc(list, func(a, b *apikey.Key) int {
		v, w := value(a), value(b)
		if v.Time.IsZero() != w.Time.IsZero() {
			if v.Time.IsZero() {
				return 1
			}
			return -1
		}
		c := cmp.Or(strings.Compare(v.Name, w.Name), v.Time.Compare(w.Time))
		if q.Sort == apikey.SortNumber {
			c = cmp.Compare(v.Number, w.Number)
		}
		if q.Descending {
			c = -c
		}
		return cmp.Or(c, cmp.Compare(v.Number, w.Number))
	})
	return list
}

// describes is the model of what a query asks of a key, but for what it leaves out.
func describes(q apikey.Query, k *apikey.Key) bool {
	words := strings.Fields(folded(q.Search + " " + strings.Join(q.IDs, " ")))
	return isOne(q.States, k.State(q.Now)) && isOne(q.Roles, k.Role) && isOne(q.Pools, k.Pool) && passes(k, q) &&
		!slices.ContainsFunc(words, func(word string) bool { return !has(k, word) && !limitedTo(k, word) })
}

// limitedTo is the model of a search for an address or a block of them: whether blocks that a key is limited to lie in
// or around it.
func limitedTo(k *apikey.Key, word string) bool {
	blocks, err := apikey.ParseCIDRs([]string{strings.Split(word, "%")[0]})
	return err == nil && slices.ContainsFunc(k.AllowedCIDRs, blocks[0].Overlaps)
}

// has is the model of a search for one folded word.
func has(k *apikey.Key, word string) bool {
	texts := append([]string{k.Name, k.Description, k.Pool, k.CreatedBy, k.Owner}, k.Endpoints...)
	texts = append(append(texts, apikey.LabelTexts(k.Labels)...), k.Tenants...)
	for _, block := range k.AllowedCIDRs {
		texts = append(texts, block.String())
	}
	return strings.HasPrefix(strings.ToLower(k.ID), word) || k.Usage.LastFrom == word ||
		slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(folded(text), word) })
}

// folded is a text without case and accents.
func folded(s string) string {
	if !utf8.ValidString(s) {
		return strings.ToLower(s)
	}
	bare := []rune(norm.NFD.String(cases.Fold().String(s)))
	return norm.NFC.String(string(slices.DeleteFunc(bare, func(r rune) bool { return unicode.Is(unicode.Mn, r) })))
}

// pages reads all pages of a query.
func pages(t tester, s apikey.Store, q apikey.Query) (keys []*apikey.Key) {
	t.Helper()
	for {
		page, err := s.Keys(t.Context(), q)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page), q.Limit)
		keys = append(keys, page...)
		if len(page) < q.Limit {
			return keys
		}
		last := apikey.PositionOf(page[len(page)-1], q.Sort)
		q.After = &last
	}
}

func names(keys []*apikey.Key) []string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = fmt.Sprintf("%d %q", k.Number, k.Name)
	}
	return list
}

func testPagesProperty(t *testing.T, open Opener) {
	s := open(t)
	org := int64(0)
	rapid.Check(t, func(r *rapid.T) {
		org++ // the keys of earlier rounds stay, for others
		keys := rapid.SliceOfN(anyKey(org, map[string]bool{}), 1, 25).Draw(r, "keys")
		insert(r, s, keys...)
		recordLastUse(r, s, keys)
		for range 12 {
			q := anyQuery(org, keys).Draw(r, "query")
			want := described(q, keys)
			n, err := s.CountKeys(r.Context(), q)
			require.NoError(r, err)
			require.EqualValues(r, len(want), n, "%+v", q)
			requireParted(r, s, q, n)
			q.Limit = rapid.IntRange(1, 8).Draw(r, "limit")
			got := pages(r, s, q)
			require.Equal(r, names(want), names(got), "%+v", q)
			equal(r, want, got)
			if gone := rapid.SampledFrom(keys).Draw(r, "gone"); rapid.Bool().Draw(r, "after a key that is gone") {
				requireAfter(r, s, q, keys, gone)
			}
		}
	})
}

// requireParted fails unless a description and the same with a minus part the keys in two.
func requireParted(t tester, s apikey.Store, q apikey.Query, described int64) {
	t.Helper()
	rest, all := apikey.Query{OrgID: q.OrgID, Now: q.Now}, apikey.Query{OrgID: q.OrgID, Now: q.Now}
	all.Without, rest.Without = q.Without, append(slices.Clone(q.Without), q)
	rest.Without[len(q.Without)].Without = nil
	among, err := s.CountKeys(t.Context(), all)
	require.NoError(t, err)
	others, err := s.CountKeys(t.Context(), rest)
	require.NoError(t, err)
	require.Equal(t, among, described+others, "%+v", q)
}

// requireAfter fails unless a page begins behind the place of a key, whether
// or not the query describes that key.
func requireAfter(t tester, s apikey.Store, q apikey.Query, keys []*apikey.Key, gone *apikey.Key) {
	t.Helper()
	everything := described(apikey.Query{OrgID: q.OrgID, Sort: q.Sort, Descending: q.Descending, Now: q.Now}, keys)
	at := slices.IndexFunc(everything, func(k *apikey.Key) bool { return k.ID == gone.ID })
	want := described(q, everything[at+1:])
	position := apikey.PositionOf(gone, q.Sort)
	q.After = &position
	got, err := s.Keys(t.Context(), q)
	require.NoError(t, err)
	require.Equal(t, names(want[:min(q.Limit, len(want))]), names(got), "%+v", q)
}

func recordLastUse(t tester, s apikey.Store, keys []*apikey.Key) {
	t.Helper()
	var uses []apikey.KeyUsage
	for _, k := range keys {
		uses = append(uses, apikey.KeyUsage{KeyID: idOf(t, k), Usage: k.Usage})
		k.Tokens[0].Usage = apikey.TokenUsage{Count: k.Usage.Count, LastAt: k.Usage.LastAt}
	}
	require.NoError(t, s.RecordUsage(t.Context(), apikey.UsageBatch{Uses: uses}))
}

func testOrders(t *testing.T, open Opener) {
	s := open(t)
	keys := manyKeys(100)
	for i, k := range keys {
		k.Name = fmt.Sprintf("%c%d", "aAbB"[i%4], i/8)
		if i/4%2 == 1 {
			k.Name += "x"
		}
		if i%3 > 0 {
			k.ExpiresAt = start.Add(time.Duration(i%7) * time.Hour)
		}
		k.CreatedAt = start.Add(time.Duration(i/10) * time.Minute)
		if i%5 == 0 {
			k.Usage.LastAt = start.Add(time.Duration(i%4) * time.Second)
		}
	}
	insert(t, s, keys...)
	recordLastUse(t, s, keys)
	for _, sort := range append(apikey.Sorts(), "") {
		for _, descending := range []bool{false, true} {
			for _, limit := range []int{1, 7, 100, 500} {
				q := apikey.Query{OrgID: 1, Sort: sort, Descending: descending, Limit: limit, Now: start}
				require.Equal(t, names(described(q, keys)), names(pages(t, s, q)), "%+v", q)
			}
		}
	}
}

func testSearchCharacters(t *testing.T, open Opener) {
	s := open(t)
	keys := []*apikey.Key{
		newKey(1, "100%"), newKey(1, "100 percent"), newKey(1, "a_b"), newKey(1, "axb"), newKey(1, `back\slash`),
		newKey(1, "back/slash"),
		newKey(1, "it's"), newKey(1, `"quoted"`), newKey(1, "st*r"), newKey(1, "star"), newKey(1, "wh?t"),
		newKey(1, "[set]"), newKey(1, "{a,b}"),
		newKey(1, "ÄPFEL und Öl"), newKey(1, "Апельсин"), newKey(1, "ΣΊΣΥΦΟΣ"), newKey(1, "日本語キー"), newKey(1, "🔑 key"),
		newKey(1, "$1 :name @p ?1"),
	}
	for i, k := range keys {
		k.Description = fmt.Sprintf("line %d\nnext\tline", i)
	}
	insert(t, s, keys...)
	for _, test := range []struct {
		term string
		want []string
	}{
		{"%", []string{"100%"}},
		{"0%", []string{"100%"}},
		{"_", []string{"a_b"}},
		{"a_b", []string{"a_b"}},
		{`\`, []string{`back\slash`}},
		{`k\s`, []string{`back\slash`}},
		{"'", []string{"it's"}},
		{"it''s", nil},
		{`"`, []string{`"quoted"`}},
		{"*", []string{"st*r"}},
		{"t*r", []string{"st*r"}},
		{"?", []string{"$1 :name @p ?1", "wh?t"}},
		{"[s", []string{"[set]"}},
		{"[a-z]", nil},
		{"{a,", []string{"{a,b}"}},
		{"äpfel UND öL", []string{"ÄPFEL und Öl"}},
		{"апель", []string{"Апельсин"}},
		{"σίσ", []string{"ΣΊΣΥΦΟΣ"}},
		{"本語", []string{"日本語キー"}},
		{"🔑", []string{"🔑 key"}},
		{"\xf0\x9f", nil}, // half a character is no mistake of ours, and in no text
		{"key\x00", nil},
		{"?1", []string{"$1 :name @p ?1"}},
		{"apfel ol", []string{"ÄPFEL und Öl"}},
		{"ÖL apfel", []string{"ÄPFEL und Öl"}},
		{"όl apfel", nil},
		{"öl apfel", []string{"ÄPFEL und Öl"}},
		{"σισυφος", []string{"ΣΊΣΥΦΟΣ"}},
		{"percent 100", []string{"100 percent"}},
		{"percent 100%", nil},
		{"absent", nil},
	} {
		got, err := s.Keys(t.Context(), apikey.Query{OrgID: 1, Search: test.term, Limit: 100, Now: start})
		require.NoError(t, err)
		var found []string
		for _, k := range got {
			found = append(found, k.Name)
		}
		require.Equal(t, test.want, found, "search for %q", test.term)
	}

	k := keys[0]
	for _, id := range []string{k.ID, strings.ToUpper(k.ID), strings.ToLower(k.ID), k.ID[:8]} {
		got, err := s.Keys(t.Context(), apikey.Query{OrgID: 1, Search: id, Limit: 100, Now: start})
		require.NoError(t, err)
		equal(t, []*apikey.Key{k}, got)
	}
	for _, id := range []string{k.ID[4:], k.ID + "x", k.ID + " absent"} {
		got, err := s.Keys(t.Context(), apikey.Query{OrgID: 1, Search: id, Limit: 100, Now: start})
		require.NoError(t, err)
		require.Empty(t, got)
	}

	k.Name = "renamed" // a search follows the change
	update(t, s, k)
	for term, want := range map[string][]*apikey.Key{"100%": nil, "NAMED": {k}} {
		got, err := s.Keys(t.Context(), apikey.Query{OrgID: 1, Search: term, Limit: 100, Now: start})
		require.NoError(t, err)
		equal(t, want, got)
	}
}

func testSearchIDs(t *testing.T, open Opener) {
	s := open(t)
	maker, made, noted, other := newKey(1, "maker"), newKey(1, "made"), newKey(1, "noted"), newKey(1, "other")
	second, elsewhere := newToken(), newKey(2, "elsewhere")
	maker.Tokens = append(maker.Tokens, second)
	made.CreatedBy = strings.ToLower(maker.ID) // as Grafana calls who signs in with that key
	noted.Description = "in place of " + second.ID
	other.Description = "not " + elsewhere.ID
	called := newKey(1, noted.ID) // which may be meant as well
	insert(t, s, maker, made, noted, other, elsewhere, called)
	for _, test := range []struct {
		q    apikey.Query
		want []*apikey.Key
	}{
		{apikey.Query{IDs: []string{maker.ID}}, []*apikey.Key{maker}},
		{apikey.Query{IDs: []string{strings.ToLower(maker.ID)}}, []*apikey.Key{maker}},
		{apikey.Query{IDs: []string{second.ID}}, []*apikey.Key{maker}},
		{apikey.Query{IDs: []string{second.ID, maker.ID}}, []*apikey.Key{maker}},
		{apikey.Query{IDs: []string{second.ID}, Search: "maker"}, []*apikey.Key{maker}},
		{apikey.Query{IDs: []string{second.ID}, Search: "noted"}, nil},
		{apikey.Query{IDs: []string{maker.ID, made.ID}}, nil},
		{apikey.Query{Without: []apikey.Query{{IDs: []string{maker.ID}}}, Sort: apikey.SortNumber},
			[]*apikey.Key{made, noted, other, called}},
		{apikey.Query{IDs: []string{noted.ID}, Sort: apikey.SortNumber}, []*apikey.Key{noted, called}},
		{apikey.Query{IDs: []string{called.ID}}, []*apikey.Key{called}},
		{apikey.Query{Search: maker.ID}, []*apikey.Key{made, maker}},
		{apikey.Query{IDs: []string{maker.ID[:8]}}, []*apikey.Key{made, maker}},
		{apikey.Query{IDs: []string{elsewhere.ID}}, []*apikey.Key{other}}, // no id is told of that is another's
		{apikey.Query{IDs: []string{"noSuchId0000"}}, nil},
	} {
		test.q.OrgID, test.q.Limit, test.q.Now = 1, 10, start
		found, err := s.Keys(t.Context(), test.q)
		require.NoError(t, err)
		require.Equal(t, names(test.want), names(found), "%+v", test.q)
		n, err := s.CountKeys(t.Context(), test.q)
		require.NoError(t, err)
		require.EqualValues(t, len(test.want), n, "%+v", test.q)
	}
}

// testPagesConcurrent turns pages while other keys come, change and go.
func testPagesConcurrent(t *testing.T, open Opener) {
	s, writer := open(t), open(t)
	stays := manyKeys(120)
	for i, k := range stays {
		k.CreatedAt = start.Add(time.Duration(i%10) * time.Second)
		if i%2 == 0 {
			k.ExpiresAt = start.Add(time.Duration(i%6) * time.Hour)
		}
	}
	insert(t, s, stays...)
	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() { churn(ctx, t, writer, 1, 1<<30, func(*apikey.Key, bool) {}) })
	for _, sort := range apikey.Sorts() {
		for _, descending := range []bool{false, true} {
			seen := map[string]int{}
			for _, k := range pages(t, s,
				apikey.Query{OrgID: 1, Sort: sort, Descending: descending, Limit: 7, Now: start}) {
				seen[k.ID]++
			}
			for _, k := range stays {
				require.Equal(t, 1, seen[k.ID], "%s, descending %t: key %s", sort, descending, k.Name)
			}
		}
	}
	stop()
	group.Wait()
}
