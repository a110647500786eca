package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// dateInput is a field for a day, with a calendar.
type dateInput struct {
	input  *input
	object fyne.CanvasObject
}

func newDateInput(s *stage, k keys, changed func()) *dateInput {
	d := &dateInput{input: newInput(k)}
	d.input.SetPlaceHolder("2027-01-31")
	d.input.OnChanged = func(string) { changed() }
	open := newButton("", "", k, nil)
	open.Icon = icon("calendar")
	open.Importance = widget.LowImportance
	open.OnTapped = func() { s.showCalendar(d.input, open) }
	d.object = container.NewBorder(nil, nil, nil, open, boxed(d.input))
	return d
}

// showCalendar lets a day be chosen.
func (s *stage) showCalendar(into *input, below fyne.CanvasObject) {
	at, err := time.Parse(time.DateOnly, into.Text)
	if err != nil {
		at = s.w.now()
	}
	var pop *widget.PopUp
	shut := func() {
		pop.Hide()
		s.window.Canvas().Focus(into)
	}
	month := newCalendar(s, at, func(day time.Time) {
		into.fill(day.Format(time.DateOnly))
		shut()
	}, shut)
	pop = widget.NewPopUp(padded(2, 8, 8, 8, month), s.window.Canvas())
	size := pop.MinSize()
	corner := fyne.CurrentApp().Driver().AbsolutePositionForObject(below)
	y := corner.Y + below.Size().Height + 4
	if y+size.Height > s.window.Canvas().Size().Height {
		y = max(4, corner.Y-size.Height-4)
	}
	pop.ShowAtPosition(fyne.NewPos(max(4, corner.X+below.Size().Width-size.Width), y))
	s.window.Canvas().Focus(month)
}
