package plugin_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/plugintest"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// users are who may sign in to the Grafana of the tests, by token.
var users = map[string]plugintest.User{
	"glsa_admin":   {Login: "admin", Role: "Admin", OrgID: 1},
	"glsa_editor":  {Login: "editor", Role: "Editor", OrgID: 1},
	"glsa_viewer":  {Login: "viewer", Role: "Viewer", OrgID: 1},
	"glsa_nothing": {Login: "sa-1-nothing", Role: "None", OrgID: 1},
	"glsa_other":   {Login: "admin", Role: "Admin", OrgID: 2},
}

// start starts the real plugin with a gate on a free port.
func start(t *testing.T, change ...func(*plugintest.Options)) *plugintest.Host {
	t.Helper()
	opts := plugintest.Options{Users: users, Settings: map[string]string{"gate_listen": "127.0.0.1:0"}}
	for _, c := range change {
		c(&opts)
	}
	return plugintest.New(t, opts)
}

// with sets a setting of the plugin in grafana.ini.
func with(key, value string) func(*plugintest.Options) {
	return func(o *plugintest.Options) { o.Settings[key] = value }
}

// reply is an answer that has been read.
type reply struct {
	*http.Response
	body string
}

// request makes a request to the resource API, as user.
func request(t testing.TB, h *plugintest.Host, user, method, target, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, h.URL()+api.BasePath+target, strings.NewReader(body))
	require.NoError(t, err)
	if user != "" {
		r.Header.Set("Authorization", "Bearer glsa_"+user)
	}
	return r
}

func send(t testing.TB, r *http.Request) reply {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return reply{resp, string(body)}
}

func do(t testing.TB, h *plugintest.Host, user, method, target, body string) reply {
	t.Helper()
	return send(t, request(t, h, user, method, target, body))
}

func create(t testing.TB, h *plugintest.Host, user, body string) api.IssuedKey {
	t.Helper()
	r := do(t, h, user, http.MethodPost, "/v1/keys", body)
	require.Equal(t, http.StatusCreated, r.StatusCode, r.body)
	return decode[api.IssuedKey](t, r.body)
}

func decode[T any](t testing.TB, text string) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal([]byte(text), &v), text)
	return v
}

// health asks the plugin how it is, as an Admin, and returns the details with the message.
func health(t testing.TB, h *plugintest.Host) (status, message string, details api.Health) {
	t.Helper()
	result, err := h.CheckHealth(t.Context(), h.Context(1, &plugintest.User{Login: "admin", Role: "Admin"}))
	require.NoError(t, err)
	return result.Status.String(), result.Message, decode[api.Health](t, string(result.JSONDetails))
}

// gateURL is where the plugin's gate listens.
func gateURL(t testing.TB, h *plugintest.Host) string {
	t.Helper()
	_, message, details := health(t, h)
	require.NotEmpty(t, details.Gate.Listen, message)
	return details.Gate.Listen
}

// metric is the value of a series of the plugin's metrics.
func metric(t testing.TB, h *plugintest.Host, series string) float64 {
	t.Helper()
	text, err := h.CollectMetrics(t.Context())
	require.NoError(t, err)
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, series+" "); ok {
			var v float64
			_, err := fmt.Sscan(rest, &v)
			require.NoError(t, err)
			return v
		}
	}
	require.Failf(t, "no such series", "%s in\n%s", series, text)
	return 0
}

// freeAddress is one of this machine at which nobody listens.
func freeAddress(t testing.TB) string {
	t.Helper()
	return "127.0.0.1:" + servertest.FreePort(t)
}

func write(t testing.TB, file, content string) string {
	t.Helper()
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	return file
}

// eventually waits for something that takes a moment.
func eventually(t testing.TB, condition func() bool, what string) {
	t.Helper()
	require.Eventually(t, condition, servertest.Patience, 50*time.Millisecond, what)
}
