package apikey

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
)

// What is seen, and changes nothing, is in the audit trail as well: sign-ins, refused requests to manage, exports, and
// reads of who uses a key. What is the same is one entry for some time, so that neither a page that asks again and
// again nor a flood of wrong keys fills the trail.
const (
	signInSpan = 12 * time.Hour   // in which a caller who comes from one address again is not written down again
	sightSpan  = 10 * time.Minute // in which others are counted, for an entry at its end

	maxSights = 10_000 // that are told apart at once

	// Beyond these, entries of an action become one entry a minute, with how many they were.
	sightBurst  = 60
	sightsEvery = 6 * time.Second // one more may come

	sightTime  = 2 * time.Second  // in which an entry is written before the answer goes out
	sightPause = 10 * time.Second // without such attempts after one has failed
)

// sights are what was seen.
type sights struct {
	mu      sync.Mutex
	seen    map[sightKey]*sight
	budgets map[Action]*sightBudget
	queue   []*AuditEntry // to be written soon
	until   time.Time     // no entry is written before an answer until then
}

// sightKey is what makes two sights the same.
type sightKey struct {
	action           Action
	orgID            int64
	who, from, about string
}

type sight struct {
	entry AuditEntry // the first
	ends  time.Time
	again int64 // how often it came after that
}

// sightBudget bounds how many entries of an action there are.
type sightBudget struct {
	left    float64
	at      time.Time
	dropped int64 // since the last entry that says so
	said    time.Time
}

// see notes a sight, and returns the entry that is to be written now; nil if none is.
func (s *sights) see(now time.Time, about string, span time.Duration, e AuditEntry) *AuditEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen, s.budgets = map[sightKey]*sight{}, map[Action]*sightBudget{}
	}
	key := sightKey{action: e.Action, orgID: e.OrgID, who: e.Actor + "\n" + e.KeyID, from: e.From, about: about}
	if known := s.seen[key]; known != nil && now.Before(known.ends) {
		known.again++
		return nil
	}
	if len(s.seen) >= maxSights {
		s.settle(now)
	}
	b := s.budgets[e.Action]
	if b == nil {
		b = &sightBudget{left: sightBurst, at: now, said: now}
		s.budgets[e.Action] = b
	}
	b.left = min(sightBurst, b.left+float64(now.Sub(b.at))/float64(sightsEvery))
	b.at = now
	if span == 0 { // of what is never the same again, nothing is left out
		return &e
	}
	if b.left < 1 || len(s.seen) >= maxSights {
		b.dropped++
		return nil
	}
	b.left--
	s.seen[key] = &sight{entry: e, ends: now.Add(span)}
	return &e
}

// settle ends the sights whose time is over, and queues what is to be said of them.
func (s *sights) settle(now time.Time) {
	for key, known := range s.seen {
		if now.Before(known.ends) {
			continue
		}
		delete(s.seen, key)
		s.sum(known, now)
	}
	for _, action := range slices.Sorted(maps.Keys(s.budgets)) {
		if b := s.budgets[action]; b.dropped > 0 && now.Sub(b.said) >= time.Minute {
			s.queue = append(s.queue, &AuditEntry{At: now, Action: action, AuditData: AuditData{Count: b.dropped}})
			b.dropped, b.said = 0, now
		}
	}
}

// sum queues an entry for how often something was seen again. Of a sign-in that says nothing.
func (s *sights) sum(known *sight, now time.Time) {
	if known.again == 0 || known.entry.Action == ActionSignIn {
		return
	}
	e := known.entry
	e.At, e.Count, e.ID = now, known.again, 0
	s.queue = append(s.queue, &e)
}

// take returns what is to be written. At the end it is all that is known.
func (s *sights) take(now time.Time, atEnd bool) []*AuditEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	if atEnd {
		for _, known := range s.seen {
			known.ends = now
		}
		for _, b := range s.budgets {
			b.said = time.Time{}
		}
	}
	s.settle(now)
	queue := s.queue
	s.queue = nil
	slices.SortStableFunc(queue, func(a, b *AuditEntry) int { return a.At.Compare(b.At) })
	return queue
}

// add queues an entry.
func (s *sights) add(e *AuditEntry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) < maxSights {
		s.queue = append(s.queue, e)
	}
}

// putBack queues entries again that could not be written; not without end.
func (s *sights) putBack(entries []*AuditEntry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(entries, s.queue...)
	s.queue = s.queue[:min(len(s.queue), maxSights)]
}

// may reports whether an entry may be written before an answer goes out.
func (s *sights) may(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !now.Before(s.until)
}

func (s *sights) pause(until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.until = until
}

// SawCaller notes that the caller in ctx came, with the first request of some hours from an address. The entry is
// written before it returns, if the store can be written to; nobody is kept out because it cannot.
func (s *Service) SawCaller(ctx context.Context, via, userAgent string) {
	c, err := SignedIn(ctx)
	if err != nil {
		return
	}
	e := s.sightOf(c, ActionSignIn)
	e.KeyID, e.Via, e.UserAgent = c.KeyID, via, clean(userAgent)
	if c.KeyID != "" {
		e.KeyName = c.Login
	}
	s.saw(ctx, via, signInSpan, e)
}

// Refusal is a request to manage that was refused.
type Refusal struct {
	OrgID     int64 // 0 = not known
	Actor     string
	Address   string
	KeyID     string // of the key that was shown, if it was recognised
	Code      Code
	Method    string
	Path      string
	UserAgent string
}

// SawRefusal notes a refused request. It never waits for the store.
func (s *Service) SawRefusal(r Refusal) {
	now := s.Now()
	request := clean(r.Method + " " + r.Path)
	e := AuditEntry{OrgID: r.OrgID, At: now, Actor: clean(r.Actor), From: clean(r.Address), Action: ActionRefuse,
		KeyID: r.KeyID, AuditData: AuditData{Code: r.Code, Request: request, UserAgent: clean(r.UserAgent)}}
	if r.KeyID != "" {
		e.KeyName = e.Actor
	}
	if first := s.sights.see(now, string(r.Code)+" "+request, sightSpan, e); first != nil {
		s.sights.add(first)
	}
}

// SawExport notes that the caller in ctx takes much away at once: see the actions of exports.
func (s *Service) SawExport(ctx context.Context, action Action) {
	if c, err := SignedIn(ctx); err == nil {
		s.saw(ctx, "", 0, s.sightOf(c, action))
	}
}

// sawRead notes that the caller reads what is said of a key's clients.
func (s *Service) sawRead(ctx context.Context, c Caller, id string) {
	e := s.sightOf(c, ActionReadClients)
	e.KeyID = id
	if k, err := s.store.Key(ctx, c.OrgID, id); err == nil {
		e.KeyName = k.Name
	}
	s.saw(ctx, "", sightSpan, e)
}

func (s *Service) sightOf(c Caller, action Action) AuditEntry {
	return *entry(c, s.Now(), action, &Key{}, AuditData{})
}

// saw writes an entry down, unless it is the same as one before.
func (s *Service) saw(ctx context.Context, about string, span time.Duration, e AuditEntry) {
	first := s.sights.see(e.At, about, span, e)
	if first == nil {
		return
	}
	if s.sights.may(e.At) {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), sightTime)
		defer cancel()
		err := s.transact(limited, func(tx Tx) error { return tx.AppendAudit(limited, first) })
		if err == nil {
			return
		}
		s.sights.pause(e.At.Add(sightPause))
	}
	s.sights.add(first)
}

// WriteSights writes down what was seen and is not in the trail yet; at the end of a server all of it. Who serves calls
// it again and again.
func (s *Service) WriteSights(ctx context.Context, atEnd bool) error {
	entries := s.sights.take(s.Now(), atEnd)
	if len(entries) == 0 {
		return nil
	}
	err := s.transact(ctx, func(tx Tx) error {
		for _, e := range entries {
			if err := tx.AppendAudit(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.sights.putBack(entries)
	}
	return err
}

// clean makes text of what a client sent: it holds no token, nothing that steers a terminal, and not much.
func clean(s string) string {
	const most = 200
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	r := []rune(Redact(s))
	return string(r[:min(len(r), most)])
}
