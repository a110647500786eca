package gate

import (
	"maps"
	"slices"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// prepared is an Endpoint made ready for use, with all that it takes.
type prepared struct {
	name   string
	claims []claim
	ready  map[Need]*endpoint // for each thing that it takes somewhere
	single *endpoint          // if it takes one thing alone, whichever the request
	base   *endpoint          // takes any good key
	routes routes             // of this endpoint alone
}

func (g *Gate) prepare(e *Endpoint) *prepared {
	p := &prepared{name: e.Name, claims: e.claims(""), ready: map[Need]*endpoint{}, base: g.prepareFor(e, Need{})}
	needs := e.takes()
	for _, need := range needs {
		p.ready[need] = g.prepareFor(e, need)
	}
	if len(needs) == 1 && !slices.ContainsFunc(p.claims, func(c claim) bool { return c.methods != nil }) {
		p.single = p.ready[needs[0]]
	}
	p.routes = newRoutes(p)
	return p
}

func (g *Gate) prepareFor(e *Endpoint, need Need) *endpoint {
	out := newEndpoint(e, need, g.opts.Sources)
	out.Open = out.Open || g.isOpen(&out.demand, out.Require)
	for _, rule := range e.Paths {
		out.paths = append(out.paths, rule.Path)
	}
	if out.paths = append(out.paths, e.Path); e.Kind != "" {
		out.paths = nil // the program sees its own
	}
	out.PerKey = g.opts.Limiter.PerKey(e.Name, e.LimitPerKey)
	if e.Assert == AssertGrafana {
		out.assert = g.opts.AssertGrafana
	}
	return out
}

// asking is the endpoint where a proxy says what is taken.
func (p *prepared) asking(permission apikey.Permission) *endpoint {
	if e := p.ready[Need{Require: permission}]; e != nil {
		return e
	}
	return p.base
}

// taking says which endpoint takes what a claim is for.
func (p *prepared) taking(c *claim) taking {
	rule := &verify.Rule{Endpoint: p.name, Path: c.path}
	t := taking{any: p.ready[c.need], rule: rule}
	for _, method := range slices.Sorted(maps.Keys(c.methods)) {
		t.method = append(t.method, byMethod{method, p.ready[c.methods[method]], rule})
	}
	return t
}
