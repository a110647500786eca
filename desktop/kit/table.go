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

// either holds objects of which one is shown at a time, and is as large as the largest of them, so that what is beside
// stays in its place.
type either struct{}

// Either makes a place for one of several objects.
func Either(objects ...fyne.CanvasObject) fyne.CanvasObject {
	return container.New(either{}, objects...)
}

func (either) MinSize(objects []fyne.CanvasObject) (size fyne.Size) {
	for _, o := range objects {
		size = size.Max(o.MinSize())
	}
	return size
}

func (either) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(size)
	}
}

// Fitted shares a row by what each object needs, so that long texts get more
// of it. Objects that do not fit into one row are put into several.
type Fitted struct {
	Gap   float32
	width float32 // of the last layout
}

// MinSize is as wide as texts need that may be cut.
func (l *Fitted) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := (&shares{gap: l.Gap}).MinSize(objects)
	n := float32(len(l.rows(objects)))
	size.Height = n*size.Height + (n-1)*l.Gap
	return size
}

// rows parts the objects until each row has room for its own.
func (l *Fitted) rows(objects []fyne.CanvasObject) [][]fyne.CanvasObject {
	needed := l.Gap * float32(len(objects)-1)
	for _, o := range objects {
		needed += o.MinSize().Width
	}
	if len(objects) < 2 || l.width == 0 || needed <= l.width {
		return [][]fyne.CanvasObject{objects}
	}
	half := (len(objects) + 1) / 2
	return append(l.rows(objects[:half]), l.rows(objects[half:])...)
}

// Layout gives all objects of a row the same width if they fit so, and otherwise shares by need.
func (l *Fitted) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	rows := l.rows(objects)
	height := (size.Height - l.Gap*float32(len(rows)-1)) / float32(len(rows))
	height = min(height, (&shares{}).MinSize(objects).Height) // the room may be that of more rows, as they were before
	for i, row := range rows {
		l.layRow(row, float32(i)*(height+l.Gap), fyne.NewSize(size.Width, height))
	}
}

func (l *Fitted) layRow(objects []fyne.CanvasObject, y float32, size fyne.Size) {
	needed, most := float32(0), float32(0)
	for _, o := range objects {
		needed += o.MinSize().Width
		most = max(most, o.MinSize().Width)
	}
	rest := size.Width - l.Gap*float32(len(objects)-1)
	even := most*float32(len(objects)) <= rest // all fit into equal parts
	x := float32(0)
	for _, o := range objects {
		width := rest / float32(len(objects))
		if !even {
			width = Whole(rest * o.MinSize().Width / needed)
		}
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(width, size.Height))
		x += width + l.Gap
	}
}
