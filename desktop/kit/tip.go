package kit

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// tipDelay is how long the pointer rests before a tooltip shows.
const tipDelay = 500 * time.Millisecond

// Tip is a tooltip that shows after a while.
type Tip struct {
	Stage *Stage
	Text  string
	stop  func()
}

// Schedule shows the tooltip over an object after a while.
func (t *Tip) Schedule(over fyne.CanvasObject) {
	t.Cancel()
	t.stop = t.Stage.Loop.After(tipDelay, func() { t.Stage.showTip(t.Text, over) })
}

// Cancel takes the tooltip away.
func (t *Tip) Cancel() {
	if t.stop != nil {
		t.stop()
		t.stop = nil
	}
	t.Stage.HideTip()
}

// showTip shows a tooltip below an object. In a dialog the layer lies behind,
// so there is none there.
func (s *Stage) showTip(text string, over fyne.CanvasObject) {
	s.HideTip()
	if len(s.Modals) > 0 || s.Tips == nil {
		return
	}
	surface := NewBlock(theme.ColorNameMenuBackground)
	surface.Stroke, surface.Radius = ColorLine, 6
	said := NewLabel(text)
	said.TextSize = textSmall
	box := container.NewStack(surface, Padded(5, 9, 5, 9, said))
	size := box.MinSize()
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(over)
	x := at.X + over.Size().Width/2 - size.Width/2
	x = max(4, min(x, s.Window.Canvas().Size().Width-size.Width-4))
	box.Resize(size)
	box.Move(fyne.NewPos(x, at.Y+over.Size().Height+4))
	s.Tips.Add(box)
}

// HideTip takes the tooltip away that is shown.
func (s *Stage) HideTip() {
	if s.Tips != nil && len(s.Tips.Objects) > 0 {
		s.Tips.RemoveAll()
	}
}
