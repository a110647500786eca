package state

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// TestWhetherAReplacedTokenMayEnd walks through the day after a rotation.
func TestWhetherAReplacedTokenMayEnd(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	old := api.Token{ID: "old", State: apikey.StateActive, CreatedAt: ago(90 * 24 * time.Hour)}
	fresh := api.Token{ID: "new", State: apikey.StateActive, CreatedAt: ago(2 * time.Hour)}
	sent := func(token string, at time.Time) api.KeyClient { return api.KeyClient{TokenID: token, LastAt: at} }
	used := ago(time.Minute)
	lately := old
	lately.LastUsedAt = &used
	gone := old
	gone.State = apikey.StateRevoked
	for name, tt := range map[string]struct {
		token   api.Token
		clients []api.KeyClient
		want    TokenUse
		late    int
	}{
		"the newest":               {fresh, []api.KeyClient{sent("new", now)}, UseNewest, 0},
		"one that has ended":       {gone, []api.KeyClient{sent("old", now)}, UseNewest, 0},
		"never sent":               {old, nil, UseOver, 0},
		"sent since":               {old, []api.KeyClient{sent("old", ago(time.Hour)), sent("new", now)}, UseStill, 1},
		"sent before, not long":    {old, []api.KeyClient{sent("old", ago(3*time.Hour)), sent("new", now)}, UseQuiet, 1},
		"sent before, a day ago":   {old, []api.KeyClient{sent("old", ago(Quiet)), sent("new", now)}, UseOver, 0},
		"known by the token alone": {lately, nil, UseStill, 0},
	} {
		t.Run(name, func(t *testing.T) {
			k := api.Key{Tokens: []api.Token{tt.token, fresh}}
			r := ReplacedToken(k, tt.token, tt.clients, now)
			require.Equal(t, tt.want, r.Use)
			require.Len(t, r.Late, tt.late)
		})
	}
}

func TestATokenThatANewerOneReplacedIsCalledSo(t *testing.T) {
	end := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	later := end.Add(time.Hour)
	old := api.Token{ID: "old", State: apikey.StateExpired, ExpiresAt: &end}
	k := api.Key{Tokens: []api.Token{old, {ID: "new", State: apikey.StateActive}}}
	require.True(t, IsReplaced(k, old))
	require.False(t, IsReplaced(k, k.Tokens[1]))
	require.False(t, IsReplaced(k, api.Token{ID: "old", State: apikey.StateActive, ExpiresAt: &end}), "in the overlap")
	require.False(t, IsReplaced(k, api.Token{ID: "old", State: apikey.StateRevoked}), "somebody has ended it")
	k.Tokens[1].ExpiresAt = &later
	require.True(t, IsReplaced(k, old))
	k.Tokens[1].ExpiresAt = &end
	require.False(t, IsReplaced(k, old), "they have expired together, with their key")
}

func TestWhichKeysWereTakenOver(t *testing.T) {
	require.False(t, TakenOver("ost_4fjK2n0qPz7a_…x3Qd"))
	require.False(t, TakenOver(""), "nothing is known of it")
	require.True(t, TakenOver("glsa_Ab…9f"))
	require.True(t, TakenOver("…9f3a"))
}
