//go:build (linux || freebsd || openbsd || netbsd) && !wayland

package place

import (
	"errors"
	"fmt"
	"image"
	"io"
	"slices"
	"time"

	"fyne.io/fyne/v2/driver"
	"github.com/jezek/xgb"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"

	"github.com/ostiary/ostiary/desktop/state"
)

// How long an answer of the X server is waited for.
const (
	readLimit    = time.Second
	restoreLimit = 300 * time.Millisecond
)

// Parts of the property WM_NORMAL_HINTS, by which a window manager knows that
// the user chose a window's place: the flags, and the numbers in all.
const (
	hintCount   = 18
	hintUserPos = 1 << 0
)

// x11 is a window of an X server. Its place is that of its content; how thick
// the frame around it is, is the window manager's business. GLFW's windows
// have a static gravity, so that both mean the same place.
type x11 xproto.Window

func of(context any) Window {
	if c, ok := context.(driver.X11WindowContext); ok && c.WindowHandle != 0 {
		return x11(c.WindowHandle) //nolint:gosec // names in X have 29 bits
	}
	return nil
}

func (w x11) Read(before *state.Place) (at *state.Place, err error) {
	err = within(readLimit, func(s *server) (err error) {
		at, err = s.read(xproto.Window(w), before)
		return err
	})
	return at, err
}

func (w x11) Restore(at state.Place) error {
	return within(restoreLimit, func(s *server) error { return s.restore(xproto.Window(w), at) })
}

// Shown has nothing left to do: Restore has done all.
func (x11) Shown(state.Place) {}

// server is a connection to the X server of our own: that of GLFW is out of
// reach.
type server struct{ *xgb.Conn }

// within does something with the X server in the background. The caller waits no
// longer than a limit.
func within(limit time.Duration, do func(*server) error) error {
	done := make(chan error, 1)
	go func() {
		xgb.Logger.SetOutput(io.Discard) // it logs, on its own, what it also returns
		conn, err := xgb.NewConn()
		if err != nil {
			done <- fmt.Errorf("the X server does not let us ask where the window is: %w", err)
			return
		}
		defer conn.Close()
		done <- do(&server{conn})
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(limit):
		return errors.New("the X server does not answer")
	}
}

// read returns where a window is, and nil while it is not seen.
func (s *server) read(w xproto.Window, before *state.Place) (*state.Place, error) {
	attributes, err := xproto.GetWindowAttributes(s.Conn, w).Reply()
	if err != nil || attributes.MapState != xproto.MapStateViewable {
		return nil, err
	}
	root, err := s.root(w)
	if err != nil {
		return nil, err
	}
	corner, err := xproto.TranslateCoordinates(s.Conn, w, root, 0, 0).Reply()
	if err != nil {
		return nil, err
	}
	at := &state.Place{X: int(corner.DstX), Y: int(corner.DstY)}
	states, err := s.states(w)
	if err != nil {
		return nil, err
	}
	at.Maximized = !slices.ContainsFunc(states.maximized, func(a xproto.Atom) bool {
		return !slices.Contains(states.now, a)
	})
	if !at.Maximized || before == nil {
		return at, nil
	}
	screens, err := s.screens(root)
	if err == nil && sameScreen(screens, image.Pt(at.X, at.Y), image.Pt(before.X, before.Y)) {
		at.X, at.Y = before.X, before.Y
	}
	return at, err
}

// restore puts a window to a place, before it is shown.
func (s *server) restore(w xproto.Window, at state.Place) error {
	root, err := s.root(w)
	if err != nil {
		return err
	}
	screens, err := s.screens(root)
	if err != nil {
		return err
	}
	size, err := xproto.GetGeometry(s.Conn, xproto.Drawable(w)).Reply()
	if err != nil {
		return err
	}
	if reachable(screens, image.Pt(at.X, at.Y), int(size.Width)) {
		if err := s.move(w, at); err != nil {
			return err
		}
	}
	if !at.Maximized {
		return nil
	}
	states, err := s.states(w)
	if err != nil {
		return err
	}
	for _, a := range states.maximized {
		if !slices.Contains(states.now, a) {
			states.now = append(states.now, a)
		}
	}
	return set(s, w, states.name, xproto.AtomAtom, states.now)
}

// move puts a window to a place, and lets the window manager know that this is
// what its user wants.
func (s *server) move(w xproto.Window, at state.Place) error {
	hints, err := property[uint32](s, w, xproto.AtomWmNormalHints, xproto.AtomWmSizeHints)
	if err != nil {
		return err
	}
	if len(hints) < hintCount {
		hints = append(hints, make([]uint32, hintCount-len(hints))...)
	}
	x, y := uint32(int32(at.X)), uint32(int32(at.Y)) //nolint:gosec // X has 16 bits for them, as reachable has made sure
	hints[0], hints[1], hints[2] = hints[0]|hintUserPos, x, y
	if err := set(s, w, xproto.AtomWmNormalHints, xproto.AtomWmSizeHints, hints); err != nil {
		return err
	}
	return xproto.ConfigureWindowChecked(s.Conn, w, xproto.ConfigWindowX|xproto.ConfigWindowY, []uint32{x, y}).Check()
}

func (s *server) root(w xproto.Window) (xproto.Window, error) {
	tree, err := xproto.QueryTree(s.Conn, w).Reply()
	if err != nil {
		return 0, err
	}
	return tree.Root, nil
}

// screens are the monitors; all of the root window where the X server does
// not report them.
func (s *server) screens(root xproto.Window) (screens []image.Rectangle, err error) {
	if err = randr.Init(s.Conn); err == nil {
		var found *randr.GetMonitorsReply
		if found, err = randr.GetMonitors(s.Conn, root, true).Reply(); err == nil {
			for _, m := range found.Monitors {
				screens = append(screens, rectangle(m.X, m.Y, m.Width, m.Height))
			}
		}
	}
	if len(screens) > 0 {
		return screens, nil
	}
	all, err := xproto.GetGeometry(s.Conn, xproto.Drawable(root)).Reply()
	if err != nil {
		return nil, err
	}
	return []image.Rectangle{rectangle(all.X, all.Y, all.Width, all.Height)}, nil
}

func rectangle(x, y int16, width, height uint16) image.Rectangle {
	return image.Rect(int(x), int(y), int(x)+int(width), int(y)+int(height))
}

// windowStates is the property _NET_WM_STATE of a window: its name, what it
// holds, and what it holds of a window that fills its screen.
type windowStates struct {
	name      xproto.Atom
	now       []xproto.Atom
	maximized []xproto.Atom
}

func (s *server) states(w xproto.Window) (st windowStates, err error) {
	atoms := make([]xproto.Atom, 3)
	for i, name := range []string{"_NET_WM_STATE", "_NET_WM_STATE_MAXIMIZED_VERT", "_NET_WM_STATE_MAXIMIZED_HORZ"} {
		reply, err := xproto.InternAtom(s.Conn, false, uint16(len(name)), name).Reply() //nolint:gosec // short
		if err != nil {
			return st, err
		}
		atoms[i] = reply.Atom
	}
	st.name, st.maximized = atoms[0], atoms[1:]
	st.now, err = property[xproto.Atom](s, w, st.name, xproto.AtomAtom)
	return st, err
}

// property reads a property that is made of 32-bit numbers; empty if it is
// not there.
func property[N ~uint32](s *server, w xproto.Window, name, kind xproto.Atom) (numbers []N, err error) {
	const most = 256
	reply, err := xproto.GetProperty(s.Conn, false, w, name, kind, 0, most).Reply()
	if err != nil || reply.Format != 32 {
		return nil, err
	}
	for i := range reply.ValueLen {
		numbers = append(numbers, N(xgb.Get32(reply.Value[4*i:])))
	}
	return numbers, nil
}

// set writes a property that is made of 32-bit numbers.
func set[N ~uint32](s *server, w xproto.Window, name, kind xproto.Atom, numbers []N) error {
	value := make([]byte, 4*len(numbers))
	for i, n := range numbers {
		xgb.Put32(value[4*i:], uint32(n))
	}
	return xproto.ChangePropertyChecked(s.Conn, xproto.PropModeReplace, w, name, kind, 32, uint32(len(numbers)), value).Check() //nolint:gosec // few
}
