package verify

import (
	"container/heap"
	"slices"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// KnownKey is what the replica knows of a key for those who show it.
type KnownKey struct {
	*Identity
	Pool    string
	Expires time.Time // when the last of its tokens ends; zero = never
}

// Known returns a key by its id; ok is false if it is not held.
func (r *Replica) Known(id apikey.ID) (k KnownKey, ok bool) {
	t := r.table.Load()
	e := t.find(id)
	if e == nil || !e.flags.are(counted) {
		for _, token := range t.family(id) {
			if other := t.find(token); other != nil && (e == nil || other.flags.are(counted)) {
				e = other
			}
		}
	}
	if e == nil {
		return k, false
	}
	return e.known(), true
}

// Ending returns the active keys that end first, at most so many, and how many there are that end.
func (r *Replica) Ending(now time.Time, most int) (list []KnownKey, all int) {
	at := now.UnixMilli()
	var last endingLast
	r.table.Load().each(func(e *entry) {
		if !e.flags.are(counted) || e.flags.are(revoked) || e.expires == 0 || at >= e.expires || e.isDisabled(at) {
			return
		}
		all++
		if len(last) < most {
			heap.Push(&last, e)
		} else if most > 0 && e.expires < last[0].expires {
			last[0] = e
			heap.Fix(&last, 0)
		}
	})
	slices.SortFunc(last, func(a, b *entry) int { return int(a.expires - b.expires) })
	for _, e := range last {
		list = append(list, e.known())
	}
	return list, all
}

func (e *entry) known() KnownKey {
	k := KnownKey{Identity: &e.key}
	if t := e.traits(); t != nil {
		k.Pool = t.pool
	}
	if e.expires != 0 {
		k.Expires = time.UnixMilli(e.expires).UTC()
	}
	return k
}

// endingLast is a heap of entries; the first is the one that ends last.
type endingLast []*entry

func (h endingLast) Len() int           { return len(h) }
func (h endingLast) Less(i, j int) bool { return h[i].expires > h[j].expires }
func (h endingLast) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push is heap's.
func (h *endingLast) Push(x any) { *h = append(*h, x.(*entry)) } //nolint:forcetypeassert // heap's are ours

// Pop is heap's.
func (h *endingLast) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
