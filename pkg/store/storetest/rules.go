package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

var pushes = apikey.Rule{Endpoint: "loki", Path: "/loki/api/v1/push", Method: "POST"}

// ruleUse is what a recorder says of a key that was let in once.
func ruleUse(t tester, k *apikey.Key, r apikey.Rule, at time.Time) apikey.KeyRuleUse {
	t.Helper()
	return apikey.KeyRuleUse{KeyID: idOf(t, k), RuleUse: apikey.RuleUse{
		Rule: r, DayUsage: apikey.DayUsage{Day: apikey.DayOf(at), Count: 1}, AllowedAt: at,
	}}
}

func recordRules(t tester, s apikey.Store, uses ...apikey.KeyRuleUse) {
	t.Helper()
	require.NoError(t, s.RecordUsage(t.Context(), apikey.UsageBatch{Rules: uses}))
}

// ruleUsesOf returns all of a key, by day and rule.
func ruleUsesOf(t tester, s apikey.Store, k *apikey.Key) []apikey.RuleUse {
	t.Helper()
	day := apikey.DayOf(start)
	uses, err := s.RuleUses(t.Context(), k.OrgID, k.ID, day-100, day+100)
	require.NoError(t, err)
	slices.SortFunc(uses, func(a, b apikey.RuleUse) int {
		if a.Day != b.Day {
			return int(a.Day - b.Day)
		}
		return apikey.CompareRules(a.Rule, b.Rule)
	})
	return uses
}

func testRules(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	k, twin, gone, theirs := newKey(1, "k"), newKey(1, "twin"), newKey(1, "gone"), newKey(2, "theirs")
	insert(t, s, k, twin, gone, theirs)
	require.Empty(t, ruleUsesOf(t, s, k))
	first := ruleUse(t, k, pushes, start)
	denied := ruleUse(t, k, pushes, start)
	denied.Count, denied.Denied, denied.AllowedAt, denied.DeniedAt = 0, 3, time.Time{}, start.Add(time.Second)
	recordRules(t, s, first, ruleUse(t, twin, pushes, start), ruleUse(t, gone, pushes, start),
		ruleUse(t, theirs, pushes, start), ruleUse(t, newKey(1, "never there"), pushes, start), denied)

	// Two servers add up, whichever is later; a request that was refused after all is taken back.
	again := ruleUse(t, k, pushes, start.Add(-time.Minute))
	again.Count = 5
	recordRules(t, other, again, first)
	back := ruleUse(t, k, pushes, start)
	back.Count, back.Denied, back.DeniedAt = -1, 1, start.Add(time.Minute)
	recordRules(t, s, back)
	want := apikey.RuleUse{
		Rule: pushes, DayUsage: apikey.DayUsage{Day: apikey.DayOf(start), Count: 6, Denied: 4}, AllowedAt: start,
		DeniedAt: start.Add(time.Minute),
	}
	require.Equal(t, []apikey.RuleUse{want}, ruleUsesOf(t, other, k))

	// Whatever differs is another use.
	for _, change := range []func(*apikey.KeyRuleUse){
		func(u *apikey.KeyRuleUse) { u.Endpoint = "Lökí" },
		func(u *apikey.KeyRuleUse) { u.Path = "" },
		func(u *apikey.KeyRuleUse) { u.Method = "" },
		func(u *apikey.KeyRuleUse) { u.Rule = apikey.Rule{} },
		func(u *apikey.KeyRuleUse) { u.Day++ },
	} {
		use := first
		change(&use)
		recordRules(t, s, use, use)
	}
	list := ruleUsesOf(t, s, k)
	require.Len(t, list, 6)
	require.Contains(t, list, want)
	require.EqualValues(t, 2, list[5].Count)
	require.Equal(t, want.Day+1, list[5].Day)
	some, err := s.RuleUses(t.Context(), 1, k.ID, want.Day+1, want.Day+1)
	require.NoError(t, err)
	require.Len(t, some, 1)

	for _, org := range []int64{2, 3} {
		_, err := s.RuleUses(t.Context(), org, k.ID, 0, want.Day)
		requireCode(t, apikey.CodeNotFound, err)
	}
	// They go with their key.
	remove(t, s, gone)
	recordRules(t, s, ruleUse(t, gone, pushes, start))
	removed, err := s.ForgetRules(t.Context(), want.Day+2, 1000, 100)
	require.NoError(t, err)
	require.EqualValues(t, 8, removed, "those of the keys that are there")
}

func testUsersOfRules(t *testing.T, open Opener) {
	s := open(t)
	a, b, c, theirs := newKey(1, "a"), newKey(1, "b"), newKey(1, "c"), newKey(2, "theirs")
	insert(t, s, a, b, c, theirs)
	reads, elsewhere := apikey.Rule{Endpoint: "loki", Path: "/loki", Method: "GET"}, apikey.Rule{Endpoint: "tempo"}
	uses := func(k *apikey.Key, r apikey.Rule, n int64, days int) apikey.KeyRuleUse {
		use := ruleUse(t, k, r, start.AddDate(0, 0, days))
		use.Count = n
		return use
	}
	refused := ruleUse(t, c, apikey.Rule{Endpoint: "loki", Path: "/refused", Method: "GET"}, start)
	refused.Count, refused.Denied, refused.AllowedAt, refused.DeniedAt = 0, 5, time.Time{}, start
	recordRules(t, s, uses(a, pushes, 2, 0), uses(a, pushes, 3, 1), uses(a, reads, 1, 0), uses(a, reads, 10, -9),
		uses(b, reads, 7, 0), uses(c, elsewhere, 9, 0), refused, uses(theirs, pushes, 100, 0))
	since := apikey.DayOf(start)
	rules, err := s.UsedRules(t.Context(), "loki", since)
	require.NoError(t, err)
	require.ElementsMatch(t, []apikey.Rule{pushes, reads}, rules, "those by which any key was let in")
	for _, endpoint := range []string{"nope", "", "LOKI"} {
		none, err := s.UsedRules(t.Context(), endpoint, since)
		require.NoError(t, err)
		require.Empty(t, none, endpoint)
	}

	of := func(r apikey.Rule, n int64, days int) apikey.RuleUse {
		return apikey.RuleUse{Rule: r, DayUsage: apikey.DayUsage{Count: n}, AllowedAt: start.AddDate(0, 0, days)}
	}
	all := append(slices.Clone(rules), elsewhere, apikey.Rule{Endpoint: "loki", Path: "/nobody"}, refused.Rule)
	slices.SortFunc(all, apikey.CompareRules)
	users, err := s.RuleUsers(t.Context(), 1, all, since, 100)
	require.NoError(t, err)
	for i := range users {
		slices.SortFunc(users[i].Uses, func(a, b apikey.RuleUse) int { return apikey.CompareRules(a.Rule, b.Rule) })
	}
	require.Equal(t, []apikey.RuleUser{
		{KeyID: c.ID, Uses: []apikey.RuleUse{of(elsewhere, 9, 0)}},
		{KeyID: b.ID, Uses: []apikey.RuleUse{of(reads, 7, 0)}},
		{KeyID: a.ID, Uses: []apikey.RuleUse{of(reads, 1, 0), of(pushes, 5, 1)}},
	}, users, "those with most requests first")
	few, err := s.RuleUsers(t.Context(), 1, all, since, 2)
	require.NoError(t, err)
	require.Equal(t, users[:2], few)
	none, err := s.RuleUsers(t.Context(), 1, nil, since, 2)
	require.NoError(t, err)
	require.Empty(t, none)
}

func testManyRules(t *testing.T, open Opener) {
	s := open(t)
	k, calm := newKey(1, "k"), newKey(1, "calm")
	insert(t, s, k, calm)
	recordRules(t, s, ruleUse(t, calm, pushes, start))
	rule := func(i int) apikey.Rule {
		return apikey.Rule{Endpoint: fmt.Sprint("e", i%5), Path: fmt.Sprint("/", i), Method: "GET"}
	}
	for i := range 80 { // one by one
		recordRules(t, s, ruleUse(t, k, rule(i), start))
	}
	var flood []apikey.KeyRuleUse
	for i := range 1000 { // all at once, of which some are known
		flood = append(flood, ruleUse(t, k, rule(i), start))
	}
	recordRules(t, s, flood...)
	recordRules(t, s, flood...)
	uses := ruleUsesOf(t, s, k)
	require.LessOrEqual(t, len(uses), apikey.MaxRulesOfKey+51)
	var sum int64
	apart := 0
	for _, u := range uses {
		sum += u.Count
		if u.Path != "" {
			apart++
		}
	}
	require.EqualValues(t, 2080, sum, "nothing is lost")
	require.Equal(t, apikey.MaxRulesOfKey, apart)
	require.Len(t, ruleUsesOf(t, s, calm), 1)
	rules, err := s.UsedRules(t.Context(), "e0", apikey.DayOf(start))
	require.NoError(t, err)
	require.Contains(t, rules, apikey.Rule{Endpoint: "e0"})
}

func testForgetRules(t *testing.T, open Opener) {
	s := open(t)
	k := newKey(1, "k")
	insert(t, s, k)
	for i := range 10 {
		r := apikey.Rule{Endpoint: "e", Path: fmt.Sprint("/", i)}
		recordRules(t, s, ruleUse(t, k, r, start.AddDate(0, 0, i)), ruleUse(t, k, pushes, start.AddDate(0, 0, i)))
	}
	day := apikey.DayOf(start)
	forget := func(before apikey.Day, keep, limit int) int64 {
		t.Helper()
		removed, err := s.ForgetRules(t.Context(), before, keep, limit)
		require.NoError(t, err)
		return removed
	}
	require.EqualValues(t, 3, forget(day+2, 1000, 3))
	require.EqualValues(t, 1, forget(day+2, 1000, 100))
	require.Zero(t, forget(day+2, 1000, 100))
	require.Len(t, ruleUsesOf(t, s, k), 16)
	require.EqualValues(t, 6, forget(day, 11, 100), "the oldest days of what is too much")
	require.Len(t, ruleUsesOf(t, s, k), 10)
	require.EqualValues(t, 8, forget(day, 1, 100))
	require.Len(t, ruleUsesOf(t, s, k), 2, "the newest day stays")
	rules, err := s.UsedRules(t.Context(), "e", 0)
	require.NoError(t, err)
	require.Equal(t, []apikey.Rule{{Endpoint: "e", Path: "/9"}}, rules)
	recordRules(t, s, ruleUse(t, k, apikey.Rule{Endpoint: "e", Path: "/0"}, start)) // which was removed
	require.Len(t, ruleUsesOf(t, s, k), 3)
}

// testRulesConcurrent has servers write about the same keys at once, while old use is removed and keys are deleted.
func testRulesConcurrent(t *testing.T, open Opener) {
	const rounds, paths = 15, 20
	stores := []apikey.Store{open(t), open(t), open(t)}
	var keys []*apikey.Key
	for i := range 6 {
		keys = append(keys, newKey(1, fmt.Sprint(i)))
	}
	insert(t, stores[0], keys...)
	var group sync.WaitGroup
	for n, s := range stores {
		group.Go(func() {
			for round := range rounds {
				var b apikey.UsageBatch
				for i := range paths {
					for j := range keys {
						k := keys[(j+n)%len(keys)] // each in an order of its own
						r := apikey.Rule{Endpoint: "e", Path: fmt.Sprint("/", i), Method: fmt.Sprint(round % 3)}
						b.Rules = append(b.Rules, ruleUse(t, k, r, start))
					}
				}
				if err := s.RecordUsage(t.Context(), b); err != nil {
					t.Error(err)
				}
				if _, err := s.ForgetRules(t.Context(), apikey.DayOf(start), 1_000_000, 100); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, k := range keys[3:] {
		err := stores[0].Write(t.Context(), func(tx apikey.Tx) error { return tx.Delete(t.Context(), k) })
		if err != nil {
			t.Error(err)
		}
	}
	group.Wait()
	for _, k := range keys[:3] {
		uses := ruleUsesOf(t, stores[0], k)
		require.Len(t, uses, 3*paths)
		for _, u := range uses {
			require.EqualValues(t, rounds*len(stores)/3, u.Count)
		}
	}
}
