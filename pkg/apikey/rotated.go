package apikey

import (
	"context"
	"time"
)

// Reach says which keys an end reaches besides the one that is named.
type Reach int

// AndRotated reaches the keys that the named one replaced, as far as they are
// or can be made good: after a rotation they go on working for the overlap.
const AndRotated Reach = 1

// Rotated returns the keys that a key replaced, and those that they replaced,
// the youngest first, as far as they are or can be made good.
func (s *Service) Rotated(ctx context.Context, id string) ([]*Key, error) {
	k, err := s.Key(ctx, id)
	if err != nil {
		return nil, err
	}
	return rotated(k, s.Now(), func(id string) (*Key, error) { return s.store.Key(ctx, k.OrgID, id) })
}

// rotated follows a key back through its rotations. A key that was deleted
// ends the way.
func rotated(k *Key, now time.Time, read func(id string) (*Key, error)) (keys []*Key, err error) {
	for id := k.RotatedFrom; id != ""; id = k.RotatedFrom {
		if k, err = read(id); ErrorCode(err) == CodeNotFound {
			return keys, nil
		}
		if err != nil {
			return nil, err
		}
		if k.usable(now) {
			keys = append(keys, k)
		}
	}
	return keys, nil
}

// step is a part of a key's end, in a transaction.
type step func(context.Context, Tx, Caller, *Key, time.Time) error

// endRotated takes steps with the keys that k replaced, if they are to be
// reached. It comes before k's own end: a refusal because of the last Admin
// key then names the key that the user named.
func (s *Service) endRotated(ctx context.Context, tx Tx, caller Caller, k *Key, now time.Time, force bool, reach []Reach, steps ...step) error {
	if len(reach) == 0 {
		return nil
	}
	keys, err := rotated(k, now, func(id string) (*Key, error) { return tx.Key(ctx, k.OrgID, id) })
	if err != nil {
		return err
	}
	for _, old := range keys {
		if err := s.endOne(ctx, tx, caller, old, now, force, steps...); err != nil {
			return err
		}
	}
	return nil
}

// endOne takes steps after which a key is of no use, unless it is the last
// Admin key.
func (s *Service) endOne(ctx context.Context, tx Tx, caller Caller, k *Key, now time.Time, force bool, steps ...step) error {
	if err := s.keepAdmin(ctx, tx, k, nil, now, force); err != nil {
		return err
	}
	for _, take := range steps {
		if err := take(ctx, tx, caller, k, now); err != nil {
			return err
		}
	}
	return nil
}

// disable denies a key until it is enabled again, unless that was done before.
func disable(ctx context.Context, tx Tx, caller Caller, k *Key, now time.Time) error {
	if !k.Enabled {
		return nil
	}
	was := k.Clone()
	k.Enabled = false
	if err := tx.Update(ctx, k); err != nil {
		return err
	}
	return tx.AppendAudit(ctx, entry(caller, now, ActionDisable, k, AuditData{Changes: changes(was, k)}))
}
