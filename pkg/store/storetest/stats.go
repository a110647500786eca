package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

func testHours(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	hour := apikey.HourOf(start)
	count := func(hour apikey.Hour, org int64, endpoint string, code apikey.Code, n int64) apikey.HourCount {
		return apikey.HourCount{Hour: hour, OrgID: org, Endpoint: endpoint, Code: code, Requests: n}
	}
	record := func(s apikey.Store, counts ...apikey.HourCount) {
		t.Helper()
		require.NoError(t, s.RecordUsage(t.Context(), apikey.UsageBatch{Hours: counts}))
	}
	record(s, count(hour, 1, "loki", apikey.CodeValid, 3), count(hour, 1, "loki", apikey.CodeExpired, 1),
		count(hour, 1, "Ä", apikey.CodeValid, 1), count(hour, 2, "loki", apikey.CodeValid, 7),
		count(hour, 0, "", apikey.CodeInvalidToken, 9), count(hour-2, 1, "loki", apikey.CodeValid, 5))
	record(other, count(hour, 1, "loki", apikey.CodeValid, 2), count(hour, 1, "loki", apikey.CodeValid, 1),
		count(hour+1, 1, "loki", apikey.CodeValid, 1))
	type both struct{ hours, endpoints []apikey.HourCount }
	hours := func(q apikey.HourQuery) (b both) {
		t.Helper()
		var err error
		b.hours, b.endpoints, err = other.Hours(t.Context(), q)
		require.NoError(t, err)
		return b
	}
	got := hours(apikey.HourQuery{OrgID: 1, From: hour - 2, To: hour})
	require.ElementsMatch(t, []apikey.HourCount{
		count(hour, 0, "", apikey.CodeValid, 7), count(hour, 0, "", apikey.CodeExpired, 1),
		count(hour-2, 0, "", apikey.CodeValid, 5),
	}, got.hours)
	require.ElementsMatch(t, []apikey.HourCount{
		count(0, 0, "loki", apikey.CodeValid, 11), count(0, 0, "loki", apikey.CodeExpired, 1),
		count(0, 0, "Ä", apikey.CodeValid, 1),
	}, got.endpoints)
	got = hours(apikey.HourQuery{OrgID: 2, Unknown: true, From: hour, To: hour})
	require.ElementsMatch(t, []apikey.HourCount{
		count(hour, 0, "", apikey.CodeValid, 7), count(hour, 0, "", apikey.CodeInvalidToken, 9),
	}, got.hours)
	require.Len(t, hours(apikey.HourQuery{OrgID: 1, From: hour, To: hour + 1, Endpoint: "loki"}).hours, 3)
	require.Len(t, hours(apikey.HourQuery{OrgID: 1, From: hour, To: hour + 1, Endpoint: "Ä"}).endpoints, 1)
	require.Zero(t, hours(apikey.HourQuery{OrgID: 1, From: hour, To: hour - 1}))
	require.Zero(t, hours(apikey.HourQuery{OrgID: 1, From: hour, To: hour, Endpoint: "\x00"}))

	forget := func(limit int) int64 {
		t.Helper()
		removed, err := s.ForgetHours(t.Context(), hour+1, limit)
		require.NoError(t, err)
		return removed
	}
	require.EqualValues(t, 4, forget(4))
	require.EqualValues(t, 2, forget(4))
	require.Zero(t, forget(4))
	require.Len(t, hours(apikey.HourQuery{OrgID: 1, From: 0, To: hour + 1}).hours, 1)
}

func testKeyCounts(t *testing.T, open Opener) {
	s := open(t)
	day := 24 * time.Hour
	q := apikey.CountKeysQuery{OrgID: 1, Now: start, UnusedSince: start.Add(-90 * day), EndsBefore: start.Add(30 * day)}
	counts := func() apikey.KeyCounts {
		t.Helper()
		c, err := s.KeyCounts(t.Context(), q)
		require.NoError(t, err)
		return c
	}
	require.Zero(t, counts())
	var keys []*apikey.Key
	insertKey := func(name string, change func(*apikey.Key)) *apikey.Key {
		k := newKey(1, name)
		k.CreatedAt = start.Add(-200 * day)
		change(k)
		keys = append(keys, k)
		return k
	}
	insertKey("fine", func(*apikey.Key) {})
	insertKey("new", func(k *apikey.Key) { k.CreatedAt = start.Add(-day) })
	soon := insertKey("ends soon", func(k *apikey.Key) { k.ExpiresAt, k.Owner = start.Add(20*day), "sre" })
	sooner := insertKey("ends sooner", func(k *apikey.Key) { k.ExpiresAt = start.Add(time.Millisecond) })
	token := insertKey("its token ends", func(k *apikey.Key) {
		k.ExpiresAt, k.Tokens[0].ExpiresAt = start.Add(300*day), start.Add(10*day)
	})
	insertKey("ends late", func(k *apikey.Key) { k.ExpiresAt = start.Add(31 * day) })
	insertKey("ended", func(k *apikey.Key) { k.ExpiresAt = start })
	insertKey("off", func(k *apikey.Key) { k.Enabled = false })
	insertKey("off, and ends soon", func(k *apikey.Key) { k.Enabled, k.ExpiresAt = false, start.Add(day) })
	insertKey("paused", func(k *apikey.Key) { k.Enabled, k.DisabledUntil = false, start.Add(time.Hour) })
	insertKey("back", func(k *apikey.Key) { k.Enabled, k.DisabledUntil = false, start })
	insertKey("revoked", func(k *apikey.Key) { k.RevokedAt, k.ExpiresAt = start, start.Add(day) })
	insert(t, s, keys...)
	insert(t, s, newKey(2, "theirs"))
	record(t, s, use(t, keys[0], 1, start, ""), use(t, soon, 1, start.Add(-91*day), ""))
	require.Equal(t, apikey.KeyCounts{
		Total: 12, Active: 7, Disabled: 3, Expired: 1, Revoked: 1, NeverUsed: 10, Unused: 10, EndingSoon: 3,
	}, counts())
	unused, err := s.CountKeys(t.Context(), apikey.Query{OrgID: 1, UnusedFor: 90 * day, Now: start})
	require.NoError(t, err)
	require.EqualValues(t, 10, unused, "as the list has them")

	ending, err := s.Ending(t.Context(), q, 10)
	require.NoError(t, err)
	require.Equal(t, []apikey.KeyEnd{
		{ID: sooner.ID, Name: sooner.Name, EndsAt: sooner.ExpiresAt}, {ID: token.ID, Name: token.Name, EndsAt: start.Add(10 * day)},
		{ID: soon.ID, Name: soon.Name, Owner: "sre", EndsAt: soon.ExpiresAt},
	}, ending)
	first, err := s.Ending(t.Context(), q, 1)
	require.NoError(t, err)
	require.Equal(t, ending[:1], first)
}

func record(t tester, s apikey.Store, uses ...apikey.KeyUsage) {
	t.Helper()
	require.NoError(t, s.RecordUsage(t.Context(), apikey.UsageBatch{Uses: uses}))
}

func testMostUsed(t *testing.T, open Opener) {
	s := open(t)
	const keys = 60
	var all []*apikey.Key
	for i := range keys {
		all = append(all, newKey(1, fmt.Sprint("key ", i)))
	}
	theirs := newKey(2, "theirs")
	insert(t, s, append(all, theirs)...)
	day := apikey.DayOf(start)
	most := func(from, to apikey.Day) (names []string) {
		t.Helper()
		list, err := s.MostUsed(t.Context(), 1, day+from, day+to, 3)
		require.NoError(t, err)
		for _, n := range list {
			names = append(names, fmt.Sprint(n.Name, " ", n.Requests, "/", n.Denied))
		}
		return names
	}
	require.Empty(t, most(0, 0))
	record(t, s, use(t, theirs, 1_000_000, start, ""))
	for round := range 5 { // in batches, in which the busiest are not always the same
		var uses []apikey.KeyUsage
		for i, k := range all {
			uses = append(uses, use(t, k, int64(1+(i*17)%keys+round), start, ""), use(t, k, 1, start.AddDate(0, 0, 1), ""))
		}
		record(t, s, uses...)
	}
	// The key whose place is last comes to be first, in small steps.
	for range 8 {
		record(t, s, use(t, all[0], 100, start, ""))
	}
	refused := client(t, all[1], "agent", start.AddDate(0, 0, 1))
	refused.Requests, refused.Denied = 700, 700
	recordClients(t, s, refused)
	require.Equal(t, []string{"key 0 815/0", "key 7 310/0", "key 14 305/0"}, most(0, 0))
	require.Equal(t, "key 1 705/700", most(1, 1)[0], "what is refused counts")
	require.Equal(t, []string{"key 0 820/0", "key 1 805/700", "key 7 315/0"}, most(-5, 5))
	require.Empty(t, most(2, 9))
	remove(t, s, all[0])
	require.Equal(t, "key 7 310/0", most(0, 0)[0])
	_, err := s.ForgetHours(t.Context(), apikey.HourOf(start.AddDate(0, 0, 1)), 1000)
	require.NoError(t, err)
	require.Empty(t, most(0, 0), "days that are forgotten")
	require.NotEmpty(t, most(1, 1))
}

func testUsageOfKeys(t *testing.T, open Opener) {
	s := open(t)
	a, b, theirs := newKey(1, "a"), newKey(1, "b"), newKey(2, "theirs")
	insert(t, s, a, b, theirs)
	day := apikey.DayOf(start)
	record(t, s, use(t, a, 3, start, ""), use(t, a, 4, start.AddDate(0, 0, 2), ""), use(t, theirs, 1, start, ""))
	refused := client(t, a, "agent", start)
	refused.Denied = 1
	recordClients(t, s, refused)
	usage, err := s.UsageOfKeys(t.Context(), 1, []string{a.ID, b.ID, theirs.ID, "gone", a.ID, "\x00"}, day-1, day+1)
	require.NoError(t, err)
	equal(t, map[string][]apikey.DayUsage{a.ID: {{Day: day, Count: 3, Denied: 1}}, b.ID: nil}, usage)
	usage, err = s.UsageOfKeys(t.Context(), 1, nil, day, day)
	require.NoError(t, err)
	require.Empty(t, usage)
}

func testCountDenials(t *testing.T, open Opener) {
	s := open(t)
	require.NoError(t, s.RecordDenials(t.Context(), []apikey.Denial{
		{OrgID: 1, KeyID: "4fjK2n0qPz7a", At: start, Count: 3, Code: apikey.CodeExpired},
		{OrgID: 1, KeyID: "4fjK2n0qPz7a", At: start, Count: 2, Code: apikey.CodeExpired},
		{OrgID: 1, KeyID: "4fjK2n0qPz7a", At: start, Count: 1, Code: apikey.CodeForbidden},
		{OrgID: 1, KeyID: "4fjK2n0qPz7a", At: start.Add(-time.Hour), Count: 9, Code: apikey.CodeForbidden},
		{OrgID: 1, KeyID: "otherKey0001", At: start, Count: 9, Code: apikey.CodeForbidden},
	}))
	counts, err := s.CountDenials(t.Context(), 1, "4fjK2n0qPz7a", start)
	require.NoError(t, err)
	require.Equal(t, map[apikey.Code]int64{apikey.CodeExpired: 5, apikey.CodeForbidden: 1}, counts)
	for org, id := range map[int64]string{2: "4fjK2n0qPz7a", 1: "\x00"} {
		counts, err = s.CountDenials(t.Context(), org, id, start)
		require.NoError(t, err)
		require.Empty(t, counts)
	}
}
