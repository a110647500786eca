package keys

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
)

// listHeader names the columns and sorts by them.
type listHeader struct {
	widget.BaseWidget
	host    *page.Host
	query   state.Query
	onSort  func(sort string)
	onAll   func() // the box that chooses all was pressed
	cells   []*kit.Label
	arrow   *widget.Icon
	tick    *kit.Block // the box that chooses all
	mark    *widget.Icon
	hovered int
}

func newListHeader(host *page.Host, onSort func(string)) *listHeader {
	l := &listHeader{
		host: host, onSort: onSort, hovered: -1,
		arrow: widget.NewIcon(nil), tick: kit.NewBlock(""), mark: widget.NewIcon(nil),
	}
	l.tick.Radius = 4
	for _, c := range listColumns {
		cell := kit.Caption(host.Words.T(c.title)).Cut(10)
		cell.Style.Bold = true
		l.cells = append(l.cells, cell)
	}
	l.ExtendBaseWidget(l)
	return l
}

// show marks the column that the list is sorted by.
func (h *listHeader) show(q state.Query) {
	h.query = q
	h.Refresh()
}

// tickAll draws whether all keys are chosen.
func (h *listHeader) tickAll(on bool) { drawTick(h.tick, h.mark, on) }

// at returns the column at a place that can be sorted by, or -1.
func (h *listHeader) at(p fyne.Position) int {
	x, w := columnPlaces(h.Size().Width)
	for i := range x {
		if w[i] > 0 && p.X >= x[i] && p.X < x[i]+w[i] && listColumns[i].sort != "" {
			return i
		}
	}
	return -1
}

func (h *listHeader) Tapped(e *fyne.PointEvent) {
	if e.Position.X < tickWidth {
		h.onAll()
	} else if i := h.at(e.Position); i >= 0 {
		h.onSort(listColumns[i].sort)
	}
}

func (h *listHeader) MouseIn(e *desktop.MouseEvent) { h.MouseMoved(e) }

func (h *listHeader) MouseMoved(e *desktop.MouseEvent) {
	if i := h.at(e.Position); i != h.hovered {
		h.hovered = i
		h.Refresh()
	}
}

func (h *listHeader) MouseOut() { h.hovered = -1; h.Refresh() }

func (h *listHeader) CreateRenderer() fyne.WidgetRenderer {
	r := &headerRenderer{header: h, line: canvas.NewRectangle(color.Transparent)}
	r.header.tickAll(false)
	r.Refresh()
	return r
}

type headerRenderer struct {
	header *listHeader
	line   *canvas.Rectangle
}

func (r *headerRenderer) Destroy()           {}
func (r *headerRenderer) MinSize() fyne.Size { return fyne.NewSize(300, kit.HeaderHeight) }
func (r *headerRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.line, r.header.arrow, r.header.tick, r.header.mark}
	for _, c := range r.header.cells {
		objects = append(objects, c)
	}
	return objects
}

func (r *headerRenderer) Layout(size fyne.Size) {
	r.line.Resize(fyne.NewSize(size.Width, 1))
	r.line.Move(fyne.NewPos(0, size.Height-1))
	placeTick(r.header.tick, r.header.mark, size.Height)
	x, w := columnPlaces(size.Width)
	r.header.arrow.Hide()
	for i, c := range r.header.cells {
		if w[i] == 0 {
			c.Hide()
			continue
		}
		c.Show()
		c.Move(fyne.NewPos(x[i], 0))
		c.Resize(fyne.NewSize(w[i]-10, size.Height))
		if sort := listColumns[i].sort; sort != "" && sort == r.header.sorted() {
			text := min(fyne.MeasureText(c.Text, c.TextSize, c.Style).Width, w[i]-26)
			r.header.arrow.Resize(fyne.NewSquareSize(14))
			r.header.arrow.Move(fyne.NewPos(x[i]+text+4, (size.Height-14)/2))
			r.header.arrow.Show()
		}
	}
}

func (h *listHeader) sorted() string {
	if h.query.Sort == "" {
		return "name"
	}
	return h.query.Sort
}

func (r *headerRenderer) Refresh() {
	h := r.header
	kit.Refill(r.line, kit.ColorLine)
	name := "up"
	if h.query.Descending {
		name = "down"
	}
	h.arrow.SetResource(theme.NewColoredResource(kit.Picture(name), theme.ColorNameForeground))
	for i, c := range h.cells {
		color := kit.ColorMuted
		if i == h.hovered || listColumns[i].sort != "" && listColumns[i].sort == h.sorted() {
			color = theme.ColorNameForeground
		}
		c.Set(c.Text, color)
	}
	r.Layout(h.Size())
}
