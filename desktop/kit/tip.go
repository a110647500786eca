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

// tipMargin is between a tooltip and what it is about, and to the window's edge.
const tipMargin = 4

// showTip shows a tooltip below an object, or above it at the foot of the window.
func (s *Stage) showTip(text string, over fyne.CanvasObject) {
	s.HideTip()
	s.tipLayer = s.Tips
	if n := len(s.Modals); n > 0 {
		s.tipLayer = s.Modals[n-1].overlay
	}
	if s.tipLayer == nil {
		return
	}
	s.tip = newTip(text)
	size, window := s.tip.MinSize(), s.Window.Canvas().Size()
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(over)
	x := at.X + over.Size().Width/2 - size.Width/2
	y := at.Y + over.Size().Height + tipMargin
	if y+size.Height > window.Height-tipMargin {
		y = at.Y - size.Height - tipMargin
	}
	s.tip.Resize(size)
	s.tip.Move(fyne.NewPos(max(tipMargin, min(x, window.Width-size.Width-tipMargin)), max(tipMargin, y)))
	s.tipLayer.Add(s.tip)
}

// tipBroad is the most that a line of a tooltip takes.
const tipBroad = 420

// newTip draws a tooltip, in several lines if it is long.
func newTip(text string) fyne.CanvasObject {
	surface := NewBlock(theme.ColorNameMenuBackground)
	surface.Stroke, surface.Radius = ColorLine, 6
	line := NewLabel(text)
	line.TextSize = textSmall
	var said fyne.CanvasObject = line
	if line.MinSize().Width > tipBroad {
		lines := Note(text, Plain)
		lines.Resize(fyne.NewSize(tipBroad, 0))
		said = Fixed(tipBroad, lines)
	}
	return container.NewStack(surface, Padded(5, 9, 5, 9, said))
}

// HideTip takes the tooltip away that is shown.
func (s *Stage) HideTip() {
	if s.tip != nil {
		s.tipLayer.Remove(s.tip)
		s.tip, s.tipLayer = nil, nil
	}
}
