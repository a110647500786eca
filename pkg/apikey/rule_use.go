package apikey

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// How long it is kept where keys were sent, and how much of it.
const (
	RuleRetention   = 30         // days, of which today is one
	MaxRulesOfKey   = 100        // that are told apart on a day; what comes on top is one for each endpoint
	MaxRuleUses     = 20_000_000 // of all keys and days; the oldest days go first
	maxRulesOfUsage = 200
)

// Rule is what decided about requests: a path of an endpoint, with the method. There are never more than endpoints say,
// whatever clients ask for.
type Rule struct {
	Endpoint string // its name; empty = none is known, as for requests to manage
	Path     string // as the endpoint says it; empty = not known, or several
	Method   string // one of RuleMethods; GET is for HEAD too
}

// RuleMethods are the methods that rules tell apart. The empty one is any other.
func RuleMethods() []string { return []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", ""} }

// RuleUse is how often a key was sent to where a rule decides, on a day.
type RuleUse struct {
	Rule
	DayUsage            // Count is how often it was let in
	AllowedAt time.Time // when it was let in last; zero = never
	DeniedAt  time.Time // when it was refused last; zero = never
}

// KeyRuleUse is what a recorder gathered of the RuleUse of a key.
type KeyRuleUse struct {
	KeyID ID
	RuleUse
}

// RuleUser is a key that was let in by rules.
type RuleUser struct {
	KeyID string
	Uses  []RuleUse // of each rule, on all days together: Count and AllowedAt alone
}

// RuleHistory is a RuleUse of several days.
type RuleHistory struct {
	Rule
	Allowed, Denied     int64
	AllowedAt, DeniedAt time.Time
	Days                []DayUsage // on which there was any, the oldest first
}

// oldestRuleDay is the oldest day of which it is kept where keys were sent, when it is today.
func oldestRuleDay(today Day) Day { return today - RuleRetention + 1 }

// OldestRuleDay returns the oldest day of which RuleUses are kept at a moment.
func OldestRuleDay(now time.Time) Day { return oldestRuleDay(DayOf(now)) }

// Add adds the same rule's use of the same day.
func (u *RuleUse) Add(other *RuleUse) {
	u.Count, u.Denied = u.Count+other.Count, u.Denied+other.Denied
	u.AllowedAt, u.DeniedAt = later(u.AllowedAt, other.AllowedAt), later(u.DeniedAt, other.DeniedAt)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// CompareRules orders rules.
func CompareRules(a, b Rule) int {
	return cmp.Or(cmp.Compare(a.Endpoint, b.Endpoint), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
}

// ruleHistories brings together the days of each rule. Those with most requests come first.
func ruleHistories(uses []RuleUse) (list []RuleHistory) {
	slices.SortFunc(uses, func(a, b RuleUse) int {
		return cmp.Or(CompareRules(a.Rule, b.Rule), cmp.Compare(a.Day, b.Day))
	})
	for i := range uses {
		u := &uses[i]
		if len(list) == 0 || list[len(list)-1].Rule != u.Rule {
			list = append(list, RuleHistory{Rule: u.Rule})
		}
		h := &list[len(list)-1]
		h.Allowed, h.Denied = h.Allowed+u.Count, h.Denied+u.Denied
		h.AllowedAt, h.DeniedAt = later(h.AllowedAt, u.AllowedAt), later(h.DeniedAt, u.DeniedAt)
		h.Days = append(h.Days, u.DayUsage)
	}
	slices.SortStableFunc(list, func(a, b RuleHistory) int {
		return cmp.Compare(b.Allowed+b.Denied, a.Allowed+a.Denied)
	})
	return list[:min(len(list), maxRulesOfUsage)]
}

// ruleUses says where a key was sent on the days from one to another, as far as that is kept.
func (s *Service) ruleUses(ctx context.Context, orgID int64, id string, from, to Day) ([]RuleHistory, error) {
	uses, err := s.store.RuleUses(ctx, orgID, id, max(from, oldestRuleDay(to)), to)
	return ruleHistories(uses), err
}
