package e2e

import (
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/origin/origintest"
)

// TestPyroscopeImport takes over the keys of a Pyroscope with the line of the
// page: they read, push and manage as they did. A line that chose too little
// says so, and is put right by another.
func TestPyroscopeImport(t *testing.T) {
	t.Parallel()
	up := newUpstream(t, nil)
	s := serveDeployed(t, "pyroscope/ostiary.yaml", nil, "127.0.0.1:4041", up.host())
	database := filepath.Join(t.TempDir(), "pyroscope.sqlite3") // as Pyroscope calls it, in its storage-path
	tokens := origintest.Pyroscope(database, origintest.Key{Name: "reader", Role: "ReadOnly"}, origintest.Key{Name: "agent", Role: "Agent"}, origintest.Key{Name: "admin", Role: "Admin"})
	line := regexp.MustCompile(`(?m)^ostiary import --from pyroscope \S+ (.*) --yes$`).FindStringSubmatch(document(t, "docs/import.md"))
	require.NotNil(t, line)
	config := []string{"--config", filepath.Join(s.dir, "ostiary.yaml")}

	out := s.imported("pyroscope", database, append(config, "--endpoint", "profiles")...)
	require.Contains(t, out, "opens nothing: no endpoint that it is for takes the role Viewer")
	require.Equal(t, 3, strings.Count(out, "opens nothing"))
	out = s.imported("pyroscope", database, append(config, strings.Fields(line[1])...)...)
	require.Contains(t, out, "Took over no keys, changed 3 keys, skipped no keys.")
	require.NotContains(t, out, "opens nothing")
	require.NotContains(t, out, "has no endpoint")

	allowed := map[string][]bool{ // reader, agent, admin
		"/ingest?name=a.cpu": {false, true, true}, "/pyroscope/ingest": {false, true, true}, "/push.v1.PusherService/Push": {false, true, true},
		"/render?query=a.cpu": {true, false, true}, "/pyroscope/render": {true, false, true}, "/querier.v1.QuerierService/SelectMergeStacktraces": {true, false, true},
		"/api/apps": {true, false, true}, "/": {true, false, true}, "/api/annotations": {false, false, true}, "/config": {false, false, true}, "/debug/pprof/": {false, false, true},
	}
	require.Eventually(t, func() bool { return status(t, s.gate+"/render", tokens[0]) == "200" }, 10*time.Second, 20*time.Millisecond, "the server sees what another process wrote")
	for uri, who := range allowed {
		for i, may := range who {
			want := http.StatusForbidden
			if may {
				want = http.StatusOK
			}
			method := http.MethodGet
			if strings.Contains(uri, "ingest") || strings.Contains(uri, ".v1.") || uri == "/api/annotations" {
				method = http.MethodPost
			}
			req, err := http.NewRequest(method, s.gate+uri, nil)
			require.NoError(t, err)
			req.Header.Set("Authorization", "Bearer "+tokens[i])
			resp, err := http.DefaultClient.Do(req)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, want, resp.StatusCode, "%s with key %d", uri, i)
		}
	}
}
