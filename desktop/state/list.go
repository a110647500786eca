package state

import (
	"context"
	"reflect"
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
	Keys   []api.Key // those that were read so far
	Total  int       // how many there are
	Loaded bool      // something was read for this query
	More   bool      // there are keys behind those that were read
	Err    error     // why the last reading failed; nil if it did not
	At     time.Time // when it was read
}

// Find returns the place of a key, or -1.
func (s Snapshot) Find(id string) int {
	return slices.IndexFunc(s.Keys, func(k api.Key) bool { return k.ID == id })
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

	mu    sync.Mutex
	now   Snapshot
	next  string // cursor of the page behind
	turn  int    // raised by each new query, so that late answers are dropped
	edits int    // raised by each change of a single key
}

// NewList returns an empty List over a server.
func NewList(source keySource) *List { return &List{source: source} }

// Snapshot returns what the list holds.
func (l *List) Snapshot() Snapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
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
		return &reading{keys: page.Keys, next: page.NextCursor, total: total(page)}, nil
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
		return &reading{keys: append(before.Keys, page.Keys...), next: page.NextCursor, total: before.Total}, nil
	})
}

// All reads every page that is left, so that something can be done to all keys
// of the query.
func (l *List) All(ctx context.Context) error {
	l.makeRoom()
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

// makeRoom makes room for all keys of the query at once: a list that grows page by page is held twice meanwhile.
func (l *List) makeRoom() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if more := l.now.Total - len(l.now.Keys); more > 0 {
		l.now.Keys = slices.Grow(l.now.Keys, more)
	}
}

// Refresh reads again as many keys as were read before, all of them if those were all, and puts them in place of those
// at once.
func (l *List) Refresh(ctx context.Context) error {
	l.reading.Lock()
	defer l.reading.Unlock()
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
				r.keys = make([]api.Key, 0, wanted+firstPage)
			}
			keepEqual(page.Keys, before.Keys, len(r.keys))
			r.keys, r.next = append(r.keys, page.Keys...), page.NextCursor
			if cursor = page.NextCursor; cursor == "" || before.More && len(r.keys) >= wanted {
				if reflect.DeepEqual(r.keys, before.Keys) {
					r.keys = before.Keys
				}
				return r, nil
			}
		}
	})
}

// page reads a page, in as little memory as it can be kept.
func (l *List) page(ctx context.Context, q client.KeyQuery) (*api.KeyList, error) {
	page, err := l.source.Keys(ctx, q)
	if err != nil {
		return nil, err
	}
	share(page.Keys)
	return page, nil
}

// reading is what the server answered.
type reading struct {
	keys  []api.Key
	next  string
	total int
}

func total(page *api.KeyList) int {
	if page.Total == nil {
		return len(page.Keys)
	}
	return int(*page.Total)
}

// read carries out a reading. Its result is dropped if the query has changed
// meanwhile, and read again if a key has: the answer may be older than that.
func (l *List) read(ctx context.Context, fetch func(before Snapshot, next string) (*reading, error)) error {
	for {
		l.mu.Lock()
		turn, edits, before, next := l.turn, l.edits, l.now, l.next
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
}

// Replace puts a changed key in its place. It stays in the list, even if it
// does not fit the query any more, until the next refresh.
func (l *List) Replace(key api.Key) {
	l.edit(func(s *Snapshot) {
		if i := s.Find(key.ID); i >= 0 {
			s.Keys[i] = key
		}
	})
}

// Remove takes a deleted key out.
func (l *List) Remove(id string) {
	l.edit(func(s *Snapshot) {
		if i := s.Find(id); i >= 0 {
			s.Keys = slices.Delete(s.Keys, i, i+1)
			s.Total--
		}
	})
}

func (l *List) edit(change func(*Snapshot)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.edits++
	l.now.Keys = slices.Clone(l.now.Keys) // others read the old ones
	change(&l.now)
}
