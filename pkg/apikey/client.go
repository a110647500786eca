package apikey

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// How long the clients of a key are kept, and how many of them.
const (
	ClientRetention = 30 * 24 * time.Hour
	MaxClients      = 100
)

// OtherClients is the user agent of all clients of a token together that came on top of those that are told apart.
const OtherClients = "(clients that are not told apart)"

// Client is one who sends a token of a key: the same program, from the same address, to the same endpoint.
type Client struct {
	Address   string // empty = not known
	UserAgent string
	Endpoint  string
	Tenant    string // that its requests acted for; empty = none, or they were refused
	TokenID   string
	FirstAt   time.Time
	LastAt    time.Time
	Requests  int64 // all of them
	Denied    int64 // of these, that were refused
}

// ClientUse is what a recorder gathered of a client of a key.
type ClientUse struct {
	KeyID ID
	Client
}

// Digest distinguishes the clients of a key.
func (c *Client) Digest() int64 {
	hash := sha256.New()
	for _, text := range []string{c.TokenID, c.Address, c.UserAgent, c.Endpoint, c.Tenant} {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(text)))
		hash.Write(length[:])
		hash.Write([]byte(text))
	}
	return int64(binary.BigEndian.Uint64(hash.Sum(nil))) //nolint:gosec // all 64 bits, whether signed or not
}

// Clients returns who sent the tokens of a key of the caller's organization in the last 30 days, the newest first:
// MaxClients at the most. What recorders have not written down yet is missing.
func (s *Service) Clients(ctx context.Context, id string) ([]Client, error) {
	caller, err := Manager(ctx)
	if err != nil {
		return nil, err
	}
	list, err := s.store.Clients(ctx, caller.OrgID, id, s.Now().Add(-ClientRetention))
	if err == nil {
		s.sawRead(ctx, caller, id)
	}
	return list, err
}
