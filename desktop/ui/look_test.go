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
		arrive func(*opened)
	}{
		{"welcome", state.Preferences{}, func(*opened) {}},
		{"settings-de-light", state.Preferences{Language: "de", Theme: "light"}, func(w *opened) { w.goTo("settings"); w.window.Canvas().Unfocus() }},
		{"connection", state.Preferences{}, func(w *opened) {
			w.showConnection(state.Connection{ID: "a", Name: "PMM", Address: "https://pmm.example.org/graph", Way: state.WayPassword, User: "ada", Trust: state.TrustFile}, false)
			w.window.Canvas().Unfocus()
		}},
		{"shortcuts", state.Preferences{}, func(w *opened) { w.press(fyne.KeyF1); w.window.Canvas().Unfocus() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := openWindow(t, nil, tt.prefs)
			w.window.Canvas().Unfocus()
			tt.arrive(w)
			test.AssertRendersToMarkup(t, tt.name+".xml", w.window.Canvas())
		})
	}
}
