package page

import (
	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/words"
)

// Columns makes columns of a table, whose titles are texts.
func Columns(w *words.Words) func(name, text string, width, part float32) kit.TableColumn {
	return func(name, text string, width, part float32) kit.TableColumn {
		return kit.TableColumn{Name: name, Title: w.T(text), Width: width, Part: part}
	}
}

// Listing is the body of a page that lists something: the table, or what is in its place, and at its side the details
// of the chosen row.
type Listing struct {
	Object fyne.CanvasObject

	host    *Host
	page    Page
	sheet   *kit.Sheet
	table   *kit.Turn
	listed  bool // the table is shown, and not what is in its place
	details *Details
	beside  *kit.Beside // nil without details
	fill    func(i int)
}

// NewListing shows a page's table, whose columns and widths are as they were left. Details may be nil; otherwise fill
// puts what is known of a row into them.
func NewListing(h *Host, p Page, sheet *kit.Sheet, details *Details, fill func(i int)) *Listing {
	l := &Listing{host: h, page: p, sheet: sheet, table: kit.NewTurn(), details: details, fill: fill}
	h.RememberColumns(p.Name(), sheet.Columns, sheet.Header, sheet.Relay)
	l.Object = kit.Card(l.table.Object)
	if details != nil {
		sheet.OnChosen = l.chosen
		l.beside = h.NewBeside(p.Name(), l.Object, details.Object, func() bool { return sheet.Chosen() >= 0 })
		l.beside.Apart = func() bool { return !l.listed }
		l.Object = l.beside.Object
	}
	return l
}

// Listed reports whether the table is shown, and not what is in its place.
func (l *Listing) Listed() bool { return l.listed }

// List shows the table.
func (l *Listing) List() {
	l.turn(l.sheet.Object, true)
	l.sheet.Refresh()
}

// Instead shows something in the table's place: that there is nothing, or what is wrong.
func (l *Listing) Instead(o fyne.CanvasObject) { l.turn(o, false) }

// Fail says in the table's place why there is none.
func (l *Listing) Fail(err error, again func()) {
	h := l.host
	l.Instead(h.Explain(err).InPlace("", kit.NewButton(h.Words.T("common.retry"), "refresh", h.Keys(), again)))
}

// Wait says that the table is read, unless one is shown already.
func (l *Listing) Wait(iconName string) {
	if !l.listed {
		l.Instead(kit.Empty(iconName, l.host.Words.T("common.loading"), ""))
	}
}

func (l *Listing) turn(to fyne.CanvasObject, list bool) {
	if l.table.Shows(to) {
		return
	}
	l.listed = list
	if canvas := l.host.Window.Canvas(); l.table.Holds(canvas.Focused()) {
		canvas.Unfocus() // it goes: a button such as that which tries again
	}
	l.table.To(to)
	l.relay()
	if h := l.host; list && h.At == l.page && len(h.Modals) == 0 && h.Window.Canvas().Focused() == nil {
		l.Focus()
	}
}

// Focus gives the keyboard to the table, once it is shown.
func (l *Listing) Focus() {
	if l.listed {
		l.host.Window.Canvas().Focus(l.sheet)
	}
}

// Choose chooses a row; -1 is none.
func (l *Listing) Choose(i int) {
	l.sheet.Choose(i)
	l.chosen(i)
}

// Refill fills the details again, after more is known.
func (l *Listing) Refill() { l.chosen(l.sheet.Chosen()) }

func (l *Listing) chosen(i int) {
	if l.details == nil {
		return
	}
	if i < 0 || i >= l.sheet.Length() {
		l.details.None()
	} else {
		l.fill(i)
	}
	l.relay()
}

func (l *Listing) relay() {
	if l.beside != nil {
		l.beside.Relay()
	}
}
