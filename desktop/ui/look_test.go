package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/ostiary/ostiary/desktop/state"
)

// The goldens hold what is drawn, where, and in which colour. They are made
// anew by deleting them and taking the files from testdata/failed.
func TestLooks(t *testing.T) {
	for _, tt := range []struct {
		name   string
		prefs  state.Preferences
		arrive func(*window)
	}{
		{"welcome", state.Preferences{}, func(*window) {}},
		{"settings-de-light", state.Preferences{Language: "de", Theme: "light"}, func(w *window) { w.goTo("settings"); w.UI.window.Canvas().Unfocus() }},
		{"connection", state.Preferences{}, func(w *window) {
			w.showConnection(state.Connection{ID: "a", Name: "PMM", Address: "https://pmm.example.org/graph", Way: state.WayPassword, User: "ada", Trust: state.TrustFile}, false)
			w.UI.window.Canvas().Unfocus()
		}},
		{"shortcuts", state.Preferences{}, func(w *window) { w.press(fyne.KeyF1); w.UI.window.Canvas().Unfocus() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := openWindow(t, nil, tt.prefs)
			w.UI.window.Canvas().Unfocus()
			tt.arrive(w)
			test.AssertRendersToMarkup(t, tt.name+".xml", w.UI.window.Canvas())
		})
	}
}
