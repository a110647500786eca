package page

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/words"
)

// Details shows the chosen one of a list: its head, and below it facts that scroll. Its parts are made once and show
// one after another.
type Details struct {
	Object fyne.CanvasObject

	turn         *kit.Turn
	nothing, one fyne.CanvasObject
	id           string // of what is shown; empty = nothing is
	facts        []*kit.Paragraph
	lines        []fyne.CanvasObject
	scroll       *kit.Scroll
}

// NewDetails puts facts, which are named by their texts, below a head. None is the text while nothing is chosen.
func NewDetails(w *words.Words, none string, head fyne.CanvasObject, facts ...string) *Details {
	d := &Details{turn: kit.NewTurn()}
	column := kit.Column(12)
	for _, text := range facts {
		value := kit.NewParagraph("", kit.Plain)
		line := kit.Column(2, kit.Caption(w.T(text)), value)
		d.facts, d.lines = append(d.facts, value), append(d.lines, line)
		column.Add(line)
	}
	d.scroll = kit.Scrolled(kit.Padded(14, 16, 16, 16, column))
	d.one = container.NewBorder(kit.Column(14, kit.Padded(16, 16, 0, 16, head), kit.Hairline()),
		nil, nil, nil, d.scroll)
	d.nothing = container.NewCenter(kit.Column(6,
		container.NewCenter(kit.Muted(w.T(none))), container.NewCenter(kit.Caption(w.T("details.hint")))))
	d.turn.To(d.nothing)
	d.Object = kit.Card(d.turn.Object)
	return d
}

// None says that nothing is chosen.
func (d *Details) None() {
	d.id = ""
	d.turn.To(d.nothing)
}

// Show shows what has an id: its facts, in the order of their names; those without a text are left out. The head was
// filled before.
func (d *Details) Show(id string, facts ...string) {
	for i, text := range facts {
		d.facts[i].Set(text, kit.Plain)
		kit.Display(d.lines[i], text != "")
	}
	if id != d.id {
		d.scroll.ScrollToTop()
	}
	d.id = id
	d.turn.To(d.one)
	kit.Relayout(d.one)
}
