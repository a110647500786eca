package verify

import (
	"net/netip"
	"strings"
	"time"
	"unicode"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// pending is what waits to be written besides the use of keys: for the next flush, or for the store to come back. It is
// bounded, whatever clients call themselves and however long the store is away.
type pending struct {
	clients   map[clientID]*apikey.ClientUse
	hours     map[hourID]int64
	rules     map[ruleUseID]*apikey.KeyRuleUse
	endpoints map[string]bool // that are counted by name although they are not configured
}

type clientID struct {
	key, token apikey.ID
	addr       netip.Addr
	userAgent  string
	endpoint   string
	tenant     string
}

type hourID struct {
	hour apikey.Hour
	stranger
}

// How much waits.
const (
	clientsAtOnce     = 5000 // in one transaction
	maxPendingClients = 20_000
	maxPendingHours   = 50_000
	maxNamedEndpoints = 200
)

func newPending() *pending {
	return &pending{
		clients: map[clientID]*apikey.ClientUse{}, hours: map[hourID]int64{}, endpoints: map[string]bool{},
		rules: map[ruleUseID]*apikey.KeyRuleUse{},
	}
}

// addSender takes over what was seen of a sender of a token.
func (p *pending) addSender(u *use, token apikey.ID, s *sender) {
	use := apikey.ClientUse{KeyID: u.key, Client: apikey.Client{
		UserAgent: presentable(s.userAgent), Endpoint: s.endpoint, Tenant: presentable(s.tenant),
		TokenID: token.String(), FirstAt: time.UnixMilli(s.first).UTC(), LastAt: time.UnixMilli(s.last).UTC(),
	}}
	if s.addr.IsValid() {
		use.Address = s.addr.String()
	}
	s.counts(func(code apikey.Code, n int64) {
		use.Requests += n
		if !code.LetsIn() {
			use.Denied += n
		}
	})
	p.addClient(clientID{u.key, token, s.addr, use.UserAgent, use.Endpoint, use.Tenant}, &use)
	if s.manages {
		return
	}
	endpoint := p.named(s.endpoint, s.configured, use.Requests > use.Denied)
	hour := apikey.HourOf(use.LastAt)
	s.counts(func(code apikey.Code, n int64) { p.addHour(hour, stranger{u.org, endpoint, code}, n) })
}

// addClient adds to a client that waits already. Of those that are too many, the requests count for OtherClients.
func (p *pending) addClient(id clientID, use *apikey.ClientUse) {
	if known := p.clients[id]; known != nil {
		known.Requests, known.Denied = known.Requests+use.Requests, known.Denied+use.Denied
		if use.LastAt.After(known.LastAt) {
			known.LastAt = use.LastAt
		}
		return
	}
	switch rest := (clientID{key: id.key, token: id.token, userAgent: apikey.OtherClients}); {
	case len(p.clients) < maxPendingClients:
		p.clients[id] = use
	case id != rest:
		use.Address, use.UserAgent, use.Endpoint, use.Tenant = "", apikey.OtherClients, "", ""
		p.addClient(rest, use)
	case len(p.clients) < 2*maxPendingClients:
		p.clients[rest] = use
	}
}

func (p *pending) addHour(hour apikey.Hour, what stranger, n int64) {
	id := hourID{hour, what}
	if _, known := p.hours[id]; known || len(p.hours) < maxPendingHours {
		p.hours[id] += n
	}
}

// named returns the name under which an endpoint is counted. Names that are not configured are those of requests that
// were let in, and few, so that nobody can invent any number of them.
func (p *pending) named(endpoint string, configured, letIn bool) string {
	if configured || endpoint == "" || p.endpoints[endpoint] {
		return endpoint
	}
	if letIn && len(p.endpoints) < maxNamedEndpoints {
		p.endpoints[endpoint] = true
		return endpoint
	}
	return ""
}

// take returns a part of what waits, which is not too long for a transaction.
func (p *pending) take() (clients map[clientID]*apikey.ClientUse, hours map[hourID]int64) {
	clients, hours = map[clientID]*apikey.ClientUse{}, p.hours
	for id, use := range p.clients {
		if len(clients) >= clientsAtOnce {
			break
		}
		clients[id] = use
		delete(p.clients, id)
	}
	p.hours = map[hourID]int64{}
	return clients, hours
}

// giveBack takes back what could not be written.
func (p *pending) giveBack(clients map[clientID]*apikey.ClientUse, hours map[hourID]int64) {
	for id, use := range clients {
		p.addClient(id, use)
	}
	for id, n := range hours {
		p.addHour(id.hour, id.stranger, n)
	}
}

// presentable makes what a client sent a text without tokens and control characters that every store takes.
func presentable(text string) string {
	if text == "" {
		return ""
	}
	text = apikey.Redact(strings.ToValidUTF8(text, ""))
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return -1
		}
		return r
	}, text))
}
