package keys_test

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// input is the field of the open dialog below a label.
func input(w *uitest.Opened, label string) *kit.Input {
	w.T.Helper()
	below := false
	for _, o := range uitest.Visible(w.Window.Canvas().Overlays().Top()) {
		if l, ok := o.(*kit.Label); ok && l.Text == label {
			below = true
		}
		if in, ok := o.(*kit.Input); ok && below {
			return in
		}
	}
	require.Fail(w.T, "there is no field "+label)
	return nil
}

// TestOwnerLabelsTenantsAndLimits go to a real server and back.
func TestOwnerLabelsTenantsAndLimits(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Ctrl(fyne.KeyN)
	w.Write("edge")
	input(w, "Owner").SetText("sre@example.org")
	input(w, "Labels").SetText("team=sre, Env=prod,")
	input(w, "Tenants").SetText("team-b team-a")
	input(w, "Requests per second").SetText("many")
	input(w, "Bytes per second").SetText("5 MBit")
	input(w, "Burst").SetText("100")
	w.Button("Create key")
	require.True(t, w.Shown("“Env” is no name of a label"), w.Texts())
	require.True(t, w.Shown("Write a whole number, such as 50."), w.Texts())
	require.True(t, w.Shown("Write a number with a unit, such as 5 MB."), w.Texts())
	w.Button("Env=prod") // takes the chip away
	input(w, "Requests per second").SetText("")
	input(w, "Bytes per second").SetText("5 MB")
	w.Button("Create key")
	require.True(t, w.Shown("Needs requests per second."), w.Texts())
	input(w, "Requests per second").SetText("50")
	w.Button("Create key")
	k := w.Key("edge")
	require.NotNil(t, k, w.Texts())
	require.Equal(t, "sre@example.org", k.Owner)
	require.Equal(t, map[string]string{"team": "sre"}, k.Labels)
	require.Equal(t, []string{"team-a", "team-b"}, k.Tenants)
	require.Equal(t, apikey.Limits{RequestsPerSecond: 50, Burst: 100, BytesPerSecond: 5e6}, k.Limits)
	w.Button("Copy token")
	w.Button("Done")

	w.Press(fyne.KeyEnd)
	for _, text := range []string{"sre@example.org", "team=sre", "team-a, team-b", "Requests per second: 50", "Bytes per second: 5 MB"} {
		require.True(t, w.Shown(text), "%s is missing: %v", text, w.Texts())
	}

	w.Write("e")
	w.Button("Save")
	trail, err := w.Session.Audit(t.Context(), state.Trail{KeyID: k.ID}, "", 10)
	require.NoError(t, err)
	for _, e := range trail.Entries {
		require.NotEqual(t, apikey.ActionUpdate, e.Action, "nothing was changed, so nothing was sent")
	}
	w.Write("e")
	w.Button("team=sre")
	w.Button("team-b")
	input(w, "Burst").SetText("")
	input(w, "Owner").SetText("ops")
	w.Button("Save")
	k = w.Key("edge")
	require.Equal(t, "ops", k.Owner)
	require.Empty(t, k.Labels)
	require.Equal(t, []string{"team-a"}, k.Tenants)
	require.Equal(t, apikey.Limits{RequestsPerSecond: 50, BytesPerSecond: 5e6}, k.Limits)
}

// TestAllMistakesOfAKeyAreShownAtOnce shows what the form itself and what a server would find wrong at the first press.
func TestAllMistakesOfAKeyAreShownAtOnce(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{Language: "de"})
	w.Ctrl(fyne.KeyN)
	input(w, "Verantwortlich").SetText("\u200b")
	input(w, "Pool").SetText("am rand")
	input(w, "Erlaubte Adressen").SetText("10.0.0/8")
	input(w, "Labels").SetText("team=" + strings.Repeat("x", 64))
	input(w, "Anfragen pro Sekunde").SetText("2000000000")
	w.Button("Schlüssel anlegen")
	for _, text := range []string{
		"Geben Sie dem Schlüssel einen Namen", "hat kein sichtbares Zeichen", "„am rand“ darf nur",
		"„10.0.0/8“ ist kein", "hat 64 Zeichen", "liegt über 1000000000",
	} {
		require.True(t, w.Shown(text), "%s is missing: %v", text, w.Texts())
	}
}

// TestWhatAKeyHasAlreadyIsNoMistake has a key of an older server, whose pool could not be given today.
func TestWhatAKeyHasAlreadyIsNoMistake(t *testing.T) {
	fields := state.KeyFields{Name: "edge", Pool: "am rand", Endpoints: []string{"a b"}}
	require.Len(t, fields.Mistakes(nil), 2)
	require.Len(t, fields.Mistakes(&api.Key{Name: "edge", Pool: "am rand"}), 1)
	require.Contains(t, fields.Mistakes(&api.Key{Name: "edge", Pool: "am rand"}), "endpoints")
}

// TestAServersMistakesAreAtTheirFields has a server that is stricter than the
// form.
func TestAServersMistakesAreAtTheirFields(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	refused := uitest.Problem(400, apikey.CodeInvalid)
	refused.Errors = []apikey.FieldError{
		{Field: "labels.team", Detail: "is reserved"}, {Field: "limits.burst", Detail: "is above 10"},
		{Field: "owner", Detail: "is nobody"}, {Field: "tenants", Detail: "has 65 entries"},
	}
	w.Life.Fail["POST /keys"] = refused
	w.IssueKey()
	for _, text := range []string{"is reserved", "is above 10", "is nobody", "has 65 entries"} {
		require.True(t, w.Shown(text), "%s is missing: %v", text, w.Texts())
	}
	require.False(t, w.Shown("A field is wrong"), "all of it is at the fields")
	for field, mistake := range map[string]string{"Owner": "is nobody", "Burst": "is above 10"} {
		w.Window.Canvas().Focus(input(w, field))
		w.Write("2")
		require.False(t, w.Shown(mistake), "it is another one now")
		w.Press(fyne.KeyBackspace)
	}
	require.True(t, w.Shown("has 65 entries"), "which still has")

	refused.Errors = append(refused.Errors, apikey.FieldError{Field: "colour", Detail: "is not known here"})
	w.Button("Create key")
	require.True(t, w.Shown("colour: is not known here"), "what has no field is said as well: %v", w.Texts())
}

// TestEndpointsAreOfferedByTheServer chooses one from the menu.
func TestEndpointsAreOfferedByTheServer(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	w.Ctrl(fyne.KeyN)
	var offers []*kit.Button
	for _, o := range uitest.Visible(w.Window.Canvas().Overlays().Top()) {
		if b, ok := o.(*kit.Button); ok && b.Icon != nil && b.Icon.Name() == kit.Icon("down").Name() {
			offers = append(offers, b)
		}
	}
	require.Len(t, offers, 3, "pools, endpoints and tenants")
	offers[1].Tapped(nil)
	require.True(t, w.Shown("pyroscope – send data"), w.Texts())
	w.Press(fyne.KeyDown, fyne.KeyReturn)
}
