package state

import (
	"context"
	"slices"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
)

// First is what became of the first requests with a token.
type First struct {
	At      time.Time      // when one was let in last; zero = none was
	From    string         // the address of that; may be empty
	Client  *api.KeyClient // who sent it; nil = not known
	Refused *api.Denial    // the last one that was refused; nil = none was
}

// Served reports whether a request was let in, and answered well by what is behind the gate, as far as is known.
func (f First) Served() bool { return !f.At.IsZero() && (f.Client == nil || f.Client.Fault == 0) }

// First reads what became of the requests with a token of a key.
func (s *Session) First(ctx context.Context, keyID, tokenID string) (f First, err error) {
	key, err := s.client.Key(ctx, keyID)
	if err != nil {
		return f, err
	}
	refused, err := s.Denials(ctx, Refusals{KeyID: keyID}, "", 20)
	if err != nil {
		return f, err
	}
	for i := range refused.Denials {
		if d := &refused.Denials[i]; d.TokenID == tokenID {
			f.Refused = d
			break
		}
	}
	at := slices.IndexFunc(key.Tokens, func(t api.Token) bool { return t.ID == tokenID })
	if at < 0 || key.Tokens[at].LastUsedAt == nil {
		return f, nil
	}
	f.At, f.From = *key.Tokens[at].LastUsedAt, key.LastUsedFrom
	clients, err := s.Clients(ctx, keyID)
	if err != nil {
		return f, err
	}
	f.Client = letIn(clients, tokenID)
	return f, nil
}

// letIn returns the newest client of a token that was let in, or of any if none is named; nil if there is none.
func letIn(clients []api.KeyClient, tokenID string) *api.KeyClient {
	for i := range clients {
		if c := &clients[i]; (tokenID == "" || c.TokenID == tokenID) && c.Requests > c.Denied {
			return c
		}
	}
	return nil
}
