package gate

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/confine"
	"github.com/ostiary/ostiary/pkg/relay"
	"github.com/ostiary/ostiary/pkg/upstreams"
	"github.com/ostiary/ostiary/pkg/verify"
)

// upstream is where an endpoint's requests go.
type upstream struct {
	scheme        string // http or https
	prior         bool   // HTTP/2 without TLS, with prior knowledge
	host          string
	dialAddress   string // of host; empty = only an http.Transport finds it
	path, rawPath string // in front of the request's path, without a slash at the end
	preserveHost  bool   // it gets the client's Host
	authorization string // that it wants itself; empty = none
	guarded       bool   // it must be allowed at every connection
}

func newUpstream(e *Endpoint) *upstream {
	u := e.Upstream
	up := &upstream{
		scheme: u.Scheme, host: u.Host, path: strings.TrimSuffix(u.Path, "/"),
		rawPath:      strings.TrimSuffix(u.EscapedPath(), "/"),
		preserveHost: e.PreserveHost, authorization: upstreamAuthorization(e.UpstreamAuth), guarded: e.Stored,
	}
	switch u.Scheme {
	case "h2c":
		up.scheme, up.prior = "http", true
	case "http":
		up.dialAddress = directAddress(u)
	}
	return up
}

// upstreamAuthorization is the header for a credential that is user:password
// or a bearer token; empty if it is neither. No token has a colon (RFC 6750).
func upstreamAuthorization(credential string) string {
	switch {
	case strings.ContainsFunc(credential, func(c rune) bool { return c < ' ' || c == 0x7f }):
		return ""
	case strings.Contains(credential, ":"):
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(credential))
	case credential == "" || strings.ContainsFunc(credential, func(c rune) bool { return c <= ' ' || c > '~' }):
		return ""
	}
	return "Bearer " + credential
}

// address makes u the address of a target at the upstream.
func (up *upstream) address(u *url.URL, t *target) {
	query := u.RawQuery
	*u = url.URL{Scheme: up.scheme, Host: up.host, Path: t.path, RawPath: t.rawPath, RawQuery: query}
	if up.path != "" {
		u.RawPath = up.rawPath + u.EscapedPath()
		u.Path = up.path + t.path
	}
}

// exchange is a request on its way to the upstream and back.
type exchange struct {
	pacedWriter
	body    pacedBody
	request *request
	target  target
	outcome *verify.Outcome
	whole   bool // nothing of the response is missing

	confined *confine.Confined // nil = it passes as it is
	relayed  *relay.Begun      // what the relay has done for it; nil = nothing
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange {
	return ctx.Value(exchangeKey{}).(*exchange) //nolint:forcetypeassert // forward puts it there
}

// end is called when the handler returns. A response that broke off at the
// upstream is to break off at the client, and not to be missing.
func (x *exchange) end(limit time.Duration) {
	if x.begun && !x.whole {
		_ = x.FlushError()
	}
	x.finish(x.body.finish(limit))
}

// WriteHeader sends the header of an answer. Of what kind the body is, the upstream says or nobody: the server would
// guess it from the first bytes, and call what looks like it HTML.
func (x *exchange) WriteHeader(status int) {
	if h := x.Header(); status >= http.StatusOK && h["Content-Type"] == nil {
		h["Content-Type"] = nil // which the server takes for an answer
	}
	x.pacedWriter.WriteHeader(status)
}

// forward passes on a request that may pass.
func (g *Gate) forward(w http.ResponseWriter, q *request, t target, o *verify.Outcome, relayed *relay.Begun) {
	x := &exchange{
		pacedWriter: newPacedWriter(w, q, g.opts.Limits.Response), request: q, target: t, outcome: o, relayed: relayed,
	}
	defer x.end(g.opts.Limits.Body)
	plain := *q.Request
	out := &plain
	if q.Body != nil && q.Body != http.NoBody {
		x.body = pacedBody{ReadCloser: q.Body, control: x.control, limit: g.opts.Limits.Body}
		if metered := o.Meter(q.Context(), q.Body); metered != nil {
			x.body.ReadCloser, x.body.await = metered, metered.Await
		}
		if isGRPC(q.Request) {
			x.body.limit = 0 // either side of a call may be silent for as long as it likes
		}
		out.Body = &x.body
	}
	f := g.confine(x)
	g.settle(x, f)
	if f != nil {
		g.deny(x, q, *f)
		x.whole = true
		return
	}
	if upgrade := out.Header.Get("Upgrade"); upgrade != "" && !strings.EqualFold(upgrade, "websocket") {
		// Other protocols, such as h2c, would carry requests that nobody judges.
		delete(out.Header, "Upgrade")
		delete(out.Header, "Http2-Settings")
	}
	if g.goesDirect(t.endpoint.upstream, out) {
		g.forwardDirect(x, out)
	} else {
		g.proxy.ServeHTTP(x, out.WithContext(context.WithValue(q.Context(), exchangeKey{}, x)))
	}
	x.whole = true
}

// flushInterval is how long a part of a response of known length may wait for
// the rest. What has no known length is passed on at once.
const flushInterval = 50 * time.Millisecond

func (g *Gate) newProxy() *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite:        g.rewrite,
		Transport:      newTransports(&g.opts),
		FlushInterval:  flushInterval,
		BufferPool:     copyBuffers,
		ModifyResponse: g.readyResponse,
		ErrorHandler:   g.upstreamFailed,
		ErrorLog:       slog.NewLogLogger(g.opts.Logger.Handler(), slog.LevelWarn),
	}
}

// rewrite makes the request that goes to the upstream: no credential, no
// header that only the gate or a trusted proxy may set, and who was let in.
func (g *Gate) rewrite(p *httputil.ProxyRequest) {
	g.prepareRequest(exchangeOf(p.In.Context()), p)
}

func (g *Gate) prepareRequest(x *exchange, p *httputil.ProxyRequest) {
	endpoint, out := x.target.endpoint, p.Out
	out.URL.RawQuery = p.In.URL.RawQuery // as the client wrote it
	endpoint.upstream.address(out.URL, &x.target)
	if out.Host = ""; endpoint.upstream.preserveHost {
		out.Host = p.In.Host
	}
	x.setConfined(p)
	x.announceTrailers(p)
	g.ready(out.Header, out.URL, &endpoint.demand, x.outcome)
	if authorization := endpoint.upstream.authorization; authorization != "" {
		out.Header["Authorization"] = []string{authorization}
	}
	g.setForwarded(x.request, p)
	x.request.spans.send(p)
}

// announceTrailers lets the request's trailers pass that its header might
// hold. The server fills them in when the body has been read.
func (x *exchange) announceTrailers(p *httputil.ProxyRequest) {
	if p.In.Trailer == nil || p.Out.Trailer == nil {
		return
	}
	out := p.In.Trailer.Clone()
	x.stripTrailer(out)
	p.Out.Trailer = out
	x.body.atEnd = func() {
		got := p.In.Trailer.Clone()
		x.stripTrailer(got)
		maps.Copy(out, got)
	}
}

func (x *exchange) stripTrailer(h http.Header) {
	x.outcome.StripTrailer(&x.target.endpoint.Demand, h)
	stripMethodOverrides(h)
	for name := range h {
		if isMisspeltFraming(name) {
			delete(h, name)
		}
	}
}

// setForwarded sets the headers that say who asked for what, on the word of trusted proxies as far as there are any.
func (g *Gate) setForwarded(q *request, p *httputil.ProxyRequest) {
	in, out := p.In.Header, p.Out.Header
	if !verify.IsTrusted(q.peer, g.opts.TrustedProxies) {
		for name := range out {
			if verify.IsForwardingHeader(name) || isMisspeltFraming(name) {
				delete(out, name)
			}
		}
		p.SetXForwarded()
		return
	}
	for name := range out { // no proxy sends it, and many let it pass
		if verify.IsForwardingHeader(name) && strings.Contains(name, "_") || isMisspeltFraming(name) {
			delete(out, name)
		}
	}
	host, proto := in["X-Forwarded-Host"], in["X-Forwarded-Proto"] // before they are set, perhaps in the same header
	if prior := in["X-Forwarded-For"]; prior != nil {
		out["X-Forwarded-For"] = prior
	}
	p.SetXForwarded()
	if host != nil {
		out["X-Forwarded-Host"] = host
	}
	if proto != nil {
		out["X-Forwarded-Proto"] = proto
	}
}

// readyResponse prepares a response for the way back.
func (g *Gate) readyResponse(res *http.Response) error {
	return g.prepareResponse(exchangeOf(res.Request.Context()), res)
}

func (g *Gate) prepareResponse(x *exchange, res *http.Response) error {
	inform(res.Header, x.outcome)
	x.request.spans.answered(res.StatusCode)
	g.noteAnswer(x, res.StatusCode)
	if status := refusedByUpstream(res); status != 0 {
		// So that people who look for the reason see that it was not the key.
		res.Header["X-Ostiary-Code"] = []string{string(apikey.CodeValid)}
		delete(res.Header, "X-Ostiary-Detail")
		g.log.upstreamRefused(x.target.endpoint, status)
	}
	if err := x.confineAnswer(res); err != nil {
		return err
	}
	x.empty = res.ContentLength == 0
	if len(res.Trailer) > 0 && x.request.ProtoMajor == 1 {
		delete(res.Header, "Content-Length") // with which HTTP/1.1 has no place for trailers
	}
	return nil
}

// noteAnswer remembers an answer if it is a fault, so that who looks for it sees that the key was let in.
func (g *Gate) noteAnswer(x *exchange, status int) {
	if status < http.StatusBadRequest || g.opts.Answers == nil {
		return
	}
	in := x.request.asked()
	g.opts.Answers.Fault(&in, &x.target.endpoint.Demand, x.outcome, status, time.Now())
}

// refusedByUpstream returns 401 or 403 if the upstream itself asks who the
// client is, or finds that it may not, over HTTP or as the only answer to a
// call; 0 if it does not.
func refusedByUpstream(res *http.Response) (status int) {
	call := res.Header.Get("Grpc-Status")
	switch {
	case res.StatusCode == http.StatusUnauthorized, call == "16": // UNAUTHENTICATED
		return http.StatusUnauthorized
	case res.StatusCode == http.StatusForbidden, call == "7": // PERMISSION_DENIED
		return http.StatusForbidden
	}
	return 0
}

// upstreamFailed answers when the upstream did not.
func (g *Gate) upstreamFailed(_ http.ResponseWriter, r *http.Request, err error) {
	g.answerFailure(exchangeOf(r.Context()), err)
}

func (g *Gate) answerFailure(x *exchange, err error) {
	name, host := x.target.endpoint.Endpoint, x.target.endpoint.upstream.host
	var timeout net.Error
	f := refuse(apikey.CodeUpstream, "What stands behind this endpoint does not answer. Try again shortly.")
	fault := g.bodyFault(x)
	switch {
	case fault != nil && fault.Code == apikey.CodeRequestTimeout:
		f = *fault
	case x.request.Context().Err() != nil:
		panic(http.ErrAbortHandler) // the client has gone; there is nobody to answer
	case fault != nil:
		f = *fault
	case errors.As(err, &timeout) && timeout.Timeout():
		f.Status = http.StatusGatewayTimeout
	}
	if f.Code == apikey.CodeUpstream {
		g.opts.Logger.Warn("the upstream does not answer", "endpoint", name, "upstream", host, "error",
			apikey.Redact(err.Error()))
	}
	inform(x.Header(), x.outcome)
	x.request.spans.failed(&f)
	if f.Code == apikey.CodeUpstream {
		g.noteAnswer(x, f.Status)
	}
	if f.Code == apikey.CodeLimited {
		g.refuseLate(x, f)
		return
	}
	f.write(x, x.request)
}

// refuseLate refuses a request that was let in, and counted as such.
func (g *Gate) refuseLate(x *exchange, f refusal) {
	d, in := &x.target.endpoint.Demand, x.request.asked()
	g.admission.Recount(&in, d, x.outcome, f.Code)
	f.endpoint, f.orgID, f.tokenID = d.Endpoint, d.OrgID, x.outcome.TokenID()
	if x.outcome.Key != nil {
		f.keyID, f.orgID = x.outcome.Key.ID.String(), x.outcome.Key.OrgID
	}
	g.deny(x, x.request, f)
}

// transports are the ways to an upstream. They share nothing but their
// settings, because each speaks its own protocol.
type transports struct {
	http, https, prior *http.Transport
	direct             *direct // nil = there is no such way

	dials   *dials
	allowed upstreams.Allowed // that guarded may reach
	guarded *transports       // to the upstreams of endpoints in the store; nil = these are they
}

func newTransports(opts *Options) *transports {
	d := newDials(opts.Limits.Upstreams)
	t := transportsBy(d, opts.UpstreamTLS)
	t.allowed, t.guarded = opts.Allowed, transportsBy(d.guarded(opts.Allowed, opts.Own), opts.UpstreamTLS)
	return t
}

// reconfigured are the ways with other options. The connections of guarded ones that were made under another rule are
// not used again.
func (t *transports) reconfigured(opts *Options) *transports {
	if t.allowed.Equal(opts.Allowed) {
		return t
	}
	next, old := *t, t.guarded
	next.allowed, next.guarded = opts.Allowed, transportsBy(t.dials.guarded(opts.Allowed, opts.Own), opts.UpstreamTLS)
	gone := []idling{old.http, old.https, old.prior}
	if old.direct != nil {
		gone = append(gone, old.direct)
	}
	t.dials.forget(gone...)
	return &next
}

// to are the ways to an upstream.
func (t *transports) to(up *upstream) *transports {
	if up.guarded {
		return t.guarded
	}
	return t
}

func transportsBy(d *dials, trust *tls.Config) *transports {
	return &transports{
		dials:  d,
		direct: newDirect(d),
		http:   d.limit(newTransport(nil, func(p *http.Protocols) { p.SetHTTP1(true) })),
		https:  d.limit(newTransport(trust, func(p *http.Protocols) { p.SetHTTP1(true); p.SetHTTP2(true) })),
		prior:  d.limit(newTransport(nil, func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) })),
	}
}

func newTransport(trust *tls.Config, choose func(*http.Protocols)) *http.Transport {
	t := &http.Transport{
		Protocols:             new(http.Protocols),
		TLSClientConfig:       trust.Clone(),
		TLSHandshakeTimeout:   10 * time.Second,
		MaxIdleConnsPerHost:   512,
		IdleConnTimeout:       90 * time.Second,
		ExpectContinueTimeout: time.Second,
		DisableCompression:    true, // bodies pass as they are
	}
	choose(t.Protocols)
	return t
}

func (g *Gate) transports() *transports {
	return g.proxy.Transport.(*transports) //nolint:forcetypeassert // newProxy puts it there
}

// RoundTrip asks the upstream of the request's exchange.
func (t *transports) RoundTrip(r *http.Request) (*http.Response, error) {
	x := exchangeOf(r.Context())
	up := x.target.endpoint.upstream
	t = t.to(up)
	switch {
	case up.scheme == "https":
		return t.https.RoundTrip(r)
	case up.prior || isGRPC(x.request.Request):
		return t.prior.RoundTrip(r)
	}
	return t.http.RoundTrip(r)
}

// bufferPool lends out the buffers in which bodies are copied.
type bufferPool struct{ pool sync.Pool }

const bufferSize = 32 << 10

var copyBuffers = new(bufferPool)

// Get returns a buffer.
func (p *bufferPool) Get() []byte {
	if b, ok := p.pool.Get().(*[bufferSize]byte); ok {
		return b[:]
	}
	return make([]byte, bufferSize)
}

// Put takes a buffer back.
func (p *bufferPool) Put(b []byte) { p.pool.Put((*[bufferSize]byte)(b)) }
