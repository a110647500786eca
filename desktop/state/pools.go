package state

import (
	"context"

	"github.com/ostiary/ostiary/pkg/api"
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

// RotatePool begins a rotation of each key of a pool that can be used; Run carries it out.
func (s *Session) RotatePool(pool string, r api.RotateKey) *Rotation {
	request := api.RotatePool{RotateKey: r}
	rotation := &Rotation{Tokens: &Tokens{}}
	rotation.take = func(ctx context.Context) (done bool, err error) {
		step, err := s.client.RotatePool(ctx, pool, request)
		if err != nil {
			return false, err
		}
		rotation.Tokens.add(step.Keys)
		request.Cursor = step.NextCursor
		return step.NextCursor == "", nil
	}
	return rotation
}
