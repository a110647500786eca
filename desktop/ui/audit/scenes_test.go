package audit_test

import (
	"testing"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/ui/uitest"
)

var scenes = []uitest.Scene{
	{Name: "audit", Arrive: func(w *uitest.Opened) { w.GoTo("audit") }},
	{Name: "audit-entry", Arrive: func(w *uitest.Opened) {
		w.GoTo("audit")
		w.Press(fyne.KeyDown, fyne.KeyDown)
	}},
}

func TestEveryDialog(t *testing.T) { uitest.VisitEvery(t, scenes) }

func TestLooks(t *testing.T) { uitest.HoldLooks(t, uitest.NewStillLife, scenes) }
