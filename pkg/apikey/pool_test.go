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
	_, err = b.RotatePool(admin(t), "edge", 0, apikey.Lifetime{})
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
	_, err = b.RotatePool(editor, "edge", 0, apikey.Lifetime{})
	requireCode(t, apikey.CodeForbidden, err)
	requireCode(t, apikey.CodeForbidden, b.RevokeAndDelete(editor, "aaaaaaaaaaaa", false))
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

func TestAPoolIsRotatedInOneAct(t *testing.T) {
	b := newBench(t, false)
	first := b.create(t, apikey.NewKey{Name: "a", Pool: "edge", Role: apikey.RoleAgent}).Key
	disabled := b.create(t, apikey.NewKey{Name: "b", Pool: "edge"}).Key
	_, err := b.Update(admin(t), disabled.ID, apikey.Update{Enabled: new(bool)}, false)
	require.NoError(t, err)
	revoked := b.create(t, apikey.NewKey{Name: "c", Pool: "edge"}).Key
	_, err = b.Revoke(admin(t), revoked.ID, false)
	require.NoError(t, err)
	b.create(t, apikey.NewKey{Name: "d"})

	for range 2 { // the second time, those of the first are left alone
		issued, err := b.RotatePool(admin(t), "edge", time.Hour, apikey.Lifetime{})
		require.NoError(t, err)
		require.Len(t, issued, 2)
		require.Equal(t, "a", issued[0].Key.Name)
		require.Equal(t, "edge", issued[0].Key.Pool)
		require.Equal(t, apikey.RoleAgent, issued[0].Key.Role)
		require.False(t, issued[1].Key.Enabled)
		require.NotEmpty(t, issued[0].Token)
	}
	old, err := b.Key(admin(t), first.ID)
	require.NoError(t, err)
	require.Equal(t, b.now.Add(time.Hour), old.ExpiresAt)

	_, err = b.RotatePool(admin(t), "edge", -1, apikey.Lifetime{})
	require.Equal(t, []string{"overlap"}, fields(t, err))
}

func TestRevokeAndDeleteIsOneAct(t *testing.T) {
	b := newBench(t, true)
	last := b.create(t, apikey.NewKey{Name: "root", Role: apikey.RoleAdmin}).Key
	requireCode(t, apikey.CodeLastAdmin, b.RevokeAndDelete(admin(t), last.ID, false))
	k := b.create(t, apikey.NewKey{Name: "a"}).Key
	requireCode(t, apikey.CodeNotFound, b.RevokeAndDelete(as(t, 2, apikey.RoleAdmin), k.ID, true))
	changed := b.changed
	require.NoError(t, b.RevokeAndDelete(admin(t), k.ID, false))
	require.Equal(t, changed+1, b.changed)
	_, err := b.Key(admin(t), k.ID)
	requireCode(t, apikey.CodeNotFound, err)
	require.Equal(t, []string{"delete a", "revoke a"}, b.trail(t, 2))
	requireCode(t, apikey.CodeNotFound, b.RevokeAndDelete(admin(t), k.ID, false))

	revoked := b.create(t, apikey.NewKey{Name: "b"}).Key
	_, err = b.Revoke(admin(t), revoked.ID, false)
	require.NoError(t, err)
	require.NoError(t, b.RevokeAndDelete(admin(t), revoked.ID, false))
	require.Equal(t, []string{"delete b", "revoke b", "create b"}, b.trail(t, 3), "revoked once")
	require.NoError(t, b.RevokeAndDelete(admin(t), last.ID, true))
}
