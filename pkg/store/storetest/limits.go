package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// uses returns what a server says of the limits of a key.
func uses(t tester, k *apikey.Key, scope string, day apikey.Day, requests, wants int64) apikey.LimitUse {
	t.Helper()
	return apikey.LimitUse{
		KeyID: idOf(t, k), Scope: scope, Day: day, Count: apikey.LimitCount{Requests: requests, Bytes: 1000 * requests},
		Wants: apikey.LimitWants{Requests: wants, Bytes: 2 * wants, Running: 3 * wants},
	}
}

// counts returns what all servers let in on day 7.
func counts(t tester, s apikey.Store) map[string]int64 {
	t.Helper()
	sums := map[string]int64{}
	require.NoError(t, s.LimitCounts(t.Context(), 7, func(id apikey.ID, scope string, n apikey.LimitCount) {
		require.Equal(t, 1000*n.Requests, n.Bytes)
		sums[id.String()+" "+scope] = n.Requests
	}))
	return sums
}

func testLimits(t *testing.T, open Opener) {
	a, b := open(t), open(t)
	k, other := newKey(1, "k"), newKey(1, "other")
	gone := newKey(1, "gone")
	insert(t, a, k, other, gone)
	remove(t, a, gone)
	share := func(s apikey.Store, r apikey.LimitReport) apikey.SharedLimits {
		t.Helper()
		shared, err := s.ShareLimits(t.Context(), r)
		require.NoError(t, err)
		return shared
	}
	wants := func(server string, n int64) apikey.ServerWants {
		return apikey.ServerWants{Server: server,
			LimitWants: apikey.LimitWants{Requests: n, Bytes: 2 * n, Running: 3 * n}}
	}
	require.Equal(t, 1, share(a, apikey.LimitReport{Server: "a"}).Servers, "who only looks is not there for others")
	require.Equal(t, 1, share(b, apikey.LimitReport{Server: "b", Announce: true}).Servers)
	require.Equal(t, 2, share(a, apikey.LimitReport{Server: "a"}).Servers)

	one := share(a, apikey.LimitReport{Server: "a", Announce: true, Uses: []apikey.LimitUse{
		uses(t, k, "", 7, 10, 5), uses(t, gone, "", 7, 10, 5), uses(t, k, "in", 7, 1, 0), uses(t, other, "", 6, 3, 0),
	}})
	require.Equal(t, 2, one.Servers)
	require.Equal(t, make([]apikey.LimitShare, 4), one.Shares, "others have said nothing")
	two := share(b, apikey.LimitReport{Server: "b", Known: true, Uses: []apikey.LimitUse{
		uses(t, other, "", 7, 2, 1), uses(t, k, "in", 7, 4, 0), uses(t, k, "", 7, 20, 6),
	}})
	require.Equal(t, []apikey.LimitShare{
		{}, {Count: apikey.LimitCount{Requests: 1, Bytes: 1000}},
		{Count: apikey.LimitCount{Requests: 10, Bytes: 10_000}, Wants: []apikey.ServerWants{wants("a", 5)}},
	}, two.Shares, "of the same day, and in the order in which was asked")
	require.Equal(t, map[string]int64{k.ID + " ": 30, k.ID + " in": 5, other.ID + " ": 2}, counts(t, a))

	again := share(a, apikey.LimitReport{Server: "a", Known: true,
		Uses: []apikey.LimitUse{uses(t, k, "", 7, 11, 0), uses(t, other, "", 7, 0, 0)}})
	require.Equal(t, []apikey.ServerWants{wants("b", 6)}, again.Shares[0].Wants)
	require.Equal(t, map[string]int64{k.ID + " ": 31, k.ID + " in": 5, other.ID + " ": 2}, counts(t, b),
		"what is said replaces what was said before")

	settle := func(s apikey.Store, today apikey.Day, server string) {
		t.Helper()
		require.NoError(t, s.SettleLimits(t.Context(), today, server))
	}
	settle(b, 7, "")
	require.Equal(t, 2, share(a, apikey.LimitReport{Server: "a"}).Servers, "nobody is gone")
	settle(a, 7, "a")
	settle(b, 7, "a")
	require.Equal(t, 1, share(b, apikey.LimitReport{Server: "b"}).Servers)
	require.Equal(t, map[string]int64{k.ID + " ": 31, k.ID + " in": 5, other.ID + " ": 2}, counts(t, b),
		"what it let in stays")
	require.True(t, share(a, apikey.LimitReport{Server: "a", Known: true,
		Uses: []apikey.LimitUse{uses(t, k, "", 7, 99, 5)}}).Forgotten)
	require.Equal(t, int64(31), counts(t, b)[k.ID+" "], "who was taken for gone changes nothing under its name")
	require.False(t, share(a, apikey.LimitReport{Server: "a2", Announce: true,
		Uses: []apikey.LimitUse{uses(t, k, "", 7, 1, 5)}}).Forgotten)
	settle(b, 7, "a2")
	settle(b, 7, "b")
	require.Equal(t, map[string]int64{k.ID + " ": 32, k.ID + " in": 5, other.ID + " ": 2}, counts(t, b), "sums add up")

	remove(t, a, k)
	require.Equal(t, map[string]int64{other.ID + " ": 2}, counts(t, b), "nothing is left of a deleted key")
	settle(b, 8, "")
	require.Len(t, counts(t, b), 1, "clocks may differ")
	settle(b, 9, "")
	require.Empty(t, counts(t, b), "days that are over go")
}
