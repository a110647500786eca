package overview_test

import (
	"net/http"
	"testing"

	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/apikey"
)

var scenes = []uitest.Scene{
	{Name: "overview", Arrive: func(w *uitest.Opened) { w.GoTo("overview") }},
	{Name: "overview month", Arrive: func(w *uitest.Opened) {
		w.GoTo("overview")
		w.Choose(w.Words.T("overview.day"), w.Words.T("overview.month"))
	}},
	{Name: "overview away", Arrive: func(w *uitest.Opened) {
		w.Life.Fail["GET /stats"] = uitest.Problem(http.StatusServiceUnavailable, apikey.CodeUnavailable)
		w.GoTo("overview")
	}},
}

func TestEveryDialog(t *testing.T) { uitest.VisitEvery(t, scenes) }

func TestLooks(t *testing.T) {
	uitest.HoldLooks(t, uitest.NewStillLife, scenes[:1])
	uitest.HoldLooks(t, func() *uitest.StillLife {
		life := uitest.NewStillLife()
		life.Keys = nil
		return life
	}, []uitest.Scene{{Name: "empty", Arrive: scenes[0].Arrive}})
}
