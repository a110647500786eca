package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
	s := serve(t, t.TempDir())
	_, errs, exit := s.command(t, "key", "create", "--name", "soon", "--expires-in", "1h")
	require.Zero(t, exit, errs)
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
				Rules []struct{ Name, State, Health, LastError string }
			}
		}
	}
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		require.Less(t, time.Since(began), time.Minute, "the rules are not evaluated: %+v", answer)
		require.NoError(t, json.Unmarshal(get(t, p.address+"/api/v1/rules"), &answer))
		require.Len(t, answer.Data.Groups, 1)
		evaluated, firing := 0, []string{}
		for _, r := range answer.Data.Groups[0].Rules {
			require.Empty(t, r.LastError, r.Name)
			if r.Health == "ok" {
				evaluated++
			}
			if r.State == "firing" {
				firing = append(firing, r.Name)
			}
		}
		if evaluated == len(answer.Data.Groups[0].Rules) && slices.Equal(firing, []string{"OstiaryKeyExpires"}) {
			return
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
