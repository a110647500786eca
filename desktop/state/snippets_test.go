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

// What is offered together: to try the key, and to put its token somewhere.
var (
	curls   = []SnippetID{SnippetBearer, SnippetBasic}
	anyway  = []SnippetID{SnippetKubernetes, SnippetEnvironment}
	plain   = append([]SnippetID{SnippetPython}, anyway...)
	proxied = append([]SnippetID{SnippetPython, SnippetNginx}, anyway...)
	sources = append([]SnippetID{SnippetPython, SnippetGrafana, SnippetGrafanaForm, SnippetNginx}, anyway...)
)

// offer is curl's lines, some programs, and the rest. Pushing and querying come
// first.
func offer(rest []SnippetID, programs ...SnippetID) []SnippetID {
	var first []SnippetID
	if len(programs) > 0 && (programs[0] == SnippetPush || programs[0] == SnippetQuery) {
		first, programs = programs[:1], programs[1:]
	}
	return slices.Concat(first, curls, programs, rest)
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
					require.Equal(t, len(tt.offered) > len(anyway), opens)
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
	reads := offer(proxied, SnippetPrometheus, SnippetTelegraf)
	profiles := offer(proxied, SnippetAlloy, SnippetPyroscope)
	traces := offer(proxied, SnippetAlloy, SnippetCollector)
	logs := []SnippetID{
		SnippetPush, SnippetAlloy, SnippetCollector, SnippetPromtail, SnippetTelegraf, SnippetVector,
	}
	metrics := []SnippetID{SnippetAlloy, SnippetRemoteWrite, SnippetCollector, SnippetTelegraf, SnippetVector}
	query := offer(sources, SnippetQuery)
	queryAll := offer(sources, SnippetQuery, SnippetPrometheus, SnippetTelegraf)
	some := offer(plain)
	opens := map[string]map[string][]SnippetID{
		"": {
			"Admin": offer(sources, SnippetPush, SnippetAlloy, SnippetPrometheus, SnippetRemoteWrite, SnippetCollector,
				SnippetPromtail, SnippetTelegraf, SnippetVector, SnippetPyroscope),
			"Editor": queryAll, "Viewer": queryAll,
			"Agent": offer(proxied, SnippetPush, SnippetAlloy, SnippetRemoteWrite, SnippetCollector, SnippetPromtail,
				SnippetTelegraf, SnippetVector, SnippetPyroscope),
		},
		"metrics":  {"Admin": reads, "Editor": reads, "Viewer": reads},
		"traces":   {"Admin": traces, "Agent": traces},
		"profiles": {"Admin": profiles, "Agent": profiles},
		"loki": {
			"Admin": offer(sources, logs...), "Editor": query, "Viewer": query, "Agent": offer(proxied, logs...),
		},
		"mimir": {
			"Admin":  offer(sources, append([]SnippetID{SnippetQuery}, metrics...)...),
			"Editor": query, "Viewer": query, "Agent": offer(proxied, metrics...),
		},
		"presses":      {}, // for its pool alone
		"dashboards":   {"Admin": some, "Editor": some},
		"console":      {"Admin": some},
		"open":         {"Admin": some, "Editor": some, "Viewer": some, "Agent": some},
		"behind-nginx": {"Admin": some, "Editor": some, "Viewer": some, "Agent": some}, // that a proxy knows
	}
	for endpoint, byRole := range opens {
		for _, role := range apikey.Roles() {
			offered := byRole[role.String()]
			if offered == nil {
				offered = anyway
			}
			k := api.CreateKey{Role: role.String()}
			if endpoint != "" {
				k.Endpoints = []string{endpoint}
			}
			all = append(all, binding{k, offered})
		}
	}
	return append(all,
		binding{api.CreateKey{Role: "Agent", Pool: "presses", Endpoints: []string{"presses"}}, some},
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
		tryOne(t, dir, use, s, to)
	}
}

// pythonRun are the programs that were run already: they take a while to start.
var pythonRun sync.Map

// tryOne does with a piece what it is for. What is set up for another program
// goes by curl, as that program would send it.
func tryOne(t *testing.T, dir string, use Use, s Snippet, to *upstream) {
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
		require.Equal(t, use.Token, shell(t, dir, s.Text+`; printf %s "$OSTIARY_API_KEY"`))
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
	case SnippetPython:
		_, alike := pythonRun.LoadOrStore(strings.ReplaceAll(s.Text, use.Token, ""), true)
		if _, err := exec.LookPath("python3"); err == nil && !alike {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "first.py"), []byte(s.Text), 0o600))
			require.Regexp(t, "^200 ", shell(t, dir, "python3 first.py"), s.Text)
		}
	case SnippetGrafana:
		tryDataSources(t, dir, s.Text, sends)
	case SnippetGrafanaForm:
		for one := range strings.SplitSeq(strings.TrimSpace(s.Text), "\n\n") {
			at := func(form string) string { return append(regexp.MustCompile(form).FindStringSubmatch(one), "", "")[1] }
			require.Equal(t, "Authorization", at(`HTTP headers, Header +(\S+)`))
			sends(at(`certificate: (\S+)`), at(`HTTP headers, Value +Bearer (\S+)`), "GET", asked(at(`URL +(\S+)`)))
		}
	case SnippetNginx:
		address, _, _ := use.question()
		address = strings.Replace(address, use.Gate.URL, setting(`proxy_pass (\S+);`), 1)
		line := trusting(setting(`trusted_certificate (\S+);`)) + ` -H 'Authorization: ` + setting(`Authorization "(.*)";`)
		require.Equal(t, "200", shell(t, dir, line+"' '"+address+"'"+status), s.Text)
	case SnippetKubernetes:
		var secret struct{ StringData map[string]string }
		require.NoError(t, yaml.Unmarshal([]byte(s.Text), &secret))
		require.Equal(t, use.Token, secret.StringData["token"])
		require.Equal(t, use.Gate.Certificate, secret.StringData[CertificateFile])
	case SnippetPyroscope:
		line := fmt.Sprintf("%s -u '%s:%s' --data '' %s/ingest", trusting(setting(`SSL_CERT_FILE=(\S+)`)),
			setting(`User: +"(.*)"`), setting(`Password: +"(.*)"`), setting(`Address: +"(.*)"`))
		require.Equal(t, "200", shell(t, dir, line+status), s.Text)
		require.Equal(t, "POST /ingest", to.last())
	}
}

// tryDataSources asks each of the data sources of a file as Grafana does.
func tryDataSources(t *testing.T, dir, text string, sends func(file, token, method, address string)) {
	t.Helper()
	var file struct {
		Datasources []struct {
			Type, URL                string
			JSONData, SecureJSONData map[string]any
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(text), &file))
	require.NotEmpty(t, file.Datasources)
	for _, source := range file.Datasources {
		trusted, needed := "", source.JSONData["tlsAuthWithCACert"] == true
		if needed {
			trusted = source.Type + ".pem"
			certificate := source.SecureJSONData["tlsCACert"].(string)
			require.NoError(t, os.WriteFile(filepath.Join(dir, trusted), []byte(certificate), 0o600))
		}
		require.Equal(t, "Authorization", source.JSONData["httpHeaderName1"])
		token := strings.TrimPrefix(source.SecureJSONData["httpHeaderValue1"].(string), "Bearer ")
		sends(trusted, token, "GET", asked(source.URL))
	}
}

// asked is where a data source asks for something that is always there.
func asked(address string) string {
	if strings.HasSuffix(address, "/loki") {
		return address + alwaysAt["loki"]
	}
	return address + alwaysAt["prometheus"]
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
	tryAll(t, use(), anyway, nil)
	require.NoError(t, a.SetLocalGate(t.Context(), true))
	tryAll(t, use(), offer(plain), nil)
	require.NoError(t, a.SetLocalGate(t.Context(), false))
	tryAll(t, use(), anyway, nil)
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
	offered := Use{Token: "T"}.Snippets()
	require.Len(t, offered, len(anyway))
	require.Equal(t, Snippet{SnippetEnvironment, "unset OSTIARY_API_KEY_FILE\nexport OSTIARY_API_KEY='T'"}, offered[1])
}
