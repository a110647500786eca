//go:build walk

package walk

import (
	"encoding/json"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
)

// TestTheWindowComesBackToItsPlace moves the window, ends the program and
// starts it again: with a window manager, which draws a frame around the
// window and has its own thoughts on where windows go, and without one.
func TestTheWindowComesBackToItsPlace(t *testing.T) {
	t.Parallel()
	for _, managed := range []bool{true, false} {
		t.Run(fmt.Sprintf("managed=%t", managed), func(t *testing.T) {
			t.Parallel()
			s := startScreen(t)
			if managed {
				s.manageWindows()
			}
			args := profile(t, state.Preferences{Theme: "dark", Language: "en", Last: state.LocalID, Window: state.Window{Width: 700, Height: 450}})
			cmd := s.run(program(t), args...)
			s.painted()
			chosen := s.place()
			require.Equal(t, image.Pt(700, 450), chosen.Size())
			s.do("search", "--onlyvisible", "--name", "Ostiary", "windowmove", "417", "233")
			s.until(func() bool { return s.place().Min != chosen.Min }, "the window moves")
			moved := s.place()
			s.do("key", "ctrl+q")
			s.ends(cmd)
			require.Equal(t, &state.Place{X: moved.Min.X, Y: moved.Min.Y}, remembered(t, args).Place)

			for range 2 { // a second time, because an error would add up
				seen := s.watch()
				cmd = s.run(program(t), args...)
				s.painted()
				require.Equal(t, moved, s.place(), "the window is back")
				require.Len(t, seen(), 1, "it was never seen anywhere else")
				s.do("key", "ctrl+q")
				s.ends(cmd)
			}
		})
	}
}

// TestTheWindowIsNotLost starts the program where its window was on a screen
// that has gone.
func TestTheWindowIsNotLost(t *testing.T) {
	t.Parallel()
	const left = 900 // what is still there; X has forgotten nothing of the rest
	s := startScreen(t)
	s.shrink(left)
	s.manageWindows()
	for _, gone := range []state.Place{{X: 3000, Y: 200}, {X: 200, Y: 1500}, {X: -900, Y: 100}, {X: 300, Y: -200}, {X: left + 50, Y: 100}, {X: left - 20, Y: 100}} {
		args := profile(t, state.Preferences{Theme: "dark", Language: "en", Last: state.LocalID, Window: state.Window{Width: 700, Height: 450, Place: &gone}})
		cmd := s.run(program(t), args...)
		s.painted()
		where := s.place()
		require.True(t, where.In(image.Rect(0, 0, left, screenHeight)), "%v came to %v", gone, where)
		s.do("key", "ctrl+q")
		s.ends(cmd)
		require.Equal(t, state.Place{X: where.Min.X, Y: where.Min.Y}, *remembered(t, args).Place)
	}
}

// TestTheWindowFillsItsScreenAgain lets the window fill the screen, starts the
// program again, and finds the size and the place from before under it.
func TestTheWindowFillsItsScreenAgain(t *testing.T) {
	t.Parallel()
	s := startScreen(t)
	s.manageWindows()
	args := profile(t, state.Preferences{Theme: "dark", Language: "en", Last: state.LocalID,
		Window: state.Window{Width: 700, Height: 450, Place: &state.Place{X: 417, Y: 233}}})
	small := image.Rect(417, 233, 417+700, 233+450)
	full := func() bool { where := s.place(); return where.Dx() == screenWidth && where.Dy() > screenHeight*9/10 }

	cmd := s.run(program(t), args...)
	s.painted()
	require.Equal(t, small, s.place())
	s.enlarge(true)
	s.until(full, "the window fills the screen")
	s.settled()
	s.do("key", "ctrl+q")
	s.ends(cmd)
	want := state.Window{Width: 700, Height: 450, Place: &state.Place{X: 417, Y: 233, Maximized: true}}
	require.Equal(t, want, remembered(t, args))

	cmd = s.run(program(t), args...)
	s.painted()
	require.True(t, full(), "it fills the screen from the beginning: %v", s.place())
	s.settled()
	require.True(t, full(), "and goes on doing so: %v", s.place())
	s.enlarge(false)
	s.until(func() bool { return s.place() == small }, "it has kept the size and the place from before")
	s.settled()
	s.do("key", "ctrl+q")
	s.ends(cmd)
	want.Place.Maximized = false
	require.Equal(t, want, remembered(t, args))
}

// remembered is what the program has noted of its window.
func remembered(t testing.TB, args []string) state.Window {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(args[1], "settings.json"))
	require.NoError(t, err)
	var p state.Preferences
	require.NoError(t, json.Unmarshal(content, &p))
	return p.Window
}
