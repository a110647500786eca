package state

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// upstream lies behind a gate: it takes everything, and notes it.
type upstream struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string
}

func startUpstream(t *testing.T) *upstream {
	t.Helper()
	u := &upstream{}
	u.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.seen = append(u.seen, r.Method+" "+r.URL.Path)
	}))
	t.Cleanup(u.Close)
	return u
}

func (u *upstream) last() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]string{""}, u.seen...)[len(u.seen)]
}

// startGate starts a server whose gate protects something of every sort.
func startGate(t *testing.T, to *upstream, settings map[string]string) *server {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ostiary.yaml")
	require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(`gate:
  endpoints:
    - {name: metrics, path: /metrics, require: read, upstream: "UPSTREAM"}
    - {name: traces, path: /v1/traces, require: ingest, upstream: "UPSTREAM"}
    - {name: profiles, path: /ingest, require: ingest, upstream: "UPSTREAM"}
    - {name: loki, path: /loki, kind: loki, upstream: "UPSTREAM"}
    - {name: mimir, path: /mimir, kind: mimir, upstream: "UPSTREAM"}
    - {name: presses, path: /presses, require: ingest, pool: presses}
    - {name: dashboards, path: /dashboards, require: write}
    - {name: console, path: /console, require: manage}
    - {name: open, path: /open, require: none}
`, "UPSTREAM", to.URL)), 0o600))
	settings["CONFIG"] = file
	return startServer(t, settings)
}

var curls = []SnippetID{SnippetBearer, SnippetBasic}

func with(more ...SnippetID) []SnippetID {
	return append(append(slices.Clone(curls), more...), SnippetEnvironment)
}

// after is with something that comes first.
func after(first SnippetID, more ...SnippetID) []SnippetID {
	return append([]SnippetID{first}, with(more...)...)
}

// TestEverySnippetWorks runs whatever is offered for a new key, for every role
// and whatever the key is limited to, at a real gate.
func TestEverySnippetWorks(t *testing.T) {
	for _, gate := range []struct {
		name      string
		certified bool
		settings  map[string]string
	}{
		{"in the open", false, map[string]string{}},
		{"behind a self-made certificate", true, map[string]string{"GATE_TLS_SELF_SIGNED": "true"}},
		{"at every address", false, map[string]string{"GATE_LISTEN": "0.0.0.0:0"}},
	} {
		t.Run(gate.name, func(t *testing.T) {
			to := startUpstream(t)
			s := startGate(t, to, gate.settings).connect(t)
			for i, tt := range everyBinding() {
				tt.key.Name = fmt.Sprintf("key-%d", i)
				t.Run(tt.name(), func(t *testing.T) {
					issued, err := s.Create(t.Context(), tt.key)
					require.NoError(t, err)
					list, err := s.Gate(t.Context())
					require.NoError(t, err)
					use := Use{Token: shown(t, issued.Token), Key: issued.Key, Gate: list.Gate, Endpoints: list.Endpoints}
					_, opens := use.ProvenAt()
					require.Equal(t, len(tt.offered) > 1, opens)
					want := slices.Clone(tt.offered)
					if gate.certified {
						want = append(want, SnippetCertificate)
					}
					tryAll(t, use, want, to)
				})
			}
		})
	}
}

// binding is a key, and what is offered for it.
type binding struct {
	key     api.CreateKey
	offered []SnippetID
}

func (b binding) name() string {
	return b.key.Role + " of " + strings.Join(append(slices.Clone(b.key.Endpoints), b.key.AllowedCIDRs...), ", ")
}

// everyBinding is every role without a limit, and with each endpoint as its
// only one.
func everyBinding() (all []binding) {
	reads := with(SnippetPrometheus, SnippetTelegraf)
	profiles, traces := with(SnippetAlloy, SnippetPyroscope), with(SnippetAlloy, SnippetCollector)
	logs := after(SnippetPush, SnippetAlloy, SnippetCollector, SnippetPromtail, SnippetTelegraf, SnippetVector)
	metrics := []SnippetID{SnippetAlloy, SnippetRemoteWrite, SnippetCollector, SnippetTelegraf, SnippetVector}
	query := after(SnippetQuery)
	queryAll := after(SnippetQuery, SnippetPrometheus, SnippetTelegraf)
	opens := map[string]map[string][]SnippetID{
		"": {
			"Admin": after(SnippetPush, SnippetAlloy, SnippetPrometheus, SnippetRemoteWrite, SnippetCollector,
				SnippetPromtail, SnippetTelegraf, SnippetVector, SnippetPyroscope),
			"Editor": queryAll, "Viewer": queryAll,
			"Agent": after(SnippetPush, SnippetAlloy, SnippetRemoteWrite, SnippetCollector, SnippetPromtail, SnippetTelegraf,
				SnippetVector, SnippetPyroscope),
		},
		"metrics":      {"Admin": reads, "Editor": reads, "Viewer": reads},
		"traces":       {"Admin": traces, "Agent": traces},
		"profiles":     {"Admin": profiles, "Agent": profiles},
		"loki":         {"Admin": logs, "Editor": query, "Viewer": query, "Agent": logs},
		"mimir":        {"Admin": after(SnippetQuery, metrics...), "Editor": query, "Viewer": query, "Agent": with(metrics...)},
		"presses":      {}, // for its pool alone
		"dashboards":   {"Admin": with(), "Editor": with()},
		"console":      {"Admin": with()},
		"open":         {"Admin": with(), "Editor": with(), "Viewer": with(), "Agent": with()},
		"behind-nginx": {"Admin": with(), "Editor": with(), "Viewer": with(), "Agent": with()}, // that a proxy knows
	}
	for endpoint, byRole := range opens {
		for _, role := range apikey.Roles() {
			offered := byRole[role.String()]
			if offered == nil {
				offered = []SnippetID{SnippetEnvironment}
			}
			k := api.CreateKey{Role: role.String()}
			if endpoint != "" {
				k.Endpoints = []string{endpoint}
			}
			all = append(all, binding{k, offered})
		}
	}
	return append(all,
		binding{api.CreateKey{Role: "Agent", Pool: "presses", Endpoints: []string{"presses"}}, with()},
		binding{api.CreateKey{Role: "Viewer", Endpoints: []string{"traces", "metrics"}}, reads},
		binding{api.CreateKey{Role: "Viewer", AllowedCIDRs: []string{"127.0.0.0/8"}}, queryAll},
	)
}

// tryAll runs what is offered in a directory that holds the certificate, if
// one is needed.
func tryAll(t *testing.T, use Use, want []SnippetID, to *upstream) {
	t.Helper()
	dir := t.TempDir()
	var offered []SnippetID
	for _, s := range use.Snippets() {
		offered = append(offered, s.ID)
		if s.ID == SnippetCertificate {
			require.NoError(t, os.WriteFile(filepath.Join(dir, CertificateFile), []byte(s.Text), 0o600))
		}
	}
	require.Equal(t, want, offered)
	for _, s := range use.Snippets() {
		tryOne(t, dir, use.Token, s, to)
	}
}

// tryOne does with a piece what it is for. What is set up for another program
// goes by curl, as that program would send it.
func tryOne(t *testing.T, dir, token string, s Snippet, to *upstream) {
	t.Helper()
	setting := func(form string) string {
		return append(regexp.MustCompile(form).FindStringSubmatch(s.Text), "", "")[1]
	}
	trusting := func(file string) string {
		if file == "" {
			return "curl"
		}
		return "curl --cacert " + file
	}
	const status = " -s -o answer -w '%{http_code}'"
	sends := func(file, token, method, address string) {
		t.Helper()
		line := fmt.Sprintf("%s -X %s -H 'Authorization: Bearer %s' '%s'", trusting(file), method, token, address)
		require.Equal(t, "200", shell(t, dir, line+status), s.Text)
		at, err := url.Parse(address)
		require.NoError(t, err)
		behind := regexp.MustCompile(`^/(loki|mimir)(/)`).ReplaceAllString(at.Path, "$2") // a kind's routes begin there
		require.Equal(t, method+" "+behind, to.last())
	}
	switch s.ID {
	case SnippetBearer, SnippetBasic, SnippetPush, SnippetQuery:
		require.Equal(t, "200", shell(t, dir, s.Text+status), s.Text)
	case SnippetEnvironment:
		require.Equal(t, token, shell(t, dir, s.Text+`; printf %s "$OSTIARY_API_KEY"`))
	case SnippetPrometheus:
		checkPrometheus(t, dir, s.Text)
		sends(setting(`ca_file: (\S+)`), setting(`credentials: (\S+)`), "GET",
			setting(`scheme: (\S+)`)+"://"+setting(`targets: \['(.*)'\]`)+setting(`metrics_path: "(\S+)"`))
		require.Equal(t, "GET /metrics", to.last())
	case SnippetRemoteWrite:
		checkPrometheus(t, dir, s.Text)
		sends(setting(`ca_file: (\S+)`), setting(`credentials: (\S+)`), "POST", setting(`url: "(\S+)"`))
	case SnippetCollector:
		for _, e := range regexp.MustCompile(`endpoint: "(\S+)"`).FindAllStringSubmatch(s.Text, -1) {
			sends(setting(`ca_file: (\S+)`), setting(`token: (\S+)`), "POST", e[1]+"/v1/"+signalOf(t, s.Text, e[1]))
		}
	case SnippetAlloy:
		for _, e := range regexp.MustCompile(`url += "(\S+/push)"`).FindAllStringSubmatch(s.Text, -1) {
			sends(setting(`ca_file = "(\S+)"`), setting(`bearer_token = "(\S+)"`), "POST", e[1])
		}
	case SnippetPromtail:
		sends(setting(`ca_file: (\S+)`), setting(`bearer_token: (\S+)`), "POST", setting(`url: "(\S+)"`))
	case SnippetVector:
		if address := setting(`endpoint: "(\S+/push)"`); address != "" {
			sends(setting(`ca_file: (\S+)`), setting(`token: (\S+)`), "POST", address)
		}
	case SnippetTelegraf:
		require.Contains(t, s.Text, "[[outputs.", "it does not start without")
		if address := setting(`urls = \["(\S+)"\]`); address != "" {
			sends(setting(`tls_ca = "(\S+)"`), setting(`bearer_token_string = "(\S+)"`), "GET", address)
		}
		if address := setting(`\n  url = "(\S+)"`); address != "" {
			sends(setting(`tls_ca = "(\S+)"`), setting(`"Bearer (\S+)"`), "POST", address)
		}
	case SnippetPyroscope:
		line := fmt.Sprintf("%s -u '%s:%s' --data '' %s/ingest", trusting(setting(`SSL_CERT_FILE=(\S+)`)),
			setting(`User: +"(.*)"`), setting(`Password: +"(.*)"`), setting(`Address: +"(.*)"`))
		require.Equal(t, "200", shell(t, dir, line+status), s.Text)
		require.Equal(t, "POST /ingest", to.last())
	}
}

// signalOf is what a Collector sends first to an address.
func signalOf(t *testing.T, text, address string) string {
	t.Helper()
	var c struct {
		Exporters map[string]struct{ Endpoint string }
		Service   struct {
			Pipelines map[string]struct{ Receivers, Exporters []string }
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(text), &c))
	for _, signal := range signals {
		for _, name := range c.Service.Pipelines[signal].Exporters {
			if c.Exporters[name].Endpoint == address {
				return signal
			}
		}
	}
	require.Fail(t, "no pipeline", "%s in %s", address, text)
	return ""
}

// checkPrometheus has Prometheus itself read its part, where it is installed.
func checkPrometheus(t *testing.T, dir, text string) {
	t.Helper()
	if _, err := exec.LookPath("promtool"); err != nil {
		return
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte(text), 0o600))
	shell(t, dir, "promtool check config prometheus.yml")
}

// shell runs a line in a directory, and returns what it says.
func shell(t *testing.T, dir, line string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", line, out)
	return string(out)
}

func TestTheGateIsReachedByTheHostOfItsServer(t *testing.T) {
	for _, tt := range []struct {
		gate   api.GateAddress
		server string
		want   string
	}{
		{api.GateAddress{URL: "http://127.0.0.1:7172"}, "https://grafana.example.org/graph", "http://127.0.0.1:7172"},
		{api.GateAddress{URL: "https://gate.example.org/keys/"}, "https://grafana.example.org", "https://gate.example.org/keys"},
		{api.GateAddress{URL: "http://127.0.0.1:7172", AnyAddress: true}, "https://grafana.example.org:3000/graph", "http://grafana.example.org:7172"},
		{api.GateAddress{URL: "https://127.0.0.1:443", AnyAddress: true}, "https://grafana.example.org", "https://grafana.example.org"},
		{api.GateAddress{URL: "http://127.0.0.1:7172", AnyAddress: true}, "http://[2001:db8::7]:3000", "http://[2001:db8::7]:7172"},
		{api.GateAddress{URL: "https://127.0.0.1:443", AnyAddress: true}, "http://[2001:db8::7]:3000", "https://[2001:db8::7]"},
		{api.GateAddress{URL: "http://127.0.0.1:7172", AnyAddress: true}, "", "http://127.0.0.1:7172"},
		{api.GateAddress{}, "https://grafana.example.org", ""},
	} {
		require.Equal(t, tt.want, gateURL(tt.gate, Connection{Address: tt.server}), "%+v", tt)
	}
}

// TestSnippetsOfThisComputer follow its gate, which is off at first.
func TestSnippetsOfThisComputer(t *testing.T) {
	a := localApp(t, freeAddress(t))
	s, _, err := a.Connect(t.Context(), Local(), "")
	require.NoError(t, err)
	issued, err := s.Create(t.Context(), api.CreateKey{Name: "mine", Role: "Agent"})
	require.NoError(t, err)
	use := func() Use {
		list, err := s.Gate(t.Context())
		require.NoError(t, err)
		return Use{Token: shown(t, issued.Token), Key: issued.Key, Gate: list.Gate, Endpoints: list.Endpoints}
	}
	tryAll(t, use(), []SnippetID{SnippetEnvironment}, nil)
	require.NoError(t, a.SetLocalGate(t.Context(), true))
	tryAll(t, use(), with(), nil)
	require.NoError(t, a.SetLocalGate(t.Context(), false))
	tryAll(t, use(), []SnippetID{SnippetEnvironment}, nil)
}

// TestTheAddressOfAGateIsNeverInvented has servers that do not say where it is.
func TestTheAddressOfAGateIsNeverInvented(t *testing.T) {
	srv := startServer(t, map[string]string{})
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   Kind
	}{
		{"an older server", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"status":404,"code":"not_found","title":"Not Found"}`))
		}, KindOlder},
		{"an older plugin", http.NotFound, KindOlder},
		{"a server that is ill", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"status":503,"code":"unavailable","title":"Service Unavailable"}`))
		}, KindUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			other := httptest.NewServer(tt.answer)
			t.Cleanup(other.Close)
			s, c := srv.connect(t), srv.connection()
			c.Address = other.URL
			var err error
			s.client, err = newClient(c, srv.Admin, nil)
			require.NoError(t, err)
			_, err = s.Gate(t.Context())
			require.Equal(t, tt.want, Explain(err).Kind)
		})
	}
	require.Equal(t, []Snippet{{SnippetEnvironment, "export OSTIARY_API_KEY='T'"}}, Use{Token: "T"}.Snippets())
}
