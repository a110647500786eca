package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

func fullNotice(id string) apikey.Notice {
	return apikey.Notice{
		ID: id, OrgID: 1, At: start, Event: apikey.EventEnding, KeyID: "4fjK2n0qPz7a", KeyName: "edge Ä",
		Owner: "sre@example.com", Title: "T", Text: "Two\nlines", Data: `{"a":1}`, Cause: "7d/1",
		Lasts: start.Add(time.Hour), Digest: true, Channel: "webhook", ChannelID: "webhook-1", To: "https://example.com",
		State: apikey.NoticePending, Since: start, NextAt: start,
	}
}

func addNotices(t tester, s apikey.Store, notices ...apikey.Notice) {
	t.Helper()
	write(t, s, func(tx apikey.Tx) error { return tx.AddNotices(t.Context(), notices) })
}

func testNotices(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	full, theirs, servers := fullNotice("a"), fullNotice("b"), fullNotice("c")
	theirs.OrgID, theirs.At = 2, start.Add(time.Second)
	servers.OrgID, servers.KeyID, servers.At, servers.Lasts = 0, "", start.Add(2*time.Second), time.Time{}
	addNotices(t, s, full, theirs)
	addNotices(t, other, servers, full)
	list := func(q apikey.NoticeQuery) []apikey.Notice {
		t.Helper()
		q.Limit = max(q.Limit, 1)
		if q.Limit == 1 && q.After == nil {
			q.Limit = 10
		}
		found, err := other.Notices(t.Context(), q)
		require.NoError(t, err)
		return found
	}
	equal(t, []apikey.Notice{full}, list(apikey.NoticeQuery{OrgID: 1}))
	equal(t, []apikey.Notice{servers, full}, list(apikey.NoticeQuery{OrgID: 1, Server: true}))
	equal(t, []apikey.Notice{servers, theirs, full}, list(apikey.NoticeQuery{Anybody: true}))
	equal(t, []apikey.Notice{theirs}, list(apikey.NoticeQuery{OrgID: 2, KeyID: theirs.KeyID}))
	equal(t, []apikey.Notice{full}, list(apikey.NoticeQuery{OrgID: 1, Server: true, ChannelID: "webhook-1", LastsTill: start}))
	require.Empty(t, list(apikey.NoticeQuery{OrgID: 1, LastsTill: full.Lasts}))
	require.Empty(t, list(apikey.NoticeQuery{OrgID: 1, State: apikey.NoticeFailed}))
	require.Empty(t, list(apikey.NoticeQuery{OrgID: 1, KeyID: "none"}))
	after := &apikey.NoticePosition{At: servers.At, ID: servers.ID}
	equal(t, []apikey.Notice{theirs}, list(apikey.NoticeQuery{Anybody: true, After: after}))

	require.Error(t, s.Write(t.Context(), func(tx apikey.Tx) error {
		require.NoError(t, tx.AddNotices(t.Context(), []apikey.Notice{fullNotice("undone")}))
		return fmt.Errorf("no")
	}))
	require.Len(t, list(apikey.NoticeQuery{Anybody: true}), 3, "a notice goes with the change that it follows from")
}

func testClaimNotices(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	late, elsewhere := fullNotice("b"), fullNotice("c")
	late.NextAt, elsewhere.ChannelID = start.Add(time.Hour), "webhook-2"
	addNotices(t, s, fullNotice("a"), late, elsewhere)
	claim := func(s apikey.Store, server string, now time.Time) (ids []string) {
		t.Helper()
		list, err := s.ClaimNotices(t.Context(), apikey.NoticeClaim{Server: server, Channels: []string{"webhook-1"},
			Now: now, Until: now.Add(time.Minute), Limit: 10})
		require.NoError(t, err)
		for _, n := range list {
			ids = append(ids, n.ID)
		}
		return ids
	}
	require.Empty(t, claim(s, "one", start.Add(-time.Millisecond)))
	require.Equal(t, []string{"a"}, claim(s, "one", start))
	require.Empty(t, claim(other, "two", start.Add(59*time.Second)), "one has it")
	require.Equal(t, []string{"a"}, claim(other, "two", start.Add(time.Minute)), "one is gone")

	settled := fullNotice("a")
	settled.State, settled.Attempts, settled.Error = apikey.NoticePending, 1, "refused"
	settled.NextAt = start.Add(2 * time.Hour)
	require.NoError(t, s.SettleNotices(t.Context(), "one", []apikey.Notice{settled}))
	require.Empty(t, claim(s, "one", start.Add(61*time.Second)), "it is not one's any more")
	require.NoError(t, other.SettleNotices(t.Context(), "two", []apikey.Notice{settled}))
	require.Equal(t, []string{"b"}, claim(s, "one", start.Add(time.Hour)))
	require.Equal(t, []string{"a"}, claim(s, "one", start.Add(2*time.Hour))[:1])
	settled.State, settled.DeliveredAt, settled.Error = apikey.NoticeDelivered, start.Add(2*time.Hour), ""
	require.NoError(t, s.SettleNotices(t.Context(), "nobody", []apikey.Notice{settled}), "what arrived has arrived")
	list, err := s.Notices(t.Context(), apikey.NoticeQuery{OrgID: 1, State: apikey.NoticeDelivered, Limit: 10})
	require.NoError(t, err)
	equal(t, []apikey.Notice{settled}, list)

	now := start.Add(3 * time.Hour)
	_, err = s.RetryNotice(t.Context(), 2, true, "a", now)
	requireCode(t, apikey.CodeNotFound, err)
	_, err = s.RetryNotice(t.Context(), 1, false, "none", now)
	requireCode(t, apikey.CodeNotFound, err)
	again, err := s.RetryNotice(t.Context(), 1, false, "a", now)
	require.NoError(t, err)
	want := fullNotice("a")
	want.Since, want.NextAt, want.Digest = now, now, false
	equal(t, &want, again)
	require.Contains(t, claim(other, "two", now), "a")
}

// testClaimNoticesOnce lets many ask at once: each notice goes to one of them.
func testClaimNoticesOnce(t *testing.T, open Opener) {
	s := open(t)
	var notices []apikey.Notice
	for i := range 100 {
		notices = append(notices, fullNotice(fmt.Sprintf("n%02d", i)))
	}
	addNotices(t, s, notices...)
	var mu sync.Mutex
	got := map[string]int{}
	var asking sync.WaitGroup
	for i := range 4 {
		mine := open(t)
		asking.Go(func() {
			for {
				list, err := mine.ClaimNotices(t.Context(), apikey.NoticeClaim{Server: fmt.Sprint(i), Channels: []string{"webhook-1"}, Now: start, Until: start.Add(time.Minute), Limit: 7})
				if err != nil || len(list) == 0 {
					mu.Lock()
					if err != nil {
						t.Errorf("claim: %v", err)
					}
					mu.Unlock()
					return
				}
				mu.Lock()
				for _, n := range list {
					got[n.ID]++
				}
				mu.Unlock()
			}
		})
	}
	asking.Wait()
	// Who finds nothing because others hold the rest for a moment has ended; nothing is left in any case.
	left, err := s.ClaimNotices(t.Context(), apikey.NoticeClaim{Server: "last", Channels: []string{"webhook-1"}, Now: start, Until: start.Add(time.Minute), Limit: 100})
	require.NoError(t, err)
	for _, n := range left {
		got[n.ID]++
	}
	require.Len(t, got, 100)
	for id, n := range got {
		require.Equal(t, 1, n, id)
	}
}

func testForgetNotices(t *testing.T, open Opener) {
	s := open(t)
	for i := range 10 {
		n := fullNotice(fmt.Sprintf("n%d", i))
		n.At = start.Add(time.Duration(i) * time.Hour)
		n.Since = n.At
		n.NextAt = n.At
		if i%2 == 0 {
			n.State = apikey.NoticeDelivered
		}
		addNotices(t, s, n)
	}
	forget := func(limit int) (int64, int64) {
		t.Helper()
		removed, unsent, err := s.ForgetNotices(t.Context(), apikey.NoticeCleanup{Before: start.Add(2 * time.Hour), Keep: 5,
			Stale: start.Add(7 * time.Hour), Now: start.Add(9 * time.Hour), Limit: limit})
		require.NoError(t, err)
		return removed, unsent
	}
	write(t, s, func(tx apikey.Tx) error { return tx.Note(t.Context(), "", "old", "x", start) })
	write(t, s, func(tx apikey.Tx) error { return tx.Note(t.Context(), "", "new", "x", start.Add(2*time.Hour)) })
	removed, unsent := forget(3)
	require.Equal(t, []int64{3, 0}, []int64{removed, unsent}, "in pieces, those first that failed for want of a channel")
	removed, _ = forget(100)
	require.Equal(t, int64(2), removed)
	left, err := s.Notices(t.Context(), apikey.NoticeQuery{OrgID: 1, Limit: 100})
	require.NoError(t, err)
	require.Len(t, left, 5)
	require.Equal(t, apikey.NoticePending, left[0].State)
	require.Equal(t, apikey.NoticePending, left[2].State)
	require.Equal(t, apikey.NoticeFailed, left[4].State)
	require.Contains(t, left[4].Error, "no server")
	write(t, s, func(tx apikey.Tx) error {
		for kind, want := range map[string]string{"old": "", "new": "x"} {
			got, err := tx.Noted(t.Context(), "", kind)
			require.NoError(t, err)
			require.Equal(t, want, got, kind)
		}
		return nil
	})
}

func testNotes(t *testing.T, open Opener) {
	s := open(t)
	k := newKey(1, "k")
	insert(t, s, k)
	write(t, s, func(tx apikey.Tx) error {
		for _, value := range []string{"", "one", "two"} {
			got, err := tx.Noted(t.Context(), k.ID, "kind")
			require.NoError(t, err)
			require.Equal(t, value, got)
			next := map[string]string{"": "one", "one": "two", "two": "three"}[value]
			require.NoError(t, tx.Note(t.Context(), k.ID, "kind", next, start))
		}
		return tx.Note(t.Context(), "", "kind", "the server's", start)
	})
	remove(t, s, k)
	write(t, s, func(tx apikey.Tx) error {
		got, err := tx.Noted(t.Context(), k.ID, "kind")
		require.NoError(t, err)
		require.Empty(t, got, "it goes with the key")
		got, err = tx.Noted(t.Context(), "", "kind")
		require.NoError(t, err)
		require.Equal(t, "the server's", got)
		return nil
	})
}

func testKeysToTellOf(t *testing.T, open Opener) {
	s := open(t)
	at := func(n int) time.Time { return start.Add(time.Duration(n) * time.Hour) }
	var keys []*apikey.Key
	for i := range 6 {
		k := newKey(int64(1+i%2), fmt.Sprint("k", i))
		k.ExpiresAt = at(i)
		keys = append(keys, k)
	}
	keys[5].ExpiresAt = time.Time{}
	keys[3].RevokedAt = start
	keys[2].CreatedAt = at(1)
	insert(t, s, keys...)
	names := func(list []*apikey.Key, err error) (names []string) {
		t.Helper()
		require.NoError(t, err)
		for _, k := range list {
			require.NotEmpty(t, k.Tokens)
			names = append(names, k.Name)
		}
		return names
	}
	ctx := t.Context()
	require.Equal(t, []string{"k1", "k2"}, names(s.EndingKeys(ctx, start, at(3), 0, 10)), "of all organizations, not after the last moment")
	require.Equal(t, []string{"k1"}, names(s.EndingKeys(ctx, start, at(9), 0, 1)))
	require.Equal(t, []string{"k2", "k4"}, names(s.EndingKeys(ctx, start, at(9), keys[1].Number, 9)))

	require.Equal(t, []string{"k1", "k4", "k5"}, names(s.UnusedKeys(ctx, start, start, 0, 9)), "those that are active, and old enough")
	require.NoError(t, s.RecordUsage(ctx, apikey.UsageBatch{Uses: []apikey.KeyUsage{{KeyID: idOf(t, keys[1]), Usage: apikey.Usage{Count: 1, LastAt: at(2)}}}}))
	require.Equal(t, []string{"k4", "k5"}, names(s.UnusedKeys(ctx, start, start, 0, 9)))
	write(t, s, func(tx apikey.Tx) error {
		return tx.Note(ctx, keys[4].ID, "unused", fmt.Sprint(start.UnixMilli()), start)
	})
	require.Equal(t, []string{"k5"}, names(s.UnusedKeys(ctx, start, start, 0, 9)), "it was told of")
	require.NoError(t, s.RecordUsage(ctx, apikey.UsageBatch{Uses: []apikey.KeyUsage{{KeyID: idOf(t, keys[4]), Usage: apikey.Usage{Count: 1, LastAt: at(1)}}}}))
	require.Equal(t, []string{"k2", "k4", "k5"}, names(s.UnusedKeys(ctx, at(1), at(1), 0, 9)), "used since, and unused again")
}
