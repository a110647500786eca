package ui

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/place"
	"github.com/ostiary/ostiary/desktop/state"
)

func TestTheWindowKeepsItsSize(t *testing.T) {
	w := openWindow(t, nil, state.Preferences{})
	w.Window.Resize(fyne.NewSize(901, 633))
	w.closed()
	require.Equal(t, state.Window{Width: 901, Height: 633}, w.app.Settings.Get().Window)
	again := New(w.fyne, w.app, w.hand)
	require.Equal(t, fyne.NewSize(901, 633), again.Window.Canvas().Size())

	w.Window.SetFullScreen(true)
	w.closed()
	require.Equal(t, state.Window{Width: 901, Height: 633, Full: true}, w.app.Settings.Get().Window, "the size before it filled the screen is kept")
	require.True(t, New(w.fyne, w.app, w.hand).Window.FullScreen())
}

// systemWindow is the system's window below the one of the tests.
type systemWindow struct {
	loop     *hand
	at       *state.Place // nil = not seen
	err      error
	restored []state.Place
	shown    []state.Place
	onDrawer bool // it was read on the thread that draws
}

func (s *systemWindow) Read(*state.Place) (*state.Place, error) {
	s.onDrawer = s.onDrawer || !s.loop.background
	return s.at, s.err
}

func (s *systemWindow) Restore(at state.Place) error {
	s.restored = append(s.restored, at)
	return s.err
}

func (s *systemWindow) Shown(at state.Place) { s.shown = append(s.shown, at) }

func TestTheWindowKeepsItsPlace(t *testing.T) {
	w := openWindow(t, nil, state.Preferences{})
	system := &systemWindow{loop: w.hand, at: &state.Place{X: 40, Y: -8}}
	w.system = func(fyne.Window) place.Window { return system }
	w.Window.Resize(fyne.NewSize(901, 633))
	require.Empty(t, system.restored, "there was no place")
	require.NotNil(t, w.placed)

	w.closed()
	want := state.Window{Width: 901, Height: 633, Place: &state.Place{X: 40, Y: -8}}
	require.Equal(t, want, w.app.Settings.Get().Window)
	require.False(t, system.onDrawer, "the system may answer late")

	again := New(w.fyne, w.app, w.hand)
	none := true
	again.system = func(fyne.Window) place.Window {
		if none {
			return nil
		}
		return system
	}
	again.Window.Resize(fyne.NewSize(902, 633))
	none = false
	require.Empty(t, system.restored, "not before the system has a window")
	again.Window.Resize(fyne.NewSize(903, 633))
	require.Equal(t, []state.Place{{X: 40, Y: -8}}, system.restored)
	again.showAtItsPlace()
	again.Speak("de")
	require.Len(t, system.restored, 1, "once; then the window is its user's")
	require.Equal(t, []state.Place{{X: 40, Y: -8}}, system.shown)
}

func TestOnlyASizeOfItsOwnIsKept(t *testing.T) {
	before := state.Window{Width: 1240, Height: 780, Place: &state.Place{X: 40, Y: 50}}
	for name, tt := range map[string]struct {
		at   *state.Place
		err  error
		full bool
		want state.Window
	}{
		"its own":              {at: &state.Place{X: 1, Y: 2}, want: state.Window{Width: 1000, Height: 700, Place: &state.Place{X: 1, Y: 2}}},
		"the screen's":         {at: &state.Place{X: 40, Y: 50, Maximized: true}, want: state.Window{Width: 1240, Height: 780, Place: &state.Place{X: 40, Y: 50, Maximized: true}}},
		"the whole screen's":   {at: &state.Place{}, full: true, want: state.Window{Width: 1240, Height: 780, Place: before.Place, Full: true}},
		"in the tray":          {want: before},
		"the system is silent": {err: errors.New("the X server does not answer"), want: before},
	} {
		t.Run(name, func(t *testing.T) {
			w := openWindow(t, nil, state.Preferences{})
			require.NoError(t, w.app.Settings.Change(func(p *state.Preferences) { p.Window = before }))
			w.system = func(fyne.Window) place.Window { return &systemWindow{loop: w.hand, at: tt.at, err: tt.err} }
			w.Window.Resize(fyne.NewSize(1000, 700))
			w.Window.SetFullScreen(tt.full)
			w.ctrl(fyne.KeyQ)
			require.Equal(t, tt.want, w.app.Settings.Get().Window)
		})
	}
}

func TestADayIsChosenInTheCalendar(t *testing.T) {
	w := openStill(t, newStillLife(), state.Preferences{})
	w.ctrl(fyne.KeyN)
	w.choose("90 days", "Date")
	date := w.formInputs()["2027-01-31"]
	var opener *kit.Button
	for _, o := range visible(w.Window.Canvas().Overlays().Top()) {
		if b, ok := o.(*kit.Button); ok && b.Icon != nil && b.Icon.Name() == kit.Icon("calendar").Name() {
			opener = b
		}
	}
	opener.Tapped(nil)
	require.True(t, w.shown("November 2026"))
	w.press(fyne.KeyUp, fyne.KeyLeft) // before today: stays
	w.press(fyne.KeyDown, fyne.KeyRight, fyne.KeyPageDown, fyne.KeyReturn)
	require.Equal(t, "2026-12-29", date.Text)
	require.False(t, w.shown("December 2026"), "the calendar closes")
	require.True(t, w.shown("Works to the end of that day, UTC."), w.texts())

	opener.Tapped(nil)
	require.True(t, w.shown("December 2026"), "it opens on the day that is chosen")
	month := w.Window.Canvas().Focused().(*kit.Calendar)
	month.Tapped(&fyne.PointEvent{Position: fyne.NewPos(kit.CalendarDays*kit.CalendarCell-5, 10)})
	require.True(t, w.shown("January 2027"))
	cell := func(i int) fyne.Position {
		return fyne.NewPos(float32(i%kit.CalendarDays)*kit.CalendarCell+5, kit.CalendarHead+kit.CalendarNames+float32(i/kit.CalendarDays)*kit.CalendarCell+5)
	}
	month.Tapped(&fyne.PointEvent{Position: cell(4)}) // the first of January 2027 is a Friday
	require.Equal(t, "2027-01-01", date.Text)
	opener.Tapped(nil)
	w.press(fyne.KeyEscape)
	require.Equal(t, "2027-01-01", date.Text)
	require.Len(t, w.Modals, 1, "Escape closes the calendar alone")

	c := kit.NewCalendar(w.Stage, time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC), nil, nil)
	c.Month(1)
	require.Equal(t, time.Date(2027, 2, 28, 0, 0, 0, 0, time.UTC), c.Day, "the last day that there is")
}

func TestFilesAreChosen(t *testing.T) {
	w := openStill(t, newStillLife(), state.Preferences{})
	dir := t.TempDir()
	pem := filepath.Join(dir, "company.pem")
	require.NoError(t, os.WriteFile(pem, []byte("-"), 0o600))
	w.showConnection(state.Connection{ID: "a", Name: "PMM", Address: "https://pmm.example.org", Way: state.WayKey, Trust: state.TrustFile, CAFile: filepath.Join(dir, "old.pem")}, false)
	w.button("Choose…")
	require.NotNil(t, w.Chooser)
	require.True(t, w.shown("company"), "it begins where the file is that is named now: %v", w.texts())
	w.typedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	require.Nil(t, w.Chooser, "Escape closes it")
	require.Len(t, w.Modals, 1)

	w.button("Choose…")
	var file fyne.Tappable
	for _, o := range visible(w.Window.Canvas().Overlays().Top()) {
		if fmt.Sprintf("%T", o) == "*dialog.fileDialogItem" {
			file = o.(fyne.Tappable) // the last: the directory above comes first
		}
	}
	file.Tapped(&fyne.PointEvent{})
	for _, o := range visible(w.Window.Canvas().Overlays().Top()) {
		if b, ok := o.(*widget.Button); ok && b.Text == "Choose" {
			test.Tap(b)
		}
	}
	require.Equal(t, pem, w.formInputs()["/etc/ssl/company-ca.pem"].Text)
}
