package config_test

import (
	"cmp"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/gate"
	"github.com/ostiary/ostiary/pkg/trail"
	"github.com/ostiary/ostiary/pkg/verify"
)

// source is a file, an environment and a command line.
func source(t testing.TB, yaml string, env map[string]string, args ...string) config.Source {
	t.Helper()
	src := config.Source{EnvPrefix: config.EnvPrefix, LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
	if yaml != "" {
		src.File = filepath.Join(t.TempDir(), "ostiary.yaml")
		require.NoError(t, os.WriteFile(src.File, []byte(yaml), 0o600))
	}
	src.Flags = pflag.NewFlagSet("serve", pflag.ContinueOnError)
	config.AddFlags(src.Flags)
	require.NoError(t, src.Flags.Parse(args))
	return src
}

// mistakes returns the fields of a ConfigError.
func mistakes(t testing.TB, err error) map[string]string {
	t.Helper()
	var e *config.Error
	require.ErrorAs(t, err, &e)
	out := map[string]string{}
	for _, m := range e.Mistakes {
		require.NotEmpty(t, m.Detail)
		out[m.Field] = m.Detail
	}
	return out
}

func TestDefaults(t *testing.T) {
	cfg, err := config.Load(source(t, "", nil))
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:7171", cfg.Listen)
	require.Equal(t, "127.0.0.1:7172", cfg.Gate.Listen)
	require.Equal(t, "./data", cfg.DataDir)
	require.Equal(t, filepath.Join("data", "pepper"), cfg.Pepper.Name)
	require.Equal(t, apikey.DefaultPolicy(), cfg.Policy)
	require.False(t, cfg.Gate.IngestionOpen)
	require.Equal(t, []string{"grafana", "pyroscope", "stackstate"}, cfg.Compat)
	require.Equal(t, []string{"X-API-Key"}, cfg.Gate.Sources.Headers)
	require.Empty(t, cfg.Gate.TrustedProxies)
	require.Equal(t, 5*time.Minute, cfg.MaxStaleness)
}

// The example of the contract, word for word but for the password's file.
func TestTheWholeFile(t *testing.T) {
	src := source(t, `
data_dir: ./data            # SQLite database, pepper, self-made certificates; 0700
listen: 127.0.0.1:7171      # management: resource API, console, /metrics, /healthz, /readyz
store: sqlite               # or postgres://…
bootstrap_key_file: ""      # write the first Admin key to this file (0600) and not to the terminal
policy: {default_ttl: 90d, max_ttl: 0}
auth: {ingestion: {enabled: true}}   # false: endpoints that take "ingest" let anyone in
gate:
  listen: 127.0.0.1:7172
  tls: {self_signed: false, cert_file: "", key_file: ""}
  trusted_proxies: []
  endpoints:
    - {name: pyroscope, path: /ingest, require: ingest, upstream: "http://127.0.0.1:4040"}
    - {name: kuma, path: /metrics, require: read, upstream: "http://127.0.0.1:3001",
       basic_until_first_key: {username: prom, password_file: kuma.pass}}
`, nil)
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(src.File), "kuma.pass"), []byte("s3cret-and-long\n"), 0o600))
	cfg, err := config.Load(src)
	require.NoError(t, err)
	require.Len(t, cfg.Gate.Endpoints, 2)
	e := cfg.Gate.Endpoints[1]
	require.Equal(t, "kuma", e.Name)
	require.Equal(t, apikey.PermissionRead, e.Require)
	require.Equal(t, "http://127.0.0.1:3001", e.Upstream.String())
	require.Equal(t, &gate.BasicAuth{Username: "prom", Password: "s3cret-and-long"}, e.BasicUntilFirstKey, "a relative path starts at the configuration's directory")
}

func TestFlagsOverEnvironmentOverFileOverDefaults(t *testing.T) {
	const file = "listen: 127.0.0.1:1\nauth: {ingestion: {enabled: false}}\ngate: {listen: 127.0.0.1:2, trusted_proxies: [10.0.0.0/8, 192.0.2.1]}\ndata_dir: d"
	env := map[string]string{"OSTIARY_LISTEN": "127.0.0.1:3", "OSTIARY_GATE_TRUSTED_PROXIES": "::1", "OSTIARY_AUTH_INGESTION_ENABLED": "true"}
	src := source(t, file, env, "--listen=127.0.0.1:5", "--auth.ingestion.enabled=false", "--data_dir=x")
	cfg, err := config.Load(src)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:5", cfg.Listen, "flag")
	require.True(t, cfg.Gate.IngestionOpen, "flag")
	require.Equal(t, []netip.Prefix{netip.MustParsePrefix("::1/128")}, cfg.Gate.TrustedProxies, "environment")
	require.Equal(t, "127.0.0.1:2", cfg.Gate.Listen, "file")
	require.Equal(t, "x", cfg.DataDir, "an underscore is as good as a hyphen, and a flag's path is relative to the working directory")
	require.Equal(t, apikey.DefaultTTL, cfg.Policy.DefaultTTL, "default")

	cfg, err = config.Load(source(t, file, env))
	require.NoError(t, err)
	require.False(t, cfg.Gate.IngestionOpen, "environment over file")
}

// Also a path that is the default is one in the file's directory, if the file
// says it.
func TestPathsInTheFile(t *testing.T) {
	src := source(t, "data_dir: ./data\nbootstrap_key_file: admin.key\npepper_file: /etc/pepper", nil, "--store-file=")
	dir := filepath.Dir(src.File)
	cfg, err := config.Load(src)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "data"), cfg.DataDir)
	require.Equal(t, filepath.Join(dir, "admin.key"), cfg.BootstrapKeyFile)
	require.Equal(t, "/etc/pepper", cfg.Pepper.Name)

	src = source(t, "data_dir: ./data", nil, "--data-dir=./data")
	cfg, err = config.Load(src)
	require.NoError(t, err)
	require.Equal(t, "./data", cfg.DataDir)
}

// Each of file, environment and flag may say nothing, true or false.
func TestIngestionInEveryOrder(t *testing.T) {
	for _, file := range []string{"", "true", "false"} {
		for _, env := range []string{"", "true", "false"} {
			for _, flag := range []string{"", "true", "false"} {
				content, vars, args := "", map[string]string{}, []string(nil)
				if file != "" {
					content = "auth: {ingestion: {enabled: " + file + "}}\n"
				}
				if env != "" {
					vars["OSTIARY_AUTH_INGESTION_ENABLED"] = env
				}
				if flag != "" {
					args = []string{"--auth.ingestion.enabled=" + flag}
				}
				cfg, err := config.Load(source(t, content, vars, args...))
				require.NoError(t, err)
				want := cmp.Or(flag, env, file, "true")
				require.Equal(t, want == "false", cfg.Gate.IngestionOpen, "file %q, environment %q, flag %q", file, env, flag)
			}
		}
	}
}

func TestAllMistakesAreReportedTogether(t *testing.T) {
	_, err := config.Load(source(t, `
listne: 127.0.0.1:7171
listen: nowhere
store: mysql://user:s3cret@db/x
policy: {default_ttl: 90 days, max_ttl: -1}
auth: true
compat: [grafana, sentry]
tls: {cert_file: a.pem, names: [a.example.com]}
max_staleness: 1s
failures: {per_second: many}
log: {level: loud, format: xml}
gate:
  listen: 127.0.0.1
  tls: {self_signed: true, cert_file: x, key_file: y, names: "https://gate, 10.0.0.7"}
  trusted_proxies: [10.0.0.0/99, everywhere]
  headers: ["X Key"]
  orgs: [first]
  pools: ["a/b\u0007"]
  endpoints:
    - {name: a b, path: metrics, require: everything, upstream: "ftp://x", colour: red}
    - {name: ok, path: /x, assert: kibana, receiver_key_file: missing}
    - {name: ok, path: /y, require: read, org: none, basic_until_first_key: {password_file: missing}}
    - just a word
    - {name: slash, path: /slash/, require: read, query: "a b", headers: [Cookie]}
    - {name: slash, path: /y, require: read}
    - {name: lists, paths: {a: b}, methods: [get], preserve_host: perhaps, upstream_auth_file: missing}
    - {name: rules, paths: [{path: /r, require: much, tenant: {}}, {path: /s, methods: {GET: much, post: read}}, 7]}
    - {name: kind, kind: nagios}
    - {name: both, kind: loki, require: read, methods: {GET: read}, paths: [/more]}
`, nil, "--policy.max-ttl=forever"))
	got := mistakes(t, err)
	for _, field := range []string{
		"listne", "listen", "store", "policy.default_ttl", "--policy.max-ttl", "auth", "compat", "tls.names", "gate.tls.names", "max_staleness", "failures.per_second", "log.level", "log.format",
		"gate.listen", "gate.tls.self_signed", "gate.trusted_proxies", "gate.headers[0]", "gate.orgs", "gate.pools",
		"gate.endpoints[0].name", "gate.endpoints[0].path", "gate.endpoints[0].require", "gate.endpoints[0].upstream", "gate.endpoints[0].colour",
		"gate.endpoints[1].require", "gate.endpoints[1].assert", "gate.endpoints[1].receiver_key_file", "gate.endpoints[2].name", "gate.endpoints[2].org",
		"gate.endpoints[2].basic_until_first_key.username", "gate.endpoints[2].basic_until_first_key.password_file", "gate.endpoints[3]",
		"gate.endpoints[4].path", "gate.endpoints[4].query", "gate.endpoints[4].headers[0]", "gate.endpoints[5].name", "gate.endpoints[5].path",
		"gate.endpoints[6].paths", "gate.endpoints[6].path", "gate.endpoints[6].methods", "gate.endpoints[7].paths[0].require", "gate.endpoints[7].paths[0].tenant",
		"gate.endpoints[7].paths[1].methods.GET", "gate.endpoints[7].paths[1].methods.post", "gate.endpoints[7].paths[2]",
		"gate.endpoints[8].kind", "gate.endpoints[9].require", "gate.endpoints[9].methods", "gate.endpoints[9].paths",
		"gate.endpoints[6].preserve_host", "gate.endpoints[6].upstream_auth_file",
	} {
		require.Contains(t, got, field)
		delete(got, field)
	}
	require.Empty(t, got)
	require.Contains(t, err.Error(), "did you mean listen?")
	require.Contains(t, err.Error(), `"10.0.0.0/99"`)
	require.Contains(t, err.Error(), `"everywhere"`)
	require.NotContains(t, err.Error(), "s3cret")
}

// What is wrong in one way is told once, with what would be right.
func TestAMistakeIsToldOnce(t *testing.T) {
	burst := func(value string) map[string]string {
		return map[string]string{"failures.burst": `"` + value + `" is not a number from 1 to 1000000`}
	}
	list := map[string]string{"gate.endpoints": `must be a list, such as - {name: metrics, path: /metrics, require: read, upstream: "http://127.0.0.1:9090"}`}
	for file, want := range map[string]map[string]string{
		"failures: {burst: -1}":                        burst("-1"),
		"failures: {burst: 0}":                         burst("0"),
		"failures: {burst: 0.5}":                       burst("0.5"),
		"failures: {burst: many}":                      burst("many"),
		"failures: {burst: 1000001}":                   burst("1000001"),
		"gate: {endpoints: {a: b}}":                    list,
		"gate: {endpoints: {a: b, c: {d: e}}}":         list,
		"gate: {endpoints: {name: x, path: [/a, /b]}}": list,
		"gate: {endpoints: a}":                         list,
		"gate: {endpoints: 7}":                         list,
	} {
		_, err := config.Load(source(t, file, nil))
		require.Error(t, err, file)
		require.Equal(t, want, mistakes(t, err), file)
		var all *config.Error
		require.ErrorAs(t, err, &all)
		require.Len(t, all.Mistakes, 1, file)
	}
	_, err := config.Load(source(t, "failures: {per_second: 0, burst: 0}", nil))
	require.NoError(t, err)
	_, err = config.Load(source(t, "gate.endpoints.a: b", nil))
	require.ErrorContains(t, err, "gate.endpoints: must be a list")
}

// The targets of the audit trail are read with all that is wrong with them.
func TestTheAuditTrail(t *testing.T) {
	src := source(t, `
audit:
  keep: 400d
  to:
    - {file: audit.jsonl}
    - {file: /var/log/audit.jsonl}
    - {syslog: "tcp://127.0.0.1:6514"}
    - {syslog: "udp://logs.example.org:514"}
    - {otlp: "http://127.0.0.1:4318", authorization_file: otlp.auth}
    - {otlp: "https://[::1]/base/"}
`, nil)
	dir := filepath.Dir(src.File)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "otlp.auth"), []byte("Bearer long-enough\n"), 0o600))
	cfg, err := config.Load(src)
	require.NoError(t, err)
	require.Equal(t, trail.Config{Keep: 400 * 24 * time.Hour, To: []trail.Target{
		{Kind: trail.File, Address: filepath.Join(dir, "audit.jsonl")}, {Kind: trail.File, Address: "/var/log/audit.jsonl"},
		{Kind: trail.Syslog, Address: "tcp://127.0.0.1:6514"}, {Kind: trail.Syslog, Address: "udp://logs.example.org:514"},
		{Kind: trail.OTLP, Address: "http://127.0.0.1:4318", Authorization: "Bearer long-enough"},
		{Kind: trail.OTLP, Address: "https://[::1]/base"},
	}}, cfg.Audit)
	next, err := config.Load(source(t, `audit: {keep: 0, to: [{file: other.jsonl}]}`, nil))
	require.NoError(t, err)
	require.Zero(t, next.Audit.Keep)
	require.Subset(t, next.ChangesFrom(cfg).Settings, []string{"audit.keep", "audit.to"})
	require.Equal(t, next.Audit, cfg.Live(next).Audit)

	_, err = config.Load(source(t, `
audit:
  keep: some days
  to:
    - {file: audit.jsonl, colour: red}
    - {file: audit.jsonl}
    - {file: a, syslog: "tcp://127.0.0.1:1"}
    - {}
    - audit.jsonl
    - {file: ""}
    - {syslog: "127.0.0.1:514"}
    - {syslog: "tcp://127.0.0.1"}
    - {syslog: "tcp://user:pass@127.0.0.1:514"}
    - {syslog: "tcp://127.0.0.1:99999"}
    - {syslog: "tcp://127.0.0.1:515", ca_file: ca.pem}
    - {syslog: "tls://127.0.0.1:516", ca_file: missing.pem}
    - {syslog: "tls://127.0.0.1:517", cert_file: a.pem}
    - {otlp: "grpc://127.0.0.1:4317"}
    - {otlp: "http://"}
    - {file: b, authorization_file: missing}
    - {kafka: "x"}
`, nil))
	got := mistakes(t, err)
	for _, field := range []string{"audit.keep", "audit.to[0].colour", "audit.to[1]", "audit.to[2].syslog", "audit.to[3]",
		"audit.to[4]", "audit.to[5].file", "audit.to[6].syslog", "audit.to[7].syslog", "audit.to[8].syslog",
		"audit.to[9].syslog", "audit.to[10].ca_file", "audit.to[11]", "audit.to[12]", "audit.to[13].otlp",
		"audit.to[14].otlp", "audit.to[15].authorization_file", "audit.to[16]", "audit.to[16].kafka"} {
		require.Contains(t, got, field)
		delete(got, field)
	}
	require.Empty(t, got)
	require.NotContains(t, err.Error(), "pass")
	for file, want := range map[string]string{
		"audit: {to: audit.jsonl}":         "audit.to: must be a list of targets, such as - {file: audit.jsonl}",
		"audit: {to: {file: audit.jsonl}}": "audit.to: must be a list of targets, such as - {file: audit.jsonl}",
		"audit: {kep: 400d}":               "audit.kep: is not a setting; did you mean audit.keep?",
	} {
		_, err = config.Load(source(t, file, nil))
		require.ErrorContains(t, err, want)
		require.Len(t, mistakes(t, err), 1, file)
	}
}

// A key gets a role in one organization of a Grafana, so only keys of one of
// ours may open it.
func TestAssertGrafana(t *testing.T) {
	cfg, err := config.Load(source(t, `
gate:
  endpoints:
    - {name: grafana, path: /, require: read, upstream: "http://127.0.0.1:3000", assert: grafana}
    - {name: other, path: /other, require: read, assert: grafana, org: 7}
    - {name: plain, path: /plain, require: read}
`, nil))
	require.NoError(t, err)
	e := cfg.Gate.Endpoints
	require.Equal(t, gate.AssertGrafana, e[0].Assert)
	require.Equal(t, int64(1), e[0].OrgID)
	require.Equal(t, int64(7), e[1].OrgID)
	require.Empty(t, e[2].Assert)
	require.Zero(t, e[2].OrgID)
}

func TestTheKeyAPIsOfOtherSystems(t *testing.T) {
	for yaml, want := range map[string][]string{
		"compat: off": nil, "compat: false": nil, "compat: []": nil, `compat: ""`: nil,
		"compat: stackstate": {"stackstate"}, "compat: [pyroscope, grafana, pyroscope]": {"grafana", "pyroscope"},
	} {
		cfg, err := config.Load(source(t, yaml, nil))
		require.NoError(t, err, yaml)
		require.ElementsMatch(t, want, cfg.Compat, yaml)
		require.IsIncreasing(t, append([]string{""}, append(cfg.Compat, "~")...), yaml)
	}
	cfg, err := config.Load(source(t, "", map[string]string{"OSTIARY_COMPAT": "stackstate, grafana"}))
	require.NoError(t, err)
	require.Equal(t, []string{"grafana", "stackstate"}, cfg.Compat)
}

func TestAMissingFileIsSaid(t *testing.T) {
	_, err := config.Load(config.Source{File: filepath.Join(t.TempDir(), "none.yaml")})
	require.ErrorContains(t, err, "CONFIG: there is no file ")
	_, err = config.Load(source(t, "gate: [", nil))
	require.ErrorContains(t, err, "cannot be read")
}

func FuzzConfig(f *testing.F) {
	f.Add("gate: {endpoints: [{name: a, path: /a, require: read}]}")
	f.Add("gate: {endpoints: {a: b}}\nauth: 7\npolicy: [1]")
	f.Add("? [a]\n: b")
	f.Add("gate.listen: x\n\"\": 1")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, yaml string) {
		if strings.Contains(yaml, "password_file") {
			t.Skip("would read a file of this machine")
		}
		name := filepath.Join(dir, "fuzz.yaml")
		require.NoError(t, os.WriteFile(name, []byte(yaml), 0o600))
		cfg, err := config.Load(config.Source{File: name})
		if bad, ok := errors.AsType[*config.Error](err); ok {
			require.NotEmpty(t, bad.Mistakes)
		}
		require.Equal(t, err == nil, cfg != nil)
	})
}

func TestADefaultLifetimeThatWasNotGivenFitsTheLongest(t *testing.T) {
	for name, src := range map[string]config.Source{
		"flag":        source(t, "", nil, "--policy.max-ttl=30d"),
		"environment": source(t, "", map[string]string{"OSTIARY_POLICY_MAX_TTL": "30d"}),
		"file":        source(t, "policy: {max_ttl: 30d}", nil),
	} {
		cfg, err := config.Load(src)
		require.NoError(t, err, name)
		require.Equal(t, apikey.Policy{DefaultTTL: 30 * 24 * time.Hour, MaxTTL: 30 * 24 * time.Hour}, cfg.Policy, name)
	}
	cfg, err := config.Load(source(t, "", nil, "--policy.max-ttl=365d"))
	require.NoError(t, err)
	require.Equal(t, apikey.DefaultTTL, cfg.Policy.DefaultTTL)

	for name, c := range map[string]struct {
		src  config.Source
		want map[string]string
	}{
		"given and longer": {source(t, "", nil, "--policy.max-ttl=30d", "--policy.default-ttl=31d"), map[string]string{"--policy.default-ttl": "is 31d, longer than --policy.max-ttl, which is 30d"}},
		"in the file":      {source(t, "policy: {default_ttl: never}", nil, "--policy.max-ttl=30d"), map[string]string{"policy.default_ttl": "is never, longer than --policy.max-ttl, which is 30d"}},
	} {
		_, err := config.Load(c.src)
		require.Equal(t, c.want, mistakes(t, err), name)
	}
	_, err = config.Load(source(t, "policy: {default_ttl: 90x, max_ttl: 30d}", nil))
	require.Len(t, mistakes(t, err), 1)
	require.Contains(t, mistakes(t, err)["policy.default_ttl"], `"90x" is not a time to live`)
	var all *config.Error
	require.ErrorAs(t, err, &all)
	require.Len(t, all.Mistakes, 1, "one mistake is reported once")
}

func TestMaxStalenessEnds(t *testing.T) {
	for _, value := range []string{"0", "never", "4s"} {
		_, err := config.Load(source(t, "max_staleness: "+value, nil))
		require.ErrorContains(t, err, "max_staleness: must be at least 5s", value)
	}
}

// Each way of writing what becomes of expired keys, and each mistake in it.
func TestOnExpired(t *testing.T) {
	load := func(value, require string) (*config.Config, error) {
		yaml := "gate: {endpoints: [{name: in, path: /in, require: " + require + ", on_expired: " + value + "}]}"
		return config.Load(source(t, yaml, nil))
	}
	for value, want := range map[string]verify.OnExpired{
		"deny":       {},
		"{hold: 2h}": {Hold: 2 * time.Hour}, "{grace: 72h}": {Grace: 72 * time.Hour}, "{grace: 3d12h}": {Grace: 84 * time.Hour}, "{hold: 30d}": {Hold: 720 * time.Hour},
	} {
		cfg, err := load(value, "ingest")
		require.NoError(t, err, value)
		require.Equal(t, want, cfg.Gate.Endpoints[0].OnExpired, value)
	}
	const field = "gate.endpoints[0].on_expired"
	for value, wrong := range map[string]string{
		"": field, "null": field, `""`: field, "hold": field, "2h": field, "7": field, "true": field, "[hold]": field, "{}": field, "{hold: 1h, grace: 2h}": field,
		"{keep: 2h}": field + ".keep", "{hold: }": field + ".hold", "{hold: 0}": field + ".hold", "{hold: 0h}": field + ".hold", "{hold: -2h}": field + ".hold",
		"{hold: never}": field + ".hold", "{hold: 7200}": field + ".hold", `{hold: "7200"}`: field + ".hold", "{grace: soon}": field + ".grace",
		"{grace: 31d}": field + ".grace", "{grace: 200000d}": field + ".grace", "{grace: [2h]}": field + ".grace", "{hold: 1.5h}": field + ".hold",
	} {
		_, err := load(value, "ingest")
		require.Error(t, err, value)
		got := mistakes(t, err)
		require.Contains(t, got, wrong, value)
		require.Len(t, got, 1, value)
	}
	for _, permission := range []string{"read", "write", "manage", "none"} {
		_, err := load("{hold: 2h}", permission)
		require.Error(t, err)
		require.Equal(t, map[string]string{field: "is for endpoints that take ingest, whose senders would lose data; leave it out"}, mistakes(t, err))
	}
}

func TestLimitPerKey(t *testing.T) {
	load := func(value string) (*config.Config, error) {
		file := filepath.Join(t.TempDir(), "ostiary.yaml")
		yaml := "gate: {endpoints: [{name: in, path: /in, require: read, limit_per_key: " + value + "}]}"
		require.NoError(t, os.WriteFile(file, []byte(yaml), 0o600))
		return config.Load(config.Source{File: file})
	}
	for value, want := range map[string]apikey.Limits{
		"{requests_per_second: 0}": {},
		`{requests_per_second: 50, burst: "100", concurrent: 3, bytes_per_second: 4, requests_per_day: 5, bytes_per_day: 6}`: {
			RequestsPerSecond: 50, Burst: 100, Concurrent: 3, BytesPerSecond: 4, RequestsPerDay: 5, BytesPerDay: 6,
		},
	} {
		cfg, err := load(value)
		require.NoError(t, err, value)
		require.Equal(t, want, cfg.Gate.Endpoints[0].LimitPerKey, value)
	}
	const field = "gate.endpoints[0].limit_per_key"
	for value, want := range map[string]string{
		"":                           field + ": has no value; write one, or leave the field out",
		"{burst: }":                  field + ".burst: nothing is not a whole number",
		"50":                         field + ": must have limits, such as {requests_per_second: 50, burst: 100}; there are requests_per_second, burst, ",
		"{}":                         field + ": must have limits",
		"{requestsPerSecond: 50}":    field + ".requestsPerSecond: is not a limit; there are requests_per_second",
		"{requests_per_second: 1.5}": field + `.requests_per_second: "1.5" is not a whole number`,
		"{concurrent: [1]}":          field + `.concurrent: "[1]" is not a whole number`,
		"{concurrent: -1}":           field + ".concurrent: is negative",
		"{burst: 5}":                 field + ".burst: is above a rate that is not limited",
		"{requests_per_day: 99999999999999999999}": field + ".requests_per_day:",
	} {
		_, err := load(value)
		require.ErrorContains(t, err, want, value)
	}
}
