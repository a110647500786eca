package endpoints_test

import (
	"net/http"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// warned is what would come of a change that breaks something.
var warned = api.CheckedEndpoint{
	Errors:   []apikey.FieldError{},
	Upstream: &api.CheckedUpstream{Detail: "HTTP: connection refused"},
	Affected: []api.AffectedKey{
		{KeyID: "00000000000b", KeyName: "edge-frankfurt", Requests: 4711, LastAt: uitest.Noon, Reason: "HTTP 403"},
		{KeyID: "00000000000c", KeyName: "kuma", Requests: 1, LastAt: uitest.Noon, Reason: "HTTP 403"},
	},
}

// withRemoved opens the page of a gate two of whose endpoints were removed.
func withRemoved(w *uitest.Opened) {
	w.Life.Gate = uitest.StoredGate()
	w.Life.Gate.Removed = []api.RemovedEndpoint{
		{Name: "tempo", Paths: []string{"/traces", "/otlp"}, Removed: api.Act{At: uitest.Noon, By: "ada"}, Spec: &api.EndpointSpec{
			Name: "tempo", Path: "/traces", Methods: map[string]string{"POST": "ingest"}, Pool: "edge",
			Paths: []api.EndpointPath{{Path: "/otlp", Require: "manage"}}, Upstream: "http://10.0.0.9:3200",
		}},
		{Name: "old", Paths: []string{}, Removed: api.Act{At: uitest.Noon, By: "bob"}},
	}
	w.GoTo("endpoints")
}

var scenes = []uitest.Scene{
	{Name: "endpoints", Arrive: func(w *uitest.Opened) {
		w.Life.Gate = uitest.StoredGate()
		w.GoTo("endpoints")
		w.Press(fyne.KeyDown, fyne.KeyDown)
	}},
	{Name: "edit-endpoint", Arrive: func(w *uitest.Opened) {
		w.Life.Gate, w.Life.Checked = uitest.StoredGate(), warned
		w.GoTo("endpoints")
		w.Press(fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
		w.FormInputs()["/loki"].SetText("/logs")
		w.Button(w.Words.T("edit.submit"))
	}},
	{Name: "create-endpoint", Arrive: func(w *uitest.Opened) {
		w.Life.Gate = uitest.StoredGate()
		w.GoTo("endpoints")
		w.Button(w.Words.T("endpoints.create"))
	}},
	{Name: "remove-endpoint", Arrive: func(w *uitest.Opened) {
		w.Life.Gate, w.Life.Checked = uitest.StoredGate(), warned
		w.GoTo("endpoints")
		w.Press(fyne.KeyDown, fyne.KeyDown)
		w.Button(w.Words.T("pools.remove"))
	}},
	{Name: "tenants that are not kept apart", Arrive: func(w *uitest.Opened) {
		w.Life.Gate, w.Life.Checked = uitest.StoredGate(), api.CheckedEndpoint{
			Errors: []apikey.FieldError{}, Upstream: &api.CheckedUpstream{Reachable: true, Status: 302, Expected: true},
			Affected: []api.AffectedKey{}, Warnings: []apikey.FieldError{{Field: "tenant", Detail: "has no effect there: " +
				"this is no VictoriaMetrics, and takes no notice of extra_filters[], so that every key reads what all " +
				"tenants wrote. Confine queries of a Prometheus by label"}},
		}
		w.GoTo("endpoints")
		w.Press(fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
		w.FormInputs()["/loki"].SetText("/logs")
		w.Button(w.Words.T("edit.submit"))
	}},
	{Name: "removed endpoints", Arrive: func(w *uitest.Opened) { withRemoved(w); w.Button(w.Words.T("endpoints.were-removed")) }},
	{Name: "make an endpoint again", Arrive: func(w *uitest.Opened) {
		withRemoved(w)
		w.Button(w.Words.T("endpoints.were-removed"))
		w.Button(w.Words.T("endpoints.make-again"))
	}},
	{Name: "endpoints of the file", Arrive: func(w *uitest.Opened) { w.GoTo("endpoints"); w.Press(fyne.KeyDown) }},
	{Name: "no endpoints", Arrive: func(w *uitest.Opened) {
		w.Life.Gate = api.EndpointList{Endpoints: []api.Endpoint{}}
		w.GoTo("endpoints")
	}},
	{Name: "no endpoints yet", Arrive: func(w *uitest.Opened) {
		w.Life.Gate = api.EndpointList{Endpoints: []api.Endpoint{}, InStore: true}
		w.GoTo("endpoints")
	}},
	{Name: "endpoints away", Arrive: func(w *uitest.Opened) {
		w.Life.Fail["GET /endpoints"] = uitest.Problem(http.StatusServiceUnavailable, apikey.CodeUnavailable)
		w.GoTo("endpoints")
	}},
}

func TestEveryDialog(t *testing.T) { uitest.VisitEvery(t, scenes) }

func TestLooks(t *testing.T) { uitest.HoldLooks(t, uitest.NewStillLife, scenes[:4]) }
