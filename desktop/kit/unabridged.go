package kit

import "fyne.io/fyne/v2"

// Unabridged shows all of a label that is cut, and in words what a spark draws, in a tooltip, while the pointer rests
// on it.
type Unabridged struct {
	tip  Tip
	over fyne.CanvasObject // nil = nothing of which there is more to say
}

// NewUnabridged shows the tooltips on a stage.
func NewUnabridged(s *Stage) *Unabridged { return &Unabridged{tip: Tip{Stage: s}} }

// Follow says where the pointer is, in what the labels and sparks are in.
func (u *Unabridged) Follow(at fyne.Position, labels []*Label, sparks ...*Spark) {
	var over fyne.CanvasObject
	text := ""
	for _, l := range labels {
		if l != nil && l.Visible() && under(l, at) && l.IsCut() {
			over, text = l, l.Text
		}
	}
	for _, s := range sparks {
		if s.Visible() && under(s, at) && s.Said != "" {
			over, text = s, s.Said
		}
	}
	if over == u.over && text == u.tip.Text {
		return
	}
	u.Leave()
	if over != nil {
		u.over, u.tip.Text = over, text
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
