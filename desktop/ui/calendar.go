package ui

import (
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// calendar is a month in which a day is chosen, with mouse or keyboard. Fyne's
// own marks neither today nor the day that is chosen, has no keys, and speaks
// the system's language whatever the program speaks.
type calendar struct {
	widget.BaseWidget
	stage   *stage
	day     time.Time // the day that is marked
	today   time.Time // days before it cannot be chosen
	chosen  func(time.Time)
	escape  func()
	hovered int // cell under the pointer, or -1
}

const (
	calendarCell  = 34
	calendarDays  = 7
	calendarWeeks = 6
	calendarHead  = 40
	calendarNames = 24 // height of the names of the weekdays
)

func newCalendar(s *stage, at time.Time, chosen func(time.Time), escape func()) *calendar {
	c := &calendar{stage: s, day: dayOf(at), today: dayOf(s.w.now()), chosen: chosen, escape: escape, hovered: -1}
	if c.day.Before(c.today) {
		c.day = c.today
	}
	c.ExtendBaseWidget(c)
	return c
}

// dayOf is the day of a moment in UTC, in which keys end.
func dayOf(at time.Time) time.Time {
	y, m, d := at.UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// first is the day in the first cell: the Monday before the month begins.
func (c *calendar) first() time.Time {
	begin := c.day.AddDate(0, 0, 1-c.day.Day())
	return begin.AddDate(0, 0, -(int(begin.Weekday())+6)%calendarDays)
}

// mark goes to a day that can be chosen.
func (c *calendar) mark(day time.Time) {
	if day.Before(c.today) {
		day = c.today
	}
	c.day = day
	c.Refresh()
}

// month goes some months on, to the same day or the last one there is.
func (c *calendar) month(n int) {
	begin := c.day.AddDate(0, 0, 1-c.day.Day()).AddDate(0, n, 0)
	last := begin.AddDate(0, 1, -1)
	c.mark(begin.AddDate(0, 0, min(c.day.Day(), last.Day())-1))
}

// cellAt is the cell at a place, or -1.
func (c *calendar) cellAt(p fyne.Position) int {
	column, row := int(p.X/calendarCell), int((p.Y-calendarHead-calendarNames)/calendarCell)
	if p.X < 0 || p.Y < calendarHead+calendarNames || column >= calendarDays || row >= calendarWeeks {
		return -1
	}
	return row*calendarDays + column
}

// Tapped implements fyne.Tappable.
func (c *calendar) Tapped(e *fyne.PointEvent) {
	c.stage.window.Canvas().Focus(c)
	if e.Position.Y < calendarHead {
		switch {
		case e.Position.X < calendarCell:
			c.month(-1)
		case e.Position.X > calendarCell*(calendarDays-1):
			c.month(1)
		}
		return
	}
	if i := c.cellAt(e.Position); i >= 0 {
		if day := c.first().AddDate(0, 0, i); !day.Before(c.today) {
			c.chosen(day)
		}
	}
}

// FocusGained implements fyne.Focusable.
func (c *calendar) FocusGained() {}

// FocusLost implements fyne.Focusable.
func (c *calendar) FocusLost() {}

// TypedRune implements fyne.Focusable.
func (c *calendar) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (c *calendar) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft:
		c.mark(c.day.AddDate(0, 0, -1))
	case fyne.KeyRight:
		c.mark(c.day.AddDate(0, 0, 1))
	case fyne.KeyUp:
		c.mark(c.day.AddDate(0, 0, -calendarDays))
	case fyne.KeyDown:
		c.mark(c.day.AddDate(0, 0, calendarDays))
	case fyne.KeyPageUp:
		c.month(-1)
	case fyne.KeyPageDown:
		c.month(1)
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		c.chosen(c.day)
	case fyne.KeyEscape:
		c.escape()
	}
}

// MouseIn implements desktop.Hoverable.
func (c *calendar) MouseIn(e *desktop.MouseEvent) { c.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (c *calendar) MouseMoved(e *desktop.MouseEvent) {
	if i := c.cellAt(e.Position); i != c.hovered {
		c.hovered = i
		c.Refresh()
	}
}

// MouseOut implements desktop.Hoverable.
func (c *calendar) MouseOut() { c.hovered = -1; c.Refresh() }

// CreateRenderer implements fyne.Widget.
func (c *calendar) CreateRenderer() fyne.WidgetRenderer {
	r := &calendarRenderer{calendar: c, title: bold("")}
	r.title.align = fyne.TextAlignCenter
	for _, name := range []string{"left", "right"} {
		r.arrows = append(r.arrows, widget.NewIcon(theme.NewColoredResource(picture(name), plain)))
	}
	for range calendarDays {
		name := caption("")
		name.align = fyne.TextAlignCenter
		r.names = append(r.names, name)
	}
	for range calendarDays * calendarWeeks {
		number, disc := newLabel(""), newBlock("")
		number.align, disc.radius = fyne.TextAlignCenter, 6
		r.numbers, r.discs = append(r.numbers, number), append(r.discs, disc)
	}
	r.Refresh()
	return r
}

type calendarRenderer struct {
	calendar *calendar
	title    *label
	arrows   []*widget.Icon
	names    []*label
	numbers  []*label
	discs    []*block
}

func (r *calendarRenderer) Destroy() {}

func (r *calendarRenderer) MinSize() fyne.Size {
	return fyne.NewSize(calendarDays*calendarCell, calendarHead+calendarNames+calendarWeeks*calendarCell)
}

func (r *calendarRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.title, r.arrows[0], r.arrows[1]}
	for _, n := range r.names {
		objects = append(objects, n)
	}
	for i := range r.numbers {
		objects = append(objects, r.discs[i], r.numbers[i])
	}
	return objects
}

func (r *calendarRenderer) Layout(fyne.Size) {
	const wide = calendarDays * calendarCell
	r.title.Resize(fyne.NewSize(wide-2*calendarCell, calendarHead))
	r.title.Move(fyne.NewPos(calendarCell, 0))
	for i, a := range r.arrows {
		a.Resize(fyne.NewSquareSize(16))
		a.Move(fyne.NewPos(9+float32(i)*(wide-calendarCell), (calendarHead-16)/2))
	}
	for i, n := range r.names {
		n.Resize(fyne.NewSize(calendarCell, calendarNames))
		n.Move(fyne.NewPos(float32(i)*calendarCell, calendarHead))
	}
	for i := range r.numbers {
		at := fyne.NewPos(float32(i%calendarDays)*calendarCell, calendarHead+calendarNames+float32(i/calendarDays)*calendarCell)
		r.numbers[i].Resize(fyne.NewSquareSize(calendarCell))
		r.numbers[i].Move(at)
		r.discs[i].Resize(fyne.NewSquareSize(calendarCell - 2))
		r.discs[i].Move(at.AddXY(1, 1))
	}
}

func (r *calendarRenderer) Refresh() {
	c, w := r.calendar, r.calendar.stage.w
	r.title.set(w.t("month-name."+strconv.Itoa(int(c.day.Month())))+" "+strconv.Itoa(c.day.Year()), plain)
	for i, n := range r.names {
		n.set(w.t("weekday."+strconv.Itoa(i+1)), colorMuted)
	}
	first := c.first()
	for i := range r.numbers {
		day := first.AddDate(0, 0, i)
		color, fill, stroke := plain, fyne.ThemeColorName(""), fyne.ThemeColorName("")
		switch {
		case day.Equal(c.day):
			color, fill = theme.ColorNameForegroundOnPrimary, theme.ColorNamePrimary
		case day.Before(c.today):
			color = theme.ColorNameDisabled
		case i == c.hovered:
			fill = colorRowHover
		case day.Month() != c.day.Month():
			color = colorMuted
		}
		if day.Equal(c.today) {
			stroke = theme.ColorNamePrimary
		}
		r.numbers[i].set(strconv.Itoa(day.Day()), color)
		paint(r.discs[i], fill, stroke)
	}
	r.Layout(c.Size())
}
