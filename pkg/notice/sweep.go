package notice

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// How keys are looked for of which people are to be told because time has
// passed.
const (
	sweepWhole  = time.Hour // between two looks at all keys
	sweepPage   = 200       // keys in one transaction
	sweepChange = 500       // changes in one look
	sweepLate   = 24 * time.Hour
	unusedMost  = 500 // keys that are told of as unused in one look
)

// sweeps remembers how far was looked.
type sweeps struct {
	mu      sync.Mutex
	whole   time.Time // of the last look at all keys; zero = there was none
	last    time.Time // up to when ends were looked at
	seq     int64     // of the last change that was looked at
	started bool

	replaced map[string]bool // tokens that were told of in their overlap
}

// again has all keys looked at, as after another configuration came in force.
func (s *sweeps) again() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.whole = time.Time{}
}

// sweep looks for keys that end, have ended, or are not used, and for replaced
// tokens that are.
//
// All keys are looked at once an hour. In between it is those that have changed,
// and those whose end came as near since the last look as people are told
// before it.
func (n *Notices) sweep(ctx context.Context) error {
	n.sweeps.mu.Lock()
	defer n.sweeps.mu.Unlock()
	s := &n.sweeps
	cfg := &n.live.Load().Config
	now := n.now()
	if !s.started {
		_, head, err := n.store.Changes(ctx, 0, 1)
		if err != nil {
			return err
		}
		s.seq, s.started = head, true
	}
	before := s.seq
	changed, err := n.changedKeys(ctx)
	if err != nil {
		return err
	}
	untold := n.tellEnds(ctx, changed)
	if untold != nil {
		s.seq = before // they are looked at again
	}
	if now.Sub(s.whole) >= sweepWhole || now.Before(s.last) {
		err = errors.Join(n.sweepEnds(ctx, now.Add(-sweepLate), now.Add(cfg.longest())), n.sweepUnused(ctx, cfg, now))
		if err == nil {
			s.whole, s.last = now, now
		}
	} else {
		err = n.sweepEnds(ctx, s.last, now)
		for _, d := range cfg.BeforeEnd {
			err = errors.Join(err, n.sweepEnds(ctx, s.last.Add(d), now.Add(d)))
		}
		if err == nil {
			s.last = now
		}
	}
	return errors.Join(err, untold, n.sweepReplaced(ctx))
}

// changedKeys returns keys that have changed since the last call. After very many
// changes all keys are looked at instead.
func (n *Notices) changedKeys(ctx context.Context) (ids []string, err error) {
	s := &n.sweeps
	changes, head, err := n.store.Changes(ctx, s.seq, sweepChange)
	if err != nil {
		return nil, err
	}
	if len(changes) >= sweepChange || head < s.seq {
		s.whole = time.Time{}
		s.seq = head
		return nil, nil
	}
	for i := range changes {
		s.seq = changes[i].Record.Seq
		if !changes[i].Deleted {
			ids = append(ids, changes[i].Record.ID.String())
		}
	}
	return ids, nil
}

// sweepEnds has people told of keys whose ends are in a span.
func (n *Notices) sweepEnds(ctx context.Context, from, to time.Time) error {
	for after := int64(0); ; {
		keys, err := n.store.EndingKeys(ctx, from, to, after, sweepPage)
		if err != nil || len(keys) == 0 {
			return err
		}
		var ids []string
		for _, k := range keys {
			ids, after = append(ids, k.ID), k.Number
		}
		if err := n.tellEnds(ctx, ids); err != nil {
			return err
		}
	}
}

// tellEnds has people told of the ends of some keys, as far as they come or
// came.
func (n *Notices) tellEnds(ctx context.Context, ids []string) error {
	for chunk := range slices.Chunk(ids, sweepPage) {
		err := n.store.Write(ctx, func(tx apikey.Tx) error {
			for _, id := range chunk {
				if err := n.tellEnd(ctx, tx, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (n *Notices) tellEnd(ctx context.Context, tx apikey.Tx, id string) error {
	k, err := tx.AnyKey(ctx, id)
	switch {
	case apikey.ErrorCode(err) == apikey.CodeNotFound:
		return nil
	case err != nil:
		return err
	}
	now, end := n.now(), k.EndsAt()
	switch k.State(now) {
	case apikey.StateActive:
		step := n.live.Load().step(end.Sub(now))
		if end.IsZero() || step == 0 {
			return nil
		}
		return n.once(ctx, tx, "ending", ending(k, now, step))
	case apikey.StateExpired:
		if now.Sub(end) > sweepLate {
			return nil
		}
		return n.once(ctx, tx, "ended", ended(k, now))
	}
	return nil
}

// lastSign is when a key was last used, or made.
func lastSign(k *apikey.Key) time.Time {
	if k.Usage.LastAt.After(k.CreatedAt) {
		return k.Usage.LastAt
	}
	return k.CreatedAt
}

// sweepUnused has people told of keys that nobody uses.
func (n *Notices) sweepUnused(ctx context.Context, cfg *Config, now time.Time) error {
	if cfg.Unused == 0 || !cfg.wants(apikey.EventUnused) {
		return nil
	}
	since := now.Add(-cfg.Unused)
	for after, told := int64(0), 0; told < unusedMost; {
		keys, err := n.store.UnusedKeys(ctx, now, since, after, sweepPage)
		if err != nil || len(keys) == 0 {
			return err
		}
		after = keys[len(keys)-1].Number
		var list []*message
		for _, k := range keys {
			if m := unused(k, now, lastSign(k)); len(n.live.Load().address(m, now)) > 0 {
				list = append(list, m)
			}
		}
		if len(list) == 0 {
			continue
		}
		err = n.store.Write(ctx, func(tx apikey.Tx) error {
			for _, m := range list {
				if err := n.once(ctx, tx, "unused", m); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		told += len(list)
	}
	return nil
}

// sweepReplaced finds replaced tokens that are used in the second half of their
// overlap: in the first one, everybody still changes over.
func (n *Notices) sweepReplaced(ctx context.Context) error {
	now := n.now()
	for after := int64(0); ; {
		keys, err := n.store.OverlappingKeys(ctx, now, after, sweepPage)
		if err != nil || len(keys) == 0 {
			return err
		}
		after = keys[len(keys)-1].Number
		if err := n.tellReplaced(ctx, keys, now); err != nil {
			return err
		}
	}
}

// tellReplaced has people told of tokens of some keys that are used late in
// their overlap.
func (n *Notices) tellReplaced(ctx context.Context, keys []*apikey.Key, now time.Time) error {
	var late []*message
	for _, k := range keys {
		for i := range k.Tokens[:len(k.Tokens)-1] {
			t := &k.Tokens[i]
			if !usedLate(k, i) || k.TokenState(t, now) != apikey.StateActive || n.sweeps.replaced[t.ID] {
				continue
			}
			late = append(late, replacedInUse(k, t, now, n.usesOf(ctx, k, t, now), false))
		}
	}
	if len(late) == 0 {
		return nil
	}
	err := n.store.Write(ctx, func(tx apikey.Tx) error {
		for _, m := range late {
			if err := n.onceEach(ctx, tx, "replaced", m); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(n.sweeps.replaced) > maxSeen || n.sweeps.replaced == nil {
		n.sweeps.replaced = map[string]bool{}
	}
	for _, m := range late {
		n.sweeps.replaced[m.TokenID] = true
	}
	return nil
}

// usesOf returns who sent a token in the last day.
func (n *Notices) usesOf(ctx context.Context, k *apikey.Key, t *apikey.Token, now time.Time) (uses []Use) {
	clients, err := n.store.Clients(ctx, k.OrgID, k.ID, now.Add(-usesSpan))
	for _, c := range clients {
		if c.TokenID == t.ID && len(uses) < maxUses {
			uses = append(uses, Use{Address: c.Address, UserAgent: c.UserAgent, Requests: c.Requests, LastAt: c.LastAt})
		}
	}
	if err != nil || len(uses) == 0 { // it is told without
		uses = []Use{{Address: k.Usage.LastFrom, LastAt: t.Usage.LastAt}}
	}
	return uses
}

// usedLate reports whether a token of a key was used in the second half of its
// overlap with the next one.
func usedLate(k *apikey.Key, i int) bool {
	t, next := &k.Tokens[i], &k.Tokens[i+1]
	if t.ExpiresAt.IsZero() {
		return false
	}
	half := next.CreatedAt.Add(t.ExpiresAt.Sub(next.CreatedAt) / 2)
	return t.Usage.LastAt.After(half)
}
