package verify

import (
	"encoding/binary"
	"maps"
	"math/bits"
	"net/netip"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// table holds the entries by the ids of tokens. A look-up takes no lock and, among millions
// of keys, waits for memory twice: for a bucket and for an entry, each of
// which is one cache line.
//
// It is in parts, so that growing one is short, and so that several
// goroutines can fill it. Any number may read; writers of a part take turns.
type table struct {
	parts [256]part

	mu sync.Mutex
	// families holds the tokens of the keys that have others than the one
	// with the key's own id, which most keys have.
	families map[apikey.ID][]apikey.ID
	forged   map[apikey.ID]struct{} // keys whose mark is wrong, and that are not held
}

type part struct {
	mu      sync.Mutex // held by writers
	buckets atomic.Pointer[[]bucket]
	live    int // entries; guarded by mu
	used    int // entries and the marks that removed ones leave; guarded by mu
}

// bucket is a cache line: where up to seven entries are, with a byte of each
// one's hash, its tag, so that nearly every entry that is looked at is the
// right one. An entry that finds its bucket full is in the next that is not.
type bucket struct {
	tags    atomic.Uint64 // the tag of slot i in byte i; the highest byte is not used
	entries [slots]atomic.Pointer[entry]
}

const (
	slots = 7

	tagFree    = 0x00 // never used: a search ends here
	tagRemoved = 0x01 // was used: a search goes on
	tagUsed    = 0x80 // set in the tag of every entry

	eachByte = 0x0101010101010101
)

// place is where a search for an id begins: its part, its bucket of a part
// with 2^24 at most, and its tag. An id's characters are random; multiplying
// spreads the six bits of each over all of them.
type place uint64

func placeOf(id apikey.ID) place {
	low, high := binary.LittleEndian.Uint64(id[:8]), binary.LittleEndian.Uint32(id[8:])
	return place((low ^ uint64(high)<<29) * 0x9E3779B97F4A7C15)
}

func (p place) part() int   { return int(p >> 56) }
func (p place) bucket() int { return int(p >> 32 & 0xFFFFFF) }
func (p place) tag() uint8  { return uint8(p>>24&0xFF) | tagUsed }

func newTable() *table {
	t := &table{families: map[apikey.ID][]apikey.ID{}, forged: map[apikey.ID]struct{}{}}
	for i := range t.parts {
		t.parts[i].buckets.Store(new(make([]bucket, 1)))
	}
	return t
}

// find returns the entry of an id, or nil.
func (t *table) find(id apikey.ID) *entry {
	p := placeOf(id)
	buckets := *t.parts[p.part()].buckets.Load()
	for i := p.bucket(); ; i++ {
		b := &buckets[i&(len(buckets)-1)]
		tags := b.tags.Load()
		for equal := bytesEqual(tags, p.tag()); equal != 0; equal &= equal - 1 {
			if e := b.entries[slotOf(equal)].Load(); e != nil && e.id == id {
				return e
			}
		}
		if bytesEqual(tags, tagFree) != 0 {
			return nil
		}
	}
}

// bytesEqual returns a word with the highest bit set of every byte of tags
// that is tag. Above a byte that is, another may be set by mistake.
func bytesEqual(tags uint64, tag uint8) uint64 {
	differs := tags ^ eachByte*uint64(tag)
	return (differs - eachByte) &^ differs & (eachByte << 7) & (1<<(8*slots) - 1)
}

func slotOf(equal uint64) int { return bits.TrailingZeros64(equal) / 8 }

// put adds an entry, or replaces the one with the same id.
func (t *table) put(e *entry) {
	p := placeOf(e.id)
	s := &t.parts[p.part()]
	s.mu.Lock()
	defer s.mu.Unlock()
	if b, slot := s.search(e.id, p); b != nil {
		b.entries[slot].Store(e)
		return
	}
	if n := len(*s.buckets.Load()); 4*(s.used+1) > 3*slots*n {
		s.rebuild()
	}
	insert(*s.buckets.Load(), e, p)
	s.live++
	s.used++
}

// remove removes the entry of an id, if there is one.
func (t *table) remove(id apikey.ID) {
	p := placeOf(id)
	s := &t.parts[p.part()]
	s.mu.Lock()
	defer s.mu.Unlock()
	if b, slot := s.search(id, p); b != nil {
		b.setTag(slot, tagRemoved)
		b.entries[slot].Store(nil)
		s.live--
	}
}

// search returns where the entry of an id is, or nil. The caller holds mu.
func (s *part) search(id apikey.ID, p place) (*bucket, int) {
	buckets := *s.buckets.Load()
	for i := p.bucket(); ; i++ {
		b := &buckets[i&(len(buckets)-1)]
		free := false
		for slot := range slots {
			if e := b.entries[slot].Load(); e != nil && e.id == id {
				return b, slot
			}
			free = free || b.tag(slot) == tagFree
		}
		if free {
			return nil, 0
		}
	}
}

// rebuild moves the entries to new buckets, more of them if they are many,
// without the marks of those that were removed. Who reads the old ones goes
// on to do so. The caller holds mu.
func (s *part) rebuild() {
	old := *s.buckets.Load()
	n := len(old)
	if 2*s.live >= slots*n {
		n *= 2
	}
	buckets := make([]bucket, n)
	for i := range old {
		for slot := range slots {
			if e := old[i].entries[slot].Load(); e != nil {
				insert(buckets, e, placeOf(e.id))
			}
		}
	}
	s.buckets.Store(&buckets)
	s.used = s.live
}

// insert puts an entry that is not there yet into a free slot, of which there
// is one. A reader that sees the tag finds the entry.
func insert(buckets []bucket, e *entry, p place) {
	for i := p.bucket(); ; i++ {
		b := &buckets[i&(len(buckets)-1)]
		for slot := range slots {
			if b.tag(slot) == tagFree {
				b.entries[slot].Store(e)
				b.setTag(slot, p.tag())
				return
			}
		}
	}
}

func (b *bucket) tag(slot int) uint8 { return uint8(b.tags.Load() >> (8 * slot) & 0xFF) }

func (b *bucket) setTag(slot int, tag uint8) {
	shift := 8 * slot
	b.tags.Store(b.tags.Load()&^(0xFF<<shift) | uint64(tag)<<shift)
}

// each calls fn with every entry.
func (t *table) each(fn func(*entry)) {
	for i := range t.parts {
		buckets := *t.parts[i].buckets.Load()
		for j := range buckets {
			for slot := range slots {
				if e := buckets[j].entries[slot].Load(); e != nil {
					fn(e)
				}
			}
		}
	}
}

// len is the number of entries.
func (t *table) len() (n int) {
	for i := range t.parts {
		t.parts[i].mu.Lock()
		n += t.parts[i].live
		t.parts[i].mu.Unlock()
	}
	return n
}

// keys is the number of keys that have the entries.
func (t *table) keys() int {
	n := t.len()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, tokens := range t.families {
		n -= len(tokens) - 1
	}
	return n
}

// entry is a token in the replica, with all that its key says of it. It is never
// changed, only replaced, and all tokens of a key are replaced together: what
// narrows or ends a key counts for each. What nearly every decision needs fills
// one cache line, who the key is the next. It holds no pointer; see Identity.
type entry struct {
	id      apikey.ID // of the token
	role    apikey.Role
	flags   flags
	pepper  uint16 // place among the peppers, counted from 1; 0 = this process does not have it
	digest  apikey.Digest
	expires int64 // the token's end or its key's, in Unix milliseconds; 0 = never
	orgID   int64
	key     Identity
}

// wideEntry is what an entry of a key with traits or a long name is the
// beginning of.
type wideEntry struct {
	entry
	more further // follows on the Identity, as in a wideIdentity
}

// flags are what is so, or not, of a token.
type flags uint8

const (
	revoked flags = 1 << iota
	disabled
	widened  // the entry is a wide one, for its traits
	counted  // as its key, of which it is the token that ends last
	ended    // revoked, while its key is not
	cut      // ended by being replaced without an overlap
	outlived // ends before its key, because it was replaced
)

func (f flags) are(which flags) bool { return f&which != 0 }

// traits are what most keys do not have: what narrows them further than their role, and who answers for them. Keys
// share them where they are equal.
type traits struct {
	owner         string
	labels        map[string]string
	pool          string
	endpoints     []string
	cidrs         []netip.Prefix
	tenants       []string
	limits        apikey.Limits
	disabledUntil int64 // when a disabled key is enabled again, in Unix milliseconds; 0 = never by itself
}

// add inserts many records, whose memory is allocated in few pieces.
func (t *table) add(records []apikey.Record, peppers *apikey.Peppers) {
	t.addSharing(records, peppers, sharedTraits{})
}

// addSharing adds records that may share their traits with those before.
func (t *table) addSharing(records []apikey.Record, peppers *apikey.Peppers, shared sharedTraits) {
	tokens, width := 0, 0
	for i := range records {
		tokens += len(records[i].Tokens)
		if isWide(&records[i]) {
			width += len(records[i].Tokens)
		}
	}
	short, wide := make([]entry, tokens-width), make([]wideEntry, width)
	for i := range records {
		rec := &records[i]
		trust := peppers.Trust(rec)
		t.note(rec.ID, trust)
		if trust == apikey.Forged {
			t.removeKey(rec.ID)
			continue
		}
		last := lastToken(rec)
		for j := range rec.Tokens {
			var e *entry
			if isWide(rec) {
				wide[0].more.traits = shared.of(rec)
				e, wide = &wide[0].entry, wide[1:]
			} else {
				e, short = &short[0], short[1:]
			}
			e.fill(rec, &rec.Tokens[j], peppers)
			if trust == apikey.Unknown {
				e.pepper = 0
			}
			if j == last {
				e.flags |= counted
			}
			t.put(e)
		}
		t.keepFamily(rec)
	}
}

// keepFamily notes which tokens a key has, and removes those that it had.
func (t *table) keepFamily(rec *apikey.Record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	former, many := t.families[rec.ID]
	alone := len(rec.Tokens) == 1 && rec.Tokens[0].ID == rec.ID
	switch {
	case !many && alone:
		return
	case !many:
		former = []apikey.ID{rec.ID}
	}
	has := func(id apikey.ID) bool {
		return slices.ContainsFunc(rec.Tokens, func(token apikey.TokenRecord) bool { return token.ID == id })
	}
	for _, id := range former {
		if !has(id) {
			t.remove(id)
		}
	}
	if alone {
		delete(t.families, rec.ID)
		return
	}
	family := make([]apikey.ID, len(rec.Tokens))
	for i := range family {
		family[i] = rec.Tokens[i].ID
	}
	t.families[rec.ID] = family
}

// note keeps which keys are forged.
func (t *table) note(id apikey.ID, trust apikey.Trust) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if trust == apikey.Forged {
		t.forged[id] = struct{}{}
	} else {
		delete(t.forged, id)
	}
}

// forgeries returns the forged keys.
func (t *table) forgeries() map[apikey.ID]struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.forged)
}

// removeKey removes all tokens of a key.
func (t *table) removeKey(id apikey.ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	family, many := t.families[id]
	if !many {
		t.remove(id)
		return
	}
	for _, token := range family {
		t.remove(token)
	}
	delete(t.families, id)
}

// holds reports whether a key has a token in the table.
func (t *table) holds(id apikey.ID) bool { return t.find(id) != nil || len(t.family(id)) > 0 }

// family returns the tokens of a key that has others than the one with its own id.
func (t *table) family(id apikey.ID) []apikey.ID {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.families[id] // which is never changed, only replaced
}

// lastToken returns which of a key's tokens ends last.
func lastToken(rec *apikey.Record) (last int) {
	for i := 1; i < len(rec.Tokens); i++ {
		was, is := &rec.Tokens[last], &rec.Tokens[i]
		switch {
		case is.Revoked:
		case was.Revoked, is.ExpiresAt.IsZero(), !was.ExpiresAt.IsZero() && is.ExpiresAt.After(was.ExpiresAt):
			last = i
		}
	}
	return last
}

// sharedTraits finds the traits that several records have: a store's records
// share their lists, also from one batch to the next.
type sharedTraits map[sharedTrait]*traits

// maxShared is how many traits are remembered.
const maxShared = 20_000

type sharedTrait struct {
	owner, pool   string
	limits        apikey.Limits
	disabledUntil int64
	// The lists are compared by where they are, and never followed.
	labels             unsafe.Pointer
	endpoints, tenants *string
	cidrs              *netip.Prefix
}

// of returns a record's traits; nil if it has none.
func (s sharedTraits) of(rec *apikey.Record) *traits {
	if !hasTraits(rec) {
		return nil
	}
	same := sharedTrait{
		owner: rec.Owner, pool: rec.Pool, limits: rec.Limits, disabledUntil: unixMilli(rec.DisabledUntil),
		labels:    reflect.ValueOf(rec.Labels).UnsafePointer(),
		endpoints: unsafe.SliceData(rec.Endpoints),    //nolint:gosec // G103: see sharedTrait
		tenants:   unsafe.SliceData(rec.Tenants),      //nolint:gosec // G103: likewise
		cidrs:     unsafe.SliceData(rec.AllowedCIDRs), //nolint:gosec // G103: likewise
	}
	t := s[same]
	if t == nil || len(t.endpoints) != len(rec.Endpoints) || len(t.cidrs) != len(rec.AllowedCIDRs) ||
		len(t.tenants) != len(rec.Tenants) {
		t = &traits{
			owner: rec.Owner, labels: rec.Labels, pool: rec.Pool, endpoints: rec.Endpoints, cidrs: rec.AllowedCIDRs,
			tenants: rec.Tenants, limits: rec.Limits, disabledUntil: same.disabledUntil,
		}
		if len(s) >= maxShared {
			clear(s)
		}
		s[same] = t
	}
	return t
}

// unixMilli returns a time in Unix milliseconds, with 0 for none.
func unixMilli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(1, t.UnixMilli())
}

func (t *table) apply(c *apikey.Change, scope apikey.Scope, peppers *apikey.Peppers) {
	if c.Deleted || !scope.Holds(&c.Record) {
		t.note(c.Record.ID, apikey.Genuine)
		t.removeKey(c.Record.ID)
		return
	}
	t.add([]apikey.Record{c.Record}, peppers)
}

func isWide(rec *apikey.Record) bool { return hasTraits(rec) || len(rec.Name) > shortName }

func hasTraits(rec *apikey.Record) bool {
	return rec.Owner != "" || len(rec.Labels) > 0 || rec.Pool != "" || len(rec.Endpoints) > 0 ||
		len(rec.AllowedCIDRs) > 0 ||
		len(rec.Tenants) > 0 || !rec.Limits.IsZero() || !rec.DisabledUntil.IsZero()
}

// widthOf says what is to follow on a record's Identity.
func widthOf(rec *apikey.Record) width {
	switch {
	case !rec.Limits.IsZero():
		return withLimits
	case hasTraits(rec):
		return withTraits
	}
	return narrow
}

// fill sets all of e, which must be the beginning of a wideEntry if the
// record is wide.
func (e *entry) fill(rec *apikey.Record, token *apikey.TokenRecord, peppers *apikey.Peppers) {
	e.id, e.role, e.digest, e.orgID = token.ID, rec.Role, token.Digest, rec.OrgID
	e.pepper = uint16(1 + slices.IndexFunc(peppers.All(), func(p *apikey.Pepper) bool { return p.ID() == token.PepperID })) //nolint:gosec // at most apikey.MaxPeppers
	if rec.Revoked || token.Revoked {
		e.flags |= revoked
	}
	if token.Revoked && !rec.Revoked {
		e.flags |= ended
		if !token.ExpiresAt.IsZero() {
			e.flags |= cut
		}
	}
	if !rec.Enabled {
		e.flags |= disabled
	}
	if !token.ExpiresAt.IsZero() && (rec.ExpiresAt.IsZero() || token.ExpiresAt.Before(rec.ExpiresAt)) {
		e.flags |= outlived
	}
	for _, end := range []time.Time{rec.ExpiresAt, token.ExpiresAt} {
		if ms := end.UnixMilli(); !end.IsZero() && (e.expires == 0 || ms < e.expires) {
			e.expires = ms
		}
	}
	if hasTraits(rec) {
		e.flags |= widened
	}
	e.key.fill(rec.ID, rec.Role, rec.OrgID, rec.Name, widthOf(rec))
}

// isDisabled reports whether the token's key is disabled at a moment, in Unix milliseconds.
func (e *entry) isDisabled(now int64) bool {
	if !e.flags.are(disabled) {
		return false
	}
	t := e.traits()
	return t == nil || t.disabledUntil == 0 || now < t.disabledUntil
}

// traits returns those of the token's key; nil if it has none.
func (e *entry) traits() *traits {
	if !e.flags.are(widened) {
		return nil
	}
	return e.wide().more.traits
}

func (e *entry) wide() *wideEntry { return (*wideEntry)(unsafe.Pointer(e)) } //nolint:gosec // G103: see fill
