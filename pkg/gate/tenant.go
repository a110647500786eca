package gate

import (
	"net/http"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/confine"
	"github.com/ostiary/ostiary/pkg/kinds"
	"github.com/ostiary/ostiary/pkg/verify"
)

// Tenant says how the upstream learns whom a request acts for: in one of
// these ways. The zero Tenant is none of them.
type Tenant struct {
	Header     string // that holds the tenant, such as X-Scope-OrgID
	Label      string // of series behind the Prometheus API, to which every query is confined
	ExtraLabel string // of series in VictoriaMetrics, which it adds and looks for
}

// IsZero reports whether the upstream learns of no tenant.
func (t Tenant) IsZero() bool { return t == Tenant{} }

// describe returns what the API shows.
func (t Tenant) describe() *api.EndpointTenant {
	if t.IsZero() {
		return nil
	}
	return &api.EndpointTenant{Header: t.Header, Label: t.Label, ExtraLabel: t.ExtraLabel}
}

// clientHeader is where a client names its tenant.
func (t Tenant) clientHeader() string {
	switch {
	case t.Header != "":
		return http.CanonicalHeaderKey(t.Header)
	case t.IsZero():
		return ""
	}
	return verify.TenantHeader
}

// way returns how requests are confined as they pass; nil if a header says it all.
func (t Tenant) way() confine.Way {
	switch {
	case t.Label != "":
		return confine.Label(t.Label)
	case t.ExtraLabel != "":
		return confine.ExtraLabel(t.ExtraLabel)
	}
	return nil
}

// checkKind says that a program would not learn of the tenant in this way, and
// would serve the data of all.
func (t Tenant) checkKind(wrong *apikey.Mistakes, field string, kind *kinds.Kind) {
	switch {
	case kind.Tenant != "":
		if !strings.EqualFold(t.Header, kind.Tenant) {
			wrong.Add(field, "is not where %s looks for it; write {header: %s}", kind.Title, kind.Tenant)
		}
	case kind.Name == kinds.Prometheus:
		if t.Label == "" {
			wrong.Add(field, "means nothing to %s, which knows no tenants; write {label: NAME}, and its queries are confined",
				kind.Title)
		}
	case kind.Name == kinds.VictoriaMetrics:
		if t.Label == "" && t.ExtraLabel == "" {
			wrong.Add(field, "means nothing to %s, which knows no tenants; write {extra_label: NAME}", kind.Title)
		}
	default:
		wrong.Add(field, "means nothing to %s, which knows no tenants; leave it out", kind.Title)
	}
}

// check says what is wrong with how an endpoint's upstream learns of tenants.
func (t Tenant) check(wrong *apikey.Mistakes, field string, e *Endpoint, common verify.Sources) {
	if t.IsZero() {
		return
	}
	ways := 0
	for _, way := range []string{t.Header, t.Label, t.ExtraLabel} {
		if way != "" {
			ways++
		}
	}
	if ways > 1 {
		wrong.Add(field, "says it in %d ways; use one of header, label and extra_label", ways)
	} else if kind := kinds.Find(e.Kind); kind != nil {
		t.checkKind(wrong, field, kind)
	}
	if t.Header != "" {
		checkTenantHeader(wrong, field+".header", t.Header,
			slices.Concat(common.Headers, e.Headers, defaultHeaders(common)))
	}
	checkTenantLabel(wrong, field+".label", t.Label, e)
	checkTenantLabel(wrong, field+".extra_label", t.ExtraLabel, e)
	switch {
	case e.Open:
		wrong.Add(field, "is the key's, and with require: none nobody needs one; leave out one of the two")
	case e.BasicUntilFirstKey != nil:
		wrong.Add(field, "is the key's, and basic_until_first_key lets in without one; leave out one of the two")
	case e.ReceiverKey != "":
		wrong.Add(field, "is the key's, and the one in receiver_key_file has none; leave out one of the two")
	}
}

// defaultHeaders are those that hold a key if none are configured.
func defaultHeaders(common verify.Sources) []string {
	if common.Headers != nil {
		return nil
	}
	return []string{defaultHeader}
}

// unfitTenantHeaders steer the connection or the request, or hold a credential.
var unfitTenantHeaders = append([]string{
	"Accept-Encoding", "Accept", "Content-Encoding", "Date", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
	"Proxy-Connection", "Range",
	"User-Agent", "X-Jwt-Assertion",
}, unfitHeaders...)

func checkTenantHeader(wrong *apikey.Mistakes, field, header string, holdKeys []string) {
	name := http.CanonicalHeaderKey(header)
	isIt := func(other string) bool { return verify.IsHeader(name, other) }
	switch {
	case !isToken(header):
		wrong.Add(field, "%q is not the name of a header; write one such as X-Scope-OrgID", header)
	case slices.ContainsFunc(unfitTenantHeaders,
		isIt) || verify.IsIdentityHeader(name) || verify.IsForwardingHeader(name) || isMethodOverride(name):
		wrong.Add(field, "%s cannot hold a tenant; choose another header, such as X-Scope-OrgID", header)
	case slices.ContainsFunc(holdKeys, isIt):
		wrong.Add(field, "%s holds a key; choose another header, such as X-Scope-OrgID", header)
	}
}

func checkTenantLabel(wrong *apikey.Mistakes, field, label string, e *Endpoint) {
	if label == "" {
		return
	}
	if err := confine.CheckLabel(label); err != nil {
		wrong.Add(field, "%s", err)
	}
	if e.Upstream == nil {
		wrong.Add(field, "confines requests as they pass through the gate; say where to with upstream")
	}
}

// tenantSaid is the header that says whom a request acts for, whatever the
// endpoint's own is.
const tenantSaid = "X-Ostiary-Tenant"

var noTenant = []string{""}

// confines reports whether requests are confined to a tenant as they pass.
func (d *demand) confines() bool {
	return d.way != nil || d.Tenant != "" && d.tenantHeader == "" && !d.Tenantless
}

// forgetTenant has a proxy put nothing in place of what a client said, for
// requests that act for no tenant. Caddy puts its own words in place of a
// header that is not there, and Envoy leaves the client's.
func (d *demand) forgetTenant(h http.Header) {
	h[tenantSaid] = noTenant
	if d.tenantHeader != "" {
		h[d.tenantHeader] = noTenant
	}
}

// setTenant says whom the request acts for.
func (d *demand) setTenant(h http.Header, tenant string) {
	if tenant == "" {
		return
	}
	value := []string{tenant}
	h[tenantSaid] = value[:1:1]
	if d.tenantHeader != "" {
		h[d.tenantHeader] = value[:1:1]
	}
}
