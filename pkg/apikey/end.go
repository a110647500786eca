package apikey

import (
	"context"
	"net/netip"
	"slices"
	"time"
)

// Revoke denies a key for good, from the next request on, and in the same
// transaction those that it reaches besides. Revoking a revoked key changes
// nothing and is not an error.
func (s *Service) Revoke(ctx context.Context, id string, force bool, reach ...Reach) (*Key, error) {
	before := func(tx Tx, caller Caller, k *Key, now time.Time) error {
		return s.endRotated(ctx, tx, caller, k, now, force, reach, revoke)
	}
	return s.change(ctx, id, force, before, func(_ Caller, k *Key, now time.Time) (Action, AuditData, error) {
		if !k.RevokedAt.IsZero() {
			return "", AuditData{}, nil
		}
		k.RevokedAt = now
		return ActionRevoke, AuditData{}, nil
	})
}

// RevokeAndDelete denies a key for good and removes it, with those that it
// reaches, in one transaction. Force is as with Update.
func (s *Service) RevokeAndDelete(ctx context.Context, id string, force bool, reach ...Reach) error {
	return s.end(ctx, id, force, reach, revoke, remove)
}

// Delete removes a key for good, with those that it reaches, in one
// transaction. Force is as with Update.
func (s *Service) Delete(ctx context.Context, id string, force bool, reach ...Reach) error {
	return s.end(ctx, id, force, reach, remove)
}

// end takes the steps after which keys are of no use, in one transaction.
func (s *Service) end(ctx context.Context, id string, force bool, reach []Reach, steps ...step) error {
	caller, err := Manager(ctx)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx Tx) error {
		now := s.Now()
		k, err := tx.Key(ctx, caller.OrgID, id)
		if err != nil {
			return err
		}
		if err := s.endRotated(ctx, tx, caller, k, now, force, reach, steps...); err != nil {
			return err
		}
		return s.endOne(ctx, tx, caller, k, now, force, steps...)
	})
}

// revoke denies a key for good, unless that was done before.
func revoke(ctx context.Context, tx Tx, caller Caller, k *Key, now time.Time) error {
	if !k.RevokedAt.IsZero() {
		return nil
	}
	k.RevokedAt = now
	if err := tx.Update(ctx, k); err != nil {
		return err
	}
	return tx.AppendAudit(ctx, entry(caller, now, ActionRevoke, k, AuditData{}))
}

// remove deletes a key.
func remove(ctx context.Context, tx Tx, caller Caller, k *Key, now time.Time) error {
	if err := tx.Delete(ctx, k); err != nil {
		return err
	}
	return tx.AppendAudit(ctx, entry(caller, now, ActionDelete, k, AuditData{State: k.State(now)}))
}

// keepAdmin refuses a change that takes the organization's last usable Admin
// key away, or lessens what it is good for: it would end earlier, or be bound
// to addresses at which nobody may be. After is nil if the key is to be
// deleted. What is usable, UsableAdmin says, here and for other keys.
func (s *Service) keepAdmin(ctx context.Context, tx Tx, before, after *Key, now time.Time, force bool) error {
	if force || !s.opts.KeepLastAdmin || !before.UsableAdmin(now) {
		return nil
	}
	loss := before.loss(after, now)
	if loss == "" {
		return nil
	}
	other, err := tx.OtherUsableAdmin(ctx, before.OrgID, before.ID, now)
	if err != nil || other {
		return err
	}
	return Errorf(CodeLastAdmin, "%q is the last usable Admin key; %s. Create another Admin key first.", before.Name, loss)
}

// loss says in words what is lost when a key with which keys can be managed
// becomes after; nothing if it stays as good.
func (k *Key) loss(after *Key, now time.Time) string {
	switch {
	case after == nil || !after.UsableAdmin(now):
		return "without it nobody could manage keys"
	case !after.ExpiresAt.IsZero() && (k.ExpiresAt.IsZero() || after.ExpiresAt.Before(k.ExpiresAt)):
		return "when it expires, nobody could manage keys"
	case narrower(after.AllowedCIDRs, k.AllowedCIDRs):
		return "from other addresses nobody could manage keys"
	}
	return ""
}

// narrower reports whether a list of allowed addresses leaves out some that
// another has; an empty list stands for all addresses.
func narrower(list, than []netip.Prefix) bool {
	if len(list) == 0 || len(than) == 0 {
		return len(list) > 0
	}
	return slices.ContainsFunc(than, func(block netip.Prefix) bool {
		return !slices.ContainsFunc(list, func(wider netip.Prefix) bool { return wider.Bits() <= block.Bits() && wider.Contains(block.Addr()) })
	})
}
