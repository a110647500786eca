package gate

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// Loss says in a sentence what a key that was let in at an endpoint would be refused when next stands in its place, nil
// for nothing; empty if it would lose nothing. That the key may be used at all is not asked.
func (e *Endpoint) Loss(next *Endpoint, k *apikey.Key) string {
	if next == nil {
		return fmt.Sprintf("%s would be gone.", e.Name)
	}
	if why := next.refusesAll(k); why != "" && e.refusesAll(k) == "" {
		return why
	}
	return lossAt(e.claims(""), e, next, k.Role)
}

// LossBy says like Loss what a key that is let in at e would be refused when next, of another name, takes the paths
// that are its own.
func (e *Endpoint) LossBy(next *Endpoint, k *apikey.Key) string {
	paths := slices.DeleteFunc(next.claims(""), func(c claim) bool {
		return e.bareRoutes().find(sampleOf(&c)) == nil
	})
	if len(paths) == 0 {
		return ""
	}
	if len(k.Endpoints) > 0 && !slices.Contains(k.Endpoints, next.Name) {
		return fmt.Sprintf("%s would be of %s, which the key is not for.", paths[0].path, next.Name)
	}
	if why := next.refusesAll(k); why != "" {
		return why
	}
	return lossAt(paths, e, next, k.Role)
}

// refusesAll says why a key has no use at the endpoint, whatever it asks for.
func (e *Endpoint) refusesAll(k *apikey.Key) string {
	switch {
	case !e.Open && e.OrgID != 0 && e.OrgID != k.OrgID:
		return fmt.Sprintf("%s would be for keys of another organization.", e.Name)
	case !e.Open && e.Pool != "" && e.Pool != k.Pool:
		return fmt.Sprintf("%s would be for keys of the pool %s.", e.Name, e.Pool)
	case !e.Tenant.IsZero() && len(k.Tenants) == 0:
		return fmt.Sprintf("%s would be for keys that have tenants, and this one has none.", e.Name)
	}
	return ""
}

// lossAt says what a role is granted at some paths of an endpoint, and not by the next.
func lossAt(paths []claim, e, next *Endpoint, role apikey.Role) string {
	now, then := e.bareRoutes(), next.bareRoutes()
	var first string
	further := 0
	for i := range paths {
		for _, method := range methodsOf(&paths[i]) {
			path := sampleOf(&paths[i])
			if !now.match(method, path).opensTo(role) || then.match(method, path).opensTo(role) {
				continue
			}
			further++
			if first == "" {
				first = fmt.Sprintf("%s %s would be refused to the role %s", method, paths[i].path, role)
				if taking := then.match(method, path); taking != nil {
					first += ", because it would take " + taking.Require.String()
				}
			}
		}
	}
	if first == "" {
		return ""
	}
	return first + andMore(further-1) + "."
}

// opensTo reports whether what a request takes is granted by a role; nil is nothing that could be.
func (e *endpoint) opensTo(role apikey.Role) bool {
	return e != nil && (e.Open || role.Grants(e.Require))
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

// sampleOf is a path that a claim is for.
func sampleOf(c *claim) string {
	var b strings.Builder
	for _, s := range c.segments {
		b.WriteByte('/')
		if isName(s) {
			s = strings.Trim(s, "{}")
		}
		b.WriteString(s)
	}
	if c.reach == belowIt {
		b.WriteString("/below")
	}
	return b.String()
}

// bareRoutes find what requests of the endpoint alone take, and nothing else.
func (e *Endpoint) bareRoutes() routes {
	p := &prepared{name: e.Name, claims: e.claims(""), ready: map[Need]*endpoint{}}
	for _, need := range e.takes() {
		p.ready[need] = &endpoint{demand: demand{Demand: verify.Demand{Require: need.Require, Open: need.Open}}}
	}
	return newRoutes(p)
}
