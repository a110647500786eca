package apikey

import (
	"context"
	"sync"
	"time"
)

// countCache keeps how many keys organizations have, where counting takes long: for twenty times as long as that took.
// So counting never takes more than a twentieth of a store's time, and of few keys the numbers are always those of now.
type countCache struct {
	mu   sync.Mutex
	orgs map[int64]*orgCounts
}

type orgCounts struct {
	mu     sync.Mutex // held while somebody counts
	counts KeyCounts
	until  time.Time
}

const (
	quickCount   = 10 * time.Millisecond // is not kept
	countFactor  = 20
	longestCount = time.Minute
)

func (c *countCache) of(orgID int64) *orgCounts {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.orgs == nil {
		c.orgs = map[int64]*orgCounts{}
	}
	if c.orgs[orgID] == nil {
		c.orgs[orgID] = &orgCounts{}
	}
	return c.orgs[orgID]
}

// keyCounts counts the keys of an organization.
func (s *Service) keyCounts(ctx context.Context, orgID int64, now time.Time) (KeyCounts, error) {
	c := s.counts.of(orgID)
	c.mu.Lock()
	defer c.mu.Unlock()
	began := time.Now()
	if began.Before(c.until) {
		return c.counts, nil
	}
	counts, err := s.store.KeyCounts(ctx, keysNow(orgID, now))
	if err != nil {
		return counts, err
	}
	if took := time.Since(began); took > quickCount {
		c.counts, c.until = counts, time.Now().Add(min(countFactor*took, longestCount))
	}
	return counts, nil
}
