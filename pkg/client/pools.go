package client

import (
	"context"
	"net/http"

	"github.com/ostiary/ostiary/pkg/api"
)

// Pools returns all agent pools, by name.
func (c *Client) Pools(ctx context.Context) ([]api.Pool, error) {
	list, err := call(ctx, c, request{method: http.MethodGet, path: "/v1/pools"},
		func(l *api.PoolList) bool { return l.Pools != nil })
	if err != nil {
		return nil, err
	}
	return list.Pools, nil
}

// CreatePool makes a pool.
func (c *Client) CreatePool(ctx context.Context, p api.CreatePool) (*api.Pool, error) {
	return call(ctx, c, request{method: http.MethodPost, path: "/v1/pools", body: p},
		func(got *api.Pool) bool { return got.Name == p.Name })
}

// DeletePool removes a pool. Force revokes the keys in it that can be used,
// which are a conflict otherwise.
func (c *Client) DeletePool(ctx context.Context, name string, force bool) error {
	if err := api.CheckPoolName(name); err != nil { // it also keeps other paths out of the address
		return err
	}
	return c.do(ctx, request{method: http.MethodDelete, path: "/v1/pools/" + name, query: forced(force)})
}

// RevokePool denies all keys of a pool for good, in one act, and returns how
// many that were.
func (c *Client) RevokePool(ctx context.Context, name string) (revoked int, err error) {
	if err := api.CheckPoolName(name); err != nil {
		return 0, err
	}
	done, err := call(ctx, c, request{method: http.MethodPost, path: "/v1/pools/" + name + "/revoke"},
		func(r *api.RevokedPool) bool { return r.Pool == name })
	if err != nil {
		return 0, err
	}
	return done.Revoked, nil
}

// RotatePool gives the next keys of a pool that can be used another token each,
// in one step. The answer holds the tokens, and says how to go on: until its
// NextCursor is empty, the next step is asked for with that.
func (c *Client) RotatePool(ctx context.Context, name string, r api.RotatePool) (*api.RotatedPool, error) {
	if err := api.CheckPoolName(name); err != nil {
		return nil, err
	}
	return call(ctx, c, request{method: http.MethodPost, path: "/v1/pools/" + name + "/rotate", body: r},
		func(r *api.RotatedPool) bool { return r.Keys != nil })
}
