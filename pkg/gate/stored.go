package gate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Sizes of an endpoint in the store, which every gate holds, and which an Admin of any organization may make.
const (
	maxStoredPaths    = 64
	maxStoredPath     = 1024 // characters of a path, or of the address of an upstream
	maxStoredSegments = 32   // of a path
	maxStoredMethods  = 32   // of a path
	maxStoredSources  = 16   // headers, and schemes
	maxStoredWord     = 128  // characters of a method, a header or a scheme
)

// checkSizes says what is too much of an endpoint that is to be kept in the store.
func (e *Endpoint) checkSizes(wrong *apikey.Mistakes, field string) {
	if len(e.Paths) > maxStoredPaths {
		wrong.Add(field+".paths", "has %d paths; %d are allowed", len(e.Paths), maxStoredPaths)
		return
	}
	checkRuleSizes(wrong, field, field+".path", e.Path, e.Methods)
	for i, rule := range e.Paths {
		at := fmt.Sprintf("%s.paths[%d]", field, i)
		checkRuleSizes(wrong, at, at, rule.Path, rule.Methods)
	}
	if e.Upstream != nil && len(e.Upstream.String()) > maxStoredPath {
		wrong.Add(field+".upstream", "is longer than %d characters", maxStoredPath)
	}
	for name, words := range map[string][]string{"headers": e.Headers, "schemes": e.Schemes} {
		if len(words) > maxStoredSources {
			wrong.Add(field+"."+name, "has %d entries; %d are allowed", len(words), maxStoredSources)
		} else if slices.ContainsFunc(words, isTooLong) {
			wrong.Add(field+"."+name, "has an entry that is longer than %d characters", maxStoredWord)
		}
	}
	for name, word := range map[string]string{
		"query": e.Query, "tenant.header": e.Tenant.Header, "tenant.label": e.Tenant.Label,
		"tenant.extra_label": e.Tenant.ExtraLabel,
	} {
		if isTooLong(word) {
			wrong.Add(field+"."+name, "is longer than %d characters", maxStoredWord)
		}
	}
}

func checkRuleSizes(wrong *apikey.Mistakes, of, field, path string, methods Methods) {
	switch {
	case len(path) > maxStoredPath:
		wrong.Add(field, "is longer than %d characters", maxStoredPath)
	case strings.Count(path, "/") > maxStoredSegments:
		wrong.Add(field, "has more than %d segments", maxStoredSegments)
	}
	if len(methods) > maxStoredMethods {
		wrong.Add(of+".methods", "names %d methods; %d are allowed", len(methods), maxStoredMethods)
	}
	for method := range methods {
		if isTooLong(method) {
			wrong.Add(of+".methods", "names a method that is longer than %d characters", maxStoredWord)
			return
		}
	}
}

func isTooLong(word string) bool { return len(word) > maxStoredWord }

// Held is what endpoints hold, to judge one that is to be kept in the store: names, which are unique at a gate, and
// paths, of which one that somebody else holds is not had by a narrower or a wider one either.
type Held struct {
	opts  *Options
	own   map[int64]*overlaps // of the endpoints of each organization
	names map[string]*Endpoint
	paths []heldPath
	kept  map[string]int64 // names that only their organizations may use again
}

// heldPath is a path in one of its readings.
type heldPath struct {
	claim
	owner *Endpoint
}

// NewHeld returns what the endpoints of some options hold. Those that are stored must be good.
func NewHeld(opts *Options) *Held {
	h := &Held{opts: opts, own: map[int64]*overlaps{}, names: map[string]*Endpoint{}, kept: map[string]int64{}}
	for i := range opts.Endpoints {
		h.Add(&opts.Endpoints[i])
	}
	return h
}

// Add lets an endpoint hold its name and its paths.
func (h *Held) Add(e *Endpoint) {
	h.names[e.Name] = e
	h.addPaths(e, e.territory(""))
	if e.Stored {
		h.ofOrganization(e.OrgID).add(&apikey.Mistakes{}, "", e)
	}
}

// Keep keeps the name and the paths of an endpoint that is not in force from all but its own organization. It may be
// anything that somebody wrote.
func (h *Held) Keep(e *Endpoint) {
	if _, kept := h.kept[e.Name]; !kept {
		h.kept[e.Name] = e.OrgID
	}
	h.addPaths(e, readable(e.territory, e))
}

func (h *Held) addPaths(e *Endpoint, claims []claim) {
	for _, c := range claims {
		for _, reading := range readingsOf(c.path) {
			c.segments = foldedSegments(reading)
			h.paths = append(h.paths, heldPath{claim: c, owner: e})
		}
	}
}

func (h *Held) ofOrganization(orgID int64) *overlaps {
	if h.own[orgID] == nil {
		h.own[orgID] = &overlaps{}
	}
	return h.own[orgID]
}

// Check says what is wrong with an endpoint that is to be kept in the store, and what of it others have. Fields are
// named as in the file, without what stands before an endpoint there.
func (h *Held) Check(e *Endpoint) (wrong, taken apikey.Mistakes) {
	const field = "endpoint"
	e.checkSizes(&wrong, field)
	if len(wrong) == 0 { // else looking at it all would cost what the sizes keep away
		e.check(&wrong, field)
		e.Tenant.check(&wrong, field+".tenant", e, h.opts.Sources)
		checkReserved(&wrong, field, e)
		(&overlaps{base: h.ofOrganization(e.OrgID)}).add(&wrong, field, e)
		h.checkPaths(&taken, field, e)
	}
	if e.Upstream != nil && len(wrong) == 0 {
		if err := h.opts.Allowed.Check(e.Upstream); err != nil {
			wrong.Add(field+".upstream", "%s", err)
		}
	}
	if owner := h.names[e.Name]; owner != nil {
		taken.Add(field+".name", "%q is the name of %s; names differ at a gate, so choose another", e.Name,
			owner.described(e.OrgID))
	} else if orgID, kept := h.kept[e.Name]; kept && orgID != e.OrgID {
		taken.Add(field+".name", "%q is the name of an endpoint of another organization; names differ at a gate, "+
			"so choose another", e.Name)
	}
	for _, list := range []apikey.Mistakes{wrong, taken} {
		for i := range list {
			list[i].Field = strings.TrimPrefix(list[i].Field, field+".")
		}
	}
	return wrong, taken
}

// described says whose an endpoint is, to somebody of an organization.
func (e *Endpoint) described(orgID int64) string {
	switch {
	case !e.Stored:
		return "an endpoint in the configuration file"
	case e.OrgID == orgID:
		return "an endpoint that is there"
	}
	return "an endpoint of another organization"
}

// checkPaths says which paths others hold.
func (h *Held) checkPaths(taken *apikey.Mistakes, field string, e *Endpoint) {
	reported := map[string]bool{}
	for _, c := range e.territory(field) {
		if c.reach < ofKind && pathMistake(c.path) != "" || reported[c.field] {
			continue
		}
		if held := h.othersAt(e.OrgID, &c); held != nil {
			taken.Add(c.field, "%q has requests in common with %q, which %s has; choose a path apart from it", c.path,
				held.path, held.owner.described(e.OrgID))
			reported[c.field] = true
		}
	}
}

// othersAt returns a path that somebody else than an organization holds and that has requests in common with a claim,
// in some reading; nil if there is none.
func (h *Held) othersAt(orgID int64, c *claim) *heldPath {
	read := *c
	for _, reading := range readingsOf(c.path) {
		read.segments = foldedSegments(reading)
		i := slices.IndexFunc(h.paths, func(held heldPath) bool {
			return (!held.owner.Stored || held.owner.OrgID != orgID) && read.meets(&held.claim)
		})
		if i >= 0 {
			return &h.paths[i]
		}
	}
	return nil
}

// checkReserved says which paths the gate itself answers, in a reading.
func checkReserved(wrong *apikey.Mistakes, field string, e *Endpoint) {
	for _, c := range e.claims(field) {
		if pathMistake(c.path) != "" {
			continue
		}
		for _, reading := range readingsOf(c.path) {
			lower := strings.ToLower(reading)
			if isOwnPath(reading) || isAuthPath(lower) || lower == keySetPath ||
				strings.HasPrefix(lower, keySetPath+"/") {
				wrong.Add(c.field, "%q is where the gate itself answers; choose another path", c.path)
				break
			}
		}
	}
}

// territory are the claims that keep others out: of a kind that has a path of its own, all below it.
func (e *Endpoint) territory(field string) []claim {
	if e.Kind == "" || e.prefix() == "" {
		return e.claims(field)
	}
	return []claim{newClaim(Rule{Path: e.prefix()}, "", field+".path")}
}

// meets reports whether some path belongs to both, whichever its method.
func (c *claim) meets(other *claim) bool {
	a, b := c.segments, other.segments
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] && !isName(a[i]) && !isName(b[i]) {
			return false
		}
	}
	switch {
	case len(a) < len(b):
		return c.reach == covering || c.reach == belowIt
	case len(a) > len(b):
		return other.reach == covering || other.reach == belowIt
	}
	return true
}

// readingsOf are the ways in which servers may read the path of an endpoint, without what its end says.
func readingsOf(path string) []string {
	all := []string{strings.TrimSuffix(strings.TrimSuffix(path, alone), "/")}
	for i := 0; i < len(all) && len(all) < maxReadings; i++ {
		for _, step := range steps {
			if further := strings.TrimSuffix(step(all[i]), "/"); !slices.Contains(all, further) {
				all = append(all, further)
			}
		}
	}
	return all
}

// foldedSegments are the segments of a reading without regard to case: some servers have none.
func foldedSegments(reading string) []string {
	segments := segmentsOf(strings.TrimSuffix(reading, "/{rest...}"))
	for i, s := range segments {
		if !isName(s) {
			segments[i] = strings.ToLower(s)
		}
	}
	return segments
}

// overlaps finds rules that want the same requests, as endpoints are added.
type overlaps struct {
	base  *overlaps               // what was added before, by others; nil = nothing
	first map[string][]ownedClaim // by the first segment of their paths; empty = any, or none
}

type ownedClaim struct {
	claim
	owner *Endpoint
}

// firstOf is what claims are looked for by.
func (c *claim) firstOf() string {
	if len(c.segments) == 0 || isName(c.segments[0]) {
		return ""
	}
	return c.segments[0]
}

// near calls fn with each claim that c may have requests in common with.
func (o *overlaps) near(c *claim, fn func(*ownedClaim)) {
	if o.base != nil {
		o.base.near(c, fn)
	}
	if first := c.firstOf(); first != "" {
		each(o.first[first], fn)
		each(o.first[""], fn)
		return
	}
	for _, first := range slices.Sorted(maps.Keys(o.first)) {
		each(o.first[first], fn)
	}
}

func each(list []ownedClaim, fn func(*ownedClaim)) {
	for i := range list {
		fn(&list[i])
	}
}

// add adds an endpoint, and says where its rules want what those of others and its own have.
func (o *overlaps) add(wrong *apikey.Mistakes, field string, e *Endpoint) {
	ofTheirKinds := map[*Endpoint][]string{}
	if o.first == nil {
		o.first = map[string][]ownedClaim{}
	}
	for _, c := range e.claims(field) {
		if c.reach < ofKind && pathMistake(c.path) != "" {
			continue
		}
		o.near(&c, func(other *ownedClaim) {
			if other.owner.isStranger(e) {
				return
			}
			switch c.conflict(&other.claim) {
			case sameRequests:
				if c.reach >= ofKind {
					ofTheirKinds[other.owner] = append(ofTheirKinds[other.owner], c.path)
					return
				}
				c.reportSame(wrong, e, other.owner)
			case unclear:
				if c.reach >= ofKind {
					return // of one kind, whose tests see to it; of two, the same requests are found as well
				}
				wrong.Add(c.field, "%q and %q of %s have requests in common, and neither is the narrower one; "+
					"make one of them narrower", c.path, other.path, other.owner.Name)
			case apart:
			}
		})
		first := c.firstOf()
		o.first[first] = append(o.first[first], ownedClaim{claim: c, owner: e})
	}
	for owner, paths := range ofTheirKinds {
		slices.Sort(paths)
		wrong.Add(field+".kind", "serves %s%s, as %s does; give one of them a path of its own, such as path: /%s",
			paths[0], andMore(len(paths)-1), owner.Name, e.Kind)
	}
}

// isStranger reports whether two endpoints have nothing in common by other rules: see Held.
func (e *Endpoint) isStranger(other *Endpoint) bool {
	return (e.Stored || other.Stored) && (e.Stored != other.Stored || e.OrgID != other.OrgID)
}

// checkOverlaps says where rules want the same requests, or where it would not
// be plain which of two has a request.
func checkOverlaps(wrong *apikey.Mistakes, endpoints []Endpoint) {
	var all overlaps
	for i := range endpoints {
		all.add(wrong, fmt.Sprintf("gate.endpoints[%d]", i), &endpoints[i])
	}
}
