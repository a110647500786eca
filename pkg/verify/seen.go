package verify

import (
	"net/netip"
	"time"

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
	Tenant     string    // that the request acts for
	At         time.Time // zero = now
}

// sender is who sends a token: the same program, from the same address, to the same endpoint.
type sender struct {
	senderID
	first, last int64 // Unix milliseconds
	counts      [numCodes]int64
}

type senderID struct {
	addr       netip.Addr
	userAgent  string
	endpoint   string
	tenant     string
	configured bool
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
	if code == apikey.CodeValid {
		return 0
	}
	for i, c := range countedCodes {
		if c == code {
			return i
		}
	}
	return 2
}

// senderOf returns who sent what was seen.
func (s *Seen) sender() senderID {
	return senderID{addr: s.Addr, userAgent: clipSender(s.UserAgent), endpoint: s.Endpoint, tenant: clipSender(s.Tenant),
		configured: s.Configured}
}

func clipSender(text string) string { return text[:min(len(text), maxSenderText)] }

// senders are those of a token.
type senders struct {
	only   sender // the first that came; most tokens have no other
	recent *sender
	others map[senderID]*sender
}

// of returns the sender with an id. Shard counts those that are not the first of their token.
func (all *senders) of(id *senderID, shard *int) *sender {
	if all.recent != nil && all.recent.senderID == *id {
		return all.recent
	}
	all.recent = all.find(id, shard)
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
		rest := senderID{userAgent: apikey.OtherClients, endpoint: id.endpoint, configured: id.configured}
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

// clone keeps no memory of the request.
func (id *senderID) clone() senderID {
	c := *id
	c.userAgent, c.endpoint, c.tenant = clone(id.userAgent), clone(id.endpoint), clone(id.tenant)
	return c
}

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
	s.counts[placeOfCode(seen.Code)]++
	if seen.Instead != "" {
		s.counts[placeOfCode(seen.Instead)]--
	}
}

// stranger is what requests have in common in which no key was recognised.
type stranger struct {
	org      int64
	endpoint string
	code     apikey.Code
}
