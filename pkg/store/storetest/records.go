package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

func testGrants(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	grants := []apikey.Grant{
		{OrgID: 1, Role: apikey.RoleAgent},
		{OrgID: 1, Role: apikey.RoleAgent, Pool: "p"},
		{OrgID: 1, Role: apikey.RoleAgent, Endpoint: "e"},
		{OrgID: 1, Role: apikey.RoleAgent, Pool: "e"},
		{OrgID: 1, Role: apikey.RoleViewer},
		{OrgID: 2, Role: apikey.RoleAgent},
	}
	for range 2 { // the second time changes nothing
		for _, g := range grants {
			write(t, s, func(tx apikey.Tx) error { return tx.MarkIssued(t.Context(), g) })
		}
		write(t, other, func(tx apikey.Tx) error { // nor does twice in one transaction
			for _, g := range append(grants, grants...) {
				if err := tx.MarkIssued(t.Context(), g); err != nil {
					return err
				}
			}
			return nil
		})
		got, err := other.Issued(t.Context())
		require.NoError(t, err)
		require.ElementsMatch(t, grants, got)
	}
}

func testPeppers(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	peppers, err := s.Peppers(t.Context())
	require.NoError(t, err)
	require.Empty(t, peppers)
	first, second := apikey.NewPepper().Check(), apikey.NewPepper().Check()
	add := func(s apikey.Store, c apikey.PepperCheck) error {
		return s.Write(t.Context(), func(tx apikey.Tx) error { return tx.AddPepper(t.Context(), c) })
	}
	require.NoError(t, add(s, first))
	require.NoError(t, add(other, second))
	require.NoError(t, add(other, first))
	want := []apikey.PepperCheck{first, second}
	got, err := s.Peppers(t.Context())
	require.NoError(t, err)
	require.ElementsMatch(t, want, got)
	write(t, other, func(tx apikey.Tx) error {
		got, err := tx.Peppers(t.Context())
		require.NoError(t, err)
		require.ElementsMatch(t, want, got)
		return nil
	})

	forged := apikey.PepperCheck{ID: first.ID, Check: second.Check}
	require.Error(t, add(other, forged))
	got, err = s.Peppers(t.Context())
	require.NoError(t, err)
	require.ElementsMatch(t, want, got)
}

func testUsage(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	k, unused, gone := newKey(1, "k"), newKey(1, "unused"), newKey(2, "gone")
	insert(t, s, k, unused, gone)
	remove(t, s, gone)
	f := follow(other)
	f.load(t)
	record := func(s apikey.Store, uses ...apikey.KeyUsage) {
		t.Helper()
		require.NoError(t, s.RecordUsage(t.Context(), uses))
	}
	use := func(k *apikey.Key, count int64, at time.Time, from string) apikey.KeyUsage {
		return apikey.KeyUsage{KeyID: idOf(t, k), Usage: apikey.Usage{Count: count, LastAt: at, LastFrom: from}}
	}
	require.NoError(t, s.RecordUsage(t.Context(), nil))
	for _, step := range []struct {
		uses []apikey.KeyUsage
		want apikey.Usage
	}{
		{[]apikey.KeyUsage{use(k, 2, start, "192.0.2.1")}, apikey.Usage{Count: 2, LastAt: start, LastFrom: "192.0.2.1"}},
		{[]apikey.KeyUsage{use(k, 3, start.Add(time.Second), "2001:db8::1")}, apikey.Usage{Count: 5, LastAt: start.Add(time.Second), LastFrom: "2001:db8::1"}},
		{[]apikey.KeyUsage{use(k, 1, start.Add(time.Millisecond), "192.0.2.9")}, apikey.Usage{Count: 6, LastAt: start.Add(time.Second), LastFrom: "2001:db8::1"}},
		{[]apikey.KeyUsage{use(k, 1, start.Add(1500*time.Millisecond+time.Microsecond), "")}, apikey.Usage{Count: 7, LastAt: start.Add(1500 * time.Millisecond)}},
		{ // twice in one batch, and one that is gone
			[]apikey.KeyUsage{use(gone, 5, start, ""), use(k, 1, start.Add(3*time.Second), "b"), use(k, 1, start.Add(2*time.Second), "a")},
			apikey.Usage{Count: 9, LastAt: start.Add(3 * time.Second), LastFrom: "b"},
		},
	} {
		record(s, step.uses...)
		got, err := other.Key(t.Context(), 1, k.ID)
		require.NoError(t, err)
		equal(t, step.want, got.Usage)
		s, other = other, s
	}
	got, err := s.Key(t.Context(), 1, unused.ID)
	require.NoError(t, err)
	require.Zero(t, got.Usage)
	_, head, err := s.Changes(t.Context(), f.seq, 10)
	require.NoError(t, err)
	require.Equal(t, f.seq, head, "usage must not raise the change counter")
}

func testUsageConcurrent(t *testing.T, open Opener) {
	stores := []apikey.Store{open(t), open(t)}
	keys := []*apikey.Key{newKey(1, "a"), newKey(1, "b"), newKey(2, "c")}
	insert(t, stores[0], keys...)
	const recorders, rounds = 6, 20
	var group sync.WaitGroup
	for r := range recorders {
		group.Go(func() {
			for i := range rounds {
				uses := make([]apikey.KeyUsage, len(keys))
				for j, k := range keys {
					uses[j] = apikey.KeyUsage{KeyID: idOf(t, k), Usage: apikey.Usage{Count: 1, LastAt: start.Add(time.Duration(i*recorders+r) * time.Second)}}
				}
				if r%2 == 0 { // recorders need not agree on an order
					slices.Reverse(uses)
				}
				if err := stores[r%2].RecordUsage(t.Context(), uses); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	for _, k := range keys {
		got, err := stores[0].Key(t.Context(), k.OrgID, k.ID)
		require.NoError(t, err)
		equal(t, apikey.Usage{Count: recorders * rounds, LastAt: start.Add((recorders*rounds - 1) * time.Second)}, got.Usage)
	}
}

func testAudit(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	actions := []apikey.Action{
		apikey.ActionCreate, apikey.ActionUpdate, apikey.ActionEnable, apikey.ActionDisable, apikey.ActionRotate, apikey.ActionRevoke, apikey.ActionDelete,
	}
	var want []apikey.AuditEntry // newest first
	for i := range 25 {
		e := apikey.AuditEntry{
			OrgID: 1 + int64(i%5/4), At: start.Add(time.Duration(i) * time.Millisecond), Actor: fmt.Sprintf("actor ä %d", i), From: "192.0.2.1",
			Action: actions[i%len(actions)], KeyID: fmt.Sprintf("key%09d", i%3), KeyName: "Ä 'n' %", Detail: "name from \"a\" to \"b\"",
		}
		if i%2 == 1 {
			e.From, e.Detail = "", ""
		}
		write(t, s, func(tx apikey.Tx) error { return tx.AppendAudit(t.Context(), &e) })
		require.Positive(t, e.ID)
		want = append([]apikey.AuditEntry{e}, want...)
	}
	pages := func(q apikey.AuditQuery) (got []apikey.AuditEntry) {
		for {
			page, err := other.Audit(t.Context(), q)
			require.NoError(t, err)
			require.LessOrEqual(t, len(page), q.Limit)
			got = append(got, page...)
			if len(page) < q.Limit {
				return got
			}
			q.Before = page[len(page)-1].ID
		}
	}
	for _, limit := range []int{1, 2, 5, 7, 100} {
		for _, q := range []apikey.AuditQuery{{OrgID: 1}, {OrgID: 2}, {OrgID: 1, KeyID: "key000000001"}, {OrgID: 1, KeyID: "other"}, {OrgID: 3}} {
			q.Limit = limit
			described := slices.DeleteFunc(slices.Clone(want), func(e apikey.AuditEntry) bool {
				return e.OrgID != q.OrgID || q.KeyID != "" && e.KeyID != q.KeyID
			})
			equal(t, described, pages(q))
		}
	}
}
