package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// quotingPages are the pages that quote files of deploy/.
var quotingPages = map[string][]string{
	"monitoring.md":  {"prometheus/prometheus.yml", "prometheus/ostiary.rules.yml"},
	"pyroscope.md":   {"pyroscope/ostiary.yaml"},
	"pmm.md":         {"nginx/pmm.conf", "pmm/ostiary.yaml"},
	"uptime-kuma.md": {"uptime-kuma/ostiary.yaml", "uptime-kuma/prometheus.yml"},
	"lightrun.md":    {"lightrun/ostiary.yaml", "lightrun/prometheus.yml"},
	"stackstate.md":  {"stackstate/ostiary.yaml"},

	"endpoints.md": {"endpoints/ostiary.yaml", "endpoints/things.yaml"},

	"loki.md":            {"loki/ostiary.yaml", "loki/promtail.yaml", "grafana/datasources.yaml"},
	"mimir.md":           {"mimir/ostiary.yaml", "mimir/prometheus.yml", "grafana/datasources.yaml"},
	"tempo.md":           {"tempo/ostiary.yaml", "tempo/collector.yaml", "grafana/datasources.yaml"},
	"prometheus.md":      {"prometheus/ostiary.yaml", "grafana/datasources.yaml"},
	"victoriametrics.md": {"victoriametrics/ostiary.yaml", "victoriametrics/prometheus.yml", "grafana/datasources.yaml"},
}

var fenced = regexp.MustCompile("(?s)\n```(?:yaml|nginx)\n(.*?\n)```\n")

// What the pages quote of deploy/ is in the file that they name, word for
// word, so that it is what the tests run.
func TestPagesQuoteWhatIsRun(t *testing.T) {
	for page, files := range quotingPages {
		text := document(t, "docs/"+page)
		blocks := fenced.FindAllStringSubmatch(text, -1)
		require.GreaterOrEqual(t, len(blocks), len(files), page)
		for i, file := range files {
			require.Contains(t, text, "[deploy/"+file+"](../deploy/"+file+")", page)
			require.Contains(t, document(t, "deploy/"+file), blocks[i][1], "%s quotes deploy/%s", page, file)
		}
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// Every link between the documents leads to a file, and to a heading of it.
func TestLinksLeadSomewhere(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	for _, page := range append(pages, "../../README.md", "../../CONTRIBUTING.md", "../../SECURITY.md") {
		content, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, found := range link.FindAllStringSubmatch(string(content), -1) {
			path, anchor, _ := strings.Cut(found[1], "#")
			if strings.Contains(path, ":") {
				continue // elsewhere
			}
			target := page
			if path != "" {
				target = filepath.Join(filepath.Dir(page), path)
			}
			if _, err := os.Stat(target); err != nil || anchor != "" && !slices.Contains(anchors(t, target), anchor) {
				t.Errorf("%s: nothing is at %s", page, found[1])
			}
		}
	}
}

// anchors returns what a document's headings are called in links.
func anchors(t testing.TB, page string) (out []string) {
	t.Helper()
	content, err := os.ReadFile(page)
	require.NoError(t, err)
	for _, h := range heading.FindAllStringSubmatch(string(content), -1) {
		plain := func(c rune) rune {
			switch {
			case c == ' ':
				return '-'
			case c == '-' || c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c):
				return unicode.ToLower(c)
			}
			return -1
		}
		out = append(out, strings.Map(plain, h[1]))
	}
	return out
}

// The lines of the pages do what their comments say when they are pasted.
func TestPagesDoWhatTheySay(t *testing.T) {
	t.Parallel()
	for page, house := range map[string]func(*testing.T) (s *server, gate string){
		"pyroscope.md": func(t *testing.T) (*server, string) {
			return serveDeployed(t, "pyroscope/ostiary.yaml", nil, "127.0.0.1:4041", newUpstream(t, pyroscope).host()), "http://127.0.0.1:4040"
		},
		"uptime-kuma.md": func(t *testing.T) (*server, string) {
			password := map[string]string{"kuma.pass": "s3cret-and-long\n"}
			return serveDeployed(t, "uptime-kuma/ostiary.yaml", password, "127.0.0.1:3001", newUpstream(t, kumaMetrics).host()), "http://127.0.0.1:3002"
		},
		"lightrun.md":   func(t *testing.T) (*server, string) { return newLightrun(t).server, "https://127.0.0.1:8443" },
		"stackstate.md": func(t *testing.T) (*server, string) { return newStackState(t, true).server, "https://127.0.0.1:8443" },
		"loki.md": func(t *testing.T) (*server, string) {
			loki := func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/push") {
					w.WriteHeader(http.StatusNoContent)
				}
			}
			return serveDeployed(t, "loki/ostiary.yaml", nil, "127.0.0.1:3101", newUpstream(t, loki).host()), "http://127.0.0.1:3100"
		},
		"prometheus.md": func(t *testing.T) (*server, string) {
			p := newPrometheus(t, "")
			return serveDeployed(t, "prometheus/ostiary.yaml", nil, "127.0.0.1:9091", strings.TrimPrefix(p.address, "http://")), "http://127.0.0.1:9090"
		},
		"victoriametrics.md": func(t *testing.T) (*server, string) {
			return serveDeployed(t, "victoriametrics/ostiary.yaml", nil, "127.0.0.1:8429", newVictoriaMetrics(t)), "http://127.0.0.1:8428"
		},
	} {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			s, gate := house(t)
			s.transcript(t, document(t, "docs/"+page), gate, s.gate)
		})
	}
}

var testName = regexp.MustCompile("`(pkg/[a-z0-9/]+) (Test[A-Za-z0-9]+)`|`(pkg/[a-z0-9/-]+\\.txtar)`")

// Every test that the table of compatibility names is there, and every row
// names one.
func TestCompatibilityNamesTestsThatExist(t *testing.T) {
	rows := 0
	for line := range strings.SplitSeq(document(t, "docs/compatibility.md"), "\n") {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| ---") || strings.HasPrefix(line, "| behaviour") {
			continue
		}
		rows++
		names := testName.FindAllStringSubmatch(line, -1)
		require.NotEmpty(t, names, "a row without a test: %s", line)
		for _, name := range names {
			if name[3] != "" {
				require.FileExists(t, filepath.Join("..", "..", name[3]))
				continue
			}
			require.True(t, defined(t, name[1], name[2]), "%s is not in %s", name[2], name[1])
		}
	}
	require.Greater(t, rows, 30)
}

// defined reports whether a test is in a package's directory.
func defined(t testing.TB, dir, test string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", dir, "*_test.go"))
	require.NoError(t, err)
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		if strings.Contains(string(content), "\nfunc "+test+"(t *testing.T)") {
			return true
		}
	}
	return false
}
