package apikey

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

// The fields of a Policy, by their names in the API.
const (
	PolicyDefaultTTL = "defaultTtl"
	PolicyMaxTTL     = "maxTtl"
	PolicyRoles      = "roles"
)

// PolicyFields lists the fields of a Policy.
func PolicyFields() []string { return []string{PolicyDefaultTTL, PolicyMaxTTL, PolicyRoles} }

// PolicyChange is a change to an organization's policy; nil fields stay as they are. As JSON, in a Setting, it is all
// that managers said of their policy.
type PolicyChange struct {
	DefaultTTL *time.Duration `json:"defaultTtl,omitempty"`
	MaxTTL     *time.Duration `json:"maxTtl,omitempty"`
	Roles      *[]Role        `json:"roles,omitempty"`
}

// ParsePolicyChange reads the value of a Setting.
func ParsePolicyChange(value string) (c PolicyChange, err error) {
	err = json.Unmarshal([]byte(value), &c)
	return c, err
}

// Over returns c with what a later change says.
func (c PolicyChange) Over(later PolicyChange) PolicyChange {
	if later.DefaultTTL != nil {
		c.DefaultTTL = later.DefaultTTL
	}
	if later.MaxTTL != nil {
		c.MaxTTL = later.MaxTTL
	}
	if later.Roles != nil {
		c.Roles = later.Roles
	}
	return c
}

// Apply returns a policy with those fields changed that may be. A default that c does not name is never longer than
// the maximum.
func (c PolicyChange) Apply(p Policy, editable []string) Policy {
	may := func(field string) bool { return slices.Contains(editable, field) }
	if c.Roles != nil && may(PolicyRoles) {
		p.Roles = *c.Roles
	}
	if c.MaxTTL != nil && may(PolicyMaxTTL) {
		p.MaxTTL = *c.MaxTTL
	}
	if c.DefaultTTL != nil && may(PolicyDefaultTTL) {
		p.DefaultTTL = *c.DefaultTTL
	} else if p.MaxTTL > 0 && (p.DefaultTTL == 0 || p.DefaultTTL > p.MaxTTL) && may(PolicyDefaultTTL) {
		p.DefaultTTL = p.MaxTTL
	}
	return p
}

// named lists the fields that c says something of.
func (c PolicyChange) named() (fields []string) {
	if c.DefaultTTL != nil {
		fields = append(fields, PolicyDefaultTTL)
	}
	if c.MaxTTL != nil {
		fields = append(fields, PolicyMaxTTL)
	}
	if c.Roles != nil {
		fields = append(fields, PolicyRoles)
	}
	return fields
}

// check says what is wrong with a policy, by the names of the API.
func (p Policy) check(wrong *Mistakes) {
	switch {
	case p.DefaultTTL < 0:
		wrong.Add(PolicyDefaultTTL, "is negative; use 0 for keys that never expire")
	case p.MaxTTL < 0:
		wrong.Add(PolicyMaxTTL, "is negative; use 0 for no limit")
	case p.MaxTTL > 0 && p.DefaultTTL == 0:
		wrong.Add(PolicyDefaultTTL, "is never, longer than the longest lifetime, which is %s", FormatTTL(p.MaxTTL))
	case p.MaxTTL > 0 && p.DefaultTTL > p.MaxTTL:
		wrong.Add(PolicyDefaultTTL, "is %s, longer than the longest lifetime, which is %s", FormatTTL(p.DefaultTTL),
			FormatTTL(p.MaxTTL))
	}
}

// SaidPolicy is what the managers of an organization said of their policy.
type SaidPolicy struct {
	PolicyChange
	Forged bool // it was changed or removed by something else, or cannot be read
}

// SetPolicies says what the managers of organizations said of their policies, as the store has it now.
func (s *Service) SetPolicies(said map[int64]SaidPolicy) { s.policies.Store(&said) }

// policy returns the policy in force for an organization.
func (s *Service) policy(ctx context.Context, orgID int64) (Policy, error) {
	p, err := s.opts.Policy(ctx, orgID)
	if err != nil {
		return p, err
	}
	if said := s.policies.Load(); said != nil {
		editable, _ := s.opts.PolicyEditable()
		own := (*said)[orgID]
		p = own.Apply(p, editable)
		p.Forged = own.Forged && len(editable) > 0
		if p.MaxTTL > 0 && (p.DefaultTTL == 0 || p.DefaultTTL > p.MaxTTL) { // the configuration has got a maximum since
			p.DefaultTTL = p.MaxTTL
		}
	}
	return p, nil
}

// issuing returns the policy for what is given a token, a role or an end now.
func (s *Service) issuing(ctx context.Context, orgID int64) (Policy, error) {
	p, err := s.policy(ctx, orgID)
	if err == nil && p.Forged {
		err = &Error{Code: CodeConflict, Message: p.Problem()}
	}
	return p, err
}

// EditablePolicy names the fields of the policy that the caller may change here.
func (s *Service) EditablePolicy(ctx context.Context) []string {
	if _, err := Manager(ctx); err != nil {
		return nil
	}
	fields, _ := s.opts.PolicyEditable()
	return fields
}

// UpdatePolicy changes the policy of the caller's organization, and returns it as it is then. A field that is set
// elsewhere is an Error of CodeConflict.
func (s *Service) UpdatePolicy(ctx context.Context, c PolicyChange) (Policy, error) {
	caller, err := Manager(ctx)
	if err != nil {
		return Policy{}, err
	}
	editable, err := s.opts.PolicyEditable()
	if err != nil {
		return Policy{}, err
	}
	if err := refuseFixed(c, editable); err != nil {
		return Policy{}, err
	}
	configured, err := s.opts.Policy(ctx, caller.OrgID)
	if err != nil {
		return Policy{}, err
	}
	var after Policy
	_, err = s.ChangeSetting(ctx, SettingPolicy, "",
		func(_ []Setting, old *Setting, forged bool) (*string, Action, AuditData, error) {
			if forged {
				if err := c.wantAll(editable); err != nil {
					return nil, "", AuditData{}, err
				}
			}
			var said PolicyChange
			if old != nil {
				if said, err = ParsePolicyChange(old.Value); err != nil {
					return nil, "", AuditData{}, err
				}
			}
			before := said.Apply(configured, editable)
			said = said.Over(c)
			after = said.Apply(configured, editable)
			var wrong Mistakes
			after.check(&wrong)
			if err := wrong.Err(); err != nil {
				return nil, "", AuditData{}, err
			}
			value, err := json.Marshal(said)
			text := string(value)
			return &text, ActionUpdatePolicy, AuditData{Changes: policyChanges(before, after)}, err
		})
	if err != nil {
		return Policy{}, err
	}
	return after, nil
}

// wantAll refuses to change a part of a policy that nobody knows: the rest of it would be as if nobody had said it.
func (c PolicyChange) wantAll(editable []string) error {
	var lacking Mistakes
	for _, field := range editable {
		if !slices.Contains(c.named(), field) {
			lacking.Add(field, "must be given as well, because nobody knows what it was")
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	return &Error{Code: CodeConflict, Fields: lacking, Message: "The policy of this organization was changed in the " +
		"store, or removed there, by something else than Ostiary. Set all of it: see " + fieldsOf(lacking) + "."}
}

func refuseFixed(c PolicyChange, editable []string) error {
	var fixed Mistakes
	for _, field := range c.named() {
		if !slices.Contains(editable, field) {
			fixed.Add(field, "is set by the server's configuration, which goes first; change it there, or take it out")
		}
	}
	if len(fixed) == 0 {
		return nil
	}
	return &Error{Code: CodeConflict, Fields: fixed,
		Message: "The server's configuration says this, and goes first: see " + fieldsOf(fixed) + "."}
}

// policyChanges says what is different, for the audit trail.
func policyChanges(before, after Policy) (list []FieldChange) {
	add := func(field string, from, to any) {
		if from != to {
			list = append(list, FieldChange{Field: field, From: from, To: to})
		}
	}
	add(PolicyDefaultTTL, FormatTTL(before.DefaultTTL), FormatTTL(after.DefaultTTL))
	add(PolicyMaxTTL, limitText(before.MaxTTL), limitText(after.MaxTTL))
	if !slices.Equal(before.IssuableRoles(), after.IssuableRoles()) {
		list = append(list, FieldChange{Field: PolicyRoles, From: issuableNames(before), To: issuableNames(after)})
	}
	return list
}

// limitText writes a longest lifetime; none is nil.
func limitText(ttl time.Duration) any {
	if ttl == 0 {
		return nil
	}
	return FormatTTL(ttl)
}

func issuableNames(p Policy) (names []string) {
	for _, r := range p.IssuableRoles() {
		names = append(names, r.String())
	}
	return names
}
