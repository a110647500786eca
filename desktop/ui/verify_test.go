package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/pkg/api"
)

// TestATokenIsChecked asks a real server about tokens that are good, not allowed,
// disabled and unknown.
func TestATokenIsChecked(t *testing.T) {
	w := openWindow(t, statetest.Start(t, nil), state.Preferences{})
	issued, err := w.api.Create(t.Context(), api.CreateKey{Name: "edge", Role: "Agent"})
	require.NoError(t, err)
	ask := func(token, permission string) {
		w.showVerify()
		w.write(token)
		if permission != "" {
			w.choose("Anything", permission)
		}
		w.confirm("Check")
	}
	ask(issued.Token, "")
	require.True(t, w.shown("It would be let in: “edge”, Agent."), w.texts())
	w.press(fyne.KeyEscape)
	ask(issued.Token, "Read")
	require.True(t, w.shown("It works, but not for this"), w.texts())
	w.press(fyne.KeyEscape)
	require.NoError(t, w.session.Do(t.Context(), state.ActionDisable, issued.Key, false))
	ask(issued.Token, "")
	require.True(t, w.shown("Its key is disabled."), w.texts())
	w.press(fyne.KeyEscape)
	ask(issued.Token[:40], "")
	require.True(t, w.shown("No key has this token"), w.texts())
	w.press(fyne.KeyEscape)
	require.Empty(t, w.Modals)
	require.NotContains(t, w.log.String(), issued.Token[17:40])
}
