//go:build walk

package walk

import (
	"fmt"
	"image"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"
	"github.com/stretchr/testify/require"
)

// connect connects to the screen until the test ends.
func (s *screen) connect() (x *xgb.Conn, root xproto.Window) {
	s.t.Helper()
	xgb.Logger.SetOutput(io.Discard) // it complains that nobody asks for a password
	x, err := xgb.NewConnDisplay(s.display)
	require.NoError(s.t, err)
	s.t.Cleanup(x.Close)
	return x, xproto.Setup(x).DefaultScreen(x).Root
}

func atom(t testing.TB, x *xgb.Conn, name string) xproto.Atom {
	t.Helper()
	reply, err := xproto.InternAtom(x, false, uint16(len(name)), name).Reply()
	require.NoError(t, err)
	return reply.Atom
}

// window is the program's window. It waits for it: while a window manager gives it a frame it is not to be seen.
func (s *screen) window() (id xproto.Window) {
	s.t.Helper()
	s.until(func() bool {
		search := exec.Command("xdotool", "search", "--onlyvisible", "--name", "^Ostiary$")
		search.Env = s.env
		out, err := search.Output()
		if err != nil {
			return false
		}
		_, err = fmt.Sscan(strings.TrimSpace(string(out)), &id)
		return err == nil
	}, "the program has no window")
	return id
}

// place is where the content of the program's window is on the screen.
func (s *screen) place() image.Rectangle {
	s.t.Helper()
	w := s.window()
	x, root := s.connect()
	defer x.Close()
	corner, err := xproto.TranslateCoordinates(x, w, root, 0, 0).Reply()
	require.NoError(s.t, err)
	size, err := xproto.GetGeometry(x, xproto.Drawable(w)).Reply()
	require.NoError(s.t, err)
	least := image.Pt(int(corner.DstX), int(corner.DstY))
	return image.Rectangle{least, least.Add(image.Pt(int(size.Width), int(size.Height)))}
}

// manageWindows runs a window manager on the screen.
func (s *screen) manageWindows() {
	s.t.Helper()
	cmd := exec.Command("openbox", "--sm-disable")
	cmd.Env = s.env
	runUntilTheEnd(s.t, cmd)
	x, root := s.connect()
	s.until(func() bool {
		manager, err := xproto.GetProperty(x, false, root, atom(s.t, x, "_NET_SUPPORTING_WM_CHECK"), xproto.AtomWindow, 0, 1).Reply()
		return err == nil && manager.ValueLen == 1
	}, "the window manager runs")
}

// shrink leaves only the left part of the screen with a monitor.
func (s *screen) shrink(width uint16) {
	s.t.Helper()
	x, root := s.connect()
	require.NoError(s.t, randr.Init(x))
	resources, err := randr.GetScreenResourcesCurrent(x, root).Reply()
	require.NoError(s.t, err)
	left := randr.MonitorInfo{Name: atom(s.t, x, "left"), NOutput: 1, Width: width, Height: screenHeight, WidthInMillimeters: 300, HeightInMillimeters: 200,
		Outputs: resources.Outputs[:1]}
	require.NoError(s.t, randr.SetMonitorChecked(x, root, left).Check())
	monitors, err := randr.GetMonitors(x, root, true).Reply()
	require.NoError(s.t, err)
	require.Len(s.t, monitors.Monitors, 1)
	require.Equal(s.t, width, monitors.Monitors[0].Width)
}

// closeWindow asks the program to close its window, as the window manager does
// when somebody clicks on the cross. xdotool cannot ask.
func (s *screen) closeWindow() {
	s.t.Helper()
	w := s.window()
	x, _ := s.connect()
	s.send(x, w, w, xproto.EventMaskNoEvent, "WM_PROTOCOLS", uint32(atom(s.t, x, "WM_DELETE_WINDOW")))
}

// enlarge asks the window manager to let the program's window fill the
// screen, or no longer.
func (s *screen) enlarge(fill bool) {
	s.t.Helper()
	action := uint32(0)
	if fill {
		action = 1
	}
	const aPerson = 2
	x, root := s.connect()
	s.send(x, s.window(), root, xproto.EventMaskSubstructureRedirect|xproto.EventMaskSubstructureNotify, "_NET_WM_STATE",
		action, uint32(atom(s.t, x, "_NET_WM_STATE_MAXIMIZED_VERT")), uint32(atom(s.t, x, "_NET_WM_STATE_MAXIMIZED_HORZ")), aPerson)
}

// send sends a message about a window to a window.
func (s *screen) send(x *xgb.Conn, about, to xproto.Window, mask uint32, kind string, data ...uint32) {
	s.t.Helper()
	data = append(data, make([]uint32, 5-len(data))...)
	message := xproto.ClientMessageEvent{Format: 32, Window: about, Type: atom(s.t, x, kind), Data: xproto.ClientMessageDataUnionData32New(data)}
	require.NoError(s.t, xproto.SendEventChecked(x, false, to, mask, string(message.Bytes())).Check())
}

// watch returns a function that returns where large windows with their frames
// have been seen on the screen since.
func (s *screen) watch() (seen func() map[image.Point]bool) {
	s.t.Helper()
	x, root := s.connect()
	require.NoError(s.t, xproto.ChangeWindowAttributesChecked(x, root, xproto.CwEventMask, []uint32{xproto.EventMaskSubstructureNotify}).Check())
	return func() map[image.Point]bool {
		defer x.Close()
		x.Sync()
		where, mapped, at := map[xproto.Window]image.Point{}, map[xproto.Window]bool{}, map[image.Point]bool{}
		for {
			event, err := x.PollForEvent()
			require.NoError(s.t, err)
			var w xproto.Window
			switch e := event.(type) {
			case nil:
				return at
			case xproto.CreateNotifyEvent:
				if e.Width > 400 {
					where[e.Window] = image.Pt(int(e.X), int(e.Y))
				}
			case xproto.MapNotifyEvent:
				w = e.Window
				mapped[w] = true
			case xproto.UnmapNotifyEvent:
				mapped[e.Window] = false
			case xproto.ConfigureNotifyEvent:
				if w = e.Window; e.Width > 400 {
					where[w] = image.Pt(int(e.X), int(e.Y))
				}
			}
			if corner, large := where[w]; large && mapped[w] {
				at[corner] = true
			}
		}
	}
}
