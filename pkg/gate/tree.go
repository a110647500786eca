package gate

import (
	"net/http"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/verify"
)

// tree holds what paths take, a node for each segment. A literal segment is narrower than a name, and a longer path
// than a shorter one; the narrowest that fits decides, whether it takes the request's method or not.
type tree struct {
	literal map[string]*tree // by segment
	name    *tree            // any segment that is not empty
	slashes bool             // an escaped slash may be part of such a name
	here    *taking          // the path itself; nil = it leads nowhere
	below   *taking          // all that lies below and is not said otherwise

	reach, reachBelow reach // of the claims that said so
}

// taking is which endpoint takes the requests for a path.
type taking struct {
	any    *endpoint    // of the methods that are not named; nil = they are closed
	rule   *verify.Rule // that says so
	method []byMethod
	closed *Closed // that would take them and is not in force; then nothing else takes them
}

type byMethod struct {
	name     string
	endpoint *endpoint
	rule     *verify.Rule
}

// of returns the endpoint that takes a method, HEAD as GET; nil if none does.
func (t *taking) of(method string) *endpoint {
	e, _ := t.ruled(method)
	return e
}

// ruled is of with the rule that says so.
func (t *taking) ruled(method string) (*endpoint, *verify.Rule) {
	if t == nil {
		return nil, nil
	}
	for i := range t.method {
		if m := &t.method[i]; m.name == method {
			return m.endpoint, m.rule
		}
	}
	if method == http.MethodHead && len(t.method) > 0 {
		return t.ruled(http.MethodGet)
	}
	return t.any, t.rule
}

// allowed are the methods that are taken, as the header Allow lists them.
func (t *taking) allowed() string {
	var names []string
	for _, m := range t.method {
		names = append(names, m.name)
		if m.name == http.MethodGet {
			names = append(names, http.MethodHead)
		}
	}
	return strings.Join(slices.Compact(names), ", ")
}

// nowhere is what a path takes that has a rule with a slash at its end, or
// without, and not so: some servers do not care for the slash, so no wider
// rule has it.
var nowhere = &taking{}

// match returns what a path takes, of which rest is left: empty, or a slash
// and the segments behind it. It returns nil where the path leads nowhere.
func (n *tree) match(rest string) *taking {
	switch {
	case rest == "" && n.here == nil && n.below != nil:
		return nowhere
	case rest == "":
		return n.here
	}
	segment, behind := cutSegment(rest)
	if next := n.literal[segment]; next != nil {
		if found := next.match(behind); found != nil {
			return found
		}
	}
	if rest == "/" && n.here != nil && n.below == nil {
		return nowhere
	}
	if n.name != nil && segment != "" {
		if found := n.name.match(behind); found != nil {
			return found
		}
	}
	return n.below
}

// spread calls visit with all that a path may take if any name in it, of those
// that may have slashes, reaches over several segments.
func (n *tree) spread(rest string, visit func(*taking)) {
	if rest == "" {
		visit(n.here)
		return
	}
	segment, behind := cutSegment(rest)
	if next := n.literal[segment]; next != nil {
		next.spread(behind, visit)
	}
	for n.name != nil && segment != "" {
		n.name.spread(behind, visit)
		if !n.slashes || behind == "" {
			return
		}
		segment, behind = cutSegment(behind)
	}
}

// cutSegment parts what begins with a slash at the next one.
func cutSegment(rest string) (segment, behind string) {
	if end := strings.IndexByte(rest[1:], '/'); end >= 0 {
		return rest[1 : end+1], rest[end+1:]
	}
	return rest[1:], ""
}

// at returns the node of a pattern, and makes it if need be. Names in it are
// in braces; slashes says that they may have some.
func (n *tree) at(pattern []string, slashes bool) *tree {
	for _, segment := range pattern {
		if isName(segment) {
			if n.name == nil {
				n.name = &tree{}
			}
			n.slashes = n.slashes || slashes
			n = n.name
			continue
		}
		if n.literal == nil {
			n.literal = map[string]*tree{}
		}
		if n.literal[segment] == nil {
			n.literal[segment] = &tree{}
		}
		n = n.literal[segment]
	}
	return n
}

// add gives the tree a claim, after all whose reach is less than its own. What
// goes first stays, and what has the same reach joins it for further methods.
func (n *tree) add(c *claim, t taking) {
	n = n.at(c.segments, c.reach >= ofKind)
	if c.reach != belowIt && (n.here == nil || n.reach == c.reach) {
		n.here, n.reach = n.here.join(t), c.reach
	}
	if c.reach == covering || c.reach == belowIt && (n.below == nil || n.reachBelow == belowIt) {
		n.below, n.reachBelow = n.below.join(t), c.reach
	}
}

// isName reports whether a segment of a pattern stands for any.
func isName(segment string) bool {
	return len(segment) > 2 && segment[0] == '{' && segment[len(segment)-1] == '}'
}

// join adds what further requests of the same path take.
func (t *taking) join(further taking) *taking {
	if t == nil {
		return &further
	}
	if t.any == nil {
		t.any, t.rule = further.any, further.rule
	}
	t.method = append(t.method, further.method...)
	return t
}
