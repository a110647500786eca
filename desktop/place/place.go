// Package place finds out where a window is on the screen, and puts it there
// again. Fyne has no calls for that, so it asks the system: X11 or Windows.
package place

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver"

	"github.com/ostiary/ostiary/desktop/state"
)

// Window is the system's own window below one of Fyne's.
type Window interface {
	// Read returns where the window is, and nil while it is not seen. Before
	// is where it was at the end of its last use, or nil: a window that fills
	// its screen has no place of its own, and keeps that one where it can.
	// Read may take long, and must not run on the thread that draws.
	Read(before *state.Place) (*state.Place, error)

	// Restore puts the window to a place before it is shown. Where nobody
	// could reach it there, because that screen is gone, the system chooses.
	// It belongs on the thread that draws, and holds it for restoreLimit at
	// the most.
	Restore(at state.Place) error

	// Shown does what is left to do for a place when the window is shown.
	Shown(at state.Place)
}

// Of returns the system's own window. It is nil until that is made, and where
// the system lets no program say where its windows are: under Wayland. On
// macOS nobody has tried.
func Of(w fyne.Window) (found Window) {
	native, ok := w.(driver.NativeWindow)
	if !ok {
		return nil
	}
	native.RunNative(func(context any) { found = of(context) })
	return found
}

// What must be seen of a window's upper edge, so that it can be moved with the
// mouse: that wide, and that high.
const (
	handleWidth  = 80
	handleHeight = 24
)

// reachable reports whether a window of a width, in pixels, can be moved with
// the mouse when its upper left corner is at a point.
func reachable(screens []image.Rectangle, corner image.Point, width int) bool {
	handle := image.Rectangle{corner, corner.Add(image.Pt(width, handleHeight))}
	for _, s := range screens {
		seen := handle.Intersect(s)
		if seen.Dx() >= min(width, handleWidth) && seen.Dy() == handleHeight {
			return true
		}
	}
	return false
}

// sameScreen reports whether two points are on the same screen.
func sameScreen(screens []image.Rectangle, a, b image.Point) bool {
	for _, s := range screens {
		if a.In(s) && b.In(s) {
			return true
		}
	}
	return false
}
