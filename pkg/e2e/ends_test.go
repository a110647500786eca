package e2e

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// TestAnExpiredKeyThatIsStillSent asks the whole server: what its sender gets,
// what the key says of it, and what is counted.
func TestAnExpiredKeyThatIsStillSent(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "ostiary.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`gate:
  endpoints:
    - {name: holding, path: /hold, require: ingest, on_expired: {hold: 2h}}
    - {name: letting, path: /grace, require: ingest, on_expired: {grace: 72h}}
`), 0o600))
	s := serve(t, dir, "--config", file)
	c := s.client(s.adminKey())
	issued, err := c.Create(t.Context(), api.CreateKey{Name: "edge", Role: "Agent", ExpiresIn: "1s"})
	require.NoError(t, err)
	ask := func(path string) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.gate+"/auth"+path, nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+issued.Token)
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		return res
	}
	require.Eventually(t, func() bool { return ask("/hold").StatusCode == http.StatusServiceUnavailable }, servertest.Patience, 50*time.Millisecond)
	res := ask("/grace")
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.Contains(t, res.Header.Get("X-Ostiary-Warning"), "The API key expired at ")

	var k *api.Key
	require.Eventually(t, func() bool {
		k, err = c.Key(t.Context(), issued.Key.ID)
		return err == nil && k.LastHeldAt != nil && k.LastGraceAt != nil
	}, servertest.Patience, 50*time.Millisecond)
	require.Equal(t, "expired", string(k.State))
	require.True(t, k.LastHeldAt.After(*k.ExpiresAt))
	shown, errs, exit := s.command(t, "key", "get", "edge")
	require.Zero(t, exit, errs)
	require.Regexp(t, `Last held +.*\(20`, shown)
	require.Regexp(t, `Last grace +.*\(20`, shown)
	out, err := http.Get(s.management + "/metrics")
	require.NoError(t, err)
	defer out.Body.Close()
	text, err := io.ReadAll(out.Body)
	require.NoError(t, err)
	require.Contains(t, string(text), `ostiary_verifications_total{code="grace",endpoint="letting"} 1`)
	require.Regexp(t, `ostiary_verifications_total\{code="held",endpoint="holding"\} [1-9]`, string(text))
	require.Contains(t, s.log.String(), "an expired key was let in")
	require.NotContains(t, s.log.String(), issued.Token)
}
