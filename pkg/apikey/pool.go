package apikey

import (
	"context"
	"fmt"
	"math"
	"time"
)

// MaxPoolNameLength is how many characters the name of an agent pool may have.
const MaxPoolNameLength = 255

// Pool is a named set of keys for agents that belong together. Its keys are
// listed, rotated and revoked apart from all others, and an endpoint may take
// only them.
type Pool struct {
	OrgID       int64
	Name        string // unique in the organization
	Description string
	CreatedAt   time.Time
	CreatedBy   string // login of the person or name of the key that made it
	Keys        map[State]int64
}

// NewPool describes a pool to be made.
type NewPool struct {
	Name        string // letters, digits, and . _ - after the first character
	Description string
}

// Pools returns the organization's pools by name, each with how many keys it
// has in each state.
func (s *Service) Pools(ctx context.Context) ([]Pool, error) {
	caller, err := Manager(ctx)
	if err != nil {
		return nil, err
	}
	return s.store.Pools(ctx, caller.OrgID, s.Now())
}

// CreatePool makes a pool without keys. A name that is taken is an Error of
// CodeDuplicateName.
func (s *Service) CreatePool(ctx context.Context, n NewPool) (*Pool, error) {
	caller, err := Manager(ctx)
	if err != nil {
		return nil, err
	}
	var wrong Mistakes
	wrong.AddError("name", CheckPoolName(n.Name))
	n.Description, err = checkDescription(n.Description)
	wrong.AddError("description", err)
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	p := &Pool{OrgID: caller.OrgID, Name: n.Name, Description: n.Description, CreatedAt: s.Now(),
		CreatedBy: caller.Login, Keys: map[State]int64{}}
	err = s.write(ctx, func(tx Tx) error {
		added, err := addPool(ctx, tx, caller, p)
		if err == nil && !added {
			err = &Error{
				Code:    CodeDuplicateName,
				Message: fmt.Sprintf("There is a pool %q already. Use it, or choose another name.", n.Name),
				Fields: []FieldError{{Field: "name",
					Detail: "is taken; names of pools are unique in an organization"}},
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

func addPool(ctx context.Context, tx Tx, caller Caller, p *Pool) (added bool, err error) {
	if added, err = tx.AddPool(ctx, p); err != nil || !added {
		return false, err
	}
	return true, tx.AppendAudit(ctx, poolEntry(caller, p.CreatedAt, ActionCreatePool, p.Name))
}

// needPool makes the pool of a key that can be used if there is none: every
// such key's pool is listed.
func needPool(ctx context.Context, tx Tx, caller Caller, k *Key, now time.Time) error {
	if k.Pool == "" || !k.usable(now) {
		return nil
	}
	_, err := addPool(ctx, tx, caller,
		&Pool{OrgID: caller.OrgID, Name: k.Pool, CreatedAt: now, CreatedBy: caller.Login})
	return err
}

// DeletePool removes a pool. Its expired and revoked keys stay listed. Keys
// that are or can be made good are a conflict; force revokes them, in the same
// transaction. The organization's last usable Admin key is kept in any case.
func (s *Service) DeletePool(ctx context.Context, name string, force bool) error {
	return s.changePool(ctx, name, func(tx Tx, caller Caller, keys []*Key, now time.Time) error {
		usable := 0
		for _, k := range keys {
			if k.usable(now) {
				usable++
			}
		}
		switch {
		case usable > 0 && !force:
			return Errorf(CodeConflict,
				"The pool %q still holds keys that can be used: %d. Revoke or delete them first, or repeat with force, which revokes them.", name, usable)
		case usable > 0:
			if _, err := s.revokeAll(ctx, tx, caller, keys, now); err != nil {
				return err
			}
		}
		if err := tx.DeletePool(ctx, caller.OrgID, name); err != nil {
			return err
		}
		return tx.AppendAudit(ctx, poolEntry(caller, now, ActionDeletePool, name))
	})
}

// RevokePool denies all keys of a pool for good, in one transaction, and
// returns how many that were. The pool stays, and can have new keys.
func (s *Service) RevokePool(ctx context.Context, name string) (revoked int, err error) {
	err = s.changePool(ctx, name, func(tx Tx, caller Caller, keys []*Key, now time.Time) error {
		revoked, err = s.revokeAll(ctx, tx, caller, keys, now)
		return err
	})
	return revoked, err
}

// PoolStep is how many keys of a pool are looked at in one step of its rotation,
// which is one transaction.
const PoolStep = 200

// PoolRun is how far the rotation of a pool has come. The zero PoolRun is the
// beginning.
type PoolRun struct {
	Began time.Time // keys that were made since are left alone
	After int64     // the number of the last key that was looked at
}

// RotatePool rotates the next keys of a pool that are or can be made good: see
// Rotate. Next is nil after the last step. Until a caller has the tokens of a
// step in hand it can take the same step again: the keys then get others, and
// those that nobody has seen end with the overlap.
func (s *Service) RotatePool(
	ctx context.Context, name string, run PoolRun, r Rotation,
) (issued []*Issued, next *PoolRun, err error) {
	if run.Began.IsZero() {
		run.Began = s.Now()
	}
	err = s.inPool(ctx, name, func(tx Tx, caller Caller) error {
		issued, next = nil, nil
		keys, err := tx.PoolKeys(ctx, caller.OrgID, name, run.After, PoolStep)
		if err != nil {
			return err
		}
		for _, k := range keys {
			if !k.usable(s.Now()) || k.CreatedAt.After(run.Began) {
				continue
			}
			one, err := s.rotate(ctx, tx, caller, k, r)
			if err != nil {
				return err
			}
			issued = append(issued, one)
		}
		if len(keys) == PoolStep {
			next = &PoolRun{Began: run.Began, After: keys[len(keys)-1].Number}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return issued, next, nil
}

// changePool runs fn with the keys of a pool, in one transaction. A pool that
// is not there is an Error of CodeNotFound.
func (s *Service) changePool(
	ctx context.Context, name string, fn func(tx Tx, caller Caller, keys []*Key, now time.Time) error,
) error {
	return s.inPool(ctx, name, func(tx Tx, caller Caller) error {
		keys, err := tx.PoolKeys(ctx, caller.OrgID, name, 0, math.MaxInt32)
		if err != nil {
			return err
		}
		return fn(tx, caller, keys, s.Now())
	})
}

// inPool runs fn in one transaction, if there is the pool.
func (s *Service) inPool(ctx context.Context, name string, fn func(tx Tx, caller Caller) error) error {
	caller, err := Manager(ctx)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx Tx) error {
		missing, err := tx.AddPool(ctx, &Pool{OrgID: caller.OrgID, Name: name, CreatedAt: s.Now()})
		if err != nil {
			return err
		}
		if missing { // the error undoes that it was added
			return Errorf(CodeNotFound,
				"There is no such pool in this organization. List the pools to see their names.")
		}
		return fn(tx, caller)
	})
}

// revokeAll revokes those of the keys that are not revoked, and returns how
// many that were.
func (s *Service) revokeAll(
	ctx context.Context, tx Tx, caller Caller, keys []*Key, now time.Time,
) (revoked int, err error) {
	for _, k := range keys {
		if !k.RevokedAt.IsZero() {
			continue
		}
		if err := s.keepAdmin(ctx, tx, k, nil, now, false); err != nil {
			return 0, err
		}
		k.RevokedAt = now
		if err := tx.Update(ctx, k); err != nil {
			return 0, err
		}
		if err := tx.AppendAudit(ctx, entry(caller, now, ActionRevoke, k, AuditData{})); err != nil {
			return 0, err
		}
		revoked++
	}
	return revoked, nil
}

// poolEntry is an entry of the audit trail about a pool.
func poolEntry(c Caller, now time.Time, action Action, pool string) *AuditEntry {
	return entry(c, now, action, &Key{}, AuditData{Pool: pool})
}
