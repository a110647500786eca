package state

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
)

// TestRefusalsAreFollowedOnThisComputer follows through a change of the gate, which opens the store again.
func TestRefusalsAreFollowedOnThisComputer(t *testing.T) {
	a := localApp(t, freeAddress(t))
	require.NoError(t, a.Settings.Change(func(p *Preferences) { p.LocalGate = true }))
	s, _, err := a.Connect(t.Context(), Local(), "")
	require.NoError(t, err)
	issued, err := s.Create(t.Context(), api.CreateKey{Name: "mine", Role: "Agent"})
	require.NoError(t, err)
	token, err := issued.Token.Fill("Bearer T", "T")
	require.NoError(t, err)
	require.NoError(t, s.Do(t.Context(), ActionDisable, issued.Key, false))

	ctx, stop := context.WithCancel(t.Context())
	seen, ended := make(chan api.Denial, 10), make(chan error)
	go func() {
		ended <- s.FollowDenials(ctx, Refusals{KeyID: issued.Key.ID}, func(d api.Denial) { seen <- d })
	}()
	for range 2 {
		d := refusedAgain(t, a, token, seen)
		require.Equal(t, "disabled", d.Code)
		require.Equal(t, "mine", d.KeyName)
		require.NoError(t, a.SetLocalGate(t.Context(), false), "a stream does not hold the store open")
		require.NoError(t, a.SetLocalGate(t.Context(), true))
	}
	list, err := s.Denials(t.Context(), Refusals{Code: "disabled"}, "", 10)
	require.NoError(t, err)
	require.NotEmpty(t, list.Denials)
	stop()
	require.NoError(t, <-ended)
}

// refusedAgain asks the gate until a refusal is seen.
func refusedAgain(t *testing.T, a *App, token string, seen <-chan api.Denial) api.Denial {
	t.Helper()
	give := time.After(time.Minute)
	for {
		askGate(t, a.Computer.GateURL(), token)
		select {
		case d := <-seen:
			return d
		case <-give:
			require.Fail(t, "no refusal is seen")
		case <-time.After(100 * time.Millisecond):
		}
	}
}
