package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
)

// TestEveryDialog goes to every dialog, page and message, in German. It reads
// what is drawn there; it looks from where the server and the keyring are
// asked, because the thread that draws waits for nobody; and it walks through
// each dialog with the tab key.
func TestEveryDialog(t *testing.T) {
	drawn, asked := map[string]bool{}, map[string]bool{}
	w := openStill(t, newStillLife(), state.Preferences{Language: "de"})
	w.app.Secrets = state.NewSecrets(&besideKeyring{t: t, hand: w.hand})
	for i, s := range scenes() {
		if sampled && i%12 != 0 {
			continue
		}
		w.life.asks = nil // the session itself is made here
		w.again()
		w.life.asks = func(path string) {
			asked[path] = true
			assert.True(t, w.hand.background, "%s: the server is asked on the thread that draws: %s", s.name, path)
		}
		s.arrive(w)
		keepPicture(t, w, "de-"+strings.ReplaceAll(s.name, " ", "-"))
		for _, text := range w.texts() {
			drawn[text] = true
			if !foreignWords.MatchString(text) {
				assert.False(t, english.MatchString(text), "%s: %q", s.name, text)
			}
		}
		if len(w.Modals) > 0 {
			w.walkWithTab(s.name)
		}
	}
	if sampled {
		return
	}
	require.Greater(t, len(drawn), 300, "the scenes show most of what there is")
	require.GreaterOrEqual(t, len(asked), 5, "and ask for much")
}

// walkWithTab goes through a dialog from top to bottom, and finds all that can
// be pressed.
func (w *opened) walkWithTab(name string) {
	w.t.Helper()
	canvas := w.Window.Canvas()
	var seen []fyne.Focusable
	last := fyne.NewPos(-1, -1)
	for canvas.Unfocus(); ; {
		canvas.FocusNext()
		focused := canvas.Focused()
		if focused == nil || len(seen) > 0 && focused == seen[0] {
			break
		}
		seen = append(seen, focused)
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(focused.(fyne.CanvasObject))
		if len(seen) > 1 && !isIcon(seen[len(seen)-2]) { // the cross at the top right is the first
			assert.True(w.t, at.Y > last.Y-8 || at.X > last.X, "%s: the focus jumps up from %v to %v", name, last, at)
		}
		last = at
	}
	require.NotEmpty(w.t, seen, name)
	for _, o := range visible(canvas.Overlays().Top()) {
		if b, ok := o.(*kit.Button); ok && b.Visible() && !b.Disabled() {
			assert.Contains(w.t, seen, fyne.Focusable(b), "%s: %q cannot be reached with the tab key", name, b.Text)
		}
	}
}

func isIcon(f fyne.Focusable) bool {
	b, ok := f.(*kit.Button)
	return ok && b.Text == ""
}
