package endpoints_test

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// opened shows the endpoints of a server that keeps some in its store.
func opened(t *testing.T) *uitest.Opened {
	t.Helper()
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	w.Life.Gate = uitest.StoredGate()
	w.Life.Checked = api.CheckedEndpoint{Errors: []apikey.FieldError{}, Affected: []api.AffectedKey{}}
	w.GoTo("endpoints")
	return w
}

func TestAnEndpointIsMade(t *testing.T) {
	w := opened(t)
	w.Button("Add endpoint")
	form := w.FormInputs()
	form["loki"].SetText("tempo")
	form["/loki"].SetText("/tempo")
	form["http://127.0.0.1:3100"].SetText("http://10.0.0.9:3200")
	w.Choose("send data", "send data")
	w.Choose("Header", "Header")
	w.FormInputs()["X-Scope-OrgID"].SetText("X-Scope-OrgID")
	w.Choose("Told to keep their data", "Let in for a while")
	w.Choose("2 hours", "3 days")
	w.Button("Save")
	require.Empty(t, w.Modals)
	require.Equal(t, []string{`POST /endpoints {"name":"tempo","onExpired":{"grace":259200},"path":"/tempo",` +
		`"require":"ingest","tenant":{"header":"X-Scope-OrgID"},"upstream":"http://10.0.0.9:3200"}`}, w.Life.Sent)
}

// TestAChangeIsShownFirst sends only what was changed, and only once its user knows who is refused then.
func TestAChangeIsShownFirst(t *testing.T) {
	w := opened(t)
	w.Life.Checked = warned
	// Keys are counted, not the paths that they used.
	w.Life.Checked.Affected = append(slices.Clone(warned.Affected), warned.Affected[1])
	w.Press(fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
	w.FormInputs()["/loki"].SetText("/logs")
	w.Choose("Header", "Not at all")
	w.Button("Save")
	require.Empty(t, w.Life.Sent)
	require.True(t, w.Shown("2 keys that were let in over the last 7 days would be refused"), w.Texts())
	require.True(t, w.Shown("edge-frankfurt, 4,711 requests: HTTP 403"), w.Texts())
	require.True(t, w.Shown("does not answer: HTTP: connection refused"))
	w.FormInputs()["/loki"].SetText("/log")
	w.Button("Change anyway")
	require.Empty(t, w.Life.Sent, "it is another change now")
	w.Button("Change anyway")
	require.Equal(t, []string{`PATCH /endpoints/loki {"path":"/log","tenant":null}`}, w.Life.Sent)
	require.Empty(t, w.Modals)
}

func TestWhatIsWrongIsShownAtItsField(t *testing.T) {
	w := opened(t)
	w.Life.Checked.Errors = []apikey.FieldError{
		{Field: "upstream", Detail: "is not allowed"}, {Field: "paths[0].path", Detail: "is taken"},
		{Field: "paths[1]", Detail: "is there twice"}, {Field: "new", Detail: "is not known"},
	}
	w.Button("Add endpoint")
	w.FormInputs()["loki"].SetText("tempo")
	w.Button("Save")
	require.True(t, w.Shown("is not allowed") && w.Shown("is taken is there twice") && w.Shown("new: is not known"),
		w.Texts())
	require.Empty(t, w.Life.Sent)
}

// TestAllMistakesOfAnEndpointAreShownAtOnce shows what cannot be sent together with what the server refuses.
func TestAllMistakesOfAnEndpointAreShownAtOnce(t *testing.T) {
	w := opened(t)
	w.Life.Checked.Errors = []apikey.FieldError{
		{Field: "upstream", Detail: "is not allowed"}, {Field: "name", Detail: "is missing"},
	}
	w.Button("Add endpoint")
	w.Button("Save")
	require.True(t, w.Shown("Give it a name"), w.Texts())
	require.True(t, w.Shown("is not allowed"), w.Texts())
	require.False(t, w.Shown("is missing"), "it is said already")
	require.Empty(t, w.Life.Sent)
}

func TestAnEndpointIsRemoved(t *testing.T) {
	w := opened(t)
	w.Life.Checked = warned
	w.Press(fyne.KeyDown, fyne.KeyDown)
	w.Button("Remove")
	require.True(t, w.Shown("2 keys that were let in"), w.Texts())
	w.Write("loki")
	w.Button("Remove endpoint")
	require.Equal(t, []string{"DELETE /endpoints/loki "}, w.Life.Sent)
}

func TestWhatTheFileSaysIsNotChangedHere(t *testing.T) {
	w := opened(t)
	w.Press(fyne.KeyDown)
	require.True(t, w.Shown("pyroscope"))
	require.False(t, w.Offers("Edit"))
	w.Press(fyne.KeyReturn)
	require.Empty(t, w.Modals)

	w.Life.Gate = api.EndpointList{Endpoints: uitest.StoredGate().Endpoints}
	w.GoTo("endpoints")
	require.False(t, w.Offers("Add endpoint"), "the server keeps none")
}

// TestARemovedEndpointIsMadeAgain finds one that was removed, as it was.
func TestARemovedEndpointIsMadeAgain(t *testing.T) {
	w := opened(t)
	require.False(t, w.Offers("Removed endpoints"), "none was")
	withRemoved(w)
	w.Button("Removed endpoints")
	require.True(t, w.Shown("/traces, /otlp"), w.Texts())
	require.True(t, w.Shown("by ada"), w.Texts())
	w.Button("Make again")
	require.Equal(t, "tempo", w.FormInputs()["loki"].Text)
	require.Equal(t, "/traces", w.FormInputs()["/loki"].Text)
	w.Button("Save")
	require.Empty(t, w.Modals)
	require.Equal(t, []string{`POST /endpoints {"methods":{"POST":"ingest"},"name":"tempo","path":"/traces",` +
		`"paths":[{"path":"/otlp","require":"manage"}],"pool":"edge","upstream":"http://10.0.0.9:3200"}`}, w.Life.Sent)

	w.Life.Gate.InStore = false
	w.GoTo("endpoints")
	w.Button("Removed endpoints")
	require.True(t, w.Shown("tempo"))
	require.False(t, w.Shown("Make again"), "here nobody can")
}
