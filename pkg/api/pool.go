package api

import (
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Pool is an agent pool.
type Pool struct {
	Name        string    `json:"name"`
	Description string    `json:"description"`
	CreatedAt   time.Time `json:"createdAt"`
	CreatedBy   string    `json:"createdBy"`
	Keys        PoolKeys  `json:"keys"` // how many there are, at the time of the answer
}

// PoolKeys counts the keys of a pool by state.
type PoolKeys struct {
	Active   int64 `json:"active"`
	Disabled int64 `json:"disabled"`
	Expired  int64 `json:"expired"`
	Revoked  int64 `json:"revoked"`
}

// PoolList holds all pools of an organization, by name.
type PoolList struct {
	Pools []Pool `json:"pools"`
}

// CreatePool asks for a new pool.
type CreatePool struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// RevokedPool says how many keys of a pool were revoked in one act.
type RevokedPool struct {
	Pool    string `json:"pool"`
	Revoked int    `json:"revoked"`
}

// RotatePool asks for the next step of the rotation of a pool, which is as with
// RotateKey. The first step has no cursor, and each later one that of the answer
// before.
type RotatePool struct {
	RotateKey
	Cursor string `json:"cursor,omitempty"`
}

// RotatedPool holds the keys of a pool that were rotated in one step, with their
// tokens, which are never shown again.
type RotatedPool struct {
	Keys       []IssuedKey `json:"keys"`
	NextCursor string      `json:"nextCursor"` // empty after the last step
}

// FromPool describes a pool.
func FromPool(p apikey.Pool) Pool {
	return Pool{
		Name: p.Name, Description: p.Description, CreatedAt: p.CreatedAt.UTC(), CreatedBy: p.CreatedBy,
		Keys: PoolKeys{
			Active: p.Keys[apikey.StateActive], Disabled: p.Keys[apikey.StateDisabled],
			Expired: p.Keys[apikey.StateExpired], Revoked: p.Keys[apikey.StateRevoked],
		},
	}
}

// FromPools describes all pools of an organization.
func FromPools(pools []apikey.Pool) PoolList {
	list := PoolList{Pools: make([]Pool, len(pools))}
	for i, p := range pools {
		list.Pools[i] = FromPool(p)
	}
	return list
}

// FromRotated describes the keys of a step, tokens and all.
func FromRotated(issued []*apikey.Issued, nextCursor string, now time.Time) RotatedPool {
	list := RotatedPool{Keys: make([]IssuedKey, len(issued)), NextCursor: nextCursor}
	for i, one := range issued {
		list.Keys[i] = FromIssued(one, now)
	}
	return list
}

// CheckPoolName returns an error of CodeNotFound if there can be no pool of
// that name.
func CheckPoolName(name string) error {
	if err := apikey.CheckPoolName(name); err != nil {
		return apikey.Errorf(apikey.CodeNotFound, "There is no pool of that name: %v.", err)
	}
	return nil
}
