package keys_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// TestAFormSaysWhatOthersMadeOfItsFields names what is there now, in the words of the form.
func TestAFormSaysWhatOthersMadeOfItsFields(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	k, err := w.API.Create(t.Context(), api.CreateKey{
		Name: "edge", Role: "Agent", Pool: "west", Endpoints: []string{"pyroscope"}, Tenants: []string{"a"},
	})
	require.NoError(t, err)
	w.Reload()
	w.Press(fyne.KeyEnd)
	w.Write("e")
	w.Choose("Agent", "Editor")
	input(w, "Pool").SetText("north")
	input(w, "Requests per second").SetText("5")
	w.Button("pyroscope")
	w.Button("a")
	role, pool, none, many := "Viewer", "", []string{}, []string{}
	for range 40 {
		many = append(many, "b"+string(rune('a'+len(many)/26))+string(rune('a'+len(many)%26)))
	}
	_, err = w.API.Update(t.Context(), k.Key.ID, api.UpdateKey{
		Role: &role, Pool: &pool, Endpoints: &[]string{"kuma", "loki"}, AllowedCIDRs: &none, Tenants: &many,
		Limits: &apikey.Limits{RequestsPerSecond: 50, BytesPerDay: 5e9},
	}, false)
	require.NoError(t, err)
	w.Button("Save")
	for _, text := range []string{
		"This is there now: endpoints: kuma, loki", "Limits: Requests per second: 50, Bytes per day: 5 GB",
		"pool: none", "role: Viewer", "tenants May",
	} {
		require.True(t, w.Shown(text), "%s is missing: %v", text, w.Texts())
	}
	w.Button("Save")
	require.Empty(t, w.Modals, w.Texts())
}
