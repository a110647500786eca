package tokens_test

import (
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/tokens"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
)

// guarded is a server with several endpoints.
func guarded(t *testing.T) *uitest.Opened {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ostiary.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`gate:
  endpoints:
    - {name: loki, path: /loki, kind: loki, upstream: "http://127.0.0.1:1", tenant: {header: X-Scope-OrgID}}
    - {name: kuma, path: /metrics, require: read, upstream: "http://127.0.0.1:1"}
`), 0o600))
	return uitest.Open(t, statetest.Start(t, map[string]string{"CONFIG": file}), state.Preferences{})
}

// TestWhatIsThisToken asks a real server about tokens that are good, limited, disabled, mistyped and unknown.
func TestWhatIsThisToken(t *testing.T) {
	w := guarded(t)
	issued, err := w.API.Create(t.Context(), api.CreateKey{
		Name: "edge", Role: "Agent", Owner: "sre", AllowedCIDRs: []string{"10.0.0.0/8"}, Tenants: []string{"team-a"},
	})
	require.NoError(t, err)
	ask := func(token, address, request string) {
		t.Helper()
		tokens.Check(w.Host)
		w.Write(token)
		w.FormInputs()["10.0.0.7"].SetText(address)
		w.FormInputs()["POST /loki/api/v1/push"].SetText(request)
		w.Confirm("Check")
	}
	shown := func(texts ...string) {
		t.Helper()
		for _, text := range texts {
			require.True(t, w.Shown(text), "%s: %v", text, w.Texts())
		}
	}
	ask(issued.Token, "10.1.2.3", "POST /loki/loki/api/v1/push")
	shown("It would be let in: “edge”, Agent.", "Owner: sre", "Tenants: team-a", "POST /loki/loki/api/v1/push",
		"loki, to send data", "Let in", "Not allowed")
	w.Press(fyne.KeyEscape)

	ask(issued.Token, "192.0.2.7", "GET /loki/loki/api/v1/query")
	shown("It would be refused.", "It works, but not for this", "loki, to read", "Owner: sre")
	w.FormInputs()["10.0.0.7"].SetText("10.1.2.3")
	require.False(t, w.Shown("It would be refused."), "that was said of something else")
	w.Choose("Anything", "Read")
	w.FormInputs()["POST /loki/api/v1/push"].SetText("")
	w.Confirm("Check")
	shown("It would be refused.")
	w.FormInputs()["10.0.0.7"].SetText("10.0.0.0/8")
	w.Confirm("Check")
	shown("Write one address")
	w.FormInputs()["10.0.0.7"].SetText("")
	w.FormInputs()["POST /loki/api/v1/push"].SetText("loki")
	w.Confirm("Check")
	shown("Write it like POST /loki/api/v1/push.")
	w.Press(fyne.KeyEscape)

	ask(issued.Token[:30]+"zzzz"+issued.Token[34:], "", "")
	shown("No key has this token", "Its public part is that of “edge”")
	w.Press(fyne.KeyEscape)
	ask("ost_nonsense", "", "GET /nowhere")
	shown("No key has this token")
	require.False(t, w.Shown("No endpoint has the path"))
	w.Press(fyne.KeyEscape)

	require.NoError(t, w.Session.Do(t.Context(), state.ActionDisable, issued.Key, false))
	ask(issued.Token, "10.1.2.3", "GET /nowhere")
	shown("Its key is disabled.", "Owner: sre", "No endpoint has the path /nowhere")
	w.Button("Show the key")
	require.Empty(t, w.Modals)
	require.Equal(t, issued.Key.ID, w.Session.List.Snapshot().Query.Search)
	require.NotContains(t, w.Log.String(), issued.Token[17:40])
}
