package config

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/certificate"
	"github.com/ostiary/ostiary/pkg/compat"
	"github.com/ostiary/ostiary/pkg/setting"
)

// reader takes values out of a koanf and collects what is wrong with them.
type reader struct {
	names
	k        *koanf.Koanf
	inFile   *koanf.Koanf // what the file says, before anything overrides it
	dir      string       // of the file: what relative paths in it are relative to
	mistakes apikey.Mistakes
	unread   map[string]bool // keys of what could not be read, and therefore not be checked
	warnings []Warning
	address  string   // of the store, from store_file
	files    []string // that settings name
}

func (r *reader) wrong(key, format string, args ...any) {
	r.unread[key] = true
	r.mistakes.Add(r.of(key), format, args...)
}

// values are the settings as they were given, as texts.
func (r *reader) values() map[string]string {
	values := map[string]string{}
	for _, s := range settings {
		values[s.key] = fmt.Sprint(r.k.Get(s.key))
	}
	values["store_file"] += "\n" + r.address
	return values
}

// warn notes a warning; an empty one is none.
func (r *reader) warn(key, text string) {
	if text != "" {
		r.warnings = append(r.warnings, Warning{Setting: r.of(key), Text: text})
	}
}

// checked takes the mistakes that the owner of a part of the configuration
// found in it, but for those in what could not even be read.
func (r *reader) checked(mistakes apikey.Mistakes) {
	for _, m := range mistakes {
		name := r.of(m.Field)
		read := true
		for key := m.Field; key != ""; key = key[:max(strings.LastIndexAny(key, ".["), 0)] {
			read = read && !r.unread[key]
			if r.given[key] != "" {
				name = r.of(key)
			}
		}
		if read {
			r.mistakes.Add(name, "%s", m.Detail)
		}
	}
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
	r.given[configKey] = item{key: configKey}.env(src.EnvPrefix)
	given := map[string]any{}
	if src.LookupEnv != nil {
		for _, s := range settings {
			if v, ok := src.LookupEnv(s.env(src.EnvPrefix)); ok {
				given[s.key], r.given[s.key] = v, s.env(src.EnvPrefix)
			}
		}
	}
	if src.Flags != nil {
		r.given[configKey] = "--" + configKey
		for _, s := range settings {
			if f := src.Flags.Lookup(s.flag()); f != nil && f.Changed {
				given[s.key], r.given[s.key] = f.Value.String(), "--"+s.flag()
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
	if err := r.inFile.Load(file.Provider(name), yamlParser{}); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return setting.Names(r.of).Unusable(configKey,
				fmt.Errorf("there is no file %s; leave this out to run with defaults", name))
		}
		return setting.Names(r.of).Unusable(configKey, fmt.Errorf("the file %s cannot be read: %w", name, err))
	}
	r.dir = filepath.Dir(name)
	// Sections can be written as policy: {max_ttl: …} and as policy.max_ttl: …; from here on they are one.
	sections := koanf.New(".")
	if err := sections.Load(confmap.Provider(r.inFile.All(), "."), nil); err != nil {
		return err
	}
	r.inFile = sections
	for key, lines := range readLines(name).twice() {
		r.wrong(key, "is said twice, in the lines %d and %d; leave out one of them", lines[0], lines[1])
	}
	for _, key := range r.inFile.Keys() {
		inside, isSection := settingIn(key)
		switch {
		case key == endpointsKey, key == noticesKey, key == auditToKey, isSetting(key):
			continue
		// who reads the list refuses a section
		case r.isInList(key, endpointsKey), r.isInList(key, noticesKey), r.isInList(key, auditToKey):
			continue
		case !isSection:
			r.wrong(key, "is not a setting%s", nearest(key))
		case r.inFile.Get(key) != nil: // an empty section is fine
			r.wrong(key, "must be a section, such as %s: {%s: …}", key, inside)
		}
		r.inFile.Delete(key)
	}
	return r.k.Merge(r.inFile)
}

// isInList reports whether a key of the file is one of a section where there should be a list.
func (r *reader) isInList(key, list string) bool {
	return strings.HasPrefix(key, list+".") && r.inFile.Get(list) != nil
}

func isSetting(key string) bool {
	return slices.ContainsFunc(settings, func(s item) bool { return s.key == key })
}

// settingIn returns the first setting in a section of the file.
func settingIn(section string) (name string, isSection bool) {
	for _, s := range settings {
		if name, isSection = strings.CutPrefix(s.key, section+"."); isSection {
			return name, true
		}
	}
	return "", false
}

// nearest suggests the setting that a misspelt or misplaced key may have
// meant.
func nearest(key string) string {
	last := key[strings.LastIndexByte(key, '.')+1:]
	keys := make([]string, len(settings))
	for i, s := range settings {
		keys[i] = s.key
	}
	best := Closest(key, keys)
	if best == "" {
		if i := slices.IndexFunc(keys, func(k string) bool { return strings.HasSuffix(k, "."+last) }); i >= 0 {
			best = keys[i]
		}
	}
	if best == "" {
		return "; see ostiary serve --help"
	}
	return "; did you mean " + best + "?"
}

// Closest returns the name that a misspelt one may have meant, or nothing.
func Closest(misspelt string, names []string) (best string) {
	const short = 3   // letters, of which two others are most
	distance := short // further off is no misspelling
	for _, name := range names {
		d := levenshtein.ComputeDistance(misspelt, name)
		if len(misspelt) <= short && d > 1 && !sameLetters(misspelt, name) {
			continue
		}
		if d < distance {
			best, distance = name, d
		}
	}
	return best
}

// sameLetters reports whether two words differ in nothing but the order of their letters.
func sameLetters(a, b string) bool {
	return slices.Equal(slices.Sorted(slices.Values([]byte(a))), slices.Sorted(slices.Values([]byte(b))))
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
	return r.resolve(r.string(key), r.given[key] == "" && r.inFile.Exists(key))
}

// fileOrAddress reads the name of a file, or an address with https.
func (r *reader) fileOrAddress(key string) string {
	s := strings.TrimSpace(r.string(key))
	switch {
	case strings.HasPrefix(s, "https://"):
		if u, err := url.Parse(s); err != nil || u.Host == "" || u.User != nil {
			r.wrong(key, "is not an address such as https://api.github.com/meta/public_keys/secret_scanning")
		}
		return s
	case strings.Contains(s, "://"):
		r.wrong(key, "must begin with https://, or be the name of a file")
	}
	return r.path(key)
}

func (r *reader) resolve(name string, fromFile bool) string {
	if name == "" {
		return ""
	}
	if fromFile && !filepath.IsAbs(name) {
		name = filepath.Join(r.dir, name)
	}
	r.files = append(r.files, filepath.Clean(name))
	return name
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

// serverAddress reads the address of a server of http or https.
func (r *reader) serverAddress(key string) string {
	s := strings.TrimRight(r.string(key), "/")
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" ||
		u.Fragment != "" {
		r.wrong(key, "is not an address such as https://gate.example.org (http or https; no user, query or fragment)")
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

// policy reads the limits for new keys. A default that nobody gave is never
// longer than the maximum.
func (r *reader) policy() apikey.Policy {
	before := len(r.mistakes)
	p := apikey.Policy{DefaultTTL: r.duration(defaultTTLKey), MaxTTL: r.duration(maxTTLKey)}
	if p.MaxTTL > 0 && p.DefaultTTL > p.MaxTTL && r.given[defaultTTLKey] == "" && !r.inFile.Exists(defaultTTLKey) {
		p.DefaultTTL = p.MaxTTL
	}
	err, ok := p.Check().(*apikey.Error) //nolint:errorlint // Check makes it
	if !ok || len(r.mistakes) > before { // what cannot be read cannot be compared either
		return p
	}
	for _, f := range err.Fields {
		r.wrong("policy."+f.Field, "%s", strings.ReplaceAll(f.Detail, "max_ttl", r.of(maxTTLKey)))
	}
	return p
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

// failures reads how many wrong keys are allowed; without a limit the burst does not matter.
func (r *reader) failures() Failures {
	f := Failures{PerSecond: r.number("failures.per_second", 0)}
	least := 0
	if f.PerSecond > 0 {
		least = 1
	}
	f.Burst = int(r.number("failures.burst", least))
	return f
}

func (r *reader) number(key string, least int) float64 {
	var n float64
	if _, err := fmt.Sscanf(r.string(key)+"\n", "%g\n", &n); err != nil || n < float64(least) || n > 1e6 {
		r.wrong(key, "%q is not a number from %d to 1000000", r.string(key), least)
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
			r.wrong(key, "%q is not a system whose key API there is; use %s, or off", name,
				strings.Join(compat.Names(), ", "))
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
	for _, s := range list { // one by one, so that every mistake is reported
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

func (r *reader) tls(key string) certificate.Files {
	t := certificate.Files{
		SelfSigned: r.bool(key + ".self_signed"), Names: r.list(key + ".names"), CertFile: r.path(key + ".cert_file"),
		KeyFile: r.path(key + ".key_file"),
	}
	for _, name := range t.Names {
		if err := certificate.CheckName(name); err != nil {
			r.wrong(key+".names", "%s", err)
		}
	}
	switch {
	case len(t.Names) > 0 && !t.SelfSigned:
		r.wrong(key+".names", "are for a certificate that Ostiary makes; set %s, or leave them out",
			r.of(key+".self_signed"))
	case t.SelfSigned && (t.CertFile != "" || t.KeyFile != ""):
		r.wrong(key+".self_signed", "cannot be true together with %s and %s; choose one of the two ways",
			r.of(key+".cert_file"), r.of(key+".key_file"))
	case t.CertFile != "" && t.KeyFile == "":
		r.wrong(key+".key_file", "is missing; %s needs the private key that belongs to it", r.of(key+".cert_file"))
	case t.CertFile == "" && t.KeyFile != "":
		r.wrong(key+".cert_file", "is missing; %s needs the certificate that belongs to it", r.of(key+".key_file"))
	}
	return t
}
