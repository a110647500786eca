package gate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/kinds"
)

// Need is what a request must show.
type Need struct {
	Require apikey.Permission // what its key must grant
	Open    bool              // in place of Require: lets anyone in
}

// Rule is what a path takes.
type Rule struct {
	Path    string // it and all below it; it alone with /{$} behind it; {name} is any one segment; not escaped
	Need           // of every method
	Methods Methods
}

// Methods say what each method takes, in place of one need for all. GET goes
// for HEAD too; what is not named is closed.
type Methods map[string]Need

// need is what the endpoint's own path takes, and those of its paths that say
// nothing of their own.
func (e *Endpoint) need() Need { return Need{Require: e.Require, Open: e.Open} }

// alone is the end of a path that is meant without what lies below it, as in
// Go's ServeMux.
const alone = "/{$}"

// reach is how far a claim goes. Where several are for the same path, the
// first of these decides.
type reach int

const (
	itself   reach = iota // the path alone
	covering              // the path and all below it
	ofKind                // the path alone, by the table of a kind
	belowIt               // what lies below the path alone, by the table of a kind
)

// claim is a rule of an endpoint, brought into the one form in which it is
// compared and looked up.
type claim struct {
	segments []string // of its path, without what its end says
	reach    reach
	need     Need
	methods  Methods
	path     string // as it was given
	field    string // where
}

// claims are all that the endpoint takes.
func (e *Endpoint) claims(field string) []claim {
	var all []claim
	if e.Kind == "" && (e.Path != "" || len(e.Paths) == 0) {
		all = append(all, newClaim(Rule{Path: e.Path, Need: e.need(), Methods: e.Methods}, "", field+".path"))
	}
	for i, rule := range e.Paths {
		if rule.Need == (Need{}) && rule.Methods == nil {
			rule.Need, rule.Methods = e.need(), e.Methods
		}
		all = append(all, newClaim(rule, e.prefix(), fmt.Sprintf("%s.paths[%d]", field, i)))
	}
	return append(all, e.claimsOfKind(field)...)
}

// segmentsOf returns the segments of a path; empty has none.
func segmentsOf(path string) []string {
	if path == "" {
		return nil
	}
	return strings.Split(path[1:], "/")
}

func newClaim(rule Rule, prefix, field string) claim {
	c := claim{reach: covering, need: rule.Need, methods: rule.Methods, path: prefix + rule.Path, field: field}
	path, itsEnd := strings.CutSuffix(rule.Path, alone)
	if itsEnd {
		c.reach = itself
	}
	c.segments = segmentsOf(prefix + strings.TrimSuffix(path, "/"))
	return c
}

// claimsOfKind are those of the endpoint's kind. The kind's / is also the
// prefix itself, where there is one.
func (e *Endpoint) claimsOfKind(field string) (all []claim) {
	kind := kinds.Find(e.Kind)
	if kind == nil {
		return nil
	}
	known := map[string]int{} // by pattern
	for _, route := range kind.Routes {
		path := e.prefix() + route.Pattern
		at, again := known[path]
		if !again {
			at = len(all)
			known[path] = at
			c := claim{segments: segmentsOf(path), reach: ofKind, path: path, field: field + ".kind"}
			if cut, rest := strings.CutSuffix(path, kinds.Rest); rest {
				c.segments, c.reach = segmentsOf(cut), belowIt
			}
			all = append(all, c)
		}
		all[at].add(route)
	}
	root, ok := known[e.prefix()+"/"]
	switch {
	case ok && e.prefix() == "":
		all[root].segments = nil
	case ok:
		c := all[root]
		c.segments = segmentsOf(e.prefix())
		all = append(all, c)
	}
	return all
}

func (c *claim) add(route kinds.Route) {
	need := Need{Require: route.Takes}
	if route.Methods == kinds.AnyMethod {
		c.need = need
		return
	}
	if c.methods == nil {
		c.methods = Methods{}
	}
	for method := range strings.FieldsSeq(route.Methods) {
		c.methods[method] = need
	}
}

// prefix stands in front of the paths of an endpoint with a kind, and is taken
// off what is passed on.
func (e *Endpoint) prefix() string {
	if e.Kind == "" {
		return ""
	}
	return strings.TrimSuffix(e.Path, "/")
}

// takes lists what the endpoint takes anywhere, once each.
func (e *Endpoint) takes() (all []Need) {
	add := func(n Need) {
		if !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	for _, c := range e.claims("") {
		if c.need != (Need{}) {
			add(c.need)
		}
		for _, method := range slices.Sorted(maps.Keys(c.methods)) {
			add(c.methods[method])
		}
	}
	return all
}

// Permissions are those that some request of the endpoint takes, or none where
// some request is let in without any.
func (e *Endpoint) Permissions() (all []apikey.Permission) {
	for _, need := range e.takes() {
		if need.Open {
			return nil
		}
		all = append(all, need.Require)
	}
	return all
}

// OpenedBy reports whether a role grants what some request of the endpoint
// takes.
func (e *Endpoint) OpenedBy(role apikey.Role) bool {
	return slices.ContainsFunc(e.takes(), func(n Need) bool { return !n.Open && role.Grants(n.Require) })
}

// TakesAnywhere reports whether some request of the endpoint takes a
// permission.
func (e *Endpoint) TakesAnywhere(p apikey.Permission) bool {
	return slices.Contains(e.takes(), Need{Require: p})
}
