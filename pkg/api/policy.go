package api

import (
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// UpdatePolicy changes the limits for new keys; nil fields stay as they are.
type UpdatePolicy struct {
	DefaultTTL *Span     `json:"defaultTtl,omitempty"` // 0 or never = keys never expire
	MaxTTL     *Span     `json:"maxTtl,omitempty"`     // 0 = no limit
	Roles      *[]string `json:"roles,omitempty"`      // that may be issued; empty = all
}

// Domain reads the request. The error is an apikey.Error that names every bad field.
func (u UpdatePolicy) Domain() (c apikey.PolicyChange, err error) {
	var wrong apikey.Mistakes
	if u.DefaultTTL != nil {
		ttl, err := apikey.ParseTTL(string(*u.DefaultTTL))
		wrong.AddError(apikey.PolicyDefaultTTL, err)
		c.DefaultTTL = &ttl
	}
	if u.MaxTTL != nil {
		ttl, err := apikey.ParseTTL(string(*u.MaxTTL))
		wrong.AddError(apikey.PolicyMaxTTL, err)
		c.MaxTTL = &ttl
	}
	if u.Roles != nil {
		roles := []apikey.Role{}
		for _, name := range *u.Roles {
			role, err := apikey.ParseRole(strings.TrimSpace(name))
			wrong.AddError(apikey.PolicyRoles, err)
			roles = append(roles, role)
		}
		c.Roles = &roles
	}
	return c, wrong.Err()
}
