package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// calls returns a call of every method that takes a context, by name.
func calls(s apikey.Store, k *apikey.Key) map[string]func(ctx context.Context) error {
	query := apikey.Query{OrgID: 1, Limit: 10, Now: start}
	search := query
	search.Search = "k"
	return map[string]func(ctx context.Context) error{
		"Key":         func(ctx context.Context) error { _, err := s.Key(ctx, 1, k.ID); return err },
		"Keys":        func(ctx context.Context) error { _, err := s.Keys(ctx, query); return err },
		"Keys search": func(ctx context.Context) error { _, err := s.Keys(ctx, search); return err },
		"CountKeys":   func(ctx context.Context) error { _, err := s.CountKeys(ctx, query); return err },
		"Audit": func(ctx context.Context) error {
			_, err := s.Audit(ctx, apikey.AuditQuery{OrgID: 1, Limit: 10})
			return err
		},
		"Write": func(ctx context.Context) error {
			return s.Write(ctx, func(tx apikey.Tx) error { return tx.Update(ctx, k) })
		},
		"RecordUsage": func(ctx context.Context) error {
			return s.RecordUsage(ctx, apikey.UsageBatch{Uses: []apikey.KeyUsage{{}}})
		},
		"UsageByDay": func(ctx context.Context) error {
			_, err := s.UsageByDay(ctx, 1, k.ID, apikey.DayOf(start), apikey.DayOf(start))
			return err
		},
		"ForgetUsage": func(ctx context.Context) error {
			_, err := s.ForgetUsage(ctx, apikey.DayOf(start),
				1)
			return err
		},
		"Peppers": func(ctx context.Context) error { _, err := s.Peppers(ctx); return err },
		"Ping":    s.Ping,
		"Load": func(ctx context.Context) error {
			_, err := s.Load(ctx, apikey.Scope{}, func([]apikey.Record) {})
			return err
		},
		"Changes": func(ctx context.Context) error { _, _, err := s.Changes(ctx, 0, 10); return err },
		"Issued":  func(ctx context.Context) error { _, err := s.Issued(ctx); return err },
	}
}

func testCancelled(t *testing.T, open Opener) {
	s := open(t)
	k := newKey(1, "k")
	insert(t, s, k)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range calls(s, k) {
		require.NoError(t, call(t.Context()), name)
		err := call(cancelled)
		require.ErrorIs(t, err, context.Canceled, name)
		requireCode(t, apikey.CodeUnavailable, err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	_, before, err := s.Changes(t.Context(), 0, 1)
	require.NoError(t, err)
	err = s.Write(ctx, func(tx apikey.Tx) error { // that is cancelled in the middle
		defer cancel()
		return tx.Insert(ctx, newKey(1, "cancelled"))
	})
	require.ErrorIs(t, err, context.Canceled)
	requireCode(t, apikey.CodeUnavailable, err)
	_, head, err := s.Changes(t.Context(), 0, 1)
	require.NoError(t, err)
	require.Equal(t, before, head)
	insert(t, s, newKey(1, "cancelled"))
}

func testCancelledWait(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	k := newKey(1, "k")
	insert(t, s, k)
	held, release := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- s.Write(t.Context(), func(tx apikey.Tx) error {
			err := tx.Update(t.Context(), k)
			close(held)
			<-release
			return err
		})
	}()
	<-held
	for _, waiting := range []apikey.Store{s, other} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		began := time.Now()
		err := waiting.Write(ctx, func(tx apikey.Tx) error { return tx.Update(ctx, k) })
		require.ErrorIs(t, err, context.DeadlineExceeded)
		requireCode(t, apikey.CodeUnavailable, err)
		require.Less(t, time.Since(began), patience)
		cancel()
		_, err = waiting.Key(t.Context(), 1, k.ID) // reading does not wait
		require.NoError(t, err)
	}
	close(release)
	require.NoError(t, <-ended)
	update(t, other, k)
}

func testClose(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	k := newKey(1, "k")
	held, release := make(chan struct{}), make(chan struct{})
	written, closed := make(chan error, 1), make(chan error, 1)
	go func() {
		written <- s.Write(t.Context(), func(tx apikey.Tx) error {
			close(held)
			<-release
			return tx.Insert(t.Context(), k)
		})
	}()
	watched := make(chan error, 1)
	go func() { watched <- s.Watch(t.Context(), func() {}) }()
	<-held
	go func() { closed <- s.Close() }()
	select {
	case err := <-closed:
		require.Fail(t, "close must wait for the transaction", "%v", err)
	case <-time.After(100 * time.Millisecond):
	}
	close(release)
	require.NoError(t, <-written)
	require.NoError(t, <-closed)
	require.Error(t, <-watched)
	require.NoError(t, s.Close(), "closing again is no error")
	for name, call := range calls(s, k) {
		requireCode(t, apikey.CodeUnavailable, call(t.Context()))
		require.NotErrorIs(t, call(t.Context()), context.Canceled, name)
	}
	equal(t, []*apikey.Key{k}, all(t, other, 1))
}

func testEngine(t *testing.T, open Opener) {
	s := open(t)
	require.Regexp(t, `^\w+ \d+\.\d+`, s.Engine())
	require.NoError(t, s.Ping(t.Context()))
}
