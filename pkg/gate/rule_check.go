package gate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/kinds"
)

// checkRules says what is wrong with what the endpoint takes.
func (e *Endpoint) checkRules(wrong *apikey.Mistakes, field string) {
	if e.Path != "" || len(e.Paths) == 0 && e.Kind == "" {
		checkPath(wrong, field+".path", e.Path)
	}
	inherited := e.Kind == "" && (e.Path != "" || len(e.Paths) == 0)
	for i, rule := range e.Paths {
		at := fmt.Sprintf("%s.paths[%d]", field, i)
		checkPath(wrong, at, rule.Path)
		if rule.Need == (Need{}) && rule.Methods == nil {
			inherited = true
			continue
		}
		rule.check(wrong, at)
	}
	own := Rule{Need: e.need(), Methods: e.Methods}
	switch {
	case e.Kind != "":
		e.checkKind(wrong, field, inherited)
	case inherited || own.Need != (Need{}) || own.Methods != nil:
		own.check(wrong, field)
	}
	if e.Open && (e.BasicUntilFirstKey != nil || e.ReceiverKey != "") {
		wrong.Add(field+".require", "is none, so that anyone may in; "+
			"leave out basic_until_first_key and receiver_key_file")
	}
	if e.BasicUntilFirstKey != nil && len(e.takes()) > 1 {
		wrong.Add(field+".basic_until_first_key", "is for endpoints that take one permission alone; "+
			"make an endpoint of its own of the path that takes it")
	}
}

// checkKind says what is wrong with an endpoint that leaves to its kind what
// it takes.
func (e *Endpoint) checkKind(wrong *apikey.Mistakes, field string, inherited bool) {
	if kinds.Find(e.Kind) == nil {
		wrong.Add(field+".kind", "%q is not known; use %s", e.Kind, strings.Join(kinds.Names(), ", "))
		return
	}
	if strings.Contains(e.Path, "{") {
		wrong.Add(field+".path", "%q must be a plain path; it stands in front of the routes of the kind", e.Path)
	}
	if e.need() != (Need{}) {
		wrong.Add(field+".require", "cannot stand with kind, which says what each route takes; "+
			"leave it out, or say it of a path in paths, which goes before the kind")
	}
	if e.Methods != nil {
		wrong.Add(field+".methods", "cannot stand with kind, which says what each route takes; "+
			"leave it out, or say it of a path in paths, which goes before the kind")
	}
	if inherited {
		wrong.Add(field+".paths", "must say what each path takes, such as {path: /ready, require: none}, "+
			"to go before the kind")
	}
}

// check says what is wrong with a rule, but for its path.
func (r *Rule) check(wrong *apikey.Mistakes, field string) {
	switch {
	case r.Methods != nil && r.Need != (Need{}):
		wrong.Add(field+".methods", "cannot stand with require; "+
			"say for each method what it takes, such as {GET: read, POST: write}")
	case r.Methods != nil && len(r.Methods) == 0:
		wrong.Add(field+".methods", "names no method; say what each takes, such as {GET: read, POST: write}")
	case r.Methods == nil:
		r.Need.check(wrong, field+".require")
	}
	for _, method := range slices.Sorted(maps.Keys(r.Methods)) {
		of := field + ".methods." + method
		if !isToken(method) || method != strings.ToUpper(method) || method[0] < 'A' || method[0] > 'Z' {
			wrong.Add(of, "is not a method; write one such as GET or POST, or require for all of them")
			continue
		}
		if untaken(method) != nil {
			wrong.Add(of, "is never taken by the gate; leave it out")
			continue
		}
		need := r.Methods[method]
		need.check(wrong, of)
	}
}

// check says what is wrong with what a request must show.
func (n *Need) check(wrong *apikey.Mistakes, field string) {
	switch {
	case n.Open && n.Require != apikey.PermissionNone:
		wrong.Add(field, "cannot be none and %s at once", n.Require)
	case !n.Open && (n.Require == apikey.PermissionNone || n.Require > apikey.PermissionManage):
		wrong.Add(field, "is missing; use read, write, ingest or manage, or none for what anyone may see")
	}
}

func andMore(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}

func (c *claim) reportSame(wrong *apikey.Mistakes, e, owner *Endpoint) {
	if e == owner {
		wrong.Add(c.field, "%q is listed already", c.path)
		return
	}
	wrong.Add(c.field, "%q is a path of %s as well; paths must differ, or the methods", c.path, owner.Name)
}

// conflict is how two claims get in each other's way.
type conflict int

const (
	apart conflict = iota
	sameRequests
	unclear // some requests are in both, and neither is the narrower one
)

func (c *claim) conflict(other *claim) conflict {
	a, b := c.segments, other.segments
	narrower, wider := false, false
	for i := range min(len(a), len(b)) {
		switch aName, bName := isName(a[i]), isName(b[i]); {
		case aName && bName:
		case aName:
			wider = true
		case bName:
			narrower = true
		case a[i] != b[i]:
			return apart
		}
	}
	switch {
	case len(a) > len(b) && other.reach != covering, len(a) < len(b) && c.reach != covering:
		return apart
	case (c.reach >= ofKind) != (other.reach >= ofKind): // what is said in the configuration goes first
		return apart
	case len(a) > len(b) && wider, len(a) < len(b) && narrower, narrower && wider:
		return unclear
	case len(a) == len(b) && !narrower && !wider && c.reach == other.reach && c.shareMethod(other):
		return sameRequests
	}
	return apart
}

// shareMethod reports whether two claims have a method in common that neither
// of them is the narrower rule for.
func (c *claim) shareMethod(other *claim) bool {
	if c.need != (Need{}) && other.need != (Need{}) {
		return true
	}
	for method := range c.methods {
		if _, both := other.methods[method]; both {
			return true
		}
	}
	return len(c.methods) == 0 && len(other.methods) == 0
}

// checkPath holds the paths of endpoints to the one form in which requests'
// paths are compared with them.
func checkPath(wrong *apikey.Mistakes, field, path string) {
	if mistake := pathMistake(path); mistake != "" {
		wrong.Add(field, "%s", mistake)
	}
}

func pathMistake(path string) string {
	if path == alone {
		return ""
	}
	path = strings.TrimSuffix(path, alone)
	switch clean := cleanPath("/" + path); {
	case path == "":
		return "is missing; use a path such as /metrics, or / for everything"
	case strings.ContainsAny(path, "%;?#") || unreadable("/"+path) != "":
		return fmt.Sprintf("%q may not hold %% ; ? # \\ or control characters; write the path as it is after unescaping", path)
	case path[0] != '/' || clean != path || path != "/" && strings.HasSuffix(path, "/"):
		return fmt.Sprintf("%q must be written %q", path, withoutSlash(clean))
	case oddName(path) != "":
		return fmt.Sprintf("%q: %s is not a name that stands for a segment, such as {name}; "+
			"/{$} may stand at the end, for the path without what lies below it", path, oddName(path))
	case isOwnPath(path):
		return fmt.Sprintf("%q is where the gate answers forward authentication; choose another path", path)
	}
	return ""
}

// oddName returns the first segment with braces that is no name.
func oddName(path string) string {
	for segment := range strings.SplitSeq(path, "/") {
		name := strings.TrimSuffix(strings.TrimPrefix(segment, "{"), "}")
		good := isName(segment) && !strings.Contains(name, ".") && apikey.CheckEndpointName(name) == nil
		if strings.ContainsAny(segment, "{}") && !good {
			return segment
		}
	}
	return ""
}
