package kit

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Header names the columns of a table. A click sorts by one; dragging its border changes its width, and dragging its
// name its place; the other button offers which are shown.
type Header struct {
	widget.BaseWidget
	OnSort func(sort string)      // may be nil
	OnAll  func()                 // the box that chooses all was pressed; nil = there is none
	OnMenu func(at fyne.Position) // may be nil

	columns    *Columns
	sort       string
	descending bool
	cells      []*Label
	borders    []*Block // at the right of each column, shown while the pointer is in the header
	arrow      *widget.Icon
	tick       *Tick
	backdrop   *Block // behind the column that is dragged
	unabridged *Unabridged
	hovered    int // column under the pointer that can be sorted by; -1 = none
	inside     bool
	onBorder   bool
	drag       drag
}

// drag is what the pointer holds.
type drag struct {
	column   int
	resizing bool
	from     float32 // where the pointer was pressed, from the left
	width    float32 // of the column then
	on       bool
}

// grip is how far from a border the pointer takes it.
const grip = 5

// NewHeader names columns; with a box that chooses all if it is given what to do then.
func NewHeader(s *Stage, c *Columns, onAll func()) *Header {
	h := &Header{
		OnAll: onAll, columns: c, hovered: -1,
		arrow: widget.NewIcon(nil), tick: NewTick(), backdrop: NewBlock(""), unabridged: NewUnabridged(s),
	}
	h.backdrop.Radius = 4
	for _, column := range c.All {
		cell := Caption(column.Title).Cut(10)
		cell.Style.Bold = true
		h.cells = append(h.cells, cell)
		border := NewBlock(ColorLine)
		border.Hide()
		h.borders = append(h.borders, border)
	}
	h.ExtendBaseWidget(h)
	return h
}

// Sorted marks the column that the list is sorted by.
func (h *Header) Sorted(sort string, descending bool) {
	h.sort, h.descending = sort, descending
	h.Refresh()
}

// TickAll draws whether all rows are chosen.
func (h *Header) TickAll(on bool) { h.tick.Set(on) }

// at returns the column at a place, or -1.
func (h *Header) at(x float32) int {
	left, w := h.columns.Places(h.Size().Width)
	for i := range left {
		if w[i] > 0 && x >= left[i] && x < left[i]+w[i] {
			return i
		}
	}
	return -1
}

// border returns the column whose right border is at a place, or -1.
func (h *Header) border(x float32) int {
	left, w := h.columns.Places(h.Size().Width)
	for i := range left {
		if end := left[i] + w[i]; w[i] > 0 && x > end-grip && x < end+grip {
			return i
		}
	}
	return -1
}

// Tapped sorts by a column, or chooses all.
func (h *Header) Tapped(e *fyne.PointEvent) {
	switch i := h.at(e.Position.X); {
	case h.border(e.Position.X) >= 0:
	case h.OnAll != nil && e.Position.X < TickWidth:
		h.OnAll()
	case i >= 0 && h.columns.All[i].Sort != "" && h.OnSort != nil:
		h.OnSort(h.columns.All[i].Sort)
	}
}

// TappedSecondary offers which columns are shown.
func (h *Header) TappedSecondary(e *fyne.PointEvent) {
	if h.OnMenu != nil {
		h.OnMenu(e.AbsolutePosition)
	}
}

// Dragged draws a border, or carries a column to another place.
func (h *Header) Dragged(e *fyne.DragEvent) {
	x := e.Position.X
	if !h.drag.on {
		h.drag = drag{from: x - e.Dragged.DX, on: true}
		if h.drag.column = h.border(h.drag.from); h.drag.column >= 0 {
			h.drag.resizing = true
		} else {
			h.drag.column = h.at(h.drag.from)
		}
		if h.drag.column >= 0 {
			_, w := h.columns.Places(h.Size().Width)
			h.drag.width = w[h.drag.column]
		}
	}
	if h.drag.column < 0 {
		return
	}
	if h.drag.resizing {
		h.columns.Resize(h.drag.column, h.drag.width+x-h.drag.from, h.Size().Width)
	} else {
		h.carry(x)
	}
	h.Refresh()
}

// carry moves the held column past a neighbour whose middle the pointer has passed.
func (h *Header) carry(x float32) {
	left, w := h.columns.Places(h.Size().Width)
	shown := h.columns.Shown(h.Size().Width)
	at := slices.Index(shown, h.drag.column)
	for to, i := range shown {
		if middle := left[i] + w[i]/2; to < at && x < middle || to > at && x > middle {
			h.columns.Move(h.drag.column, i)
			return
		}
	}
}

// DragEnd lets go.
func (h *Header) DragEnd() {
	h.drag = drag{}
	h.Refresh()
}

// Cursor shows what a drag would do.
func (h *Header) Cursor() desktop.Cursor {
	if h.onBorder || h.drag.resizing {
		return desktop.HResizeCursor
	}
	return desktop.DefaultCursor
}

// MouseIn shows the borders.
func (h *Header) MouseIn(e *desktop.MouseEvent) { h.MouseMoved(e) }

// MouseMoved marks the column under the pointer, and shows all of its name.
func (h *Header) MouseMoved(e *desktop.MouseEvent) {
	hovered := h.at(e.Position.X)
	if hovered >= 0 && h.columns.All[hovered].Sort == "" {
		hovered = -1
	}
	onBorder := h.border(e.Position.X) >= 0
	h.unabridged.Follow(e.Position, h.cells)
	if hovered != h.hovered || onBorder != h.onBorder || !h.inside {
		h.hovered, h.onBorder, h.inside = hovered, onBorder, true
		h.Refresh()
	}
}

// MouseOut takes the marks away.
func (h *Header) MouseOut() {
	h.hovered, h.onBorder, h.inside = -1, false, false
	h.unabridged.Leave()
	h.Refresh()
}

// CreateRenderer returns what draws it.
func (h *Header) CreateRenderer() fyne.WidgetRenderer {
	r := &headerRenderer{header: h, line: NewBlock(ColorLine)}
	h.tick.Set(false)
	r.Refresh()
	return r
}

type headerRenderer struct {
	header *Header
	line   *Block
}

func (r *headerRenderer) Destroy()           {}
func (r *headerRenderer) MinSize() fyne.Size { return fyne.NewSize(300, HeaderHeight) }

func (r *headerRenderer) Objects() []fyne.CanvasObject {
	h := r.header
	objects := []fyne.CanvasObject{h.backdrop, r.line, h.arrow}
	if h.OnAll != nil {
		objects = append(objects, h.tick.Objects()...)
	}
	for i, c := range h.cells {
		objects = append(objects, c, h.borders[i])
	}
	return objects
}

func (r *headerRenderer) Layout(size fyne.Size) {
	h := r.header
	r.line.Resize(fyne.NewSize(size.Width, 1))
	r.line.Move(fyne.NewPos(0, size.Height-1))
	h.tick.Place(size.Height)
	x, w := h.columns.Places(size.Width)
	h.arrow.Hide()
	for i, c := range h.cells {
		Display(c, w[i] > 0)
		Display(h.borders[i], w[i] > 0 && h.inside)
		if w[i] == 0 {
			continue
		}
		c.Move(fyne.NewPos(x[i], 0))
		c.Resize(fyne.NewSize(w[i]-columnGap, size.Height))
		h.borders[i].Move(fyne.NewPos(x[i]+w[i]-columnGap/2-1, 9))
		h.borders[i].Resize(fyne.NewSize(1, size.Height-18))
		if sort := h.columns.All[i].Sort; sort != "" && sort == h.sort {
			text := min(fyne.MeasureText(c.Text, c.TextSize, c.Style).Width, w[i]-26)
			h.arrow.Resize(fyne.NewSquareSize(14))
			h.arrow.Move(fyne.NewPos(x[i]+text+4, (size.Height-14)/2))
			h.arrow.Show()
		}
	}
	r.layBackdrop(x, w, size.Height)
}

// layBackdrop marks the column that is carried.
func (r *headerRenderer) layBackdrop(x, w []float32, height float32) {
	h := r.header
	carried := h.drag.on && !h.drag.resizing && h.drag.column >= 0 && w[h.drag.column] > 0
	Display(h.backdrop, carried)
	if carried {
		h.backdrop.Move(fyne.NewPos(x[h.drag.column]-6, 4))
		h.backdrop.Resize(fyne.NewSize(w[h.drag.column], height-8))
	}
}

func (r *headerRenderer) Refresh() {
	h := r.header
	name := "up"
	if h.descending {
		name = "down"
	}
	h.arrow.SetResource(theme.NewColoredResource(Picture(name), theme.ColorNameForeground))
	Paint(h.backdrop, ColorRowChosen, "")
	r.line.Refresh()
	for i, c := range h.cells {
		color := ColorMuted
		sort := h.columns.All[i].Sort
		if i == h.hovered || sort != "" && sort == h.sort || h.drag.on && i == h.drag.column {
			color = theme.ColorNameForeground
		}
		c.Set(c.Text, color)
		Paint(h.borders[i], ColorFieldLine, "")
	}
	r.Layout(h.Size())
}
