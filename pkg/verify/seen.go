package verify

import (
	"net/netip"
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
}

// sender is who sends a token: the same program, from the same address, to the same endpoint. What most requests touch
// is small, so that it is in few lines of a cache.
type sender struct {
	senderID
	first, last int64 // Unix milliseconds; last 0 = there is none
	lastIn      int64 // when a request was let in last
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

// is reports whether a sender is who sent what was seen.
func (id *senderID) is(s *Seen) bool {
	return id.addr == s.Addr && id.userAgent == clipSender(s.UserAgent) && id.endpoint == s.Endpoint &&
		id.tenant == clipSender(s.Tenant) && id.configured == s.Configured &&
		id.manages == s.Manages
}

func clipSender(text string) string { return text[:min(len(text), maxSenderText)] }

// senders are those of a token.
type senders struct {
	only   sender // the first that came; most tokens have no other
	recent *sender
	others map[senderID]*sender
}

// of returns who sent what was seen. Shard counts those that are not the first of their token.
func (all *senders) of(seen *Seen, shard *int) *sender {
	if all.recent == nil || !all.recent.is(seen) {
		id := seen.sender()
		all.recent = all.find(&id, shard)
	}
	return all.recent
}

func (all *senders) find(id *senderID, shard *int) *sender {
	switch {
	case all.only.last == 0:
		all.only.senderID = id.clone()
		return &all.only
	case all.only.senderID == *id:
		return &all.only
	}
	if known := all.others[*id]; known != nil {
		return known
	}
	if id.userAgent != apikey.OtherClients && (len(all.others) >= maxSenders || *shard >= maxShardSenders) {
		rest := senderID{userAgent: apikey.OtherClients, endpoint: id.endpoint, configured: id.configured,
			manages: id.manages}
		if len(all.others) >= maxSenders+maxOtherSenders && all.others[rest] == nil {
			rest.endpoint, rest.configured = "", false
		}
		return all.find(&rest, shard)
	}
	if all.others == nil {
		all.others = map[senderID]*sender{}
	}
	*shard++
	added := &sender{senderID: id.clone()}
	all.others[added.senderID] = added
	return added
}

// clone keeps no memory of the request. Senders share their texts where they are equal.
func (id *senderID) clone() senderID {
	c := *id
	c.userAgent, c.endpoint, c.tenant = shared(id.userAgent), shared(id.endpoint), shared(id.tenant)
	return c
}

func shared(text string) string { return unique.Make(text).Value() }

// each calls fn with every sender.
func (all *senders) each(fn func(*sender)) {
	if all.only.last != 0 {
		fn(&all.only)
	}
	for _, s := range all.others {
		fn(s)
	}
}

// note counts a request.
func (s *sender) note(at int64, seen *Seen) {
	if s.first == 0 || at < s.first {
		s.first = at
	}
	s.last = max(s.last, at)
	if seen.Code.LetsIn() {
		s.lastIn = max(s.lastIn, at)
	}
	s.add(seen.Code, 1)
	if seen.Instead != "" {
		s.add(seen.Instead, -1)
	}
}

func (s *sender) add(code apikey.Code, n int64) {
	if code == apikey.CodeValid {
		s.valid += n
		return
	}
	if s.others == nil {
		s.others = &[numCodes]int64{}
	}
	s.others[placeOfCode(code)] += n
}

// counts calls fn with how many requests ended with each code.
func (s *sender) counts(fn func(code apikey.Code, n int64)) {
	if s.valid != 0 {
		fn(apikey.CodeValid, s.valid)
	}
	if s.others != nil {
		for i, n := range s.others {
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
