package uitest

import (
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// Scene is a way to something that the program shows.
type Scene struct {
	Name   string
	Arrive func(*Opened)
}

// VisitEvery goes to every scene, in German. It reads what is drawn there; it
// looks from where the server and the keyring are asked, because the thread
// that draws waits for nobody; and it walks through each dialog with the tab
// key. No text may lie on another one, or be cut. It returns how many texts were drawn.
func VisitEvery(t *testing.T, scenes []Scene) (texts int) {
	t.Helper()
	drawn := map[string]bool{}
	look, size := appearance()
	w := OpenStill(t, NewStillLife(), look)
	if !size.IsZero() {
		w.Window.Resize(size)
	}
	w.App.Secrets = state.NewSecrets(&Keyring{T: t, Clock: w.Clock})
	for i, s := range scenes {
		if Sampled && i%12 != 0 {
			continue
		}
		w.Life.Asks = nil // the session itself is made here
		w.Again()
		w.Life.Asks = func(path string) {
			assert.True(t, w.Clock.Background, "%s: the server is asked on the thread that draws: %s", s.Name, path)
		}
		s.Arrive(w)
		w.KeepPicture(look.Language + "-" + strings.ReplaceAll(s.Name, " ", "-"))
		w.assertTidy(s.Name)
		for _, text := range w.Texts() {
			drawn[text] = true
			if look.Language == "de" && !Foreign.MatchString(text) {
				assert.False(t, English.MatchString(text), "%s: %q", s.Name, text)
			}
		}
		if len(w.Modals) > 0 {
			w.walkWithTab(s.Name)
		}
	}
	return len(drawn)
}

// walkWithTab goes through a dialog from top to bottom, and finds all that can
// be pressed.
func (w *Opened) walkWithTab(name string) {
	w.T.Helper()
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
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(focused.(fyne.CanvasObject)).AddXY(0, w.scrolled())
		if len(seen) > 1 && !isIcon(seen[len(seen)-2]) { // the cross at the top right is the first
			assert.True(w.T, at.Y > last.Y-8 || at.X > last.X, "%s: the focus jumps up from %v to %v", name, last, at)
		}
		last = at
	}
	require.NotEmpty(w.T, seen, name)
	for _, o := range Visible(canvas.Overlays().Top()) {
		if b, ok := o.(*kit.Button); ok && b.Visible() && !b.Disabled() {
			assert.Contains(w.T, seen, fyne.Focusable(b), "%s: %q cannot be reached with the tab key", name, b.Text)
		}
	}
}

// scrolled is how far the dialog at the top is scrolled down.
func (w *Opened) scrolled() float32 {
	for _, o := range Visible(w.Window.Canvas().Overlays().Top()) {
		if s, ok := o.(*kit.Scroll); ok {
			return s.Offset.Y
		}
	}
	return 0
}

func isIcon(f fyne.Focusable) bool {
	b, ok := f.(*kit.Button)
	return ok && b.Text == ""
}

// KeepPicture writes what is shown to the directory that OSTIARY_LOOKS names,
// to be looked at.
func (w *Opened) KeepPicture(name string) {
	w.T.Helper()
	dir := os.Getenv("OSTIARY_LOOKS")
	if dir == "" {
		return
	}
	f, err := os.Create(filepath.Join(dir, name+".png"))
	require.NoError(w.T, err)
	defer w.hideScrolledOut()()
	require.NoError(w.T, png.Encode(f, w.Window.Canvas().Capture()))
	require.NoError(w.T, f.Close())
}

// hideScrolledOut hides the fields of the dialog at the top that are scrolled out of it, until undo is called: the
// driver for tests draws the text of a field also outside of what the field is in, which those for screens do not.
func (w *Opened) hideScrolledOut() (undo func()) {
	var hidden []fyne.CanvasObject
	var frame fyne.CanvasObject
	driver := fyne.CurrentApp().Driver()
	for _, o := range Visible(w.Window.Canvas().Overlays().Top()) {
		switch o := o.(type) {
		case *kit.Scroll:
			frame = o
		case *kit.Input:
			if frame == nil {
				continue
			}
			y, top := driver.AbsolutePositionForObject(o).Y, driver.AbsolutePositionForObject(frame).Y
			if y < top || y+o.Size().Height > top+frame.Size().Height {
				hidden = append(hidden, o)
			}
		}
	}
	for _, o := range hidden {
		o.Hide()
	}
	return func() {
		for _, o := range hidden {
			o.Show()
		}
	}
}

// HoldLooks holds what scenes look like in dark, in light, and on a screen on
// which everything is twice the size: what is drawn, where, and in which
// colour. The goldens are made again by deleting them and taking the files from
// testdata/failed.
func HoldLooks(t *testing.T, life func() *StillLife, scenes []Scene) {
	t.Helper()
	for i, view := range scenes {
		for _, style := range []struct {
			name, theme string
			scale       float32
		}{{"dark", "dark", 1}, {"light", "light", 1}, {"twice", "dark", 2}} {
			if Sampled && (style.name != "dark" || i > 0) {
				continue
			}
			t.Run(view.Name+"-"+style.name, func(t *testing.T) {
				w := OpenStill(t, life(), state.Preferences{Theme: style.theme})
				w.Window.Canvas().(test.WindowlessCanvas).SetScale(style.scale)
				w.Window.Resize(fyne.NewSize(1240/style.scale, 780/style.scale))
				view.Arrive(w)
				w.Window.Canvas().Unfocus()
				w.KeepPicture(view.Name + "-" + style.name)
				require.Less(t, len(w.Texts()), 400)
				test.AssertRendersToMarkup(t, view.Name+"-"+style.name+".xml", w.Window.Canvas())
			})
		}
	}
}

// ErrRefused is the error of an address at which nothing listens.
var ErrRefused = &state.Problem{
	Kind: state.KindRefused, Detail: "dial tcp 127.0.0.1:1: connect: connection refused", Err: http.ErrServerClosed,
}

// Problem is an answer of a server that refuses something.
func Problem(status int, code apikey.Code) *api.Error {
	return &api.Error{Problem: api.Problem{Status: status, Code: code, Title: http.StatusText(status), Detail: "–"}}
}

// IssueKey creates a key in the dialog for that, which then shows its token.
func (w *Opened) IssueKey() {
	w.Ctrl(fyne.KeyN)
	w.Write("edge")
	w.Press(fyne.KeyReturn)
}

// StillCertificate is that of a gate that made its own.
const StillCertificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
