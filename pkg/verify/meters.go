package verify

import (
	"sync"
	"sync/atomic"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// meters are those of a scope, by their keys. A look-up takes no lock; what is added and removed takes turns.
type meters struct {
	mu    sync.Mutex
	slots atomic.Pointer[[]atomic.Pointer[meter]] // a power of two; a search begins at a key's place and ends at nil
	count int
}

const fewestMeters = 8 // slots

func newMeters() *meters {
	t := &meters{}
	t.slots.Store(new(make([]atomic.Pointer[meter], fewestMeters)))
	return t
}

// find returns the meter of a key, or nil.
func (t *meters) find(id apikey.ID) *meter {
	slots := *t.slots.Load()
	for i := slotFor(id, len(slots)); ; i = (i + 1) & (len(slots) - 1) {
		if m := slots[i].Load(); m == nil || m.id == id {
			return m
		}
	}
}

// slotFor is where a search for an id begins.
func slotFor(id apikey.ID, slots int) int { return int(placeOf(id)>>24) & (slots - 1) }

// findOrAdd returns the meter of a key, which it makes if there is none.
func (t *meters) findOrAdd(id apikey.ID, create func() *meter) *meter {
	t.mu.Lock()
	defer t.mu.Unlock()
	if m := t.find(id); m != nil {
		return m
	}
	slots := *t.slots.Load()
	if 2*(t.count+1) > len(slots) {
		slots = t.rebuild(2*len(slots), func(*meter) bool { return true })
	}
	m := create()
	putMeter(slots, m)
	t.count++
	return m
}

// keep removes the meters that are not to be kept.
func (t *meters) keep(wanted func(*meter) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := map[*meter]bool{}
	for i := range *t.slots.Load() {
		if m := (*t.slots.Load())[i].Load(); m != nil && wanted(m) {
			kept[m] = true
		}
	}
	if len(kept) == t.count {
		return
	}
	size := fewestMeters
	for size < 4*len(kept) {
		size *= 2
	}
	t.count = len(kept)
	t.rebuild(size, func(m *meter) bool { return kept[m] })
}

// each calls fn with every meter.
func (t *meters) each(fn func(*meter)) {
	slots := *t.slots.Load()
	for i := range slots {
		if m := slots[i].Load(); m != nil {
			fn(m)
		}
	}
}

// rebuild moves meters to new slots. Who reads the old ones goes on to do so. The caller holds mu.
func (t *meters) rebuild(size int, kept func(*meter) bool) []atomic.Pointer[meter] {
	slots := make([]atomic.Pointer[meter], size)
	t.each(func(m *meter) {
		if kept(m) {
			putMeter(slots, m)
		}
	})
	t.slots.Store(&slots)
	return slots
}

// putMeter puts a meter into a free slot, of which there is one.
func putMeter(slots []atomic.Pointer[meter], m *meter) {
	i := slotFor(m.id, len(slots))
	for slots[i].Load() != nil {
		i = (i + 1) & (len(slots) - 1)
	}
	slots[i].Store(m)
}
