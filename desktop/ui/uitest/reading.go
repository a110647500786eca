package uitest

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state/statetest"
)

// Press presses keys on what has the focus.
func (w *Opened) Press(keys ...fyne.KeyName) {
	w.T.Helper()
	for _, k := range keys {
		focused := w.Window.Canvas().Focused()
		if focused == nil {
			w.Window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: k})
		} else {
			focused.TypedKey(&fyne.KeyEvent{Name: k})
		}
	}
	w.Clock.Pass(100 * time.Millisecond)
}

// Write types text into what has the focus.
func (w *Opened) Write(text string) {
	w.T.Helper()
	focused := w.Window.Canvas().Focused()
	require.NotNil(w.T, focused)
	for _, r := range text {
		focused.TypedRune(r)
	}
	w.Clock.Pass(100 * time.Millisecond)
}

// Ctrl presses a shortcut.
func (w *Opened) Ctrl(key fyne.KeyName) {
	w.T.Helper()
	w.RunShortcut(&desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault})
}

// Alt presses a shortcut with that key.
func (w *Opened) Alt(key fyne.KeyName) {
	w.T.Helper()
	w.RunShortcut(&desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierAlt})
}

// Texts are all texts that are drawn, on the page and on its dialogs.
func (w *Opened) Texts() []string {
	var out []string
	roots := append([]fyne.CanvasObject{w.Window.Canvas().Content()}, w.Window.Canvas().Overlays().List()...)
	for _, root := range roots {
		for _, o := range Visible(root) {
			if text := drawn(o); text != "" {
				out = append(out, text)
			}
		}
	}
	return out
}

// Visible are the objects below one that are not hidden.
func Visible(o fyne.CanvasObject) (out []fyne.CanvasObject) {
	if o == nil || !o.Visible() {
		return nil
	}
	out = append(out, o)
	var parts []fyne.CanvasObject
	switch o := o.(type) {
	case fyne.Widget:
		parts = test.WidgetRenderer(o).Objects()
	case *fyne.Container:
		parts = o.Objects
	}
	for _, part := range parts {
		out = append(out, Visible(part)...)
	}
	return out
}

// Button presses a button of the open dialog, or of the page, by its text.
func (w *Opened) Button(text string) {
	w.T.Helper()
	b := w.Find(text)
	require.False(w.T, b.Disabled(), "the button %q rests", text)
	b.Tapped(nil)
	w.Clock.Pass(100 * time.Millisecond)
}

// Find is the button of the open dialog, or of the page, with a text.
func (w *Opened) Find(text string) *kit.Button {
	w.T.Helper()
	canvas := w.Window.Canvas()
	root := canvas.Content()
	if overlays := canvas.Overlays().List(); len(overlays) > 0 {
		root = overlays[len(overlays)-1]
	}
	for _, o := range Visible(root) {
		if b, ok := o.(*kit.Button); ok && b.Text == text && b.Visible() {
			return b
		}
	}
	require.Fail(w.T, "there is no button "+text)
	return nil
}

// Offers reports whether a button is seen.
func (w *Opened) Offers(text string) bool {
	for _, o := range Visible(w.Window.Canvas().Content()) {
		if b, ok := o.(*kit.Button); ok && b.Text == text {
			return true
		}
	}
	return false
}

// Confirm presses a button of the dialog that is open.
func (w *Opened) Confirm(text string) {
	w.T.Helper()
	require.NotEmpty(w.T, w.Modals, "no dialog is open")
	w.Button(text)
}

// drawn is the text that an object draws, or that says what it draws.
func drawn(o fyne.CanvasObject) string {
	if s, ok := o.(*kit.Spark); ok {
		return s.Said
	}
	if text, ok := o.(*canvas.Text); ok && text.Visible() {
		return text.Text
	}
	return ""
}

// Shown reports whether a text is drawn somewhere, in one line or in several.
func (w *Opened) Shown(text string) bool { return strings.Contains(strings.Join(w.Texts(), " "), text) }

// Gate is the status with which the gate of a server answers a token.
func Gate(t *testing.T, srv *statetest.Server, token string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.GateURL()+"/auth", http.NoBody)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

// FormInputs are the fields of the open dialog, by what they show while empty.
func (w *Opened) FormInputs() map[string]*kit.Input {
	overlays := w.Window.Canvas().Overlays().List()
	out := map[string]*kit.Input{}
	for _, o := range Visible(overlays[len(overlays)-1]) {
		if in, ok := o.(*kit.Input); ok {
			out[in.PlaceHolder] = in
		}
	}
	return out
}

// Tick ticks a box of the open dialog.
func (w *Opened) Tick(text string) {
	w.T.Helper()
	focused := w.Window.Canvas().Focused()
	for _, o := range Visible(w.Window.Canvas().Overlays().Top()) {
		if c, ok := o.(*kit.Check); ok && c.Text == text {
			c.SetChecked(true)
			w.Window.Canvas().Focus(focused)
			return
		}
	}
	require.Fail(w.T, "there is no box "+text)
}

// Choose picks an entry of the drop-down list that has another one as well.
func (w *Opened) Choose(having, want string) {
	w.T.Helper()
	roots := append([]fyne.CanvasObject{w.Window.Canvas().Content()}, w.Window.Canvas().Overlays().List()...)
	for _, root := range slices.Backward(roots) {
		for _, o := range Visible(root) {
			if c, ok := o.(*kit.Choice); ok && slices.Contains(c.Options, having) && slices.Contains(c.Options, want) {
				c.SetSelectedIndex(slices.Index(c.Options, want))
				w.Clock.Pass(100 * time.Millisecond)
				return
			}
		}
	}
	require.Fail(w.T, "there is no choice of "+want)
}

// Choosing is the list in the dialog at the top that has an option.
func (w *Opened) Choosing(option string) *kit.Choice {
	w.T.Helper()
	for _, o := range Visible(w.Window.Canvas().Overlays().Top()) {
		if c, ok := o.(*kit.Choice); ok && slices.Contains(c.Options, option) {
			return c
		}
	}
	require.Fail(w.T, "no list has "+option)
	return nil
}
