package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// curl runs the real one and returns the status, the header and the body of
// the answer.
func curl(t testing.TB, args ...string) (status, header, body string) {
	t.Helper()
	out, err := exec.Command("curl", append([]string{"-sS", "-i", "--max-time", "10"}, args...)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	header, body, _ = strings.Cut(string(out), "\r\n\r\n")
	return strings.Fields(header)[1], header, body
}

// command runs ostiary against the server, with the first Admin key.
func (s *server) command(t testing.TB, args ...string) (stdout, stderr string, exit int) {
	t.Helper()
	cmd := ostiary(append(args, "--url", s.management)...)
	cmd.Env = append(cmd.Env, "OSTIARY_API_KEY="+s.adminKey(), "XDG_CONFIG_HOME="+s.dir)
	var out, errs servertest.Output
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run()
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// The two lines of the PMM handbook, and the form with an empty user, against
// a gate with a certificate of its own; then the answers that a client gets as its key
// goes through life.
func TestTheMainJob(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/version" || r.Header.Get("Authorization") != "" {
			http.NotFound(w, r)
			return
		}
		_, _ = fmt.Fprintf(w, `{"version":"2.41.2","for":%q,"role":%q}`, r.Header.Get("X-Ostiary-Key-Name"), r.Header.Get("X-Ostiary-Role"))
	}))
	defer upstream.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "ostiary.yaml")
	require.NoError(t, os.WriteFile(config, []byte(fmt.Sprintf(`
gate:
  tls: {self_signed: true}
  endpoints:
    - {name: version, path: /v1, require: read, upstream: %q}
`, upstream.URL)), 0o600))
	s := serve(t, dir, "--config", config)
	require.Contains(t, s.out.String(), "certificate SHA-256 ")
	gate, err := url.Parse(s.gate)
	require.NoError(t, err)

	key, errs, exit := s.command(t, "key", "create", "--name", "pmm", "--role", "Viewer", "-o", "token")
	require.Zero(t, exit, errs)
	key = strings.TrimSpace(key)

	bearer := []string{"-k", "-H", "Authorization: Bearer " + key, s.gate + "/v1/version"}
	for _, args := range [][]string{
		bearer,
		{"-k", "https://api_key:" + key + "@localhost:" + gate.Port() + "/v1/version"},
		{"-k", "-u", ":" + key, s.gate + "/v1/version"},
		{"-k", "-H", "X-API-Key: " + key, s.gate + "/v1/version"},
	} {
		status, _, body := curl(t, args...)
		require.Equal(t, "200", status)
		require.JSONEq(t, `{"version":"2.41.2","for":"pmm","role":"Viewer"}`, body)
	}

	refused := func(want, code string, args ...string) {
		t.Helper()
		status, header, body := curl(t, args...)
		require.Equal(t, want, status, body)
		var p api.Problem
		require.NoError(t, json.Unmarshal([]byte(body), &p), body)
		require.Equal(t, code, string(p.Code))
		require.NotEmpty(t, p.Detail)
		if want == "401" {
			require.Contains(t, strings.ToLower(header), `www-authenticate: bearer realm="ostiary", charset="utf-8"`)
			require.Contains(t, strings.ToLower(header), `www-authenticate: basic realm="ostiary", charset="utf-8"`)
		}
	}
	refused("401", "missing_credentials", "-k", s.gate+"/v1/version")
	refused("401", "invalid_token", "-k", "-u", ":wrong", s.gate+"/v1/version")
	refused("400", "invalid_request", "-k", "-H", "Authorization: Bearer "+key, "-H", "X-API-Key: other", s.gate+"/v1/version")
	refused("403", "forbidden", "-k", "-H", "Authorization: Bearer "+key, s.gate+"/auth?require=ingest")

	for _, step := range []struct{ args, status, code string }{
		{"key update pmm --disable", "401", "disabled"},
		{"key update pmm --enable", "200", ""},
		{"key revoke pmm --yes", "401", "revoked"},
		{"key delete pmm --yes", "401", "invalid_token"},
	} {
		_, errs, exit := s.command(t, strings.Fields(step.args)...)
		require.Zero(t, exit, errs)
		if step.code == "" {
			status, _, _ := curl(t, bearer...)
			require.Equal(t, step.status, status, step.args)
			continue
		}
		refused(step.status, step.code, bearer...)
	}
	status, _, _ := curl(t, "-k", s.gate+"/api/plugins/ostiary-apikeys-app/resources/v1/keys", "-H", "Authorization: Bearer "+s.adminKey())
	require.Equal(t, "404", status, "management is never reachable through the gate")
	s.stop()
}

// What a graceful end must not lose: uses that were not written yet.
func TestAStopFlushesUsage(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir)
	issued, err := s.client(s.adminKey()).Create(t.Context(), api.CreateKey{Name: "k", Role: "Viewer"})
	require.NoError(t, err)
	for range 25 {
		status, _, _ := curl(t, "-H", "Authorization: Bearer "+issued.Token, s.gate+"/auth?require=read")
		require.Equal(t, "200", status)
	}
	s.stop()
	s = serve(t, dir)
	k, err := s.client(s.adminKey()).Key(t.Context(), issued.Key.ID)
	require.NoError(t, err)
	require.EqualValues(t, 25, k.UseCount)
	require.Equal(t, "127.0.0.1", k.LastUsedFrom)
	require.NotNil(t, k.LastUsedAt)
}

// Two servers on one file: what one revokes, the other denies.
func TestAnotherProcessDeniesWhatThisOneRevokes(t *testing.T) {
	dir := t.TempDir()
	a := serve(t, dir)
	b := serve(t, dir, "--bootstrap-key-file", filepath.Join(dir, "none"))
	require.NoFileExists(t, filepath.Join(dir, "none"), "only the first start makes an Admin key")
	c := a.client(a.adminKey())
	for i := range 20 {
		issued, err := c.Create(t.Context(), api.CreateKey{Name: fmt.Sprint(i), Role: "Viewer"})
		require.NoError(t, err)
		ask := func(want int) func() bool {
			return func() bool { return auth(t, b.gate, issued.Token) == want }
		}
		require.Eventually(t, ask(200), servertest.Patience, time.Millisecond)
		_, err = c.End(t.Context(), issued.Key.ID, apikey.End{How: apikey.Revoke})
		require.NoError(t, err)
		require.Equal(t, 401, auth(t, a.gate, issued.Token), "in this process from the next request on")
		require.Eventually(t, ask(401), servertest.Patience, time.Millisecond)
	}
}

func auth(t testing.TB, gate, token string) int {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, gate+"/auth", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	return resp.StatusCode
}

func TestTheLastAdminKeyAndWhoLostIt(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir)
	first := s.adminKey()
	id := first[4:16]
	for _, args := range []string{"key revoke " + id + " --yes", "key update " + id + " --disable", "key delete " + id + " --yes"} {
		_, errs, exit := s.command(t, strings.Fields(args)...)
		require.Equal(t, 1, exit)
		require.Contains(t, errs, "last usable Admin key")
		require.Contains(t, errs, "--force")
	}
	_, errs, exit := s.command(t, "key", "revoke", id, "--yes", "--force")
	require.Zero(t, exit, errs)
	_, errs, exit = s.command(t, "key", "list")
	require.Equal(t, 4, exit)
	require.Contains(t, errs, "revoked")
	s.stop()

	s = serve(t, dir)
	require.Equal(t, first, s.adminKey(), "a start makes no second key by itself")
	s.stop()
	s = serve(t, dir, "--reset-admin")
	require.NotEqual(t, first, s.adminKey())
	out, errs, exit := s.command(t, "key", "list")
	require.Zero(t, exit, errs)
	require.Contains(t, out, "revoked")
}

func TestAMissingPepperStopsTheStart(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir)
	s.stop()
	pepper := filepath.Join(dir, "data", "pepper")
	content, err := os.ReadFile(pepper)
	require.NoError(t, err)
	require.NoError(t, os.Remove(pepper))
	cmd := ostiary("serve", "--data-dir", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0", "--gate.listen", "127.0.0.1:0")
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Equal(t, 1, cmd.ProcessState.ExitCode())
	require.Contains(t, string(out), "Put the file back from your backup")
	require.NoFileExists(t, pepper)
	require.NoError(t, os.WriteFile(pepper, content, 0o600))
	s = serve(t, dir)
	require.Equal(t, "200", status(t, s.gate+"/auth", s.adminKey()))
}

func status(t testing.TB, address, token string) string {
	t.Helper()
	s, _, _ := curl(t, "-H", "Authorization: Bearer "+token, address)
	return s
}
