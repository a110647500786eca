package gate

import (
	"net/http"
	"net/url"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// What follows from letting a request in is said here once, for every door: the
// proxy, /auth and Envoy's.

// ready makes a request's header and address those for the server behind: no
// credential, nothing that a client could make up, and who was let in.
func (g *Gate) ready(h http.Header, u *url.URL, d *demand, o *verify.Outcome) {
	o.Strip(&d.Demand, h, u)
	d.stripAssertion(h)
	if g.routes.methods {
		stripMethodOverrides(h)
	}
	d.introduce(h, o)
}

// introduce says in headers for the server behind who was let in.
func (d *demand) introduce(h http.Header, o *verify.Outcome) {
	if o.Key != nil {
		setIdentity(h, o.Key)
		d.setAssertion(h, o.Key)
		d.setTenant(h, o.Tenant)
	}
}

const warningHeader = "X-Ostiary-Warning"

// inform says in the answer's header what a client that was let in is to know.
func inform(h http.Header, o *verify.Outcome) {
	if o.Warning != "" {
		h[warningHeader] = []string{o.Warning}
	}
}

// noteLate logs that a request with an expired key was let in.
func (g *Gate) noteLate(r *request, d *demand, o *verify.Outcome) {
	if o.Code == apikey.CodeGrace {
		g.log.late.Denied(r.Context(), &verify.Denial{
			Code: o.Code, Status: http.StatusOK, Endpoint: d.Endpoint, Method: r.method, Path: r.url.Path,
			Client: r.addr, Key: o.Key.ID.String(), Reason: o.Warning,
		})
	}
}
