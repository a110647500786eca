//go:build walk

package walk

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

// server is a real server, and a client of it that looks over the shoulder.
type server struct {
	*statetest.Server
	api    *client.Client
	tokens map[string]string // of the keys of the pictures, by their names
}

func startServer(t testing.TB) *server {
	t.Helper()
	return startServerWith(t, nil)
}

// startServerWith starts a server with settings, as statetest takes them.
func startServerWith(t testing.TB, settings map[string]string) *server {
	t.Helper()
	s := &server{Server: statetest.Start(t, settings), tokens: map[string]string{}}
	var err error
	s.api, err = client.New(s.ManagementURL(), client.WithBearer(s.Admin))
	require.NoError(t, err)
	return s
}

// key waits until a key of a name is as it should be.
func (s *server) key(t testing.TB, name string, good func(*api.Key) bool) {
	t.Helper()
	require.Eventually(t, func() bool {
		k, err := s.named(t, name)
		return err == nil && good(k)
	}, patience, 50*time.Millisecond, name)
}

// named returns the key of a name.
func (s *server) named(t testing.TB, name string) (*api.Key, error) {
	t.Helper()
	list, err := s.api.Keys(t.Context(), client.KeyQuery{Search: name})
	if err != nil {
		return nil, err
	}
	for i := range list.Keys {
		if list.Keys[i].Name == name {
			return &list.Keys[i], nil
		}
	}
	return nil, nil //nolint:nilnil // no such key is an answer
}

// furnish makes the keys of the pictures.
func (s *server) furnish(t testing.TB) {
	t.Helper()
	for _, k := range []api.CreateKey{
		{Name: "backup-nightly", Role: "Editor", ExpiresIn: "5d", Description: "Copies the dashboards at night"},
		{Name: "edge-frankfurt", Role: "Agent", Pool: "edge", Endpoints: []string{"pyroscope"}, AllowedCIDRs: []string{"10.20.0.0/16"},
			Description: "Profiles of the edge in Frankfurt. Ask the platform team.", Labels: map[string]string{"team": "edge"}},
		{Name: "edge-singapore", Role: "Agent", Pool: "edge", Endpoints: []string{"pyroscope"}},
		{Name: "grafana-alloy", Role: "Agent", ExpiresIn: "30d"},
		{Name: "kuma-status", Role: "Viewer", ExpiresIn: "never", Endpoints: []string{"kuma"}},
		{Name: "pmm-clients", Role: "Agent", ExpiresIn: "365d"},
		{
			Name: "prometheus-eu", Role: "Viewer", Owner: "sre@example.org", Labels: map[string]string{"team": "sre", "env": "prod"},
			Tenants: []string{"team-a", "team-b"}, Limits: apikey.Limits{RequestsPerSecond: 50, Burst: 100, BytesPerDay: 20e9},
		},
		{Name: "terraform-ci", Role: "Admin", ExpiresIn: "12h"},
	} {
		issued, err := s.api.Create(t.Context(), k)
		require.NoError(t, err)
		s.tokens[k.Name] = issued.Token
		if k.Name == "prometheus-eu" {
			s.use(t, issued.Token, 40)
			for ago := 1; ago < 26; ago++ {
				at, count := time.Now().AddDate(0, 0, -ago), 30+int64(ago*ago%17)
				if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
					count /= 4
				}
				s.Used(t, issued.Key.ID, at, count)
			}
		}
	}
	off, on := false, true
	old, err := s.api.Create(t.Context(), api.CreateKey{Name: "legacy-collector", Role: "Agent", ExpiresIn: "never"})
	require.NoError(t, err)
	_, err = s.api.End(t.Context(), old.Key.ID, apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	paused, err := s.api.Create(t.Context(), api.CreateKey{Name: "load-test", Role: "Editor"})
	require.NoError(t, err)
	s.tokens["legacy-collector"], s.tokens["load-test"] = old.Token, paused.Token
	_, err = s.api.Update(t.Context(), paused.Key.ID, api.UpdateKey{Enabled: &off}, on)
	require.NoError(t, err)
}

// misuse sends the keys of the pictures from where, and to where, they may not be sent.
func (s *server) misuse(t testing.TB) {
	t.Helper()
	for name, times := range map[string]int{"edge-frankfurt": 6, "edge-singapore": 2, "load-test": 3, "legacy-collector": 9} {
		for range times {
			require.NotEqual(t, http.StatusOK, s.gate(t, s.tokens[name]), name)
		}
	}
}

// use sends requests through the gate.
func (s *server) use(t testing.TB, token string, n int) {
	t.Helper()
	for range n {
		require.Equal(t, http.StatusOK, s.gate(t, token))
	}
}

// gate asks the gate about a token.
func (s *server) gate(t testing.TB, token string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.GateURL()+"/auth", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

// toThePicture is how far down in the list the key is whose details the
// pictures show: prometheus-eu, which was used most.
const toThePicture = 9

func program(t testing.TB) string {
	t.Helper()
	path, err := filepath.Abs(os.Getenv("OSTIARY_DESKTOP"))
	require.NoError(t, err)
	require.FileExists(t, path, "set OSTIARY_DESKTOP to the built program")
	return path
}

// profile is a directory of settings for the program.
func profile(t testing.TB, p state.Preferences) []string {
	t.Helper()
	dir := t.TempDir()
	if p.Window.Width == 0 {
		p.Window = state.Window{Width: screenWidth, Height: screenHeight}
	}
	if p.Page == "" {
		p.Page = "keys"
	}
	data, err := json.Marshal(p)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "settings.json"), data, 0o600))
	return []string{"--config-dir", dir, "--data-dir", filepath.Join(dir, "data"), "--gate", "127.0.0.1:0"}
}

func TestAPersonWalksThroughTheProgram(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	srv.furnish(t)
	s := startScreen(t)
	s.run(program(t), profile(t, state.Preferences{Theme: "dark", Language: "en"})...)
	s.painted()
	s.do("mousemove", "1279", "799")
	s.picture("welcome")

	// Connect.
	s.press("Return")
	s.write("Production")
	s.press("Tab")
	s.write(srv.ManagementURL())
	s.press("Tab", "Tab")
	s.write(srv.Admin)
	s.picture("connection")
	s.press("Return")
	s.until(func() bool { return !s.asks() }, "the connection is saved")
	s.settled()

	// Create, copy and save.
	s.opens("ctrl+n")
	s.write("walk")
	s.press("Tab")
	s.write("Made by the walk")
	s.picture("create")
	s.opens("Return")
	srv.key(t, "walk", func(k *api.Key) bool {
		return k != nil && k.Description == "Made by the walk" && string(k.State) == "active"
	})
	s.press("Return")
	token := s.clipboard()
	require.Regexp(t, `^ost_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$`, token)
	require.Equal(t, http.StatusOK, srv.gate(t, token))
	s.picture("token") // the key is gone when the test ends, and its server with it
	file := filepath.Join(t.TempDir(), "walk.key")
	s.press("Tab", "ctrl+a")
	s.write(file)
	s.press("Tab", "Tab", "space")
	require.Eventually(t, func() bool { _, err := os.Stat(file); return err == nil }, patience, 50*time.Millisecond)
	saved, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, token+"\n", string(saved))
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	s.opens("Escape")

	// Disable and enable.
	s.press("ctrl+f")
	s.write("walk")
	time.Sleep(700 * time.Millisecond) // the search waits for more letters
	s.settled()
	s.press("Return", "Home")
	s.settled()
	s.press("d")
	srv.key(t, "walk", func(k *api.Key) bool { return k != nil && !k.Enabled })
	require.Equal(t, http.StatusUnauthorized, srv.gate(t, token))
	s.settled() // the window knows it too, or the key would do nothing
	s.press("d")
	srv.key(t, "walk", func(k *api.Key) bool { return k != nil && k.Enabled })

	// Rotate. The old token keeps working for a day.
	s.opens("r")
	s.picture("rotate")
	s.press("Tab", "Tab", "Tab")
	s.opens("Return")
	srv.key(t, "walk", func(k *api.Key) bool { return k != nil && len(k.Tokens) == 2 })
	require.Equal(t, http.StatusOK, srv.gate(t, token))
	s.press("Escape")
	s.picture("not-copied")
	s.press("Tab") // from what keeps it open
	s.opens("Return")

	// Revoke the key, then delete it.
	s.press("Home")
	s.settled()
	s.opens("v")
	s.write("walk")
	s.opens("Return")
	srv.key(t, "walk", func(k *api.Key) bool { return k != nil && k.RevokedAt != nil })
	s.press("Home")
	s.opens("Delete")
	s.write("walk")
	s.picture("delete")
	s.opens("Return")
	srv.key(t, "walk", func(k *api.Key) bool { return k == nil })

	// Look around.
	s.press("ctrl+f", "Escape")
	time.Sleep(700 * time.Millisecond) // the search waits for more letters
	s.settled()
	s.press("Return", "Home")
	s.press(slices.Repeat([]string{"Down"}, toThePicture)...)
	if os.Getenv("OSTIARY_PICTURES") != "" {
		time.Sleep(14 * time.Second) // until the messages have gone
	}
	s.picture("keys-dark")
	s.do("keydown", "shift", "key", "Down", "key", "Down", "keyup", "shift")
	s.picture("several")
	s.press("Escape", "ctrl+4")
	s.picture("audit")
	require.Equal(t, http.StatusUnauthorized, srv.gate(t, token), "which is refused, and seen to be")
	s.press("ctrl+1")
	s.picture("walk-overview")
	before := s.settled()
	s.press("ctrl+5")
	s.until(func() bool { return different(before, s.look()) > 20_000 }, "the refused requests are shown")
	s.press("Down")
	s.picture("walk-refused")
	s.press("ctrl+6", "Down")
	s.picture("walk-endpoints")
	s.opens("ctrl+t")
	s.picture("check")
	s.press("Escape", "ctrl+7")
	s.picture("notices")
	s.opens("ctrl+i")
	s.picture("import")
	s.press("Escape")
	s.opens("ctrl+k")
	s.picture("switch")
	s.press("Escape")
	s.press("ctrl+2")
	s.settled()
	s.opens("question")
	s.picture("shortcuts")
	s.press("Escape")
}

// TestPictures keeps the looks that the walk does not come by.
func TestPictures(t *testing.T) {
	if os.Getenv("OSTIARY_PICTURES") == "" {
		t.Skip("these are for the manual: set OSTIARY_PICTURES to the directory that they go to")
	}
	srv := startServerWith(t, map[string]string{"CONFIG": gated(t)})
	srv.furnish(t)
	srv.protect(t)
	srv.misuse(t)
	refuse(t, srv)
	for _, tt := range []struct {
		name     string
		prefs    state.Preferences
		scale    string
		arrive   func(*screen)
		keys     int
		noServer bool
	}{
		{name: "keys-light", prefs: state.Preferences{Theme: "light", Language: "en"}, arrive: func(s *screen) {
			s.press("Home")
			s.press(slices.Repeat([]string{"Down"}, toThePicture)...)
		}},
		{name: "limits", prefs: state.Preferences{Theme: "light", Language: "en"}, arrive: func(s *screen) {
			s.press("Home")
			s.press(slices.Repeat([]string{"Down"}, toThePicture)...)
			s.opens("e")
			s.do("mousemove", "350", "500", "click", "--repeat", "40", "--delay", "30", "5")
		}},
		{name: "overview", prefs: state.Preferences{Theme: "dark", Language: "en", Page: "overview"}, arrive: func(*screen) {}},
		{name: "refused", prefs: state.Preferences{Theme: "light", Language: "en", Page: "refused"}, arrive: func(s *screen) {
			s.do("mousemove", "450", "185", "click", "1") // the first line
		}},
		{name: "endpoints", prefs: state.Preferences{Theme: "dark", Language: "en", Page: "endpoints"}, arrive: func(s *screen) {
			s.do("mousemove", "450", "220", "click", "1") // the third
		}},
		{name: "endpoint-form", prefs: state.Preferences{Theme: "light", Language: "en", Page: "endpoints"},
			arrive: func(s *screen) {
				s.do("mousemove", "450", "220", "click", "1")
				s.rest()
				s.opens("Return")
			}},
		{name: "german", prefs: state.Preferences{Theme: "dark", Language: "de"}, arrive: func(s *screen) {
			s.press("Home", "Down")
			s.settled()
			s.opens("ctrl+n")
		}},
		{name: "settings-german", prefs: state.Preferences{Theme: "light", Language: "de"}, arrive: func(s *screen) { s.press("ctrl+comma") }},
		{name: "scaled", prefs: state.Preferences{Theme: "dark", Language: "en"}, scale: "2", arrive: func(s *screen) { s.press("Home", "Down") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := startScreen(t)
			if tt.scale != "" {
				s.env = append(s.env, "FYNE_SCALE="+tt.scale)
				tt.prefs.Window = state.Window{Width: screenWidth / 2, Height: screenHeight / 2}
			}
			open(t, s, srv, tt.prefs)
			time.Sleep(20 * time.Second) // until the messages have gone
			tt.arrive(s)
			s.do("mousemove", "1279", "799")
			s.picture(tt.name)
		})
	}
	t.Run("this computer", func(t *testing.T) {
		s := startScreen(t)
		s.run(program(t), profile(t, state.Preferences{Theme: "light", Language: "en", Last: state.LocalID})...)
		time.Sleep(3 * time.Second)
		s.do("mousemove", "1279", "799")
		s.picture("empty")
	})
	t.Run("error", func(t *testing.T) {
		s := startScreen(t)
		c := state.Connection{ID: "a", Name: "Production", Address: "http://127.0.0.1:9", Way: state.WayKey, Trust: state.TrustSystem}
		s.run(program(t), profile(t, state.Preferences{Theme: "dark", Language: "en", Connections: []state.Connection{c}, Last: "a"})...)
		time.Sleep(2 * time.Second)
		s.write(srv.Admin)
		s.press("Return")
		time.Sleep(time.Second)
		s.do("mousemove", "1279", "799")
		s.picture("error")
	})
	t.Run("many", func(t *testing.T) {
		srv.Fill(t, 10_000, "sensor")
		s := startScreen(t)
		open(t, s, srv, state.Preferences{Theme: "dark", Language: "en"})
		time.Sleep(13 * time.Second)
		s.press("Home")
		for range 25 { // each End leads to the last key that was read, and has more read
			s.press("End")
		}
		s.do("mousemove", "1279", "799")
		s.picture("many")
	})
}

// gated writes the configuration of a server that keeps endpoints in its store, next to those of the file.
func gated(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ostiary.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`gate:
  endpoints_in_store: true
  upstreams: [127.0.0.1]
  endpoints:
    - {name: pyroscope, path: /pyroscope, require: ingest, upstream: "http://127.0.0.1:4040"}
    - {name: kuma, path: /kuma, require: read, upstream: "http://127.0.0.1:3001"}
`), 0o600))
	return file
}

// protect makes endpoints in the server's store.
func (s *server) protect(t testing.TB) {
	t.Helper()
	for _, e := range []api.EndpointSpec{
		{Name: "loki", Kind: "loki", Path: "/logs", Upstream: "http://127.0.0.1:3100",
			Tenant: &api.EndpointTenant{Header: "X-Scope-OrgID"}, OnExpired: &api.EndpointOnExpired{Hold: 7200}},
		{Name: "mimir", Kind: "mimir", Path: "/metrics", Upstream: "http://127.0.0.1:9009",
			Tenant: &api.EndpointTenant{Header: "X-Scope-OrgID"}, LimitPerKey: apikey.Limits{RequestsPerSecond: 50}},
	} {
		_, err := s.api.CreateEndpoint(t.Context(), e)
		require.NoError(t, err)
	}
}

// open starts the program with a connection, and signs in.
func open(t testing.TB, s *screen, srv *server, p state.Preferences) *exec.Cmd {
	t.Helper()
	return openAt(t, s, srv, srv.ManagementURL(), p)
}

// openAt is open with another address of the server.
func openAt(t testing.TB, s *screen, srv *server, address string, p state.Preferences) *exec.Cmd {
	t.Helper()
	p.Connections = []state.Connection{{ID: "a", Name: "Production", Address: address, Way: state.WayKey, Trust: state.TrustSystem}}
	p.Last = "a"
	cmd := s.run(program(t), profile(t, p)...)
	s.painted()
	s.until(s.asks, "the program asks for the secret")
	s.write(srv.Admin)
	s.press("Return")
	s.until(func() bool { return !s.asks() }, "the program takes the secret")
	s.settled()
	return cmd
}
