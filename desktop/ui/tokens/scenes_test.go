package tokens_test

import (
	"net/http"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/ui/tokens"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// scenes lead to every dialog about tokens.
func scenes() []uitest.Scene {
	return []uitest.Scene{
		{Name: "token", Arrive: (*uitest.Opened).IssueKey},
		{Name: "token that opens nothing", Arrive: func(w *uitest.Opened) { w.Life.Gate.Endpoints[0].Require = "read"; w.IssueKey() }},
		{Name: "token without a gate", Arrive: func(w *uitest.Opened) { w.Life.Gate.Gate = api.GateAddress{}; w.IssueKey() }},
		{Name: "token of an older server", Arrive: func(w *uitest.Opened) {
			w.Life.Fail["GET /endpoints"] = uitest.Problem(http.StatusNotFound, apikey.CodeNotFound)
			w.IssueKey()
		}},
		{Name: "token at a self-made certificate", Arrive: func(w *uitest.Opened) {
			w.Life.Gate.Gate.Certificate = uitest.StillCertificate
			w.IssueKey()
		}},
		{Name: "token copied", Arrive: func(w *uitest.Opened) { w.IssueKey(); w.Press(fyne.KeyReturn) }},
		{Name: "token not copied", Arrive: func(w *uitest.Opened) { w.IssueKey(); w.Press(fyne.KeyEscape) }},
		{Name: "rotated a pool", Arrive: func(w *uitest.Opened) {
			tokens.ShowPool(w.Host, "edge", w.Session.RotatePool("edge", api.RotateKey{}), func() {})
		}},
		{Name: "check a token", Arrive: func(w *uitest.Opened) { tokens.Check(w.Host) }},
		{Name: "a token refused", Arrive: func(w *uitest.Opened) {
			m := w.NewModal("", "", 400)
			m.Show(nil)
			m.Warn(tokens.Verdict(w.Host, &api.VerifyResponse{Code: "expired"}))
		}},
	}
}

func TestEveryDialog(t *testing.T) { uitest.VisitEvery(t, scenes()) }

func TestLooks(t *testing.T) {
	uitest.HoldLooks(t, uitest.NewStillLife, []uitest.Scene{
		{Name: "token", Arrive: (*uitest.Opened).IssueKey},
		{Name: "check", Arrive: func(w *uitest.Opened) { tokens.Check(w.Host) }},
	})
}
