package verify

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// TenantHeader is where a client names its tenant, and where backends that know tenants look for it, unless an
// endpoint has another.
const TenantHeader = "X-Scope-Orgid"

var (
	tenantTwice = Decision{Code: apikey.CodeInvalid,
		Reason: "The request names its tenant more than once. Send the header once; " +
			"several tenants are joined by |."}
	tenantInAddress = Decision{Code: apikey.CodeInvalid,
		Reason: "The request names a tenant in its address. Name it in the header."}
	tenantNeedsKey = Decision{Code: apikey.CodeForbidden, Reason: "This endpoint acts for the tenants of a key, " +
		"and what was sent is no key that could have any. Use a key that is issued."}
)

// chooseTenant says which tenants a request acts for that may otherwise pass, or why it may for none.
func (o *Outcome) chooseTenant(r *Request, d *Demand) {
	if o.Key == nil {
		o.refuseTenant(&tenantNeedsKey)
		return
	}
	sent, count := sentTenant(r.Header, d.Tenant)
	switch {
	case count > 1:
		o.refuseTenant(&tenantTwice)
		return
	case r.namesInAddress(d.Tenant):
		o.refuseTenant(&tenantInAddress)
		return
	}
	tenants := apikey.NewTenants(o.Key.Tenants())
	var err error
	if o.Tenant, err = tenants.Choose(sent, count > 0, d.Require); err != nil {
		o.refuseTenant(&Decision{Code: apikey.ErrorCode(err), Reason: err.Error()})
	}
}

// namesInAddress reports whether the request's address has a parameter with the name of a header.
func (r *Request) namesInAddress(header string) bool {
	return r.URL != nil && namesHeader(r.URL.RawQuery, header)
}

// onlyTenant returns the tenant of a key that has one alone; otherwise nothing.
func onlyTenant(key *Identity) string {
	if names := key.Tenants(); len(names) == 1 && names[0] != apikey.AnyTenant {
		return names[0]
	}
	return ""
}

// refuseTenant keeps who the key is, for the log.
func (o *Outcome) refuseTenant(d *Decision) { o.Code, o.Reason, o.Warning = d.Code, d.Reason, "" }

// sentTenant returns the client's header, in whichever case and with underscores for hyphens, and how many there are.
func sentTenant(h http.Header, header string) (value string, count int) {
	for name, values := range h {
		if IsHeader(name, header) && len(values) > 0 {
			value, count = values[0], count+len(values)
		}
	}
	return value, count
}

// namesHeader reports whether a query has a parameter with the name of a header, for servers that part it at semicolons
// too.
func namesHeader(query, header string) bool {
	for query != "" {
		end := strings.IndexAny(query, "&;")
		if end < 0 {
			end = len(query)
		}
		name, _, _ := strings.Cut(query[:end], "=")
		query = query[min(end+1, len(query)):]
		if strings.ContainsAny(name, "%+") {
			if unescaped, err := url.QueryUnescape(name); err == nil {
				name = unescaped
			}
		}
		if IsHeader(name, header) {
			return true
		}
	}
	return false
}

// StripHeader removes a header, in any case and with underscores for hyphens.
func StripHeader(h http.Header, header string) {
	for name := range h {
		if IsHeader(name, header) {
			delete(h, name)
		}
	}
}
