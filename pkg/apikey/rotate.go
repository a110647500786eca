package apikey

import (
	"context"
	"errors"
	"time"
)

// DefaultOverlap is how long the other tokens of a rotated key keep working if
// nobody says.
const DefaultOverlap = 24 * time.Hour

// ErrOverlap is what is wrong with an overlap that is no time, or none that it may be.
var ErrOverlap = errors.New("must be 0 (the other tokens stop at once) or a time such as 24h")

// Overlaps are those that programs offer by name; 0 = none.
func Overlaps() []time.Duration {
	return []time.Duration{0, time.Hour, DefaultOverlap, 7 * 24 * time.Hour}
}

// Rotation says how keys are rotated.
type Rotation struct {
	Overlap  time.Duration // that the other tokens keep working, at the most
	Lifetime Lifetime      // of the key, from now on
}

// Rotate gives a key another token. Its other tokens keep working for the
// overlap, or until an earlier end that they have already.
func (s *Service) Rotate(ctx context.Context, id string, r Rotation) (*Issued, error) {
	caller, err := Manager(ctx)
	if err != nil {
		return nil, err
	}
	var issued *Issued
	err = s.write(ctx, func(tx Tx) error {
		k, err := tx.Key(ctx, caller.OrgID, id)
		if err != nil {
			return err
		}
		issued, err = s.rotate(ctx, tx, caller, k, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	return issued, nil
}

// rotate gives a key another token in a transaction.
func (s *Service) rotate(ctx context.Context, tx Tx, caller Caller, k *Key, r Rotation) (*Issued, error) {
	now := s.Now()
	switch {
	case !k.RevokedAt.IsZero():
		return nil, Errorf(CodeConflict, "The key was revoked and cannot be rotated. Create a new key instead.")
	case k.live(now) >= MaxLiveTokens:
		return nil, Errorf(CodeConflict,
			"The key %q has %d tokens that still work, and can have no more. End those that nobody uses, or wait for the end of their overlap.", k.Name, MaxLiveTokens)
	}
	policy, err := s.issuing(ctx, caller.OrgID)
	if err != nil {
		return nil, err
	}
	var wrong Mistakes
	// The policy's roles are those of new keys: one that is there keeps its role, and can be renewed.
	expires, err := policy.expiry(r.Lifetime, now)
	wrong.AddError("expiresIn", err)
	if r.Overlap < 0 || r.Overlap > MaxTTL {
		wrong.AddError("overlap", ErrOverlap)
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}

	k.wake(now)
	was := k.Clone()
	secret, t := s.mint(caller, now)
	k.replaceTokens(t, r.Overlap, now)
	k.ExpiresAt = expires
	if earlier(k.EndsAt(), now.Add(enoughNotice)) {
		if err := s.keepAdmin(ctx, tx, was, k, now, false); err != nil {
			return nil, err
		}
	}
	if err := needPool(ctx, tx, caller, k, now); err != nil {
		return nil, err
	}
	if err := tx.Update(ctx, k); err != nil {
		return nil, err
	}
	data := AuditData{Changes: changes(was, k), TokenID: t.ID, Until: k.lastOther(now)}
	return &Issued{Key: k, Token: secret}, tx.AppendAudit(ctx, entry(caller, now, ActionRotate, k, data))
}

// lastOther is when the last of the tokens but the newest ends.
func (k *Key) lastOther(now time.Time) time.Time {
	last := now
	for i := range k.Tokens[:len(k.Tokens)-1] {
		if end := k.Tokens[i].ExpiresAt; k.Tokens[i].RevokedAt.IsZero() && end.After(last) {
			last = end
		}
	}
	return last
}

// suffixed returns a name with a suffix, shortened so that both fit.
func suffixed(name, suffix string) string {
	if r := []rune(name); len(r)+len(suffix) > MaxNameLength {
		name = string(r[:MaxNameLength-len(suffix)])
	}
	return name + suffix
}
