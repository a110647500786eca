package tokens_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// pieces is the list of what can be done with a new token.
func pieces(w *uitest.Opened) *kit.Choice {
	w.T.Helper()
	return w.Choosing("Environment")
}

// What is offered for an agent's key, and for a key that opens nothing.
var (
	anyway  = []string{"Kubernetes Secret", "Environment"}
	offered = append([]string{
		"curl, Bearer", "curl, Basic", "Alloy", "Pyroscope (Go)", "Python", "nginx",
	}, anyway...)
)

// TestWhatIsOfferedForANewToken has an agent's key for one endpoint, at gates
// of every kind.
func TestWhatIsOfferedForANewToken(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	for _, tt := range []struct {
		name    string
		change  func(*uitest.StillLife)
		offered []string
		said    string // as advice
	}{
		{
			"a gate", func(*uitest.StillLife) {},
			offered,
			"It works from these addresses alone: 10.20.0.0/16.",
		},
		{
			"a self-made certificate", func(l *uitest.StillLife) { l.Gate.Gate.Certificate = uitest.StillCertificate },
			append(slices.Clone(offered), "Certificate"),
			"self-made: save it as ostiary-gate.pem",
		},
		{"a key that opens nothing", func(l *uitest.StillLife) { l.Gate.Endpoints[0].Require = "read" }, anyway, "This key opens nothing"},
		{"no gate", func(l *uitest.StillLife) { l.Gate.Gate = api.GateAddress{} }, anyway, "There is no gate to use it at"},
		{
			"an older server", func(l *uitest.StillLife) {
				l.Fail["GET /endpoints"] = uitest.Problem(http.StatusNotFound, apikey.CodeNotFound)
			},
			anyway, "The server is older than this program.",
		},
	} {
		w.Again()
		tt.change(w.Life)
		w.IssueKey()
		require.Equal(t, tt.offered, pieces(w).Options, tt.name)
		require.True(t, w.Shown(tt.said), "%s: %v", tt.name, w.Texts())
		require.NotContains(t, w.Texts(), "127.0.0.1:7172", tt.name)
	}
}

// TestAServerThatAnswersAgainNamesItsGate asks again in the same dialog.
func TestAServerThatAnswersAgainNamesItsGate(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	w.Life.Fail["GET /endpoints"] = uitest.Problem(http.StatusServiceUnavailable, apikey.CodeUnavailable)
	w.IssueKey()
	require.Equal(t, anyway, pieces(w).Options)
	require.True(t, w.Shown("The gate’s address could not be read"))
	delete(w.Life.Fail, "GET /endpoints")
	w.Button("Try again")
	require.Equal(t, offered, pieces(w).Options)
	require.False(t, w.Shown("The gate’s address could not be read"))
}

// TestAPieceSaysWhereItGoes has pieces for a file, for a terminal and for
// nowhere in particular, and a gate that other machines do not reach.
func TestAPieceSaysWhereItGoes(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	w.Life.Gate.Gate.URL = "http://127.0.0.1:7172"
	w.IssueKey()
	const alone = "Programs on other machines do not reach http://127.0.0.1:7172"
	for _, tt := range []struct {
		piece, said string
		alone       bool
	}{
		{"Alloy", "Save it as /etc/alloy/config.alloy, then run “systemctl reload alloy”.", true},
		{"curl, Basic", "Paste it into a terminal.", true},
		{"Kubernetes Secret", "then run “kubectl apply -f secret.yaml”.", false},
		{"Environment", "", false},
	} {
		pieces(w).SetSelected(tt.piece)
		require.True(t, w.Shown(tt.said), "%s: %v", tt.piece, w.Texts())
		require.Equal(t, tt.alone, w.Shown(alone), "%s: %v", tt.piece, w.Texts())
	}
}

// TestACopiedCertificateIsNoCopyOfTheToken has the dialog ask before it closes.
func TestACopiedCertificateIsNoCopyOfTheToken(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	w.Life.Gate.Gate.Certificate = uitest.StillCertificate
	w.IssueKey()
	pieces(w).SetSelected("Certificate")
	w.Button("Copy certificate")
	require.Equal(t, uitest.StillCertificate, w.Fyne.Clipboard().Content())
	w.Button("Done")
	require.True(t, w.Shown("The token was neither copied nor saved"))
}
