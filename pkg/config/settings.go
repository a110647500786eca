package config

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/pflag"

	"github.com/ostiary/ostiary/pkg/pepper"
)

// item is one scalar of the configuration. Its key gives the name in the
// file, its flag and its environment variable.
type item struct {
	key   string // as in the file: gate.tls.self_signed
	value string // the default
	usage string
	bool  bool // a flag that needs no value
}

// The settings of the policy, which errors name.
const (
	defaultTTLKey = "policy.default_ttl"
	maxTTLKey     = "policy.max_ttl"
)

// settings are all scalars, in the order of --help. Lists (endpoints) are for
// the file alone; lists of words may be given with commas.
var settings = []item{
	{key: "data_dir", value: "./data", usage: "directory of the SQLite database, the pepper and self-made certificates"},
	{key: "listen", value: "127.0.0.1:7171", usage: "address of the management listener: resource API, console, /metrics, /healthz, /readyz"},
	{key: "store", value: "sqlite", usage: `"sqlite", a file in the data directory, or an address such as postgres://user@host:5432/database`},
	{key: "store_file", usage: "file that holds the store's address, which may then have a password in it"},
	{key: "bootstrap_key_file", usage: "write the first Admin key to this file (0600) and not to the terminal"},
	{key: "pepper_file", usage: "file of the pepper (default: pepper in the data directory)"},
	{key: pepper.PassphraseFileKey, usage: "file of the passphrase that the pepper is sealed with, in one line"},
	{key: pepper.KeyFileKey, usage: "file of at least 32 random bytes that the pepper is sealed with, instead of a passphrase"},
	{key: "max_staleness", value: "5m", usage: "how long the gate decides while the store does not answer"},
	{key: "shutdown_grace", value: "10s", usage: "how long requests that run may take to end when the server stops; 0 = as long as they like"},
	{key: "trusted_proxies", usage: "address blocks whose X-Forwarded-For the management listener believes"},
	{key: "tls.self_signed", value: "false", bool: true, usage: "serve management over TLS with a certificate made by Ostiary"},
	{key: "tls.names", usage: "further host names and addresses for the self-made certificate of the management listener"},
	{key: "tls.cert_file", usage: "certificate chain of the management listener (PEM)"},
	{key: "tls.key_file", usage: "private key of the management listener (PEM)"},
	{key: defaultTTLKey, value: "90d", usage: `lifetime of a key for which none is asked: seconds, or "90d", "12h", "never"; if not given, at most the longest`},
	{key: maxTTLKey, value: "0", usage: "longest lifetime of a new key; 0 = no limit"},
	{key: "auth.ingestion.enabled", value: "true", bool: true, usage: `ask for a key at endpoints that take "ingest"; false lets anyone in`},
	{key: "leaks.overlap", value: "0", usage: "how long a token works on that was reported as found in the open; 0 = its key is revoked at once"},
	{key: "leaks.github_keys", usage: "file or address of GitHub's public keys, to take the reports of its secret scanning"},
	{key: "compat", value: "grafana,pyroscope,stackstate", usage: `systems whose key APIs the management listener serves as well; "off" = none`},
	{key: "gate.listen", value: "127.0.0.1:7172", usage: `address of the gate: /auth and the endpoints; "" = no gate`},
	{key: "gate.url", usage: "address at which clients reach the gate, if not where it listens, such as https://gate.example.org"},
	{key: endpointsInStoreKey, value: "false", bool: true, usage: "let Admins make endpoints and change the policy without this file: each for their organization, kept in the store"},
	{key: upstreamsKey, usage: "hosts and address blocks, each with a port if need be, that may stand behind endpoints of the store, such as loki.internal:3100,10.1.0.0/16; none if empty"},
	{key: "gate.orgs", usage: "organizations whose keys alone this gate holds, by number; others are unknown to it"},
	{key: "gate.pools", usage: "pools whose keys alone this gate holds; others are unknown to it"},
	{key: "gate.tls.self_signed", value: "false", bool: true, usage: "serve the gate over TLS with a certificate made by Ostiary"},
	{key: "gate.tls.names", usage: "further host names and addresses for the self-made certificate of the gate"},
	{key: "gate.tls.cert_file", usage: "certificate chain of the gate (PEM)"},
	{key: "gate.tls.key_file", usage: "private key of the gate (PEM)"},
	{key: "gate.trusted_proxies", usage: "address blocks whose X-Forwarded-For the gate believes"},
	{key: "gate.schemes", usage: `further schemes of Authorization whose value is a key, such as "StackState"`},
	{key: "gate.headers", value: "X-API-Key", usage: "headers that hold a key"},
	{key: auditKeepKey, value: "never", usage: `how long entries of the audit trail stay, such as "400d"; "never" = nothing is removed`},
	{key: "failures.per_second", value: "10", usage: "wrong keys that an address may send a second in the long run; 0 = no limit"},
	{key: "failures.burst", value: "100", usage: "wrong keys that an address may send at once"},
	{key: "connections.total", value: "0", usage: "connections that the gate holds at most; 0 = as many as the limit on open files allows, and 10000 at most"},
	{key: "connections.per_address", value: "0", usage: "of those, from one address that is no trusted proxy; 0 = the fourth part"},
	{key: "metrics.by_key", value: "false", bool: true, usage: "metrics of each key at /metrics: requests, end, limits used; 10000 series at most"},
	{key: beforeEndKey, value: "30d,7d,1d", usage: "how long before the end of a key people are told; see notices.to in the file"},
	{key: unusedKey, value: "90d", usage: "how long a key is not used until people are told; 0 = they are not"},
	{key: "log.level", value: "info", usage: "debug, info, warn or error"},
	{key: "log.format", value: "text", usage: "text or json"},
}

// flag returns the setting's flag: data_dir is --data-dir.
func (s item) flag() string { return strings.ReplaceAll(s.key, "_", "-") }

// env returns the setting's environment variable: gate.listen is
// OSTIARY_GATE_LISTEN with the prefix "OSTIARY_".
func (s item) env(prefix string) string {
	return prefix + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(s.key))
}

// configKey is the key of the setting that names the configuration file itself.
const configKey = "config"

// AddFlags adds a flag for the configuration file and one for each setting, or
// for those alone whose keys are given. The flags' defaults are for --help
// alone: a flag counts only if it was given.
func AddFlags(flags *pflag.FlagSet, only ...string) {
	flags.String(configKey, "", "configuration file (YAML)")
	for _, s := range settings {
		if len(only) > 0 && !slices.Contains(only, s.key) {
			continue
		}
		usage := fmt.Sprintf("%s [%s]", s.usage, s.env(EnvPrefix))
		if s.bool {
			flags.Bool(s.flag(), s.value == "true", usage)
		} else {
			flags.String(s.flag(), s.value, usage)
		}
	}
	flags.SetNormalizeFunc(normalFlag)
}

// normalFlag lets words in the names of flags be parted by hyphens, dots and
// underscores alike.
func normalFlag(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	if flag, ok := flagsByWords()[words(name)]; ok {
		return pflag.NormalizedName(flag)
	}
	return pflag.NormalizedName(strings.ReplaceAll(name, "_", "-"))
}

var flagsByWords = sync.OnceValue(func() map[string]string {
	flags := map[string]string{}
	for _, s := range settings {
		flags[words(s.flag())] = s.flag()
	}
	return flags
})

func words(name string) string { return strings.NewReplacer(".", "-", "_", "-").Replace(name) }

// EnvPrefix begins the environment variables of the standalone server.
const EnvPrefix = "OSTIARY_"
