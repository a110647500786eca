package overview_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
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

// TestAnEndpointIsNotOfferedWhereNobodyCanMakeOne says what to do where the configuration file alone has endpoints.
func TestAnEndpointIsNotOfferedWhereNobodyCanMakeOne(t *testing.T) {
	life := uitest.NewStillLife()
	life.Keys = nil
	w := uitest.OpenStill(t, life, state.Preferences{})
	count := func(button string) (n int) {
		for _, o := range uitest.Visible(w.Current().Object()) {
			if b, ok := o.(*kit.Button); ok && b.Text == button {
				n++
			}
		}
		return n
	}
	w.Life.Gate = api.EndpointList{Gate: w.Life.Gate.Gate, Endpoints: []api.Endpoint{}}
	w.GoTo("overview")
	require.True(t, w.Shown("in the server’s configuration file here, under gate.endpoints"), w.Texts())
	require.Zero(t, count("Endpoints"))

	w.Life.Gate.InStore = true
	w.GoTo("overview")
	require.False(t, w.Shown("gate.endpoints"), w.Texts())
	require.Equal(t, 1, count("Endpoints"))
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
