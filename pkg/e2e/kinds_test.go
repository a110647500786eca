package e2e

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/kinds"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// program is a real one behind the gate.
type program struct {
	kind    string
	tool    string
	rare    bool   // no package manager has it
	version string // as the package manager says, or the program itself
	config  string // of a rare one; HOST and DIR in it are its own, and PORT is another port
	args    func(host, dir string) []string
	unknown string // what it says of a path that it does not know, with 404 or without
	spared  []string
}

var programs = []program{
	{
		kind: "prometheus", tool: "prometheus",
		args: func(host, dir string) []string {
			return []string{
				"--config.file=" + filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path=" + filepath.Join(dir, "data"),
				"--web.listen-address=" + host, "--web.enable-remote-write-receiver", "--web.enable-admin-api", "--web.enable-lifecycle",
			}
		},
		// Which would end it; which are there in other modes; the pages of React, which Debian leaves out.
		spared: []string{"/-/quit", "/agent", "/starting", "/alerts", "/rules", "/status", "/tsdb-status", "/targets", "/service-discovery", "/config",
			"/flags", "/favicon.ico", "/manifest.json"},
	},
	{
		kind: "victoriametrics", tool: "victoria-metrics",
		args: func(host, dir string) []string {
			return []string{
				"-httpListenAddr=" + host, "-storageDataPath=" + filepath.Join(dir, "data"), "-promscrape.config=" + filepath.Join(dir, "prometheus.yml"),
			}
		},
		unknown: "unsupported path requested",
		spared:  []string{"/api/put", "/opentsdb/api/put"}, // which have a port of their own
	},
	{
		kind: "alertmanager", tool: "prometheus-alertmanager",
		args: func(host, dir string) []string {
			return []string{
				"--config.file=" + filepath.Join(dir, "alertmanager.yml"), "--storage.path=" + filepath.Join(dir, "data"),
				"--web.listen-address=" + host, "--cluster.listen-address=",
			}
		},
		// The pages, which Debian leaves out, and what is there in no Alertmanager on its own.
		spared: []string{"/favicon.ico", "/script.js", "/api/v1/status/buildinfo"},
	},
	lokiProgram,
	mimirProgram,
	cortexProgram,
	tempoProgram,
	pyroscopeProgram,
}

func (p *program) start(t *testing.T) (host string) {
	t.Helper()
	host = "127.0.0.1:" + servertest.FreePort(t)
	dir := t.TempDir()
	if p.rare {
		p.startRare(t, host, dir)
		return host
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte("scrape_configs: []\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "alertmanager.yml"),
		[]byte("route: {receiver: none}\nreceivers: [{name: none}]\n"), 0o600))
	tool := servertest.Tool(t, p.tool)
	servertest.Start(t, host, append([]string{tool}, p.args(host, dir)...)...)
	out, err := exec.Command("dpkg-query", "--showformat=${Version}", "--show", p.tool).Output()
	require.NoError(t, err)
	p.version = string(out)
	return host
}

// TestKindsOfRealPrograms asks a real Prometheus and a real VictoriaMetrics
// through the gate for every route of their tables, with every role.
func TestKindsOfRealPrograms(t *testing.T) {
	t.Parallel()
	for _, p := range programs {
		t.Run(p.kind, func(t *testing.T) {
			t.Parallel()
			host := p.start(t)
			dir := t.TempDir()
			config := filepath.Join(dir, "ostiary.yaml")
			require.NoError(t, os.WriteFile(config, []byte("gate:\n  listen: 127.0.0.1:0\n  endpoints:\n"+
				"    - {name: it, kind: "+p.kind+", path: /it, upstream: \"http://"+host+"\""+p.tenant()+"}\n"), 0o600))
			s := serve(t, dir, "--config", config)
			tokens := map[apikey.Role]string{}
			for _, role := range []apikey.Role{apikey.RoleAdmin, apikey.RoleEditor, apikey.RoleViewer, apikey.RoleAgent} {
				tokens[role] = s.tenantKey("an "+role.String(), role.String(), "team-a")
			}
			served, refused, absent := 0, 0, 0
			for _, route := range kinds.Find(p.kind).Routes {
				if slices.Contains(p.spared, route.Pattern) {
					continue
				}
				address := s.gate + "/it" + sampleOf(route.Pattern)
				for method := range strings.FieldsSeq(strings.ReplaceAll(route.Methods, kinds.AnyMethod, "POST")) {
					for role, token := range tokens {
						status, code, body := askAs(t, method, address, token)
						if !role.Grants(route.Takes) {
							require.Equal(t, http.StatusForbidden, status, "%s %s as %s", method, route.Pattern, role)
							require.Equal(t, "forbidden", code)
							refused++
							continue
						}
						require.NotContains(t, []string{"forbidden", "no_endpoint", "method_not_allowed"}, code, "%s %s as %s", method, route.Pattern, role)
						if role != apikey.RoleAdmin || strings.HasSuffix(route.Pattern, kinds.Rest) {
							continue
						}
						if !isIn(p.version, route.In) {
							absent++
							continue
						}
						if !p.knows(status, body) {
							t.Errorf("%s %s is no route of %s %s: %d %s", method, route.Pattern, p.kind, p.version, status, body)
						}
						served++
					}
				}
			}
			t.Logf("%s %s: %d requests to its routes served, %d refused by role, %d routes of other versions", p.kind, p.version, served, refused, absent)
			for _, unknown := range []string{"/unknown", "/api/v1", "/api/v1/query/", "/API/v1/query", "/debug", "/metrics/"} {
				status, code, _ := askAs(t, http.MethodGet, s.gate+"/it"+unknown, tokens[apikey.RoleAdmin])
				require.Equal(t, []any{http.StatusNotFound, "no_endpoint"}, []any{status, code}, unknown)
			}
		})
	}
}

// knows reports whether an answer is one of a route that the program has.
func (p *program) knows(status int, body string) bool {
	if strings.Contains(body, "Only POST") { // which is how it says what the route is for
		return true
	}
	unknown := p.unknown != "" && strings.Contains(body, p.unknown)
	if p.rare { // which say with 404 too that there is no such thing
		return !unknown && status != http.StatusMethodNotAllowed
	}
	return !unknown && status != http.StatusNotFound && status != http.StatusMethodNotAllowed
}

// sampleOf is a path that a pattern has.
func sampleOf(pattern string) string {
	pattern = strings.Replace(pattern, kinds.Rest, "/some/thing", 1)
	return regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(pattern, "some_name")
}

// askAs asks with a key, with a body that no writer sends.
func askAs(t *testing.T, method, address, token string) (status int, code, body string) {
	t.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(url.Values{"match[]": {"none"}, "query": {"1"}}.Encode()))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	require.NoError(t, err, "%s %s", method, address)
	content, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode, resp.Header.Get("X-Ostiary-Code"), string(content)
}

var versionRange = regexp.MustCompile(`^(?:(from|until|after) )?(\d+\.\d+)(?: to (\d+\.\d+))?$`)

// isIn reports whether a version is among those that a route is in: "from 1.2",
// "1.2 to 1.4", "until 1.4", "after 1.4", or "1.2"; all if nothing is said.
func isIn(version, in string) bool {
	if in == "" {
		return true
	}
	m := versionRange.FindStringSubmatch(in)
	v := minor(version)
	switch {
	case m[1] == "from":
		return v >= minor(m[2])
	case m[1] == "until":
		return v <= minor(m[2])
	case m[1] == "after":
		return v > minor(m[2])
	case m[3] != "":
		return minor(m[2]) <= v && v <= minor(m[3])
	}
	return v == minor(m[2])
}

// minor puts the first two numbers of a version into one.
func minor(version string) int {
	m := regexp.MustCompile(`(\d+)\.(\d+)`).FindStringSubmatch(version)
	a, _ := strconv.Atoi(m[1])
	b, _ := strconv.Atoi(m[2])
	return a*10_000 + b
}

// The tables say in one form which versions have a route.
func TestVersionsOfRoutesAreReadable(t *testing.T) {
	for _, kind := range kinds.All() {
		for _, route := range kind.Routes {
			require.True(t, route.In == "" || versionRange.MatchString(route.In), "%s %s: %q", kind.Name, route.Pattern, route.In)
		}
	}
}
