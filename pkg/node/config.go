package node

import (
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/compat"
	"github.com/ostiary/ostiary/pkg/gate"
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
	TrustedProxies   []netip.Prefix
	TLS              TLS
	Policy           apikey.Policy
	IngestionOpen    bool     // auth.ingestion.enabled is false
	Compat           []string // systems whose key APIs are served as well
	Gate             GateConfig
	Failures         FailureLimit
	Log              LogConfig
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
// *ConfigError.
func LoadConfig(src Source) (*Config, error) {
	k := koanf.New(".")
	r := &reader{k: k, origins: map[string]string{}}
	if err := r.gather(src); err != nil {
		return nil, err
	}
	cfg := &Config{
		DataDir:          r.path("data_dir"),
		Listen:           r.listen("listen"),
		Postgres:         r.store("store", "store_file"),
		BootstrapKeyFile: r.path("bootstrap_key_file"),
		PepperFile:       r.path("pepper_file"),
		PepperSeal:       PepperSeal{PassphraseFile: r.path(pepperPassphraseFileKey), KeyFile: r.path(pepperKeyFileKey)},
		MaxStaleness:     r.duration("max_staleness"),
		TrustedProxies:   r.cidrs("trusted_proxies"),
		TLS:              r.tls("tls"),
		Policy:           apikey.Policy{DefaultTTL: r.duration("policy.default_ttl"), MaxTTL: r.duration("policy.max_ttl")},
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
		c.PepperFile = filepath.Join(c.DataDir, "pepper")
	}
	if c.PepperSeal.PassphraseFile != "" && c.PepperSeal.KeyFile != "" {
		r.wrong(pepperKeyFileKey, "cannot be set together with %s; choose one of the two", pepperPassphraseFileKey)
	}
	if err, ok := c.Policy.Check().(*apikey.Error); ok { //nolint:errorlint // Check makes it
		for _, f := range err.Fields {
			r.wrong("policy."+f.Field, "%s", f.Detail)
		}
	}
	if c.MaxStaleness != 0 && c.MaxStaleness < 5*time.Second {
		r.wrong("max_staleness", "is shorter than 5s; the gate would close at every hiccup of the store")
	}
	if c.Failures.PerSecond > 0 && c.Failures.Burst < 1 {
		r.wrong("failures.burst", "must be at least 1")
	}
	c.checkGate(r)
	if c.Listen != "" && c.Listen == c.Gate.Listen && !strings.HasSuffix(c.Listen, ":0") {
		r.wrong("gate.listen", "is the same address as listen; management is never reachable through the gate, so give it another")
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
		if strings.HasPrefix(m.Field, endpointsKey) || r.origins[key] == "" {
			key = m.Field
		}
		isKnown := func(k apikey.FieldError) bool {
			return k.Field == r.name(key) || strings.HasPrefix(m.Field, k.Field+"[") || strings.HasPrefix(m.Field, k.Field+".")
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

// reader takes values out of a koanf and collects what is wrong with them.
type reader struct {
	k        *koanf.Koanf
	dir      string            // of the file: what relative paths in it are relative to
	origins  map[string]string // key -> what it was given by, if not by the file
	mistakes []apikey.FieldError
}

func (r *reader) wrong(key, format string, args ...any) {
	r.mistakes = append(r.mistakes, apikey.FieldError{Field: r.name(key), Detail: fmt.Sprintf(format, args...)})
}

// name is what a value was given by: its key in the file, a flag or a variable.
func (r *reader) name(key string) string {
	if origin := r.origins[key]; origin != "" {
		return origin
	}
	return key
}

// gather loads defaults, file, environment and flags, in this order.
func (r *reader) gather(src Source) error {
	defaults := map[string]any{}
	for _, s := range settings {
		defaults[s.key] = s.value
	}
	for key, value := range src.Defaults {
		defaults[key] = value
	}
	given := map[string]any{}
	if src.LookupEnv != nil {
		for _, s := range settings {
			if v, ok := src.LookupEnv(s.env(src.EnvPrefix)); ok {
				given[s.key], r.origins[s.key] = v, s.env(src.EnvPrefix)
			}
		}
	}
	if src.Flags != nil {
		for _, s := range settings {
			if f := src.Flags.Lookup(s.flag()); f != nil && f.Changed {
				given[s.key], r.origins[s.key] = f.Value.String(), "--"+s.flag()
			}
		}
	}
	if err := r.k.Load(confmap.Provider(defaults, "."), nil); err != nil {
		return err
	}
	if src.File != "" {
		if err := r.gatherFile(src.File); err != nil {
			return err
		}
	}
	return r.k.Load(confmap.Provider(given, "."), nil)
}

func (r *reader) gatherFile(name string) error {
	fromFile := koanf.New(".")
	if err := fromFile.Load(file.Provider(name), yaml.Parser()); err != nil {
		if os.IsNotExist(err) {
			return fmt.Errorf("the configuration file %s does not exist; leave out --config to run with defaults", name)
		}
		return fmt.Errorf("the configuration file %s cannot be read: %w", name, err)
	}
	r.dir = filepath.Dir(name)
	for _, key := range fromFile.Keys() {
		if !r.known(key, fromFile) {
			r.wrong(key, "is not a setting%s", nearest(key))
			fromFile.Delete(key)
		}
	}
	return r.k.Merge(fromFile)
}

// known reports whether a key of the file exists. A section that is a scalar
// by mistake, or the other way round, is reported here as well.
func (r *reader) known(key string, k *koanf.Koanf) bool {
	if key == endpointsKey {
		return true
	}
	for _, s := range settings {
		if s.key == key {
			return true
		}
		if after, ok := strings.CutPrefix(s.key, key+"."); ok {
			if k.Get(key) != nil { // an empty section is fine
				r.wrong(key, "must be a section, such as %s: {%s: …}", key, after)
			}
			k.Delete(key)
			return true
		}
	}
	return false
}

// nearest suggests the setting that a misspelt or misplaced key may have
// meant.
func nearest(key string) string {
	last := key[strings.LastIndexByte(key, '.')+1:]
	best, distance := "", 3 // further off is no misspelling
	for _, s := range settings {
		if d := levenshtein.ComputeDistance(key, s.key); d < distance {
			best, distance = s.key, d
		}
		if best == "" && strings.HasSuffix(s.key, "."+last) {
			best = s.key
		}
	}
	if best == "" {
		return "; see ostiary serve --help"
	}
	return "; did you mean " + best + "?"
}

func (r *reader) string(key string) string {
	v := r.k.Get(key)
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return strings.TrimSpace(v)
	case int, int64, uint64, float64, bool:
		return fmt.Sprint(v)
	}
	r.wrong(key, "must be a single value")
	return ""
}

// path reads a file's name. In the file, relative names are relative to the
// directory of the file.
func (r *reader) path(key string) string {
	return r.resolve(r.string(key), r.dir != "" && r.origins[key] == "" && r.k.String(key) != defaultOf(key))
}

func (r *reader) resolve(name string, fromFile bool) string {
	if name == "" || filepath.IsAbs(name) || !fromFile {
		return name
	}
	return filepath.Join(r.dir, name)
}

func defaultOf(key string) string {
	i := slices.IndexFunc(settings, func(s setting) bool { return s.key == key })
	return settings[i].value
}

func (r *reader) listen(key string) string {
	s := r.string(key)
	if s == "" {
		return ""
	}
	if err := checkListen(s); err != nil {
		r.wrong(key, "%s", err)
	}
	return s
}

func (r *reader) duration(key string) time.Duration {
	return r.parseDuration(key, r.string(key))
}

func (r *reader) parseDuration(key, s string) time.Duration {
	d, err := apikey.ParseTTL(s)
	if err != nil {
		r.wrong(key, "%s", err)
	}
	return d
}

func (r *reader) bool(key string) bool {
	switch s := strings.ToLower(r.string(key)); s {
	case "true", "1", "yes", "on":
		return true
	case "false", "0", "no", "off", "":
		return false
	default:
		r.wrong(key, "%q is neither true nor false", s)
		return false
	}
}

func (r *reader) number(key string) float64 {
	var n float64
	if _, err := fmt.Sscanf(r.string(key)+"\n", "%g\n", &n); err != nil || n < 0 || n > 1e6 {
		r.wrong(key, "%q is not a number from 0 to 1000000", r.string(key))
		return 0
	}
	return n
}

func (r *reader) level(key string) (level slog.Level) {
	if err := level.UnmarshalText([]byte(r.string(key))); err != nil {
		r.wrong(key, "%q is not a level; use debug, info, warn or error", r.string(key))
	}
	return level
}

func (r *reader) oneOf(key string, allowed ...string) string {
	s := r.string(key)
	if !slices.Contains(allowed, s) {
		r.wrong(key, "%q is not allowed; use %s", s, strings.Join(allowed, " or "))
	}
	return s
}

// compat reads the systems whose key APIs are served; "off" means none.
func (r *reader) compat(key string) []string {
	names := slices.Clone(r.list(key))
	if len(names) == 1 && slices.Contains([]string{"off", "false", "none"}, names[0]) {
		return nil
	}
	for _, name := range names {
		if !slices.Contains(compat.Names(), name) {
			r.wrong(key, "%q is not a system whose key API there is; use %s, or off", name, strings.Join(compat.Names(), ", "))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// orgIDs reads a list of organizations.
func (r *reader) orgIDs(key string) (ids []int64) {
	for _, s := range r.list(key) {
		id, err := strconv.ParseInt(s, 10, 64)
		if err != nil || id < 1 {
			r.wrong(key, "%q is not the number of an organization", s)
		}
		ids = append(ids, id)
	}
	return ids
}

// pools reads a list of pools.
func (r *reader) pools(key string) []string {
	pools := r.list(key)
	for _, pool := range pools {
		if err := apikey.CheckPoolName(pool); err != nil {
			r.wrong(key, "%s", err)
		}
	}
	return pools
}

// list reads a YAML list of words, or words with commas between them.
func (r *reader) list(key string) []string {
	switch v := r.k.Get(key).(type) {
	case []any:
		out := make([]string, 0, len(v))
		for _, item := range v {
			switch item.(type) {
			case string, int:
				out = append(out, fmt.Sprint(item))
			default:
				r.wrong(key, "must be a list of words")
				return nil
			}
		}
		return out
	case []string:
		return v
	}
	return splitList(r.string(key))
}

func splitList(s string) (out []string) {
	for word := range strings.SplitSeq(s, ",") {
		if word = strings.TrimSpace(word); word != "" {
			out = append(out, word)
		}
	}
	return out
}

func (r *reader) cidrs(key string) []netip.Prefix {
	list := r.list(key)
	for _, s := range list { // each for itself, so that all that is wrong is told
		if _, err := apikey.ParseCIDRs([]string{s}); err != nil {
			r.wrong(key, "%s", err)
			list = nil
		}
	}
	out, err := apikey.ParseCIDRs(list)
	if err != nil {
		r.wrong(key, "%s", err)
	}
	return out
}

// tokens reads names of headers or schemes (RFC 9110, token).
func (r *reader) tokens(key string) []string {
	out := r.list(key)
	for _, s := range out {
		r.checkToken(key, s)
	}
	return out
}

func (r *reader) checkToken(key, s string) {
	bad := func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, c)
	}
	if s == "" || strings.IndexFunc(s, bad) >= 0 {
		r.wrong(key, "%q is not a name of a header or scheme", s)
	}
}

func (r *reader) tls(key string) TLS {
	t := TLS{SelfSigned: r.bool(key + ".self_signed"), CertFile: r.path(key + ".cert_file"), KeyFile: r.path(key + ".key_file")}
	switch {
	case t.SelfSigned && (t.CertFile != "" || t.KeyFile != ""):
		r.wrong(key+".self_signed", "cannot be true together with cert_file and key_file; choose one of the two ways")
	case t.CertFile != "" && t.KeyFile == "":
		r.wrong(key+".key_file", "is missing; cert_file needs the private key that belongs to it")
	case t.CertFile == "" && t.KeyFile != "":
		r.wrong(key+".cert_file", "is missing; key_file needs the certificate that belongs to it")
	}
	return t
}
