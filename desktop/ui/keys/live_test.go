package keys_test

import (
	"net/http"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// openAtLoki opens the window at a gate with Pyroscope, and with a Loki that keeps
// tenants apart.
func openAtLoki(t *testing.T, roles ...apikey.Role) *uitest.Opened {
	t.Helper()
	life := uitest.NewStillLife()
	if len(roles) > 0 {
		life.Policy.Roles = roles
	}
	w := uitest.OpenStill(t, life, state.Preferences{})
	w.Life.Gate = uitest.StoredGate()
	w.Life.Gate.Endpoints = w.Life.Gate.Endpoints[:2]
	return w
}

// openForm asks for a new key there.
func openForm(t *testing.T) *uitest.Opened {
	t.Helper()
	w := openAtLoki(t)
	w.Ctrl(fyne.KeyN)
	return w
}

// TestASentenceFollowsTheForm reads it as fields are filled in.
func TestASentenceFollowsTheForm(t *testing.T) {
	w := openForm(t)
	said := func(text string) {
		t.Helper()
		require.True(t, w.Shown(text), "%q: %v", text, w.Texts())
	}
	said("May push to every endpoint as no tenant, from anywhere, until 19 Feb 2027.")
	said("It needs a tenant at loki.")
	said("Those that it may act for: loki refuses a key without one.")
	input(w, "Endpoints").SetText("pyroscope,")
	said("May push to pyroscope, from anywhere, until 19 Feb 2027.")
	require.False(t, w.Shown("It needs a tenant"))
	said("Those that it may act for, where there are any. Empty: none.")
	w.Choose("Agent", "Viewer")
	said("May read from pyroscope, from")
	said("The role Viewer opens nothing at pyroscope.")
	input(w, "Pool").SetText("edge")
	input(w, "Allowed addresses").SetText("10.0.0.0/8, ::1")
	input(w, "Tenants").SetText("team-a,")
	input(w, "Burst").SetText("5")
	w.Choose("90 days", "Seconds")
	said("May read from pyroscope as team-a, in the pool edge, from 10.0.0.0/8 or ::1, within its limits.")
	w.FormInputs()["3600"].SetText("3600")
	said("within its limits, until 21 Nov 2026, 13:00.")
}

// TestAMisspeltEndpointIsNamed warns of it, and lets it be: a proxy may name it.
func TestAMisspeltEndpointIsNamed(t *testing.T) {
	w := openForm(t)
	const help = "The only endpoints of the gate that it opens."
	require.True(t, w.Shown(help))
	input(w, "Endpoints").SetText("loki, pyroskop,")
	require.True(t, w.Shown("This gate has no endpoint “pyroskop”. Keep it only if"), w.Texts())
	input(w, "Endpoints").SetText("lokki,")
	require.True(t, w.Shown("This gate has no endpoints “pyroskop”, “lokki”. Keep them only if"), w.Texts())
	w.Button("pyroskop")
	w.Button("lokki")
	require.False(t, w.Shown("This gate has no endpoint"), w.Texts())
	require.True(t, w.Shown(help), w.Texts())
}

// TestNoEndpointIsMisspeltBeforeTheyAreKnown has a server that does not name them.
func TestNoEndpointIsMisspeltBeforeTheyAreKnown(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	w.Life.Fail["GET /endpoints"] = uitest.Problem(http.StatusServiceUnavailable, apikey.CodeUnavailable)
	w.Ctrl(fyne.KeyN)
	input(w, "Endpoints").SetText("pyroskop,")
	require.False(t, w.Shown("This gate has no endpoint"), w.Texts())
}

// TestAKeyBeginsAsATemplate fills fields in, and leaves a description alone that
// was typed.
func TestAKeyBeginsAsATemplate(t *testing.T) {
	w := openForm(t)
	about := func() string { return input(w, "Description").Text }
	w.Button("Alloy")
	require.Equal(t, "Grafana Alloy", about())
	require.True(t, w.Shown("May push to pyroscope and loki as no tenant"), w.Texts())
	w.Button("Grafana data source")
	require.Equal(t, "Data source in Grafana", about())
	require.True(t, w.Shown("May read from loki as no tenant"), w.Texts())
	w.Button("CI")
	require.True(t, w.Shown("May read and write at every endpoint as no tenant, from anywhere, until 21 Dec 2026."), w.Texts())
	input(w, "Description").SetText("mine")
	w.Button("Collector")
	require.Equal(t, "mine", about())
	require.Same(t, input(w, "Name"), w.Window.Canvas().Focused())
}

// TestATemplateThatNoEndpointIsForOpensNone has no endpoint with metrics, and a key that names none opens all.
func TestATemplateThatNoEndpointIsForOpensNone(t *testing.T) {
	w := openForm(t)
	const none = "No endpoint here is for “Prometheus scrape”. Choose one"
	w.Button("Prometheus scrape")
	require.True(t, w.Shown(none), w.Texts())
	input(w, "Name").SetText("scraper")
	w.Button("Create key")
	require.True(t, w.Shown(none), w.Texts())
	require.True(t, w.Shown("Prometheus scrape"), "the form is still there")
	w.Button("CI")
	require.False(t, w.Shown("No endpoint here is for"), w.Texts())
	w.Button("Prometheus scrape")
	input(w, "Endpoints").SetText("kuma,")
	require.False(t, w.Shown("No endpoint here is for"), w.Texts())
	w.Button("Create key")
	require.True(t, w.Shown("Key created"), w.Texts())
}

// TestNoTemplateHasARoleThatThePolicyForbids has a policy for readers.
func TestNoTemplateHasARoleThatThePolicyForbids(t *testing.T) {
	w := openAtLoki(t, apikey.RoleViewer)
	w.Ctrl(fyne.KeyN)
	require.False(t, w.Shown("Collector"), w.Texts())
	require.True(t, w.Shown("Prometheus scrape"), w.Texts())
}

// TestTheFirstStepsAskForATenant would otherwise wait for a request that can only
// be refused.
func TestTheFirstStepsAskForATenant(t *testing.T) {
	w := openAtLoki(t)
	w.BeginKey("alloy", state.TemplateAlloy)
	require.Equal(t, "alloy", input(w, "Name").Text)
	require.True(t, w.Shown("May push to pyroscope and loki"), "they came after the form: %v", w.Texts())
	w.Button("Create key")
	require.True(t, w.Shown("Name a tenant, such as team-a: without one, it is refused."), w.Texts())
	input(w, "Tenants").SetText("team-a")
	w.Button("Create key")
	require.True(t, w.Shown("Key created"), w.Texts())
}
