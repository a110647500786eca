package keys_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
)

// TestTheWheelOverAFieldScrollsTheDialog holds for every text field of the tallest dialog.
func TestTheWheelOverAFieldScrollsTheDialog(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	w.Ctrl(fyne.KeyN)
	var dialog *kit.Scroll
	var fields []*kit.Input
	for _, o := range uitest.Visible(w.Window.Canvas().Overlays().Top()) {
		switch o := o.(type) {
		case *kit.Scroll:
			dialog = o
		case *kit.Input:
			fields = append(fields, o)
		}
	}
	require.Greater(t, len(fields), 6)
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject
	for _, in := range fields {
		dialog.ScrollToOffset(fyne.NewPos(0, 0))
		dialog.ScrollToOffset(fyne.NewPos(0, max(0, at(in).Y-at(dialog).Y-40)))
		before, way := dialog.Offset.Y, float32(-40)
		if before > 0 {
			way = 40 // up, because it may be at its end
		}
		test.Scroll(w.Window.Canvas(), at(in).AddXY(30, 12), 0, way)
		require.NotEqual(t, before, dialog.Offset.Y, in.PlaceHolder)
	}
}
