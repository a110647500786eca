package refused_test

import (
	"net/http"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/apikey"
)

var scenes = []uitest.Scene{
	{Name: "refused", Arrive: func(w *uitest.Opened) { w.GoTo("refused"); w.Press(fyne.KeyDown) }},
	{Name: "refused unknown", Arrive: func(w *uitest.Opened) {
		w.GoTo("refused")
		w.Press(fyne.KeyDown, fyne.KeyDown)
		w.Button(w.Words.T("refused.pause"))
	}},
	{Name: "refused extend the key", Arrive: func(w *uitest.Opened) {
		w.GoTo("refused")
		w.Press(fyne.KeyDown)
		w.Button(w.Words.T("refused.fix.extend") + "…")
	}},
	{Name: "refused none found", Arrive: func(w *uitest.Opened) {
		w.Session.Refusals = state.Refusals{KeyID: "00000000000x", Since: uitest.Noon.Add(-time.Hour)}
		w.GoTo("refused")
	}},
	{Name: "refused away", Arrive: func(w *uitest.Opened) {
		w.Life.Fail["GET /denials"] = uitest.Problem(http.StatusServiceUnavailable, apikey.CodeUnavailable)
		w.GoTo("refused")
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
