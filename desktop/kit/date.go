package kit

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// DateInput is a field for a day, with a calendar.
type DateInput struct {
	Input  *Input
	Object fyne.CanvasObject
}

// NewDateInput makes the field; changed follows what is typed.
func NewDateInput(s *Stage, k Keys, changed func()) *DateInput {
	d := &DateInput{Input: NewInput(k)}
	d.Input.SetPlaceHolder("2027-01-31")
	d.Input.OnChanged = func(string) { changed() }
	open := NewButton("", "", k, nil)
	open.Icon = Icon("calendar")
	open.Importance = widget.LowImportance
	open.OnTapped = func() { s.ShowCalendar(d.Input, open) }
	d.Object = container.NewBorder(nil, nil, nil, open, Boxed(d.Input))
	return d
}

// ShowCalendar lets a day be chosen.
func (s *Stage) ShowCalendar(into *Input, below fyne.CanvasObject) {
	at := s.Words.Now()
	if day, read := s.Words.ReadDay(into.Text); read {
		at, _ = time.Parse(time.DateOnly, day)
	}
	var pop *widget.PopUp
	shut := func() {
		pop.Hide()
		s.Window.Canvas().Focus(into)
	}
	month := NewCalendar(s, at, func(day time.Time) {
		into.Fill(day.Format(time.DateOnly))
		shut()
	}, shut)
	pop = widget.NewPopUp(Padded(2, 8, 8, 8, month), s.Window.Canvas())
	size := pop.MinSize()
	corner := fyne.CurrentApp().Driver().AbsolutePositionForObject(below)
	y := corner.Y + below.Size().Height + 4
	if y+size.Height > s.Window.Canvas().Size().Height {
		y = max(4, corner.Y-size.Height-4)
	}
	pop.ShowAtPosition(fyne.NewPos(max(4, corner.X+below.Size().Width-size.Width), y))
	s.Window.Canvas().Focus(month)
}
