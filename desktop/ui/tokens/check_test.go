package tokens_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/tokens"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
)

// TestATokenIsChecked asks a real server about tokens that are good, not allowed,
// disabled and unknown.
func TestATokenIsChecked(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	issued, err := w.API.Create(t.Context(), api.CreateKey{Name: "edge", Role: "Agent"})
	require.NoError(t, err)
	ask := func(token, permission string) {
		tokens.Check(w.Host)
		w.Write(token)
		if permission != "" {
			w.Choose("Anything", permission)
		}
		w.Confirm("Check")
	}
	ask(issued.Token, "")
	require.True(t, w.Shown("It would be let in: “edge”, Agent."), w.Texts())
	w.Press(fyne.KeyEscape)
	ask(issued.Token, "Read")
	require.True(t, w.Shown("It works, but not for this"), w.Texts())
	w.Press(fyne.KeyEscape)
	require.NoError(t, w.Session.Do(t.Context(), state.ActionDisable, issued.Key, false))
	ask(issued.Token, "")
	require.True(t, w.Shown("Its key is disabled."), w.Texts())
	w.Press(fyne.KeyEscape)
	ask(issued.Token[:40], "")
	require.True(t, w.Shown("No key has this token"), w.Texts())
	w.Press(fyne.KeyEscape)
	require.Empty(t, w.Modals)
	require.NotContains(t, w.Log.String(), issued.Token[17:40])
}
