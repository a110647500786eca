package state

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// Fix names a change to a key that would have let a request in; empty = there is none.
type Fix string

// The fixes.
const (
	FixAddress  Fix = "address"  // the address is allowed
	FixEndpoint Fix = "endpoint" // the endpoint is allowed
	FixEnable   Fix = "enable"
	FixExtend   Fix = "extend"
)

// FixOf names what would help against a refusal. The key itself may show that it does not, see Change.
func FixOf(d api.Denial) Fix {
	if d.KeyName == "" {
		return ""
	}
	switch NextStep(d) {
	case "address":
		if _, err := netip.ParseAddr(d.Address); err == nil {
			return FixAddress
		}
	case "endpoint":
		if d.Endpoint != "" {
			return FixEndpoint
		}
	case "disabled":
		return FixEnable
	case "expired", "held", "grace":
		return FixExtend
	}
	return ""
}

// extendBy is how long a key lives on where the policy says nothing.
const extendBy = 90 * 24 * time.Hour

// Change is the fix of a refusal for its key as it is now; false if the key has it already, or something else is in the
// way.
func (f Fix) Change(d api.Denial, k *api.Key, p api.Policy, now time.Time) (u api.UpdateKey, ok bool) {
	switch f {
	case FixAddress:
		u.AllowedCIDRs, ok = withOne(k.AllowedCIDRs, d.Address)
	case FixEndpoint:
		u.Endpoints, ok = withOne(k.Endpoints, d.Endpoint)
	case FixEnable:
		on := true
		u.Enabled, ok = &on, k.State == apikey.StateDisabled
	case FixExtend:
		by := extendBy
		if seconds := max(p.DefaultTTL, 0); seconds > 0 {
			by = Seconds(seconds)
		} else if p.MaxTTL > 0 {
			by = Seconds(p.MaxTTL)
		}
		u.ExpiresAt, ok = api.ExpiryOf(now.Add(by).Truncate(time.Second)), k.State == apikey.StateExpired
	}
	return u, ok
}

// withOne is a list with one more; false if it allows all, or has that one.
func withOne(list []string, one string) (*[]string, bool) {
	if len(list) == 0 || slices.Contains(list, one) {
		return nil, false
	}
	longer := append(slices.Clone(list), one)
	return &longer, true
}

// Key reads a key.
func (s *Session) Key(ctx context.Context, id string) (*api.Key, error) { return s.client.Key(ctx, id) }
