package ui

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// pieces is the list of what can be done with a new token.
func (w *opened) pieces() *kit.Choice {
	w.t.Helper()
	return w.choosing("Environment")
}

// TestWhatIsOfferedForANewToken has an agent's key for one endpoint, at gates
// of every kind.
func TestWhatIsOfferedForANewToken(t *testing.T) {
	w := openStill(t, newStillLife(), state.Preferences{})
	for _, tt := range []struct {
		name    string
		change  func(*stillLife)
		offered []string
		said    string // besides
	}{
		{"a gate", func(*stillLife) {}, []string{"curl, Bearer", "curl, Basic", "Pyroscope (Go)", "Environment"}, "It works from these addresses alone: 10.20.0.0/16."},
		{
			"a self-made certificate", func(l *stillLife) { l.gate.Gate.Certificate = stillCertificate },
			[]string{"curl, Bearer", "curl, Basic", "Pyroscope (Go)", "Environment", "Certificate"}, "self-made: save it as ostiary-gate.pem",
		},
		{"a key that opens nothing", func(l *stillLife) { l.gate.Endpoints[0].Require = "read" }, []string{"Environment"}, "This key opens nothing"},
		{"no gate", func(l *stillLife) { l.gate.Gate = api.GateAddress{} }, []string{"Environment"}, "There is no gate to use it at"},
		{
			"an older server", func(l *stillLife) { l.fail["GET /endpoints"] = problem(http.StatusNotFound, apikey.CodeNotFound) },
			[]string{"Environment"}, "The server is older than this program.",
		},
	} {
		w.again()
		tt.change(w.life)
		w.showIssued()
		require.Equal(t, tt.offered, w.pieces().Options, tt.name)
		require.True(t, w.shown(tt.said), "%s: %v", tt.name, w.texts())
		require.NotContains(t, w.texts(), "127.0.0.1:7172", tt.name)
	}
}

// TestAServerThatAnswersAgainTellsItsGate asks again in the same dialog.
func TestAServerThatAnswersAgainTellsItsGate(t *testing.T) {
	w := openStill(t, newStillLife(), state.Preferences{})
	w.life.fail["GET /endpoints"] = problem(http.StatusServiceUnavailable, apikey.CodeUnavailable)
	w.showIssued()
	require.Equal(t, []string{"Environment"}, w.pieces().Options)
	require.True(t, w.shown("The gate’s address could not be read"))
	delete(w.life.fail, "GET /endpoints")
	w.button("Try again")
	require.Len(t, w.pieces().Options, 4)
	require.False(t, w.shown("The gate’s address could not be read"))
}

// TestACopiedCertificateIsNoCopyOfTheToken has the dialog ask before it closes.
func TestACopiedCertificateIsNoCopyOfTheToken(t *testing.T) {
	w := openStill(t, newStillLife(), state.Preferences{})
	w.life.gate.Gate.Certificate = stillCertificate
	w.showIssued()
	w.pieces().SetSelected("Certificate")
	w.button("Copy certificate")
	require.Equal(t, stillCertificate, w.fyne.Clipboard().Content())
	w.button("Done")
	require.True(t, w.shown("The token was neither copied nor saved"))
}
