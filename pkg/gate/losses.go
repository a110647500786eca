package gate

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// Comparison says what keys would be refused if other endpoints were in force than are.
type Comparison struct {
	now, then site
}

// Loss is why requests that a rule lets in would be refused.
type Loss struct {
	Reason  string // in a sentence
	Certain bool   // all of them would be, and not only some, or perhaps
}

// site is a gate as far as it matters who is let in where.
type site struct {
	endpoints map[string]*prepared
	closed    map[string]*Closed
	routes    routes
	claims    []claim
}

// Compare compares what is in force now, and what is closed, with what would be.
func Compare(now, then []Endpoint, closedNow, closedThen []Closed) *Comparison {
	return &Comparison{now: newSite(now, closedNow), then: newSite(then, closedThen)}
}

func newSite(endpoints []Endpoint, closed []Closed) site {
	opts := Options{Endpoints: endpoints, Closed: closed}
	s := site{endpoints: map[string]*prepared{}, closed: closedNames(&opts)}
	var all []*prepared
	for i := range endpoints {
		p := endpoints[i].bare()
		s.endpoints[p.name] = p
		s.claims = append(s.claims, p.claims...)
		all = append(all, p)
	}
	shut := closedPaths(&opts)
	for i := range shut {
		s.claims = append(s.claims, shut[i].claim)
	}
	s.routes = newRoutesBeside(shut, all...)
	return s
}

// bare is the endpoint as far as it matters who is let in.
func (e *Endpoint) bare() *prepared {
	p := &prepared{name: e.Name, claims: e.claims(""), ready: map[Need]*endpoint{}}
	needs := e.takes()
	for _, need := range needs {
		p.ready[need] = &endpoint{demand: demand{Demand: verify.Demand{
			Endpoint: e.Name, Require: need.Require, Open: need.Open, Pool: e.Pool, OrgID: e.OrgID,
			Tenant: e.Tenant.clientHeader(), Tenantless: need.Open, Sources: joinSources(verify.Sources{}, *e),
		}}}
	}
	if len(needs) == 1 {
		p.single = p.ready[needs[0]]
	}
	p.routes = newRoutes(p)
	return p
}

// Matters reports whether some request that a rule decides about now would be decided in another way.
func (c *Comparison) Matters(rule apikey.Rule) bool {
	changed := false
	c.each(rule, func(_, _ string, now, then *endpoint, _ *taking) { changed = changed || !now.asks(then) })
	return changed || c.dependsThen(rule)
}

// dependsThen reports whether what an endpoint takes would depend on the path, and does not now, for a rule that may
// stand for requests of which a proxy names the endpoint alone.
func (c *Comparison) dependsThen(rule apikey.Rule) bool {
	now, then := c.now.endpoints[rule.Endpoint], c.then.endpoints[rule.Endpoint]
	return rule.Path == "" && now != nil && then != nil && now.single != nil && then.single == nil
}

// keepsByName reports whether a rule may stand for requests of which a proxy names the endpoint alone, and those would
// be let in, as far as that is known.
func (c *Comparison) keepsByName(rule apikey.Rule, k *apikey.Key) bool {
	then := c.then.endpoints[rule.Endpoint]
	return rule.Path == "" && then != nil && (then.single == nil || then.single.refuses(k) == "")
}

// asks reports whether both ask the same of a key.
func (e *endpoint) asks(other *endpoint) bool {
	if e == nil || other == nil {
		return e == other
	}
	return e.Endpoint == other.Endpoint && e.Require == other.Require && e.Open == other.Open && e.Pool == other.Pool &&
		e.OrgID == other.OrgID && e.Tenant == other.Tenant && e.missing(other) == ""
}

// Loss says what a key that a rule lets in would be refused; nil for nothing. That the key may be used at all is not
// asked.
func (c *Comparison) Loss(rule apikey.Rule, k *apikey.Key) *Loss {
	kept, lost, certain := 0, 0, true
	var request, why string // of the first
	c.each(rule, func(method, path string, now, then *endpoint, t *taking) {
		if now.refuses(k) != "" {
			return
		}
		reason, surely := whyLost(now, then, t, k)
		if reason == "" {
			kept++
			return
		}
		lost++
		if lost == 1 {
			request, why = method+" "+path, reason
		}
		certain = certain && surely
	})
	switch {
	case lost == 0 && c.dependsThen(rule):
		return &Loss{Reason: fmt.Sprintf("It may be refused where a proxy names %s alone: what that takes would depend "+
			"on the path.", rule.Endpoint)}
	case lost == 0:
		return nil
	}
	if certain && kept == 0 && !c.keepsByName(rule, k) {
		return &Loss{Reason: fmt.Sprintf("%s would be refused: %s.", request, why), Certain: true}
	}
	return &Loss{Reason: fmt.Sprintf("%s may be refused: %s.", request, why)}
}

// whyLost says why a key that is let in now would not be then, and whether that is certain; empty if it would.
func whyLost(now, then *endpoint, t *taking, k *apikey.Key) (why string, certain bool) {
	switch {
	case then != nil:
		if why := then.refuses(k); why != "" {
			return why, true
		}
		return cmp.Or(now.missing(then), now.unsaid(then, k)), false
	case t != nil && t.closed != nil:
		return t.closed.Name + " would be gone", true
	case t != nil && t != nowhere:
		return "the method would not be taken there", true
	}
	return "no endpoint would take it", true
}

// refuses says why a key is not let in; empty if it is.
func (e *endpoint) refuses(k *apikey.Key) string {
	switch {
	case e.Open && e.Tenantless:
		return ""
	case len(k.Endpoints) > 0 && !slices.Contains(k.Endpoints, e.Endpoint):
		return fmt.Sprintf("it would be of %s, which the key is not for", e.Endpoint)
	case e.OrgID != 0 && e.OrgID != k.OrgID:
		return fmt.Sprintf("%s would be for keys of another organization", e.Endpoint)
	case e.Pool != "" && e.Pool != k.Pool:
		return fmt.Sprintf("%s would be for keys of the pool %s", e.Endpoint, e.Pool)
	case e.Tenant != "" && len(k.Tenants) == 0:
		return fmt.Sprintf("%s would be for keys that have tenants, and this one has none", e.Endpoint)
	case !k.Role.Grants(e.Require):
		return fmt.Sprintf("it would take %s, which the role %s does not grant", e.Require, k.Role)
	}
	return ""
}

// unsaid says why a key's tenant would not be known of requests that named none; empty if it would.
func (e *endpoint) unsaid(then *endpoint, k *apikey.Key) string {
	several := len(k.Tenants) > 1 && then.Require != apikey.PermissionRead
	anyOfAll := slices.Contains(k.Tenants, apikey.AnyTenant)
	if then.Tenant == "" || then.Tenant == e.Tenant || !several && !anyOfAll {
		return ""
	}
	return fmt.Sprintf("it would have to say in %s for which of its key's tenants it is", then.Tenant)
}

// missing says where keys are looked for now and would not be then; empty if there is no such place.
func (e *endpoint) missing(then *endpoint) string {
	for _, name := range e.Sources.Headers {
		if !slices.Contains(then.Sources.Headers, name) {
			return "keys would not be looked for in " + name + " any longer"
		}
	}
	for _, scheme := range e.Sources.Schemes {
		if !slices.Contains(then.Sources.Schemes, scheme) {
			return "keys would not be taken by the scheme " + scheme + " any longer"
		}
	}
	if e.Sources.Query != "" && e.Sources.Query != then.Sources.Query {
		return "keys would not be looked for in the parameter " + e.Sources.Query + " any longer"
	}
	return ""
}

// each calls fn for requests that a rule decides about: for enough of them that each way in which any would be decided
// is among them. A rule without a path stands for all of its endpoint, and also for who asks by its name alone.
func (c *Comparison) each(rule apikey.Rule, fn func(method, path string, now, then *endpoint, t *taking)) {
	p := c.now.endpoints[rule.Endpoint]
	if p == nil {
		return
	}
	own := slices.IndexFunc(p.claims, func(claim claim) bool { return claim.path == rule.Path })
	claims, known := p.claims, own >= 0
	switch {
	case known:
		claims = slices.DeleteFunc(slices.Clone(p.claims), func(claim claim) bool { return claim.path != rule.Path })
	case rule.Path != "": // of an endpoint that was another one then
		claims = []claim{patternClaim(rule.Path)}
	}
	for i := range claims {
		claim := &claims[i]
		for _, method := range methodsFor(rule, claim) {
			for _, path := range c.samples(claim) {
				now, by := c.now.routes.find(path).ruled(method)
				if now == nil || now.Endpoint != rule.Endpoint || known && by.Path != rule.Path {
					continue
				}
				t := c.then.routes.find(path)
				fn(method, claim.path, now, t.of(method), t)
			}
		}
	}
}

// patternClaim reads the path of a rule that is no more.
func patternClaim(path string) claim {
	c := newClaim(Rule{Path: path}, "", "")
	if cut, rest := strings.CutSuffix(path, kindRest); rest {
		c.segments, c.reach = segmentsOf(cut), belowIt
	}
	return c
}

// otherMethod stands for those that nobody names.
const otherMethod = "ANOTHER"

// methodsFor are the methods that a rule is about.
func methodsFor(rule apikey.Rule, c *claim) []string {
	usual := apikey.RuleMethods()
	if rule.Method != "" && slices.Contains(usual, rule.Method) {
		return []string{rule.Method}
	}
	if rule.Path == "" {
		return methodsOf(c)
	}
	methods := []string{otherMethod}
	for _, method := range slices.Sorted(maps.Keys(c.methods)) {
		if !slices.Contains(usual, method) && method != http.MethodHead {
			methods = append(methods, method)
		}
	}
	return methods
}

// methodsOf are those that a claim says something of, or the usual ones if it is about all.
func methodsOf(c *claim) []string {
	methods := slices.Sorted(maps.Keys(c.methods))
	if c.need != (Need{}) {
		methods = append(methods, http.MethodGet, http.MethodPost)
	}
	slices.Sort(methods)
	return slices.Compact(methods)
}
