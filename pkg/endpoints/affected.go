package endpoints

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/gate"
)

// Clients says who uses endpoints.
type Clients interface {
	// UsedRules returns the rules of an endpoint by which any key was let in on a day or later.
	UsedRules(ctx context.Context, endpoint string, since apikey.Day) ([]apikey.Rule, error)

	// RuleUsers returns the keys of an organization that were let in by rules of an endpoint on a day or later, those
	// with most requests first.
	RuleUsers(
		ctx context.Context, orgID int64, rules []apikey.Rule, since apikey.Day, limit int,
	) ([]apikey.RuleUser, error)

	// KeysByID returns the keys of an organization with some identifiers, as far as they are there, in any order.
	KeysByID(ctx context.Context, orgID int64, ids []string) ([]*apikey.Key, error)

	// Keys returns a page of keys.
	Keys(ctx context.Context, q apikey.Query) ([]*apikey.Key, error)

	// Denials returns refused requests.
	Denials(ctx context.Context, q apikey.DenialQuery) ([]apikey.Denial, error)
}

// How far back it is asked who would be refused, how many keys of an endpoint are looked at, how many are read at once,
// and how many are named.
const (
	lookBack     = 7 * 24 * time.Hour
	mostLookedAt = 5000
	readAtOnce   = 500
	mostAffected = 200
)

// addAffected says which keys were let in lately and would be refused. What is there, if anything, is replaced by next,
// or removed if that is nil.
func (c *Catalog) addAffected(
	ctx context.Context, checked *api.CheckedEndpoint, old *apikey.Setting, next *gate.Endpoint, orgID int64,
) error {
	if c.opts.Clients == nil {
		return nil
	}
	comparison := c.comparison(old, next, orgID)
	for _, e := range c.InForce() {
		if !e.Stored || e.OrgID != orgID {
			continue
		}
		if err := c.addUsers(ctx, checked, &e, comparison); err != nil {
			return err
		}
	}
	slices.SortStableFunc(checked.Affected, func(a, b api.AffectedKey) int { return int(b.Requests - a.Requests) })
	checked.Affected = checked.Affected[:min(len(checked.Affected), mostAffected)]
	return nil
}

// comparison is one of what is in force with what would be.
func (c *Catalog) comparison(old *apikey.Setting, next *gate.Endpoint, orgID int64) *gate.Comparison {
	a := c.current.Load()
	now := slices.DeleteFunc(slices.Clone(a.force), func(e gate.Endpoint) bool { return e.Stored && e.OrgID != orgID })
	then, closed := now, a.closed
	if old != nil {
		then = slices.DeleteFunc(slices.Clone(now), func(e gate.Endpoint) bool {
			return e.Stored && e.Name == old.Name
		})
		closed = slices.DeleteFunc(slices.Clone(closed), func(e gate.Closed) bool { return e.Name == old.Name })
	}
	switch {
	case next != nil:
		then = append(slices.Clone(then), *next)
	case old != nil:
		gone, _ := parse(*old, old.Value)
		closed = append(slices.Clone(closed), gate.Closed{Endpoint: gone})
	}
	return gate.Compare(now, then, a.closed, closed)
}

// addUsers adds the keys that use an endpoint and would lose something.
func (c *Catalog) addUsers(
	ctx context.Context, checked *api.CheckedEndpoint, e *gate.Endpoint, comparison *gate.Comparison,
) error {
	since := apikey.DayOf(time.Now().Add(-lookBack))
	rules, err := c.opts.Clients.UsedRules(ctx, e.Name, since)
	if err != nil {
		return err
	}
	rules = slices.DeleteFunc(rules, func(r apikey.Rule) bool { return !comparison.Matters(r) })
	if len(rules) == 0 {
		return nil
	}
	users, err := c.opts.Clients.RuleUsers(ctx, e.OrgID, rules, since, mostLookedAt)
	if err != nil {
		return err
	}
	losses := lossCache{}
	for some := range slices.Chunk(users, readAtOnce) {
		keys, err := c.keysOf(ctx, e.OrgID, some)
		if err != nil {
			return err
		}
		for i := range some {
			k := keys[some[i].KeyID]
			if k == nil || k.State(time.Now()) != apikey.StateActive { // nil: deleted meanwhile
				continue
			}
			if affected, ok := affectedBy(comparison, &some[i], k, losses); ok {
				checked.Affected = append(checked.Affected, affected)
			}
			if len(checked.Affected) >= 2*mostAffected {
				return nil
			}
		}
	}
	return nil
}

// keysOf returns the keys of users, by their identifiers.
func (c *Catalog) keysOf(ctx context.Context, orgID int64, users []apikey.RuleUser) (map[string]*apikey.Key, error) {
	ids := make([]string, len(users))
	for i := range users {
		ids[i] = users[i].KeyID
	}
	list, err := c.opts.Clients.KeysByID(ctx, orgID, ids)
	keys := make(map[string]*apikey.Key, len(list))
	for _, k := range list {
		keys[k.ID] = k
	}
	return keys, err
}

// lossCache remembers what keys that are alike would lose.
type lossCache map[string]*gate.Loss

func (c lossCache) of(comparison *gate.Comparison, rule apikey.Rule, k *apikey.Key) *gate.Loss {
	alike := fmt.Sprintf("%q %d %d %q %q %q", rule, k.OrgID, k.Role, k.Pool, k.Endpoints, k.Tenants)
	loss, known := c[alike]
	if !known {
		loss = comparison.Loss(rule, k)
		c[alike] = loss
	}
	return loss
}

// affectedBy says what a key would lose: of the rules that let it in, the one with most requests that would be refused,
// rather for certain.
func affectedBy(
	comparison *gate.Comparison, u *apikey.RuleUser, k *apikey.Key, losses lossCache,
) (a api.AffectedKey, ok bool) {
	a = api.AffectedKey{KeyID: u.KeyID, KeyName: k.Name}
	slices.SortFunc(u.Uses, func(a, b apikey.RuleUse) int { return int(b.Count - a.Count) })
	more := -1
	for i := range u.Uses {
		use := &u.Uses[i]
		loss := losses.of(comparison, use.Rule, k)
		if loss == nil {
			continue
		}
		more++
		if more == 0 || loss.Certain && !a.Certain {
			a.Endpoint, a.Path, a.Method = use.Endpoint, use.Path, use.Method
			a.Reason, a.Certain = loss.Reason, loss.Certain
		}
		a.Requests += use.Count
		if use.AllowedAt.After(a.LastAt) {
			a.LastAt = use.AllowedAt.UTC()
		}
	}
	if more > 0 {
		a.Reason += " " + fmt.Sprintf("It is the first of %d such ways to use it.", more+1)
	}
	return a, more >= 0
}
