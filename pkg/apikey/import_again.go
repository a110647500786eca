package apikey

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// formerKeys are the keys that were taken over before, by where they are from.
type formerKeys map[string][]formerKey

type formerKey struct {
	key  *Key
	hash string // of the other system; empty after the token's first use
}

func (o *Origin) place() string { return o.System + " " + o.Handle }

// formerKeys returns what was taken over before and may be changed: all of it if
// anything is chosen, and otherwise nothing.
func (s *Service) formerKeys(ctx context.Context, orgID int64, foreign []ForeignKey) (formerKeys, error) {
	if !slices.ContainsFunc(foreign, func(f ForeignKey) bool { return !f.Chosen.isEmpty() }) {
		return nil, nil
	}
	former := formerKeys{}
	q := Query{OrgID: orgID, Sort: SortNumber, Limit: MaxPageSize, Now: s.Now()}
	for {
		keys, err := s.store.Keys(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			for i := range k.Tokens {
				if o := k.Tokens[i].Origin; o != nil {
					former[o.place()] = append(former[o.place()], formerKey{k, o.Hash})
				}
			}
		}
		if len(keys) < q.Limit {
			return former, nil
		}
		last := PositionOf(keys[len(keys)-1], q.Sort)
		q.After = &last
	}
}

// of returns the key that a foreign key became, or nil if it is gone, or if it
// cannot be distinguished from another. Different servers all count from 1; there the hash decides, until the
// token's first use.
func (former formerKeys) of(f *ForeignKey) *Key {
	var found *Key
	for _, k := range former[f.Origin.place()] {
		switch {
		case k.hash != "" && k.hash != f.Origin.Hash:
			continue
		case found != nil:
			return nil
		}
		found = k.key
	}
	return found
}

// takeOverAgain gives a key that was taken over before what is chosen now, and
// changes nothing else.
func (s *Service) takeOverAgain(
	ctx context.Context, tx Tx, caller Caller, t Takeover, chosen *ImportChoice, former formerKeys, now time.Time,
) (Takeover, error) {
	t.Skip = "it was taken over before"
	found := former.of(&t.Foreign)
	if found == nil || chosen.isEmpty() {
		return t, nil
	}
	k, err := tx.Key(ctx, caller.OrgID, found.ID) // others may have changed it since it was found
	switch {
	case ErrorCode(err) == CodeNotFound:
		return t, nil
	case err != nil:
		return t, err
	}
	before := k.Clone()
	sofar := chosen.put(k)
	switch n := len(k.Labels); {
	case len(sofar) == 0:
		return t, nil
	case n > MaxLabels:
		t.Skip += fmt.Sprintf(", and would have %d labels; at most %d are allowed", n, MaxLabels)
		return t, nil
	case !k.RevokedAt.IsZero():
		t.Skip += ", and was revoked since"
		return t, nil
	}
	if err := tx.Update(ctx, k); err != nil {
		return t, err
	}
	t.Key, t.Skip, t.Notes, t.Again = k, "", sofar, true
	return t, tx.AppendAudit(ctx, entry(caller, now, ActionUpdate, k, AuditData{Changes: changes(before, k)}))
}

// put gives a key what is chosen, and says what it had so far where that is something else.
func (c *ImportChoice) put(k *Key) (sofar []string) {
	if len(c.Endpoints) > 0 && !slices.Equal(k.Endpoints, c.Endpoints) {
		sofar = append(sofar, "opened "+endpointsText(k.Endpoints)+" so far")
		k.Endpoints = c.Endpoints
	}
	if c.Owner != "" && k.Owner != c.Owner {
		sofar = append(sofar, fmt.Sprintf("was owned by %q so far", k.Owner))
		k.Owner = c.Owner
	}
	labels := maps.Clone(k.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	maps.Copy(labels, c.Labels)
	if !maps.Equal(labels, k.Labels) {
		sofar = append(sofar, "had "+labelsText(k.Labels)+" so far")
		k.Labels = labels
	}
	if len(c.Tenants) > 0 && !slices.Equal(k.Tenants, c.Tenants) {
		sofar = append(sofar, "had "+tenantsText(k.Tenants)+" so far")
		k.Tenants = c.Tenants
	}
	return sofar
}

func tenantsText(tenants []string) string {
	if len(tenants) == 0 {
		return "no tenants"
	}
	return "the tenants " + strings.Join(tenants, ", ")
}

func labelsText(labels map[string]string) string {
	if len(labels) == 0 {
		return "no labels"
	}
	return "the labels " + strings.Join(LabelTexts(labels), ", ")
}

func endpointsText(endpoints []string) string {
	if len(endpoints) == 0 {
		return "every endpoint"
	}
	return strings.Join(endpoints, ", ")
}
