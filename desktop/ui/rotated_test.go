package ui

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/pkg/api"
)

// box finds a box of the open dialog by its text.
func (w *opened) box(text string) *check {
	w.t.Helper()
	overlays := w.window.Canvas().Overlays().List()
	require.NotEmpty(w.t, overlays, w.texts())
	for _, o := range visible(overlays[len(overlays)-1]) {
		if c, ok := o.(*check); ok && c.Text == text {
			return c
		}
	}
	require.Fail(w.t, "there is no box "+text)
	return nil
}

// rotated makes a key and rotates it, and returns both tokens. The new key is
// the one that is chosen.
func (w *opened) rotated(name string) (old, fresh string) {
	w.t.Helper()
	made, err := w.api.Create(w.t.Context(), api.CreateKey{Name: name, Role: "Agent"})
	require.NoError(w.t, err)
	again, err := w.api.Rotate(w.t.Context(), made.Key.ID, api.RotateKey{Overlap: "24h"})
	require.NoError(w.t, err)
	w.reload()
	return made.Token, again.Token
}

func TestEndingAKeyTellsWhatItReplaced(t *testing.T) {
	srv := statetest.Start(t, nil)
	w := openWindow(t, srv, state.Preferences{})
	for _, tt := range []struct {
		action state.Action
		text   string // of the box
		button string
		ticked bool
	}{
		{state.ActionRevoke, "Also revoke the key that it replaced", "Revoke key", true},
		{state.ActionDelete, "Also delete the key that it replaced", "Delete key", false},
		{state.ActionDisable, "Also disable the key that it replaced", "Disable key", false},
	} {
		for _, both := range []bool{false, true} {
			name := string(tt.action) + map[bool]string{true: "-both", false: "-one"}[both]
			old, fresh := w.rotated(name)
			w.act(tt.action, *w.key(name))
			require.True(t, w.shown("The token from before the rotation still works."), w.texts())
			box := w.box(tt.text)
			require.Equal(t, tt.ticked, box.Checked)
			box.SetChecked(both)
			if tt.action != state.ActionDisable {
				w.write(name)
			}
			w.button(tt.button)
			require.Empty(t, w.modals, w.texts())
			require.Equal(t, http.StatusUnauthorized, gate(t, srv, fresh), name)
			require.Equal(t, map[bool]int{true: http.StatusUnauthorized, false: http.StatusOK}[both], gate(t, srv, old), name)
		}
	}
}

func TestDisablingAKeyThatReplacedNoneDoesNotAsk(t *testing.T) {
	w := openWindow(t, statetest.Start(t, nil), state.Preferences{})
	w.rotated("edge")
	require.NoError(t, w.api.Delete(t.Context(), w.key("edge").RotatedFrom, false))
	w.act(state.ActionDisable, *w.key("edge"))
	require.Empty(t, w.modals)
	require.False(t, w.key("edge").Enabled)
}

func TestSeveralKeysWithWhatTheyReplaced(t *testing.T) {
	srv := statetest.Start(t, nil)
	w := openWindow(t, srv, state.Preferences{})
	old, _ := w.rotated("edge")
	w.make("other")
	w.showBulk(state.ActionDisable, []api.Key{*w.key("other")})
	require.False(t, w.shown("Do the same to the keys"), w.texts())
	w.button("Cancel")
	w.showBulk(state.ActionDisable, []api.Key{*w.key("edge"), *w.key("other")})
	w.box("Do the same to the keys that they replaced, if these still work").SetChecked(true)
	w.button("Disable 2 keys")
	require.Equal(t, http.StatusUnauthorized, gate(t, srv, old))
}
