package state

import (
	"context"

	"github.com/ostiary/ostiary/pkg/api"
)

// ReadPolicy reads the limits in force for new keys, which others may have changed.
func (s *Session) ReadPolicy(ctx context.Context) (*api.Policy, error) { return s.client.Policy(ctx) }

// UpdatePolicy changes the limits for new keys, as far as the server lets that be done here. What it has then is for
// TakePolicy.
func (s *Session) UpdatePolicy(ctx context.Context, change api.UpdatePolicy) (*api.Policy, error) {
	return s.client.UpdatePolicy(ctx, change)
}

// TakePolicy has forms offer what a policy allows.
func (s *Session) TakePolicy(p api.Policy) { s.Policy = offering(p) }
