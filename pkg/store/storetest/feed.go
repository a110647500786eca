package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// testFeedProperty lets replicas follow random changes of several processes
// and compares them with a model that sees the changes themselves.
func testFeedProperty(t *testing.T, open Opener) {
	stores := []apikey.Store{open(t), open(t)}
	rapid.Check(t, func(r *rapid.T) {
		for org := range int64(3) { // a round that failed has left its keys
			for _, k := range all(r, stores[0], org+1) {
				remove(r, stores[0], k)
			}
		}
		model := map[string]*apikey.Key{}
		var ids []string // of the model, in a fixed order
		replicas := []*followed{follow(stores[0]), follow(stores[1])}
		for _, f := range replicas {
			f.load(r)
		}
		store := func(r *rapid.T) apikey.Store { return rapid.SampledFrom(stores).Draw(r, "store") }
		replica := func(r *rapid.T) *followed { return rapid.SampledFrom(replicas).Draw(r, "replica") }
		pick := func(r *rapid.T) *apikey.Key {
			if len(ids) == 0 {
				r.Skip("no keys yet")
			}
			return model[rapid.SampledFrom(ids).Draw(r, "key")]
		}
		named := 0
		name := func() string { named++; return fmt.Sprint("key ", named) }
		r.Repeat(map[string]func(*rapid.T){
			"insert": func(r *rapid.T) {
				k := newKey(rapid.Int64Range(1, 3).Draw(r, "org"), name())
				insert(r, store(r), k)
				model[k.ID], ids = k, append(ids, k.ID)
			},
			"update": func(r *rapid.T) {
				old, k := pick(r), fullKey(name())
				k.ID, k.Number, k.OrgID = old.ID, old.Number, old.OrgID
				update(r, store(r), k)
				model[k.ID] = k
			},
			"delete": func(r *rapid.T) {
				k := pick(r)
				remove(r, store(r), k)
				delete(model, k.ID)
				ids = slices.DeleteFunc(ids, func(id string) bool { return id == k.ID })
			},
			"several at once": func(r *rapid.T) {
				first, second := pick(r).Clone(), newKey(2, name())
				first.Pool = "moved"
				write(r, store(r), func(tx apikey.Tx) error {
					if err := tx.Update(r.Context(), first); err != nil {
						return err
					}
					return tx.Insert(r.Context(), second)
				})
				model[first.ID], model[second.ID], ids = first, second, append(ids, second.ID)
			},
			"catch up": func(r *rapid.T) {
				f := replica(r)
				f.catchUp(r, rapid.IntRange(1, 5).Draw(r, "limit"))
				f.requireKeys(r, values(model))
			},
			"load": func(r *rapid.T) {
				f := replica(r)
				f.load(r)
				f.requireKeys(r, values(model))
			},
		})
	})
}

func values(m map[string]*apikey.Key) []*apikey.Key {
	list := make([]*apikey.Key, 0, len(m))
	for _, k := range m {
		list = append(list, k)
	}
	return list
}

// churn inserts, changes and deletes keys on a store until it is stopped or
// has done so often enough. It reports the number of every committed change.
func churn(
	ctx context.Context, t tester, s apikey.Store, writer, rounds int, committed func(k *apikey.Key, deleted bool),
) {
	random := rand.New(rand.NewPCG(uint64(writer), 1))
	var mine []*apikey.Key
	for i := 0; i < rounds && ctx.Err() == nil; i++ {
		var k *apikey.Key
		deleted := false
		err := s.Write(t.Context(), func(tx apikey.Tx) error {
			switch n := random.IntN(10); {
			case len(mine) == 0 || n < 4:
				k = newKey(1, fmt.Sprintf("writer %d key %d", writer, i))
				return tx.Insert(t.Context(), k)
			case n < 8:
				k = mine[random.IntN(len(mine))]
				k.Description = fmt.Sprint(i)
				return tx.Update(t.Context(), k)
			}
			j := random.IntN(len(mine))
			k, deleted = mine[j], true
			mine = append(mine[:j], mine[j+1:]...)
			return tx.Delete(t.Context(), k)
		})
		if err != nil {
			t.Errorf("writer %d: %v", writer, err)
			return
		}
		if !deleted && k.Description == "" { // it is new
			mine = append(mine, k)
		}
		committed(k, deleted)
	}
}

// testFeedConcurrent lets several processes write at once while a replica
// follows. A number that becomes visible after a higher one would be missed.
func testFeedConcurrent(t *testing.T, open Opener) {
	const writers, rounds = 4, 60
	var lost sync.Map // seq of a commit, until a replica saw it
	writing, stop := context.WithCancel(t.Context())
	defer stop()
	var group sync.WaitGroup
	for w := range writers {
		s := open(t)
		group.Go(func() {
			churn(t.Context(), t, s, w, rounds, func(k *apikey.Key, deleted bool) {
				if !deleted {
					lost.Store(k.Seq, k.ID)
				}
			})
		})
	}
	go func() { group.Wait(); stop() }()

	f := follow(open(t))
	seen := map[int64]bool{}
	for done := false; !done; {
		done = writing.Err() != nil // one more time after the last write
		for {
			changes, _, err := f.store.Changes(t.Context(), f.seq, 7)
			require.NoError(t, err)
			for _, c := range changes {
				require.Greater(t, c.Record.Seq, f.seq)
				f.seq = c.Record.Seq
				seen[f.seq] = true
				if c.Deleted {
					delete(f.records, c.Record.ID)
				} else {
					f.records[c.Record.ID] = c.Record
				}
			}
			if len(changes) == 0 {
				break
			}
		}
	}
	keys := all(t, f.store, 1)
	require.NotEmpty(t, keys)
	f.requireKeys(t, keys)
	for _, k := range keys {
		id, ok := lost.Load(k.Seq)
		require.True(t, ok, "seq %d was never committed", k.Seq)
		require.Equal(t, k.ID, id)
		require.True(t, seen[k.Seq])
	}
}

func testLoadWhileWriting(t *testing.T, open Opener) {
	s := open(t)
	insert(t, s, manyKeys(300)...)
	var group sync.WaitGroup
	var busy atomic.Int32
	for w := range 2 {
		writer := open(t)
		busy.Add(1)
		group.Go(func() {
			defer busy.Add(-1)
			churn(t.Context(), t, writer, w, 80, func(*apikey.Key, bool) {})
		})
	}
	var replicas []*followed
	for len(replicas) < 3 || busy.Load() > 0 && len(replicas) < 20 {
		f := follow(s)
		f.load(t)
		replicas = append(replicas, f)
	}
	group.Wait()
	keys := all(t, s, 1)
	for _, f := range replicas {
		f.catchUp(t, 100)
		f.requireKeys(t, keys)
	}
}

func manyKeys(n int) []*apikey.Key {
	keys := make([]*apikey.Key, n)
	for i := range keys {
		keys[i] = newKey(1, fmt.Sprintf("key %05d", i))
	}
	return keys
}

func testBackInTime(t *testing.T, open Opener) {
	s := open(t)
	insert(t, s, manyKeys(3)...)
	_, head, err := s.Changes(t.Context(), 0, 1)
	require.NoError(t, err)
	changes, again, err := s.Changes(t.Context(), head+5, 100)
	require.NoError(t, err)
	require.Empty(t, changes)
	require.Equal(t, head, again)
	require.Less(t, again, head+5)
}

func testFeedLimit(t *testing.T, open Opener) {
	s := open(t)
	_, head, err := s.Changes(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Zero(t, head, "an empty store has seen no change")
	keys := manyKeys(9)
	insert(t, s, keys...)
	for _, i := range []int{1, 4, 5, 8} {
		remove(t, s, keys[i])
	}
	var got []apikey.Change
	for seq := int64(0); ; seq = got[len(got)-1].Record.Seq {
		changes, head, err := s.Changes(t.Context(), seq, 2)
		require.NoError(t, err)
		require.EqualValues(t, 13, head, "the head is the newest number, for any limit")
		require.LessOrEqual(t, len(changes), 2)
		if len(changes) == 0 {
			break
		}
		got = append(got, changes...)
	}
	require.Len(t, got, 9)
	for i, id := range []int{0, 2, 3, 6, 7, 1, 4, 5, 8} {
		require.Equal(t, keys[id].ID, got[i].Record.ID.String())
		require.Equal(t, i >= 5, got[i].Deleted)
	}
}

func testWatch(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	k := newKey(1, "k")
	insert(t, s, k)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	wakes := make(chan struct{}, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- other.Watch(ctx, func() {
			select {
			case wakes <- struct{}{}:
			default:
			}
		})
	}()
	woken := func(what string, change func(tx apikey.Tx) error) {
		t.Helper()
		for settled := false; !settled; { // let go by what came before
			select {
			case <-wakes:
			case <-time.After(200 * time.Millisecond):
				settled = true
			}
		}
		write(t, s, change)
		select {
		case <-wakes:
		case <-time.After(patience):
			require.Fail(t, "watch did not wake after "+what)
		}
	}
	woken("an insert", func(tx apikey.Tx) error { return tx.Insert(t.Context(), newKey(1, "new")) })
	woken("an update", func(tx apikey.Tx) error { return tx.Update(t.Context(), k) })
	woken("a grant", func(tx apikey.Tx) error {
		return tx.MarkIssued(t.Context(), apikey.Grant{OrgID: 1, Role: apikey.RoleAgent})
	})
	woken("a setting", func(tx apikey.Tx) error {
		s := newSetting(1, apikey.SettingEndpoint, "a", 0)
		return tx.PutSetting(t.Context(), &s)
	})
	woken("a delete", func(tx apikey.Tx) error { return tx.Delete(t.Context(), k) })
	stop()
	require.Error(t, <-ended)
}

func testWatchEnds(t *testing.T, open Opener) {
	s := open(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Watch(ctx, func() {}) }()
	stop()
	select {
	case err := <-ended:
		require.ErrorIs(t, err, context.Canceled)
	case <-time.After(patience):
		require.Fail(t, "watch outlives its context")
	}
}

func testFeedScope(t *testing.T, open Opener) {
	s := open(t)
	var keys []*apikey.Key
	for org := range int64(3) {
		for _, pool := range []string{"", "north", "south"} {
			k := newKey(org+1, "key of "+pool)
			k.Pool = pool
			insert(t, s, k)
			keys = append(keys, k)
		}
	}
	for _, scope := range []apikey.Scope{
		{}, {OrgIDs: []int64{2}}, {OrgIDs: []int64{1, 3, 99}}, {Pools: []string{"south"}},
		{Pools: []string{"", "north"}},
		{OrgIDs: []int64{1, 2}, Pools: []string{"north", "south"}}, {OrgIDs: []int64{99}},
	} {
		var want []*apikey.Key
		for _, k := range keys {
			if r := k.Record(); scope.Holds(&r) {
				want = append(want, k)
			}
		}
		f := follow(s)
		f.loadScope(t, scope)
		f.requireKeys(t, want)
	}
}
