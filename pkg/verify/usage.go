package verify

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// UsageStore is the part of a store that takes usage.
type UsageStore interface {
	RecordUsage(ctx context.Context, uses []apikey.KeyUsage) error
	RecordLate(ctx context.Context, late []apikey.Late) error
}

// Recorder gathers keys' uses in memory and writes them in batches, one
// transaction an interval at most. What it cannot write it keeps and adds to.
type Recorder struct {
	store    UsageStore
	interval time.Duration
	logger   *slog.Logger
	now      func() time.Time

	flushing sync.Mutex
	shards   [32]usageShard
}

type usageShard struct {
	mu   sync.Mutex
	uses map[apikey.ID]*use // by the token
	late map[apikey.ID]late // by the key; nil = none
}

// use keeps the address as it is: its text is made when it is written.
type use struct {
	key   apikey.ID
	count int64
	last  int64 // Unix milliseconds
	from  netip.Addr
}

// NewRecorder returns a Recorder that writes every interval, which is a
// second if it is 0.
func NewRecorder(store UsageStore, interval time.Duration, logger *slog.Logger) *Recorder {
	setDefault(&interval, time.Second)
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	r := &Recorder{store: store, interval: interval, logger: logger, now: time.Now}
	for i := range r.shards {
		r.shards[i].uses = map[apikey.ID]*use{}
	}
	return r
}

// Use notes that a key was used with one of its tokens from an address.
func (r *Recorder) Use(key, token apikey.ID, from netip.Addr) {
	r.add(token, use{key: key, count: 1, last: r.now().UnixMilli(), from: from})
}

func (r *Recorder) add(token apikey.ID, u use) {
	s := &r.shards[token[0]%32]
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := s.uses[token]
	if sum == nil {
		first := u // a copy, so that the argument of every other call stays off the heap
		s.uses[token] = &first
		return
	}
	sum.count += u.count
	if u.last >= sum.last {
		sum.last, sum.from = u.last, u.from
	}
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
		err := r.Flush(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			r.logger.Warn("usage cannot be written; it is kept and written later", "error", err)
		}
		failing = err != nil
	}
}

// Flush writes what was gathered.
func (r *Recorder) Flush(ctx context.Context) error {
	r.flushing.Lock()
	defer r.flushing.Unlock()
	var batch []apikey.KeyUsage
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		var uses map[apikey.ID]*use
		if len(s.uses) > 0 { // as many keys will come again
			uses, s.uses = s.uses, make(map[apikey.ID]*use, len(s.uses))
		}
		s.mu.Unlock()
		for token, u := range uses {
			batch = append(batch, u.keyUsage(token))
		}
	}
	if len(batch) == 0 {
		return r.flushLate(ctx)
	}
	err := r.store.RecordUsage(ctx, batch)
	if err != nil {
		for _, b := range batch {
			from, _ := netip.ParseAddr(b.LastFrom)
			r.add(b.TokenID, use{key: b.KeyID, count: b.Count, last: b.LastAt.UnixMilli(), from: from})
		}
	}
	return errors.Join(err, r.flushLate(ctx))
}

func (u use) keyUsage(token apikey.ID) apikey.KeyUsage {
	ku := apikey.KeyUsage{KeyID: u.key, TokenID: token,
		Usage: apikey.Usage{Count: u.count, LastAt: time.UnixMilli(u.last).UTC()}}
	if u.from.IsValid() {
		ku.LastFrom = u.from.String()
	}
	return ku
}
