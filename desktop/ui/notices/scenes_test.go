package notices_test

import (
	"net/http"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/apikey"
)

var scenes = []uitest.Scene{
	{Name: "notices", Arrive: func(w *uitest.Opened) {
		w.GoTo("notices")
		w.Press(fyne.KeyDown)
	}},
	{Name: "tried-notices", Arrive: func(w *uitest.Opened) {
		w.GoTo("notices")
		w.Button(w.Words.T("notices.try"))
	}},
	{Name: "notice that failed", Arrive: func(w *uitest.Opened) {
		w.GoTo("notices")
		w.Press(fyne.KeyEnd)
	}},
	{Name: "no channels", Arrive: func(w *uitest.Opened) {
		w.Life.Fail["POST /notices/test"] = uitest.Problem(http.StatusConflict, apikey.CodeConflict)
		w.GoTo("notices")
		w.Button(w.Words.T("notices.try"))
	}},
	{Name: "notices away", Arrive: func(w *uitest.Opened) {
		w.Life.Fail["GET /notices"] = uitest.Problem(http.StatusServiceUnavailable, apikey.CodeUnavailable)
		w.GoTo("notices")
	}},
	{Name: "no notices", Arrive: func(w *uitest.Opened) {
		w.Life.Keys = nil
		w.GoTo("notices")
		w.Life.Keys = uitest.NewStillLife().Keys
	}},
}

func TestEveryDialog(t *testing.T) { uitest.VisitEvery(t, scenes) }

func TestLooks(t *testing.T) { uitest.HoldLooks(t, uitest.NewStillLife, scenes[:2]) }
