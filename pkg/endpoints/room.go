package endpoints

import (
	"context"
	"slices"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/gate"
)

// removedOf are the endpoints of an organization that were removed, those that were so first before the others.
func (c *Catalog) removedOf(orgID int64) (list []apikey.Setting) {
	for _, s := range c.current.Load().removed {
		if s.setting.OrgID == orgID {
			list = append(list, s.setting)
		}
	}
	slices.SortStableFunc(list, func(a, b apikey.Setting) int { return a.ChangedAt.Compare(b.ChangedAt) })
	return list
}

// tooMany is how many endpoints that were removed have to be forgotten before a new one is made.
func (c *Catalog) tooMany(e *gate.Endpoint) int {
	if c.isRemoved(e.Name, e.OrgID) {
		return 0 // whose place it takes
	}
	return max(0, len(c.removedOf(e.OrgID))-MaxRemoved+1)
}

// makeRoom looks for the endpoints that a new one makes the organization forget: what was removed stays closed because
// a proxy may still name it, or a client send to its paths. The oldest go of which neither is so.
func (c *Catalog) makeRoom(ctx context.Context, d *draft) error {
	need := c.tooMany(&d.endpoint)
	if need == 0 || c.opts.Clients == nil {
		return nil
	}
	for _, s := range c.removedOf(d.endpoint.OrgID) {
		if len(d.forget) == need {
			return nil
		}
		named, err := c.isNamed(ctx, &s)
		if err != nil {
			return err
		}
		if !named {
			d.forget = append(d.forget, s.Name)
		}
	}
	return nil
}

// isNamed reports whether keys are limited to an endpoint, or requests were lately let in or refused there.
func (c *Catalog) isNamed(ctx context.Context, s *apikey.Setting) (bool, error) {
	now := time.Now()
	rules, err := c.opts.Clients.UsedRules(ctx, s.Name, apikey.DayOf(now.Add(-lookBack)))
	if err != nil || len(rules) > 0 {
		return true, err
	}
	denials, err := c.opts.Clients.Denials(ctx, apikey.DenialQuery{OrgID: s.OrgID, Unknown: true, Endpoint: s.Name,
		Since: now.Add(-lookBack), Limit: 1})
	if err != nil || len(denials) > 0 {
		return true, err
	}
	keys, err := c.opts.Clients.Keys(ctx, apikey.Query{OrgID: s.OrgID, Endpoints: []string{s.Name}, Limit: 1, Now: now,
		States: []apikey.State{apikey.StateActive, apikey.StateDisabled, apikey.StateExpired}})
	return len(keys) > 0, err
}
