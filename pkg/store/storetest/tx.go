package storetest

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// everything is a transaction that uses all that changes something.
func everything(t tester, tx apikey.Tx, changed, deleted *apikey.Key) {
	ctx := t.Context()
	require.NoError(t, tx.Insert(ctx, newKey(1, "inserted")))
	renamed := changed.Clone()
	renamed.Name = "renamed"
	require.NoError(t, tx.Update(ctx, renamed))
	require.NoError(t, tx.Delete(ctx, deleted))
	require.NoError(t, tx.AppendAudit(ctx,
		&apikey.AuditEntry{OrgID: 1, At: start, Action: apikey.ActionUpdate, KeyID: changed.ID}))
	require.NoError(t, tx.MarkIssued(ctx, apikey.Grant{OrgID: 1, Role: apikey.RoleAgent}))
	require.NoError(t, tx.AddPepper(ctx, apikey.PepperCheck{ID: "pepper"}))
	added, err := tx.AddPool(ctx, &apikey.Pool{OrgID: 1, Name: "pool"})
	require.NoError(t, err)
	require.True(t, added, "the pool was there")
	first, err := tx.MarkImported(ctx, 1, "mark")
	require.NoError(t, err)
	require.True(t, first, "the mark was there") // also when the transaction before was undone
}

// requireUndone fails unless a store is as it was before everything.
func requireUndone(t *testing.T, s apikey.Store, before *followed, keys ...*apikey.Key) {
	t.Helper()
	ctx := t.Context()
	equal(t, keys, all(t, s, 1))
	changes, head, err := s.Changes(ctx, before.seq, 10)
	require.NoError(t, err)
	require.Empty(t, changes)
	require.Equal(t, before.seq, head)
	trail, err := s.Audit(ctx, apikey.AuditQuery{OrgID: 1, Limit: 10})
	require.NoError(t, err)
	require.Empty(t, trail)
	grants, err := s.Issued(ctx)
	require.NoError(t, err)
	require.Empty(t, grants)
	peppers, err := s.Peppers(ctx)
	require.NoError(t, err)
	require.Empty(t, peppers)
	pools, err := s.Pools(ctx, 1, start)
	require.NoError(t, err)
	require.Empty(t, pools)
	found, err := s.Keys(ctx, apikey.Query{OrgID: 1, Search: "inserted", Limit: 10, Now: start})
	require.NoError(t, err)
	require.Empty(t, found)
}

func testErrorUndoes(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	changed, deleted := newKey(1, "changed"), newKey(1, "deleted")
	insert(t, s, changed, deleted)
	before := follow(other)
	before.load(t)

	mine := errors.New("mine")
	err := s.Write(t.Context(), func(tx apikey.Tx) error {
		everything(t, tx, changed, deleted)
		return mine
	})
	require.Equal(t, mine, err, "an error of fn must come back unchanged")
	requireUndone(t, other, before, changed, deleted)

	err = s.Write(t.Context(), func(tx apikey.Tx) error {
		everything(t, tx, changed, deleted)
		return tx.Insert(t.Context(), newKey(1, "inserted"))
	})
	requireCode(t, apikey.CodeDuplicateName, err)
	requireUndone(t, other, before, changed, deleted)

	write(t, s, func(tx apikey.Tx) error { everything(t, tx, changed, deleted); return nil })
	require.Len(t, all(t, other, 1), 2)
	changes, _, err := other.Changes(t.Context(), before.seq, 10)
	require.NoError(t, err)
	require.Len(t, changes, 3)
}

func testPanicUndoes(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	changed, deleted := newKey(1, "changed"), newKey(1, "deleted")
	insert(t, s, changed, deleted)
	before := follow(other)
	before.load(t)
	require.PanicsWithValue(t, "mine", func() {
		_ = s.Write(t.Context(), func(tx apikey.Tx) error {
			everything(t, tx, changed, deleted)
			panic("mine")
		})
	})
	requireUndone(t, other, before, changed, deleted)
	insert(t, s, newKey(1, "goes on"))
	insert(t, other, newKey(1, "for all"))
}

func testSerial(t *testing.T, open Opener) {
	stores := []apikey.Store{open(t), open(t), open(t)}
	k := newKey(1, "counter")
	k.Description = "0"
	insert(t, stores[0], k)
	const writers, rounds = 6, 15
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for range rounds {
				err := stores[w%len(stores)].Write(t.Context(), func(tx apikey.Tx) error {
					k, err := tx.Key(t.Context(), 1, k.ID)
					if err != nil {
						return err
					}
					n, err := strconv.Atoi(k.Description)
					if err != nil {
						return err
					}
					k.Description = strconv.Itoa(n + 1)
					return tx.Update(t.Context(), k)
				})
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
				}
			}
		})
	}
	group.Wait()
	got, err := stores[0].Key(t.Context(), 1, k.ID)
	require.NoError(t, err)
	require.Equal(t, fmt.Sprint(writers*rounds), got.Description)
}

func testOwnChanges(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	k := newKey(1, "k")
	write(t, s, func(tx apikey.Tx) error {
		require.NoError(t, tx.Insert(t.Context(), k))
		got, err := tx.Key(t.Context(), 1, k.ID)
		require.NoError(t, err)
		equal(t, k, got)
		_, err = other.Key(t.Context(), 1, k.ID) // nobody else sees it yet
		requireCode(t, apikey.CodeNotFound, err)
		_, head, err := other.Changes(t.Context(), 0, 10)
		require.NoError(t, err)
		require.Zero(t, head)

		first := k.Seq
		k.Name = "renamed"
		require.NoError(t, tx.Update(t.Context(), k))
		require.Greater(t, k.Seq, first)
		got, err = tx.Key(t.Context(), 1, k.ID)
		require.NoError(t, err)
		equal(t, k, got)
		return nil
	})
	got, err := other.Key(t.Context(), 1, k.ID)
	require.NoError(t, err)
	equal(t, k, got)

	write(t, s, func(tx apikey.Tx) error { // comes and goes
		k := newKey(1, "short-lived")
		require.NoError(t, tx.Insert(t.Context(), k))
		return tx.Delete(t.Context(), k)
	})
	f := follow(other)
	f.catchUp(t, 10)
	f.requireKeys(t, []*apikey.Key{k})
}

func testOtherUsableAdmin(t *testing.T, open Opener) {
	s := open(t)
	at := start
	other := func(id string) (found bool) {
		write(t, s, func(tx apikey.Tx) (err error) {
			found, err = tx.OtherUsableAdmin(t.Context(), 1, id, start, at)
			return err
		})
		return found
	}
	require.False(t, other(""))
	admin := func(org int64, name string, change func(k *apikey.Key)) *apikey.Key {
		k := newKey(org, name)
		k.Role = apikey.RoleAdmin
		change(k)
		insert(t, s, k)
		require.Equal(t, name == "usable", k.UsableAdmin(start))
		return k
	}
	admin(1, "editor", func(k *apikey.Key) { k.Role = apikey.RoleEditor })
	admin(1, "disabled", func(k *apikey.Key) { k.Enabled = false })
	admin(1, "disabled for a while",
		func(k *apikey.Key) { k.Enabled, k.DisabledUntil = false, start.Add(time.Millisecond) })
	admin(1, "revoked", func(k *apikey.Key) { k.RevokedAt = start })
	admin(1, "expired", func(k *apikey.Key) { k.ExpiresAt = start })
	admin(1, "for an endpoint", func(k *apikey.Key) { k.Endpoints = []string{"kuma"} })
	admin(2, "usable", func(*apikey.Key) {})
	require.False(t, other(""))
	k := admin(1, "usable", func(k *apikey.Key) { k.ExpiresAt = start.Add(time.Millisecond) })
	require.True(t, other(""))
	require.False(t, other(k.ID))
	at = start.Add(time.Millisecond)
	require.False(t, other(""), "it ends before, and another is enabled only then")
	k.ExpiresAt, k.Enabled, k.DisabledUntil = time.Time{}, false, start
	update(t, s, k)
	require.True(t, other("somebody"), "it is enabled again by itself")
}

func testUntouched(t *testing.T, open Opener) {
	s := open(t)
	untouched := func(org int64) (is bool) {
		write(t, s, func(tx apikey.Tx) (err error) {
			is, err = tx.Untouched(t.Context(), org)
			return err
		})
		return is
	}
	require.True(t, untouched(1))
	k := newKey(1, "k")
	insert(t, s, k)
	require.False(t, untouched(1))
	require.True(t, untouched(2))
	write(t, s, func(tx apikey.Tx) error {
		return tx.AppendAudit(t.Context(),
			&apikey.AuditEntry{OrgID: 1, At: start, Action: apikey.ActionDelete, KeyID: k.ID})
	})
	remove(t, s, k)
	require.False(t, untouched(1))
	require.True(t, untouched(2))
}
