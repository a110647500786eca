package kit

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Rows is a list whose rows are all of one height and touch each other. Only
// those in sight exist; one that leaves at the top comes back at the bottom.
type Rows struct {
	Scroll
	length func() int
	create func() fyne.CanvasObject
	Update func(i int, row fyne.CanvasObject)
	Typed  func(*fyne.KeyEvent) // keys that do not scroll

	Body  *fyne.Container
	Shown []int // which row each object of the body shows; -1 = none
}

// Init makes a list of length rows.
func (r *Rows) Init(length func() int, create func() fyne.CanvasObject, update func(i int, row fyne.CanvasObject)) {
	r.length, r.create, r.Update = length, create, update
	r.Body = container.New((*rowsLayout)(r))
	r.Direction, r.Content = container.ScrollVerticalOnly, r.Body
	r.OnScrolled = func(fyne.Position) { r.place() }
}

// NewRows makes a list of length rows.
func NewRows(length func() int, create func() fyne.CanvasObject, update func(i int, row fyne.CanvasObject)) *Rows {
	r := &Rows{}
	r.Init(length, create, update)
	r.ExtendBaseWidget(r)
	return r
}

// rowsLayout gives the body the height of all rows.
type rowsLayout Rows

func (l *rowsLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(100, float32(l.length())*RowHeight)
}

func (l *rowsLayout) Layout([]fyne.CanvasObject, fyne.Size) { (*Rows)(l).place() }

// place puts the rows in sight to their places, and fills those that show
// another one than before.
func (r *Rows) place() {
	size, n := r.Size(), r.length()
	if size.Height <= 0 {
		return
	}
	for inSight := int(math.Ceil(float64(size.Height/RowHeight))) + 1; len(r.Shown) < inSight; {
		r.Body.Objects = append(r.Body.Objects, r.create())
		r.Shown = append(r.Shown, -1)
		r.forget()
	}
	first := int(r.Offset.Y / RowHeight)
	for i := first; i < first+len(r.Shown); i++ {
		at := i % len(r.Shown)
		row := r.Body.Objects[at]
		if i >= n {
			r.Shown[at] = -1
			row.Hide()
			continue
		}
		row.Move(fyne.NewPos(0, float32(i)*RowHeight))
		row.Resize(fyne.NewSize(size.Width, RowHeight))
		row.Show()
		if r.Shown[at] != i {
			r.Shown[at] = i
			r.Update(i, row)
		}
	}
}

// forget makes place fill every row.
func (r *Rows) forget() {
	for i := range r.Shown {
		r.Shown[i] = -1
	}
}

// Resize gives the list another size.
func (r *Rows) Resize(size fyne.Size) {
	if size != r.Size() {
		r.Scroll.Resize(size)
		r.place()
	}
}

// Refresh fills the rows again, after the list has changed.
func (r *Rows) Refresh() {
	if r.Body == nil {
		return
	}
	r.forget()
	r.Base.Refresh() // the height of the body, and the scroll bar
	r.ScrollTo(r.Offset.Y)
	r.place()
}

// ScrollTo puts a height of the body to the top, as far as there is enough
// below.
func (r *Rows) ScrollTo(y float32) {
	y = max(min(y, float32(r.length())*RowHeight-r.Size().Height), 0)
	r.ScrollToOffset(fyne.NewPos(0, y))
	r.place()
}

// ScrollToRow brings a row into sight.
func (r *Rows) ScrollToRow(i int) {
	top := float32(i) * RowHeight
	switch {
	case top < r.Offset.Y:
		r.ScrollTo(top)
	case top+RowHeight > r.Offset.Y+r.Size().Height:
		r.ScrollTo(top + RowHeight - r.Size().Height)
	}
}

// FocusGained needs to draw nothing.
func (r *Rows) FocusGained() {}

// FocusLost needs to draw nothing.
func (r *Rows) FocusLost() {}

// TypedRune ignores letters.
func (r *Rows) TypedRune(rune) {}

// TypedKey scrolls.
func (r *Rows) TypedKey(e *fyne.KeyEvent) {
	page := r.Size().Height - RowHeight
	switch e.Name {
	case fyne.KeyDown:
		r.ScrollTo(r.Offset.Y + RowHeight)
	case fyne.KeyUp:
		r.ScrollTo(r.Offset.Y - RowHeight)
	case fyne.KeyPageDown:
		r.ScrollTo(r.Offset.Y + page)
	case fyne.KeyPageUp:
		r.ScrollTo(r.Offset.Y - page)
	case fyne.KeyHome:
		r.ScrollTo(0)
	case fyne.KeyEnd:
		r.ScrollTo(float32(r.length()) * RowHeight)
	default:
		if r.Typed != nil {
			r.Typed(e)
		}
	}
}
