package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Heights of the rows of a table, and of the names of its columns.
const (
	RowHeight    = 40
	HeaderHeight = 36
)

// Headed puts the names of columns over a list, without a gap, so that both
// have the same width.
func Headed(header, list fyne.CanvasObject) fyne.CanvasObject {
	return container.New(headedLayout{}, header, list)
}

type headedLayout struct{}

func (headedLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(200, objects[0].MinSize().Height+RowHeight)
}

// Layout keeps the list clear of the card's border.
func (headedLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	top := objects[0].MinSize().Height
	objects[0].Move(fyne.NewPos(1, 0))
	objects[0].Resize(fyne.NewSize(size.Width-2, top))
	objects[1].Move(fyne.NewPos(1, top))
	objects[1].Resize(fyne.NewSize(size.Width-2, size.Height-top-4))
}

// shares gives each object of a row the same width.
type shares struct{ gap float32 }

// Halves puts two objects side by side, each with half the width.
func Halves(left, right fyne.CanvasObject) fyne.CanvasObject {
	return container.New(&shares{gap: 16}, left, right)
}

func (l *shares) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.NewSize(0, 0)
	for _, o := range objects {
		size = size.Max(o.MinSize())
	}
	size.Width = 100 // texts that are too long are cut
	return size
}

func (l *shares) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	width := (size.Width - l.gap*float32(len(objects)-1)) / float32(len(objects))
	for i, o := range objects {
		o.Move(fyne.NewPos(float32(i)*(width+l.gap), 0))
		o.Resize(fyne.NewSize(width, size.Height))
	}
}

// Fitted shares a row by what each object needs, so that long texts get more
// of it.
type Fitted struct{ Gap float32 }

// MinSize is as wide as texts need that may be cut.
func (l *Fitted) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return (&shares{gap: l.Gap}).MinSize(objects)
}

// Layout gives all objects the same width if they fit so, and otherwise shares by need.
func (l *Fitted) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	needed, most := float32(0), float32(0)
	for _, o := range objects {
		needed += o.MinSize().Width
		most = max(most, o.MinSize().Width)
	}
	rest := size.Width - l.Gap*float32(len(objects)-1)
	if most*float32(len(objects)) <= rest { // all fit into equal parts
		(&shares{gap: l.Gap}).Layout(objects, size)
		return
	}
	x := float32(0)
	for _, o := range objects {
		width := Whole(rest * o.MinSize().Width / needed)
		o.Move(fyne.NewPos(x, 0))
		o.Resize(fyne.NewSize(width, size.Height))
		x += width + l.Gap
	}
}
