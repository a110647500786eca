package gate

import (
	"net/http"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// pass decides about a request and passes it on to its endpoint's upstream.
func (g *Gate) pass(w http.ResponseWriter, r *http.Request) {
	q := g.newRequest(r)
	t, fault := g.routes.resolve(r.Method, r.URL)
	switch {
	case fault != "":
		g.opts.Observer.Observe("", apikey.CodeInvalid, time.Since(q.began))
		g.denyUnasked(w, q, refuse(apikey.CodeInvalid, fault))
		return
	case t.endpoint == nil && t.taking != nil:
		g.denyUnasked(w, q, t.taking.refuse(r.Method))
		return
	case t.endpoint == nil:
		g.denyUnasked(w, q, refuse(apikey.CodeNoEndpoint, "No endpoint is configured for this path. "+
			"Check the address, or configure an endpoint that covers it; one with a kind covers the routes of its program alone."))
		return
	case t.endpoint.upstream == nil:
		g.denyUnasked(w, q, refuse(apikey.CodeNoEndpoint, "The endpoint of this path is for forward authentication "+
			"alone; it has no upstream that requests are passed on to."))
		return
	}
	q.rule = t.rule
	o := g.decide(q, &t.endpoint.demand)
	defer o.End() // however the request ends
	g.beginSpans(q, t.endpoint.entrance, &t.endpoint.demand, &o)
	defer q.spans.end()
	if !o.Valid() {
		g.deny(w, q, refused(&o, &t.endpoint.demand))
		return
	}
	g.forward(w, q, t, &o, nil)
}

// denyUnasked refuses a request of which nobody looked at the key, and counts it.
func (g *Gate) denyUnasked(w http.ResponseWriter, q *request, f refusal) {
	g.countUnasked(&f)
	g.deny(w, q, f)
}

func (g *Gate) countUnasked(f *refusal) {
	g.admission.Recorder.Record(verify.Seen{
		OrgID: f.orgID, Code: f.Code, Endpoint: f.endpoint,
		Configured: g.endpoints[f.endpoint] != nil || g.closed[f.endpoint] != nil,
	})
}
