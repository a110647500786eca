package verify

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/connlimit"
)

// Decider answers whether a token may pass; *Verifier does.
type Decider interface {
	Verify(q Question) Decision
}

// UseRecorder counts decisions; *Recorder does.
type UseRecorder interface {
	Record(seen Seen)

	// Late notes that a key came after its end: CodeHeld, or CodeGrace, which
	// is a use as well.
	Late(key apikey.ID, code apikey.Code)
}

// Observer counts decisions. Endpoint is the name of a configured endpoint,
// or empty, so there are never more names than the configuration has. Took is
// the time from the request's header to the decision.
type Observer interface {
	Observe(endpoint string, code apikey.Code, took time.Duration)
}

// Admission is the one way in, at every door: it finds a request's credential,
// has it verified, brakes who guesses, and counts.
type Admission struct {
	Verifier       Decider
	Recorder       UseRecorder
	Failures       *Failures      // nil = no limit on wrong keys
	Observer       Observer       // nil = nobody wants to know
	TrustedProxies []netip.Prefix // whose word is taken for a client's address
	Limiter        *Limiter       // nil = keys have no limits
	Keys           *KeyCounter    // counts requests by key; nil = nobody wants to know

	// Issued reports whether a key was ever issued that may do the same. It
	// ends the access that a Password gives.
	Issued func(orgID int64, p apikey.Permission, endpoint, pool string) bool
}

// Demand is what a request must show. The zero Demand takes any good key, as
// Bearer or by Basic authentication.
type Demand struct {
	Endpoint string // its name; empty = none is known
	Observed string // its name for the Observer
	Require  apikey.Permission
	Open     bool // in place of Require: lets anyone in
	Pool     string
	OrgID    int64
	Sources  Sources
	Password *Password // nil = none
	Receiver *Receiver // nil = none

	OnExpired OnExpired    // for keys that bring data
	PerKey    *LimitPerKey // for keys without limits of their own; nil = none

	// Tenant is the header in which a client names the tenants that it acts
	// for, in canonical form. Only keys that have tenants pass then, and
	// nobody is let in without one. Empty = the endpoint knows no tenants.
	Tenant string

	// Optional lets requests without a credential go on without a key, so that
	// they are not counted as refused.
	Optional bool

	// Manages is set of the management listener's: what comes there is no part
	// of the gate's numbers over time.
	Manages bool

	// Unsettled says that more is decided about a request that is let in; it is
	// counted by Settle, and not before.
	Unsettled bool

	// Tenantless says that requests act for no tenant all the same, so that an
	// open endpoint needs no key. What a client says of its tenant is removed.
	Tenantless bool
}

// Request is what is looked at of a request.
type Request struct {
	Context context.Context //nolint:containedctx // of the request, which knows its connection
	Header  http.Header
	URL     *url.URL
	Addr    netip.Addr // of the client; the zero Addr if it is not known
	Peer    netip.Addr // of whoever has connected; the zero Addr if it is not known
	Began   time.Time

	// Length is that of the body in bytes; 0 = it has none, -1 = not known.
	Length int64
	// Rule is what decides about the request, and Method is its method, as it is counted; nil = none is known.
	Rule   *Rule
	Method string

	// Elsewhere is set of a request that somebody else passes on: neither how its body passes nor its end is seen here.
	Elsewhere bool
}

// NewRequest returns a request as it came in.
func (a *Admission) NewRequest(r *http.Request) Request {
	peer := PeerAddr(r.RemoteAddr)
	return Request{
		Context: r.Context(), Header: r.Header, URL: r.URL, Began: time.Now(), Length: r.ContentLength,
		Method: r.Method, Peer: peer, Addr: ClientAddr(peer, r.Header, a.TrustedProxies),
	}
}

// Outcome is a decision with what follows from it.
type Outcome struct {
	Decision
	Wait time.Duration // before the client may try again; 0 = not said
	Open bool          // let in without a look at the credential

	// Warning is what a client that is let in is to know, as a sentence; empty
	// if there is nothing.
	Warning string

	// Tenant is what the request acts for where the endpoint knows tenants:
	// one, or several joined by |. Elsewhere it is the key's, if it has one
	// alone and not any.
	Tenant string

	presented string // the token

	took    time.Duration // until the decision
	limiter *Limiter
	at      time.Time    // when the limits were asked
	grant   grant        // what the request has of them
	body    *MeteredBody // what is counted of it; nil = nothing
}

// Admit decides whether a request may pass, and reports it to the recorder and the observer: see Demand.Unsettled. A
// request that was let in has its part of the key's limits until End.
func (a *Admission) Admit(r *Request, d *Demand) Outcome {
	o := a.judge(r, d)
	switch {
	case !o.Valid():
	case d.Tenant != "" && !d.Tenantless:
		o.chooseTenant(r, d)
	case d.Tenant != "" && r.namesInAddress(d.Tenant): // what is behind may take it for the header
		o.refuseTenant(&tenantInAddress)
	case o.Key != nil:
		o.Tenant = onlyTenant(o.Key)
	}
	if o.Code == apikey.CodeGrace {
		o.endLate(d, r.Began)
	}
	if o.Valid() && !o.Open {
		connlimit.Trust(r.Context)
	}
	if o.Valid() && o.Key != nil {
		a.Limiter.admit(r, d, &o) // last, so that what is refused for another reason takes nothing
	}
	if o.took = time.Since(r.Began); !d.Unsettled || !o.Valid() {
		a.count(r, d, &o)
	}
	return o
}

// Settle reports how a request ended that Admit has let in as unsettled: with its own code, or with that of a refusal.
func (a *Admission) Settle(r *Request, d *Demand, o *Outcome, code apikey.Code) {
	o.Code = code
	a.count(r, d, o)
}

// Recount reports that a request which was counted as let in was refused after all.
func (a *Admission) Recount(r *Request, d *Demand, o *Outcome, code apikey.Code) {
	before := o.Code
	o.Code = code
	seen := o.seen(r, d)
	seen.Instead = before
	a.Recorder.Record(seen)
	a.observe(d, o)
}

// count reports a decision to those who count.
func (a *Admission) count(r *Request, d *Demand, o *Outcome) {
	if o.Code != apikey.CodeMissing || !d.Optional {
		seen := o.seen(r, d)
		if recorder, ok := a.Recorder.(*Recorder); ok { // as it mostly is: a pointer to the stack will do
			recorder.record(&seen)
		} else {
			a.Recorder.Record(seen)
		}
	}
	if o.Code == apikey.CodeHeld || o.Code == apikey.CodeGrace {
		a.Recorder.Late(o.Key.ID, o.Code)
	}
	a.observe(d, o)
}

func (a *Admission) observe(d *Demand, o *Outcome) {
	a.Keys.Count(o)
	if a.Observer != nil {
		a.Observer.Observe(d.Observed, o.Code, o.took)
	}
}

// seen is what is counted of a request.
func (o *Outcome) seen(r *Request, d *Demand) Seen {
	s := Seen{
		OrgID: d.OrgID, Code: o.Code, Addr: r.Addr, Endpoint: d.Endpoint, Configured: d.Observed != "", At: r.Began,
		Manages: d.Manages, Rule: r.Rule, Method: r.Method,
	}
	if o.Key != nil {
		s.Key, s.Token, s.OrgID, s.Tenant = o.Key.ID, o.Token, o.Key.OrgID, o.Tenant
		if agent := r.Header["User-Agent"]; len(agent) > 0 {
			s.UserAgent = agent[0]
		}
	}
	return s
}

func (a *Admission) judge(r *Request, d *Demand) Outcome {
	if d.Open && (d.Tenant == "" || d.Tenantless) {
		return Outcome{Decision: Decision{Code: apikey.CodeValid}, Open: true}
	}
	credential, ok := d.Sources.Find(r.Header, r.URL)
	switch {
	case !ok:
		return Outcome{Decision: Ambiguous}
	case credential.Token == "":
		return Outcome{Decision: missing(r, &d.Sources)}
	}
	o := Outcome{presented: credential.Token}
	isPassword := d.Password.matches(credential)
	if isPassword || d.Require == apikey.PermissionIngest && d.Receiver.matches(credential.Token) {
		// Both can be guessed, so nobody learns that he has while he guesses.
		if o.Decision, o.Wait = a.Failures.Braked(r.Addr); o.Wait > 0 {
			return o
		}
		if o.Code = apikey.CodeValid; isPassword && a.Issued(d.OrgID, d.Require, d.Endpoint, d.Pool) {
			o.Decision = Decision{Code: apikey.CodeDisabled, Reason: reasonPasswordEnded}
		}
		return o
	}
	decision := a.Verifier.Verify(Question{
		Token: credential.Token, Permission: d.Require, Endpoint: d.Endpoint, Pool: d.Pool, OrgID: d.OrgID,
		Addr: r.Addr, At: r.Began, Brake: a.Failures,
		Lenience: d.lenience(),
	})
	o.Decision, o.Wait = a.Failures.Limit(decision, r.Addr)
	return o
}

// missing is the decision about a request in which no key was found. It says
// where there is one that is not read.
func missing(r *Request, sources *Sources) Decision {
	d := Decision{Code: apikey.CodeMissing, Reason: reasonMissing}
	switch {
	case r.URL.RawQuery != "" && apikey.Redact(r.URL.RawQuery) != r.URL.RawQuery:
		d.Reason = reasonKeyInQuery
	case sources.Misplaced(r.Header):
		d.Reason = reasonKeyElsewhere
	}
	return d
}

// TokenID is the public part of the token that was sent, which proves nothing;
// empty if that is none of this product's.
func (o *Outcome) TokenID() string {
	if id, ok := apikey.ParseToken(o.presented); ok {
		return id.String()
	}
	return ""
}

// Strip removes from a request that was let in what nobody behind may see:
// see Sources.
func (o *Outcome) Strip(d *Demand, h http.Header, u *url.URL) {
	if o.Open {
		d.Sources.StripKeys(h, u)
	} else {
		d.Sources.Strip(h, u, o.presented)
	}
	d.stripTenant(h)
}

// stripTenant removes what the client says of its tenant.
func (d *Demand) stripTenant(h http.Header) {
	if d.Tenant != "" {
		StripHeader(h, d.Tenant)
	}
}

// StripTrailer is Strip for the request's trailers.
func (o *Outcome) StripTrailer(d *Demand, h http.Header) {
	d.Sources.StripTrailer(h, o.presented)
	d.stripTenant(h)
}
