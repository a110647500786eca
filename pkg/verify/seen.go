package verify

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"
	"unique"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Seen is a decision about a request, as it is counted.
type Seen struct {
	Key, Token apikey.ID // that were recognised; zero = none
	OrgID      int64     // the key's, or the endpoint's; 0 = not known
	Code       apikey.Code
	Instead    apikey.Code // with which it was counted before, and is not any more; empty = it was not
	Addr       netip.Addr  // the client's; zero = not known
	UserAgent  string
	Endpoint   string
	Configured bool      // the endpoint is: its name is not the client's invention
	Manages    bool      // it came to the management listener, and is none of the gate's numbers
	Tenant     string    // that the request acts for
	At         time.Time // zero = now

	Rule   *Rule  // of the endpoint, that decided; nil = none is known
	Method string // of the request
}

// sender is who sends a token: the same program, from the same address, to the same endpoint.
type sender struct {
	senderID
	tally
}

// tally is what is counted of a sender. A request touches it and not the senderID, so that it is in few lines of a
// cache.
type tally struct {
	sum         uint64 // of the senderID
	first, last int64  // Unix milliseconds; last 0 = there is none
	lastIn      int64  // when a request was let in last
	valid       int64
	others      *[numCodes]int64 // with other codes than CodeValid; nil = none
}

type senderID struct {
	addr       netip.Addr
	userAgent  string
	endpoint   string
	tenant     string
	configured bool
	manages    bool
}

// How many senders are told apart between two flushes, of one token, and of all tokens of a shard besides each one's
// first. Those that come on top are one for each endpoint, as long as these are few.
const (
	maxSenders      = apikey.MaxClients
	maxOtherSenders = 10
	maxShardSenders = 200
	maxSenderText   = 200 // bytes of a user agent, or of tenants
)

// countedCodes are what a request with a key can end with.
var countedCodes = append(apikey.DecisionCodes(), apikey.CodeTooLarge, apikey.CodeRequestTimeout)

const numCodes = 15

// placeOfCode returns a code's place in countedCodes; others are CodeInvalid.
func placeOfCode(code apikey.Code) int {
	for i, c := range countedCodes {
		if c == code {
			return i
		}
	}
	return 2
}

// sender returns who sent what was seen.
func (s *Seen) sender() senderID {
	return senderID{addr: s.Addr, userAgent: clipSender(s.UserAgent), endpoint: s.Endpoint,
		tenant:     clipSender(s.Tenant),
		configured: s.Configured, manages: s.Manages}
}

// What sums of senders begin with, so that nobody can choose two with the same, of which one is taken for the other.
var (
	senderSeed  = maphash.MakeSeed()
	senderSeeds = [3]uint64{rand.Uint64() | 1, rand.Uint64() | 1, rand.Uint64() | 1} //nolint:gosec // G404: of ChaCha8
)

// hash is the sum of a sender. It is that of maphash.Comparable in a third of the time.
func (id *senderID) hash() uint64 {
	addr := id.addr.As16()
	sum := mix(binary.LittleEndian.Uint64(addr[:8])^senderSeeds[0], binary.LittleEndian.Uint64(addr[8:])^senderSeeds[1])
	for _, text := range [...]string{id.userAgent, id.endpoint, id.tenant, id.addr.Zone()} {
		if text != "" {
			sum ^= maphash.String(senderSeed, text)
		}
		sum = mix(sum, senderSeeds[2])
	}
	if id.configured {
		sum = mix(sum^1, senderSeeds[0])
	}
	if id.manages {
		sum = mix(sum^1, senderSeeds[1])
	}
	return sum
}

func mix(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}

func clipSender(text string) string { return text[:min(len(text), maxSenderText)] }

// senders are those of a token.
type senders struct {
	only   tally // of the first that came; most tokens have no other
	onlyID senderID
	others *otherSenders // nil = there are none
}

// otherSenders are few enough to be looked for one after the other, by sums that lie together.
type otherSenders struct {
	sums    []uint64
	tallies []tally
	ids     []senderID
}

// of returns the tally of who sent what was seen. Shard counts those that are not the first of their token.
func (all *senders) of(seen *Seen, shard *int) *tally {
	id := seen.sender()
	return all.find(&id, shard)
}

func (all *senders) find(id *senderID, shard *int) *tally {
	sum := id.hash()
	switch {
	case all.only.last == 0:
		all.only.sum, all.onlyID = sum, id.clone()
		return &all.only
	case all.only.sum == sum:
		return &all.only
	case all.others == nil:
		all.others = &otherSenders{}
	}
	others := all.others
	if i := slices.Index(others.sums, sum); i >= 0 {
		return &others.tallies[i]
	}
	if id.userAgent != apikey.OtherClients && (len(others.sums) >= maxSenders || *shard >= maxShardSenders) {
		rest := senderID{userAgent: apikey.OtherClients, endpoint: id.endpoint, configured: id.configured,
			manages: id.manages}
		if len(others.sums) >= maxSenders+maxOtherSenders && !slices.Contains(others.sums, rest.hash()) {
			rest.endpoint, rest.configured = "", false
		}
		return all.find(&rest, shard)
	}
	*shard++
	return others.add(sum, id.clone())
}

func (o *otherSenders) add(sum uint64, id senderID) *tally {
	o.sums, o.tallies, o.ids = append(o.sums, sum), append(o.tallies, tally{sum: sum}), append(o.ids, id)
	return &o.tallies[len(o.tallies)-1]
}

// clone keeps no memory of the request. Senders share their texts where they are equal.
func (id *senderID) clone() senderID {
	c := *id
	c.userAgent, c.endpoint, c.tenant = shared(id.userAgent), shared(id.endpoint), shared(id.tenant)
	return c
}

func shared(text string) string { return unique.Make(text).Value() }

// each calls fn with every sender.
func (all *senders) each(fn func(sender)) {
	if all.only.last != 0 {
		fn(sender{all.onlyID, all.only})
	}
	if all.others != nil {
		for i := range all.others.ids {
			fn(sender{all.others.ids[i], all.others.tallies[i]})
		}
	}
}

// note counts a request.
func (t *tally) note(at int64, seen *Seen) {
	if t.first == 0 || at < t.first {
		t.first = at
	}
	t.last = max(t.last, at)
	if seen.Code.LetsIn() {
		t.lastIn = max(t.lastIn, at)
	}
	t.add(seen.Code, 1)
	if seen.Instead != "" {
		t.add(seen.Instead, -1)
	}
}

func (t *tally) add(code apikey.Code, n int64) {
	if code == apikey.CodeValid {
		t.valid += n
		return
	}
	if t.others == nil {
		t.others = &[numCodes]int64{}
	}
	t.others[placeOfCode(code)] += n
}

// counts calls fn with how many requests ended with each code.
func (t *tally) counts(fn func(code apikey.Code, n int64)) {
	if t.valid != 0 {
		fn(apikey.CodeValid, t.valid)
	}
	if t.others != nil {
		for i, n := range t.others {
			if n != 0 {
				fn(countedCodes[i], n)
			}
		}
	}
}

// stranger is what requests have in common in which no key was recognised.
type stranger struct {
	org      int64
	endpoint string
	code     apikey.Code
}
