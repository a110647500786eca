package storetest

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// use returns what a recorder says of a key.
func use(t tester, k *apikey.Key, count int64, at time.Time, from string) apikey.KeyUsage {
	t.Helper()
	return apikey.KeyUsage{KeyID: idOf(t, k), Usage: apikey.Usage{Count: count, LastAt: at, LastFrom: from}}
}

// usageByDay returns a key's use from one day to another, counted from that of
// start.
func usageByDay(t tester, s apikey.Store, k *apikey.Key, from, to apikey.Day) []apikey.DayUsage {
	t.Helper()
	first := apikey.DayOf(start)
	days, err := s.UsageByDay(t.Context(), k.OrgID, k.ID, first+from, first+to)
	require.NoError(t, err)
	return days
}

func testUsage(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	k, unused, gone := newKey(1, "k"), newKey(1, "unused"), newKey(2, "gone")
	insert(t, s, k, unused, gone)
	remove(t, s, gone)
	f := follow(other)
	f.load(t)
	record := func(s apikey.Store, uses ...apikey.KeyUsage) {
		t.Helper()
		require.NoError(t, s.RecordUsage(t.Context(), apikey.UsageBatch{Uses: uses}))
	}
	require.NoError(t, s.RecordUsage(t.Context(), apikey.UsageBatch{}))
	for _, step := range []struct {
		uses []apikey.KeyUsage
		want apikey.Usage
	}{
		{[]apikey.KeyUsage{use(t, k, 2, start, "192.0.2.1")},
			apikey.Usage{Count: 2, LastAt: start, LastFrom: "192.0.2.1"}},
		{[]apikey.KeyUsage{use(t, k, 3, start.Add(time.Second), "2001:db8::1")},
			apikey.Usage{Count: 5, LastAt: start.Add(time.Second), LastFrom: "2001:db8::1"}},
		{[]apikey.KeyUsage{use(t, k, 1, start.Add(time.Millisecond), "192.0.2.9")},
			apikey.Usage{Count: 6, LastAt: start.Add(time.Second), LastFrom: "2001:db8::1"}},
		{[]apikey.KeyUsage{use(t, k, 1, start.Add(1500*time.Millisecond+time.Microsecond), "")},
			apikey.Usage{Count: 7, LastAt: start.Add(1500 * time.Millisecond)}},
		{ // twice in one batch, and one that is gone
			[]apikey.KeyUsage{use(t, gone, 5, start, ""), use(t, k, 1, start.Add(3*time.Second), "b"),
				use(t, k, 1, start.Add(2*time.Second), "a")},
			apikey.Usage{Count: 9, LastAt: start.Add(3 * time.Second), LastFrom: "b"},
		},
	} {
		record(s, step.uses...)
		got, err := other.Key(t.Context(), 1, k.ID)
		require.NoError(t, err)
		equal(t, step.want, got.Usage)
		s, other = other, s
	}
	got, err := s.Key(t.Context(), 1, unused.ID)
	require.NoError(t, err)
	require.Zero(t, got.Usage)
	_, head, err := s.Changes(t.Context(), f.seq, 10)
	require.NoError(t, err)
	require.Equal(t, f.seq, head, "usage must not raise the change counter")
}

func testUsageConcurrent(t *testing.T, open Opener) {
	stores := []apikey.Store{open(t), open(t)}
	keys := []*apikey.Key{newKey(1, "a"), newKey(1, "b"), newKey(2, "c")}
	insert(t, stores[0], keys...)
	const recorders, rounds = 6, 20
	var group sync.WaitGroup
	for r := range recorders {
		group.Go(func() {
			for i := range rounds {
				uses := make([]apikey.KeyUsage, len(keys))
				for j, k := range keys {
					uses[j] = apikey.KeyUsage{KeyID: idOf(t, k),
						Usage: apikey.Usage{Count: 1, LastAt: start.Add(time.Duration(i*recorders+r) * time.Second)}}
				}
				if r%2 == 0 { // recorders need not agree on an order
					slices.Reverse(uses)
				}
				if err := stores[r%2].RecordUsage(t.Context(), apikey.UsageBatch{Uses: uses}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	for _, k := range keys {
		got, err := stores[0].Key(t.Context(), k.OrgID, k.ID)
		require.NoError(t, err)
		equal(t, apikey.Usage{Count: recorders * rounds, LastAt: start.Add((recorders*rounds - 1) * time.Second)},
			got.Usage)
		equal(t, []apikey.DayUsage{{Day: apikey.DayOf(start), Count: recorders * rounds}},
			usageByDay(t, stores[1], k, -1, 1))
	}
}

func testUsageByDay(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	k, unused, gone := newKey(1, "k"), newKey(1, "unused"), newKey(2, "gone")
	insert(t, s, k, unused, gone)
	remove(t, s, gone)
	first := apikey.DayOf(start)
	midnight := (first + 1).Time()
	for _, uses := range [][]apikey.KeyUsage{
		{use(t, k, 3, start, "")},
		{use(t, k, 4, midnight.Add(-time.Millisecond), "")},
		{use(t, k, 5, midnight, "")},
		{use(t, k, 6, midnight.In(time.FixedZone("east", 3600)), "")}, // in any zone of the clock
		{use(t, k, 7, start, "")},                                     // late
		{ // two days in one batch, in any order, and keys that are gone
			use(t, k, 1, midnight.Add(time.Hour), ""), use(t, gone, 9, start, ""), use(t, k, 2, start, ""),
			use(t, k, 1, midnight, ""),
		},
		{use(t, k, 8, start.AddDate(0, 0, 30), "")},
	} {
		require.NoError(t, s.RecordUsage(t.Context(), apikey.UsageBatch{Uses: uses}))
		s, other = other, s
	}
	all := []apikey.DayUsage{{Day: first, Count: 16}, {Day: first + 1, Count: 13}, {Day: first + 30, Count: 8}}
	equal(t, all, usageByDay(t, s, k, -400, 400))
	equal(t, all, usageByDay(t, other, k, 0, 30))
	equal(t, all[1:2], usageByDay(t, s, k, 1, 29))
	equal(t, all[2:], usageByDay(t, s, k, 30, 30))
	require.Empty(t, usageByDay(t, s, k, 2, 29))
	require.Empty(t, usageByDay(t, s, k, 1, 0), "days that go backwards are none")
	require.Empty(t, usageByDay(t, s, unused, -400, 400))
	got, err := s.Key(t.Context(), 1, k.ID)
	require.NoError(t, err)
	require.EqualValues(t, 37, got.Usage.Count)

	for _, missing := range []struct {
		org int64
		id  string
	}{{2, k.ID}, {2, gone.ID}, {1, "AAAAAAAAAAAA"}, {1, ""}, {1, "\x00"}, {1, "\xff"}} {
		_, err := s.UsageByDay(t.Context(), missing.org, missing.id, first, first)
		requireCode(t, apikey.CodeNotFound, err)
	}

	remove(t, s, k)
	removed, err := s.ForgetUsage(t.Context(), math.MaxInt32, 1000)
	require.NoError(t, err)
	require.Zero(t, removed, "nothing is left of a deleted key")
}

func testForgetUsage(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	first := apikey.DayOf(start)
	var keys []*apikey.Key
	for i := range 5 {
		keys = append(keys, newKey(1, fmt.Sprint(i)))
	}
	insert(t, s, keys...)
	for day := range 4 {
		for _, k := range keys {
			require.NoError(t,
				s.RecordUsage(t.Context(), apikey.UsageBatch{Uses: []apikey.KeyUsage{use(t, k, 1, start.AddDate(0, 0, day), "")}}))
		}
	}
	forget := func(s apikey.Store, before apikey.Day, limit int) int64 {
		t.Helper()
		removed, err := s.ForgetUsage(t.Context(), first+before, limit)
		require.NoError(t, err)
		return removed
	}
	require.Zero(t, forget(s, 0, 100))
	require.EqualValues(t, 7, forget(s, 2, 7), "the oldest, as many as were asked for")
	require.EqualValues(t, 3, forget(other, 2, 7))
	require.Zero(t, forget(s, 2, 7))
	for _, k := range keys {
		equal(t, []apikey.DayUsage{{Day: first + 2, Count: 1}, {Day: first + 3, Count: 1}}, usageByDay(t, s, k, 0, 3))
		got, err := s.Key(t.Context(), 1, k.ID)
		require.NoError(t, err)
		require.EqualValues(t, 4, got.Usage.Count, "what a key has in all stays")
	}
}

// testUsageOfDeleted deletes keys while recorders write down their use.
func testUsageOfDeleted(t *testing.T, open Opener) {
	stores := []apikey.Store{open(t), open(t)}
	var keys []*apikey.Key
	for i := range 12 {
		keys = append(keys, newKey(1, fmt.Sprint(i)))
	}
	insert(t, stores[0], keys...)
	ended := make(chan struct{})
	var group sync.WaitGroup
	for _, s := range stores {
		group.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-ended:
					return
				default:
				}
				var uses []apikey.KeyUsage
				for j, k := range keys {
					uses = append(uses, use(t, k, 1, start.AddDate(0, 0, (i+j)%3), ""))
				}
				if err := s.RecordUsage(t.Context(), apikey.UsageBatch{Uses: uses}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i, k := range keys {
		err := stores[i%2].Write(t.Context(), func(tx apikey.Tx) error { return tx.Delete(t.Context(), k) })
		if err != nil {
			t.Error(err)
		}
	}
	close(ended)
	group.Wait()
	removed, err := stores[0].ForgetUsage(t.Context(), math.MaxInt32, 1000)
	require.NoError(t, err)
	require.Zero(t, removed)
}
