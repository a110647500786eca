package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

func testDenials(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	full := apikey.Denial{
		OrgID: 1, At: start, Count: 3, Code: apikey.CodeExpired, Reason: "The API key has expired.",
		KeyID: "4fjK2n0qPz7a", TokenID: "tokenId00001",
		Endpoint: "loki", Method: "POST", Path: "/loki/api/v1/push", Address: "192.0.2.7",
		UserAgent: "Ägent/1.0 100%_x",
	}
	unknown := apikey.Denial{At: start.Add(time.Second), Count: 1, Code: apikey.CodeInvalidToken,
		TokenID: "nobodysToken", Path: "/x", Address: "2001:db8::1"}
	theirs := apikey.Denial{OrgID: 2, At: start, Count: 1, Code: apikey.CodeExpired, KeyID: "otherKey0001"}
	require.NoError(t, s.RecordDenials(t.Context(), nil))
	require.NoError(t, s.RecordDenials(t.Context(), []apikey.Denial{full, theirs}))
	require.NoError(t, other.RecordDenials(t.Context(), []apikey.Denial{unknown}))

	list := func(q apikey.DenialQuery) (found []apikey.Denial) {
		t.Helper()
		if q.OrgID == 0 {
			q.OrgID, q.Unknown = 1, true
		}
		q.Limit = 10
		found, err := other.Denials(t.Context(), q)
		require.NoError(t, err)
		for i := range found {
			require.NotZero(t, found[i].ID)
			found[i].ID = 0
		}
		return found
	}
	for name, c := range map[string]struct {
		q    apikey.DenialQuery
		want []apikey.Denial
	}{
		"all, newest first":   {apikey.DenialQuery{}, []apikey.Denial{unknown, full}},
		"without the unknown": {apikey.DenialQuery{OrgID: 1}, []apikey.Denial{full}},
		"another's":           {apikey.DenialQuery{OrgID: 2}, []apikey.Denial{theirs}},
		"nobody's":            {apikey.DenialQuery{OrgID: 3}, nil},
		"of a key":            {apikey.DenialQuery{KeyID: full.KeyID}, []apikey.Denial{full}},
		"of a token":          {apikey.DenialQuery{KeyID: "nobodysToken"}, []apikey.Denial{unknown}},
		"another's key":       {apikey.DenialQuery{KeyID: theirs.KeyID}, nil},
		"code":                {apikey.DenialQuery{Code: apikey.CodeInvalidToken}, []apikey.Denial{unknown}},
		"endpoint":            {apikey.DenialQuery{Endpoint: "loki"}, []apikey.Denial{full}},
		"since":               {apikey.DenialQuery{Since: start.Add(time.Millisecond)}, []apikey.Denial{unknown}},
		"words":               {apikey.DenialQuery{Search: "192.0.2.7 PUSH ägent"}, []apikey.Denial{full}},
		"no pattern":          {apikey.DenialQuery{Search: "100%_x"}, []apikey.Denial{full}},
		"nor a wild card":     {apikey.DenialQuery{Search: "192_0"}, nil},
	} {
		require.Equal(t, c.want, list(c.q), name)
	}

	after, err := s.Denials(t.Context(),
		apikey.DenialQuery{OrgID: 1, Unknown: true, Written: true, Oldest: true, Limit: 10})
	require.NoError(t, err)
	require.Len(t, after, 2)
	require.Equal(t, full.KeyID, after[0].KeyID)
	behind, err := s.Denials(t.Context(),
		apikey.DenialQuery{OrgID: 1, Unknown: true, Written: true, Oldest: true, After: after[0].ID, Limit: 10})
	require.NoError(t, err)
	require.Equal(t, after[1:], behind)

	first, err := s.Denials(t.Context(), apikey.DenialQuery{OrgID: 1, Unknown: true, Limit: 1})
	require.NoError(t, err)
	rest, err := s.Denials(t.Context(), apikey.DenialQuery{OrgID: 1, Unknown: true, Before: first[0].ID, Limit: 10})
	require.NoError(t, err)
	require.Len(t, rest, 1)
	require.Equal(t, full.KeyID, rest[0].KeyID)

	k := newKey(1, "Édge-agents")
	insert(t, s, k)
	require.NoError(t, s.RecordDenials(t.Context(), []apikey.Denial{{OrgID: 1, At: start, Count: 1, KeyID: k.ID}}))
	named := list(apikey.DenialQuery{Search: "édge-AGENTS"})
	require.Len(t, named, 1, "the name that a key has now")
	require.Equal(t, k.Name, named[0].KeyName)
}

// testDenialOrder has servers write what happened at the same time one after the other.
func testDenialOrder(t *testing.T, open Opener) {
	s := open(t)
	at := func(org int64, seconds ...int) (batch []apikey.Denial) {
		for _, n := range seconds {
			batch = append(batch, apikey.Denial{OrgID: org, At: start.Add(time.Duration(n) * time.Second), Count: 1})
		}
		return batch
	}
	for _, batch := range [][]apikey.Denial{at(1, 2, 4, 6, 6), at(0, 1, 3, 5, 6), at(2, 9), at(1, 0)} {
		require.NoError(t, s.RecordDenials(t.Context(), batch))
	}
	list := func(q apikey.DenialQuery) []apikey.Denial {
		t.Helper()
		q.OrgID, q.Unknown = 1, true
		found, err := s.Denials(t.Context(), q)
		require.NoError(t, err)
		return found
	}
	seconds := func(denials []apikey.Denial) (list []int) {
		for _, d := range denials {
			list = append(list, int(d.At.Sub(start)/time.Second))
		}
		return list
	}
	whole := list(apikey.DenialQuery{Limit: 100})
	require.Equal(t, []int{6, 6, 6, 5, 4, 3, 2, 1, 0}, seconds(whole))
	require.Greater(t, whole[0].ID, whole[1].ID)
	require.Greater(t, whole[1].ID, whole[2].ID)
	for limit := 1; limit <= 4; limit++ {
		var paged []apikey.Denial
		q := apikey.DenialQuery{Limit: limit}
		for page := list(q); len(page) > 0; page = list(q) {
			paged = append(paged, page...)
			q.BeforeAt, q.Before = page[len(page)-1].At, page[len(page)-1].ID
		}
		require.Equal(t, whole, paged, "pages of %d", limit)
	}
	require.Equal(t, []int{6, 6, 5, 4, 3, 2, 1}, seconds(list(apikey.DenialQuery{Before: whole[0].ID, Limit: 100})),
		"a cursor of an older server has a number alone")
	require.Equal(t, []int{0, 6, 5, 3, 1, 6, 6, 4, 2}, seconds(list(apikey.DenialQuery{Written: true, Limit: 100})))
	require.Equal(t, []int{2, 4, 6, 6, 1, 3, 5, 6, 0},
		seconds(list(apikey.DenialQuery{Written: true, Oldest: true, Limit: 100})))
}

func testForgetDenials(t *testing.T, open Opener) {
	s := open(t)
	var batch []apikey.Denial
	for i := range 10 {
		for org := range int64(3) {
			batch = append(batch,
				apikey.Denial{OrgID: org, At: start.Add(time.Duration(i) * time.Hour), Path: fmt.Sprint(i)})
		}
	}
	require.NoError(t, s.RecordDenials(t.Context(), batch))
	require.NoError(t, s.RecordDenials(t.Context(),
		[]apikey.Denial{{OrgID: 4, At: start}, {OrgID: 4, At: start.Add(9 * time.Hour)}}))
	forget := func(limit int) (removed int64) {
		t.Helper()
		removed, err := s.ForgetDenials(t.Context(), start.Add(time.Hour), 5, limit)
		require.NoError(t, err)
		return removed
	}
	require.Equal(t, int64(4), forget(4), "in pieces")
	require.Equal(t, int64(12), forget(100), "4 are too old, 5 of each of three organizations too many but for those")
	require.Zero(t, forget(100))
	for org, want := range map[int64]int{1: 5, 2: 5, 4: 1} {
		kept, err := s.Denials(t.Context(), apikey.DenialQuery{OrgID: org, Limit: 100})
		require.NoError(t, err)
		require.Len(t, kept, want)
		require.Equal(t, start.Add(9*time.Hour), kept[0].At, "the newest stays")
	}
}
