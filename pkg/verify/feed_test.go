package verify_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/verify"
)

// memoryFeed is a change feed that can fail when a test wants it to, which no
// real store does on demand. The stores' own feeds are proved in storetest.
type memoryFeed struct {
	mu      sync.Mutex
	seq     int64
	records map[apikey.ID]apikey.Record
	dead    map[apikey.ID]int64
	issued  []apikey.Grant

	outdated []string // ids of keys that somebody put back

	settings []apikey.Setting
	settled  int64 // the number of the newest change to them

	down  bool
	wake  func()
	loads int
}

var errDown = errors.New("the store is down")

func newMemoryFeed() *memoryFeed {
	return &memoryFeed{records: map[apikey.ID]apikey.Record{}, dead: map[apikey.ID]int64{}}
}

// put stores a record under its mark.
func (f *memoryFeed) put(rec apikey.Record) {
	rec.Mark = marking.Mark(&rec)
	f.plant(rec)
}

// plant stores a record with the mark that it has, even a wrong one.
func (f *memoryFeed) plant(rec apikey.Record) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seq++
	rec.Seq = f.seq
	f.records[rec.ID] = rec
}

// marking makes the marks of records.
var marking = func() *apikey.Peppers {
	set, err := apikey.NewPeppers(pepper)
	if err != nil {
		panic(err)
	}
	return set
}()

func (f *memoryFeed) remove(id apikey.ID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seq++
	delete(f.records, id)
	f.dead[id] = f.seq
}

func (f *memoryFeed) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *memoryFeed) Load(_ context.Context, scope apikey.Scope, fn func([]apikey.Record)) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return 0, errDown
	}
	f.loads++
	for _, rec := range f.records {
		if scope.Holds(&rec) {
			fn([]apikey.Record{rec})
		}
	}
	return f.seq, nil
}

func (f *memoryFeed) Changes(_ context.Context, seq int64, limit int) (out []apikey.Change, head int64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return nil, 0, errDown
	}
	for _, rec := range f.records {
		if rec.Seq > seq {
			out = append(out, apikey.Change{Record: rec})
		}
	}
	for id, at := range f.dead {
		if at > seq {
			out = append(out, apikey.Change{Record: apikey.Record{ID: id, Seq: at}, Deleted: true})
		}
	}
	slices.SortFunc(out, func(a, b apikey.Change) int { return int(a.Record.Seq - b.Record.Seq) })
	return out[:min(limit, len(out))], f.seq, nil
}

func (f *memoryFeed) Issued(context.Context) ([]apikey.Grant, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.issued), nil
}

func (f *memoryFeed) Outdated(context.Context, []string) ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return nil, errDown
	}
	return slices.Clone(f.outdated), nil
}

func (f *memoryFeed) Settings(_ context.Context, since string) ([]apikey.Setting, string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return nil, "", errDown
	}
	state := fmt.Sprint(f.settled, f.settings)
	if state == since {
		return nil, since, nil
	}
	return slices.Clone(f.settings), state, nil
}

// say changes the settings.
func (f *memoryFeed) say(settings ...apikey.Setting) {
	f.set(func() {
		f.seq++
		f.settings, f.settled = settings, f.seq
	})
}

func (f *memoryFeed) Watch(ctx context.Context, wake func()) error {
	f.set(func() { f.wake = wake })
	<-ctx.Done()
	return ctx.Err()
}

var pepper = apikey.NewPepper()

func peppers(t testing.TB) *apikey.Peppers {
	set, err := apikey.NewPeppers(pepper)
	require.NoError(t, err)
	return set
}

// key makes a token and its record.
func key(change func(*apikey.Record)) (string, apikey.Record) {
	token, id := apikey.NewToken()
	rec := apikey.Record{
		ID: id, OrgID: 1, Name: "edge", Role: apikey.RoleViewer, Enabled: true,
		Tokens: []apikey.TokenRecord{{ID: id, Digest: pepper.Digest(token), PepperID: pepper.ID()}},
	}
	if change != nil {
		change(&rec)
	}
	return token, rec
}

// loaded returns a verifier on a loaded replica of the feed.
func loaded(t testing.TB, f *memoryFeed, opts verify.ReplicaOptions) (*verify.Verifier, *verify.Replica) {
	r := verify.NewReplica(f, peppers(t), opts)
	require.NoError(t, r.Load(t.Context()))
	return verify.New(r), r
}

// running is loaded, with Run in the background.
func running(t testing.TB, f *memoryFeed, opts verify.ReplicaOptions) (*verify.Verifier, *verify.Replica) {
	v, r := loaded(t, f, opts)
	ctx, stop := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { r.Run(ctx) })
	t.Cleanup(func() { stop(); done.Wait() })
	return v, r
}

func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, servertest.Patience, time.Millisecond, what)
}
