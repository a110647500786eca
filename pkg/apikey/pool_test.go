package apikey_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// pools returns the names of the pools with their counts of active and of all
// keys.
func (b *bench) pools(t *testing.T) map[string][2]int64 {
	t.Helper()
	list, err := b.Pools(admin(t))
	require.NoError(t, err)
	out := map[string][2]int64{}
	for _, p := range list {
		var all int64
		for _, n := range p.Keys {
			all += n
		}
		out[p.Name] = [2]int64{p.Keys[apikey.StateActive], all}
	}
	return out
}

// trail returns the newest actions of the audit trail, the newest first.
func (b *bench) trail(t *testing.T, n int) (actions []string) {
	t.Helper()
	entries, _, err := b.Audit(admin(t), apikey.AuditQuery{Limit: n})
	require.NoError(t, err)
	for _, e := range entries {
		actions = append(actions, strings.TrimSpace(fmt.Sprintf("%s %s", e.Action, e.KeyName)))
		if e.KeyID == "" {
			require.NotEmpty(t, e.Pool)
		}
	}
	return actions
}

func TestPoolsAreMadeListedAndRemoved(t *testing.T) {
	b := newBench(t, false)
	p, err := b.CreatePool(admin(t), apikey.NewPool{Name: "edge", Description: " Agents at the edge. "})
	require.NoError(t, err)
	require.Equal(t, "Agents at the edge.", p.Description)
	require.Equal(t, "grace", p.CreatedBy)
	require.Equal(t, b.now, p.CreatedAt)
	_, err = b.CreatePool(admin(t), apikey.NewPool{Name: "edge"})
	requireCode(t, apikey.CodeDuplicateName, err)
	_, err = b.CreatePool(as(t, 2, apikey.RoleAdmin), apikey.NewPool{Name: "edge"})
	require.NoError(t, err, "another organization")
	_, err = b.CreatePool(admin(t), apikey.NewPool{Name: "-", Description: "\a"})
	require.Equal(t, []string{"name", "description"}, fields(t, err))
	_, err = b.CreatePool(admin(t), apikey.NewPool{Name: strings.Repeat("x", 256)})
	require.Equal(t, []string{"name"}, fields(t, err))
	_, err = b.CreatePool(admin(t), apikey.NewPool{Name: strings.Repeat("x", 255)})
	require.NoError(t, err)
	require.NoError(t, b.DeletePool(admin(t), strings.Repeat("x", 255), false))
	require.Equal(t, map[string][2]int64{"edge": {0, 0}}, b.pools(t))

	require.NoError(t, b.DeletePool(admin(t), "edge", false))
	require.Empty(t, b.pools(t))
	requireCode(t, apikey.CodeNotFound, b.DeletePool(admin(t), "edge", true))
	_, err = b.RevokePool(admin(t), "edge")
	requireCode(t, apikey.CodeNotFound, err)
	_, _, err = b.RotatePool(admin(t), "edge", apikey.PoolRun{}, apikey.Rotation{})
	requireCode(t, apikey.CodeNotFound, err)
	require.Equal(t, []string{"deletePool", "deletePool", "createPool", "createPool"}, b.trail(t, 10))
}

func TestPoolsTakeAnAdmin(t *testing.T) {
	b := newBench(t, false)
	editor := as(t, 1, apikey.RoleEditor)
	_, err := b.Pools(editor)
	requireCode(t, apikey.CodeForbidden, err)
	_, err = b.CreatePool(editor, apikey.NewPool{Name: "edge"})
	requireCode(t, apikey.CodeForbidden, err)
	requireCode(t, apikey.CodeForbidden, b.DeletePool(editor, "edge", false))
	_, err = b.RevokePool(editor, "edge")
	requireCode(t, apikey.CodeForbidden, err)
	_, _, err = b.RotatePool(editor, "edge", apikey.PoolRun{}, apikey.Rotation{})
	requireCode(t, apikey.CodeForbidden, err)
	_, err = b.End(editor, "aaaaaaaaaaaa", apikey.End{How: apikey.Delete})
	requireCode(t, apikey.CodeForbidden, err)
}

func TestAKeyMakesItsPool(t *testing.T) {
	b := newBench(t, false)
	first := b.create(t, apikey.NewKey{Name: "a", Pool: "edge"})
	b.create(t, apikey.NewKey{Name: "b", Pool: "edge"})
	require.Equal(t, map[string][2]int64{"edge": {2, 2}}, b.pools(t))
	require.Equal(t, []string{"create b", "create a", "createPool"}, b.trail(t, 10))

	require.NoError(t, b.DeletePool(admin(t), "edge", true))
	require.Empty(t, b.pools(t))
	k, err := b.Key(admin(t), first.Key.ID)
	require.NoError(t, err)
	require.Equal(t, apikey.StateRevoked, k.State(b.now))
	require.Equal(t, []string{"deletePool", "revoke b", "revoke a"}, b.trail(t, 3))
}

func TestAPoolWithUsableKeysIsKept(t *testing.T) {
	b := newBench(t, false)
	k := b.create(t, apikey.NewKey{Name: "a", Pool: "edge", Lifetime: apikey.ExpiresIn(time.Hour)}).Key
	_, err := b.Update(admin(t), k.ID, apikey.Update{Enabled: new(bool)}, false)
	require.NoError(t, err)
	err = b.DeletePool(admin(t), "edge", false)
	requireCode(t, apikey.CodeConflict, err) // it could be enabled again
	require.ErrorContains(t, err, "can be used: 1")

	b.now = b.now.Add(time.Hour)
	require.NoError(t, b.DeletePool(admin(t), "edge", false), "its only key has expired")
	require.Empty(t, b.pools(t))
	_, err = b.Update(admin(t), k.ID, apikey.Update{Lifetime: apikey.Never()}, false)
	require.NoError(t, err)
	require.Equal(t, map[string][2]int64{"edge": {0, 1}}, b.pools(t), "a key that can be used again has its pool again")
}

func TestAPoolIsRevokedInOneAct(t *testing.T) {
	b := newBench(t, true)
	b.create(t, apikey.NewKey{Name: "a", Pool: "edge"})
	expired := b.create(t, apikey.NewKey{Name: "b", Pool: "edge", Lifetime: apikey.ExpiresIn(time.Hour)}).Key
	other := b.create(t, apikey.NewKey{Name: "c", Pool: "core"}).Key
	b.now = b.now.Add(2 * time.Hour)
	n, err := b.RevokePool(admin(t), "edge")
	require.NoError(t, err)
	require.Equal(t, 2, n, "an expired key could be given more time")
	k, err := b.Key(admin(t), expired.ID)
	require.NoError(t, err)
	require.Equal(t, b.now, k.RevokedAt)
	k, err = b.Key(admin(t), other.ID)
	require.NoError(t, err)
	require.True(t, k.RevokedAt.IsZero())
	n, err = b.RevokePool(admin(t), "edge")
	require.NoError(t, err)
	require.Zero(t, n)

	b.create(t, apikey.NewKey{Name: "z", Pool: "core", Role: apikey.RoleAdmin})
	_, err = b.RevokePool(admin(t), "core")
	requireCode(t, apikey.CodeLastAdmin, err)
	requireCode(t, apikey.CodeLastAdmin, b.DeletePool(admin(t), "core", true))
	k, err = b.Key(admin(t), other.ID)
	require.NoError(t, err)
	require.True(t, k.RevokedAt.IsZero(), "all or none")
}

func TestAPoolIsRotated(t *testing.T) {
	b := newBench(t, false)
	first := b.create(t, apikey.NewKey{Name: "a", Pool: "edge", Role: apikey.RoleAgent}).Key
	disabled := b.create(t, apikey.NewKey{Name: "b", Pool: "edge"}).Key
	_, err := b.Update(admin(t), disabled.ID, apikey.Update{Enabled: new(bool)}, false)
	require.NoError(t, err)
	revoked := b.create(t, apikey.NewKey{Name: "c", Pool: "edge"}).Key
	_, err = b.End(admin(t), revoked.ID, apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	b.create(t, apikey.NewKey{Name: "d"})

	for n := range 2 {
		issued, next, err := b.RotatePool(admin(t), "edge", apikey.PoolRun{}, apikey.Rotation{Overlap: time.Hour})
		require.NoError(t, err)
		require.Nil(t, next, "one step is enough")
		require.Len(t, issued, 2)
		require.Equal(t, first.ID, issued[0].Key.ID)
		require.Len(t, issued[0].Key.Tokens, n+2)
		require.Equal(t, issued[0].Token[4:16], issued[0].Key.Newest().ID)
		require.False(t, issued[1].Key.Enabled)
	}
	old, err := b.Key(admin(t), first.ID)
	require.NoError(t, err)
	require.Equal(t, b.now.Add(time.Hour), old.Tokens[0].ExpiresAt)

	_, _, err = b.RotatePool(admin(t), "edge", apikey.PoolRun{}, apikey.Rotation{Overlap: -1})
	require.Equal(t, []string{"overlap"}, fields(t, err))
}

// A pool of many keys is rotated in steps. A step whose answer was lost is taken
// again, and the keys that were made meanwhile are left alone.
func TestAPoolIsRotatedInSteps(t *testing.T) {
	b := newBench(t, false)
	keys := map[string]bool{}
	const n = 2*apikey.PoolStep + 7
	require.NoError(t, b.store.Write(t.Context(), func(tx apikey.Tx) error {
		_, err := tx.AddPool(t.Context(), &apikey.Pool{OrgID: 1, Name: "edge"})
		for i := range n {
			_, id := apikey.NewToken()
			k := &apikey.Key{
				ID: id.String(), OrgID: 1, Name: fmt.Sprint(i), Role: apikey.RoleAgent, Pool: "edge", Enabled: true, CreatedAt: b.now,
				Tokens: []apikey.Token{{ID: id.String(), CreatedAt: b.now}},
			}
			keys[k.ID] = true
			r := k.Record()
			k.Mark = b.peppers.Mark(&r)
			if err := tx.Insert(t.Context(), k); err != nil {
				return err
			}
		}
		return err
	}))
	b.now = b.now.Add(time.Minute)
	var run apikey.PoolRun
	var steps []int
	tokens := map[string]string{}
	for again := true; ; {
		issued, next, err := b.RotatePool(admin(t), "edge", run, apikey.Rotation{Overlap: time.Hour})
		require.NoError(t, err)
		b.now = b.now.Add(time.Minute)
		if len(steps) == 1 && again { // this answer gets lost
			again = false
			b.create(t, apikey.NewKey{Name: "late", Pool: "edge"})
			continue
		}
		steps = append(steps, len(issued))
		for _, one := range issued {
			require.True(t, keys[one.Key.ID])
			require.Empty(t, tokens[one.Key.ID], "each once")
			tokens[one.Key.ID] = one.Token
		}
		if next == nil {
			break
		}
		run = *next
	}
	require.Equal(t, []int{apikey.PoolStep, apikey.PoolStep, 7}, steps)
	require.Len(t, tokens, n)
	two, three := 0, 0
	for id, token := range tokens {
		k, err := b.Key(admin(t), id)
		require.NoError(t, err)
		require.Equal(t, token[4:16], k.Newest().ID)
		switch len(k.Tokens) {
		case 2:
			two++
		case 3: // the lost one ends as others do
			three++
			require.WithinDuration(t, b.now.Add(time.Hour), k.Tokens[1].ExpiresAt, 10*time.Minute)
		}
	}
	require.Equal(t, []int{n - apikey.PoolStep, apikey.PoolStep}, []int{two, three})
}
