package e2e

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
)

// serveTogether starts servers on one PostgreSQL store. All have the pepper of
// the first, as they must.
func serveTogether(t *testing.T, n int, address string, args ...string) []*server {
	t.Helper()
	args = append([]string{"--store", address}, args...)
	servers := []*server{serve(t, t.TempDir(), args...)}
	pepper, err := os.ReadFile(filepath.Join(servers[0].dir, "data", "pepper"))
	require.NoError(t, err)
	for range n - 1 {
		dir := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(dir, "data"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "data", "pepper"), pepper, 0o600))
		servers = append(servers, serve(t, dir, args...))
	}
	return servers
}

// ask sends a request and returns status, header and body; status 0 is no
// answer.
func ask(method, url, token, body string) (status int, header http.Header, text string) {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return 0, nil, err.Error()
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err.Error()
	}
	defer resp.Body.Close()
	content, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, string(content)
}

func askGate(s *server, token string) int {
	status, _, _ := ask(http.MethodGet, s.gate+"/auth?require=read", token, "")
	return status
}

// TestSeveralServersOnOneStore revokes a key through one of three servers.
func TestSeveralServersOnOneStore(t *testing.T) {
	pg, err := pgtest.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pg.Remove()) })
	servers := serveTogether(t, 3, pg.URL("postgres"))
	for round := range 10 {
		at := servers[round%3]
		issued, err := at.client(servers[0].adminKey()).Create(t.Context(), api.CreateKey{Name: "edge " + time.Now().String(), Role: "Viewer"})
		require.NoError(t, err)
		for _, s := range servers {
			require.Eventually(t, func() bool { return askGate(s, issued.Token) == http.StatusOK }, servertest.Patience, time.Millisecond)
		}
		_, err = at.client(servers[0].adminKey()).End(t.Context(), issued.Key.ID, apikey.End{How: apikey.Revoke})
		require.NoError(t, err)
		require.Equal(t, http.StatusUnauthorized, askGate(at, issued.Token), "at once where it was revoked")
		for _, s := range servers {
			require.Eventually(t, func() bool { return askGate(s, issued.Token) == http.StatusUnauthorized }, servertest.Patience, time.Millisecond)
		}
	}
}

// TestUsageOfSeveralGates uses one key at three gates, one of which is killed.
func TestUsageOfSeveralGates(t *testing.T) {
	const perGate = 200
	pg, err := pgtest.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pg.Remove()) })
	servers := serveTogether(t, 3, pg.URL("postgres"))
	admin := servers[0].client(servers[0].adminKey())
	issued, err := admin.Create(t.Context(), api.CreateKey{Name: "shared", Role: "Viewer"})
	require.NoError(t, err)
	used := func() int64 {
		k, err := admin.Key(t.Context(), issued.Key.ID)
		require.NoError(t, err)
		return k.UseCount
	}
	for _, s := range servers {
		require.Eventually(t, func() bool { return askGate(s, issued.Token) == http.StatusOK }, servertest.Patience, time.Millisecond)
		for range perGate - 1 {
			require.Equal(t, http.StatusOK, askGate(s, issued.Token))
		}
	}
	require.Eventually(t, func() bool { return used() == 3*perGate }, servertest.Patience, 20*time.Millisecond, "all are counted within a second or two")

	for range perGate {
		require.Equal(t, http.StatusOK, askGate(servers[2], issued.Token))
	}
	servers[2].kill()
	require.Equal(t, http.StatusOK, askGate(servers[1], issued.Token))
	require.Eventually(t, func() bool { return used() > 3*perGate }, servertest.Patience, 20*time.Millisecond)
	require.LessOrEqual(t, used(), int64(4*perGate+1))
	k, err := admin.Key(t.Context(), issued.Key.ID)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1", k.LastUsedFrom)
	require.WithinDuration(t, time.Now(), *k.LastUsedAt, time.Hour)
}

// TestPastMaxStaleness takes the store away for longer than the gate may
// decide without it.
func TestPastMaxStaleness(t *testing.T) {
	t.Parallel()
	pg, err := pgtest.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pg.Remove()) })
	s := serve(t, t.TempDir(), "--store", pg.URL("postgres"), "--max-staleness", "10s")
	key := s.token("reader", "Viewer")
	require.Equal(t, http.StatusOK, askGate(s, key))
	require.NoError(t, pg.Kill())
	for range 100 {
		require.Equal(t, http.StatusOK, askGate(s, key), "the store is down, and the gate decides from memory")
	}
	status, header, body := ask(http.MethodPost, s.management+api.BasePath+"/v1/keys", s.adminKey(), `{"name":"now","role":"Viewer"}`)
	require.Equal(t, http.StatusServiceUnavailable, status, body)
	require.NotEmpty(t, header.Get("Retry-After"))

	require.Eventually(t, func() bool { return askGate(s, key) == http.StatusServiceUnavailable }, servertest.Patience, 20*time.Millisecond)
	get := func(path string) (int, string) {
		status, _, body := ask(http.MethodGet, s.management+path, "", "")
		return status, body
	}
	status, body = get("/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, body, "not been reachable for too long")
	_, body = get("/metrics")
	require.Contains(t, body, "ostiary_gate_open 0")
	require.Eventually(t, func() bool { return strings.Contains(s.log.String(), "the gate is closed") }, servertest.Patience, 20*time.Millisecond)

	require.NoError(t, pg.Run())
	require.Eventually(t, func() bool { return askGate(s, key) == http.StatusOK }, servertest.Patience, 20*time.Millisecond)
	status, _, body = ask(http.MethodGet, s.management+api.BasePath+"/v1/health", s.adminKey(), "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, `"status":"ok"`)
	_, body = get("/metrics")
	require.Contains(t, body, "ostiary_gate_open 1")
	require.Eventually(t, func() bool { return strings.Contains(s.log.String(), "the gate is open again") }, servertest.Patience, 20*time.Millisecond)
}
