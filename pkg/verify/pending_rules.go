package verify

import (
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// ruleUseID is what no two uses of rules have in common that wait.
type ruleUseID struct {
	key  apikey.ID
	day  apikey.Day
	rule apikey.Rule
}

// How much use of rules waits, and is written in one transaction.
const (
	rulesAtOnce     = 20_000
	maxPendingRules = 100_000
)

// addRule takes over what was counted of a rule of a key.
func (p *pending) addRule(key apikey.ID, t *ruleTally) {
	use := apikey.KeyRuleUse{KeyID: key}
	use.Count, use.Denied = t.allowed, t.denied
	use.Day = apikey.DayOf(time.UnixMilli(max(t.allowedAt, t.deniedAt)))
	use.AllowedAt, use.DeniedAt = fromUnixMilli(t.allowedAt), fromUnixMilli(t.deniedAt)
	use.Method = ruleMethods[t.method]
	if t.rule != nil {
		use.Endpoint, use.Path = t.rule.Endpoint, t.rule.Path
	} else {
		use.Endpoint = p.named(t.endpoint, t.configured, t.allowed > 0)
	}
	p.addRuleUse(&use)
}

// addRuleUse adds to what waits. Of those that are too many, it is forgotten by which rule.
func (p *pending) addRuleUse(use *apikey.KeyRuleUse) {
	id := ruleUseID{use.KeyID, use.Day, use.Rule}
	if known := p.rules[id]; known != nil {
		known.Add(&use.RuleUse)
		return
	}
	switch {
	case len(p.rules) < maxPendingRules:
		p.rules[id] = use
	case use.Rule != apikey.Rule{}:
		use.Rule = apikey.Rule{}
		p.addRuleUse(use)
	case len(p.rules) < 2*maxPendingRules:
		p.rules[id] = use
	}
}

// takeRules returns a part of what waits, which is not too long for a transaction.
func (p *pending) takeRules() (uses []apikey.KeyRuleUse) {
	for id, use := range p.rules {
		if len(uses) >= rulesAtOnce {
			break
		}
		uses = append(uses, *use)
		delete(p.rules, id)
	}
	return uses
}

// giveBackRules takes back what could not be written.
func (p *pending) giveBackRules(uses []apikey.KeyRuleUse) {
	for i := range uses {
		p.addRuleUse(&uses[i])
	}
}

// fromUnixMilli is the moment of Unix milliseconds; zero if there are none.
func fromUnixMilli(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
