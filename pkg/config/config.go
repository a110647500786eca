package config

import (
	"context"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/certificate"
	"github.com/ostiary/ostiary/pkg/gate"
	"github.com/ostiary/ostiary/pkg/notice"
	"github.com/ostiary/ostiary/pkg/pepper"
	"github.com/ostiary/ostiary/pkg/setting"
	"github.com/ostiary/ostiary/pkg/store/postgres"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
	"github.com/ostiary/ostiary/pkg/trail"
	"github.com/ostiary/ostiary/pkg/verify"
)

// Config is a whole, checked configuration, in the types of those who use its
// parts. Paths are absolute or relative to the working directory.
type Config struct {
	File             string // that it was read from; empty = none
	Blank            bool   // the file says nothing at all, as one does that is about to be written
	DataDir          string
	Listen           string            // empty = no management listener, as in Grafana
	Postgres         *postgres.Address // nil = SQLite in the data directory
	BootstrapKeyFile string
	Pepper           pepper.File
	MaxStaleness     time.Duration
	ShutdownGrace    time.Duration // 0 = no limit
	Leaks            Leaks
	TrustedProxies   []netip.Prefix
	TLS              certificate.Files
	Policy           apikey.Policy
	PolicyGiven      []string // the fields of the policy that were not left to defaults, by their names in the API
	Compat           []string // systems whose key APIs are served as well
	Gate             Gate
	Audit            trail.Config
	Failures         Failures
	Connections      Connections
	MetricsByKey     bool
	Notices          notice.Config
	Log              Log

	Names    setting.Names // what messages call the settings
	Warnings []Warning     // of what is allowed, and better done in another way

	values map[string]string // what each setting was given
	files  []string          // that settings name, and the configuration's own
}

// Warning is what is allowed, and better done in another way.
type Warning struct {
	Setting string // a flag, an environment variable or a key of the file
	Text    string
}

// String returns the warning as one line.
func (w Warning) String() string { return w.Setting + ": " + w.Text }

// Gate is the configuration of the gate: its own options, as far as they are
// configured, and its listener.
type Gate struct {
	Listen string // empty = no gate
	URL    string // where clients reach it, without a slash at the end; empty = where it listens

	// InStore lets managers keep endpoints in the store, and their policies.
	InStore bool

	Scope apikey.Scope // of the keys to hold; see Config.Partial
	TLS   certificate.Files
	gate.Options
}

// Connections bound how many a listener holds; 0 = as suits the machine.
type Connections struct {
	Total, PerAddress int
}

// Failures bound how many wrong keys an address may send.
type Failures struct {
	PerSecond float64
	Burst     int
}

// StandaloneOrg is the organization of the standalone server's Admin keys.
const StandaloneOrg = 1

// Partial reports whether the node holds only a part of the keys. It is then a gate and nothing else: it could not
// authenticate an administrator whose own key it does not hold.
func (c *Config) Partial() bool { return len(c.Gate.Scope.OrgIDs) > 0 || len(c.Gate.Scope.Pools) > 0 }

// DatabaseFile is the SQLite database in a data directory.
func DatabaseFile(dataDir string) string { return filepath.Join(dataDir, "ostiary.db") }

// OpenStore opens the store that is configured. The options are for SQLite.
func (c *Config) OpenStore(ctx context.Context, options ...sqlite.Option) (apikey.Store, error) {
	if c.Postgres != nil {
		return postgres.Open(ctx, c.Postgres)
	}
	return sqlite.Open(ctx, DatabaseFile(c.DataDir), options...)
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

// Error reports all mistakes of a configuration together.
type Error struct {
	File     string
	Mistakes apikey.Mistakes
	Lines    map[string]int // of the file, by the mistakes' fields; those made elsewhere have none
}

// Error lists every mistake on a line of its own, with the line of the file.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("the configuration is not valid")
	if e.File != "" {
		fmt.Fprintf(&b, " (%s)", e.File)
	}
	b.WriteString(":")
	for _, m := range e.Mistakes {
		fmt.Fprintf(&b, "\n  %s: %s", m.Field, m.Detail)
		if line := e.Lines[m.Field]; line > 0 {
			fmt.Fprintf(&b, " (line %d)", line)
		}
	}
	return b.String()
}

// Leaks says what becomes of tokens that were found in the open.
type Leaks struct {
	Overlap    time.Duration // how long they work on; 0 = their key is revoked at once
	GitHubKeys string        // a file or an address; empty = GitHub's reports are not taken
}

// Load reads and checks a configuration. All mistakes come back in one *Error;
// a file that cannot be read is a *setting.Error.
func Load(src Source) (*Config, error) {
	r := &reader{
		k: koanf.New("."), inFile: koanf.New("."), unread: map[string]bool{},
		names: names{file: src.File, flags: src.Flags, given: map[string]string{}},
	}
	if err := r.gather(src); err != nil {
		return nil, err
	}
	cfg := &Config{
		File:             src.File,
		Blank:            isBlank(src.File),
		Names:            r.of,
		DataDir:          r.path("data_dir"),
		Listen:           r.listen("listen"),
		Postgres:         r.store("store", "store_file"),
		BootstrapKeyFile: r.path("bootstrap_key_file"),
		Pepper: pepper.File{Name: r.path("pepper_file"), Setting: r.of("pepper_file"), Seal: pepper.Seal{
			PassphraseFile: r.path(pepper.PassphraseFileKey), KeyFile: r.path(pepper.KeyFileKey), Names: r.of,
		}},
		MaxStaleness:   r.duration("max_staleness"),
		ShutdownGrace:  r.duration("shutdown_grace"),
		TrustedProxies: r.cidrs("trusted_proxies"),
		TLS:            r.tls("tls"),
		Policy:         r.policy(),
		PolicyGiven:    r.policyGiven(),
		Leaks:          Leaks{Overlap: r.duration("leaks.overlap"), GitHubKeys: r.fileOrAddress("leaks.github_keys")},
		Compat:         r.compat("compat"),
		Gate: Gate{
			Listen: r.listen("gate.listen"),
			URL:    r.serverAddress("gate.url"),

			InStore: r.bool(endpointsInStoreKey),

			Scope: apikey.Scope{OrgIDs: r.orgIDs("gate.orgs"), Pools: r.pools("gate.pools")},
			TLS:   r.tls("gate.tls"),
			Options: gate.Options{
				Sources:        verify.Sources{Schemes: r.list("gate.schemes"), Headers: r.list("gate.headers")},
				TrustedProxies: r.cidrs("gate.trusted_proxies"),
				IngestionOpen:  !r.bool("auth.ingestion.enabled"),
				Allowed:        r.allowed(upstreamsKey),
				Endpoints:      r.endpoints(),
			},
		},
		Audit:    r.audit(),
		Failures: r.failures(),
		Connections: Connections{Total: int(r.number("connections.total", 0)),
			PerAddress: int(r.number("connections.per_address", 0))},
		MetricsByKey: r.bool("metrics.by_key"),
		Log:          Log{Level: r.level("log.level"), Format: r.oneOf("log.format", "text", "json")},
	}
	cfg.Notices = r.notices()
	cfg.check(r)
	cfg.Warnings, cfg.values = r.warnings, r.values()
	cfg.files = slices.Concat(r.files, []string{filepath.Clean(src.File)})
	if len(r.mistakes) > 0 {
		return nil, r.failure()
	}
	return cfg, nil
}

// check says what is wrong with values that are right one by one.
func (c *Config) check(r *reader) {
	if c.DataDir == "" {
		r.wrong("data_dir", "is empty; name a directory, such as ./data")
	}
	if c.Pepper.Name == "" {
		c.Pepper.Name, c.Pepper.Setting = filepath.Join(c.DataDir, "pepper"), r.of("data_dir")
		c.Pepper.InStoreDir = c.Postgres == nil
	}
	if c.Pepper.Seal.PassphraseFile != "" && c.Pepper.Seal.KeyFile != "" {
		r.wrong(pepper.KeyFileKey, "cannot be set together with %s; choose one of the two",
			r.of(pepper.PassphraseFileKey))
	}
	if c.MaxStaleness < 5*time.Second {
		r.wrong("max_staleness",
			"must be at least 5s, or the gate would close at every hiccup of the store; and it must end, or a revoked key could open the gate for ever")
	}
	if c.Listen != "" && c.Listen == c.Gate.Listen && !strings.HasSuffix(c.Listen, ":0") {
		r.wrong("gate.listen",
			"is the same address as %s; management is never reachable through the gate, so give it another",
			r.of("listen"))
	}
	c.checkLoops(r)
	opts := c.Gate.Options
	opts.Issued = func(int64, apikey.Permission, string, string) bool { return false } // there will be one
	r.checked(opts.Check())
}
