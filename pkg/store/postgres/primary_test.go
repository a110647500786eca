package postgres_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/store/postgres"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
)

func start(t *testing.T, settings ...string) *pgtest.Server {
	t.Helper()
	s, err := pgtest.Start(settings...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Remove()) })
	return s
}

func startPair(t *testing.T, synchronous bool) (primary, standby *pgtest.Server) {
	t.Helper()
	primary, standby, err := pgtest.StartPair(synchronous)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, errors.Join(primary.Remove(), standby.Remove())) })
	return primary, standby
}

// TestStandbyThatLacksChanges promotes a standby that has not seen the last
// changes. Their numbers are given to others, which a replica would take for
// what it has.
func TestStandbyThatLacksChanges(t *testing.T) {
	t.Parallel()
	primary, standby := startPair(t, false)
	s := open(t, pgtest.URL("postgres", primary, standby))
	first := newKey("first")
	insert(t, s, first)
	caughtUp := `DO $$ BEGIN IF (SELECT count(*) FROM keys) = 0 THEN RAISE 'not yet'; END IF; END $$`
	require.Eventually(t, func() bool { return standby.Exec(caughtUp) == nil }, servertest.Patience, 20*time.Millisecond)
	require.NoError(t, standby.Exec(`SELECT pg_wal_replay_pause()`))
	seq, err := s.Load(t.Context(), apikey.Scope{}, func([]apikey.Record) {})
	require.NoError(t, err)
	// The standby gets nothing any more.
	standby.Freeze()
	for _, name := range []string{"lost", "lost too"} {
		insert(t, s, newKey(name))
	}
	_, head, err := s.Changes(t.Context(), seq, 10)
	require.NoError(t, err)
	require.Equal(t, seq+2, head)
	require.NoError(t, primary.Kill())
	standby.Thaw()
	require.NoError(t, standby.Promote())

	first.RevokedAt = time.Now()
	for range 3 {
		update := func(tx apikey.Tx) error { return tx.Update(t.Context(), first) }
		require.Eventually(t, func() bool { return s.Write(t.Context(), update) == nil }, servertest.Patience, 50*time.Millisecond)
	}
	require.Greater(t, first.Seq, head, "the numbers are given again")
	_, again, err := s.Changes(t.Context(), head, 10)
	require.NoError(t, err)
	require.Less(t, again, head, "the replica must load all keys again")
	seq, err = s.Load(t.Context(), apikey.Scope{}, func(records []apikey.Record) { require.True(t, records[0].Revoked) })
	require.NoError(t, err)
	_, again, err = s.Changes(t.Context(), seq, 10)
	require.NoError(t, err)
	require.Equal(t, seq, again)
}

// TestCommitThatIsOnOneMachine ends the wait for the standby, as an
// administrator can. The server then reports a success.
func TestCommitThatIsOnOneMachine(t *testing.T) {
	t.Parallel()
	primary, standby := startPair(t, true)
	s := open(t, pgtest.URL("postgres", primary, standby), postgres.WithTimeout(3*time.Second))
	insert(t, s, newKey("first"))
	standby.Freeze()
	t.Cleanup(standby.Thaw)
	written := make(chan error, 1)
	go func() {
		written <- s.Write(context.Background(), func(tx apikey.Tx) error { return tx.Insert(context.Background(), newKey("second")) })
	}()
	require.Eventually(t, func() bool {
		require.NoError(t, primary.Exec(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`))
		return len(written) > 0
	}, servertest.Patience, 20*time.Millisecond)
	err := <-written
	require.Equal(t, apikey.CodeUnavailable, apikey.ErrorCode(err), "%v", err)
	require.ErrorContains(t, err, "may or may not count")
	require.ErrorContains(t, err, "synchronous replication")

	err = s.Write(t.Context(), func(tx apikey.Tx) error { return tx.Insert(t.Context(), newKey("third")) })
	require.ErrorContains(t, err, "may or may not count", "and so does a wait that takes too long")
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// TestFrozenServer stops a server without ending its connections. Calls end
// within the time-out, and work again when it goes on.
func TestFrozenServer(t *testing.T) {
	t.Parallel()
	frozen := start(t)
	a, err := postgres.ParseAddress(frozen.URL("postgres"))
	require.NoError(t, err)
	s, err := postgres.Open(t.Context(), a, postgres.WithTimeout(time.Second))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	k := newKey("k")
	insert(t, s, k)
	frozen.Freeze()
	began := time.Now()
	for name, call := range map[string]func() error{
		"read": func() error { _, err := s.Key(t.Context(), 1, k.ID); return err },
		"feed": func() error { _, _, err := s.Changes(t.Context(), 0, 1); return err },
		"write": func() error {
			return s.Write(t.Context(), func(tx apikey.Tx) error { return tx.Update(t.Context(), k) })
		},
		"usage": func() error { return s.RecordUsage(t.Context(), apikey.UsageBatch{Uses: []apikey.KeyUsage{{}}}) },
	} {
		err := call()
		require.Equal(t, apikey.CodeUnavailable, apikey.ErrorCode(err), name)
	}
	require.Less(t, time.Since(began), servertest.Patience)
	frozen.Thaw()
	require.Eventually(t, func() bool { return s.Ping(t.Context()) == nil }, servertest.Patience, 20*time.Millisecond)
	require.NoError(t, s.Write(t.Context(), func(tx apikey.Tx) error { return tx.Update(t.Context(), k) }))
}

// TestPrimaryThatHangs stops the primary without ending it, and promotes the
// standby: the connections that lead to the one must not hold up the way to the
// other.
func TestPrimaryThatHangs(t *testing.T) {
	t.Parallel()
	primary, standby := startPair(t, true)
	s := open(t, pgtest.URL("postgres", primary, standby), postgres.WithTimeout(3*time.Second))
	k := newKey("k")
	insert(t, s, k)
	var readers sync.WaitGroup
	for range 8 { // fill the pool
		readers.Go(func() {
			for range 20 {
				if _, err := s.Key(t.Context(), 1, k.ID); err != nil {
					t.Error(err)
				}
			}
		})
	}
	readers.Wait()
	primary.Freeze()
	t.Cleanup(primary.Thaw)
	require.NoError(t, standby.Promote())
	began := time.Now()
	for {
		err := s.Write(t.Context(), func(tx apikey.Tx) error { return tx.Update(t.Context(), k) })
		if err == nil {
			break
		}
		t.Logf("after %s: %v", time.Since(began).Round(time.Millisecond), err)
		require.Less(t, time.Since(began), servertest.Patience)
	}
	t.Logf("changes go on after %s", time.Since(began).Round(time.Millisecond))
}

// TestErrorsOfFnComeBack sees that an error which only looks like one of the
// network is not taken for a reason to try again.
func TestErrorsOfFnComeBack(t *testing.T) {
	s := open(t, newDatabase(t))
	mine, runs := errors.New("unexpected EOF"), 0
	err := s.Write(t.Context(), func(apikey.Tx) error { runs++; return mine })
	require.Equal(t, mine, err)
	require.Equal(t, 1, runs)
	var known *apikey.Error
	err = s.Write(t.Context(), func(tx apikey.Tx) error { return tx.Insert(t.Context(), newKey(strings.Repeat("x", 3)+"\x00")) })
	require.ErrorAs(t, err, &known)
}
