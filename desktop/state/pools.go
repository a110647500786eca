package state

import (
	"bytes"
	"context"
	"encoding/csv"
	"sync"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/secretfile"
)

// AllPools returns the agent pools with how many keys are in each, by name.
func (s *Session) AllPools(ctx context.Context) ([]api.Pool, error) { return s.client.Pools(ctx) }

// CreatePool makes an empty pool.
func (s *Session) CreatePool(ctx context.Context, p api.CreatePool) error {
	_, err := s.client.CreatePool(ctx, p)
	return err
}

// DeletePool removes a pool. Force revokes the keys in it that can be used.
func (s *Session) DeletePool(ctx context.Context, name string, force bool) error {
	return s.client.DeletePool(ctx, name, force)
}

// RevokePool denies all keys of a pool for good, and returns how many that were.
func (s *Session) RevokePool(ctx context.Context, name string) (int, error) {
	return s.client.RevokePool(ctx, name)
}

// PoolRotation gives each key of a pool that can be used another token, in steps
// that can be taken up again after a failure.
type PoolRotation struct {
	Tokens *Tokens // those of the steps that were taken

	session *Session
	pool    string
	request api.RotatePool
	done    bool
}

// RotatePool begins a rotation of a pool; Run carries it out.
func (s *Session) RotatePool(pool string, r api.RotateKey) *PoolRotation {
	return &PoolRotation{Tokens: &Tokens{}, session: s, pool: pool, request: api.RotatePool{RotateKey: r}}
}

// Run takes the steps that are left, and calls progress after each with how many
// keys have a new token. When it fails, or ctx ends, the steps that were taken
// stay, and it can be called again.
func (p *PoolRotation) Run(ctx context.Context, progress func(keys int)) error {
	for !p.done {
		if err := ctx.Err(); err != nil {
			return err
		}
		step, err := p.session.client.RotatePool(context.WithoutCancel(ctx), p.pool, p.request)
		if err != nil {
			return err
		}
		p.Tokens.add(step.Keys)
		p.request.Cursor, p.done = step.NextCursor, step.NextCursor == ""
		progress(p.Tokens.Len())
	}
	return nil
}

// Done reports whether every key has its new token.
func (p *PoolRotation) Done() bool { return p.done }

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
