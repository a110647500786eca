package notice_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
)

// failing is a store that can be away, or full.
type failing struct {
	apikey.Store
	fail *error
}

func (f failing) Write(ctx context.Context, fn func(apikey.Tx) error) error {
	if *f.fail != nil {
		return *f.fail
	}
	return f.Store.Write(ctx, fn)
}

func (f failing) isAway() error {
	if e, ok := errors.AsType[*apikey.Error](*f.fail); ok && !e.Unwritable {
		return e
	}
	return nil
}

func (f failing) Changes(ctx context.Context, seq int64, limit int) ([]apikey.Change, int64, error) {
	if err := f.isAway(); err != nil {
		return nil, 0, err
	}
	return f.Store.Changes(ctx, seq, limit)
}

func (f failing) ClaimNotices(ctx context.Context, c apikey.NoticeClaim) ([]apikey.Notice, error) {
	if *f.fail != nil {
		return nil, *f.fail
	}
	return f.Store.ClaimNotices(ctx, c)
}

// TestTroubles tells of a store that is away or full, and of a closed gate, as
// long as that cannot be written down, and writes it down later.
func TestTroubles(t *testing.T) {
	inner, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "keys.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, inner.Close()) })
	r := newReceiver(t)
	var fault error
	w := worldOn(t, config(r.channel(t)), failing{inner, &fault}, newClock())
	step := func(d time.Duration, closed string) {
		w.clock.pass(d)
		w.Look(t.Context(), closed)
		w.Observe(t.Context())
		w.Deliver(t.Context())
	}
	stored := func() []apikey.Notice {
		list, err := inner.Notices(t.Context(), apikey.NoticeQuery{OrgID: 1, Server: true, Limit: 100})
		require.NoError(t, err)
		return list
	}
	step(time.Second, "")
	require.Empty(t, r.take())

	// Away: not for a hiccup, and once.
	fault = apikey.Unavailable("read", errors.New("connection refused"))
	step(time.Second, "")
	step(5*time.Second, "")
	require.Empty(t, r.take())
	fault = nil
	step(time.Second, "")
	fault = apikey.Unavailable("read", errors.New("connection refused"))
	for range 30 {
		step(time.Second, "")
	}
	require.Equal(t, []apikey.Event{apikey.EventStoreAway}, events(r.take()))
	for range 30 {
		step(time.Second, "the store was not heard of")
	}
	got := r.take()
	require.Equal(t, []apikey.Event{apikey.EventGateClosed}, events(got))
	require.Contains(t, got[0].Data.Text, "the store was not heard of")
	require.Empty(t, stored())
	fault = nil
	step(time.Second, "")
	step(time.Second, "")
	require.Empty(t, r.take(), "it is back, which is no news here")
	require.Len(t, stored(), 2, "what was told is on record now")
	for _, one := range stored() {
		require.Equal(t, apikey.NoticeDelivered, one.State)
		require.Zero(t, one.OrgID)
	}

	// Full, while the receiver is away as well: it is kept, and arrives.
	r.answer(500)
	full := &apikey.Error{Code: apikey.CodeUnavailable, Message: "The disk of the key store is full.", Unwritable: true}
	fault = full
	id, _ := apikey.ParseID("4fjK2n0qPz7a")
	require.NoError(t, w.store.RecordLate(t.Context(), []apikey.Late{{KeyID: id}}), "this one went through")
	require.Error(t, w.store.Write(t.Context(), func(apikey.Tx) error { return nil }))
	step(time.Second, "")
	require.Equal(t, []apikey.Event{apikey.EventStoreFull}, events(r.take()))
	r.answer(200)
	step(10*time.Second, "")
	got = r.take()
	require.Equal(t, []apikey.Event{apikey.EventStoreFull}, events(got))
	require.Equal(t, "The disk of the key store is full.", got[0].Data.Reason)
	step(time.Minute, "")
	require.Empty(t, r.take())
	fault = nil
	step(time.Second, "")
	step(time.Second, "")
	require.Len(t, stored(), 3)
	require.Equal(t, 2, stored()[0].Attempts)

	// Once more is news again.
	fault = full
	require.Error(t, w.store.Write(t.Context(), func(apikey.Tx) error { return nil }))
	step(time.Second, "")
	require.Len(t, r.take(), 1)
	// The server stops before the store and the receiver are back: nothing more can be done, but it says so.
	fault = nil
	require.NoError(t, w.Flush(t.Context()))
	step(time.Second, "")
	fault = full
	r.answer(500)
	require.Error(t, w.store.Write(t.Context(), func(apikey.Tx) error { return nil }))
	step(time.Second, "")
	require.NoError(t, w.Flush(t.Context()))
	require.Contains(t, w.log.String(), "a notice could be neither delivered nor written down")
}
