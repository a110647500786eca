package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Fold is a part of a dialog that is folded away at first, below a line that opens and closes it.
type Fold struct {
	Object fyne.CanvasObject

	dialog *Modal
	line   *Button
	body   fyne.CanvasObject
}

// NewFold folds a part of a dialog away.
func NewFold(m *Modal, text string, body fyne.CanvasObject) *Fold {
	f := &Fold{dialog: m, body: body}
	f.line = NewButton(text, "right", m.Keys(), func() { f.Open(!f.body.Visible()) })
	f.line.Importance, f.line.Alignment = widget.LowImportance, widget.ButtonAlignLeading
	body.Hide()
	f.Object = Column(12, container.New(&flush{}, f.line), body)
	return f
}

// Open opens the part, or folds it away.
func (f *Fold) Open(open bool) {
	if f.body.Visible() == open {
		return
	}
	icon := "right"
	if open {
		icon = "down"
	}
	f.line.SetIcon(Icon(icon))
	Display(f.body, open)
	f.dialog.Relayout()
}

// flush has a button without a ground begin where other texts do.
type flush struct{}

const groundBefore = 12 // the button's own room before its icon

func (flush) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

func (flush) Layout(objects []fyne.CanvasObject, _ fyne.Size) {
	objects[0].Resize(objects[0].MinSize())
	objects[0].Move(fyne.NewPos(-groundBefore, 0))
}
