package ui

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// rows is a list whose rows are all of one height and touch each other. Only
// those in sight exist; one that leaves at the top comes back at the bottom.
type rows struct {
	scroll
	length func() int
	create func() fyne.CanvasObject
	update func(i int, row fyne.CanvasObject)
	typed  func(*fyne.KeyEvent) // keys that do not scroll

	body  *fyne.Container
	shown []int // which row each object of the body shows; -1 = none
}

// init makes a list of length rows.
func (r *rows) init(length func() int, create func() fyne.CanvasObject, update func(i int, row fyne.CanvasObject)) {
	r.length, r.create, r.update = length, create, update
	r.body = container.New((*rowsLayout)(r))
	r.Direction, r.Content = container.ScrollVerticalOnly, r.body
	r.OnScrolled = func(fyne.Position) { r.place() }
}

func newRows(length func() int, create func() fyne.CanvasObject, update func(i int, row fyne.CanvasObject)) *rows {
	r := &rows{}
	r.init(length, create, update)
	r.ExtendBaseWidget(r)
	return r
}

// rowsLayout gives the body the height of all rows.
type rowsLayout rows

// MinSize implements fyne.Layout.
func (l *rowsLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(100, float32(l.length())*rowHeight)
}

// Layout implements fyne.Layout.
func (l *rowsLayout) Layout([]fyne.CanvasObject, fyne.Size) { (*rows)(l).place() }

// place puts the rows in sight to their places, and fills those that show
// another one than before.
func (r *rows) place() {
	size, n := r.Size(), r.length()
	if size.Height <= 0 {
		return
	}
	for inSight := int(math.Ceil(float64(size.Height/rowHeight))) + 1; len(r.shown) < inSight; {
		r.body.Objects = append(r.body.Objects, r.create())
		r.shown = append(r.shown, -1)
		r.forget()
	}
	first := int(r.Offset.Y / rowHeight)
	for i := first; i < first+len(r.shown); i++ {
		at := i % len(r.shown)
		row := r.body.Objects[at]
		if i >= n {
			r.shown[at] = -1
			row.Hide()
			continue
		}
		row.Move(fyne.NewPos(0, float32(i)*rowHeight))
		row.Resize(fyne.NewSize(size.Width, rowHeight))
		row.Show()
		if r.shown[at] != i {
			r.shown[at] = i
			r.update(i, row)
		}
	}
}

// forget makes place fill every row.
func (r *rows) forget() {
	for i := range r.shown {
		r.shown[i] = -1
	}
}

// Resize gives the list another size.
func (r *rows) Resize(size fyne.Size) {
	if size != r.Size() {
		r.scroll.Resize(size)
		r.place()
	}
}

// Refresh fills the rows anew, after the list has changed.
func (r *rows) Refresh() {
	if r.body == nil {
		return
	}
	r.forget()
	r.Base.Refresh() // the height of the body, and the scroll bar
	r.scrollTo(r.Offset.Y)
	r.place()
}

// scrollTo puts a height of the body to the top, as far as there is enough
// below.
func (r *rows) scrollTo(y float32) {
	y = max(min(y, float32(r.length())*rowHeight-r.Size().Height), 0)
	r.ScrollToOffset(fyne.NewPos(0, y))
	r.place()
}

// scrollToRow brings a row into sight.
func (r *rows) scrollToRow(i int) {
	top := float32(i) * rowHeight
	switch {
	case top < r.Offset.Y:
		r.scrollTo(top)
	case top+rowHeight > r.Offset.Y+r.Size().Height:
		r.scrollTo(top + rowHeight - r.Size().Height)
	}
}

// FocusGained implements fyne.Focusable.
func (r *rows) FocusGained() {}

// FocusLost implements fyne.Focusable.
func (r *rows) FocusLost() {}

// TypedRune implements fyne.Focusable.
func (r *rows) TypedRune(rune) {}

// TypedKey implements fyne.Focusable: keys scroll.
func (r *rows) TypedKey(e *fyne.KeyEvent) {
	page := r.Size().Height - rowHeight
	switch e.Name {
	case fyne.KeyDown:
		r.scrollTo(r.Offset.Y + rowHeight)
	case fyne.KeyUp:
		r.scrollTo(r.Offset.Y - rowHeight)
	case fyne.KeyPageDown:
		r.scrollTo(r.Offset.Y + page)
	case fyne.KeyPageUp:
		r.scrollTo(r.Offset.Y - page)
	case fyne.KeyHome:
		r.scrollTo(0)
	case fyne.KeyEnd:
		r.scrollTo(float32(r.length()) * rowHeight)
	default:
		if r.typed != nil {
			r.typed(e)
		}
	}
}
