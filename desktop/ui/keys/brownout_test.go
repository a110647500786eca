package keys_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// TestAKeyIsPaused disables a key for a minute, with its letter.
func TestAKeyIsPaused(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("zebra")
	w.Press("End")
	w.Write("m")
	require.True(t, w.Key("zebra").Enabled, "it asks first")
	began := time.Now()
	w.Button("Disable for 1 minute")
	k := w.Key("zebra")
	require.Equal(t, apikey.StateDisabled, k.State)
	require.NotNil(t, k.DisabledUntil)
	require.WithinRange(t, *k.DisabledUntil, began.Add(state.Pause-time.Second), time.Now().Add(state.Pause))
	require.True(t, w.Shown("Disabled until"), w.Texts())
	w.Button("Enable it now")
	require.True(t, w.Key("zebra").Enabled, "it can be enabled before that")
	require.Empty(t, w.Modals)
}

// TestABrownOutShowsWhoMissesTheKey counts down, lists those who were refused, and says how it went.
func TestABrownOutShowsWhoMissesTheKey(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	now := uitest.Noon
	w.Words.Now = func() time.Time { return now }
	w.Press("Home", "Down")
	w.Write("m")
	w.Button("Disable for 1 minute")
	require.True(t, w.Shown("Disabled for 60 more seconds"), w.Texts())

	w.Life.Stream = []api.Denial{
		{ID: 1, Code: "disabled", Address: "10.20.1.7", UserAgent: "alloy/1.11", Count: 3},
		{ID: 2, Code: "disabled", Address: "10.20.1.9", Count: 1},
		{ID: 3, Code: "disabled", Address: "10.20.1.7", UserAgent: "alloy/1.11", Count: 1},
	}
	drawn := 0
	w.Clock.Drawn = func() {
		drawn++
		if drawn == len(w.Life.Stream) {
			now = now.Add(time.Second)
			w.Clock.Pass(time.Second)
			require.True(t, w.Shown("Disabled for 59 more seconds"))
			require.True(t, w.Shown("10.20.1.7 · alloy/1.11") && w.Shown("4 requests"), w.Texts())
			require.True(t, w.Shown("10.20.1.9") && w.Shown("1 request"))
			for range 70 {
				now = now.Add(time.Second)
				w.Clock.Pass(time.Second)
			}
		}
	}
	w.Clock.Kept[len(w.Clock.Kept)-1]() // it ends with the minute
	w.Clock.Drawn = nil
	require.True(t, w.Shown("It works again. 2 clients missed it."), w.Texts())
	require.False(t, w.Offers("Enable it now"))
	w.Button("Close")
	require.Empty(t, w.Modals)
}
