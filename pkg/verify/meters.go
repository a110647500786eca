package verify

import (
	"sync"
	"sync/atomic"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// meters are those of a scope, by their keys. A look-up takes no lock; what is added and removed takes turns.
type meters struct {
	mu    sync.Mutex
	slots atomic.Pointer[[]meterSlot] // a power of two; a search begins at a key's place and ends at an empty one
	count int
}

// meterSlot is where a meter may be. The tag is of its id's place, so that nearly every meter that is looked at is
// the right one; it is set before the meter.
type meterSlot struct {
	tag   atomic.Uint32
	meter atomic.Pointer[meter]
}

const fewestMeters = 8 // slots

func newMeters() *meters {
	t := &meters{}
	t.slots.Store(new(make([]meterSlot, fewestMeters)))
	return t
}

// find returns the meter of a key, or nil.
func (t *meters) find(id apikey.ID) *meter {
	slots, p := *t.slots.Load(), placeOf(id)
	for i := p.slot(len(slots)); ; i = (i + 1) & (len(slots) - 1) {
		slot := &slots[i]
		m := slot.meter.Load()
		if m == nil || slot.tag.Load() == p.slotTag() && m.id == id {
			return m
		}
	}
}

// slot is where a search among a number of slots begins.
func (p place) slot(slots int) int { return int(p>>40) & (slots - 1) }

// slotTag tells ids apart that have the same place.
func (p place) slotTag() uint32 { return uint32(p >> 16) } //nolint:gosec // G115: a part of it is enough

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
		if m := (*t.slots.Load())[i].meter.Load(); m != nil && wanted(m) {
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
		if m := slots[i].meter.Load(); m != nil {
			fn(m)
		}
	}
}

// rebuild moves meters to new slots. Who reads the old ones goes on to do so. The caller holds mu.
func (t *meters) rebuild(size int, kept func(*meter) bool) []meterSlot {
	slots := make([]meterSlot, size)
	t.each(func(m *meter) {
		if kept(m) {
			putMeter(slots, m)
		}
	})
	t.slots.Store(&slots)
	return slots
}

// putMeter puts a meter into an empty slot, of which there is one.
func putMeter(slots []meterSlot, m *meter) {
	p := placeOf(m.id)
	i := p.slot(len(slots))
	for slots[i].meter.Load() != nil {
		i = (i + 1) & (len(slots) - 1)
	}
	slots[i].tag.Store(p.slotTag())
	slots[i].meter.Store(m)
}
