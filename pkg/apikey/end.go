package apikey

import (
	"context"
	"time"
)

// Revoke denies a key for good, from the next request on. Revoking a revoked
// key changes nothing and is not an error.
func (s *Service) Revoke(ctx context.Context, id string, force bool) (*Key, error) {
	return s.change(ctx, id, force, func(_ Caller, k *Key, now time.Time) (Action, string, error) {
		if !k.RevokedAt.IsZero() {
			return "", "", nil
		}
		k.RevokedAt = now
		return ActionRevoke, "", nil
	})
}

// RevokeAndDelete denies a key for good and removes it, in one transaction.
// Force is as with Update.
func (s *Service) RevokeAndDelete(ctx context.Context, id string, force bool) error {
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
		if err := s.keepAdmin(ctx, tx, k, nil, now, force); err != nil {
			return err
		}
		if err := revoke(ctx, tx, caller, k, now); err != nil {
			return err
		}
		return remove(ctx, tx, caller, k, now)
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
	return tx.AppendAudit(ctx, entry(caller, now, ActionRevoke, k, ""))
}

// remove deletes a key.
func remove(ctx context.Context, tx Tx, caller Caller, k *Key, now time.Time) error {
	if err := tx.Delete(ctx, k); err != nil {
		return err
	}
	return tx.AppendAudit(ctx, entry(caller, now, ActionDelete, k, "was "+string(k.State(now))))
}

// Delete removes a key for good. Force is as with Update.
func (s *Service) Delete(ctx context.Context, id string, force bool) error {
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
		if err := s.keepAdmin(ctx, tx, k, nil, now, force); err != nil {
			return err
		}
		return remove(ctx, tx, caller, k, now)
	})
}

// keepAdmin refuses a change after which the organization has no usable Admin
// key. After is nil if the key is to be deleted.
func (s *Service) keepAdmin(ctx context.Context, tx Tx, before, after *Key, now time.Time, force bool) error {
	if force || !s.opts.KeepLastAdmin || !before.UsableAdmin(now) || after != nil && after.UsableAdmin(now) {
		return nil
	}
	other, err := tx.OtherUsableAdmin(ctx, before.OrgID, before.ID, now)
	if err != nil || other {
		return err
	}
	return Errorf(CodeLastAdmin, "%q is the last usable Admin key; without it nobody could manage keys. Create another Admin key first, or repeat with force.", before.Name)
}
