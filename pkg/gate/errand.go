package gate

import (
	"context"
	"maps"
	"net/http"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/relay"
	"github.com/ostiary/ostiary/pkg/verify"
)

// errand is a request that the relay asked about.
type errand struct {
	exchange
	server  *Server
	gate    *Gate
	in      request
	out     outgoing
	outcome verify.Outcome
	to      *relay.Upstream
	carried bool     // else the server is to go on
	fields  appender // of the header for the upstream
	buf     appender // that is written to
}

// Begin decides about a plain request for the relay. It leaves to the server what may take time to decide, and
// whatever else is not passed on directly.
func (s *Server) Begin(ctx context.Context, r *http.Request, spent relay.Exchange) relay.Exchange {
	g := s.gate.Load()
	if g.connections.ending.Load() || g.opts.Tracer != nil || !isErrand(r) {
		return nil
	}
	t, fault := g.routes.resolve(r.Method, r.URL)
	if fault != "" || t.endpoint == nil || t.endpoint.upstream == nil || !t.endpoint.isQuick(r) ||
		!g.goesDirect(t.endpoint.upstream, r) {
		return nil
	}
	e, ok := spent.(*errand)
	if !ok {
		e = new(errand)
	}
	up := t.endpoint.upstream
	*e = errand{server: s, gate: g, to: g.transports().to(up).direct.upstream(up.dialAddress), fields: e.fields}
	e.in.begin(ctx, g, r)
	e.in.rule = t.rule
	e.request, e.target, e.exchange.outcome = &e.in, t, &e.outcome
	e.carried = e.decide() && e.prepare()
	return e
}

// Again decides about a request with the fields of the one before it: the credential is the same, and what was made of
// them for the upstream serves again if the key and the tenant are the same too.
func (e *errand) Again(r *http.Request) bool {
	if e.gate != e.server.gate.Load() || e.gate.connections.ending.Load() || r != e.in.Request && !e.turnTo(r) {
		return false
	}
	e.in.began, e.in.length, e.out.request.ContentLength = time.Now(), r.ContentLength, r.ContentLength
	key, tenant := e.outcome.Key, e.outcome.Tenant
	e.carried = e.decide()
	if e.carried && (e.outcome.Key != key || e.outcome.Tenant != tenant || e.target.endpoint.assert != nil) {
		e.carried = e.prepare()
	}
	return true
}

// turnTo makes r the request, if it is for the same endpoint, and the address holds nothing but where it goes.
func (e *errand) turnTo(r *http.Request) bool {
	t, fault := e.gate.routes.resolve(r.Method, r.URL)
	if fault != "" || t.endpoint != e.target.endpoint || t.endpoint.Sources.Query != "" || !isErrand(r) {
		return false
	}
	e.target, e.in.rule, e.in.Request, e.in.method, e.in.url = t, t.rule, r, r.Method, r.URL
	e.out.request.Method, e.out.address = r.Method, *r.URL
	t.endpoint.upstream.address(&e.out.address, &e.target)
	_, _, ok := plainAddress(&e.out.request)
	return ok
}

// decide reports whether the request may pass, and the relay may carry it.
func (e *errand) decide() bool {
	e.outcome = e.gate.decide(&e.in, &e.target.endpoint.demand)
	return e.outcome.Valid() && (e.in.length == 0 || e.outcome.Meter(e.in.ctx, http.NoBody) == nil)
}

// prepare makes the request for the upstream, and reports whether it can be written. That of the client stays as it
// is: the next may have the same fields, and is judged by them.
func (e *errand) prepare() bool {
	e.gate.directRequest(&e.out, &e.exchange, e.in.Request, maps.Clone(e.in.Header), nil)
	if _, _, ok := plainAddress(&e.out.request); !ok {
		return false
	}
	e.fields = e.fields[:0]
	writePlainFields(&e.fields, &e.out.request)
	return true
}

// isErrand reports whether the relay may carry requests of a kind.
func isErrand(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodPost, http.MethodPut:
	default:
		return false
	}
	return !isAuthPath(r.URL.Path) && !isEnvoyPath(r.URL.Path) && r.URL.Path != keySetPath
}

// isQuick reports whether it takes no time to decide about a request: it is not confined, and its key's hash is a
// quick one.
func (e *endpoint) isQuick(r *http.Request) bool {
	if e.way != nil || e.Password != nil || e.Receiver != nil {
		return false
	}
	if e.Open && (e.Tenant == "" || e.Tenantless) {
		return true
	}
	credential, ok := e.Sources.Find(r.Header, r.URL)
	if !ok {
		return false
	}
	_, own := apikey.ParseToken(credential.Token)
	return own
}

// Upstream is where the request goes.
func (e *errand) Upstream() *relay.Upstream {
	if !e.carried {
		return nil
	}
	return e.to
}

// AppendRequest appends the header of the request for the upstream.
func (e *errand) AppendRequest(b []byte) []byte {
	e.buf = b
	writePlainStart(&e.buf, &e.out.request)
	b = e.buf
	e.buf = nil
	return append(b, e.fields...)
}

// End is called when the answer has ended.
func (e *errand) End() { e.outcome.End() }

// goOn has the server finish what the relay has begun.
func (e *errand) goOn(w http.ResponseWriter, r *http.Request, begun *relay.Begun) {
	g, q := e.gate, &e.in
	defer e.outcome.End()
	if g.connections.ending.Load() {
		w.Header()["Connection"] = []string{"close"}
	}
	q.Request, q.ctx, q.url = r, nil, r.URL
	if !e.outcome.Valid() {
		g.deny(w, q, refused(&e.outcome, &e.target.endpoint.demand))
		return
	}
	if begun.Upstream == nil {
		begun = nil
	}
	g.forward(w, q, e.target, &e.outcome, begun)
}

// appender is a buffer that grows.
type appender []byte

// WriteString appends s.
func (a *appender) WriteString(s string) (int, error) {
	*a = append(*a, s...)
	return len(s), nil
}

// upstream is where the relay asks at an address.
func (p *direct) upstream(address string) *relay.Upstream {
	p.mu.Lock()
	defer p.mu.Unlock()
	up := p.relayed[address]
	if up == nil {
		up = &relay.Upstream{
			Dial:   func(ctx context.Context) (*relay.Dialled, error) { return p.dialFor(ctx, address) },
			Wanted: func() bool { return p.dials.waiting.Load() > 0 },
		}
		p.relayed[address] = up
	}
	return up
}

// dialFor returns a connection for the relay: one that is idle, or a new one.
func (p *direct) dialFor(ctx context.Context, address string) (*relay.Dialled, error) {
	c, err := p.get(ctx, address)
	if err != nil {
		return nil, err
	}
	d := &relay.Dialled{Conn: c.Conn, Reused: c.reused, Free: func() {}}
	switch within := c.Conn.(type) {
	case *slotConn:
		d.Conn, d.Free = within.Conn, within.free
	case *relay.Returned:
		d.Conn, d.Free = within.Conn, within.Free
	}
	return d, nil
}

// goOn returns the connection on which the relay has sent a request; nil if it has not.
func (p *direct) goOn(begun *relay.Begun, address string) *wire {
	if begun == nil {
		return nil
	}
	c := newWire(begun.Upstream, address, p)
	c.carried, c.rest, c.reused, c.unheard, c.written = true, begun.Rest, begun.Reused, !begun.Heard, begun.Sent
	return c
}

// sendRest sends what the relay has not sent.
func (c *wire) sendRest(b *reply) {
	rest := c.rest
	if c.carried, c.rest = false, nil; len(rest) > 0 {
		b.sent = make(chan error, 1)
		go func() {
			_, err := c.Write(rest)
			b.sent <- err
		}()
	}
}
