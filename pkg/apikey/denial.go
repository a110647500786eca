package apikey

import (
	"context"
	"time"
)

// How long refused requests are kept, and how many of an organization.
const (
	DenialRetention = 7 * 24 * time.Hour
	MaxDenials      = 100_000
)

// Denial is a refused request, or several that were alike and came soon after
// one another. It holds nothing that opens anything.
type Denial struct {
	ID        int64
	OrgID     int64     // 0 = not known: no key was recognised, and the endpoint is for all organizations
	At        time.Time // of the last of them
	Count     int64     // how many they were
	Code      Code
	Reason    string // the sentence that the client got
	KeyID     string // of the key whose token was shown; empty if none was recognised
	KeyName   string // its name now, when it is read; empty if it is gone
	TokenID   string // the public part of what was sent, which proves nothing
	Endpoint  string
	Method    string
	Path      string
	Address   string // the client's
	UserAgent string
}

// DenialQuery describes a page of refused requests.
type DenialQuery struct {
	OrgID    int64
	Unknown  bool      // also those of which no organization is known
	KeyID    string    // empty = all; also the id of a token
	Code     Code      // empty = all
	Endpoint string    // empty = all
	Since    time.Time // only those from then on; zero = all
	Search   string    // words that their texts hold, without regard to case
	BeforeAt time.Time // only those that come behind the one of this time with the ID Before; zero = see Before
	Before   int64     // only those with a smaller ID; 0 = from the newest
	After    int64     // only those with a larger ID; 0 = from the oldest
	// Written orders them as they came into the store, and not by their times: what servers write once a minute comes
	// behind later ones of others. IDs grow in this order.
	Written bool
	Oldest  bool // the oldest first, not the newest
	Limit   int
}

// DenialPosition is the place of a refused request among those that are listed.
type DenialPosition struct {
	At time.Time
	ID int64
}

// mainOrg is the organization of whoever runs the server: Grafana's first, and
// the only one of a server without Grafana.
const mainOrg = 1

// Denials returns refused requests of the caller's organization, the newest
// first, and the place behind which the next page begins, if there is one. Those
// of which no organization is known are shown in the main one.
func (s *Service) Denials(ctx context.Context, q DenialQuery) (list []Denial, next *DenialPosition, err error) {
	caller, err := Manager(ctx)
	if err != nil {
		return nil, nil, err
	}
	var wrong Mistakes
	checkPageSize(&wrong, &q.Limit)
	if err := wrong.Err(); err != nil {
		return nil, nil, err
	}
	q.Search = Normal(q.Search)
	q.OrgID, q.Unknown = caller.OrgID, caller.OrgID == mainOrg
	limit := q.Limit
	q.Limit++
	if list, err = s.store.Denials(ctx, q); err != nil || len(list) <= limit {
		return list, nil, err
	}
	list = list[:limit]
	last := list[limit-1]
	return list, &DenialPosition{At: last.At, ID: last.ID}, nil
}
