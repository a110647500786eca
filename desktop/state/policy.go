package state

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// ReadPolicy reads the limits in force for new keys, which others may have changed.
func (s *Session) ReadPolicy(ctx context.Context) (*api.Policy, error) { return s.client.Policy(ctx) }

// PolicyEditing is a change of the limits for new keys that is made in a form, beside those that others make while it
// is open.
type PolicyEditing struct {
	session *Session
	shown   api.Policy // as the form shows it
	told    told
}

// EditingPolicy begins a change of a policy as a form shows it.
func (s *Session) EditingPolicy(shown api.Policy) *PolicyEditing {
	return &PolicyEditing{session: s, shown: shown, told: told{}}
}

// Save changes what is wanted otherwise than it was shown, and returns what the server has then, for TakePolicy. Where
// somebody else changed one of those fields, it fails once with KindMeanwhile, whose detail names them.
func (e *PolicyEditing) Save(ctx context.Context, want api.Policy) (*api.Policy, error) {
	now, err := e.session.ReadPolicy(ctx)
	if err != nil {
		return nil, err
	}
	shown, wanted := policyFields(e.shown), policyFields(want)
	maps.DeleteFunc(shown, func(name string, value any) bool { return value == wanted[name] })
	if names := e.told.add(shown, policyFields(*now), wanted); len(names) > 0 {
		return nil, e.told.problem(names)
	}
	var change api.UpdatePolicy
	for name := range shown {
		switch name {
		case apikey.PolicyDefaultTTL:
			change.DefaultTTL = spanOf(want.DefaultTTL)
		case apikey.PolicyMaxTTL:
			change.MaxTTL = spanOf(want.MaxTTL)
		case apikey.PolicyRoles:
			roles := roleNames(want)
			change.Roles = &roles
		}
	}
	return e.session.client.UpdatePolicy(ctx, change)
}

// roleNames are the roles that a policy allows, in the order of what they grant.
func roleNames(p api.Policy) []string {
	names := []string{}
	for _, r := range slices.Sorted(slices.Values(p.Roles)) {
		names = append(names, r.String())
	}
	return names
}

// policyFields are the fields of a policy by their names in the API.
func policyFields(p api.Policy) map[string]any {
	roles := strings.Join(roleNames(p), ", ") // one that can be compared
	return map[string]any{
		apikey.PolicyDefaultTTL: p.DefaultTTL, apikey.PolicyMaxTTL: p.MaxTTL, apikey.PolicyRoles: roles,
	}
}

// spanOf writes seconds as the API takes them; 0 is never, or no limit.
func spanOf(seconds int64) *api.Span {
	s := api.Span("0")
	if seconds > 0 {
		s = api.SpanOf(Seconds(seconds))
	}
	return &s
}

// TakePolicy has forms offer what a policy allows.
func (s *Session) TakePolicy(p api.Policy) { s.Policy = offering(p) }
