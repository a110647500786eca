package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Sheet is a table of which one row can be chosen, with the mouse or the arrows.
type Sheet struct {
	Rows
	Header   *Header
	Object   fyne.CanvasObject // the table under its header
	Columns  *Columns
	OnChosen func(i int) // -1 = none
	OnOpen   func(i int) // Enter, or a second press on the row; may be nil

	// Ticked says whether the box of a row is ticked, and whether it has one; nil = no row has. A press on a row, Enter
	// and Space turn it by OnTick.
	Ticked func(i int) (on, has bool)
	OnTick func(i int)

	// AtOnce has a press open a row, and not only choose it.
	AtOnce bool

	stage   *Stage
	fill    func(i int, l *Line)
	chosen  int
	focused bool
}

// NewSheet makes a table of length rows; fill puts what is known into one.
func NewSheet(s *Stage, c *Columns, length func() int, fill func(i int, l *Line)) *Sheet {
	t := &Sheet{stage: s, Columns: c, fill: fill, chosen: -1, Header: NewHeader(s, c, nil)}
	t.Init(length, func() fyne.CanvasObject { return newLine(t) }, func(i int, o fyne.CanvasObject) {
		o.(*Line).show(i)
	})
	t.ExtendBaseWidget(t)
	c.OnChanged = t.Relay
	t.Object = Headed(t.Header, t)
	return t
}

// Length is how many rows there are.
func (t *Sheet) Length() int { return t.length() }

// Chosen is the chosen row, or -1.
func (t *Sheet) Chosen() int { return t.chosen }

// Choose chooses a row; -1 is none. It is not reported.
func (t *Sheet) Choose(i int) {
	if t.chosen != i {
		t.chosen = i
		t.Refresh()
	}
}

// Relay follows other columns.
func (t *Sheet) Relay() {
	t.Header.Refresh()
	for _, o := range t.Body.Objects {
		o.(*Line).lay()
	}
}

// pick chooses a row as its user does.
func (t *Sheet) pick(i int) {
	again := i == t.chosen && i >= 0
	t.Choose(i)
	switch {
	case again && t.OnOpen != nil:
		t.OnOpen(i)
	case t.OnChosen != nil:
		t.OnChosen(i)
	}
}

// FocusGained marks the chosen row.
func (t *Sheet) FocusGained() { t.focused = true; t.Refresh() }

// FocusLost takes the mark away.
func (t *Sheet) FocusLost() { t.focused = false; t.Refresh() }

// TypedKey walks through the rows.
func (t *Sheet) TypedKey(e *fyne.KeyEvent) {
	page := max(int(t.Size().Height/RowHeight)-1, 1)
	switch e.Name {
	case fyne.KeyDown:
		t.walk(t.chosen + 1)
	case fyne.KeyUp:
		t.walk(t.chosen - 1)
	case fyne.KeyPageDown:
		t.walk(t.chosen + page)
	case fyne.KeyPageUp:
		t.walk(t.chosen - page)
	case fyne.KeyHome:
		t.walk(0)
	case fyne.KeyEnd:
		t.walk(t.length() - 1)
	case fyne.KeyEscape:
		if t.chosen < 0 {
			t.Rows.TypedKey(e)
			return
		}
		t.pick(-1)
	case fyne.KeyReturn, fyne.KeyEnter:
		if t.chosen >= 0 && !t.tick(t.chosen) && t.OnOpen != nil {
			t.OnOpen(t.chosen)
		}
	case fyne.KeySpace:
		if t.chosen >= 0 {
			t.tick(t.chosen)
		}
	default:
		t.Rows.TypedKey(e)
	}
}

// tick turns the box of a row, if rows have such.
func (t *Sheet) tick(i int) bool {
	if t.Ticked == nil {
		return false
	}
	if _, has := t.Ticked(i); has {
		t.OnTick(i)
		t.Refresh()
	}
	return true
}

// press does what a press on a row does.
func (t *Sheet) press(i int) {
	switch {
	case t.Ticked != nil:
		t.Choose(i)
		t.tick(i)
		if t.OnChosen != nil {
			t.OnChosen(i)
		}
	case t.AtOnce:
		t.Choose(i)
		t.OnOpen(i)
	default:
		t.pick(i)
	}
}

// Walk chooses a row further down, or further up, as the arrows do.
func (t *Sheet) Walk(by int) { t.walk(t.chosen + by) }

func (t *Sheet) walk(to int) {
	to = max(min(to, t.length()-1), 0)
	if t.length() == 0 || to == t.chosen {
		return
	}
	t.pick(to)
	t.ScrollToRow(to)
}

// Line is a row of a Sheet.
type Line struct {
	widget.BaseWidget
	Labels []*Label // one for each column that is no pill
	Pills  []*Pill  // one for each that is

	sheet               *Sheet
	row                 int
	hovered             bool
	backdrop, bar, line *Block
	cells               []fyne.CanvasObject // by column
	tick                *Tick
	box                 *fyne.Container // with the tick
	unabridged          *Unabridged
}

func newLine(t *Sheet) *Line {
	l := &Line{sheet: t, row: -1, backdrop: NewBlock(""), bar: NewBlock(""), line: NewBlock(ColorLine)}
	l.Labels, l.Pills = make([]*Label, len(t.Columns.All)), make([]*Pill, len(t.Columns.All))
	for i, c := range t.Columns.All {
		if c.Pill {
			l.Pills[i] = NewPill("", "", "")
			l.cells = append(l.cells, l.Pills[i])
		} else {
			l.Labels[i] = Muted("").Cut(10)
			l.cells = append(l.cells, l.Labels[i])
		}
	}
	l.tick, l.unabridged = NewTick(), NewUnabridged(t.stage)
	l.box = container.NewWithoutLayout(l.tick.Objects()...)
	l.box.Hide()
	l.ExtendBaseWidget(l)
	return l
}

func (l *Line) show(i int) {
	l.row = i
	l.unabridged.Leave()
	l.sheet.fill(i, l)
	l.mark()
	if l.sheet.Ticked != nil {
		on, has := l.sheet.Ticked(i)
		l.tick.Set(on)
		Display(l.box, has)
	}
}

// mark shows whether the row is chosen, or under the pointer.
func (l *Line) mark() {
	fill, bar := fyne.ThemeColorName(""), fyne.ThemeColorName("")
	chosen := l.row == l.sheet.chosen
	switch {
	case chosen:
		fill, bar = ColorRowChosen, theme.ColorNamePrimary
	case l.hovered:
		fill = ColorRowHover
	}
	Paint(l.backdrop, fill, "")
	Paint(l.bar, bar, "")
}

// MouseIn marks the row under the pointer.
func (l *Line) MouseIn(*desktop.MouseEvent) { l.hovered = true; l.mark() }

// MouseMoved shows all of what is cut under the pointer.
func (l *Line) MouseMoved(e *desktop.MouseEvent) { l.unabridged.Follow(e.Position, l.Labels) }

// MouseOut takes the mark away.
func (l *Line) MouseOut() { l.hovered = false; l.mark(); l.unabridged.Leave() }

// MouseDown chooses the row.
func (l *Line) MouseDown(e *desktop.MouseEvent) {
	if e.Button == desktop.MouseButtonPrimary {
		l.sheet.press(l.row)
	}
}

// MouseUp needs to do nothing.
func (l *Line) MouseUp(*desktop.MouseEvent) {}

// Tapped gives the keyboard to the table.
func (l *Line) Tapped(*fyne.PointEvent) { l.sheet.stage.Window.Canvas().Focus(l.sheet) }

// CreateRenderer returns what draws it.
func (l *Line) CreateRenderer() fyne.WidgetRenderer {
	return &lineRenderer{line: l, objects: append([]fyne.CanvasObject{l.backdrop, l.line, l.bar, l.box}, l.cells...)}
}

// lay puts the cells to the places of their columns.
func (l *Line) lay() {
	size := l.Size()
	x, w := l.sheet.Columns.Places(size.Width)
	for i, cell := range l.cells {
		Display(cell, w[i] > 0)
		if w[i] > 0 {
			cell.Move(fyne.NewPos(x[i], 0))
			cell.Resize(fyne.NewSize(w[i]-columnGap, size.Height))
		}
	}
}

type lineRenderer struct {
	line    *Line
	objects []fyne.CanvasObject
}

func (r *lineRenderer) Destroy()                     {}
func (r *lineRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *lineRenderer) MinSize() fyne.Size           { return fyne.NewSize(300, RowHeight) }

func (r *lineRenderer) Layout(size fyne.Size) {
	l := r.line
	l.backdrop.Resize(fyne.NewSize(size.Width, size.Height-1))
	l.line.Resize(fyne.NewSize(size.Width, 1))
	l.line.Move(fyne.NewPos(0, size.Height-1))
	l.bar.Resize(fyne.NewSize(3, size.Height-1))
	l.tick.Place(size.Height - 1)
	l.lay()
}

// Refresh follows a new theme.
func (r *lineRenderer) Refresh() {
	for _, o := range r.objects {
		o.Refresh()
	}
}
