package apikey_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// tokenStates returns the states of a key's tokens, the oldest first.
func (b *bench) tokenStates(t *testing.T, id string) (states []apikey.State) {
	t.Helper()
	k, err := b.Key(admin(t), id)
	require.NoError(t, err)
	for i := range k.Tokens {
		states = append(states, k.TokenState(&k.Tokens[i], b.now))
	}
	return states
}

func TestRotatingAddsATokenToTheSameKey(t *testing.T) {
	b := newBench(t, false)
	made := b.create(t, apikey.NewKey{Name: "edge", Role: apikey.RoleAgent, Pool: "eu", Endpoints: []string{"ingest"}, Description: "d", Lifetime: apikey.Never()})
	b.now = b.now.Add(time.Minute)
	issued, err := b.Rotate(admin(t), made.Key.ID, apikey.Rotation{Overlap: 24 * time.Hour, Lifetime: apikey.ExpiresIn(30 * day)})
	require.NoError(t, err)
	k, err := b.Key(admin(t), made.Key.ID)
	require.NoError(t, err)
	require.Equal(t, issued.Key, k)
	require.Equal(t, []any{"edge", apikey.RoleAgent, "eu", []string{"ingest"}, "d"}, []any{k.Name, k.Role, k.Pool, k.Endpoints, k.Description})
	require.Equal(t, b.now.Add(30*day), k.ExpiresAt)
	require.Equal(t, b.now.Add(-time.Minute), k.CreatedAt)
	require.NotEqual(t, made.Token, issued.Token)
	require.Len(t, k.Tokens, 2)
	first, second := k.Tokens[0], k.Tokens[1]
	require.Equal(t, made.Key.Tokens[0].Digest, first.Digest)
	require.Equal(t, b.now.Add(24*time.Hour), first.ExpiresAt)
	require.Equal(t, issued.Token[4:16], second.ID)
	require.Equal(t, apikey.Hint(issued.Token), second.Hint)
	require.Equal(t, []any{b.now, "grace"}, []any{second.CreatedAt, second.CreatedBy})
	require.Zero(t, second.ExpiresAt, "it ends with its key")

	b.now = b.now.Add(24*time.Hour - time.Millisecond)
	require.Equal(t, []apikey.State{apikey.StateActive, apikey.StateActive}, b.tokenStates(t, k.ID))
	b.now = b.now.Add(time.Millisecond)
	require.Equal(t, []apikey.State{apikey.StateExpired, apikey.StateActive}, b.tokenStates(t, k.ID))
	_, err = b.Rotate(admin(t), k.ID, apikey.Rotation{})
	require.NoError(t, err)
	require.Equal(t, []apikey.State{apikey.StateExpired, apikey.StateExpired, apikey.StateActive}, b.tokenStates(t, k.ID), "an overlap of 0 stops the others at once")
	require.Equal(t, []string{"rotate edge", "rotate edge", "create edge", "createPool"}, b.trail(t, 5))
}

// A limit on the key, or its end, counts for all of its tokens.
func TestTheKeyDecidesForItsTokens(t *testing.T) {
	b := newBench(t, false)
	id := b.create(t, apikey.NewKey{Name: "a"}).Key.ID
	_, err := b.Rotate(admin(t), id, apikey.Rotation{Overlap: time.Hour})
	require.NoError(t, err)
	on := true
	for _, step := range []struct {
		do   func() error
		want apikey.State
	}{
		{func() error { _, err := b.End(admin(t), id, apikey.End{How: apikey.Disable}); return err }, apikey.StateDisabled},
		{func() error { _, err := b.Update(admin(t), id, apikey.Update{Enabled: &on}, false); return err }, apikey.StateActive},
		{func() error {
			_, err := b.Update(admin(t), id, apikey.Update{Lifetime: apikey.ExpiresIn(time.Minute)}, false)
			b.now = b.now.Add(time.Minute)
			return err
		}, apikey.StateExpired},
		{func() error { _, err := b.End(admin(t), id, apikey.End{How: apikey.Revoke}); return err }, apikey.StateRevoked},
	} {
		require.NoError(t, step.do())
		require.Equal(t, []apikey.State{step.want, step.want}, b.tokenStates(t, id))
	}
	_, err = b.Rotate(admin(t), id, apikey.Rotation{})
	requireCode(t, apikey.CodeConflict, err)
	_, err = b.End(admin(t), id, apikey.End{How: apikey.Delete})
	require.NoError(t, err)
	_, err = b.Key(admin(t), id)
	requireCode(t, apikey.CodeNotFound, err)
}

func TestTheOverlapNeverLengthensALife(t *testing.T) {
	b := newBench(t, false)
	id := b.create(t, apikey.NewKey{Name: "a", Lifetime: apikey.ExpiresIn(time.Hour)}).Key.ID
	end := b.now.Add(time.Hour)
	for range 2 { // of the key, and then its own
		k, err := b.Rotate(admin(t), id, apikey.Rotation{Overlap: 24 * time.Hour})
		require.NoError(t, err)
		require.Equal(t, end, k.Key.Tokens[0].ExpiresAt)
	}
	b.now = end
	_, err := b.Rotate(admin(t), id, apikey.Rotation{Overlap: 24 * time.Hour})
	require.NoError(t, err)
	require.Equal(t, apikey.StateExpired, b.tokenStates(t, id)[0], "what is over does not begin again")
}

func TestOneTokenEndsAlone(t *testing.T) {
	b := newBench(t, false)
	first := b.create(t, apikey.NewKey{Name: "a"})
	id := first.Key.ID
	_, err := b.EndToken(admin(t), id, id)
	requireCode(t, apikey.CodeConflict, err)
	require.ErrorContains(t, err, "only token of the key that is left")
	issued, err := b.Rotate(admin(t), id, apikey.Rotation{Overlap: time.Hour})
	require.NoError(t, err)
	second := issued.Token[4:16]
	for range 2 { // once more changes nothing
		k, err := b.EndToken(admin(t), id, second)
		require.NoError(t, err)
		require.Equal(t, b.now, k.Tokens[1].RevokedAt)
	}
	require.Equal(t, []apikey.State{apikey.StateActive, apikey.StateRevoked}, b.tokenStates(t, id))
	require.Equal(t, []string{"endToken a", "rotate a", "create a"}, b.trail(t, 5))
	_, err = b.EndToken(admin(t), id, id)
	requireCode(t, apikey.CodeConflict, err)

	k, err := b.Key(admin(t), id)
	require.NoError(t, err)
	require.Equal(t, b.now.Add(time.Hour), k.EndsAt())
	require.Equal(t, apikey.StateExpired, k.State(b.now.Add(time.Hour)), "with its last token")

	for _, c := range []struct {
		org  int64
		role apikey.Role
		id   string
		code apikey.Code
	}{{1, apikey.RoleEditor, id, apikey.CodeForbidden}, {2, apikey.RoleAdmin, id, apikey.CodeNotFound}, {1, apikey.RoleAdmin, "aaaaaaaaaaaa", apikey.CodeNotFound}} {
		_, err = b.EndToken(as(t, c.org, c.role), c.id, id)
		requireCode(t, c.code, err)
	}
	_, err = b.EndToken(admin(t), id, "aaaaaaaaaaaa")
	requireCode(t, apikey.CodeNotFound, err)
}

// A key has so many tokens that work, and not every one that it ever had.
func TestTokensAreBounded(t *testing.T) {
	b := newBench(t, false)
	id := b.create(t, apikey.NewKey{Name: "a", Lifetime: apikey.Never()}).Key.ID
	rotate := func(overlap time.Duration) error {
		b.now = b.now.Add(time.Millisecond)
		_, err := b.Rotate(admin(t), id, apikey.Rotation{Overlap: overlap})
		return err
	}
	for range apikey.MaxLiveTokens - 1 {
		require.NoError(t, rotate(24*time.Hour))
	}
	requireCode(t, apikey.CodeConflict, rotate(24*time.Hour))
	b.now = b.now.Add(24 * time.Hour)
	for range 3 * apikey.MaxLiveTokens {
		require.NoError(t, rotate(0))
	}
	k, err := b.Key(admin(t), id)
	require.NoError(t, err)
	require.Less(t, len(k.Tokens), apikey.MaxLiveTokens)
	require.Equal(t, id, k.Tokens[0].ID, "the first stays, whose id is the key's")
	for i := 2; i < len(k.Tokens); i++ {
		require.True(t, k.Tokens[i].CreatedAt.After(k.Tokens[i-1].CreatedAt))
	}
}

// However keys come, change and go: unless it is forced, no change brings the
// moment after which nobody can manage keys closer than a day, or than it was.
func TestSomebodyCanManageForADay(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := newBench(t, true)
		first, err := b.Bootstrap(t.Context(), 1, true)
		require.NoError(t, err)
		ids := []string{first.Key.ID}
		last := func() (end time.Time) { // of the keys that can manage; the far future is never
			keys, _, err := b.Keys(admin(t), apikey.Query{})
			require.NoError(t, err)
			for _, k := range keys {
				if !k.UsableAdmin(b.now) {
					continue
				}
				at := k.EndsAt()
				if at.IsZero() {
					at = b.now.AddDate(1000, 0, 0)
				}
				if at.After(end) {
					end = at
				}
			}
			return end
		}
		lifetime := rapid.SampledFrom([]apikey.Lifetime{
			apikey.Never(), apikey.ExpiresIn(2 * time.Second), apikey.ExpiresIn(time.Hour), apikey.ExpiresIn(30 * time.Hour), apikey.ExpiresIn(90 * day),
		})
		role := rapid.SampledFrom([]apikey.Role{apikey.RoleAdmin, apikey.RoleViewer})
		for range rapid.IntRange(1, 15).Draw(r, "steps") {
			id := rapid.SampledFrom(ids).Draw(r, "key")
			before := last()
			act := rapid.SampledFrom([]string{"create", "end", "disable", "delete", "expire", "demote", "rotate", "endToken", "wait"}).Draw(r, "act")
			switch act {
			case "create":
				issued, err := b.Create(admin(t), apikey.NewKey{Name: rapid.StringMatching("[a-z]{12}").Draw(r, "name"), Role: role.Draw(r, "role"), Lifetime: lifetime.Draw(r, "for")})
				if err == nil {
					ids = append(ids, issued.Key.ID)
				}
			case "end", "disable", "delete":
				how := map[string]apikey.Ending{"end": apikey.Revoke, "disable": apikey.Disable, "delete": apikey.Delete}[act]
				_, _ = b.End(admin(t), id, apikey.End{How: how})
			case "expire":
				_, _ = b.Update(admin(t), id, apikey.Update{Lifetime: lifetime.Draw(r, "for")}, false)
			case "demote":
				to := role.Draw(r, "role")
				_, _ = b.Update(admin(t), id, apikey.Update{Role: &to}, false)
			case "rotate":
				overlap := rapid.SampledFrom([]time.Duration{0, time.Minute, 48 * time.Hour}).Draw(r, "overlap")
				_, _ = b.Rotate(admin(t), id, apikey.Rotation{Overlap: overlap, Lifetime: lifetime.Draw(r, "for")})
			case "endToken":
				if k, err := b.Key(admin(t), id); err == nil {
					_, _ = b.EndToken(admin(t), id, k.Newest().ID)
				}
			case "wait":
				b.now = b.now.Add(rapid.SampledFrom([]time.Duration{time.Second, time.Hour, 20 * time.Hour}).Draw(r, "time"))
				continue
			}
			if before.IsZero() {
				continue // time had run out
			}
			least := b.now.Add(24 * time.Hour)
			if before.Before(least) {
				least = before
			}
			require.False(t, last().Before(least), "%s %s: until %s, was until %s", act, id, last(), before)
		}
	})
}
