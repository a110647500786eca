package state

import (
	"context"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/client"
)

// Refusals says which refused requests are asked for. What is empty leaves none out.
type Refusals struct {
	KeyID    string
	Code     string // such as expired or invalid_token
	Endpoint string
	Search   string // words in its texts
	Since    time.Time
}

func (r Refusals) query() client.DenialQuery {
	return client.DenialQuery{KeyID: r.KeyID, Code: r.Code, Endpoint: r.Endpoint, Search: r.Search, Since: r.Since}
}

// Denials returns a page of refused requests, the newest first.
func (s *Session) Denials(ctx context.Context, r Refusals, cursor string, limit int) (*api.DenialList, error) {
	q := r.query()
	q.Cursor, q.Limit = cursor, limit
	return s.client.Denials(ctx, q)
}

// FollowDenials calls each with refused requests as they happen, until ctx ends, which is no error. A server that is
// away for a while is waited for.
func (s *Session) FollowDenials(ctx context.Context, r Refusals, each func(api.Denial)) error {
	for d, err := range s.client.FollowDenials(ctx, r.query()) {
		if err != nil {
			return err
		}
		each(d)
	}
	return nil
}
