package place

import (
	"fmt"
	"image"
	"unsafe"

	"fyne.io/fyne/v2/driver"
	"golang.org/x/sys/windows"

	"github.com/ostiary/ostiary/desktop/state"
)

// Functions and numbers of Windows, by the names that they have there.
var (
	user32             = windows.NewLazySystemDLL("user32.dll")
	getWindowPlacement = user32.NewProc("GetWindowPlacement")
	setWindowPlacement = user32.NewProc("SetWindowPlacement")
	monitorFromRect    = user32.NewProc("MonitorFromRect")
	getMonitorInfo     = user32.NewProc("GetMonitorInfoW")
	isWindowVisible    = user32.NewProc("IsWindowVisible")
	showWindow         = user32.NewProc("ShowWindow")
)

const (
	swHide                = 0
	swShowMinimized       = 2
	swShowMaximized       = 3
	wpfRestoreToMaximized = 2
	monitorDefaultToNull  = 0
)

// windowPlacement is WINDOWPLACEMENT.
type windowPlacement struct {
	length, flags, show uint32
	minimized           struct{ x, y int32 }
	maximized           struct{ x, y int32 }
	normal              rect
}

// rect is RECT.
type rect struct{ left, top, right, bottom int32 }

// monitorInfo is MONITORINFO.
type monitorInfo struct {
	length      uint32
	whole, work rect
	flags       uint32
}

// handle is a window of Windows. Its place is that of its frame, also while it
// fills its screen or is put away: Windows remembers that.
type handle uintptr

func of(context any) Window {
	if c, ok := context.(driver.WindowsWindowContext); ok && c.HWND != 0 {
		return handle(c.HWND)
	}
	return nil
}

func (h handle) Read(*state.Place) (*state.Place, error) {
	if seen, _, _ := isWindowVisible.Call(uintptr(h)); seen == 0 {
		return nil, nil //nolint:nilnil // not seen is an answer
	}
	p, err := h.placement()
	if err != nil {
		return nil, err
	}
	full := p.show == swShowMaximized || p.show == swShowMinimized && p.flags&wpfRestoreToMaximized != 0
	return &state.Place{X: int(p.normal.left), Y: int(p.normal.top), Maximized: full}, nil
}

func (h handle) Restore(at state.Place) error {
	p, err := h.placement()
	if err != nil {
		return err
	}
	x, y := int32(at.X), int32(at.Y) //nolint:gosec // as Windows has given them
	width, height := p.normal.right-p.normal.left, p.normal.bottom-p.normal.top
	p.normal = rect{left: x, top: y, right: x + width, bottom: y + height}
	upper := rect{left: x, top: y, right: p.normal.right, bottom: y + handleHeight}
	if !reachable(upper.screen(), image.Pt(at.X, at.Y), int(upper.right-upper.left)) {
		return nil
	}
	p.show = swHide
	if done, _, err := setWindowPlacement.Call(uintptr(h), uintptr(unsafe.Pointer(&p))); done == 0 { //nolint:gosec // that is how Windows is called
		return fmt.Errorf("the window cannot be put to its place: %w", err)
	}
	return nil
}

// Shown makes the window fill its screen, which one that is not shown cannot.
func (h handle) Shown(at state.Place) {
	if at.Maximized {
		_, _, _ = showWindow.Call(uintptr(h), swShowMaximized) // it answers whether the window was seen before
	}
}

func (h handle) placement() (p windowPlacement, err error) {
	p.length = uint32(unsafe.Sizeof(p))
	if done, _, err := getWindowPlacement.Call(uintptr(h), uintptr(unsafe.Pointer(&p))); done == 0 { //nolint:gosec // that is how Windows is called
		return p, fmt.Errorf("the system does not say where the window is: %w", err)
	}
	return p, nil
}

// screen is the monitor that has the most of a window, if any has.
func (r rect) screen() (screens []image.Rectangle) {
	monitor, _, _ := monitorFromRect.Call(uintptr(unsafe.Pointer(&r)), monitorDefaultToNull) //nolint:gosec // that is how Windows is called
	if monitor == 0 {
		return nil
	}
	about := monitorInfo{length: uint32(unsafe.Sizeof(monitorInfo{}))}
	if done, _, _ := getMonitorInfo.Call(monitor, uintptr(unsafe.Pointer(&about))); done == 0 { //nolint:gosec // that is how Windows is called
		return nil
	}
	whole := about.whole
	return []image.Rectangle{image.Rect(int(whole.left), int(whole.top), int(whole.right), int(whole.bottom))}
}
