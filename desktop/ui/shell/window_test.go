package shell_test

import (
	"errors"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/place"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/shell"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
)

func TestTheWindowKeepsItsSize(t *testing.T) {
	w := uitest.Open(t, nil, state.Preferences{})
	w.Window.Resize(fyne.NewSize(901, 633))
	w.Closed()
	require.Equal(t, state.Window{Width: 901, Height: 633}, w.App.Settings.Get().Window)
	again := shell.New(w.Fyne, w.App, w.Clock)
	require.Equal(t, fyne.NewSize(901, 633), again.Window.Canvas().Size())

	w.Window.SetFullScreen(true)
	w.Closed()
	require.Equal(t, state.Window{Width: 901, Height: 633, Full: true}, w.App.Settings.Get().Window, "the size before it filled the screen is kept")
	require.True(t, shell.New(w.Fyne, w.App, w.Clock).Window.FullScreen())
}

// TestTheProgramDoesNotEndUnasked asks before it ends on a form in a dialog.
func TestTheProgramDoesNotEndUnasked(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	w.Ctrl(fyne.KeyN)
	w.Write("edge")
	w.Closed()
	w.Closed()
	require.Len(t, w.Modals, 2, "it asks once")
	require.True(t, w.Shown("Discard what you typed?"))
	w.Button("Keep editing")
	require.Equal(t, "edge", w.FormInputs()["edge-agents"].Text)
	require.NotNil(t, w.Session)
	w.Closed()
	w.Button("Discard")
	require.Nil(t, w.Session, "it has ended")
}

// systemWindow is the system's window below the one of the tests.
type systemWindow struct {
	loop     *uitest.Clock
	at       *state.Place // nil = not seen
	err      error
	restored []state.Place
	shown    []state.Place
	onDrawer bool // it was read on the thread that draws
}

func (s *systemWindow) Read(*state.Place) (*state.Place, error) {
	s.onDrawer = s.onDrawer || !s.loop.Background
	return s.at, s.err
}

func (s *systemWindow) Restore(at state.Place) error {
	s.restored = append(s.restored, at)
	return s.err
}

func (s *systemWindow) Shown(at state.Place) { s.shown = append(s.shown, at) }

func TestTheWindowKeepsItsPlace(t *testing.T) {
	w := uitest.Open(t, nil, state.Preferences{})
	system := &systemWindow{loop: w.Clock, at: &state.Place{X: 40, Y: -8}}
	w.SetSystem(func(fyne.Window) place.Window { return system })
	w.Window.Resize(fyne.NewSize(901, 633))
	require.Empty(t, system.restored, "there was no place")
	require.NotNil(t, w.Placed())

	w.Closed()
	want := state.Window{Width: 901, Height: 633, Place: &state.Place{X: 40, Y: -8}}
	require.Equal(t, want, w.App.Settings.Get().Window)
	require.False(t, system.onDrawer, "the system may answer late")

	again := shell.New(w.Fyne, w.App, w.Clock)
	none := true
	again.SetSystem(func(fyne.Window) place.Window {
		if none {
			return nil
		}
		return system
	})
	again.Window.Resize(fyne.NewSize(902, 633))
	none = false
	require.Empty(t, system.restored, "not before the system has a window")
	again.Window.Resize(fyne.NewSize(903, 633))
	require.Equal(t, []state.Place{{X: 40, Y: -8}}, system.restored)
	again.ShowAtItsPlace()
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
			w := uitest.Open(t, nil, state.Preferences{})
			require.NoError(t, w.App.Settings.Change(func(p *state.Preferences) { p.Window = before }))
			w.SetSystem(func(fyne.Window) place.Window { return &systemWindow{loop: w.Clock, at: tt.at, err: tt.err} })
			w.Window.Resize(fyne.NewSize(1000, 700))
			w.Window.SetFullScreen(tt.full)
			w.Ctrl(fyne.KeyQ)
			require.Equal(t, tt.want, w.App.Settings.Get().Window)
		})
	}
}

// TestAHiddenWindowAsksNothing leaves the server alone while nobody looks, and reads when the window is back.
func TestAHiddenWindowAsksNothing(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	asked := 0
	w.Life.Asks = func(string) { asked++ }
	w.RefreshSeen()
	require.NotZero(t, asked)
	w.Hide()
	asked = 0
	w.RefreshSeen()
	require.Zero(t, asked)
	w.Unhide()
	require.NotZero(t, asked)
}
