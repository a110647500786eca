package verify

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// UsageStore is the part of a store that takes usage.
type UsageStore interface {
	RecordUsage(ctx context.Context, batch apikey.UsageBatch) error
	RecordLate(ctx context.Context, late []apikey.Late) error
}

// Recorder counts requests in memory, by key, by client and by the hour, and
// writes that in batches, one transaction an interval at most. What it cannot
// write it keeps and adds to.
type Recorder struct {
	store    UsageStore
	interval time.Duration
	logger   *slog.Logger
	now      func() time.Time

	flushing sync.Mutex
	pending  *pending // guarded by flushing
	shards   [numShards]usageShard
}

const numShards = 32

type usageShard struct {
	mu        sync.Mutex
	uses      map[apikey.ID]*use // by the token
	late      map[apikey.ID]late // by the key; nil = none
	strangers map[stranger]int64 // nil = none
	senders   int                // besides the first of each token
}

// use keeps addresses as they are: their text is made when it is written.
type use struct {
	senders
	rules ruleTallies
	key   apikey.ID
	org   int64
	owed  *usage // what could not be written; nil = nothing
}

// usage is how often a token was let in.
type usage struct {
	count int64
	last  int64 // Unix milliseconds
	from  netip.Addr
}

func (u *usage) add(count, last int64, from netip.Addr) {
	u.count += count
	if last >= u.last {
		u.last, u.from = last, from
	}
}

// NewRecorder returns a Recorder that writes every interval, which is a
// second if it is 0.
func NewRecorder(store UsageStore, interval time.Duration, logger *slog.Logger) *Recorder {
	setDefault(&interval, time.Second)
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	r := &Recorder{store: store, interval: interval, logger: logger, now: time.Now, pending: newPending()}
	for i := range r.shards {
		r.shards[i].uses = map[apikey.ID]*use{}
	}
	return r
}

// Record counts a decision about a request.
func (r *Recorder) Record(seen Seen) { r.record(&seen) }

func (r *Recorder) record(seen *Seen) {
	if seen.Key == (apikey.ID{}) {
		if !seen.Manages {
			r.recordStranger(seen)
		}
		return
	}
	at := seen.At.UnixMilli()
	if seen.At.IsZero() {
		at = r.now().UnixMilli()
	}
	s := &r.shards[seen.Token[0]%numShards]
	s.mu.Lock()
	u := s.use(seen.Token, seen.Key)
	u.org = seen.OrgID
	u.of(seen, &s.senders).note(at, seen)
	u.rules.of(seen).note(at, seen)
	s.mu.Unlock()
}

// recordStranger counts a request in which no key was recognised, in any shard.
func (r *Recorder) recordStranger(seen *Seen) {
	what := stranger{org: seen.OrgID, code: seen.Code}
	if seen.Configured {
		what.endpoint = seen.Endpoint
	}
	s := &r.shards[rand.Uint32N(numShards)] //nolint:gosec // any will do
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.strangers == nil {
		s.strangers = map[stranger]int64{}
	}
	s.strangers[what]++
}

// use returns the use of a token. The caller holds mu.
func (s *usageShard) use(token, key apikey.ID) *use {
	u := s.uses[token]
	if u == nil {
		u = &use{key: key}
		s.uses[token] = u
	}
	return u
}

// Run writes what was gathered, every interval, until ctx ends. The caller then
// calls Flush once more when no request runs any longer.
func (r *Recorder) Run(ctx context.Context) {
	tick := time.NewTicker(r.interval)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		_, err := r.write(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			r.logger.Warn("usage cannot be written; it is kept and written later", "error", err)
		}
		failing = err != nil
	}
}

// Flush writes all that was gathered.
func (r *Recorder) Flush(ctx context.Context) error {
	for {
		if more, err := r.write(ctx); err != nil || !more {
			return err
		}
	}
}

// write writes what was gathered, of clients as many as suit a transaction, and reports whether there are more.
func (r *Recorder) write(ctx context.Context) (more bool, err error) {
	r.flushing.Lock()
	defer r.flushing.Unlock()
	var b apikey.UsageBatch
	b.Uses = r.gather()
	clients, hours := r.pending.take()
	for _, c := range clients {
		b.Clients = append(b.Clients, *c)
	}
	for id, n := range hours {
		b.Hours = append(b.Hours, apikey.HourCount{
			Hour: id.hour, OrgID: id.org, Endpoint: id.endpoint, Code: id.code, Requests: n,
		})
	}
	b.Rules = r.pending.takeRules()
	if b.IsEmpty() {
		return false, r.flushLate(ctx)
	}
	if err = r.store.RecordUsage(ctx, b); err != nil {
		r.giveBack(b.Uses)
		r.pending.giveBack(clients, hours)
		r.pending.giveBackRules(b.Rules)
	}
	return len(r.pending.clients)+len(r.pending.rules) > 0, errors.Join(err, r.flushLate(ctx))
}

// gather takes the shards empty. It returns the use of keys, and leaves the rest to pending.
func (r *Recorder) gather() (uses []apikey.KeyUsage) {
	now := apikey.HourOf(r.now())
	for i := range r.shards {
		taken, strangers := r.shards[i].take()
		for token, u := range taken {
			if sum := u.sum(); sum.count > 0 {
				uses = append(uses, sum.of(u.key, token))
			}
			u.each(func(s sender) { r.pending.addSender(u, token, &s) })
			u.rules.each(func(t *ruleTally) { r.pending.addRule(u.key, t) })
		}
		for what, n := range strangers {
			r.pending.addHour(now, what, n)
		}
	}
	return uses
}

func (s *usageShard) take() (uses map[apikey.ID]*use, strangers map[stranger]int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.uses) > 0 { // as many keys will come again
		uses, s.uses = s.uses, make(map[apikey.ID]*use, len(s.uses))
	}
	strangers, s.strangers, s.senders = s.strangers, nil, 0
	return uses, strangers
}

// giveBack takes back the use of keys that could not be written.
func (r *Recorder) giveBack(uses []apikey.KeyUsage) {
	for _, b := range uses {
		from, _ := netip.ParseAddr(b.LastFrom)
		s := &r.shards[b.TokenID[0]%numShards]
		s.mu.Lock()
		u := s.use(b.TokenID, b.KeyID)
		if u.owed == nil {
			u.owed = &usage{}
		}
		u.owed.add(b.Count, b.LastAt.UnixMilli(), from)
		s.mu.Unlock()
	}
}

// sum is how often the token was let in.
func (u *use) sum() (sum usage) {
	if u.owed != nil {
		sum = *u.owed
	}
	u.each(func(s sender) {
		s.counts(func(code apikey.Code, n int64) {
			if code.LetsIn() {
				sum.add(n, s.lastIn, s.addr)
			}
		})
	})
	return sum
}

func (u *usage) of(key, token apikey.ID) apikey.KeyUsage {
	ku := apikey.KeyUsage{KeyID: key, TokenID: token,
		Usage: apikey.Usage{Count: u.count, LastAt: time.UnixMilli(u.last).UTC()}}
	if u.from.IsValid() {
		ku.LastFrom = u.from.String()
	}
	return ku
}
