package verify

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Replica holds what a decision needs of every key and follows a store's
// change feed.
//
// Catching up is one thing, Sync, and only one runs at a time. It is called
// after every change of this process, whenever the feed reports a change of
// another, and by a slow tick in any case.
type Replica struct {
	feed    apikey.Feed
	peppers *apikey.Peppers
	opts    ReplicaOptions
	start   time.Time // base of the monotonic times below

	table   atomic.Pointer[table]
	foreign atomic.Pointer[foreignIndex]
	issued  atomic.Pointer[[]apikey.Grant]
	fresh   atomic.Int64 // when the feed last answered, in ns since start
	ready   atomic.Bool
	limited atomic.Bool                      // see Limited
	astray  atomic.Pointer[[]apikey.Setting] // settings that are not as Ostiary wrote them

	syncing  sync.Mutex // held while the feed is read and applied, never by a decision
	seq      int64      // guarded by syncing; read by Stats through seen
	settings string     // the state of settings, as seq
	seen     atomic.Int64
	wake     chan struct{}
}

// ReplicaOptions are how a Replica works; zero means the default.
type ReplicaOptions struct {
	Tick         time.Duration // between two looks at the feed without being woken; 1 s
	MaxStaleness time.Duration // after which no decision is made; 5 min
	Scope        apikey.Scope  // of the keys to hold; others are unknown
	Retry        time.Duration // between two tries to load; 1 s
	Foreign      *Foreign      // nil = tokens of other systems are not known

	// Settings is called with the settings of all organizations when the keys are loaded, and whenever one has changed,
	// before the change counts as applied; nil = nobody wants to know.
	Settings func([]apikey.Setting)

	Logger *slog.Logger
}

// NewReplica returns an empty replica that decides nothing until Run or Load
// has loaded it.
func NewReplica(feed apikey.Feed, peppers *apikey.Peppers, opts ReplicaOptions) *Replica {
	setDefault(&opts.Tick, time.Second)
	setDefault(&opts.MaxStaleness, 5*time.Minute)
	setDefault(&opts.Retry, time.Second)
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	r := &Replica{feed: feed, peppers: peppers, opts: opts, start: time.Now(), wake: make(chan struct{}, 1)}
	r.table.Store(newTable())
	r.foreign.Store(newForeignIndex(opts.Foreign))
	r.issued.Store(new([]apikey.Grant))
	r.astray.Store(new([]apikey.Setting))
	return r
}

func setDefault(d *time.Duration, value time.Duration) {
	if *d == 0 {
		*d = value
	}
}

// Run loads the replica if that was not done and keeps it current until ctx
// ends. Failures are logged and tried again.
func (r *Replica) Run(ctx context.Context) {
	for !r.ready.Load() {
		if err := r.Load(ctx); err != nil {
			r.failed(ctx, "loading keys", err)
			if !sleep(ctx, r.opts.Retry) {
				return
			}
		}
	}
	var watching sync.WaitGroup
	defer watching.Wait()
	watching.Go(func() { r.watch(ctx) })

	tick := time.NewTicker(r.opts.Tick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		case <-tick.C:
			if err := r.lookAtSettings(ctx); err != nil {
				r.failed(ctx, "looking at settings", err)
			}
		}
		if err := r.Sync(ctx); err != nil {
			r.failed(ctx, "following changes", err)
		}
	}
}

// watch keeps the feed's Watch running.
func (r *Replica) watch(ctx context.Context) {
	for ctx.Err() == nil {
		if err := r.feed.Watch(ctx, r.Wake); err != nil {
			r.failed(ctx, "watching for changes", err)
		}
		sleep(ctx, r.opts.Retry)
	}
}

// Wake makes Run look at the feed soon. It never blocks.
func (r *Replica) Wake() {
	select {
	case r.wake <- struct{}{}:
	default: // one is waiting already
	}
}

func (r *Replica) failed(ctx context.Context, what string, err error) {
	if ctx.Err() != nil {
		return
	}
	r.opts.Logger.Warn("the key store does not answer", "while", what, "error", err, "stale_for",
		r.Staleness().Round(time.Second))
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// Load fills the replica from the store, replacing what it holds.
func (r *Replica) Load(ctx context.Context) error {
	r.syncing.Lock()
	defer r.syncing.Unlock()
	return r.load(ctx)
}

func (r *Replica) load(ctx context.Context) error {
	asked := time.Now()
	t, foreign := newTable(), newForeignIndex(r.opts.Foreign)
	known := sync.Pool{New: func() any { return sharedTraits{} }} // for each goroutine of the store's
	seq, err := r.feed.Load(ctx, r.opts.Scope, func(records []apikey.Record) {
		shared := known.Get().(sharedTraits) //nolint:forcetypeassert // nothing else is put there
		t.addSharing(records, r.peppers, shared)
		known.Put(shared)
		foreign.add(records, r.peppers)
		r.noteLimits(records...)
	})
	if err != nil {
		return err
	}
	outdated, err := r.feed.Outdated(ctx, nil)
	if err != nil {
		return err
	}
	for _, id := range outdated {
		if c := distrusted(id); t.holds(c.Record.ID) {
			t.apply(&c, apikey.Scope{}, r.peppers)
			foreign.apply(&c, apikey.Scope{}, r.peppers)
		}
	}
	if err := r.loadIssued(ctx); err != nil {
		return err
	}
	if err := r.loadSettings(ctx, ""); err != nil {
		return err
	}
	forged := r.table.Load().forgeries()
	r.table.Store(t)
	r.foreign.Store(foreign)
	r.tellForged(forged)
	r.advance(seq, asked)
	if err := r.catchUp(ctx); err != nil { // what Load may have missed
		return err
	}
	r.ready.Store(true)
	return nil
}

func (r *Replica) loadIssued(ctx context.Context) error {
	issued, err := r.feed.Issued(ctx)
	if err == nil {
		r.issued.Store(&issued)
	}
	return err
}

// loadSettings hands on the settings, if they are not as they were in some state.
func (r *Replica) loadSettings(ctx context.Context, since string) error {
	list, state, err := r.feed.Settings(ctx, since)
	if err != nil {
		return err
	}
	if state != since && r.opts.Settings != nil {
		r.opts.Settings(list)
	}
	if state != since {
		r.tellSettings(list)
	}
	r.settings = state
	return nil
}

// lookAtSettings takes up settings that something else changed, of which the feed does not tell.
func (r *Replica) lookAtSettings(ctx context.Context) error {
	r.syncing.Lock()
	defer r.syncing.Unlock()
	if !r.ready.Load() {
		return nil
	}
	return r.loadSettings(ctx, r.settings)
}

// Sync applies all changes that were committed before it was called. It
// does nothing before the first Load, which will bring them.
func (r *Replica) Sync(ctx context.Context) error {
	r.syncing.Lock()
	defer r.syncing.Unlock()
	if !r.ready.Load() {
		return nil
	}
	return r.catchUp(ctx)
}

func (r *Replica) catchUp(ctx context.Context) error {
	const most = 1000
	for {
		asked := time.Now()
		changes, head, err := r.feed.Changes(ctx, r.seq, most)
		if err != nil {
			return err
		}
		if head < r.seq {
			r.opts.Logger.Warn("the key store went back in time, as after a restore, or keys were deleted so long ago that "+
				"it no longer knows which; loading all keys", "was_at",
				r.seq, "is_at", head)
			return r.load(ctx)
		}
		if err := r.distrustOutdated(ctx, changes); err != nil {
			return err
		}
		if len(changes) > 0 {
			// First, so that a key never works before the password that it
			// replaces has stopped to: see Issued.
			if err := r.loadIssued(ctx); err != nil {
				return err
			}
		}
		if head > r.seq {
			if err := r.loadSettings(ctx, r.settings); err != nil {
				return err
			}
		}
		t, foreign := r.table.Load(), r.foreign.Load()
		known := t.forgeries()
		for i := range changes {
			t.apply(&changes[i], r.opts.Scope, r.peppers)
			foreign.apply(&changes[i], r.opts.Scope, r.peppers)
			r.noteLimits(changes[i].Record)
		}
		r.tellForged(known)
		seq := head
		if len(changes) == most {
			seq = changes[most-1].Record.Seq
		}
		r.advance(seq, asked)
		if len(changes) < most {
			return nil
		}
	}
}

// distrusted is a change to a key whose mark is no good.
func distrusted(id string) (c apikey.Change) {
	copy(c.Record.ID[:], id)
	return c
}

// distrustOutdated takes the marks of keys away that somebody put back as they once were.
func (r *Replica) distrustOutdated(ctx context.Context, changes []apikey.Change) error {
	var ids []string
	for i := range changes {
		if !changes[i].Deleted {
			ids = append(ids, changes[i].Record.ID.String())
		}
	}
	if len(ids) == 0 {
		return nil
	}
	outdated, err := r.feed.Outdated(ctx, ids)
	if err != nil {
		return err
	}
	for i := range changes {
		if slices.Contains(outdated, changes[i].Record.ID.String()) {
			changes[i].Record.Mark = apikey.Mark{}
		}
	}
	return nil
}

// tellForged logs the keys that are forged and were not before.
func (r *Replica) tellForged(known map[apikey.ID]struct{}) {
	for id := range r.table.Load().forgeries() {
		if _, reported := known[id]; !reported {
			r.opts.Logger.Error("a key in the store is not as Ostiary wrote it; it is denied. Find out who can write to the store, and delete the key", "key", id)
		}
	}
}

// tellSettings logs the settings that are not as Ostiary wrote them now, and were before.
func (r *Replica) tellSettings(list []apikey.Setting) {
	known := *r.astray.Load()
	astray := []apikey.Setting{}
	for _, s := range list {
		if s.IsRemoved() || r.peppers.TrustSetting(&s) == apikey.Genuine {
			continue
		}
		astray = append(astray, s)
		if !slices.ContainsFunc(known, func(k apikey.Setting) bool { return k.Is(&s) && k.Gone == s.Gone }) {
			r.opts.Logger.Error("a setting in the store is not as Ostiary wrote it, or is gone; nothing is let in or issued "+
				"by it. Find out who can write to the store, and set it again or remove it", "kind", s.Kind, "name", s.Name,
				"organization", s.OrgID)
		}
	}
	r.astray.Store(&astray)
}

// Forged is the number of keys and settings in the store that are not as this program wrote them. Such keys are denied,
// and not held.
func (r *Replica) Forged() int { return len(r.table.Load().forgeries()) + len(*r.astray.Load()) }

// advance notes that all changes up to seq are applied, as of asked.
func (r *Replica) advance(seq int64, asked time.Time) {
	r.seq = seq
	r.seen.Store(seq)
	r.fresh.Store(int64(asked.Sub(r.start)))
}

func (r *Replica) noteLimits(records ...apikey.Record) {
	if !r.limited.Load() && slices.ContainsFunc(records, func(rec apikey.Record) bool { return !rec.Limits.IsZero() }) {
		r.limited.Store(true)
	}
}

// Limited reports whether a key has limits, or had some since the start.
func (r *Replica) Limited() bool { return r.limited.Load() }

// Ready reports whether the replica was loaded.
func (r *Replica) Ready() bool { return r.ready.Load() }

// Staleness is how long ago the store last answered.
func (r *Replica) Staleness() time.Duration {
	return time.Since(r.start) - time.Duration(r.fresh.Load())
}

// unfit says why no decision is possible, or "".
func (r *Replica) unfit(now time.Time) string {
	switch {
	case !r.ready.Load():
		return reasonNotReady
	case now.Sub(r.start)-time.Duration(r.fresh.Load()) > r.opts.MaxStaleness:
		return reasonStale
	}
	return ""
}

// Unfit says why no decision is possible now, in a sentence, or "".
func (r *Replica) Unfit() string { return r.unfit(time.Now()) }

// Issued reports whether a key that may use an endpoint in this way was ever
// issued, be it in the meantime expired, revoked or deleted. OrgID 0 means
// any organization, an empty pool any pool.
func (r *Replica) Issued(orgID int64, p apikey.Permission, endpoint, pool string) bool {
	for _, g := range *r.issued.Load() {
		if (orgID == 0 || g.OrgID == orgID) && g.Role.Grants(p) && (g.Endpoint == "" || g.Endpoint == endpoint) &&
			(pool == "" || g.Pool == pool) {
			return true
		}
	}
	return false
}

// ReplicaStats describe a replica at a moment.
type ReplicaStats struct {
	Ready          bool
	Seq            int64         // newest change applied
	Staleness      time.Duration // since the store last answered
	Keys           map[apikey.State]int
	EarliestExpiry time.Time // of the active keys; zero = none expires
}

// Stats counts the keys. It takes a few milliseconds for a million.
func (r *Replica) Stats() ReplicaStats {
	now := time.Now().UnixMilli()
	s := ReplicaStats{Ready: r.ready.Load(), Seq: r.seen.Load(), Staleness: r.Staleness(), Keys: map[apikey.State]int{}}
	var earliest int64
	var byState [4]int
	r.table.Load().each(func(e *entry) {
		switch {
		case !e.flags.are(counted):
		case e.flags.are(revoked):
			byState[3]++
		case e.expires != 0 && now >= e.expires:
			byState[2]++
		case e.isDisabled(now):
			byState[1]++
		default:
			byState[0]++
			if e.expires != 0 && (earliest == 0 || e.expires < earliest) {
				earliest = e.expires
			}
		}
	})
	for i, state := range apikey.States() {
		s.Keys[state] = byState[i]
	}
	if earliest != 0 {
		s.EarliestExpiry = time.UnixMilli(earliest).UTC()
	}
	return s
}

// Len is the number of keys held.
func (r *Replica) Len() int { return r.table.Load().keys() }

// find returns the entry of a token, or nil.
func (r *Replica) find(id apikey.ID) *entry { return r.table.Load().find(id) }
