package gate

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/confine"
	"github.com/ostiary/ostiary/pkg/verify"
)

// Gate is an http.Handler that lets requests with a good key pass. Server
// returns the server that it is meant to run in.
type Gate struct {
	opts      Options
	admission verify.Admission
	sources   verify.Sources // of requests that no endpoint is known for
	endpoints map[string]*prepared
	closed    map[string]*Closed // by name
	routes    routes
	proxy     *httputil.ReverseProxy
	log       *denialLog

	credentialHeaders map[string]bool // in which some endpoint reads a key; canonical

	connections *connections
}

// connections are those of the server, whichever of its gates serves them.
type connections struct {
	open   atomic.Int64
	ending atomic.Bool // the server is about to end
}

// New returns a Gate, or a *ConfigError with all that is wrong with opts.
func New(opts Options) (*Gate, error) {
	if opts.Verifier == nil {
		return nil, errors.New("gate: Options.Verifier is nil; nothing can be decided without it")
	}
	if wrong := opts.Check(); len(wrong) > 0 {
		return nil, &ConfigError{Mistakes: wrong}
	}
	opts.setDefaults()
	g := &Gate{
		opts: opts, endpoints: map[string]*prepared{}, log: newDenialLog(opts.Logger, opts.Denials),
		connections: &connections{},
		admission: verify.Admission{
			Verifier: opts.Verifier, Recorder: opts.Recorder, Failures: opts.Failures, Observer: opts.Observer,
			TrustedProxies: opts.TrustedProxies, Issued: opts.Issued,
			Limiter: opts.Limiter, Keys: opts.Keys,
		},
	}
	g.sources = joinSources(opts.Sources, Endpoint{})
	var all []*prepared
	for i := range opts.Endpoints {
		e := g.prepare(&opts.Endpoints[i])
		g.endpoints[opts.Endpoints[i].Name] = e
		all = append(all, e)
	}
	g.closed = closedNames(&opts)
	g.routes = newRoutesBeside(closedPaths(&opts), all...)
	g.credentialHeaders = credentialHeaders(&opts)
	g.proxy = g.newProxy()
	return g, nil
}

func (o *Options) setDefaults() {
	if o.Sources.Headers == nil {
		o.Sources.Headers = []string{defaultHeader}
	}
	if o.Recorder == nil {
		o.Recorder = nobody{}
	}
	if o.Observer == nil {
		o.Observer = nobody{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Limiter == nil {
		o.Limiter = verify.NewLimiter(nil, o.Logger)
	}
	setDefault(&o.Limits.Header, 10*time.Second)
	setDefault(&o.Limits.HeaderBytes, 32<<10)
	setDefault(&o.Limits.Idle, 2*time.Minute)
	setDefault(&o.Limits.Body, 30*time.Second)
	setDefault(&o.Limits.Response, 30*time.Second)
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// nobody takes what nobody wants to know.
type nobody struct{}

// Record forgets a request.
func (nobody) Record(verify.Seen) {}

// Late forgets a use that came late.
func (nobody) Late(apikey.ID, apikey.Code) {}

// Observe forgets a decision.
func (nobody) Observe(string, apikey.Code, time.Duration) {}

// isOpen reports whether anyone may do something. Where there are tenants
// nobody may without a key, because nothing else says whose he is.
func (g *Gate) isOpen(d *demand, p apikey.Permission) bool {
	return g.opts.IngestionOpen && p == apikey.PermissionIngest && d.Tenant == ""
}

// demand is what a request must show, and what is said of who does.
type demand struct {
	verify.Demand
	assert       func(*verify.Identity) string // nil = nothing
	tenantHeader string                        // that the upstream learns of the tenant by; empty = none
	way          confine.Way                   // to keep requests within their tenants as they pass; nil = none
}

// endpoint is an Endpoint made ready for use, as it is for the requests that
// must show one thing.
type endpoint struct {
	demand
	entrance *entrance // at its path
	prefix   int       // how many segments of a path are not passed on
	paths    []string  // that are passed on whole
	upstream *upstream // nil = for /auth alone
}

func newEndpoint(e *Endpoint, need Need, common verify.Sources) *endpoint {
	out := &endpoint{prefix: len(segmentsOf(e.prefix())), demand: demand{Demand: verify.Demand{
		Endpoint: e.Name, Observed: e.Name, Require: need.Require, Open: need.Open, Pool: e.Pool, OrgID: e.OrgID,
		Sources: joinSources(common, *e), OnExpired: e.OnExpired, Tenant: e.Tenant.clientHeader(),
	}, way: e.Tenant.way()}}
	out.entrance = newEntrance(e.Path)
	if e.Tenant.Header != "" {
		out.tenantHeader = out.Tenant
	}
	if need.Open {
		out.Tenantless, out.way = true, nil
	}
	out.Unsettled = out.way != nil
	if b := e.BasicUntilFirstKey; b != nil && need != (Need{}) {
		out.Password = verify.NewPassword(b.Username, b.Password)
	}
	if e.ReceiverKey != "" && need.Require == apikey.PermissionIngest {
		out.Receiver = verify.NewReceiver(e.ReceiverKey)
	}
	if e.Upstream != nil {
		out.upstream = newUpstream(e)
	}
	return out
}

// joinSources adds the endpoint's own sources to those of all.
func joinSources(common verify.Sources, e Endpoint) verify.Sources {
	s := verify.Sources{Schemes: slices.Concat(common.Schemes, e.Schemes), Query: e.Query}
	for _, name := range slices.Concat(common.Headers, e.Headers) {
		s.Headers = append(s.Headers, http.CanonicalHeaderKey(name))
	}
	return s
}

// credentialHeaders are the names of all headers that may hold a credential
// somewhere.
func credentialHeaders(o *Options) map[string]bool {
	names := map[string]bool{"Authorization": true}
	for _, name := range o.Sources.Headers {
		names[http.CanonicalHeaderKey(name)] = true
	}
	for i := range o.Endpoints {
		for _, name := range o.Endpoints[i].Headers {
			names[http.CanonicalHeaderKey(name)] = true
		}
	}
	return names
}

// ServeHTTP answers forward authentication at /auth, publishes the keys that
// assertions are checked with, and passes on the rest.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if g.connections.ending.Load() && r.Header["Upgrade"] == nil {
		w.Header()["Connection"] = []string{"close"}
	}
	if f := screen(r); f != nil {
		if r.ProtoMajor == 1 {
			w.Header()["Connection"] = []string{"close"} // what follows may be meant for a tunnel
		}
		g.deny(w, g.newRequest(r), *f)
		return
	}
	switch {
	case isAuthPath(r.URL.Path):
		g.answerAuth(w, r)
	case isEnvoyPath(r.URL.Path):
		g.answerEnvoy(w, r)
	case r.URL.Path == keySetPath && g.opts.KeySet != nil:
		g.serveKeySet(w, r)
	default:
		g.pass(w, r)
	}
}

// authPath is where forward authentication is answered, and below it.
const authPath = "/auth"

func isAuthPath(p string) bool {
	rest, ok := strings.CutPrefix(p, authPath)
	return ok && (rest == "" || rest[0] == '/')
}

// isOwnPath reports whether the gate itself answers at a path, so that no
// endpoint may have it.
func isOwnPath(p string) bool { return isAuthPath(p) || isEnvoyPath(p) }

// request is what the gate needs to know of a request to decide about it: of
// the one that came in, or of one that was described.
type request struct {
	*http.Request                 // the one that came in, with the credentials
	ctx           context.Context //nolint:containedctx // in place of its own; nil = its own
	began         time.Time
	addr          netip.Addr // of the client; the zero Addr if it is not known
	peer          netip.Addr // of whoever has connected, likewise
	method        string
	url           *url.URL
	length        int64        // of the body in bytes; -1 = not known
	described     bool         // somebody else passes it on
	rule          *verify.Rule // that decides about it; nil = none is known
	spans         spans
	stranger      bool // Envoy has it from nobody trusted
}

// newRequest returns a request that speaks for itself, as of now.
func (g *Gate) newRequest(r *http.Request) *request {
	q := new(request)
	q.begin(r.Context(), g, r)
	return q
}

// begin makes it a request that speaks for itself, as of now, in a context.
func (r *request) begin(ctx context.Context, g *Gate, of *http.Request) {
	in := g.admission.NewRequest(of)
	r.Request, r.ctx, r.method, r.url = of, ctx, of.Method, of.URL
	r.began, r.addr, r.peer, r.length = in.Began, in.Addr, in.Peer, in.Length
}

// Context returns the request's context.
func (r *request) Context() context.Context {
	if r.ctx != nil {
		return r.ctx
	}
	return r.Request.Context()
}

// asked is what is looked at of the request.
func (r *request) asked() verify.Request {
	return verify.Request{
		Context: r.Context(), Header: r.Header, URL: r.url, Addr: r.addr, Began: r.began, Length: r.length,
		Elsewhere: r.described, Rule: r.rule, Method: r.method,
	}
}

// decide answers whether a request that must show d may pass.
func (g *Gate) decide(r *request, d *demand) verify.Outcome {
	in := r.asked()
	o := g.admission.Admit(&in, &d.Demand)
	g.noteLate(r, d, &o)
	return o
}
