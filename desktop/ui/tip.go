package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// tipDelay is how long the pointer rests before a tooltip shows.
const tipDelay = 500 * time.Millisecond

// tip is a tooltip that shows after a while.
type tip struct {
	ui   *UI
	text string
	stop func()
}

func (t *tip) schedule(over fyne.CanvasObject) {
	t.cancel()
	t.stop = t.ui.loop.After(tipDelay, func() { t.ui.showTip(t.text, over) })
}

func (t *tip) cancel() {
	if t.stop != nil {
		t.stop()
		t.stop = nil
	}
	t.ui.hideTip()
}

// showTip shows a tooltip below an object. In a dialog the layer lies behind,
// so there is none there.
func (u *UI) showTip(text string, over fyne.CanvasObject) {
	u.hideTip()
	if len(u.modals) > 0 || u.tips == nil {
		return
	}
	surface := newBlock(theme.ColorNameMenuBackground)
	surface.stroke, surface.radius = colorLine, 6
	words := newLabel(text)
	words.size = textSmall
	box := container.NewStack(surface, padded(5, 9, 5, 9, words))
	size := box.MinSize()
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(over)
	x := at.X + over.Size().Width/2 - size.Width/2
	x = max(4, min(x, u.window.Canvas().Size().Width-size.Width-4))
	box.Resize(size)
	box.Move(fyne.NewPos(x, at.Y+over.Size().Height+4))
	u.tips.Add(box)
}

func (u *UI) hideTip() {
	if u.tips != nil && len(u.tips.Objects) > 0 {
		u.tips.RemoveAll()
	}
}
