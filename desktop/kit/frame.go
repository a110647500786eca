package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
)

// ControlHeight is that of buttons, text fields and drop-down lists, so that
// they line up in a row.
const ControlHeight = 32

// frame is the border of a field, in the accent while the field has the
// keyboard. Fyne's own border lies within a text field and is missing around a
// drop-down list.
type frame struct{ border *Block }

func (f *frame) setBorder(b *Block) { f.border = b }

func (f *frame) mark(focused bool) {
	if f.border == nil {
		return
	}
	stroke, width := ColorFieldLine, float32(1)
	if focused {
		stroke, width = theme.ColorNamePrimary, 2
	}
	f.border.width = width
	Paint(f.border, "", stroke)
}

// Boxed puts a field into its frame. Other objects, which hold fields that are
// in theirs already, stay as they are.
func Boxed(o fyne.CanvasObject) fyne.CanvasObject {
	field, ok := o.(interface{ setBorder(*Block) })
	if !ok {
		return o
	}
	border := NewBlock("")
	border.Stroke, border.Radius = ColorFieldLine, 6
	field.setBorder(border)
	if in, ok := o.(*Input); ok {
		return container.New(controlLayout{}, in, newCover(), border, newWheel(in))
	}
	return container.New(controlLayout{}, o, border)
}

// wheel lies over a text field and passes the wheel of the mouse on to what the field is in. Fyne's own field takes it,
// though a line of text has nowhere to scroll, so that a dialog would stop under the pointer.
type wheel struct {
	Block
	input *Input
}

func newWheel(in *Input) *wheel {
	w := &wheel{input: in}
	w.ExtendBaseWidget(w)
	return w
}

func (w *wheel) CreateRenderer() fyne.WidgetRenderer { return w.Block.CreateRenderer() }

func (w *wheel) Scrolled(e *fyne.ScrollEvent) {
	if w.input.Keys.wheel != nil {
		w.input.Keys.wheel(e)
	}
}

// cover hides the scroll bar that Fyne draws at the foot of a text field whose
// text is longer than it, and keeps the mouse from it.
type cover struct{ Block }

const coverHeight = 5

func newCover() *cover {
	c := &cover{Block{Fill: theme.ColorNameInputBackground}}
	c.ExtendBaseWidget(c)
	return c
}

func (c *cover) CreateRenderer() fyne.WidgetRenderer { return c.Block.CreateRenderer() }

func (c *cover) MouseIn(*desktop.MouseEvent) {}

func (c *cover) MouseMoved(*desktop.MouseEvent) {}

func (c *cover) MouseOut() {}

// controlLayout gives a control and its border the same height everywhere, but where a field has several lines.
type controlLayout struct{}

func (controlLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := objects[0].MinSize()
	if in, ok := objects[0].(*Input); !ok || !in.MultiLine {
		size.Height = ControlHeight
	}
	return size
}

func (controlLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		if foot, ok := o.(*cover); ok {
			foot.Move(fyne.NewPos(3, size.Height-coverHeight-1))
			foot.Resize(fyne.NewSize(size.Width-6, coverHeight))
			continue
		}
		o.Resize(size)
	}
}
