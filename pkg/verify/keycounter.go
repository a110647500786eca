package verify

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// KeyCounter counts requests by the key that they came with. It keeps a number of series at most, whatever clients
// send; what comes when it is full is counted by its code alone.
type KeyCounter struct {
	most   int64
	kept   atomic.Int64
	shards [64]keyCounts
	rest   map[apikey.Code]*atomic.Uint64
}

type keyCounts struct {
	mu     sync.Mutex
	series map[KeySeries]*uint64
	ofKey  map[apikey.ID]int // how many series a key has
}

// KeySeries is what requests have in common that are counted together.
type KeySeries struct {
	Key    apikey.ID
	Tenant string // that the request acted for; several are joined by |
	Code   apikey.Code
}

// maxTenantSeries is how many series a key has, beyond which its tenants are not told apart: a key for any tenant has
// as many as its client can think of.
const maxTenantSeries = 50

// NewKeyCounter returns a KeyCounter that keeps this many series at most.
func NewKeyCounter(most int) *KeyCounter {
	c := &KeyCounter{most: int64(most), rest: map[apikey.Code]*atomic.Uint64{}}
	for _, code := range apikey.DecisionCodes() {
		c.rest[code] = &atomic.Uint64{}
	}
	for i := range c.shards {
		c.shards[i].series, c.shards[i].ofKey = map[KeySeries]*uint64{}, map[apikey.ID]int{}
	}
	return c
}

// Count counts a request. One without a key that was recognised is nobody's.
func (c *KeyCounter) Count(o *Outcome) {
	if c == nil || o.Key == nil {
		return
	}
	series := KeySeries{Key: o.Key.ID, Tenant: o.Tenant, Code: o.Code}
	s := &c.shards[series.Key[0]%64]
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.series[series]; n != nil {
		*n++
		return
	}
	if s.ofKey[series.Key] >= maxTenantSeries {
		series.Tenant = ""
		if n := s.series[series]; n != nil {
			*n++
			return
		}
	}
	if c.kept.Add(1) > c.most {
		c.kept.Add(-1)
		if n := c.rest[series.Code]; n != nil {
			n.Add(1)
		}
		return
	}
	series.Tenant = strings.Clone(series.Tenant) // which may be a part of a request
	s.series[series] = new(uint64(1))
	s.ofKey[series.Key]++
}

// Each calls fn with every series, and forgets those of keys that are not wanted any more.
func (c *KeyCounter) Each(wanted func(apikey.ID) bool, fn func(s KeySeries, requests uint64)) {
	for i := range c.shards {
		for series, n := range c.shards[i].take(c, wanted) {
			fn(series, n)
		}
	}
}

// take copies the series of a shard, so that nobody who counts waits for who reads.
func (s *keyCounts) take(c *KeyCounter, wanted func(apikey.ID) bool) map[KeySeries]uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	gone := map[apikey.ID]bool{}
	for key := range s.ofKey {
		if !wanted(key) {
			gone[key] = true
			delete(s.ofKey, key)
		}
	}
	out := make(map[KeySeries]uint64, len(s.series))
	for series, n := range s.series {
		if gone[series.Key] {
			delete(s.series, series)
			c.kept.Add(-1)
			continue
		}
		out[series] = *n
	}
	return out
}

// Rest calls fn with what was counted by its code alone.
func (c *KeyCounter) Rest(fn func(code apikey.Code, requests uint64)) {
	for code, n := range c.rest {
		if requests := n.Load(); requests > 0 {
			fn(code, requests)
		}
	}
}
