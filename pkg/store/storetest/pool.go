package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

func addPool(t tester, s apikey.Store, p apikey.Pool) (added bool) {
	t.Helper()
	write(t, s, func(tx apikey.Tx) (err error) {
		added, err = tx.AddPool(t.Context(), &p)
		return err
	})
	return added
}

// newPool returns a pool without keys, as a store lists it.
func newPool(orgID int64, name string) apikey.Pool {
	return apikey.Pool{
		OrgID: orgID, Name: name, Description: "Ä\n\t'\"%_", CreatedAt: start, CreatedBy: "admin ä",
		Keys: map[apikey.State]int64{apikey.StateActive: 0, apikey.StateDisabled: 0, apikey.StateExpired: 0,
			apikey.StateRevoked: 0},
	}
}

func testPools(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	pools := func(orgID int64) []apikey.Pool {
		t.Helper()
		list, err := other.Pools(t.Context(), orgID, start)
		require.NoError(t, err)
		return list
	}
	require.Empty(t, pools(1))
	edge, long, elsewhere := newPool(1, "edge"), newPool(1, strings.Repeat("x", apikey.MaxPoolNameLength)), newPool(2,
		"edge")
	elsewhere.Description, elsewhere.CreatedAt = "", start.Add(time.Millisecond)
	for _, p := range []apikey.Pool{long, edge, elsewhere} {
		require.True(t, addPool(t, s, p))
	}
	again := newPool(1, "edge")
	again.Description, again.CreatedBy = "another", "somebody"
	require.False(t, addPool(t, other, again))
	equal(t, []apikey.Pool{edge, long}, pools(1))
	equal(t, []apikey.Pool{elsewhere}, pools(2))

	in := func(orgID int64, pool, name string, change func(k *apikey.Key)) {
		k := newKey(orgID, name)
		k.Pool = pool
		change(k)
		insert(t, s, k)
	}
	in(1, "edge", "a", func(*apikey.Key) {})
	in(1, "edge", "b", func(k *apikey.Key) { k.ExpiresAt = start.Add(time.Millisecond) })
	in(1, "edge", "disabled", func(k *apikey.Key) { k.Enabled = false })
	in(1, "edge", "disabled for a while",
		func(k *apikey.Key) { k.Enabled, k.DisabledUntil = false, start.Add(time.Millisecond) })
	in(1, "edge", "disabled for a while that is over",
		func(k *apikey.Key) { k.Enabled, k.DisabledUntil = false, start })
	in(1, "edge", "expired", func(k *apikey.Key) { k.ExpiresAt = start })
	in(1, "edge", "expired and disabled", func(k *apikey.Key) { k.ExpiresAt, k.Enabled = start, false })
	in(1, "edge", "revoked", func(k *apikey.Key) { k.RevokedAt = start })
	in(1, "edge", "revoked and expired", func(k *apikey.Key) { k.RevokedAt, k.ExpiresAt = start, start })
	in(1, "edge", "revoked and disabled", func(k *apikey.Key) { k.RevokedAt, k.Enabled = start, false })
	in(1, "", "without", func(*apikey.Key) {})
	in(1, "not a pool", "stray", func(*apikey.Key) {})
	in(2, "edge", "elsewhere", func(*apikey.Key) {})
	edge.Keys = map[apikey.State]int64{apikey.StateActive: 3, apikey.StateDisabled: 2, apikey.StateExpired: 2,
		apikey.StateRevoked: 3}
	elsewhere.Keys[apikey.StateActive] = 1
	equal(t, []apikey.Pool{edge, long}, pools(1))
	equal(t, []apikey.Pool{elsewhere}, pools(2))

	deletePool := func(orgID int64, name string) error {
		return s.Write(t.Context(), func(tx apikey.Tx) error { return tx.DeletePool(t.Context(), orgID, name) })
	}
	require.NoError(t, deletePool(1, "edge"))
	equal(t, []apikey.Pool{long}, pools(1))
	equal(t, []apikey.Pool{elsewhere}, pools(2))
	require.Len(t, all(t, other, 1), 12, "keys must stay")
	requireCode(t, apikey.CodeNotFound, deletePool(1, "edge"))
	requireCode(t, apikey.CodeNotFound, deletePool(3, "edge"))
	require.True(t, addPool(t, other, again))
}

func testPoolKeys(t *testing.T, open Opener) {
	s := open(t)
	mine, second, disabled := newKey(1, "mine"), newKey(1, "before mine"), fullKey("disabled")
	mine.Pool, second.Pool, disabled.Pool = "edge", "edge", "edge"
	elsewhere, without := newKey(2, "elsewhere"), newKey(1, "without")
	elsewhere.Pool = "edge"
	insert(t, s, mine, second, disabled, elsewhere, without)
	write(t, s, func(tx apikey.Tx) error {
		for _, c := range []struct {
			org  int64
			pool string
			want []*apikey.Key
		}{
			{1, "edge", []*apikey.Key{mine, second, disabled}},
			{2, "edge", []*apikey.Key{elsewhere}},
			{1, "", nil},
			{1, "Edge", nil},
			{3, "edge", nil},
		} {
			keys, err := tx.PoolKeys(t.Context(), c.org, c.pool, 0, 10)
			require.NoError(t, err)
			equal(t, c.want, keys)
			if len(c.want) > 1 {
				page, err := tx.PoolKeys(t.Context(), c.org, c.pool, c.want[0].Number, 1)
				require.NoError(t, err)
				equal(t, c.want[1:2], page)
			}
		}
		for _, k := range []*apikey.Key{mine, second} { // as when all are revoked
			k.RevokedAt = start
			require.NoError(t, tx.Update(t.Context(), k))
		}
		keys, err := tx.PoolKeys(t.Context(), 1, "edge", 0, 10)
		require.NoError(t, err)
		equal(t, []*apikey.Key{mine, second, disabled}, keys)
		return nil
	})
}

func testImported(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	mark := func(s apikey.Store, orgID int64, mark string) (first bool) {
		t.Helper()
		write(t, s, func(tx apikey.Tx) (err error) {
			first, err = tx.MarkImported(t.Context(), orgID, mark)
			return err
		})
		return first
	}
	require.True(t, mark(s, 1, "grafana 1/ä 00ff"))
	require.False(t, mark(other, 1, "grafana 1/ä 00ff"))
	require.True(t, mark(other, 2, "grafana 1/ä 00ff"))
	require.True(t, mark(s, 1, "grafana 1/Ä 00ff"))
	write(t, s, func(tx apikey.Tx) error { // twice in one transaction
		first, err := tx.MarkImported(t.Context(), 1, "kuma")
		require.NoError(t, err)
		require.True(t, first)
		first, err = tx.MarkImported(t.Context(), 1, "kuma")
		require.NoError(t, err)
		require.False(t, first)
		return nil
	})
	require.False(t, mark(other, 1, "kuma"))
}
