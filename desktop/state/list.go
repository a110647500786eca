package state

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

// pageSize is how many keys are asked for at once, the most that the server
// gives.
const pageSize = 500

// firstPage is how many keys are asked for before anything is shown.
const firstPage = 100

// Query says which keys a list holds, and in which order.
type Query struct {
	Search     string        `json:"search,omitempty"` // part of the name or description, or an id
	State      apikey.State  `json:"state,omitempty"`  // empty = all
	Role       string        `json:"role,omitempty"`   // empty = all
	Pool       string        `json:"pool,omitempty"`   // empty = all, api.NoPool = keys without one
	Owner      string        `json:"owner,omitempty"`
	Labels     string        `json:"labels,omitempty"` // a line each: "team=sre", or "team" for any value
	Tenant     string        `json:"tenant,omitempty"`
	Endpoint   string        `json:"endpoint,omitempty"`
	Unused     time.Duration `json:"unused,omitempty"`  // neither used nor made for this time, or NeverUsed; 0 = all
	Expires    time.Duration `json:"expires,omitempty"` // active, and ends within this time; 0 = all
	Sort       string        `json:"sort,omitempty"`    // name, createdAt, expiresAt, lastUsedAt; empty = name
	Descending bool          `json:"descending,omitempty"`
}

// NeverUsed is the time for which keys were not used that never were.
const NeverUsed time.Duration = -1

// Filtered reports whether some keys may be left out.
func (q Query) Filtered() bool {
	q.Sort, q.Descending = "", false
	return q != Query{}
}

// LabelList are the labels that a key must have.
func (q Query) LabelList() []string {
	if q.Labels == "" {
		return nil
	}
	return strings.Split(q.Labels, "\n")
}

func (q Query) page(cursor string, limit int, count bool) client.KeyQuery {
	sort := q.Sort
	if sort == "" {
		sort = "name"
	}
	if q.Descending {
		sort = "-" + sort
	}
	return client.KeyQuery{
		State: string(q.State), Role: q.Role, Pool: q.Pool, Owner: q.Owner, Labels: q.LabelList(), Tenant: q.Tenant,
		Endpoint: q.Endpoint, Unused: span(q.Unused), Expires: span(q.Expires),
		Search: q.Search, Sort: sort, Cursor: cursor, Limit: limit, Count: count,
	}
}

// span is a length of time as the API takes it; none is empty.
func span(d time.Duration) api.Span {
	switch d {
	case 0:
		return ""
	case NeverUsed:
		return api.NeverUsed
	}
	return api.SpanOf(d)
}

// Snapshot is what a list held at a moment. Its keys are shared: do not change
// them.
type Snapshot struct {
	Query  Query
	Keys   []*api.Key // those that were read so far
	Total  int        // how many there are
	Loaded bool       // something was read for this query
	More   bool       // there are keys behind those that were read
	Err    error      // why the last reading failed; nil if it did not
	At     time.Time  // when it was read
}

// Find returns the place of a key, or -1.
func (s Snapshot) Find(id string) int {
	return slices.IndexFunc(s.Keys, func(k *api.Key) bool { return k.ID == id })
}

// keySource is where a List reads.
type keySource interface {
	Keys(ctx context.Context, q client.KeyQuery) (*api.KeyList, error)
}

// List is the keys of a server as far as they were read: the first page, and
// more when they are asked for.
type List struct {
	source keySource

	reading sync.Mutex // one reading at a time

	mu      sync.Mutex
	now     Snapshot
	next    string              // cursor of the page behind
	turn    int                 // raised by each new query, so that late answers are dropped
	edits   int                 // raised by each change of a single key
	edited  map[string]*api.Key // that are not in now yet, by their ids; nil = deleted
	sharing sharing
	takes   time.Duration // to read all of it again
}

// editsAtOnce is how many keys change until they are put into the list, if nobody looks at it before.
const editsAtOnce = 1000

// NewList returns an empty List over a server.
func NewList(source keySource) *List { return &List{source: source} }

// Snapshot returns what the list holds.
func (l *List) Snapshot() Snapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.snapshot()
}

// SetQuery changes what the list shall hold. The old keys stay until Load
// brings the new ones.
func (l *List) SetQuery(q Query) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn++
	l.now.Query, l.now.Loaded = q, false
}

// Load reads the first page of the query.
func (l *List) Load(ctx context.Context) error {
	l.reading.Lock()
	defer l.reading.Unlock()
	return l.read(ctx, func(before Snapshot, _ string) (*reading, error) {
		page, err := l.page(ctx, before.Query.page("", firstPage, true))
		if err != nil {
			return nil, err
		}
		return &reading{keys: apart(page.Keys), next: page.NextCursor, total: total(page)}, nil
	})
}

// More reads the page behind those that were read. There is nothing to do on
// the last one.
func (l *List) More(ctx context.Context) error {
	l.reading.Lock()
	defer l.reading.Unlock()
	if now := l.Snapshot(); !now.Loaded || !now.More {
		return nil
	}
	return l.read(ctx, func(before Snapshot, next string) (*reading, error) {
		page, err := l.page(ctx, before.Query.page(next, pageSize, false))
		if err != nil {
			return nil, err
		}
		return &reading{keys: append(before.Keys, apart(page.Keys)...), next: page.NextCursor, total: before.Total}, nil
	})
}

// All reads every page that is left, so that something can be done to all keys
// of the query.
func (l *List) All(ctx context.Context) error {
	for query := l.Snapshot().Query; ; {
		now := l.Snapshot()
		if now.Query != query || now.Loaded && !now.More {
			return nil
		}
		if err := l.More(ctx); err != nil {
			return err
		}
		if !now.Loaded {
			return nil // its first page is still to come
		}
	}
}

// Refresh reads again as many keys as were read before, all of them if those were all, and puts them in place of those
// at once.
func (l *List) Refresh(ctx context.Context) error {
	l.reading.Lock()
	defer l.reading.Unlock()
	defer l.took(time.Now())
	return l.read(ctx, func(before Snapshot, _ string) (*reading, error) {
		r, wanted := &reading{}, len(before.Keys)
		for cursor, first := "", true; ; first = false {
			limit := min(max(wanted-len(r.keys), firstPage), pageSize)
			page, err := l.page(ctx, before.Query.page(cursor, limit, first))
			if err != nil {
				return nil, err
			}
			if first {
				r.total = total(page)
				r.keys = make([]*api.Key, 0, wanted+firstPage)
			}
			r.keys, r.next = appendKept(r.keys, page.Keys, before.Keys), page.NextCursor
			if cursor = page.NextCursor; cursor == "" || before.More && len(r.keys) >= wanted {
				if slices.Equal(r.keys, before.Keys) {
					r.keys = before.Keys
				}
				return r, nil
			}
		}
	})
}

// restAfter is how many times as long as a list takes to be read it is then left alone.
const restAfter = 60

// Due reports whether a list has been left alone for long enough to be read again by itself: one of a hundred thousand
// keys takes seconds, and is not read all the time.
func (l *List) Due(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return now.Sub(l.now.At) >= restAfter*l.takes
}

// took notes how long it took to read all again, since a moment.
func (l *List) took(since time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.takes = time.Since(since)
}

// page reads a page, in as little memory as it can be kept.
func (l *List) page(ctx context.Context, q client.KeyQuery) (*api.KeyList, error) {
	page, err := l.source.Keys(ctx, q)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sharing.among(page.Keys)
	return page, nil
}

// reading is what the server answered.
type reading struct {
	keys  []*api.Key
	next  string
	total int
}

func total(page *api.KeyList) int {
	if page.Total == nil {
		return len(page.Keys)
	}
	return int(*page.Total)
}

// readings is how often a list is read again because a key has changed meanwhile. Then it stays as it is until the next
// time: somebody changes many.
const readings = 5

// read carries out a reading. Its result is dropped if the query has changed
// meanwhile, and read again if a key has: the answer may be older than that.
func (l *List) read(ctx context.Context, fetch func(before Snapshot, next string) (*reading, error)) error {
	for range readings {
		l.mu.Lock()
		turn, edits, before, next := l.turn, l.edits, l.snapshot(), l.next
		l.mu.Unlock()
		r, err := fetch(before, next)
		l.mu.Lock()
		switch {
		case turn != l.turn:
			l.mu.Unlock()
			return nil
		case err != nil:
			if ctx.Err() == nil {
				l.now.Err = err
			}
			l.mu.Unlock()
			return err
		case edits != l.edits:
			l.mu.Unlock()
			continue
		}
		l.next = r.next
		l.now = Snapshot{
			Query: before.Query, Keys: r.keys, Total: max(r.total, len(r.keys)),
			Loaded: true, More: r.next != "", At: time.Now(),
		}
		l.mu.Unlock()
		return nil
	}
	return nil
}

// Replace puts a changed key in its place. It stays in the list, even if it
// does not fit the query any more, until the next refresh.
func (l *List) Replace(key api.Key) { l.edit(key.ID, &key) }

// Remove takes a deleted key out.
func (l *List) Remove(id string) { l.edit(id, nil) }

// edit notes what became of a key. Many such notes are put into the list at once: it may be long.
func (l *List) edit(id string, key *api.Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.edits++
	if l.edited == nil {
		l.edited = map[string]*api.Key{}
	}
	l.edited[id] = key
	if len(l.edited) >= editsAtOnce {
		l.snapshot()
	}
}

// snapshot is what the list holds, with all that is noted of its keys.
func (l *List) snapshot() Snapshot {
	if len(l.edited) == 0 {
		return l.now
	}
	keys := make([]*api.Key, 0, len(l.now.Keys)) // others read the old ones
	for _, k := range l.now.Keys {
		switch now, is := l.edited[k.ID]; {
		case !is:
			keys = append(keys, k)
		case now == nil:
			l.now.Total--
		default:
			l.sharing.with(now, k)
			keys = append(keys, now)
		}
	}
	l.now.Keys, l.edited = keys, nil
	return l.now
}
