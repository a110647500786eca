package config

import (
	"cmp"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/gate"
	"github.com/ostiary/ostiary/pkg/upstreams"
)

// The settings of endpoints in the store.
const (
	endpointsInStoreKey = "gate.endpoints_in_store"
	upstreamsKey        = "gate.upstreams"
)

// allowed reads what may stand behind endpoints of the store.
func (r *reader) allowed(key string) upstreams.Allowed {
	var good []string
	for _, entry := range r.list(key) { // one by one, so that every mistake is reported
		if _, err := upstreams.Parse([]string{entry}); err != nil {
			r.wrong(key, "%s", err)
			continue
		}
		good = append(good, entry)
	}
	allowed, _ := upstreams.Parse(good)
	return allowed
}

// policyGiven lists the fields of the policy that a flag, a variable or the file gives.
func (r *reader) policyGiven() (fields []string) {
	for key, field := range map[string]string{
		defaultTTLKey: apikey.PolicyDefaultTTL, maxTTLKey: apikey.PolicyMaxTTL,
	} {
		if r.given[key] != "" || r.inFile.Exists(key) {
			fields = append(fields, field)
		}
	}
	slices.Sort(fields)
	return fields
}

// notStored are fields of an endpoint that only the configuration file can have, and why.
var notStored = map[string]string{
	"upstream_auth_file":    "names a file of the server, so only the configuration file can have it",
	"receiver_key_file":     "names a file of the server, so only the configuration file can have it",
	"basic_until_first_key": "names a file of the server, so only the configuration file can have it",
	"assert":                "lets what is behind the gate sign in to a Grafana, so only the configuration file can have it",
	"org":                   "is always your own organization; leave it out",
}

// StoredEndpoint reads an endpoint that is kept in the store, of the same fields as in the file. Mistakes and warnings
// name fields without what stands before an endpoint in the file.
func StoredEndpoint(fields map[string]any, orgID int64) (e gate.Endpoint, wrong apikey.Mistakes, warnings []Warning) {
	const key = "endpoint"
	r := &reader{unread: map[string]bool{}}
	own := map[string]any{}
	for name, value := range fields {
		switch why := notStored[name]; {
		case why != "":
			r.wrong(key+"."+name, "%s", why)
		default:
			own[name] = value
		}
	}
	e = r.endpoint(key, own)
	e.OrgID, e.Stored = orgID, true
	for i := range r.mistakes {
		r.mistakes[i].Field = strings.TrimPrefix(r.mistakes[i].Field, key+".")
	}
	for i := range r.warnings {
		r.warnings[i].Setting = strings.TrimPrefix(r.warnings[i].Setting, key+".")
	}
	slices.SortFunc(r.mistakes, func(a, b apikey.FieldError) int { return strings.Compare(a.Field, b.Field) })
	return e, r.mistakes, r.warnings
}

// Unread reports whether a mistake in a field is only that it could not be read, which is said already.
func Unread(wrong apikey.Mistakes, field string) bool {
	return slices.ContainsFunc(wrong, func(m apikey.FieldError) bool {
		return field == m.Field || strings.HasPrefix(field, m.Field+".") || strings.HasPrefix(field, m.Field+"[") ||
			strings.HasPrefix(m.Field, field+".") || strings.HasPrefix(m.Field, field+"[")
	})
}

// checkLoops says which endpoints would pass requests on to the gate itself, or past its rules to the management
// listener.
func (c *Config) checkLoops(r *reader) {
	for i := range c.Gate.Endpoints {
		u := c.Gate.Endpoints[i].Upstream
		if u == nil {
			continue
		}
		field := endpointsKey + "[" + strconv.Itoa(i) + "].upstream"
		switch {
		case leadsTo(u, c.Gate.Listen) || leadsToURL(u, c.Gate.URL):
			r.wrong(field, "%s is the gate itself, so that every request would come back to it; name what stands behind it",
				u.Host)
		case leadsTo(u, c.Listen):
			r.wrong(field, "%s is the management listener, which is never reachable through the gate; name what stands behind it",
				u.Host)
		}
	}
}

// leadsTo reports whether an address is that of a listener, as far as that can be told without asking anybody.
func leadsTo(u *url.URL, listen string) bool {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || port == "0" || port != portOf(u) {
		return false
	}
	name := u.Hostname()
	if strings.EqualFold(strings.TrimSuffix(name, "."), strings.TrimSuffix(host, ".")) {
		return true
	}
	at, atErr := netip.ParseAddr(loopbackOf(name))
	own, ownErr := netip.ParseAddr(cmp.Or(loopbackOf(host), "::"))
	n, _ := strconv.ParseUint(port, 10, 16)
	return atErr == nil && ownErr == nil &&
		upstreams.Reaches(netip.AddrPortFrom(at, uint16(n)), netip.AddrPortFrom(own, uint16(n)))
}

// loopbackOf returns an address for the name that stands for the machine itself.
func loopbackOf(host string) string {
	lower := strings.ToLower(strings.TrimSuffix(host, "."))
	if lower == "localhost" || strings.HasSuffix(lower, ".localhost") {
		return "127.0.0.1"
	}
	return host
}

func leadsToURL(u *url.URL, own string) bool {
	if own == "" {
		return false
	}
	at, err := url.Parse(own)
	return err == nil && strings.EqualFold(at.Hostname(), u.Hostname()) && portOf(at) == portOf(u)
}

func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}
