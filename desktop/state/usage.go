package state

import (
	"slices"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
)

// usageSamples is how many samples of a key are kept: with one each quarter
// of a minute, the last hour.
const usageSamples = 240

// Usage remembers how often keys were used while the program looked, for a
// small chart. The server itself counts and keeps no history.
type Usage struct {
	mu   sync.Mutex
	keys map[string][]sample
}

type sample struct {
	at    time.Time
	count int64
}

// NewUsage returns an empty Usage.
func NewUsage() *Usage { return &Usage{keys: map[string][]sample{}} }

// Sample notes the counts of keys at a moment. Keys that were never used take
// no memory.
func (u *Usage) Sample(keys []api.Key, at time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, k := range keys {
		if k.UseCount == 0 {
			continue // nothing to draw
		}
		u.keys[k.ID] = append(u.keys[k.ID], sample{at, k.UseCount})
		if list := u.keys[k.ID]; len(list) > usageSamples {
			u.keys[k.ID] = slices.Clone(list[len(list)-usageSamples:])
		}
	}
}

// Bars returns how often a key was used in each of n equal parts of a time.
// Known is false until two samples were taken.
func (u *Usage) Bars(id string, from, to time.Time, n int) (bars []int64, known bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	list := u.keys[id]
	bars = make([]int64, n)
	width := to.Sub(from) / time.Duration(n)
	for i := 1; i < len(list); i++ {
		at := list[i].at
		if at.Before(from) || !at.Before(to) && !at.Equal(to) || width <= 0 {
			continue
		}
		bar := min(int(at.Sub(from)/width), n-1)
		bars[bar] += max(list[i].count-list[i-1].count, 0)
	}
	return bars, len(list) > 1
}
