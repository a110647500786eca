package verify

import (
	"net/http"
	"slices"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Rule is a path of a configured endpoint that decides about requests. It is made once and pointed to, so that it is
// told from others without a look at its texts.
type Rule struct {
	Endpoint string // its name
	Path     string // as the configuration says it
}

// ruleID is what requests of a token have in common that one rule decided about.
type ruleID struct {
	rule       *Rule  // nil = none is known
	endpoint   string // then
	configured bool   // then: the endpoint is
	method     uint8  // place in apikey.RuleMethods
}

// ruleTally is what is counted of a rule. Times are Unix milliseconds; 0 = never.
type ruleTally struct {
	ruleID
	allowed, denied     int64
	allowedAt, deniedAt int64
}

// How many rules are told apart between two flushes, of one token. Those that come on top are one for each endpoint, as
// long as these are few.
const (
	maxRules      = 64
	maxOtherRules = 10
)

var ruleMethods = apikey.RuleMethods()

// placeOfMethod returns the place of a method in apikey.RuleMethods.
func placeOfMethod(method string) uint8 {
	if method == http.MethodHead {
		return 0
	}
	for i, m := range ruleMethods {
		if m == method {
			return uint8(i)
		}
	}
	return uint8(len(ruleMethods) - 1) //nolint:gosec // of a few
}

// ruleTallies are those of a token. Most tokens have one.
type ruleTallies struct {
	only   ruleTally
	others []ruleTally
}

// of returns the tally of the rule that decided about what was seen.
func (all *ruleTallies) of(seen *Seen) *ruleTally {
	id := ruleID{rule: seen.Rule, method: placeOfMethod(seen.Method)}
	if id.rule == nil {
		id.endpoint, id.configured = seen.Endpoint, seen.Configured
	}
	return all.find(id)
}

func (all *ruleTallies) find(id ruleID) *ruleTally {
	if all.only.ruleID == id && !all.only.isEmpty() {
		return &all.only
	}
	if all.only.isEmpty() {
		all.only.ruleID = id.clone()
		return &all.only
	}
	if i := slices.IndexFunc(all.others, func(t ruleTally) bool { return t.ruleID == id }); i >= 0 {
		return &all.others[i]
	}
	switch n := len(all.others); {
	case n >= maxRules+maxOtherRules && id != ruleID{}:
		return all.find(ruleID{})
	case n >= maxRules && id.rule != nil:
		return all.find(ruleID{endpoint: id.rule.Endpoint, configured: true})
	}
	all.others = append(all.others, ruleTally{ruleID: id.clone()})
	return &all.others[len(all.others)-1]
}

// clone keeps no memory of the request.
func (id ruleID) clone() ruleID {
	id.endpoint = shared(id.endpoint)
	return id
}

func (t *ruleTally) isEmpty() bool { return t.allowedAt == 0 && t.deniedAt == 0 }

// note counts a request.
func (t *ruleTally) note(at int64, seen *Seen) {
	if seen.Code.LetsIn() {
		t.allowed, t.allowedAt = t.allowed+1, max(t.allowedAt, at)
	} else {
		t.denied, t.deniedAt = t.denied+1, max(t.deniedAt, at)
	}
	switch {
	case seen.Instead == "":
	case seen.Instead.LetsIn():
		t.allowed--
	default:
		t.denied--
	}
}

// each calls fn with every tally.
func (all *ruleTallies) each(fn func(*ruleTally)) {
	if !all.only.isEmpty() {
		fn(&all.only)
	}
	for i := range all.others {
		fn(&all.others[i])
	}
}
