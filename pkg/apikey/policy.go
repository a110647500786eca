package apikey

import (
	"slices"
	"time"
)

// DefaultTTL is the lifetime of a key for which none is asked, unless the
// policy says otherwise.
const DefaultTTL = 90 * 24 * time.Hour

// Policy holds an organization's limits for new keys.
type Policy struct {
	DefaultTTL time.Duration // 0 = never
	MaxTTL     time.Duration // 0 = no limit
	Roles      []Role        // that may be issued; empty = all

	// Forged reports that what managers said of their policy was changed in the store, or removed there, by something
	// else than Ostiary. Nobody knows the limits then, so nothing is issued.
	Forged bool
}

// DefaultPolicy is in force where nothing is configured.
func DefaultPolicy() Policy { return Policy{DefaultTTL: DefaultTTL} }

// IssuableRoles returns the roles that may be issued, the strongest first.
func (p Policy) IssuableRoles() []Role {
	if len(p.Roles) == 0 {
		return Roles()
	}
	out := slices.DeleteFunc(Roles(), func(r Role) bool { return !slices.Contains(p.Roles, r) })
	return out
}

// Problem says why nothing is issued, in sentences; empty if nothing is wrong.
func (p Policy) Problem() string {
	if !p.Forged {
		return ""
	}
	return "The policy of this organization was changed in the store, or removed there, by something " +
		"else than Ostiary. Until it is set again, no key gets a token, a role or an end. Set all of it (ostiary policy set), " +
		"and find out who can write to the store."
}

// Lifetimes are those that programs offer by name: the usual ones and the
// policy's own, as far as it allows them, the shortest first.
func (p Policy) Lifetimes() []time.Duration {
	list := append([]time.Duration{30 * 24 * time.Hour, 90 * 24 * time.Hour, 365 * 24 * time.Hour}, p.DefaultTTL)
	list = slices.DeleteFunc(list, func(d time.Duration) bool { return d == 0 || p.MaxTTL > 0 && d > p.MaxTTL })
	slices.Sort(list)
	return slices.Compact(list)
}

// Check says what is wrong with the policy itself. Field names are those of
// the configuration file.
func (p Policy) Check() error {
	var wrong Mistakes
	if p.DefaultTTL < 0 {
		wrong.Add("default_ttl", "is negative; use 0 for keys that never expire")
	}
	if p.MaxTTL < 0 {
		wrong.Add("max_ttl", "is negative; use 0 for no limit")
	}
	if p.MaxTTL > 0 && (p.DefaultTTL == 0 || p.DefaultTTL > p.MaxTTL) {
		wrong.Add("default_ttl", "is %s, longer than max_ttl, which is %s", FormatTTL(p.DefaultTTL),
			FormatTTL(p.MaxTTL))
	}
	return wrong.Err()
}

// expiry turns a requested lifetime into the moment at which the key expires; zero = never.
// The error names the field of the request.
func (p Policy) expiry(l Lifetime, now time.Time) (time.Time, error) {
	if !l.Given() {
		l = ExpiresIn(p.DefaultTTL)
	}
	at := l.at
	if l.ttl > 0 {
		at = now.Add(l.ttl)
	}
	var wrong Mistakes
	switch {
	case l.ttl < 0 || !l.never && !at.After(now):
		wrong.Add(l.field, "lies in the past; a key must expire in the future")
	case p.MaxTTL > 0 && (l.never || at.After(now.Add(p.MaxTTL))):
		wrong.Add(l.field, "is longer than the policy allows, which is %s (until %s)", FormatTTL(p.MaxTTL),
			now.Add(p.MaxTTL).Format(time.RFC3339))
	case at.After(now.Add(MaxTTL)):
		wrong.Add(l.field, "is more than 100 years away; use never for a key that does not expire")
	}
	if l.never {
		at = time.Time{}
	}
	return at.Truncate(TimeUnit), wrong.Err()
}
