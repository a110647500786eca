package verify_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// blackboard is a LimitStore in memory, which can be down.
type blackboard struct {
	mu      sync.Mutex
	down    bool
	writes  int
	servers map[string]time.Time
	says    map[string]map[use]said
}

type use struct {
	id    apikey.ID
	scope string
}

type said struct {
	apikey.LimitUse
	at time.Time
}

func newBlackboard() *blackboard {
	return &blackboard{servers: map[string]time.Time{}, says: map[string]map[use]said{}}
}

func (b *blackboard) ShareLimits(_ context.Context, r apikey.LimitReport) (shared apikey.SharedLimits, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		return shared, errDown
	}
	now := time.Now()
	if r.Announce || len(r.Uses) > 0 {
		b.writes++
		if _, known := b.servers[r.Server]; r.Known && !known {
			return apikey.SharedLimits{Forgotten: true}, nil
		}
		b.servers[r.Server] = now
	}
	if b.says[r.Server] == nil {
		b.says[r.Server] = map[use]said{}
	}
	for _, u := range r.Uses {
		b.says[r.Server][use{u.KeyID, u.Scope}] = said{u, now}
		var share apikey.LimitShare
		for server, uses := range b.says {
			theirs, found := uses[use{u.KeyID, u.Scope}]
			if server == r.Server || !found {
				continue
			}
			if theirs.Day == u.Day {
				share.Count.Add(theirs.Count)
			}
			if now.Sub(theirs.at) <= apikey.WantsLife && theirs.Wants != (apikey.LimitWants{}) {
				share.Wants = append(share.Wants, apikey.ServerWants{Server: server, LimitWants: theirs.Wants})
			}
		}
		shared.Shares = append(shared.Shares, share)
	}
	shared.Servers = 1
	for server, at := range b.servers {
		if server != r.Server && now.Sub(at) <= apikey.ServerLife {
			shared.Servers++
		}
	}
	return shared, nil
}

func (b *blackboard) LimitCounts(_ context.Context, day apikey.Day, fn func(apikey.ID, string, apikey.LimitCount)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	sums := map[use]apikey.LimitCount{}
	for _, uses := range b.says {
		for of, u := range uses {
			if u.Day == day {
				sum := sums[of]
				sum.Add(u.Count)
				sums[of] = sum
			}
		}
	}
	for of, sum := range sums {
		fn(of.id, of.scope, sum)
	}
	return nil
}

func (b *blackboard) SettleLimits(_ context.Context, _ apikey.Day, server string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.servers, server)
	for name, uses := range b.says {
		if _, there := b.servers[name]; !there && name != "" {
			if b.says[""] == nil {
				b.says[""] = map[use]said{}
			}
			for of, u := range uses {
				sum := b.says[""][of]
				if sum.Day == u.Day {
					u.Count.Add(sum.Count)
				}
				u.Wants = apikey.LimitWants{}
				b.says[""][of] = u
			}
			delete(b.says, name)
		}
	}
	return nil
}

func (b *blackboard) set(down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = down
}

func (b *blackboard) written() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.writes
}

// forget takes all servers for gone.
func (b *blackboard) forget() {
	b.mu.Lock()
	clear(b.servers)
	b.mu.Unlock()
	_ = b.SettleLimits(context.Background(), 0, "")
}

// start runs the sharing of a door until stop is called.
func (d *door) start(t *testing.T) (stop func()) {
	t.Helper()
	require.NoError(t, d.admission.Limiter.Load(t.Context(), true))
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { d.admission.Limiter.Run(ctx, func() bool { return true }) })
	return func() { cancel(); running.Wait() }
}

// doors are some that share a store and have one key.
func doors(t *testing.T, n int, store *blackboard, limits apikey.Limits) (list []*door, token string) {
	t.Helper()
	token, rec := key(func(r *apikey.Record) { r.Limits = limits })
	for range n {
		d := newDoor(t, store)
		d.put(t, rec)
		list = append(list, d)
		t.Cleanup(d.start(t))
	}
	return list, token
}

// load sends requests to doors at rates, for some seconds, and returns how many passed each.
func load(list []*door, token string, seconds int, rates ...int) (passed []int) {
	passed = make([]int, len(list))
	began := time.Now()
	const step = 10 * time.Millisecond
	for tick := range seconds * 100 {
		for i, d := range list {
			rate := rates[i%len(rates)]
			passed[i] += d.passes(token, rate*(tick+1)/100-rate*tick/100)
		}
		time.Sleep(time.Until(began.Add(time.Duration(tick+1) * step)))
	}
	return passed
}

func sum(list []int) (n int) {
	for _, m := range list {
		n += m
	}
	return n
}

// Whatever part of the load comes to which server, what passes at all of them together is the limit.
func TestServersShareARate(t *testing.T) {
	const rate, burst, seconds = 50, 100, 60
	for name, rates := range map[string][]int{
		"ten times the limit, evenly":   {167, 167, 167},
		"ten times the limit, unevenly": {400, 80, 20},
		"most of it at one":             {500, 5, 1},
		"all of it at one":              {500, 0, 0},
		"just above":                    {20, 20, 20},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				list, token := doors(t, 3, newBlackboard(), apikey.Limits{RequestsPerSecond: rate, Burst: burst})
				passed := load(list, token, seconds, rates...)
				t.Log(passed, sum(passed))
				require.InEpsilon(t, rate*seconds, sum(passed), 0.08, "%v", passed)
			})
		})
	}
}

// A server that gets few requests is not crowded out by one that gets many.
func TestWhoWantsLittleGetsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list, token := doors(t, 3, newBlackboard(), apikey.Limits{RequestsPerSecond: 50})
		load(list, token, 5, 500, 500, 5)
		passed := load(list, token, 20, 500, 500, 5)
		require.InDelta(t, 100, passed[2], 2, "%v", passed)
		require.InEpsilon(t, passed[0], passed[1], 0.1, "%v", passed)
	})
}

// A part moves with the load, and comes back from a server that dies.
func TestPartsFollowTheLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBlackboard()
		list, token := doors(t, 2, store, apikey.Limits{RequestsPerSecond: 50})
		stop := list[0].start(t) // a second time, so that it can be stopped; it does no harm
		load(list, token, 10, 500, 500)
		passed := load(list, token, 10, 0, 500)
		require.Greater(t, passed[1], 400, "%v", passed)
		load(list, token, 10, 500, 500)
		stop()
		passed = load(list, token, 20, 500, 0)
		require.Greater(t, passed[0], 850, "%v", passed)
	})
}

// While the store is away each goes on with its part, and a server that begins then never lets in more than the limit.
func TestSharingWithoutAStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBlackboard()
		list, token := doors(t, 3, store, apikey.Limits{RequestsPerSecond: 50})
		load(list, token, 5, 500)
		store.set(true)
		passed := load(list, token, 30, 500)
		require.InEpsilon(t, 50*30, sum(passed), 0.05, "%v", passed)
		store.set(false)
		passed = load(list, token, 30, 500)
		require.InEpsilon(t, 50*30, sum(passed), 0.05, "%v", passed)
	})
}

// A server that is alone uses the whole limit, from the first request on, and writes nothing but that it is there.
func TestAServerAloneWritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBlackboard()
		list, token := doors(t, 1, store, apikey.Limits{RequestsPerSecond: 50})
		require.Equal(t, 1, store.written())
		require.InEpsilon(t, 50*11, sum(load(list, token, 10, 500)), 0.01)
		require.Equal(t, 1, store.written())
		time.Sleep(time.Minute)
		require.InDelta(t, 5, store.written(), 1)
	})
}

func TestServersShareADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list, token := doors(t, 3, newBlackboard(), apikey.Limits{RequestsPerDay: 1000})
		passed := load(list, token, 30, 50)
		require.LessOrEqual(t, sum(passed), 1000+50, "a batch")
		require.GreaterOrEqual(t, sum(passed), 1000)
		time.Sleep(24 * time.Hour)
		require.Equal(t, 1, list[0].passes(token, 1))
	})
}

// A day's use survives a restart, also one without a farewell; and a server that was taken for gone counts on.
func TestADayIsRemembered(t *testing.T) {
	for _, leaves := range []bool{true, false} {
		t.Run(fmt.Sprint("leaves ", leaves), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newBlackboard()
				token, rec := key(func(r *apikey.Record) { r.Limits = apikey.Limits{RequestsPerDay: 100} })
				plain, other := key(nil)
				begin := func() (*door, func()) {
					d := newDoor(t, store)
					d.put(t, rec)
					d.put(t, other)
					d.demand.PerKey = d.admission.Limiter.PerKey("in", apikey.Limits{RequestsPerDay: 100})
					stop := d.start(t)
					return d, stop
				}
				first, stop := begin()
				require.Equal(t, 60, first.passes(token, 60))
				require.Equal(t, 70, first.passes(plain, 70))
				if leaves {
					stop()
					require.NoError(t, first.admission.Limiter.Leave(t.Context()))
				} else {
					time.Sleep(1500 * time.Millisecond)
					stop()
				}
				second, stop := begin()
				require.Equal(t, 30, second.passes(token, 30), "from the first request on")
				require.Equal(t, 30, second.passes(plain, 100))
				time.Sleep(1500 * time.Millisecond)
				store.forget()
				require.Equal(t, 5, second.passes(token, 5))
				time.Sleep(1500 * time.Millisecond)
				stop()
				third, stop := begin()
				defer stop()
				require.Equal(t, 5, third.passes(token, 100))
				require.Zero(t, third.passes(plain, 100))
			})
		})
	}
}

func TestServersShareConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list, token := doors(t, 3, newBlackboard(), apikey.Limits{Concurrent: 10})
		time.Sleep(300 * time.Millisecond) // apart from the exchanges
		for range 5 {
			for _, d := range list {
				for range 20 {
					if o := d.ask(token, 0); o.Valid() {
						time.AfterFunc(500*time.Millisecond, o.End)
					}
				}
			}
			time.Sleep(time.Second)
		}
		running := make([]int, 3)
		for i, d := range list {
			for range 20 {
				if d.ask(token, 0).Valid() {
					running[i]++
				}
			}
		}
		require.Equal(t, 10, sum(running), "%v", running)
		require.GreaterOrEqual(t, min(running[0], running[1], running[2]), 3)
	})
}

// Meters of keys that are not used go, and what they have to remember stays.
func TestIdleMetersGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, newBlackboard())
		t.Cleanup(d.start(t))
		var tokens []string
		for i := range 1000 {
			token, _ := d.keyWith(t, apikey.Limits{RequestsPerSecond: int64(1 + i)})
			tokens = append(tokens, token)
			d.passes(token, 1)
		}
		daily, _ := d.keyWith(t, apikey.Limits{RequestsPerDay: 3})
		running, _ := d.keyWith(t, apikey.Limits{Concurrent: 1})
		require.Equal(t, 2, d.passes(daily, 2))
		require.True(t, d.ask(running, 0).Valid())
		require.Equal(t, 1002, d.admission.Limiter.Len())
		time.Sleep(5 * time.Minute)
		require.Equal(t, 2, d.admission.Limiter.Len())
		require.Equal(t, 1, d.passes(daily, 9))
		require.Zero(t, d.passes(running, 9))
		for i, token := range tokens {
			require.Equal(t, 1+i, d.passes(token, 2000))
		}
	})
}

// Many ask at once, while meters are swept and limits change: never more than what is allowed run, and no slot is lost.
func TestConcurrencyUnderPressure(t *testing.T) {
	d := newDoor(t, nil)
	token, rec := d.keyWith(t, apikey.Limits{Concurrent: 5})
	var mu sync.Mutex
	running, most := 0, 0
	var clients sync.WaitGroup
	for range 16 {
		clients.Go(func() {
			for range 2000 {
				o := d.ask(token, 0)
				if !o.Valid() {
					continue
				}
				mu.Lock()
				running++
				most = max(most, running)
				mu.Unlock()
				runtime.Gosched()
				mu.Lock()
				running--
				mu.Unlock()
				o.End()
			}
		})
	}
	clients.Go(func() {
		for i := range 50 {
			rec.Name = fmt.Sprint(i)
			d.put(t, rec)
			d.admission.Limiter.Sweep()
		}
	})
	clients.Wait()
	require.LessOrEqual(t, most, 5)
	require.Greater(t, most, 1)
	left := 0
	for d.ask(token, 0).Valid() {
		left++
	}
	require.Equal(t, 5, left, "all slots are there")
}
