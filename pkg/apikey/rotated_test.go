package apikey_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// chain makes a key and rotates it with the overlaps; the newest key is the
// first.
func (b *bench) chain(t *testing.T, role apikey.Role, overlaps ...time.Duration) (ids []string) {
	t.Helper()
	ids = []string{b.create(t, apikey.NewKey{Name: "edge", Role: role, Lifetime: apikey.Never()}).Key.ID}
	for _, overlap := range overlaps {
		issued, err := b.Rotate(admin(t), ids[0], overlap, apikey.Lifetime{})
		require.NoError(t, err)
		ids = append([]string{issued.Key.ID}, ids...)
	}
	return ids
}

func (b *bench) states(t *testing.T, ids ...string) (states []apikey.State) {
	t.Helper()
	for _, id := range ids {
		k, err := b.Key(admin(t), id)
		require.NoError(t, err)
		states = append(states, k.State(b.now))
	}
	return states
}

func (b *bench) rotated(t *testing.T, id string) (ids []string) {
	t.Helper()
	keys, err := b.Rotated(admin(t), id)
	require.NoError(t, err)
	for _, k := range keys {
		ids = append(ids, k.ID)
	}
	return ids
}

func TestRotatedKeysAreThoseThatStillWork(t *testing.T) {
	b := newBench(t, false)
	ids := b.chain(t, apikey.RoleAgent, 7*day, 0, time.Hour) // the oldest works for a week, the next one not at all
	require.Equal(t, []string{ids[1], ids[3]}, b.rotated(t, ids[0]), "one that has expired does not hide those before it")
	require.Equal(t, []string{ids[3]}, b.rotated(t, ids[1]))
	require.Empty(t, b.rotated(t, ids[3]))
	b.now = b.now.Add(time.Hour)
	require.Equal(t, []string{ids[3]}, b.rotated(t, ids[0]))
	require.NoError(t, b.Delete(admin(t), ids[2], false))
	require.Empty(t, b.rotated(t, ids[0]), "a deleted key ends the way")

	_, err := b.Rotated(as(t, 2, apikey.RoleAdmin), ids[0])
	requireCode(t, apikey.CodeNotFound, err)
	_, err = b.Rotated(as(t, 1, apikey.RoleEditor), ids[0])
	requireCode(t, apikey.CodeForbidden, err)
}

func TestRotatedKeysEndWithTheirSuccessorIfAsked(t *testing.T) {
	off := false
	for name, c := range map[string]struct {
		end   func(context.Context, *bench, string, ...apikey.Reach) error
		state apikey.State // of what was ended; empty = it is gone
	}{
		"revoke": {func(ctx context.Context, b *bench, id string, reach ...apikey.Reach) error {
			_, err := b.Revoke(ctx, id, false, reach...)
			return err
		}, apikey.StateRevoked},
		"disable": {func(ctx context.Context, b *bench, id string, reach ...apikey.Reach) error {
			_, err := b.Update(ctx, id, apikey.Update{Enabled: &off}, false, reach...)
			return err
		}, apikey.StateDisabled},
		"delete": {func(ctx context.Context, b *bench, id string, reach ...apikey.Reach) error {
			return b.Delete(ctx, id, false, reach...)
		}, ""},
		"revoke and delete": {func(ctx context.Context, b *bench, id string, reach ...apikey.Reach) error {
			return b.RevokeAndDelete(ctx, id, false, reach...)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, false)
			ids := b.chain(t, apikey.RoleAgent, 7*day, 0, time.Hour)
			before := b.changed
			require.NoError(t, c.end(admin(t), b, ids[0], apikey.AndRotated))
			require.Equal(t, before+1, b.changed, "one transaction")
			require.Equal(t, []apikey.State{apikey.StateExpired}, b.states(t, ids[2]), "what did not work is left alone")
			if c.state != "" {
				require.Equal(t, []apikey.State{c.state, c.state, c.state}, b.states(t, ids[0], ids[1], ids[3]))
			} else {
				for _, id := range []string{ids[0], ids[1], ids[3]} {
					_, err := b.Key(admin(t), id)
					requireCode(t, apikey.CodeNotFound, err)
				}
			}

			b = newBench(t, false)
			ids = b.chain(t, apikey.RoleAgent, time.Hour)
			require.NoError(t, c.end(admin(t), b, ids[0]))
			require.Equal(t, []apikey.State{apikey.StateActive}, b.states(t, ids[1]), "not asked")
		})
	}
}

func TestRotatedKeysEndAllOrNone(t *testing.T) {
	b := newBench(t, true)
	ids := b.chain(t, apikey.RoleAdmin, time.Hour)
	_, err := b.Revoke(admin(t), ids[0], false, apikey.AndRotated)
	requireCode(t, apikey.CodeLastAdmin, err)
	require.ErrorContains(t, err, `"edge" is the last`)
	require.Equal(t, []apikey.State{apikey.StateActive, apikey.StateActive}, b.states(t, ids...))
	_, err = b.Revoke(admin(t), ids[0], true, apikey.AndRotated)
	require.NoError(t, err)
	require.Equal(t, []apikey.State{apikey.StateRevoked, apikey.StateRevoked}, b.states(t, ids...))
}

func TestOnlyADisableReachesRotatedKeys(t *testing.T) {
	b := newBench(t, false)
	ids := b.chain(t, apikey.RoleAgent, time.Hour)
	on, name := true, "new"
	for _, u := range []apikey.Update{{Enabled: &on}, {Name: &name}} {
		_, err := b.Update(admin(t), ids[0], u, false, apikey.AndRotated)
		require.Equal(t, []string{"enabled"}, fields(t, err))
	}
	require.Equal(t, []apikey.State{apikey.StateActive, apikey.StateActive}, b.states(t, ids...))
}
