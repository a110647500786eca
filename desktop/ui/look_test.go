package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
)

// The goldens hold what is drawn, where, and in which colour. They are made
// again by deleting them and taking the files from testdata/failed.
func TestLooks(t *testing.T) {
	for _, tt := range []struct {
		name   string
		prefs  state.Preferences
		arrive func(*opened)
	}{
		{"welcome", state.Preferences{}, func(*opened) {}},
		{"settings-de-light", state.Preferences{Language: "de", Theme: "light"}, func(w *opened) { w.goTo("settings"); w.Window.Canvas().Unfocus() }},
		{"connection", state.Preferences{}, func(w *opened) {
			w.showConnection(state.Connection{ID: "a", Name: "PMM", Address: "https://pmm.example.org/graph", Way: state.WayPassword, User: "ada", Trust: state.TrustFile}, false)
			w.Window.Canvas().Unfocus()
		}},
		{"shortcuts", state.Preferences{}, func(w *opened) { w.press(fyne.KeyF1); w.Window.Canvas().Unfocus() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := openWindow(t, nil, tt.prefs)
			w.Window.Canvas().Unfocus()
			tt.arrive(w)
			test.AssertRendersToMarkup(t, tt.name+".xml", w.Window.Canvas())
		})
	}
}

// TestLooksOfASession holds the main views in dark, in light, and on a screen
// on which everything is twice the size.
func TestLooksOfASession(t *testing.T) {
	for _, view := range []struct {
		name   string
		arrive func(*opened)
	}{
		{"keys", func(w *opened) { w.press(fyne.KeyHome, fyne.KeyDown) }},
		{"use", func(w *opened) { w.press(fyne.KeyHome); w.scrollDetails(w.page.(*keysPage).details.one.chart) }},
		{"tokens", func(w *opened) {
			w.press(fyne.KeyHome, fyne.KeyDown)
			w.scrollDetails(w.page.(*keysPage).details.one.tokens.object)
		}},
		{"several", func(w *opened) { w.list().chooseAll(); w.press() }},
		{"create", func(w *opened) { w.ctrl(fyne.KeyN) }},
		{"token", func(w *opened) { w.ctrl(fyne.KeyN); w.write("edge"); w.press(fyne.KeyReturn) }},
		{"connections", func(w *opened) { w.goTo("connections") }},
		{"audit", func(w *opened) { w.goTo("audit") }},
		{"pools", func(w *opened) { w.goTo("pools") }},
		{"empty", nil},
		{"error", func(w *opened) {
			c := state.Connection{ID: "a", Name: "Nowhere", Address: "http://127.0.0.1:1", Way: state.WayKey}
			w.connectFailed(c, refused)
		}},
	} {
		for _, style := range []struct {
			name, theme string
			scale       float32
		}{{"dark", "dark", 1}, {"light", "light", 1}, {"twice", "dark", 2}} {
			if sampled && (style.name != "dark" || view.name != "keys") {
				continue
			}
			t.Run(view.name+"-"+style.name, func(t *testing.T) {
				life := newStillLife()
				if view.arrive == nil {
					life.keys = nil
				}
				w := openStill(t, life, state.Preferences{Theme: style.theme})
				w.Window.Canvas().(test.WindowlessCanvas).SetScale(style.scale)
				w.Window.Resize(fyne.NewSize(1240/style.scale, 780/style.scale))
				if view.arrive != nil {
					view.arrive(w)
				}
				w.Window.Canvas().Unfocus()
				keepPicture(t, w, view.name+"-"+style.name)
				require.Less(t, len(w.texts()), 400)
				test.AssertRendersToMarkup(t, view.name+"-"+style.name+".xml", w.Window.Canvas())
			})
		}
	}
}

// scrollDetails scrolls the details until something is seen.
func (w *opened) scrollDetails(to fyne.CanvasObject) {
	w.t.Helper()
	d := w.page.(*keysPage).details
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject
	for _, o := range visible(d.object()) {
		if s, ok := o.(*kit.Scroll); ok {
			s.ScrollToOffset(fyne.NewPos(0, at(to).Y-at(s).Y-8))
			return
		}
	}
	require.Fail(w.t, "the details do not scroll")
}
