package apikey

import (
	"context"
	"net/netip"
	"slices"
	"time"
)

// Ending is a way in which a key ceases to open anything.
type Ending string

// The endings.
const (
	Disable Ending = "disable" // until it is enabled again
	Revoke  Ending = "revoke"  // for good
	Delete  Ending = "delete"  // for good, and nothing is left of it but its trail
)

// End says how a key is to end. Force allows an end that leaves nobody who
// could manage keys.
type End struct {
	How   Ending
	Force bool
}

// End ends a key with all of its tokens, from the next request on, and returns
// it as it is then, or was. A key that has ended in this way before stays as it
// is.
func (s *Service) End(ctx context.Context, id string, end End) (*Key, error) {
	if end.How == Delete {
		return s.remove(ctx, id, end.Force)
	}
	return s.change(ctx, id, end.Force, func(_ Caller, k *Key, now time.Time) (Action, AuditData, error) {
		switch {
		case end.How == Revoke && k.RevokedAt.IsZero():
			k.RevokedAt = now
			return ActionRevoke, AuditData{}, nil
		case end.How == Disable && (k.Enabled || !k.DisabledUntil.IsZero()):
			if !k.RevokedAt.IsZero() {
				return "", AuditData{}, errRevoked()
			}
			k.Enabled, k.DisabledUntil = false, time.Time{}
			return ActionDisable, AuditData{}, nil
		}
		return "", AuditData{}, nil
	})
}

// remove removes a key, also one whose mark is wrong.
func (s *Service) remove(ctx context.Context, id string, force bool) (k *Key, err error) {
	caller, err := Manager(ctx)
	if err != nil {
		return nil, err
	}
	err = s.write(ctx, func(tx Tx) error {
		now := s.Now()
		if k, err = tx.Key(ctx, caller.OrgID, id); err != nil {
			return err
		}
		if err := s.keepAdmin(ctx, tx, k, nil, now, force); err != nil {
			return err
		}
		if err := tx.Delete(ctx, k); err != nil {
			return err
		}
		return tx.AppendAudit(ctx, entry(caller, now, ActionDelete, k, AuditData{State: k.State(now)}))
	})
	if err != nil {
		return nil, err
	}
	return k, nil
}

// EndToken ends one of a key's tokens, from the next request on. The last that
// is left cannot end alone.
func (s *Service) EndToken(ctx context.Context, id, tokenID string) (*Key, error) {
	return s.change(ctx, id, false, func(_ Caller, k *Key, now time.Time) (Action, AuditData, error) {
		t := k.Token(tokenID)
		switch {
		case t == nil:
			return "", AuditData{}, Errorf(CodeNotFound,
				"The key has no such token. Look at the key to see the ids of its tokens.")
		case !t.RevokedAt.IsZero():
			return "", AuditData{}, nil
		case !t.isOver(now) && k.live(now) == 1:
			return "", AuditData{}, Errorf(CodeConflict,
				"It is the only token of the key that is left. Rotate the key first, or revoke the key.")
		}
		t.RevokedAt, t.ExpiresAt = now, time.Time{}
		return ActionEndToken, AuditData{TokenID: t.ID}, nil
	})
}

func errRevoked() error {
	return Errorf(CodeConflict,
		"The key was revoked, which cannot be undone; only its name, description, owner and labels can be changed. Create a new key instead.")
}

// enoughNotice is how long one Admin key must still be good so that the others may end: in that time its holder can
// make another.
const enoughNotice = 24 * time.Hour

// keepAdmin refuses a change that takes the organization's last usable Admin
// key away, or lessens what it is good for: it would end earlier, be bound to
// addresses at which nobody may be, or use up its day sooner. After is nil if the key is to be
// deleted. What is usable, UsableAdmin says, here and for other keys.
//
// Another key is as good only if it does not end before this one does, or not
// within a day. So no change brings the moment after which nobody can manage
// keys closer than a day.
func (s *Service) keepAdmin(ctx context.Context, tx Tx, before, after *Key, now time.Time, force bool) error {
	if force || !s.opts.KeepLastAdmin || !before.UsableAdmin(now) {
		return nil
	}
	loss := before.loss(after, now)
	if loss == "" {
		return nil
	}
	until := now.Add(enoughNotice)
	if end := before.EndsAt(); !end.IsZero() && end.Before(until) {
		until = end
	}
	other, err := tx.OtherUsableAdmin(ctx, before.OrgID, before.ID, now, until.Add(-TimeUnit))
	if err != nil || other {
		return err
	}
	return Errorf(CodeLastAdmin, "%q is the last usable Admin key; %s. Create another Admin key first.", before.Name,
		loss)
}

// loss says in words what is lost when a key with which keys can be managed
// becomes after; nothing if it stays as good.
func (k *Key) loss(after *Key, now time.Time) string {
	switch {
	case after == nil || !after.UsableAdmin(now):
		return "without it nobody could manage keys"
	case earlier(after.EndsAt(), k.EndsAt()):
		return "when it expires, nobody could manage keys"
	case narrower(after.AllowedCIDRs, k.AllowedCIDRs):
		return "from other addresses nobody could manage keys"
	case lower(after.Limits.RequestsPerDay, k.Limits.RequestsPerDay),
		lower(after.Limits.BytesPerDay, k.Limits.BytesPerDay):
		return "when it has used up its day, nobody could manage keys until the next one, or lift the limit"
	}
	return ""
}

// lower reports whether a limit leaves less than another; zero is none.
func lower(limit, than int64) bool {
	return limit > 0 && (than == 0 || limit < than)
}

// earlier reports whether an end comes before another; zero is never.
func earlier(end, than time.Time) bool {
	return !end.IsZero() && (than.IsZero() || end.Before(than))
}

// narrower reports whether a list of allowed addresses leaves out some that
// another has; an empty list means all addresses.
func narrower(list, than []netip.Prefix) bool {
	if len(list) == 0 || len(than) == 0 {
		return len(list) > 0
	}
	return slices.ContainsFunc(than, func(block netip.Prefix) bool {
		return !slices.ContainsFunc(list,
			func(wider netip.Prefix) bool { return wider.Bits() <= block.Bits() && wider.Contains(block.Addr()) })
	})
}
