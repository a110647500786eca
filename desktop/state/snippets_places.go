package state

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// AnyTenantPlace stands where a key that may act for any tenant must name one.
const AnyTenantPlace = "TENANT"

// header is what a request needs besides its credential.
type header struct{ name, value string }

// place is where at the gate a program sends to or reads from.
type place struct {
	endpoint api.Endpoint
	url      string
	tenant   []header // which is meant, where the key leaves that open
	signals  []string // of OTLP; otherwise none
}

// places are those at endpoints that the key opens and the gate passes on; doing
// is to read there or to bring data.
func (u Use) places(doing apikey.Permission, at func(api.Endpoint) (string, bool)) (all []place) {
	if u.Gate.URL == "" {
		return nil
	}
	for _, e := range u.opened() {
		if !e.Proxied || !does(u.Key.Role, doing, e) {
			continue
		}
		if path, ok := at(e); ok {
			all = append(all, place{endpoint: e, url: u.Gate.URL + path, tenant: u.tenantHeaders(e, doing)})
		}
	}
	return all
}

// tenantHeaders are what a request has to say about the tenant: nothing for a
// key of one, and reading counts for all of several.
func (u Use) tenantHeaders(e api.Endpoint, doing apikey.Permission) []header {
	if e.Tenant == nil {
		return nil
	}
	name := e.Tenant.Header
	if name == "" {
		name = "X-Scope-OrgID"
	}
	tenants := u.Key.Tenants
	switch {
	case slices.Contains(tenants, apikey.AnyTenant):
		return []header{{name, AnyTenantPlace}}
	case len(tenants) > 1 && doing == apikey.PermissionIngest:
		return []header{{name, tenants[0]}}
	}
	return nil
}

// scraped are the metrics that the key may read: those at a path of that name,
// or else the first thing that is read; nil for none.
func (u Use) scraped() *place {
	read := u.places(apikey.PermissionRead, scrapedAt)
	if len(read) == 0 {
		return nil
	}
	return &read[max(0, slices.IndexFunc(read, func(p place) bool { return strings.HasSuffix(p.url, "/metrics") }))]
}

// otlpPlaces are where the key sends OTLP. Endpoints at one address are one
// place, so that nothing is sent twice. Tempo takes traces at a port of its own:
// where another endpoint stands for that, they do not go to Tempo's others.
func (u Use) otlpPlaces() (all []place) {
	found := u.places(apikey.PermissionIngest, otlpAt)
	elsewhere := slices.ContainsFunc(found, func(p place) bool {
		return p.endpoint.Kind != "tempo" && slices.Contains(signalsAt(p.endpoint), "traces")
	})
	for _, p := range found {
		if elsewhere && p.endpoint.Kind == "tempo" {
			continue
		}
		p.signals = slices.Clone(signalsAt(p.endpoint))
		at := slices.IndexFunc(all, func(known place) bool { return known.url == p.url })
		if at < 0 {
			all = append(all, p)
			continue
		}
		all[at].signals = append(all[at].signals, p.signals...)
		if len(all[at].tenant) == 0 {
			all[at].tenant = p.tenant
		}
	}
	return all
}

// sent is a signal that goes somewhere.
type sent struct {
	signal string
	to     []place
}

// bySignal are all signals that go somewhere.
func bySignal(targets []place) (all []sent) {
	for _, signal := range signals {
		without := func(p place) bool { return !slices.Contains(p.signals, signal) }
		to := slices.DeleteFunc(slices.Clone(targets), without)
		if len(to) > 0 {
			all = append(all, sent{signal, to})
		}
	}
	return all
}

// textOfEach puts together a text for each of the places.
func textOfEach(places []place, text func(place) string) []string {
	all := make([]string, len(places))
	for i, p := range places {
		all[i] = text(p)
	}
	return all
}

// tenantIn puts what is said about the tenant into a form of its own.
func (p place) tenantIn(form func(header) []string) (all []string) {
	for _, h := range p.tenant {
		all = append(all, form(h)...)
	}
	return all
}

// indented are options, each on a line; nothing for none.
func indented(indent string, options ...[]string) string {
	var b strings.Builder
	for _, line := range slices.Concat(options...) {
		b.WriteString(indent + line + "\n")
	}
	return b.String()
}

// quoted is text in double quotes, as YAML, TOML, Python, Alloy and Go take it.
func quoted(text string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string can always be
	return strings.TrimSuffix(b.String(), "\n")
}

var notPlain = regexp.MustCompile(`[^A-Za-z0-9_]`)

// plain is the name of an endpoint as a program takes one: letters, digits and
// underscores.
func (p place) plain() string {
	name := notPlain.ReplaceAllString(p.endpoint.Name, "_")
	if name != "" && name[0] >= '0' && name[0] <= '9' {
		return "_" + name
	}
	return name
}

// parts are of a place's address: without a port that need not be written.
func (p place) parts() *url.URL {
	at, err := url.Parse(p.url)
	if err != nil {
		return &url.URL{Host: p.url}
	}
	at.Host = strings.TrimSuffix(at.Host, ":"+defaultPorts[at.Scheme])
	return at
}

// origin is where the server of a place is.
func (p place) origin() string {
	at := p.parts()
	return at.Scheme + "://" + at.Host
}

// path is that of a place's address.
func (p place) path() string {
	if path := p.parts().EscapedPath(); path != "" {
		return path
	}
	return "/"
}

// trusting are options where the gate's certificate is self-made.
func (u Use) trusting(options ...string) []string {
	if u.Gate.Certificate == "" {
		return nil
	}
	return options
}

// trustText is the same as a text.
func (u Use) trustText(text string) string { return strings.Join(u.trusting(text), "") }
