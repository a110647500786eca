package state

import (
	"slices"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
)

// usageKept is how far back the use of keys is remembered.
const usageKept = time.Hour

// Usage remembers how often keys were used while the program looked, for a
// small chart. The server itself counts and keeps no history.
type Usage struct {
	mu    sync.Mutex
	since time.Time // of the first sample; zero before
	last  time.Time // of the newest
	keys  map[string]*series
}

// series is the use of one key: the count at the last look, and what it rose
// by and when. A key that is not used takes no more than that.
type series struct {
	seen  time.Time // the first look
	count int64
	rises []rise
}

type rise struct {
	at time.Time
	by int64
}

// NewUsage returns an empty Usage.
func NewUsage() *Usage { return &Usage{keys: map[string]*series{}} }

// Sample notes the counts of keys at a moment.
func (u *Usage) Sample(keys []api.Key, at time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.since.IsZero() {
		u.since = at
	}
	u.last = at
	for i := range keys {
		u.note(&keys[i], at)
	}
}

func (u *Usage) note(k *api.Key, at time.Time) {
	s := u.keys[k.ID]
	if s == nil {
		s = &series{seen: at, count: k.UseCount}
		u.keys[k.ID] = s
		if k.CreatedAt.After(u.since) { // all of its use happened under our eyes
			s.count = 0
		}
	}
	if k.UseCount > s.count {
		s.rises = append(s.rises, rise{at, k.UseCount - s.count})
	}
	s.count = k.UseCount
	s.rises = slices.DeleteFunc(s.rises, func(r rise) bool { return r.at.Before(at.Add(-usageKept)) })
}

// Bars returns how often a key was used in each of n equal parts of a time,
// and since when that is known. Since is zero until the key was looked at
// twice.
func (u *Usage) Bars(id string, from, to time.Time, n int) (bars []int64, since time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	bars = make([]int64, n)
	s, width := u.keys[id], to.Sub(from)/time.Duration(n)
	if s == nil || width <= 0 {
		return bars, time.Time{}
	}
	for _, r := range s.rises {
		if !r.at.Before(from) && !r.at.After(to) {
			bars[min(int(r.at.Sub(from)/width), n-1)] += r.by
		}
	}
	if u.last.After(s.seen) || len(s.rises) > 0 {
		since = s.seen
	}
	return bars, since
}
