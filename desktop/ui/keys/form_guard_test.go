package keys_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
)

// TestWhatWasTypedIsNotDiscardedInSilence presses Escape in a form, first as it came and then with something typed.
func TestWhatWasTypedIsNotDiscardedInSilence(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	const asked = "Discard what you typed?"
	w.Ctrl(fyne.KeyN)
	w.Press(fyne.KeyEscape)
	require.Empty(t, w.Modals, "there was nothing to discard")

	w.Ctrl(fyne.KeyN)
	w.Write("zebra")
	w.Press(fyne.KeyEscape)
	require.True(t, w.Shown(asked), w.Texts())
	w.Press(fyne.KeyEscape)
	require.Len(t, w.Modals, 1, "Escape keeps it")
	require.False(t, w.Shown(asked), w.Texts())
	require.Equal(t, fyne.Focusable(w.FormInputs()["edge-agents"]), w.Window.Canvas().Focused(), "where one was typing")
	w.Press(fyne.KeyEscape)
	w.Button("Keep editing")
	require.Equal(t, "zebra", w.FormInputs()["edge-agents"].Text)
	w.Press(fyne.KeyEscape)
	w.Button("Discard")
	require.Empty(t, w.Modals)
}

// TestTheFieldThatIsTypedIntoStaysInSight types into the last field of the form, which is longer than the window.
func TestTheFieldThatIsTypedIntoStaysInSight(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Window.Resize(fyne.NewSize(1000, 560))
	w.Ctrl(fyne.KeyN)
	form := formOf(w)
	form.ScrollToBottom()
	before := form.Offset.Y
	require.Positive(t, before)
	w.Window.Canvas().Focus(w.FormInputs()["such as 5 MB"])
	w.Write("5 MB")
	w.Modals[0].Relayout()
	require.InDelta(t, before, form.Offset.Y, 60, "what is said of the key is laid out anew, and the form stays there")
}

// formOf is what scrolls in the open dialog.
func formOf(w *uitest.Opened) (form *kit.Scroll) {
	for _, o := range uitest.Visible(w.Window.Canvas().Overlays().Top()) {
		if s, ok := o.(*kit.Scroll); ok && form == nil {
			form = s
		}
	}
	return form
}
