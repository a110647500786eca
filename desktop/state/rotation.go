package state

import (
	"bytes"
	"context"
	"encoding/csv"
	"slices"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/secretfile"
)

// Rotation gives several keys another token each, in steps that can be taken up again after a failure.
type Rotation struct {
	Tokens *Tokens   // those of the steps that were taken
	Failed []Failure // keys that were not rotated for reasons of their own; not while Run runs

	take func(context.Context) (done bool, err error) // a step
	done bool
}

// Run takes the steps that are left, and calls progress after each with how many
// keys have a new token. When it fails, or ctx ends, the steps that were taken
// stay, and it can be called again.
func (r *Rotation) Run(ctx context.Context, progress func(keys int)) (err error) {
	for !r.done {
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.done, err = r.take(context.WithoutCancel(ctx)); err != nil {
			return err
		}
		progress(r.Tokens.Len())
	}
	return nil
}

// Done reports whether every key has its new token.
func (r *Rotation) Done() bool { return r.done }

// RotateKeys begins a rotation of some keys; Run carries it out. The key that the session itself uses is the last, so
// that it does not end on the way. Without a lifetime each lives as long again as it was made to.
func (s *Session) RotateKeys(keys []*api.Key, r api.RotateKey) *Rotation {
	left := slices.Clone(keys)
	if own := slices.IndexFunc(left, s.IsOwn); own >= 0 {
		left = append(slices.Delete(left, own, own+1), keys[own])
	}
	rotation := &Rotation{Tokens: &Tokens{}, done: len(left) == 0}
	rotation.take = func(ctx context.Context) (done bool, err error) {
		how := r
		if how.ExpiresIn == "" && how.ExpiresAt == "" {
			how.ExpiresIn = lifetimeAgain(*left[0], s.Policy)
		}
		switch issued, err := s.client.Rotate(ctx, left[0].ID, how); {
		case err == nil:
			rotation.Tokens.add([]api.IssuedKey{*issued})
		case ofOneKey(err):
			rotation.Failed = append(rotation.Failed, Failure{left[0], err})
		default:
			return false, err
		}
		left = left[1:]
		return len(left) == 0, nil
	}
	return rotation
}

// lifetimeAgain is how long the newest token of a key was made to work, as far as the policy allows.
func lifetimeAgain(k api.Key, p api.Policy) api.Span {
	var ttl time.Duration
	if n := len(k.Tokens); n > 0 && k.Tokens[n-1].ExpiresAt != nil {
		ttl = max(time.Second, k.Tokens[n-1].ExpiresAt.Sub(k.Tokens[n-1].CreatedAt).Round(time.Second))
	}
	if most := Seconds(p.MaxTTL); most > 0 && (ttl == 0 || ttl > most) {
		ttl = most
	}
	if ttl == 0 {
		return api.Never
	}
	return api.SpanOf(ttl)
}

// IsOwn reports whether a key is the one that the session itself uses.
func (s *Session) IsOwn(k *api.Key) bool { return k.ID == s.Who.KeyID }

// ofOneKey reports whether a key failed with an error that the others need not have: it is gone, or in a state of its
// own.
func ofOneKey(err error) bool {
	kind := Explain(err).Kind
	return kind == KindNotFound || kind == KindConflict
}

// Tokens are the new tokens of several keys, until they are to be forgotten.
type Tokens struct {
	mu   sync.Mutex
	keys []api.IssuedKey
}

func (t *Tokens) add(keys []api.IssuedKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keys = append(t.keys, keys...)
}

// Len is how many there are.
func (t *Tokens) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.keys)
}

// Save writes the tokens to a new file that only its owner can read: a line for
// each key with its name, its ID and the token, with commas between. An existing
// file is not overwritten, because others may have it open.
func (t *Tokens) Save(path string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.keys) == 0 {
		return ErrForgotten
	}
	var lines bytes.Buffer
	w := csv.NewWriter(&lines)
	_ = w.Write([]string{"name", "id", "token"}) // to memory
	for _, k := range t.keys {
		_ = w.Write([]string{k.Key.Name, k.Key.ID, k.Token})
	}
	w.Flush()
	return secretfile.Create(path, lines.Bytes())
}

// Forget drops the tokens.
func (t *Tokens) Forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keys = nil
}
