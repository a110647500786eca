package apikey

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"
)

// Limits on what a key may hold.
const (
	MaxNameLength         = 255 // characters
	MaxDescriptionLength  = 1024
	MaxEndpointNameLength = 64 // of an endpoint's name
	MaxEndpoints          = 64
	MaxCIDRs              = 64
)

// Key is an API key: who may do what. Its tokens open; a limit on the key, or
// its end, counts for all of them.
type Key struct {
	ID           string // that of its first token: public, 12 base62 characters
	Number       int64  // unique in the store, for clients that need an integer
	OrgID        int64  // the organization that the key belongs to
	Name         string
	Description  string
	Owner        string            // who answers for it; may be empty
	Labels       map[string]string // nil = none
	Role         Role
	Pool         string         // the agent pool, or empty
	Endpoints    []string       // the only endpoints that it opens; empty = all
	AllowedCIDRs []netip.Prefix // the only client addresses; empty = all
	Tenants      []string       // that it may act for, sorted; AnyTenant alone = any; empty = none
	Limits       Limits
	Enabled      bool
	// DisabledUntil is when a key that is not Enabled is enabled again, by itself; zero = only by somebody.
	DisabledUntil time.Time
	CreatedAt     time.Time
	CreatedBy     string    // login of the person or name of the key that made it
	ExpiresAt     time.Time // zero = never
	RevokedAt     time.Time // zero = not revoked
	Tokens        []Token   // at least one, the oldest first
	Usage         Usage     // of all tokens that it ever had

	Mark Mark  // under which the store keeps it
	Seq  int64 // number of the key's last change in the change feed
}

// State is what a key is at a moment; it is derived and never stored.
type State string

// The states, in the order in which they win over one another.
const (
	StateRevoked  State = "revoked"
	StateExpired  State = "expired"
	StateDisabled State = "disabled"
	StateActive   State = "active"
)

// States lists all states.
func States() []State { return []State{StateActive, StateDisabled, StateExpired, StateRevoked} }

// ParseState reads a state.
func ParseState(s string) (State, error) {
	if st := State(s); slices.Contains(States(), st) {
		return st, nil
	}
	return "", fmt.Errorf("%q is not a state; use active, disabled, expired or revoked", clip(s))
}

// State derives the key's state at a moment.
func (k *Key) State(now time.Time) State {
	switch {
	case !k.RevokedAt.IsZero():
		return StateRevoked
	case past(k.EndsAt(), now):
		return StateExpired
	case !k.EnabledAt(now):
		return StateDisabled
	}
	return StateActive
}

// EnabledAt reports whether the key is enabled at a moment: as it is kept, or again by itself.
func (k *Key) EnabledAt(now time.Time) bool { return k.Enabled || past(k.DisabledUntil, now) }

// wake makes a key that is enabled again by itself one that is kept as enabled.
func (k *Key) wake(now time.Time) {
	if k.EnabledAt(now) {
		k.Enabled, k.DisabledUntil = true, time.Time{}
	}
}

// past reports whether an end, zero for none, has come.
func past(end, now time.Time) bool { return !end.IsZero() && !now.Before(end) }

// usable reports whether the key is good, or would be if it were enabled.
func (k *Key) usable(now time.Time) bool {
	state := k.State(now)
	return state == StateActive || state == StateDisabled
}

// UsableAdmin reports whether somebody can manage keys with this one: an
// active Admin key that is not restricted to endpoints.
func (k *Key) UsableAdmin(now time.Time) bool {
	return k.Role == RoleAdmin && len(k.Endpoints) == 0 && k.State(now) == StateActive
}

// Clone returns a copy that shares nothing with k.
func (k *Key) Clone() *Key {
	c := *k
	c.Endpoints = slices.Clone(k.Endpoints)
	c.AllowedCIDRs = slices.Clone(k.AllowedCIDRs)
	c.Labels, c.Tenants = maps.Clone(k.Labels), slices.Clone(k.Tenants)
	c.Tokens = slices.Clone(k.Tokens)
	for i := range c.Tokens {
		if origin := c.Tokens[i].Origin; origin != nil {
			c.Tokens[i].Origin = new(*origin)
		}
	}
	return &c
}

// May lists what can be done with the key at a moment by whom may manage it:
// edit, rotate, enable, disable, revoke and delete.
func (k *Key) May(now time.Time) []string {
	switch {
	case !k.RevokedAt.IsZero():
		return []string{"edit", "delete"} // who it is, and no more
	case !k.EnabledAt(now):
		return []string{"edit", "rotate", "enable", "revoke", "delete"}
	}
	return []string{"edit", "rotate", "disable", "revoke", "delete"}
}

// CheckEndpointName says what is wrong with the name of an endpoint, which is
// letters, digits, and . _ - after the first character.
func CheckEndpointName(s string) error { return checkEndpointName(s, MaxEndpointNameLength) }

// CheckPoolName says what is wrong with the name of a pool. It is like that of
// an endpoint, and may be longer.
func CheckPoolName(s string) error { return checkEndpointName(s, MaxPoolNameLength) }

func checkEndpointName(s string, most int) error {
	if s == "" || len(s) > most {
		return fmt.Errorf("%q must have 1 to %d characters", clip(s), most)
	}
	for i := range len(s) {
		if c := s[i]; digits[c] == notBase62 && (i == 0 || c != '.' && c != '_' && c != '-') {
			return fmt.Errorf("%q may hold only letters, digits and, after the first character, . _ -", clip(s))
		}
	}
	return nil
}

// normalEndpoints checks the names and returns them sorted, without repetition.
func normalEndpoints(labels []string, most int) ([]string, error) {
	out := slices.Clone(labels)
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > most {
		return nil, fmt.Errorf("has %d entries; at most %d are allowed", len(out), most)
	}
	for _, l := range out {
		if err := CheckEndpointName(l); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ParseCIDRs reads address blocks such as 10.0.0.0/8 or 2001:db8::/32; a
// single address is a block of one. The result is masked, sorted and without
// repetition.
func ParseCIDRs(list []string) ([]netip.Prefix, error) {
	if len(list) > MaxCIDRs {
		return nil, fmt.Errorf("has %d entries; at most %d are allowed", len(list), MaxCIDRs)
	}
	out := make([]netip.Prefix, 0, len(list))
	for _, s := range list {
		prefix, err := netip.ParsePrefix(s)
		if err != nil {
			addr, addrErr := netip.ParseAddr(s)
			if addrErr != nil || addr.Zone() != "" {
				return nil, fmt.Errorf("%q is not an address block; write it like 10.0.0.0/8 or 2001:db8::/32", clip(s))
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		if a := prefix.Addr(); a.Is4In6() { // client addresses are compared unmapped
			if prefix.Bits() < 96 {
				return nil, fmt.Errorf("%q mixes IPv4 and IPv6; write the IPv4 block on its own", clip(s))
			}
			prefix = netip.PrefixFrom(a.Unmap(), prefix.Bits()-96)
		}
		out = append(out, prefix.Masked())
	}
	slices.SortFunc(out, func(a, b netip.Prefix) int {
		if c := a.Addr().Compare(b.Addr()); c != 0 {
			return c
		}
		return a.Bits() - b.Bits()
	})
	return slices.Compact(out), nil
}
