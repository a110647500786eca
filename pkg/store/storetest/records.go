package storetest

import (
	"fmt"
	"slices"
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
		for _, q := range []apikey.AuditQuery{{OrgID: 1}, {OrgID: 2}, {OrgID: 1, KeyID: "key000000001"}, {OrgID: 1, KeyID: "other"}, {OrgID: 3},
			{OrgID: 1, Action: apikey.ActionRotate}, {OrgID: 1, Actor: "actor ä 7"}, {OrgID: 1, Actor: "actor"}, {OrgID: 1, Since: start.Add(10 * time.Millisecond)},
			{OrgID: 1, KeyID: "key000000001", Action: apikey.ActionCreate, Since: start.Add(time.Millisecond)}, {OrgID: 1, Actor: "\xff\x00"},
		} {
			q.Limit = limit
			described := slices.DeleteFunc(slices.Clone(want), func(e apikey.AuditEntry) bool {
				return e.OrgID != q.OrgID || q.KeyID != "" && e.KeyID != q.KeyID ||
					q.Action != "" && e.Action != q.Action || q.Actor != "" && e.Actor != q.Actor || e.At.Before(q.Since)
			})
			equal(t, described, pages(q))
		}
	}
}
