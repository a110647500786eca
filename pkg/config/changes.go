package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/gate"
)

// Changes are what differs between two configurations.
type Changes struct {
	Endpoints []string // "+ NAME" is new, "- NAME" gone, "~ NAME" changed
	Settings  []string // keys of those that count at once
	Restart   []string // keys of those that count after a restart
}

// liveSettings are those that a running server takes up.
var liveSettings = []string{"auth.ingestion.enabled", "gate.trusted_proxies", "gate.schemes", "gate.headers",
	"gate.url", endpointsInStoreKey, upstreamsKey, beforeEndKey, unusedKey, auditKeepKey}

// isLive reports whether a running server can take up a setting of c in place of
// the old one. A listener that speaks TLS can get another certificate, but does
// not begin or cease to speak it.
func (c *Config) isLive(old *Config, key string) bool {
	switch {
	case strings.HasPrefix(key, "tls."):
		return c.TLS.Enabled() && old.TLS.Enabled()
	case strings.HasPrefix(key, "gate.tls."):
		return c.Gate.TLS.Enabled() && old.Gate.TLS.Enabled()
	}
	return slices.Contains(liveSettings, key)
}

// ChangesFrom says what is other than in an older configuration.
func (c *Config) ChangesFrom(old *Config) Changes {
	d := Changes{Endpoints: endpointChanges(old.Gate.Endpoints, c.Gate.Endpoints)}
	for _, s := range settings {
		switch {
		case c.values[s.key] == old.values[s.key]:
		case c.isLive(old, s.key):
			d.Settings = append(d.Settings, s.key)
		default:
			d.Restart = append(d.Restart, s.key)
		}
	}
	if !reflect.DeepEqual(c.Notices.To, old.Notices.To) {
		d.Settings = append(d.Settings, noticesKey)
	}
	if !slices.Equal(c.Audit.To, old.Audit.To) {
		d.Settings = append(d.Settings, auditToKey)
	}
	return d
}

// Live returns c with all that a running server takes up from a newer one.
func (c *Config) Live(newer *Config) *Config {
	next := *c
	next.Names, next.Warnings, next.Blank = newer.Names, newer.Warnings, newer.Blank
	next.Gate.Options, next.Gate.URL, next.Gate.InStore = newer.Gate.Options, newer.Gate.URL, newer.Gate.InStore
	next.Notices = newer.Notices
	next.Audit = newer.Audit
	next.values = maps.Clone(c.values)
	for key, value := range newer.values {
		if newer.isLive(c, key) {
			next.values[key] = value
		}
	}
	if newer.isLive(c, "tls.cert_file") {
		next.TLS = newer.TLS
	}
	if newer.isLive(c, "gate.tls.cert_file") {
		next.Gate.TLS = newer.Gate.TLS
	}
	return &next
}

func endpointChanges(old, now []gate.Endpoint) (changes []string) {
	find := func(in []gate.Endpoint, name string) *gate.Endpoint {
		i := slices.IndexFunc(in, func(e gate.Endpoint) bool { return e.Name == name })
		if i < 0 {
			return nil
		}
		return &in[i]
	}
	for i := range now {
		switch before := find(old, now[i].Name); {
		case before == nil:
			changes = append(changes, "+ "+now[i].Name)
		case !reflect.DeepEqual(*before, now[i]):
			changes = append(changes, "~ "+now[i].Name)
		}
	}
	for _, e := range old {
		if find(now, e.Name) == nil {
			changes = append(changes, "- "+e.Name)
		}
	}
	return changes
}
