package imports_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/origin/origintest"
)

// grafana is the database of a Grafana with some keys, and their tokens.
func grafana(t *testing.T) (file string, tokens []string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "grafana.db")
	tokens = origintest.Grafana(file, origintest.Key{Name: "deploy", Role: "Editor"},
		origintest.Key{Name: "collector", Role: "Viewer"},
		origintest.Key{Name: "old", Role: "Viewer", Expires: time.Now().AddDate(-1, 0, 0)})
	return file, tokens
}

// source puts where the database is into the field for that.
func source(w *uitest.Opened, text string) {
	w.FormInputs()["/var/lib/grafana/grafana.db"].SetText(text)
}

// TestKeysOfAGrafanaAreTakenOver previews a real database, leaves a key out, takes over the other, and uses its token.
func TestKeysOfAGrafanaAreTakenOver(t *testing.T) {
	srv := statetest.Start(t, nil)
	w := uitest.Open(t, srv, state.Preferences{})
	file, tokens := grafana(t)
	w.Ctrl(fyne.KeyI)
	source(w, file)
	w.FormInputs()[""].SetText("ops@x.org")
	w.FormInputs()["team=sre, env=prod"].SetText("team=sre")
	w.Button("Preview")
	require.True(t, w.Shown("2 of 3 keys can be taken over."), w.Texts())
	require.True(t, w.Shown("Left out"), w.Texts())
	require.True(t, w.Shown("Owner") && w.Shown("ops@x.org"), w.Texts())
	require.True(t, w.Shown("Labels") && w.Shown("team=sre"), w.Texts())
	require.Nil(t, w.Key("deploy"), "nothing is changed yet")
	w.Press(fyne.KeyHome, fyne.KeySpace) // not this one
	w.Press(fyne.KeyEnd)
	require.True(t, w.Shown("expired"), "the reason is shown as a whole: %v", w.Texts())
	w.Button("Take over")
	require.True(t, w.Shown("1 of 1 keys were taken over."), w.Texts())
	w.Button("Close")
	require.Empty(t, w.Modals)
	require.Nil(t, w.Key("deploy"))
	require.Equal(t, "ops@x.org", w.Key("collector").Owner)
	require.Equal(t, map[string]string{"team": "sre"}, w.Key("collector").Labels)
	require.Equal(t, http.StatusOK, uitest.Gate(t, srv, tokens[1]), "its client needs no other token")
	require.True(t, w.Shown("collector"), "the list is read again")

	w.Ctrl(fyne.KeyI)
	source(w, file)
	w.Button("Preview")
	require.True(t, w.Shown("1 of 3 keys can be taken over."), w.Texts())
	w.Press(fyne.KeyEscape)
}

// TestADatabaseAtAnAddress is fetched by this program, and not by the server.
func TestADatabaseAtAnAddress(t *testing.T) {
	file, _ := grafana(t)
	var agents []string
	there := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		agents = append(agents, r.UserAgent())
		if r.URL.Path != "/grafana.db" {
			http.NotFound(rw, r)
			return
		}
		http.ServeFile(rw, r, file)
	}))
	defer there.Close()
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Ctrl(fyne.KeyI)
	source(w, there.URL+"/nothing")
	w.Button("Preview")
	require.True(t, w.Shown("Nothing can be read at this address."), w.Texts())
	require.True(t, w.Shown("404"), w.Texts())
	source(w, strings.TrimPrefix(there.URL, "http://")+"/grafana.db")
	w.Button("Preview")
	require.True(t, w.Shown("2 of 3 keys can be taken over."), w.Texts())
	require.Len(t, agents, 2)
}

// TestWhatIsWrongStandsAtItsField names what the server, the file and the form find.
func TestWhatIsWrongStandsAtItsField(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Ctrl(fyne.KeyI)
	w.Button("Preview")
	require.True(t, w.Shown("Choose a file, or type an address."), w.Texts())
	dir := t.TempDir()
	source(w, filepath.Join(dir, "nothing.db"))
	w.Button("Preview")
	require.True(t, w.Shown("The file cannot be read"), w.Texts())
	broken := filepath.Join(dir, "broken.db")
	require.NoError(t, os.WriteFile(broken, []byte("this is no database"), 0o600))
	source(w, broken)
	w.Button("Preview")
	require.True(t, w.Shown("That is no SQLite database. Nothing was sent."), w.Texts())
	require.NoError(t, os.WriteFile(broken, []byte("SQLite format 3\x00 and no more"), 0o600))
	w.Button("Preview")
	require.True(t, w.Shown("The database cannot be used"), w.Texts())
	large := filepath.Join(dir, "large.db")
	require.NoError(t, os.WriteFile(large, make([]byte, api.MaxImport+1), 0o600))
	source(w, large)
	w.Button("Preview")
	require.True(t, w.Shown("larger than the server takes"), w.Texts())

	w.Choose("Grafana", "Uptime Kuma")
	w.FormInputs()["Europe/Berlin"].SetText("Nowhere")
	w.FormInputs()["team=sre, env=prod"].SetText("Team=sre")
	w.FormInputs()["/var/lib/uptime-kuma/kuma.db"].SetText(broken)
	w.Button("Preview")
	require.True(t, w.Shown("is not a time zone"), w.Texts())
	require.True(t, w.Shown("small letters"), w.Texts())
	require.Len(t, w.Modals, 1)
}

// TestWhyAKeyIsLeftOutIsNotCut has room for the sentence, in languages that take more of it.
func TestWhyAKeyIsLeftOutIsNotCut(t *testing.T) {
	for _, language := range []string{"de", "fr"} {
		w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{Language: language})
		w.Ctrl(fyne.KeyI)
		file, _ := grafana(t)
		source(w, file)
		w.Button(w.Words.T("import.preview"))
		why := w.Words.FromServer("never expires, because it would after the year 9999")
		found := false
		for _, o := range uitest.Visible(w.Window.Canvas().Overlays().Top()) {
			if l, ok := o.(*kit.Label); ok && l.Text == why {
				found = true
				require.False(t, l.IsCut(), why)
			}
		}
		require.True(t, found, "%s: %v", language, w.Texts())
	}
}
