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
	stage *stage
	text  string
	stop  func()
}

func (t *tip) schedule(over fyne.CanvasObject) {
	t.cancel()
	t.stop = t.stage.loop.After(tipDelay, func() { t.stage.showTip(t.text, over) })
}

func (t *tip) cancel() {
	if t.stop != nil {
		t.stop()
		t.stop = nil
	}
	t.stage.hideTip()
}

// showTip shows a tooltip below an object. In a dialog the layer lies behind,
// so there is none there.
func (s *stage) showTip(text string, over fyne.CanvasObject) {
	s.hideTip()
	if len(s.modals) > 0 || s.tips == nil {
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
	x = max(4, min(x, s.window.Canvas().Size().Width-size.Width-4))
	box.Resize(size)
	box.Move(fyne.NewPos(x, at.Y+over.Size().Height+4))
	s.tips.Add(box)
}

func (s *stage) hideTip() {
	if s.tips != nil && len(s.tips.Objects) > 0 {
		s.tips.RemoveAll()
	}
}
