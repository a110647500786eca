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
		{Name: "token that is not served", Arrive: func(w *uitest.Opened) {
			w.Life.Fault = http.StatusForbidden
			w.IssueKey()
		}},
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
			tokens.ShowMany(w.Host, "edge", "edge", w.Session.RotatePool("edge", api.RotateKey{}), func() {})
		}},
		{Name: "check a token", Arrive: func(w *uitest.Opened) { tokens.Check(w.Host) }},
		{Name: "a good token", Arrive: good},
		{Name: "a token that nobody knows", Arrive: check("ost_00000000000b_wrong", "")},
		{Name: "a disabled token", Arrive: check("ost_00000000000c_good", "")},
		{Name: "a request without an endpoint", Arrive: check("ost_00000000000a_good", "GET /nowhere")},
		{Name: "wrong fields", Arrive: check("ost_00000000000a_good", "nowhere")},
		{Name: "a token that could not be checked", Arrive: func(w *uitest.Opened) {
			w.Life.Fail["POST /verify"] = uitest.Problem(http.StatusServiceUnavailable, apikey.CodeUnavailable)
			check("ost_00000000000a_good", "")(w)
		}},
	}
}

// check asks about a token with a request.
func check(token, request string) func(*uitest.Opened) {
	return func(w *uitest.Opened) {
		tokens.Check(w.Host)
		w.Write(token)
		w.FormInputs()["POST /loki/api/v1/push"].SetText(request)
		w.Button(w.Words.T("verify.button"))
	}
}

// good asks about a token at several endpoints.
func good(w *uitest.Opened) {
	w.Life.Gate = uitest.StoredGate()
	check("ost_00000000000b_good", "POST https://gate.example.org/loki/loki/api/v1/push?a=b")(w)
}

func TestEveryDialog(t *testing.T) { uitest.VisitEvery(t, scenes()) }

func TestLooks(t *testing.T) {
	uitest.HoldLooks(t, uitest.NewStillLife, []uitest.Scene{
		{Name: "token", Arrive: (*uitest.Opened).IssueKey},
		{Name: "check", Arrive: good},
	})
}
