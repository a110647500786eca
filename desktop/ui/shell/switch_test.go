package shell_test

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/client"
	"github.com/ostiary/ostiary/pkg/plugintest"
)

// startGrafana is a Grafana with the plugin's real executable, of which ada is in the organizations 1 and 7. Each has a
// key.
func startGrafana(t *testing.T) (address string) {
	t.Helper()
	users := map[string]plugintest.User{
		"ada:hush": {Login: "ada", Role: "Admin", OrgID: 1, Others: map[int64]string{7: "Admin"}},
	}
	settings := map[string]string{"gate_listen": "127.0.0.1:0"}
	grafana := plugintest.New(t, plugintest.Options{BasePath: "/graph", Settings: settings, Users: users})
	for org, key := range map[int64]string{1: "main-key", 7: "lab-key"} {
		c, err := client.New(grafana.URL(), client.WithBasic("ada", "hush"), client.WithOrganization(org))
		require.NoError(t, err)
		_, err = c.Create(t.Context(), api.CreateKey{Name: key, Role: "Agent"})
		require.NoError(t, err)
	}
	return grafana.URL()
}

// TestOrganizationsAreChangedByTheKeyboard goes from one organization to another and back; each is as it was left.
func TestOrganizationsAreChangedByTheKeyboard(t *testing.T) {
	w := uitest.Open(t, nil, state.Preferences{})
	w.Words.Now = time.Now
	c := state.NewConnection()
	c.Name, c.Address, c.Way, c.User = "Grafana", startGrafana(t), state.WayPassword, "ada"
	_, err := w.App.Save(c, "hush")
	require.NoError(t, err)
	w.Connect(c, "")
	require.True(t, w.Shown("main-key"), w.Texts())
	require.True(t, w.Shown("ada · Org. 1"), w.Texts())
	to := func(text string) {
		t.Helper()
		w.Ctrl(fyne.KeyK)
		w.Write(text)
		w.Press(fyne.KeyReturn)
		require.Empty(t, w.Modals)
	}
	w.Choose("All states", "Active")
	w.Ctrl(fyne.KeyF)
	w.Write("main")
	w.Clock.Pass(time.Second)

	to("grafana 7")
	require.True(t, w.Shown("lab-key"), w.Texts())
	require.False(t, w.Shown("main-key"))
	require.True(t, w.Shown("ada · Org. 7"), w.Texts())
	require.EqualValues(t, 7, w.Session.Who.OrgID)
	require.Equal(t, state.Query{}, w.Session.List.Snapshot().Query, "what the other one shows is not for this one")
	to("Audit trail")
	require.Equal(t, "audit", w.Current().Name())

	to("grafana org. 1")
	require.Equal(t, "keys", w.Current().Name(), "the page that was shown there")
	require.Equal(t, state.Query{State: "active", Search: "main"}, w.Session.List.Snapshot().Query)
	require.True(t, w.Shown("main-key"))
	to("grafana 7")
	require.Equal(t, "audit", w.Current().Name())

	kept := w.App.Settings.Get()
	require.Len(t, kept.Connections, 1)
	require.EqualValues(t, 7, kept.Connections[0].Organization, "it is opened again at the next start")
	last, _ := kept.Connection(kept.Last)
	w.Disconnect()
	w.Connect(last, "")
	require.EqualValues(t, 7, w.Session.Who.OrgID)
	require.NoError(t, w.App.Remove(c.ID))
	require.Empty(t, w.App.Settings.Get().Desks)
}

// TestTheSwitchIsWalkedThrough finds connections by what they are called, and leaves what is open alone.
func TestTheSwitchIsWalkedThrough(t *testing.T) {
	other := state.NewConnection()
	other.Name, other.Address = "Berlin", "https://berlin.example.org"
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{Connections: []state.Connection{other}})
	session := w.Session
	w.Ctrl(fyne.KeyK)
	require.True(t, w.Shown("Berlin"), w.Texts())
	require.True(t, w.Shown("berlin.example.org"), w.Texts())
	require.True(t, w.Shown("This computer"), w.Texts())
	w.Press(fyne.KeyUp, fyne.KeyReturn) // what is open already
	require.Empty(t, w.Modals)
	require.Same(t, session, w.Session)
	w.Ctrl(fyne.KeyK)
	w.Write("zzz")
	require.True(t, w.Shown("Nothing has these words."))
	w.Press(fyne.KeyReturn)
	require.Len(t, w.Modals, 1, "there is nothing to go to")
	w.Press(fyne.KeyEscape)
	require.Empty(t, w.Modals)
	w.Ctrl(fyne.KeyK)
	w.Write("computer")
	w.Press(fyne.KeyReturn)
	require.Equal(t, state.LocalID, w.Session.Connection.ID)
	w.Ctrl(fyne.KeyK)
	w.Write("import")
	w.Press(fyne.KeyReturn)
	require.True(t, w.Shown("Step 1 of 3"), w.Texts())
}
