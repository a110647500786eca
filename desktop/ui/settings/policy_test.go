package settings_test

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
)

// fields are the inputs of the page that can be changed, by what they hold.
func fields(w *uitest.Opened) map[string]*kit.Input {
	out := map[string]*kit.Input{}
	for _, o := range uitest.Visible(w.Window.Content()) {
		if in, ok := o.(*kit.Input); ok && !in.Disabled() {
			out[in.Text] = in
		}
	}
	return out
}

func TestThePolicyIsChangedFromTheSettings(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, map[string]string{"GATE_ENDPOINTS_IN_STORE": "true"}), state.Preferences{})
	w.GoTo("settings")
	require.True(t, w.Shown("Longest lifetime"), w.Texts())
	usual, longest := fields(w)["90d"], fields(w)["0"]
	require.NotNil(t, usual)
	require.NotNil(t, longest)

	longest.SetText("a while")
	w.Button("Save policy")
	require.True(t, w.Shown("Write seconds, or a number with a unit"), w.Texts())
	longest.SetText("30d")
	usual.SetText(" ")
	w.Button("Save policy")
	require.True(t, w.Shown("Write seconds, or a number with a unit"), "it would mean never")
	usual.SetText("90d")
	w.Button("Save policy")
	require.True(t, w.Shown("This is longer than the longest lifetime, 30d."), w.Texts())
	usual.SetText("7d")
	w.Button("Save policy")
	require.True(t, w.Shown("Saved."), w.Texts())

	policy, err := w.API.Policy(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(7*86400), policy.DefaultTTL)
	require.Equal(t, int64(30*86400), policy.MaxTTL)
	require.Equal(t, int64(7*86400), w.Session.Policy.DefaultTTL, "forms offer it from now on")
	require.NotEmpty(t, w.Session.Policy.Offers.Overlaps)
}

func TestThePolicyFormSaysWhatOthersHaveChangedMeanwhile(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, map[string]string{"GATE_ENDPOINTS_IN_STORE": "true"}), state.Preferences{})
	w.GoTo("settings")
	fields(w)["90d"].SetText("7d")
	usual, longest := api.Span("8d"), api.Span("30d")
	_, err := w.API.UpdatePolicy(t.Context(), api.UpdatePolicy{DefaultTTL: &usual, MaxTTL: &longest})
	require.NoError(t, err)
	w.Button("Save policy")
	require.True(t, w.Shown("Somebody else changed it while this form was open."), w.Texts())
	require.True(t, w.Shown("Lifetime when none is chosen: 8 days"), w.Texts())
	w.Button("Save policy")
	require.True(t, w.Shown("Saved."), w.Texts())
	policy, err := w.API.Policy(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(7*86400), policy.DefaultTTL)
	require.Equal(t, int64(30*86400), policy.MaxTTL, "which nobody changed here")
	require.Contains(t, fields(w), "30d", "and is shown now")
}

// TestThePolicyFormIsNotLeftUnasked asks before what was changed in it is lost, and only then.
func TestThePolicyFormIsNotLeftUnasked(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, map[string]string{"GATE_ENDPOINTS_IN_STORE": "true"}), state.Preferences{})
	w.GoTo("pools")
	w.GoTo("settings")
	fields(w)["90d"].SetText("7d")
	for name, leave := range map[string]func(){
		"a page": func() { w.GoTo("keys") }, "back": func() { w.Alt(fyne.KeyLeft) }, "the search": func() { w.Ctrl(fyne.KeyF) },
		"a connection": func() { w.Connect(w.Session.Connection, "") }, "the end": w.Quit,
		"a language": func() { w.Choose("Deutsch", "Deutsch") },
	} {
		leave()
		require.True(t, w.Shown("Discard what you typed?"), "%s: %v", name, w.Texts())
		w.Button("Keep editing")
		require.Empty(t, w.Modals)
		require.Equal(t, "settings", w.Current().Name(), name)
		require.Contains(t, fields(w), "7d", name)
	}
	for _, o := range uitest.Visible(w.Window.Content()) {
		if c, ok := o.(*kit.Choice); ok && slices.Contains(c.Options, "Deutsch") {
			require.Equal(t, "English", c.Selected, "which was not changed")
		}
	}

	w.GoTo("keys")
	w.Button("Discard")
	require.Equal(t, "keys", w.Current().Name())
	w.Alt(fyne.KeyLeft)
	require.Contains(t, fields(w), "90d")
	w.Alt(fyne.KeyLeft)
	require.Empty(t, w.Modals, "nothing was changed")
	require.Equal(t, "pools", w.Current().Name())
}

func TestAPolicyOfTheConfigurationIsOnlyShown(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.GoTo("settings")
	require.True(t, w.Shown("The policy is set where the server is configured"), w.Texts())
	require.True(t, w.Shown("90 days"), w.Texts())
	require.False(t, w.Shown("Save policy"))
}
