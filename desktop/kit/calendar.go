package kit

import (
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Calendar is a month in which a day is chosen, with mouse or keyboard. Fyne's
// own marks neither today nor the day that is chosen, has no keys, and speaks
// the system's language, even if the program speaks another.
type Calendar struct {
	widget.BaseWidget
	stage   *Stage
	Day     time.Time // the day that is marked
	today   time.Time // days before it cannot be chosen
	chosen  func(time.Time)
	escape  func()
	hovered int // cell under the pointer, or -1
}

// Sizes of a calendar, in Fyne's units, and how many days are in a row.
const (
	CalendarCell  = 34
	CalendarDays  = 7
	calendarWeeks = 6
	CalendarHead  = 40
	CalendarNames = 24 // height of the names of the weekdays
)

// NewCalendar makes a month with a day marked. Days before today cannot be chosen.
func NewCalendar(s *Stage, at time.Time, chosen func(time.Time), escape func()) *Calendar {
	c := &Calendar{stage: s, Day: dayOf(at), today: dayOf(s.Words.Now()), chosen: chosen, escape: escape, hovered: -1}
	if c.Day.Before(c.today) {
		c.Day = c.today
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
func (c *Calendar) first() time.Time {
	begin := c.Day.AddDate(0, 0, 1-c.Day.Day())
	return begin.AddDate(0, 0, -(int(begin.Weekday())+6)%CalendarDays)
}

// mark goes to a day that can be chosen.
func (c *Calendar) mark(day time.Time) {
	if day.Before(c.today) {
		day = c.today
	}
	c.Day = day
	c.Refresh()
}

// Month goes some months on, to the same day or the last one there is.
func (c *Calendar) Month(n int) {
	begin := c.Day.AddDate(0, 0, 1-c.Day.Day()).AddDate(0, n, 0)
	last := begin.AddDate(0, 1, -1)
	c.mark(begin.AddDate(0, 0, min(c.Day.Day(), last.Day())-1))
}

// cellAt is the cell at a place, or -1.
func (c *Calendar) cellAt(p fyne.Position) int {
	column, row := int(p.X/CalendarCell), int((p.Y-CalendarHead-CalendarNames)/CalendarCell)
	if p.X < 0 || p.Y < CalendarHead+CalendarNames || column >= CalendarDays || row >= calendarWeeks {
		return -1
	}
	return row*CalendarDays + column
}

// Tapped chooses a day, or turns to another month.
func (c *Calendar) Tapped(e *fyne.PointEvent) {
	c.stage.Window.Canvas().Focus(c)
	if e.Position.Y < CalendarHead {
		switch {
		case e.Position.X < CalendarCell:
			c.Month(-1)
		case e.Position.X > CalendarCell*(CalendarDays-1):
			c.Month(1)
		}
		return
	}
	if i := c.cellAt(e.Position); i >= 0 {
		if day := c.first().AddDate(0, 0, i); !day.Before(c.today) {
			c.chosen(day)
		}
	}
}

// FocusGained needs to draw nothing.
func (c *Calendar) FocusGained() {}

// FocusLost needs to draw nothing.
func (c *Calendar) FocusLost() {}

// TypedRune ignores letters.
func (c *Calendar) TypedRune(rune) {}

// TypedKey moves among the days, or chooses one.
func (c *Calendar) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft:
		c.mark(c.Day.AddDate(0, 0, -1))
	case fyne.KeyRight:
		c.mark(c.Day.AddDate(0, 0, 1))
	case fyne.KeyUp:
		c.mark(c.Day.AddDate(0, 0, -CalendarDays))
	case fyne.KeyDown:
		c.mark(c.Day.AddDate(0, 0, CalendarDays))
	case fyne.KeyPageUp:
		c.Month(-1)
	case fyne.KeyPageDown:
		c.Month(1)
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		c.chosen(c.Day)
	case fyne.KeyEscape:
		c.escape()
	}
}

// MouseIn shows which day is under the pointer.
func (c *Calendar) MouseIn(e *desktop.MouseEvent) { c.MouseMoved(e) }

// MouseMoved shows which day is under the pointer.
func (c *Calendar) MouseMoved(e *desktop.MouseEvent) {
	if i := c.cellAt(e.Position); i != c.hovered {
		c.hovered = i
		c.Refresh()
	}
}

// MouseOut shows that none is.
func (c *Calendar) MouseOut() { c.hovered = -1; c.Refresh() }

// CreateRenderer returns what draws it.
func (c *Calendar) CreateRenderer() fyne.WidgetRenderer {
	r := &calendarRenderer{calendar: c, title: Bold("")}
	r.title.align = fyne.TextAlignCenter
	for _, name := range []string{"left", "right"} {
		r.arrows = append(r.arrows, widget.NewIcon(theme.NewColoredResource(Picture(name), Plain)))
	}
	for range CalendarDays {
		name := Caption("")
		name.align = fyne.TextAlignCenter
		r.names = append(r.names, name)
	}
	for range CalendarDays * calendarWeeks {
		number, disc := NewLabel(""), NewBlock("")
		number.align, disc.Radius = fyne.TextAlignCenter, 6
		r.numbers, r.discs = append(r.numbers, number), append(r.discs, disc)
	}
	r.Refresh()
	return r
}

type calendarRenderer struct {
	calendar *Calendar
	title    *Label
	arrows   []*widget.Icon
	names    []*Label
	numbers  []*Label
	discs    []*Block
}

func (r *calendarRenderer) Destroy() {}

func (r *calendarRenderer) MinSize() fyne.Size {
	return fyne.NewSize(CalendarDays*CalendarCell, CalendarHead+CalendarNames+calendarWeeks*CalendarCell)
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
	const wide = CalendarDays * CalendarCell
	r.title.Resize(fyne.NewSize(wide-2*CalendarCell, CalendarHead))
	r.title.Move(fyne.NewPos(CalendarCell, 0))
	for i, a := range r.arrows {
		a.Resize(fyne.NewSquareSize(16))
		a.Move(fyne.NewPos(9+float32(i)*(wide-CalendarCell), (CalendarHead-16)/2))
	}
	for i, n := range r.names {
		n.Resize(fyne.NewSize(CalendarCell, CalendarNames))
		n.Move(fyne.NewPos(float32(i)*CalendarCell, CalendarHead))
	}
	for i := range r.numbers {
		column, row := float32(i%CalendarDays), float32(i/CalendarDays)
		at := fyne.NewPos(column*CalendarCell, CalendarHead+CalendarNames+row*CalendarCell)
		r.numbers[i].Resize(fyne.NewSquareSize(CalendarCell))
		r.numbers[i].Move(at)
		r.discs[i].Resize(fyne.NewSquareSize(CalendarCell - 2))
		r.discs[i].Move(at.AddXY(1, 1))
	}
}

func (r *calendarRenderer) Refresh() {
	c, w := r.calendar, r.calendar.stage.Words
	r.title.Set(w.T("month-name."+strconv.Itoa(int(c.Day.Month())))+" "+strconv.Itoa(c.Day.Year()), Plain)
	for i, n := range r.names {
		n.Set(w.T("weekday."+strconv.Itoa(i+1)), ColorMuted)
	}
	first := c.first()
	for i := range r.numbers {
		day := first.AddDate(0, 0, i)
		color, fill, stroke := Plain, fyne.ThemeColorName(""), fyne.ThemeColorName("")
		switch {
		case day.Equal(c.Day):
			color, fill = theme.ColorNameForegroundOnPrimary, theme.ColorNamePrimary
		case day.Before(c.today):
			color = theme.ColorNameDisabled
		case i == c.hovered:
			fill = ColorRowHover
		case day.Month() != c.Day.Month():
			color = ColorMuted
		}
		if day.Equal(c.today) {
			stroke = theme.ColorNamePrimary
		}
		r.numbers[i].Set(strconv.Itoa(day.Day()), color)
		Paint(r.discs[i], fill, stroke)
	}
	r.Layout(c.Size())
}
