package shell_test

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

// startGrafana is a Grafana of which ada is in the organizations 1 and 7. Each has a store of its own behind it.
func startGrafana(t *testing.T) (address string) {
	t.Helper()
	behind := map[string]*httputil.ReverseProxy{}
	for org, key := range map[string]string{"1": "main-key", "7": "lab-key"} {
		srv := statetest.Start(t, nil)
		c, err := client.New(srv.ManagementURL(), client.WithBearer(srv.Admin))
		require.NoError(t, err)
		_, err = c.Create(t.Context(), api.CreateKey{Name: key, Role: "Agent"})
		require.NoError(t, err)
		to, err := url.Parse(srv.ManagementURL())
		require.NoError(t, err)
		behind[org] = &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Header.Set("Authorization", "Bearer "+srv.Admin)
		}}
	}
	grafana := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		path, ours := strings.CutPrefix(r.URL.Path, "/graph"+api.BasePath)
		org := cmp.Or(r.Header.Get("X-Grafana-Org-Id"), "1")
		switch {
		case user != "ada" || password != "hush":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/graph/api/user/orgs":
			api.Write(w, http.StatusOK, []client.Organization{{ID: 7, Name: "Lab"}, {ID: 1, Name: "Main Org."}})
		case !ours || behind[org] == nil:
			w.WriteHeader(http.StatusNotFound)
		case path == "/v1/whoami":
			id := map[string]int64{"1": 1, "7": 7}[org]
			api.Write(w, http.StatusOK,
				api.Whoami{Login: "ada", OrgID: id, Role: apikey.RoleAdmin, Permissions: []string{"manage"}})
		default:
			r.URL.Path = api.BasePath + path
			behind[org].ServeHTTP(w, r)
		}
	}))
	t.Cleanup(grafana.Close)
	return grafana.URL + "/graph"
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
	require.True(t, w.Shown("ada · Main Org."), w.Texts())
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

	to("lab")
	require.True(t, w.Shown("lab-key"), w.Texts())
	require.False(t, w.Shown("main-key"))
	require.True(t, w.Shown("ada · Lab"), w.Texts())
	require.EqualValues(t, 7, w.Session.Who.OrgID)
	require.Equal(t, state.Query{}, w.Session.List.Snapshot().Query, "what the other one shows is not for this one")
	to("Audit trail")
	require.Equal(t, "audit", w.Current().Name())

	to("grafana main")
	require.Equal(t, "keys", w.Current().Name(), "the page that was shown there")
	require.Equal(t, state.Query{State: "active", Search: "main"}, w.Session.List.Snapshot().Query)
	require.True(t, w.Shown("main-key"))
	to("lab")
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
