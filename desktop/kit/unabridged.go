package kit

import "fyne.io/fyne/v2"

// Unabridged shows all of a label that is cut, in a tooltip, while the pointer
// rests on it.
type Unabridged struct {
	tip  Tip
	over *Label // nil = none that is cut
}

// NewUnabridged shows the tooltips on a stage.
func NewUnabridged(s *Stage) *Unabridged { return &Unabridged{tip: Tip{Stage: s}} }

// Follow says where the pointer is, in what the labels are in.
func (u *Unabridged) Follow(at fyne.Position, labels []*Label) {
	var over *Label
	for _, l := range labels {
		if l != nil && l.Visible() && under(l, at) && l.IsCut() {
			over = l
		}
	}
	if over == u.over {
		return
	}
	u.Leave()
	if over != nil {
		u.over, u.tip.Text = over, over.Text
		u.tip.Schedule(over)
	}
}

// Leave says that the pointer is elsewhere, or that the labels show something else.
func (u *Unabridged) Leave() {
	if u.over != nil {
		u.over = nil
		u.tip.Cancel()
	}
}

func under(o fyne.CanvasObject, at fyne.Position) bool {
	from, size := o.Position(), o.Size()
	return at.X >= from.X && at.X < from.X+size.Width && at.Y >= from.Y && at.Y < from.Y+size.Height
}
