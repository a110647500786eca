package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// What operators see: metrics that promtool finds no fault with, probes, and
// one line for each request that was denied.
func TestMetricsProbesAndLog(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "ostiary.yaml")
	require.NoError(t, os.WriteFile(config, []byte("gate: {endpoints: [{name: metrics, path: /metrics, require: read}]}\nlog: {format: json}\n"), 0o600))
	s := serve(t, dir, "--config", config)
	c := s.client(s.adminKey())
	expires := time.Now().Add(48 * time.Hour).UTC().Truncate(time.Second)
	issued, err := c.Create(t.Context(), api.CreateKey{Name: "scraper", Role: "Viewer", ExpiresAt: api.Expiry(expires.Format(time.RFC3339))})
	require.NoError(t, err)

	for range 3 {
		require.Equal(t, "200", status(t, s.gate+"/auth?endpoint=metrics", issued.Token))
	}
	require.Equal(t, "403", status(t, s.gate+"/auth?endpoint=metrics&require=manage", issued.Token))
	require.Equal(t, "401", status(t, s.gate+"/auth?endpoint=nobody-knows-it", "wrong"))
	_, err = c.End(t.Context(), issued.Key.ID, apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	require.Equal(t, "401", status(t, s.gate+"/auth?endpoint=metrics", issued.Token))

	metrics := string(get(t, s.management+"/metrics"))
	for _, line := range []string{
		`ostiary_verifications_total{code="valid",endpoint="metrics"} 3`,
		`ostiary_verifications_total{code="forbidden",endpoint="metrics"} 1`,
		`ostiary_verifications_total{code="revoked",endpoint="metrics"} 1`,
		`ostiary_verifications_total{code="invalid_token",endpoint=""} 1`,
		`ostiary_keys{state="active"} 1`,
		`ostiary_keys{state="revoked"} 1`,
		`ostiary_replica_ready 1`,
		`ostiary_store_errors_total 0`,
	} {
		require.Contains(t, metrics, line+"\n")
	}
	require.Regexp(t, `ostiary_decision_seconds_count [1-9]`, metrics)
	require.Regexp(t, `ostiary_replica_lag_seconds [0-9.e-]+\n`, metrics)
	require.NotContains(t, metrics, "nobody-knows-it", "clients cannot make new series")
	require.NotContains(t, metrics, "ostiary_earliest_expiry_timestamp_seconds ", "no active key expires")

	lint := exec.Command("promtool", "check", "metrics")
	lint.Stdin = strings.NewReader(regexp.MustCompile(`(?m)^(# (HELP|TYPE) )?(go|process)_.*\n`).ReplaceAllString(metrics, ""))
	out, err := lint.CombinedOutput()
	require.NoError(t, err, "%s", out)

	_, err = c.Create(t.Context(), api.CreateKey{Name: "next", Role: "Viewer", ExpiresAt: api.Expiry(expires.Format(time.RFC3339))})
	require.NoError(t, err)
	metrics = string(get(t, s.management+"/metrics"))
	require.Contains(t, metrics, fmt.Sprintf("ostiary_earliest_expiry_timestamp_seconds %v\n", float64(expires.Unix())))

	dashboard, err := os.ReadFile("../../src/dashboards/ostiary.json")
	require.NoError(t, err)
	for _, name := range regexp.MustCompile(`ostiary_[a-z_]+`).FindAllString(string(dashboard), -1) {
		require.Contains(t, metrics, "\n"+name, "the plugin's dashboard asks for it")
	}

	for _, probe := range []string{"/healthz", "/readyz"} {
		got, _, _ := curl(t, s.management+probe)
		require.Equal(t, "200", got)
	}
	s.stop()
	var denied []string
	for line := range strings.SplitSeq(s.log.String(), "\n") {
		if strings.Contains(line, `"msg":"request denied"`) {
			denied = append(denied, line)
		}
	}
	require.Len(t, denied, 3, "one line for each")
	require.Contains(t, denied[0], `"code":"forbidden"`)
	require.Contains(t, denied[0], issued.Key.ID)
	require.Contains(t, denied[1], `"code":"invalid_token"`)
	require.Contains(t, denied[2], `"code":"revoked"`)
	require.Contains(t, denied[2], issued.Key.ID)
}

// A token that comes in a flood of wrong ones from the same address is let in.
func TestAGoodKeyAmongWrongOnes(t *testing.T) {
	s := serve(t, t.TempDir(), "--failures.burst", "20", "--failures.per-second", "1")
	counts := map[string]int{}
	for range 30 {
		got, header, _ := curl(t, "-H", "Authorization: Bearer ost_wrong", s.gate+"/auth")
		counts[got]++
		if got == "429" {
			require.Regexp(t, `(?i)retry-after: [1-9]`, header)
		}
		require.Equal(t, "200", status(t, s.gate+"/auth", s.adminKey()))
	}
	require.GreaterOrEqual(t, counts["401"], 20)
	require.Positive(t, counts["429"])
	require.Len(t, counts, 2)
	got, _, _ := curl(t, "-H", "Authorization: Bearer ost_wrong", "-H", "X-Forwarded-For: 203.0.113.9", s.gate+"/auth")
	require.Equal(t, "429", got, "nobody gets a new address by writing one")
}

// Junk sent to management fills no disk.
func TestJunkWritesALittleLog(t *testing.T) {
	s := serve(t, t.TempDir())
	before := len(s.log.String())
	junk := "/" + strings.Repeat("junk%20", 3000)
	for i := range 500 {
		for _, path := range []string{junk, "/api/plugins/ostiary-apikeys-app/resources/v1/keys" + junk, "/api/auth/keys" + junk}[i%3 : i%3+1] {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.management+path, nil)
			require.NoError(t, err)
			req.Header.Set("Authorization", "Bearer wrong"+strings.Repeat("w", 5000))
			res, err := http.DefaultClient.Do(req)
			require.NoError(t, err)
			_, _ = io.Copy(io.Discard, res.Body)
			require.NoError(t, res.Body.Close())
		}
	}
	require.Less(t, len(s.log.String())-before, 300_000)
	lines := strings.Count(s.log.String(), `"management request denied"`)
	require.Positive(t, lines)
	if lines < 500 { // on a machine that is too busy for so many a second, each has its line
		require.Eventually(t, func() bool { return strings.Contains(s.log.String(), "were left out of the log") },
			servertest.Patience, 10*time.Millisecond)
	}
}
