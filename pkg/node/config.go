package node

import (
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/gate"
	"github.com/ostiary/ostiary/pkg/httpapi"
	"github.com/ostiary/ostiary/pkg/store/postgres"
	"github.com/ostiary/ostiary/pkg/verify"
)

// Config is a whole, checked configuration. Paths are absolute or relative to
// the working directory.
type Config struct {
	DataDir          string
	Listen           string            // empty = no management listener, as in Grafana
	Postgres         *postgres.Address // nil = SQLite in the data directory
	BootstrapKeyFile string
	PepperFile       string
	PepperSeal       PepperSeal
	MaxStaleness     time.Duration
	ShutdownGrace    time.Duration // 0 = no limit
	TrustedProxies   []netip.Prefix
	TLS              TLS
	Policy           apikey.Policy
	IngestionOpen    bool     // auth.ingestion.enabled is false
	Compat           []string // systems whose key APIs are served as well
	Gate             GateConfig
	Failures         FailureLimit
	Log              LogConfig

	names names // of the settings, for messages
}

// Partial reports whether the node holds a part of the keys alone. It is then a
// gate and nothing else: whoever manages keys, or proves to be allowed to, may
// have one that it does not know.
func (c *Config) Partial() bool { return len(c.Gate.Scope.OrgIDs) > 0 || len(c.Gate.Scope.Pools) > 0 }

// TLS says how a listener is encrypted. The zero TLS means that it is not.
type TLS struct {
	SelfSigned        bool
	CertFile, KeyFile string
}

// Enabled reports whether the listener speaks TLS.
func (t TLS) Enabled() bool { return t.SelfSigned || t.CertFile != "" }

// GateConfig is the configuration of the gate.
type GateConfig struct {
	Listen         string       // empty = no gate
	Scope          apikey.Scope // of the keys to hold; see Config.Partial
	TLS            TLS
	TrustedProxies []netip.Prefix
	Schemes        []string
	Headers        []string
	Endpoints      []Endpoint
}

// Endpoint is a thing that the gate protects.
type Endpoint struct {
	Name               string
	Path               string
	Require            apikey.Permission
	Upstream           *url.URL // nil: for /auth alone
	Pool               string
	OrgID              int64
	Query              string
	Schemes            []string
	Headers            []string
	BasicUntilFirstKey *BasicAuth
	Assert             string // AssertGrafana, or empty
	ReceiverKey        string // a fixed key, besides those that are issued; empty = none
}

// demand is what an endpoint asks of a key; nothing if there is none of that
// name, because keys can be limited to names that only a proxy knows.
func (c *Config) demand(endpoint string) httpapi.Demand {
	for _, e := range c.Gate.Endpoints {
		if e.Name == endpoint {
			return httpapi.Demand{Permission: e.Require, Pool: e.Pool, OrgID: e.OrgID}
		}
	}
	return httpapi.Demand{}
}

// AssertGrafana makes the gate tell a Grafana which key was let in.
const AssertGrafana = "grafana"

// BasicAuth is a user name and password that open an endpoint until the first
// key that may use it is made.
type BasicAuth struct {
	Username, Password string
}

// FailureLimit bounds how many wrong keys an address may send.
type FailureLimit struct {
	PerSecond float64
	Burst     int
}

// LogConfig says what is logged, and how.
type LogConfig struct {
	Level  slog.Level
	Format string // text or json
}

// Source says where a configuration comes from: flags over environment over
// file over defaults.
type Source struct {
	Defaults  map[string]string // where they differ from the usual ones, by key
	File      string
	EnvPrefix string
	LookupEnv func(string) (string, bool)
	Flags     *pflag.FlagSet // nil = none
}

// ConfigError reports all mistakes of a configuration together.
type ConfigError struct {
	File     string
	Mistakes []apikey.FieldError
}

// Error lists every mistake on a line of its own.
func (e *ConfigError) Error() string {
	var b strings.Builder
	b.WriteString("the configuration is not valid")
	if e.File != "" {
		fmt.Fprintf(&b, " (%s)", e.File)
	}
	b.WriteString(":")
	for _, m := range e.Mistakes {
		fmt.Fprintf(&b, "\n  %s: %s", m.Field, m.Detail)
	}
	return b.String()
}

// LoadConfig reads and checks a configuration. All mistakes come back in one
// *ConfigError; a file that cannot be read is a *SettingError.
func LoadConfig(src Source) (*Config, error) {
	r := &reader{
		k: koanf.New("."), inFile: koanf.New("."),
		names: names{file: src.File, flags: src.Flags, given: map[string]string{}},
	}
	if err := r.gather(src); err != nil {
		return nil, err
	}
	cfg := &Config{
		names:            r.names,
		DataDir:          r.path("data_dir"),
		Listen:           r.listen("listen"),
		Postgres:         r.store("store", "store_file"),
		BootstrapKeyFile: r.path("bootstrap_key_file"),
		PepperFile:       r.path("pepper_file"),
		PepperSeal:       PepperSeal{PassphraseFile: r.path(pepperPassphraseFileKey), KeyFile: r.path(pepperKeyFileKey), names: r.names},
		MaxStaleness:     r.duration("max_staleness"),
		ShutdownGrace:    r.duration("shutdown_grace"),
		TrustedProxies:   r.cidrs("trusted_proxies"),
		TLS:              r.tls("tls"),
		Policy:           r.policy(),
		IngestionOpen:    !r.bool("auth.ingestion.enabled"),
		Compat:           r.compat("compat"),
		Gate: GateConfig{
			Listen:         r.listen("gate.listen"),
			Scope:          apikey.Scope{OrgIDs: r.orgIDs("gate.orgs"), Pools: r.pools("gate.pools")},
			TLS:            r.tls("gate.tls"),
			TrustedProxies: r.cidrs("gate.trusted_proxies"),
			Schemes:        r.tokens("gate.schemes"),
			Headers:        r.tokens("gate.headers"),
			Endpoints:      r.endpoints(),
		},
		Failures: FailureLimit{PerSecond: r.number("failures.per_second"), Burst: int(r.number("failures.burst"))},
		Log:      LogConfig{Level: r.level("log.level"), Format: r.oneOf("log.format", "text", "json")},
	}
	cfg.check(r)
	if len(r.mistakes) > 0 {
		return nil, &ConfigError{File: src.File, Mistakes: r.mistakes}
	}
	return cfg, nil
}

// check says what is wrong with values that are right one by one.
func (c *Config) check(r *reader) {
	if c.DataDir == "" {
		r.wrong("data_dir", "is empty; name a directory, such as ./data")
	}
	if c.PepperFile == "" {
		c.PepperFile = defaultPepperFile(c.DataDir)
	}
	if c.PepperSeal.PassphraseFile != "" && c.PepperSeal.KeyFile != "" {
		r.wrong(pepperKeyFileKey, "cannot be set together with %s; choose one of the two", r.of(pepperPassphraseFileKey))
	}
	if c.MaxStaleness != 0 && c.MaxStaleness < 5*time.Second {
		r.wrong("max_staleness", "is shorter than 5s; the gate would close at every hiccup of the store")
	}
	if c.Failures.PerSecond > 0 && c.Failures.Burst < 1 {
		r.wrong("failures.burst", "must be at least 1")
	}
	c.checkGate(r)
	if c.Listen != "" && c.Listen == c.Gate.Listen && !strings.HasSuffix(c.Listen, ":0") {
		r.wrong("gate.listen", "is the same address as %s; management is never reachable through the gate, so give it another", r.of("listen"))
	}
}

// checkGate adds what the gate would not take, unless something is wrong with
// the same value already.
func (c *Config) checkGate(r *reader) {
	opts := c.gateOptions()
	opts.Issued = func(int64, apikey.Permission, string, string) bool { return false } // there will be one
	known := r.mistakes
	for _, m := range opts.Check() {
		key, _, _ := strings.Cut(m.Field, "[")
		if strings.HasPrefix(m.Field, endpointsKey) || r.given[key] == "" {
			key = m.Field
		}
		isKnown := func(k apikey.FieldError) bool {
			return k.Field == r.of(key) || strings.HasPrefix(m.Field, k.Field+"[") || strings.HasPrefix(m.Field, k.Field+".")
		}
		if !slices.ContainsFunc(known, isKnown) {
			r.wrong(key, "%s", m.Detail)
		}
	}
}

// gateOptions are the gate's, as far as they are configured.
func (c *Config) gateOptions() gate.Options {
	opts := gate.Options{
		Sources:        verify.Sources{Schemes: c.Gate.Schemes, Headers: c.Gate.Headers},
		TrustedProxies: c.Gate.TrustedProxies,
		IngestionOpen:  c.IngestionOpen,
	}
	for _, e := range c.Gate.Endpoints {
		endpoint := gate.Endpoint{
			Name: e.Name, Path: e.Path, Require: e.Require, Upstream: e.Upstream, Pool: e.Pool, OrgID: e.OrgID,
			Query: e.Query, Schemes: e.Schemes, Headers: e.Headers, ReceiverKey: e.ReceiverKey,
		}
		if b := e.BasicUntilFirstKey; b != nil {
			endpoint.BasicUntilFirstKey = &gate.BasicAuth{Username: b.Username, Password: b.Password}
		}
		opts.Endpoints = append(opts.Endpoints, endpoint)
	}
	return opts
}
