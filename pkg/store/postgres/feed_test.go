package postgres_test

import (
	"context"
	"fmt"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/store/postgres"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
)

// follower keeps what a replica would hold, by Load, Watch and Changes alone.
type follower struct {
	mu     sync.Mutex
	seq    int64
	newest map[string]int64     // the newest change of each key, be it gone
	there  map[string]bool      // the keys that are there
	seen   map[string]time.Time // when the last change of a key was read
	faults []string
}

// follow begins to follow a store until the test ends.
func follow(t *testing.T, s *postgres.Store) *follower {
	t.Helper()
	f := &follower{newest: map[string]int64{}, there: map[string]bool{}, seen: map[string]time.Time{}}
	seq, err := s.Load(t.Context(), apikey.Scope{}, func(records []apikey.Record) {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, r := range records {
			f.newest[r.ID.String()], f.there[r.ID.String()] = r.Seq, true
		}
	})
	require.NoError(t, err)
	f.seq = seq
	ctx, stop := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() { _ = s.Watch(ctx, func() { f.sync(ctx, s) }) })
	t.Cleanup(func() { stop(); watching.Wait() })
	return f
}

// sync reads changes until there are no more.
func (f *follower) sync(ctx context.Context, s *postgres.Store) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		changes, _, err := s.Changes(ctx, f.seq, 17)
		if err != nil {
			if ctx.Err() == nil {
				f.faults = append(f.faults, err.Error())
			}
			return
		}
		for _, c := range changes {
			if c.Record.Seq <= f.seq {
				f.faults = append(f.faults, fmt.Sprintf("change %d comes after %d", c.Record.Seq, f.seq))
			}
			f.seq = c.Record.Seq
			id := c.Record.ID.String()
			f.newest[id], f.there[id], f.seen[id] = f.seq, !c.Deleted, time.Now()
		}
		if len(changes) == 0 {
			return
		}
	}
}

// TestNoReplicaMissesAChange lets four processes write at once, and three
// replicas follow them: two that get notifications, and one behind a pooler that does not.
func TestNoReplicaMissesAChange(t *testing.T) {
	const writers = 4
	changes := 150
	if testing.Short() {
		changes = 40
	}
	pooler, err := pgtest.StartPooler(server)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pooler.Remove()) })
	address := newDatabase(t)
	first := open(t, address)
	replicas := []*follower{follow(t, first), follow(t, open(t, address)), follow(t, open(t, pooler.URL(database(address))))}

	var mu sync.Mutex
	stored := map[string]int64{} // the newest change of each key
	var reading sync.WaitGroup
	var started []*exec.Cmd
	total := 0
	for w := range writers {
		cmd, out := process(t, "churn", address, fmt.Sprint("writer", w), fmt.Sprint(changes))
		started = append(started, cmd)
		reading.Go(func() {
			for out.Scan() {
				id, seq := pair(t, out.Text())
				mu.Lock()
				stored[id] = max(stored[id], seq)
				total++
				mu.Unlock()
			}
		})
	}
	reading.Wait()
	for _, cmd := range started {
		require.NoError(t, cmd.Wait())
	}
	require.Equal(t, writers*changes, total)

	_, head, err := first.Changes(t.Context(), 0, 1)
	require.NoError(t, err)
	keys, err := first.Keys(t.Context(), apikey.Query{OrgID: 1, Limit: 1 << 20})
	require.NoError(t, err)
	want := map[string]bool{}
	for _, k := range keys {
		want[k.ID] = true
	}
	for i, f := range replicas {
		require.Eventually(t, func() bool { f.mu.Lock(); defer f.mu.Unlock(); return f.seq == head }, servertest.Patience, 10*time.Millisecond, "replica %d", i)
		f.mu.Lock()
		require.Empty(t, f.faults)
		for id, seq := range stored {
			require.Equal(t, seq, f.newest[id], "replica %d lacks a change of %s", i, id)
			require.Equal(t, want[id], f.there[id], "replica %d and key %s", i, id)
		}
		f.mu.Unlock()
	}
	t.Logf("%d changes of %d processes, and %d replicas missed none", total, writers, len(replicas))
}

// Three replicas read what another process writes because they are notified: otherwise they would look once an hour.
func TestRevokedInAnotherProcess(t *testing.T) {
	n := 100
	if testing.Short() {
		n = 20
	}
	address := newDatabase(t)
	first := open(t, address)
	var ids []string
	for i := range n {
		k := newKey(fmt.Sprint(i))
		insert(t, first, k)
		ids = append(ids, k.ID)
	}
	hourly := func() *postgres.Store { return open(t, address, postgres.WithPollInterval(time.Hour)) }
	replicas := []*follower{follow(t, hourly()), follow(t, hourly()), follow(t, hourly())}
	_, out := process(t, "revoke", address, ids...)
	written := 0
	for out.Scan() {
		written++
	}
	require.Equal(t, n, written)
	for _, f := range replicas {
		require.Eventually(t, func() bool { f.mu.Lock(); defer f.mu.Unlock(); return len(f.seen) == n }, servertest.Patience, 10*time.Millisecond)
	}
}

// TestWatchConnectsAgain ends the connection that listens. What is written then must still lead to a notification.
func TestWatchConnectsAgain(t *testing.T) {
	t.Parallel()
	address := newDatabase(t)
	s, other := open(t, address), open(t, address)
	f := follow(t, s)
	saw := func(k *apikey.Key) func() bool {
		return func() bool { f.mu.Lock(); defer f.mu.Unlock(); return f.there[k.ID] }
	}
	k := newKey("before")
	insert(t, other, k)
	require.Eventually(t, saw(k), servertest.Patience, 5*time.Millisecond)
	for i := range 3 {
		require.NoError(t, pgtest.Exec(address, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`))
		k := newKey(fmt.Sprint("after ", i))
		insert(t, other, k) // on connections that are dead
		require.Eventually(t, saw(k), servertest.Patience, 5*time.Millisecond)
	}
}

// A replica behind a pooler gets no notifications, and still reads the changes.
func TestLostNotifications(t *testing.T) {
	t.Parallel()
	pooler, err := pgtest.StartPooler(server)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pooler.Remove()) })
	address := newDatabase(t)
	writer := open(t, address)
	f := follow(t, open(t, pooler.URL(database(address))))
	for i := range 10 {
		k := newKey(fmt.Sprint(i))
		insert(t, writer, k)
		require.Eventually(t, func() bool { f.mu.Lock(); defer f.mu.Unlock(); return f.there[k.ID] }, servertest.Patience, time.Millisecond)
	}
}
