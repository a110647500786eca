package endpoints_test

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

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// house is a real server that keeps endpoints in its store, with a program behind its gate.
type house struct {
	*uitest.Opened
	upstream string
	agent    *api.IssuedKey
}

func openHouse(t *testing.T) *house {
	t.Helper()
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/closed":
			w.Header().Set("Www-Authenticate", "Basic")
			w.WriteHeader(http.StatusUnauthorized)
		case strings.HasPrefix(r.URL.Path, "/prometheus/") && r.Header.Get("X-Scope-OrgID") == "": // as Mimir
			http.Error(w, "no org id", http.StatusUnauthorized)
		}
	}))
	t.Cleanup(behind.Close)
	file := filepath.Join(t.TempDir(), "ostiary.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`gate:
  endpoints_in_store: true
  upstreams: [127.0.0.1]
  endpoints:
    - {name: docs, path: /docs, require: read}
`), 0o600))
	srv := statetest.Start(t, map[string]string{"CONFIG": file})
	w := uitest.Open(t, srv, state.Preferences{})
	agent, err := w.API.Create(t.Context(), api.CreateKey{Name: "edge", Role: "Agent"})
	require.NoError(t, err)
	w.GoTo("endpoints")
	return &house{Opened: w, upstream: behind.URL, agent: agent}
}

// ask sends a request through the gate with the agent's key.
func (h *house) ask(method, path string, header ...string) int {
	h.T.Helper()
	req, err := http.NewRequestWithContext(h.T.Context(), method, h.Server.GateURL()+path, http.NoBody)
	require.NoError(h.T, err)
	if len(header) == 0 {
		header = []string{"Authorization", "Bearer " + h.agent.Token}
	}
	req.Header.Set(header[0], header[1])
	resp, err := http.DefaultClient.Do(req)
	require.NoError(h.T, err)
	require.NoError(h.T, resp.Body.Close())
	return resp.StatusCode
}

// fill fills in a field of the open dialog.
func (h *house) fill(example, text string) { h.FormInputs()[example].SetText(text) }

// TestAnEndpointsLife makes, checks, changes and removes an endpoint with every field there is.
func TestAnEndpointsLife(t *testing.T) {
	h := openHouse(t)
	require.True(t, h.Shown("docs"))
	h.Button("Add endpoint")
	require.True(t, h.Shown("Within 127.0.0.1"), h.Texts())
	h.fill("loki", "things")
	h.fill("/loki", "/things")
	h.fill("http://127.0.0.1:3100", h.upstream)
	h.Choose("send data", "send data")
	h.Button("Limits, further paths, other ways to send a key")
	h.fill("/ready none\n/api GET: read, POST: write", "/ready none\n/probe GET: read, POST: ingest")
	h.fill("X-Agent-Key", "X-Things-Key")
	h.fill("Token", "Things")
	h.fill("api_key", "things_key")
	h.Tick("Pass the client’s Host on")
	h.Button("Save")
	require.Empty(t, h.Modals, h.Texts())
	require.Equal(t, http.StatusOK, h.ask(http.MethodPost, "/things/a"))
	require.Equal(t, http.StatusOK, h.ask(http.MethodGet, "/ready", "Accept", "*/*"), "open to all")
	require.Equal(t, http.StatusForbidden, h.ask(http.MethodGet, "/probe"), "which an agent may not read")
	require.Equal(t, http.StatusOK, h.ask(http.MethodPost, "/probe"))
	require.Equal(t, http.StatusOK, h.ask(http.MethodPost, "/things", "X-Things-Key", h.agent.Token))
	require.Equal(t, http.StatusOK, h.ask(http.MethodPost, "/things", "Authorization", "Things "+h.agent.Token))
	require.Equal(t, http.StatusOK, h.ask(http.MethodPost, "/things?things_key="+h.agent.Token, "Accept", "*/*"))

	made, err := h.API.Endpoint(t.Context(), "things")
	require.NoError(t, err)
	want := &api.EndpointSpec{
		Path: "/things", Require: "ingest", Upstream: h.upstream, PreserveHost: true, Query: "things_key",
		Headers: []string{"X-Things-Key"}, Schemes: []string{"Things"},
		Paths: []api.EndpointPath{
			{Path: "/ready", Require: "none"}, {Path: "/probe", Methods: map[string]string{"GET": "read", "POST": "ingest"}},
		},
	}
	want.Name = made.Spec.Name
	require.Equal(t, want, made.Spec)

	// What is only looked at stays as it is.
	h.Press(fyne.KeyEnd, fyne.KeyReturn)
	require.Equal(t, "things_key", h.FormInputs()["api_key"].Text, "it says something, so it is unfolded")
	h.Button("Save")
	require.Empty(t, h.Modals, h.Texts())
	same, err := h.API.Endpoint(t.Context(), "things")
	require.NoError(t, err)
	require.Equal(t, made.Spec, same.Spec)

	// Who would be refused is said first.
	require.Eventually(t, func() bool {
		checked, err := h.API.CheckEndpoint(t.Context(), api.EndpointChange{"name": "things", "require": "manage"})
		require.NoError(t, err)
		return len(checked.Affected) == 1
	}, servertest.Patience, 50*time.Millisecond, "the requests are written down")
	h.Press(fyne.KeyReturn)
	h.Choose("manage", "manage")
	h.fill("api_key", "")
	h.Button("Save")
	require.True(t, h.Shown("1 key that was let in over the last 7 days would be refused"), h.Texts())
	require.True(t, h.Shown("· edge, "), h.Texts())
	require.Equal(t, http.StatusOK, h.ask(http.MethodPost, "/things/a"), "nothing has changed yet")
	h.Button("Change anyway")
	require.Empty(t, h.Modals, h.Texts())
	require.Equal(t, http.StatusForbidden, h.ask(http.MethodPost, "/things/a"))
	changed, err := h.API.Endpoint(t.Context(), "things")
	require.NoError(t, err)
	want.Require, want.Query = "manage", ""
	require.Equal(t, want, changed.Spec)

	h.Button("Remove")
	h.Write("things")
	h.Button("Remove endpoint")
	require.Empty(t, h.Modals, h.Texts())
	require.False(t, h.Shown("/things"))
	require.Equal(t, http.StatusNotFound, h.ask(http.MethodPost, "/things/a"))
}

// TestAFormSaysWhatOthersHaveChangedMeanwhile is with a real server, where two change one endpoint.
func TestAFormSaysWhatOthersHaveChangedMeanwhile(t *testing.T) {
	h := openHouse(t)
	h.Button("Add endpoint")
	h.fill("loki", "things")
	h.fill("/loki", "/things")
	h.fill("http://127.0.0.1:3100", h.upstream)
	h.Button("Save")
	require.Empty(t, h.Modals, h.Texts())
	h.Press(fyne.KeyEnd, fyne.KeyReturn)
	h.fill("/loki", "/mine")
	_, err := h.API.UpdateEndpoint(t.Context(), "things", api.EndpointChange{"path": "/theirs", "require": "write"})
	require.NoError(t, err)
	h.Button("Save")
	require.True(t, h.Shown("Somebody else changed it while this form was open."), h.Texts())
	require.Contains(t, strings.Join(h.Texts(), " "), "or cancel and look. This is there now: Path: /theirs Cancel")
	now, err := h.API.Endpoint(t.Context(), "things")
	require.NoError(t, err)
	require.Equal(t, "/theirs", now.Spec.Path)
	h.Button("Save")
	require.Empty(t, h.Modals, h.Texts())
	now, err = h.API.Endpoint(t.Context(), "things")
	require.NoError(t, err)
	require.Equal(t, "/mine", now.Spec.Path)
	require.Equal(t, "write", now.Spec.Require, "which nobody changed here")

	h.Press(fyne.KeyEnd, fyne.KeyReturn)
	h.fill("/loki", "/again")
	require.NoError(t, h.API.DeleteEndpoint(t.Context(), "things"))
	h.Button("Save")
	require.True(t, h.Shown("Somebody else removed it while this form was open."), h.Texts())
	require.False(t, h.Shown("It is missing"), h.Texts())
}

// TestMistakesStandAtTheirFields has the server find them, before anything is made.
func TestMistakesStandAtTheirFields(t *testing.T) {
	h := openHouse(t)
	h.Button("Add endpoint")
	h.Button("Save")
	require.True(t, h.Shown("Give it a name."))
	h.fill("loki", "things")
	h.fill("/loki", "/docs/more")
	h.fill("http://127.0.0.1:3100", "http://10.0.0.1:3100")
	h.Choose("Header", "Header")
	h.fill("X-Scope-OrgID", "")
	h.Button("Limits, further paths, other ways to send a key")
	h.fill("GET: read, POST: write", "GET read write")
	h.fill("/ready none\n/api GET: read, POST: write", "ready none")
	h.Button("Save")
	for _, wrong := range []string{
		"Say what it is called, such as X-Scope-OrgID.", "Write it like GET: read, POST: write, each method once.", "“ready none” is not like",
	} {
		require.True(t, h.Shown(wrong), "%s in %s", wrong, h.Texts())
	}

	h.fill("X-Scope-OrgID", "X Scope")
	h.fill("GET: read, POST: write", "")
	h.fill("/ready none\n/api GET: read, POST: write", "/{a}/x read\n/x none")
	h.fill("X-Agent-Key", "X-Ostiary-Key")
	h.fill("Token", "basic")
	h.fill("api_key", "a b")
	h.Button("Save")
	checked, err := h.API.CheckEndpoint(t.Context(), api.EndpointChange{
		"name": "things", "path": "/docs/more", "require": "read", "upstream": "http://10.0.0.1:3100",
		"tenant": api.EndpointTenant{Header: "X Scope"}, "headers": []string{"X-Ostiary-Key"}, "schemes": []string{"basic"},
		"paths": []api.EndpointPath{{Path: "/{a}/x", Require: "read"}, {Path: "/x", Require: "none"}}, "query": "a b",
	})
	require.NoError(t, err)
	fields := map[string]bool{}
	for _, e := range checked.Errors {
		fields[e.Field] = true
		require.True(t, h.Shown(e.Detail), "%s: %s in %s", e.Field, e.Detail, h.Texts())
		require.False(t, h.Shown(e.Field+": "), "%s has a field: %s", e.Field, h.Texts())
	}
	require.Greater(t, len(fields), 4, checked.Errors)
	require.NotEmpty(t, h.Modals)
	_, err = h.API.Endpoint(t.Context(), "things")
	require.Equal(t, apikey.CodeNotFound, apikey.ErrorCode(err), "%v", err)
}

// TestWhatIsBehindIsAskedFirst says whether it answers, and whether it wants a login of its own.
func TestWhatIsBehindIsAskedFirst(t *testing.T) {
	h := openHouse(t)
	h.Button("Add endpoint")
	h.fill("loki", "things")
	h.fill("/loki", "/things")
	h.fill("http://127.0.0.1:3100", "http://127.0.0.1:1")
	h.Button("Save")
	require.True(t, h.Shown("The program behind it does not answer"), h.Texts())
	h.fill("http://127.0.0.1:3100", h.upstream+"/closed")
	h.Button("Change anyway")
	require.True(t, h.Shown("The program behind it wants a login of its own"), h.Texts())
	h.Button("Change anyway")
	require.Empty(t, h.Modals, h.Texts())
	require.True(t, h.Shown("/things"))
}

// TestAProgramOfAKind is picked from the list, and brings what is usual with it.
func TestAProgramOfAKind(t *testing.T) {
	h := openHouse(t)
	h.Button("Add endpoint")
	h.Choose("loki", "loki")
	form := h.FormInputs()
	require.Equal(t, []string{"loki", "/", "http://127.0.0.1:3100"},
		[]string{form["loki"].Text, form["/loki"].Text, form["http://127.0.0.1:3100"].Text})
	require.False(t, h.Shown("What a key must grant"), "the routes say it")
	h.Choose("loki", "prometheus")
	require.Equal(t, []string{"prometheus", "/", "http://127.0.0.1:9090"},
		[]string{form["loki"].Text, form["/loki"].Text, form["http://127.0.0.1:3100"].Text})
	h.fill("http://127.0.0.1:3100", h.upstream)
	h.fill("/loki", "/prom")
	h.Choose("loki", "mimir")
	require.Equal(t, []string{"mimir", "/prom", h.upstream},
		[]string{form["loki"].Text, form["/loki"].Text, form["http://127.0.0.1:3100"].Text}, "what was typed stays")
	h.Choose("Header", "Header")
	require.Equal(t, "X-Scope-OrgID", h.FormInputs()["X-Scope-OrgID"].Text)
	h.Button("Save")
	require.Empty(t, h.Modals, h.Texts())
	made, err := h.API.Endpoint(t.Context(), "mimir")
	require.NoError(t, err)
	require.Equal(t, "mimir", made.Kind)
	require.Equal(t, &api.EndpointTenant{Header: "X-Scope-OrgID"}, made.Tenant)
	require.Empty(t, made.Spec.Require)
}
