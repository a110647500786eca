package apikey

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// TrailCheck is what a look through the whole audit trail found.
type TrailCheck struct {
	Entries int64        // that there are
	First   int64        // the number of the first one; 0 = there is none
	Head    TrailHead    // the end of the trail
	Removed int64        // up to which number the beginning was taken away by audit.keep
	Faults  []TrailFault // by number; at most MaxTrailFaults
	More    int64        // faults that are not in the list
}

// MaxTrailFaults is how many faults a check names one by one.
const MaxTrailFaults = 1000

// TrailFault is a place in the trail that is not as Ostiary wrote it.
type TrailFault struct {
	Kind   TrailFaultKind
	Number int64      // of the entry, or of the first that is missing
	Last   int64      // of the last that is missing
	Entry  AuditEntry // as it stands there; zero if it is missing
	Detail string     // what is wrong, in words
}

// TrailFaultKind is what is wrong at a place of the trail.
type TrailFaultKind string

// The kinds of faults.
const (
	TrailChanged   TrailFaultKind = "changed"   // or put there, or moved there, by something else
	TrailMissing   TrailFaultKind = "missing"   // entries are gone
	TrailUnchained TrailFaultKind = "unchained" // the entry has no link
	TrailUnknown   TrailFaultKind = "unknown"   // it was made with a pepper that is not at hand
	TrailReplaced  TrailFaultKind = "replaced"  // another entry is where a log saw this one
	TrailRowless   TrailFaultKind = "rowless"   // what the entry is about is gone from the store
)

// KnownHead is what a log or a target says of an entry of the trail.
type KnownHead struct {
	Number int64
	Sum    Digest
	From   string // where that stands
}

// ParseHead reads a number and a link's sum as logs and targets have them.
func ParseHead(number, sum string) (k KnownHead, err error) {
	if k.Number, err = strconv.ParseInt(number, 10, 64); err != nil || k.Number < 1 {
		return k, fmt.Errorf("%q is not the number of an entry", clip(number))
	}
	b, err := hex.DecodeString(sum)
	if err != nil || len(b) != len(k.Sum) {
		return k, fmt.Errorf("%q is not a hash of %d hexadecimal digits", clip(sum), 2*len(k.Sum))
	}
	copy(k.Sum[:], b)
	return k, nil
}

// CheckTrail reads the whole trail, oldest first, and finds what was changed, removed, put in or moved by something
// else than Ostiary, and the keys, endpoints and policies that it removed. Known heads show as well whether its end was
// cut off and perhaps written again. Servers may be writing meanwhile.
func CheckTrail(ctx context.Context, store Store, peppers *Peppers, known []KnownHead) (*TrailCheck, error) {
	head, err := store.TrailHead(ctx)
	if err != nil {
		return nil, err
	}
	c := trailChecker{peppers: peppers, known: map[int64][]KnownHead{}, trims: map[int64]string{},
		keys: keyEntries{}, out: &TrailCheck{Head: head}}
	for _, k := range known {
		if !slices.Contains(c.known[k.Number], k) {
			c.known[k.Number] = append(c.known[k.Number], k)
		}
	}
	for {
		entries, err := store.Trail(ctx, c.at.Number, chainStep)
		if err != nil {
			return nil, err
		}
		for i := range entries {
			c.add(&entries[i])
		}
		if len(entries) < chainStep {
			break
		}
	}
	c.end(head)
	if err := c.out.addMissingRows(ctx, store, c.keys, c.at.Number); err != nil {
		return nil, err
	}
	slices.SortStableFunc(c.out.Faults, func(a, b TrailFault) int { return int(a.Number - b.Number) })
	return c.out, nil
}

// trailChecker goes through the trail entry by entry.
type trailChecker struct {
	peppers *Peppers
	known   map[int64][]KnownHead
	out     *TrailCheck

	at    TrailHead // the entry before
	alt   []Digest  // after a fault, other sums that may have been before the next entry: it is not at fault for that
	gaps  []trailGap
	trims map[int64]string // the sums of what was removed rightly, by the number of the last
	keys  keyEntries
}

// trailGap is a place where entries are missing, perhaps rightly. Whether the entry behind it is good shows once it is
// known what was before it.
type trailGap struct {
	first, last int64
	behind      TrailEntry
}

func (c *trailChecker) add(e *TrailEntry) {
	if c.out.First == 0 {
		c.out.First = e.ID
	}
	c.out.Entries++
	c.compare(e)
	c.keys.note(&e.AuditEntry)
	if e.ID != c.at.Number+1 {
		c.gaps = append(c.gaps, trailGap{first: c.at.Number + 1, last: e.ID - 1, behind: *e})
		c.at, c.alt = TrailHead{Number: e.ID, Link: e.Link}, nil
		return
	}
	good, should := c.follows(e, c.at.Link.Sum)
	for _, alt := range c.alt {
		if g, s := c.follows(e, alt); g && !good {
			good, should = g, s
		}
	}
	if good {
		c.believe(e)
	} else {
		c.fault(c.describe(e))
	}
	c.at = TrailHead{Number: e.ID, Link: e.Link}
	if !good && len(c.alt) < maxAlt {
		c.alt = append(c.alt, e.Link.Sum, should)
	} else if good {
		c.alt = nil
	}
}

// maxAlt bounds what is tried for an entry behind many faults.
const maxAlt = 16

// follows reports whether an entry is the one that was written behind a sum, and returns the sum that it should have.
func (c *trailChecker) follows(e *TrailEntry, before Digest) (bool, Digest) {
	pepper := c.peppers.Find(e.Link.PepperID)
	if pepper == nil {
		return false, c.peppers.current.link(before, &e.AuditEntry, e.Data)
	}
	should := pepper.link(before, &e.AuditEntry, e.Data)
	return should.Equal(e.Link.Sum) && !e.Astray, should
}

// believe takes what a good entry says of the trail.
func (c *trailChecker) believe(e *TrailEntry) {
	if e.Action == ActionTrimTrail && e.Trail != nil {
		c.trims[e.Trail.Last] = e.Trail.Sum
	}
}

// provesItself reports whether a note is good behind the entry that it names.
func (c *trailChecker) provesItself(e *TrailEntry) bool {
	before, err := hex.DecodeString(e.Trail.Sum)
	if err != nil || len(before) != len(Digest{}) {
		return false
	}
	good, _ := c.follows(e, Digest(before))
	return good
}

func (c *trailChecker) describe(e *TrailEntry) TrailFault {
	f := TrailFault{Kind: TrailChanged, Number: e.ID, Entry: e.AuditEntry,
		Detail: "is not as Ostiary wrote it: it was changed, put there or moved there by something else"}
	switch {
	case e.Link.PepperID == "":
		f.Kind, f.Detail = TrailUnchained, "has no link: it was put there by something else, or is from a backup of "+
			"an older version; if you trust that, type: ostiary store check --trust-unmarked"
	case c.peppers.Find(e.Link.PepperID) == nil:
		f.Kind, f.Detail = TrailUnknown, fmt.Sprintf(
			"cannot be checked: its link was made with the pepper %s, which the pepper file does not hold",
			e.Link.PepperID,
		)
	}
	return f
}

// compare looks for an entry in what is known of it.
func (c *trailChecker) compare(e *TrailEntry) {
	for _, k := range c.known[e.ID] {
		if k.Sum != e.Link.Sum {
			c.fault(TrailFault{Kind: TrailReplaced, Number: e.ID, Entry: e.AuditEntry, Detail: fmt.Sprintf(
				"is another than the one that %s names: it was replaced, or a backup was restored", k.From)})
			break
		}
	}
	delete(c.known, e.ID)
}

// end settles what only the end of the trail shows.
func (c *trailChecker) end(head TrailHead) {
	// A gap is right if a good note says so; a note may itself stand behind a gap.
	for settled := true; settled; {
		settled = false
		for i := 0; i < len(c.gaps); i++ {
			g := &c.gaps[i]
			sum, right := c.trims[g.last]
			if n := g.behind.Trail; !right && g.behind.Action == ActionTrimTrail && n != nil && n.Last == g.last {
				if sum, right = n.Sum, c.provesItself(&g.behind); !right { // all but the note was removed
					continue
				}
			}
			before, err := hex.DecodeString(sum)
			if !right || err != nil || len(before) != len(Digest{}) {
				continue
			}
			c.out.Removed = max(c.out.Removed, g.last)
			if good, _ := c.follows(&g.behind, Digest(before)); good {
				c.believe(&g.behind)
			} else {
				c.fault(c.describe(&g.behind))
			}
			c.gaps, settled = slices.Delete(c.gaps, i, i+1), true
			break
		}
	}
	for _, g := range c.gaps {
		c.fault(missing(g.first, g.last, ""))
		if c.peppers.Find(g.behind.Link.PepperID) == nil {
			c.fault(c.describe(&g.behind))
		}
	}
	switch {
	case c.at.Number < head.Number:
		c.fault(missing(c.at.Number+1, head.Number, "the end was cut off; "))
	case c.at.Number == head.Number && c.at.Link != head.Link && head.Number > 0:
		c.fault(TrailFault{Kind: TrailReplaced, Number: head.Number,
			Detail: "is another than the one that was written last"})
	}
	c.endKnown(max(head.Number, c.at.Number))
}

// endKnown names the entries that a log knows and the trail does not.
func (c *trailChecker) endKnown(last int64) {
	for number, heads := range c.known {
		if number > last {
			c.fault(
				missing(number, number, "the end was cut off, or a backup was restored: "+heads[0].From+" names it; "),
			)
		} // what is missing further up is in a gap
	}
}

func missing(first, last int64, why string) TrailFault {
	detail := why + "it was removed by something else than audit.keep"
	if last > first {
		detail = why + fmt.Sprintf("%d entries, up to %d, were removed by something else than audit.keep", last-first+1,
			last)
	}
	return TrailFault{Kind: TrailMissing, Number: first, Last: last, Detail: detail}
}

func (c *trailChecker) fault(f TrailFault) { c.out.add(f) }

func (c *TrailCheck) add(f TrailFault) {
	if len(c.Faults) >= MaxTrailFaults {
		c.More++
		return
	}
	c.Faults = append(c.Faults, f)
}

// TrailEntryAt returns an entry of the trail, or nil if there is none with that number.
func TrailEntryAt(ctx context.Context, store Store, number int64) (*TrailEntry, error) {
	entries, err := store.Trail(ctx, number-1, 1)
	if err != nil || len(entries) == 0 || entries[0].ID != number {
		return nil, err
	}
	return &entries[0], nil
}

// TrailTarget is how far a target of audit.to has taken the trail.
type TrailTarget struct {
	Name     string
	Position int64     // the number of the last entry that it has
	Holder   string    // the server that delivers to it
	Until    time.Time // as long as it says nothing else
}
