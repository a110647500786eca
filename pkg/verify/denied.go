package verify

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// DenialStore is the part of a store that takes refused requests.
type DenialStore interface {
	RecordDenials(ctx context.Context, denials []apikey.Denial) error
}

// DenialRecorder gathers refused requests in memory and writes them in batches.
// Requests that are alike become one entry with a count: the first is written
// within a second, those that follow after 10 s, and then once a minute. Of
// floods of requests that differ it keeps a sample, and counts the rest.
type DenialRecorder struct {
	store    DenialStore
	interval time.Duration
	logger   *slog.Logger
	now      func() time.Time

	flushing sync.Mutex

	mu      sync.Mutex
	groups  map[denialGroup]*denialCount
	all     *rate.Limiter                  // of entries that differ
	origins map[netip.Prefix]*rate.Limiter // of those from an address; made again when they are many
	failed  []apikey.Denial                // that could not be written
}

// denialGroup is what requests have in common that are alike.
type denialGroup struct {
	org                                            int64
	code                                           apikey.Code
	reason, key, token, endpoint, method, path, ua string
	addr                                           netip.Addr
}

// denialCount is how many requests of a group wait to be written.
type denialCount struct {
	count int64
	last  time.Time
	due   time.Time     // when they are to be written
	pause time.Duration // until the next entry after that
}

// How much is kept. An organization keeps 100,000 entries for 7 days, which one
// every 6 s fills.
const (
	denialsAtOnce        = 1000            // entries that differ, at once
	denialsEvery         = 7 * time.Second // one that differs, in the long run: what is kept for 7 days
	denialsAtOncePerAddr = 100             // of those, from an address
	denialsEveryPerAddr  = 10 * time.Second
	maxDenialGroups      = 5000
	maxDenialOrigins     = 10000
	maxDenialsFailed     = 1000

	firstDenialPause = 10 * time.Second
	denialPause      = time.Minute
)

// reasonLeftOut stands in an entry that counts what a flood left out.
const reasonLeftOut = "Many requests that differ were refused in short time. This counts those of which no other entry was kept."

// NewDenialRecorder returns a DenialRecorder that writes every interval, which
// is a second if it is 0.
func NewDenialRecorder(store DenialStore, interval time.Duration, logger *slog.Logger) *DenialRecorder {
	setDefault(&interval, time.Second)
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &DenialRecorder{
		store: store, interval: interval, logger: logger, now: time.Now,
		groups: map[denialGroup]*denialCount{}, all: rate.NewLimiter(rate.Every(denialsEvery), denialsAtOnce),
		origins: map[netip.Prefix]*rate.Limiter{},
	}
}

// Denied notes a refused request.
func (r *DenialRecorder) Denied(d *Denial) {
	g := denialGroup{
		org: d.OrgID, code: d.Code, reason: keepable(d.Reason), key: d.Key, token: d.Token, endpoint: d.Endpoint,
		method: keepable(d.Method), path: keepable(d.Path), ua: keepable(d.UserAgent), addr: d.Client,
	}
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.groups[g]
	if c == nil && !r.admit(d.Client, now) {
		g = denialGroup{org: d.OrgID, code: d.Code, endpoint: d.Endpoint, reason: reasonLeftOut}
		c = r.groups[g]
	}
	if c == nil {
		c = &denialCount{due: now, pause: firstDenialPause}
		r.groups[g] = c
	}
	c.count++
	c.last = now
}

// keepable makes what a client sent a text without tokens that every store
// takes.
func keepable(text string) string {
	return Loggable(strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", "\ufffd"), "\ufffd"))
}

// admit reports whether one more entry that differs may be kept.
func (r *DenialRecorder) admit(addr netip.Addr, now time.Time) bool {
	if len(r.groups) >= maxDenialGroups {
		return false
	}
	from := origin(addr)
	l := r.origins[from]
	if l == nil {
		if len(r.origins) >= maxDenialOrigins {
			clear(r.origins)
		}
		l = rate.NewLimiter(rate.Every(denialsEveryPerAddr), denialsAtOncePerAddr)
		r.origins[from] = l
	}
	return l.AllowN(now, 1) && r.all.AllowN(now, 1)
}

// Run writes what is due, every interval, until ctx ends. The caller then calls
// Flush once more when no request runs any longer.
func (r *DenialRecorder) Run(ctx context.Context) {
	tick := time.NewTicker(r.interval)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := r.write(ctx, r.due(r.now()))
		if err != nil && !failing && ctx.Err() == nil {
			r.logger.Warn("refused requests cannot be written; the newest are kept and written later", "error", err)
		}
		failing = err != nil
	}
}

// Flush writes all that was gathered.
func (r *DenialRecorder) Flush(ctx context.Context) error {
	return r.write(ctx, r.due(r.now().Add(2*denialPause)))
}

// due takes the entries that are to be written by a moment.
func (r *DenialRecorder) due(now time.Time) (batch []apikey.Denial) {
	r.mu.Lock()
	defer r.mu.Unlock()
	batch, r.failed = r.failed, nil
	for g, c := range r.groups {
		switch {
		case now.Before(c.due):
		case c.count == 0: // nothing came since the entry before
			delete(r.groups, g)
		default:
			batch = append(batch, g.denial(c))
			c.count, c.due, c.pause = 0, now.Add(c.pause), denialPause
		}
	}
	slices.SortStableFunc(batch, func(a, b apikey.Denial) int { return a.At.Compare(b.At) })
	return batch
}

func (g *denialGroup) denial(c *denialCount) apikey.Denial {
	d := apikey.Denial{
		OrgID: g.org, At: c.last.UTC(), Count: c.count, Code: g.code, Reason: g.reason, KeyID: g.key, TokenID: g.token,
		Endpoint: g.endpoint, Method: g.method, Path: g.path, UserAgent: g.ua,
	}
	if g.addr.IsValid() {
		d.Address = g.addr.String()
	}
	return d
}

func (r *DenialRecorder) write(ctx context.Context, batch []apikey.Denial) error {
	r.flushing.Lock()
	defer r.flushing.Unlock()
	if len(batch) == 0 {
		return nil
	}
	err := r.store.RecordDenials(ctx, batch)
	if err != nil {
		r.mu.Lock()
		r.failed = append(batch, r.failed...)
		r.failed = r.failed[max(0, len(r.failed)-maxDenialsFailed):]
		r.mu.Unlock()
	}
	return err
}
