package apikey

import (
	"context"
	"slices"
	"time"
)

// DefaultOverlap is how long a rotated key keeps working if nobody says.
const DefaultOverlap = 24 * time.Hour

// Rotate replaces a key by a new one with the same properties. The new key
// takes over the name; the old one is renamed, keeps working for the overlap
// at the most, and then expires.
func (s *Service) Rotate(ctx context.Context, id string, overlap time.Duration, lifetime Lifetime) (*Issued, error) {
	caller, err := Manager(ctx)
	if err != nil {
		return nil, err
	}
	var issued *Issued
	err = s.write(ctx, func(tx Tx) error {
		old, err := tx.Key(ctx, caller.OrgID, id)
		if err != nil {
			return err
		}
		issued, err = s.rotate(ctx, tx, caller, old, overlap, lifetime)
		return err
	})
	if err != nil {
		return nil, err
	}
	return issued, nil
}

// rotate replaces old by a new key in a transaction.
func (s *Service) rotate(ctx context.Context, tx Tx, caller Caller, old *Key, overlap time.Duration, lifetime Lifetime) (*Issued, error) {
	now := s.Now()
	switch {
	case !old.RevokedAt.IsZero():
		return nil, Errorf(CodeConflict, "The key was revoked and cannot be rotated. Create a new key instead.")
	case old.ReplacedBy != "":
		return nil, Errorf(CodeConflict, "The key was rotated before; rotate its successor %s instead.", old.ReplacedBy)
	}
	policy, err := s.opts.Policy(ctx, caller.OrgID)
	if err != nil {
		return nil, err
	}
	var wrong fieldErrors
	checkIssuable(&wrong, policy, old.Role)
	expires, err := policy.expiry(lifetime, now)
	wrong.addFrom("expiresIn", err)
	if overlap < 0 || overlap > MaxTTL {
		wrong.add("overlap", "must be 0 (the old key stops at once) or a time such as 24h")
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}

	issued := s.mint(caller, now)
	k := issued.Key
	k.Name, k.Description, k.Role, k.Pool, k.Enabled = old.Name, old.Description, old.Role, old.Pool, old.Enabled
	k.Endpoints, k.AllowedCIDRs = slices.Clone(old.Endpoints), slices.Clone(old.AllowedCIDRs)
	k.RotatedFrom, k.ExpiresAt = old.ID, expires

	old.Name = formerName(old.Name, old.ID)
	old.ReplacedBy = k.ID
	if end := now.Add(overlap); old.ExpiresAt.IsZero() || end.Before(old.ExpiresAt) {
		old.ExpiresAt = end
	}
	if err := needPool(ctx, tx, caller, k, now); err != nil {
		return nil, err
	}
	if err := tx.Update(ctx, old); err != nil {
		return nil, err
	}
	if err := tx.Insert(ctx, k); err != nil {
		return nil, err
	}
	if err := tx.AppendAudit(ctx, entry(caller, now, ActionRotate, old, AuditData{TokenID: k.ID, Until: old.ExpiresAt})); err != nil {
		return nil, err
	}
	return issued, tx.AppendAudit(ctx, entry(caller, now, ActionCreate, k, made(k)))
}

// formerName is the name of a key after its rotation: unique, because it ends
// in the id.
func formerName(name, id string) string { return suffixed(name, " (rotated "+id+")") }

// suffixed returns a name with a suffix, shortened so that both fit.
func suffixed(name, suffix string) string {
	if r := []rune(name); len(r)+len(suffix) > MaxNameLength {
		name = string(r[:MaxNameLength-len(suffix)])
	}
	return name + suffix
}
