package gate

import (
	"context"
	"net/http"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/relay"
	"github.com/ostiary/ostiary/pkg/verify"
)

// errand is a request that the relay asked about.
type errand struct {
	exchange
	gate    *Gate
	in      request
	out     outgoing
	outcome verify.Outcome
	to      *relay.Upstream // nil = the server is to go on
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
	e.in.begin(ctx, g, r)
	e.in.rule = t.rule
	e.outcome = g.decide(&e.in, &t.endpoint.demand)
	e.gate, e.request, e.target, e.exchange.outcome = g, &e.in, t, &e.outcome
	if !e.outcome.Valid() || r.ContentLength > 0 && e.outcome.Meter(ctx, http.NoBody) != nil {
		return e
	}
	g.directRequest(&e.out, &e.exchange, r, r.Header, nil) // a server that goes on reads the header itself
	if _, _, ok := plainAddress(&e.out.request); !ok {
		return e
	}
	e.to = g.transports().to(t.endpoint.upstream).direct.upstream(t.endpoint.upstream.dialAddress)
	return e
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
func (e *errand) Upstream() *relay.Upstream { return e.to }

// AppendRequest appends the header of the request for the upstream.
func (e *errand) AppendRequest(b []byte) []byte {
	a := appender(b)
	writePlainHeader(&a, &e.out.request)
	return a
}

// End is called when the answer has ended.
func (e *errand) End() {
	e.outcome.End()
	*e = errand{} // it is kept to be used again, and nothing of the request is
}

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
