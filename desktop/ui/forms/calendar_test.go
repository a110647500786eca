package forms_test

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
)

// TestADayIsTypedAsOnesLanguageHasIt makes a key with a German date, and says what is wrong with an American one.
func TestADayIsTypedAsOnesLanguageHasIt(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{Language: "de"})
	w.Ctrl(fyne.KeyN)
	w.Write("edge")
	w.Choose("90 Tage", "Datum")
	date := w.FormInputs()["2027-01-31"]
	date.SetText("1/31/2027")
	w.Button("Schlüssel anlegen")
	require.True(t, w.Shown("Schreiben Sie ihn wie 31.01.2027 oder 2027-01-31."), w.Texts())
	date.SetText("31.1.2027")
	require.True(t, w.Shown("bis 31. Jan. 2027"), w.Texts())
	w.Button("Schlüssel anlegen")
	require.True(t, w.Shown("Schlüssel angelegt"), w.Texts())
}

func TestADayIsChosenInTheCalendar(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	w.Ctrl(fyne.KeyN)
	w.Choose("90 days", "Date")
	date := w.FormInputs()["2027-01-31"]
	var opener *kit.Button
	for _, o := range uitest.Visible(w.Window.Canvas().Overlays().Top()) {
		if b, ok := o.(*kit.Button); ok && b.Icon != nil && b.Icon.Name() == kit.Icon("calendar").Name() {
			opener = b
		}
	}
	opener.Tapped(nil)
	require.True(t, w.Shown("November 2026"))
	w.Press(fyne.KeyUp, fyne.KeyLeft) // before today: stays
	w.Press(fyne.KeyDown, fyne.KeyRight, fyne.KeyPageDown, fyne.KeyReturn)
	require.Equal(t, "2026-12-29", date.Text)
	require.False(t, w.Shown("December 2026"), "the calendar closes")
	require.True(t, w.Shown("Works to the end of that day, UTC."), w.Texts())

	opener.Tapped(nil)
	require.True(t, w.Shown("December 2026"), "it opens on the day that is chosen")
	month := w.Window.Canvas().Focused().(*kit.Calendar)
	month.Tapped(&fyne.PointEvent{Position: fyne.NewPos(kit.CalendarDays*kit.CalendarCell-5, 10)})
	require.True(t, w.Shown("January 2027"))
	cell := func(i int) fyne.Position {
		return fyne.NewPos(float32(i%kit.CalendarDays)*kit.CalendarCell+5, kit.CalendarHead+kit.CalendarNames+float32(i/kit.CalendarDays)*kit.CalendarCell+5)
	}
	month.Tapped(&fyne.PointEvent{Position: cell(4)}) // the first of January 2027 is a Friday
	require.Equal(t, "2027-01-01", date.Text)
	opener.Tapped(nil)
	w.Press(fyne.KeyEscape)
	require.Equal(t, "2027-01-01", date.Text)
	require.Len(t, w.Modals, 1, "Escape closes the calendar alone")

	c := kit.NewCalendar(w.Stage, time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC), nil, nil)
	c.Month(1)
	require.Equal(t, time.Date(2027, 2, 28, 0, 0, 0, 0, time.UTC), c.Day, "the last day that there is")
}
