package e2e

import (
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/servertest"
)

var (
	exported   = regexp.MustCompile(`(?m)^# TYPE (ostiary_\w+) (\w+)$`)
	documented = regexp.MustCompile("(?m)^\\| `(ostiary_\\w+)` \\| (\\w+)")
)

// TestMonitoring has a real Prometheus scrape a server and evaluate the rules
// of deploy/prometheus, and holds docs/monitoring.md against what is served.
func TestMonitoring(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "ostiary.yaml")
	require.NoError(t, os.WriteFile(config, []byte("audit: {to: [{file: audit.jsonl}]}\n"), 0o600))
	s := serve(t, dir, "--config", config, "--metrics.by-key")
	token, errs, exit := s.command(t, "key", "create", "--name", "soon", "--owner", "sre@example.com", "--expires-in", "1h",
		"--role", "Viewer", "--limit", "requestsPerDay=4", "-o", "token")
	require.Zero(t, exit, errs)
	token = strings.TrimSpace(token)
	for range 4 {
		require.Equal(t, "200", status(t, s.gate+"/auth?require=read", token))
	}
	asked := time.Now() // refusals go on, so that their rate is seen
	keepAsking := func() {
		if time.Since(asked) > 200*time.Millisecond {
			asked = time.Now()
			require.Equal(t, "403", status(t, s.gate+"/auth?require=manage", token))
		}
	}
	require.Len(t, get(t, s.management+"/healthz"), len("ok\n"))

	served := exported.FindAllStringSubmatch(string(get(t, s.management+"/metrics")), -1)
	page := documented.FindAllStringSubmatch(document(t, "docs/monitoring.md"), -1)
	require.ElementsMatch(t, names(served), names(page), "metrics and their types")

	rules := filepath.Join(t.TempDir(), "ostiary.rules.yml")
	require.NoError(t, os.WriteFile(rules, []byte(servertest.Deployed(t, "prometheus/ostiary.rules.yml")), 0o600))
	p := newPrometheus(t, "global: {scrape_interval: 200ms, evaluation_interval: 200ms}\n"+
		servertest.Deployed(t, "prometheus/prometheus.yml", "ostiary.rules.yml", rules, "127.0.0.1:7171", strings.TrimPrefix(s.management, "http://")))
	p.requireHealth(t, "up", "", "ostiary")
	var answer struct {
		Data struct {
			Groups []struct {
				Rules []struct {
					Name, State, Health, LastError string
					Alerts                         []struct{ Annotations struct{ Summary string } }
				}
			}
		}
	}
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		require.Less(t, time.Since(began), time.Minute, "the rules are not evaluated: %+v", answer)
		require.NoError(t, json.Unmarshal(get(t, p.address+"/api/v1/rules"), &answer))
		require.Len(t, answer.Data.Groups, 2)
		keepAsking()
		rules, evaluated, firing := 0, 0, map[string]string{}
		for _, group := range answer.Data.Groups {
			for _, r := range group.Rules {
				require.Empty(t, r.LastError, r.Name)
				rules++
				if r.Health == "ok" {
					evaluated++
				}
				if r.State == "firing" {
					require.Len(t, r.Alerts, 1, r.Name)
					firing[r.Name] = r.Alerts[0].Annotations.Summary
				}
			}
		}
		if evaluated < rules || len(firing) < 4 {
			continue
		}
		require.Len(t, firing, 4)
		require.Contains(t, firing, "OstiaryKeyExpires")
		require.Regexp(t, `^The key soon of sre@example\.com expires in \d+m`, firing["OstiaryKeyEnds"])
		require.Regexp(t, `^forbidden: the key soon of sre@example\.com is still sent`, firing["OstiaryKeyRefused"])
		require.Equal(t, "The key soon of sre@example.com has used 100% of its requestsPerDay.", firing["OstiaryKeyNearLimit"])
		break
	}
	for _, name := range []string{"ostiary", "keys"} {
		t.Run("dashboard "+name, func(t *testing.T) { requireDashboard(t, p, "../../src/dashboards/"+name+".json") })
	}
}

// TestAlertsAboutTheTrail has promtool evaluate the rules of deploy/prometheus when targets fall behind.
func TestAlertsAboutTheTrail(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rules := servertest.Deployed(t, "prometheus/ostiary.rules.yml")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ostiary.rules.yml"), []byte(rules), 0o600))
	file := filepath.Join(dir, "test.yml")
	require.NoError(t, os.WriteFile(file, []byte(`rule_files: [ostiary.rules.yml]
tests:
  - interval: 1m
    input_series:
      - {series: 'ostiary_audit_target_lag_seconds{instance="a",target="syslog:tcp://log:6514"}', values: "0 240 330 0"}
      - {series: 'ostiary_audit_target_lag_seconds{instance="b",target="syslog:tcp://log:6514"}', values: "0 241 331 0"}
      - {series: 'ostiary_audit_target_lag_seconds{instance="a",target="file:audit.jsonl"}', values: "0 0 0 0"}
    alert_rule_test:
      - {eval_time: 1m, alertname: OstiaryAuditBehind}
      - eval_time: 2m
        alertname: OstiaryAuditBehind
        exp_alerts:
          - exp_labels: {target: "syslog:tcp://log:6514"}
            exp_annotations: {summary: "syslog:tcp://log:6514 lacks entries of the audit trail for 5m 31s; the server's log says why."}
      - {eval_time: 3m, alertname: OstiaryAuditBehind}
`), 0o600))
	out, err := exec.Command(servertest.Tool(t, "promtool"), "test", "rules", file).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// requireDashboard has a Prometheus answer all that a dashboard asks for.
func requireDashboard(t *testing.T, p *prometheus, file string) {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(content, &dashboard))
	require.NotEmpty(t, dashboard.Panels)
	for _, panel := range dashboard.Panels {
		require.NotEmpty(t, panel.Targets, panel.Title)
		for _, target := range panel.Targets {
			expr := regexp.MustCompile(`"\$\w+"`).ReplaceAllString(strings.ReplaceAll(target.Expr, "$__rate_interval", "1m"), `".*"`)
			var answer struct {
				Status string
				Data   struct{ Result []json.RawMessage }
			}
			require.NoError(t, json.Unmarshal(get(t, p.address+"/api/v1/query?query="+url.QueryEscape(expr)), &answer))
			require.Equal(t, "success", answer.Status, panel.Title)
			if !strings.Contains(panel.Title, "tenant") { // there are none
				require.NotEmpty(t, answer.Data.Result, panel.Title)
			}
		}
	}
}

// names joins what the groups of an expression have found.
func names(found [][]string) (out []string) {
	for _, f := range found {
		out = append(out, f[1]+" "+f[2])
	}
	return out
}
