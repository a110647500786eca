package storetest

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

func newPeppers(t tester) *apikey.Peppers {
	t.Helper()
	peppers, err := apikey.NewPeppers(apikey.NewPepper())
	require.NoError(t, err)
	return peppers
}

// appendChained writes an entry as a Service does.
func appendChained(t tester, s apikey.Store, peppers *apikey.Peppers, name string, at time.Time) {
	t.Helper()
	require.NoError(t, apikey.AppendAudit(t.Context(), s, peppers, apikey.AuditEntry{OrgID: 1, At: at, Actor: "grace",
		Action: apikey.ActionCreate, KeyName: name}))
}

// checkTrail requires that the trail holds.
func checkTrail(t tester, s apikey.Store, peppers *apikey.Peppers) *apikey.TrailCheck {
	t.Helper()
	c, err := apikey.CheckTrail(t.Context(), s, peppers, nil)
	require.NoError(t, err)
	require.Empty(t, c.Faults)
	return c
}

func testTrail(t *testing.T, open Opener) {
	s, other, peppers := open(t), open(t), newPeppers(t)
	head, err := s.TrailHead(t.Context())
	require.NoError(t, err)
	require.Zero(t, head)
	const writers, each = 4, 25
	var running sync.WaitGroup
	for w := range writers {
		store := []apikey.Store{s, other}[w%2]
		running.Go(func() {
			for i := range each {
				appendChained(t, store, peppers, fmt.Sprintf("é %d %d", w, i), start)
			}
		})
	}
	running.Wait()
	c := checkTrail(t, s, peppers)
	require.EqualValues(t, writers*each, c.Entries)
	require.EqualValues(t, writers*each, c.Head.Number)
	entries, err := other.Trail(t.Context(), 10, 5)
	require.NoError(t, err)
	require.Len(t, entries, 5)
	for i, e := range entries {
		require.EqualValues(t, 11+i, e.ID)
		require.False(t, e.Astray)
		text, err := e.Text()
		require.NoError(t, err)
		require.Equal(t, text, e.Data)
	}

	// What is undone leaves no gap, and several entries of one transaction are chained.
	require.Error(t, s.Write(t.Context(), func(tx apikey.Tx) error {
		e := apikey.AuditEntry{OrgID: 1, At: start}
		if err := peppers.Chain(c.Head, &e); err != nil {
			return err
		}
		if err := tx.AppendAudit(t.Context(), &e); err != nil {
			return err
		}
		moved, err := tx.TrailHead(t.Context())
		require.NoError(t, err)
		require.Equal(t, apikey.TrailHead{Number: c.Head.Number + 1, Link: e.Link}, moved)
		return apikey.Errorf(apikey.CodeConflict, "no")
	}))
	appendChained(t, other, peppers, "after", start)
	require.EqualValues(t, writers*each+1, checkTrail(t, s, peppers).Head.Number)
}

func testChainAll(t *testing.T, open Opener) {
	s, peppers := open(t), newPeppers(t)
	for i := range 2500 { // more than one step
		if i%500 == 0 {
			write(t, s, func(tx apikey.Tx) error {
				for range 500 {
					if err := tx.AppendAudit(
						t.Context(),
						&apikey.AuditEntry{OrgID: 1, At: start, Actor: "old"},
					); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	first, err := s.Unchained(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, first)
	c, err := apikey.CheckTrail(t.Context(), s, peppers, nil)
	require.NoError(t, err)
	require.Len(t, c.Faults, apikey.MaxTrailFaults)
	require.Equal(t, apikey.TrailUnchained, c.Faults[0].Kind)
	require.EqualValues(t, 1500, c.More)

	n, err := apikey.ChainAll(t.Context(), s, peppers, start)
	require.NoError(t, err)
	require.EqualValues(t, 2500, n)
	require.EqualValues(t, 2501, checkTrail(t, s, peppers).Head.Number)
	entries, err := s.Trail(t.Context(), 2500, 10)
	require.NoError(t, err)
	require.Equal(t, apikey.ActionChainTrail, entries[0].Action)
	require.Equal(t, &apikey.TrailNote{Last: 2500, Count: 2500}, entries[0].Trail)
	n, err = apikey.ChainAll(t.Context(), s, peppers, start)
	require.NoError(t, err)
	require.Zero(t, n, "once")
	appendChained(t, s, peppers, "new", start)
	require.EqualValues(t, 2502, checkTrail(t, s, peppers).Head.Number)

	// A trail that went on before it was trusted is linked again from there.
	write(t, s, func(tx apikey.Tx) error {
		return tx.AppendAudit(t.Context(), &apikey.AuditEntry{OrgID: 1, At: start, Actor: "of an older version"})
	})
	write(t, s, func(tx apikey.Tx) error {
		e := apikey.AuditEntry{OrgID: 1, At: start, Actor: "of this one"}
		head, err := tx.TrailHead(t.Context())
		require.NoError(t, err)
		require.NoError(t, peppers.Chain(head, &e))
		return tx.AppendAudit(t.Context(), &e)
	})
	n, err = apikey.ChainAll(t.Context(), s, peppers, start)
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	require.EqualValues(t, 2505, checkTrail(t, s, peppers).Head.Number)
}

func testTrimTrail(t *testing.T, open Opener) {
	s, peppers := open(t), newPeppers(t)
	for i := range 10 {
		appendChained(t, s, peppers, fmt.Sprint(i), start.Add(time.Duration(i)*time.Hour))
	}
	trim := func(before time.Duration, upTo int64, limit int) int64 {
		n, err := apikey.TrimTrail(t.Context(), s, peppers, start.Add(before), upTo, limit, start.Add(24*time.Hour))
		require.NoError(t, err)
		return n
	}
	require.Zero(t, trim(0, 100, 100))
	require.Zero(t, trim(5*time.Hour, 0, 100), "a target has nothing yet")
	require.EqualValues(t, 2, trim(5*time.Hour, 2, 100), "or two")
	c := checkTrail(t, s, peppers)
	require.EqualValues(t, 3, c.First)
	require.EqualValues(t, 2, c.Removed)
	require.EqualValues(t, 1, trim(5*time.Hour, 100, 1), "in pieces")
	require.EqualValues(t, 2, trim(5*time.Hour, 100, 100))
	c = checkTrail(t, s, peppers)
	require.EqualValues(t, 6, c.First)
	require.EqualValues(t, 13, c.Head.Number)
	require.EqualValues(t, 8, trim(1000*time.Hour, 100, 100), "with the notes of before")
	require.EqualValues(t, 1, checkTrail(t, s, peppers).Entries, "the last note")
	appendChained(t, s, peppers, "on", start)
	require.EqualValues(t, 15, checkTrail(t, s, peppers).Head.Number)
	write(t, s, func(tx apikey.Tx) error { return tx.RemoveTrail(t.Context(), 14) })
	c, err := apikey.CheckTrail(t.Context(), s, peppers, nil)
	require.NoError(t, err)
	require.Len(t, c.Faults, 1, "what no note speaks of is missing")
	require.Equal(t, apikey.TrailMissing, c.Faults[0].Kind)
	require.EqualValues(t, 1, c.Faults[0].Number)
	require.EqualValues(t, 14, c.Faults[0].Last)
}

func testTrimmedSettings(t *testing.T, open Opener) {
	s, peppers := open(t), newPeppers(t)
	kept, gone, unsaid := newSetting(1, apikey.SettingEndpoint, "kept", 0), newSetting(1, apikey.SettingEndpoint, "gone", 0),
		newSetting(2, apikey.SettingPolicy, "", 0)
	for _, setting := range []*apikey.Setting{&kept, &gone, &unsaid} {
		peppers.MarkSetting(setting)
	}
	putSettings(t, s, kept, unsaid)
	forgotten := false
	say := func(action apikey.Action, setting *apikey.Setting) {
		write(t, s, func(tx apikey.Tx) error {
			head, err := tx.TrailHead(t.Context())
			require.NoError(t, err)
			e := &apikey.AuditEntry{OrgID: setting.OrgID, At: start, Actor: "grace", Action: action,
				AuditData: apikey.AuditData{
					Endpoint: setting.Name, Mark: markOf(setting.Mark), Value: setting.Value, Forgotten: forgotten,
				}}
			require.NoError(t, peppers.Chain(head, e))
			return tx.AppendAudit(t.Context(), e)
		})
	}
	for _, setting := range []*apikey.Setting{&kept, &gone} {
		say(apikey.ActionCreateEndpoint, setting)
	}
	say(apikey.ActionCreateEndpoint, &apikey.Setting{OrgID: 1, Name: "removed", Value: "was so"})
	say(apikey.ActionDeleteEndpoint, &apikey.Setting{OrgID: 1, Name: "removed"})
	putBack := newSetting(1, apikey.SettingEndpoint, "forgotten", 0)
	peppers.MarkSetting(&putBack)
	say(apikey.ActionCreateEndpoint, &putBack)
	say(apikey.ActionDeleteEndpoint, &apikey.Setting{OrgID: 1, Name: "forgotten"})
	forgotten = true
	say(apikey.ActionDeleteEndpoint, &apikey.Setting{OrgID: 1, Name: "forgotten"})
	for range 3 { // what was said again is said again
		n, err := apikey.TrimTrail(t.Context(), s, peppers, start.Add(time.Hour), 1000, 1000, start)
		require.NoError(t, err)
		require.Positive(t, n)
		c, err := apikey.CheckTrail(t.Context(), s, peppers, nil)
		require.NoError(t, err)
		require.Len(t, c.Faults, 1)
		require.Equal(t, apikey.TrailRowless, c.Faults[0].Kind)
		require.Equal(t, "gone", c.Faults[0].Entry.Endpoint)
		list, _, err := s.Settings(t.Context(), "")
		require.NoError(t, err)
		at := slices.IndexFunc(list, func(s apikey.Setting) bool { return s.IsForgotten() })
		require.GreaterOrEqual(t, at, 0, "what is forgotten, too")
		require.Equal(t, "forgotten", list[at].Name)
		require.True(t, list[at].IsRemoved())
		require.Empty(t, list[at].Known.Value)
		list = slices.Delete(list, at, at+1)
		at = slices.IndexFunc(list, func(s apikey.Setting) bool { return s.IsRemoved() })
		require.GreaterOrEqual(t, at, 0, "what Ostiary removed")
		require.Equal(t, "removed", list[at].Name)
		require.Equal(t, "was so", list[at].Known.Value)
		require.Len(t, list, 4)
		for _, setting := range []apikey.Setting{kept, gone, unsaid} {
			i := slices.IndexFunc(list, func(one apikey.Setting) bool { return one.Is(&setting) })
			require.GreaterOrEqual(t, i, 0, setting.Name)
			require.Equal(t, setting.Name == "gone", list[i].Gone)
			require.Equal(t, setting.Name == "gone", list[i].Outdated)
			require.Equal(t, markOf(setting.Mark), list[i].Known.Mark)
			require.Equal(t, setting.Value, list[i].Known.Value)
		}
	}
	putSettings(t, s, putBack)
	list, _, err := s.Settings(t.Context(), "")
	require.NoError(t, err)
	at := slices.IndexFunc(list, func(one apikey.Setting) bool { return one.Is(&putBack) })
	require.True(t, list[at].Outdated, "nobody can put it back")
}

func testTrailTargets(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	lease := func(s apikey.Store, name, holder string, now time.Duration) (int64, bool) {
		position, leased, err := s.LeaseTrail(t.Context(), name, holder, start.Add(now), start.Add(now+time.Minute))
		require.NoError(t, err)
		return position, leased
	}
	move := func(s apikey.Store, holder string, position int64, until time.Duration) bool {
		moved, err := s.MoveTrail(t.Context(), "file:a", holder, position, start.Add(until))
		require.NoError(t, err)
		return moved
	}
	position, leased := lease(s, "file:a", "one", 0)
	require.Zero(t, position)
	require.True(t, leased)
	_, leased = lease(other, "file:a", "two", time.Minute-time.Millisecond)
	require.False(t, leased, "another has it")
	_, leased = lease(other, "file:b", "two", 0)
	require.True(t, leased)
	_, leased = lease(s, "file:a", "one", 0)
	require.True(t, leased, "again")
	require.True(t, move(s, "one", 7, time.Minute))
	require.False(t, move(other, "two", 9, time.Minute))
	position, leased = lease(other, "file:a", "two", time.Minute)
	require.True(t, leased, "the first is gone")
	require.EqualValues(t, 7, position)
	require.False(t, move(s, "one", 8, time.Hour), "it has lost it")
	require.True(t, move(other, "two", 8, -time.Hour))
	_, leased = lease(s, "file:a", "one", 0)
	require.True(t, leased, "what is given back can be had")
	targets, err := other.TrailTargets(t.Context())
	require.NoError(t, err)
	require.Len(t, targets, 2)
	require.Equal(
		t,
		apikey.TrailTarget{Name: "file:a", Position: 8, Holder: "one", Until: start.Add(time.Minute)},
		targets[0],
	)
}

// A replica that was away for longer than tombstones stay has to load all keys again; one that has seen them goes on.
func testForgetTombstones(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	var keys []*apikey.Key
	for i := range 4 {
		keys = append(keys, newKey(1, fmt.Sprint("key ", i)))
		write(t, s, func(tx apikey.Tx) error { return tx.Insert(t.Context(), keys[i]) })
	}
	away, err := other.Load(t.Context(), apikey.Scope{}, func([]apikey.Record) {})
	require.NoError(t, err)
	for _, k := range keys[:3] {
		write(t, s, func(tx apikey.Tx) error { return tx.Delete(t.Context(), k) })
	}
	changes, seen, err := other.Changes(t.Context(), away, 100)
	require.NoError(t, err)
	require.Len(t, changes, 3)
	forget := func(before time.Time, limit int) int64 {
		n, err := s.ForgetTombstones(t.Context(), before, limit)
		require.NoError(t, err)
		return n
	}
	require.Zero(t, forget(time.Now().Add(-time.Hour), 100), "they are young")
	changes, _, err = other.Changes(t.Context(), away, 100)
	require.NoError(t, err)
	require.Len(t, changes, 3)
	require.EqualValues(t, 2, forget(time.Now().Add(time.Hour), 2), "in pieces")
	_, head, err := other.Changes(t.Context(), away, 100)
	require.NoError(t, err)
	require.Less(t, head, away, "so it loads again")
	changes, head, err = other.Changes(t.Context(), away+2, 100)
	require.NoError(t, err)
	require.Equal(t, seen, head, "one that has seen those two goes on")
	require.Len(t, changes, 1)
	require.EqualValues(t, 1, forget(time.Now().Add(time.Hour), 100))
	require.Zero(t, forget(time.Now().Add(time.Hour), 100))
	_, head, err = other.Changes(t.Context(), away+2, 100)
	require.NoError(t, err)
	require.Less(t, head, away+2)
	changes, head, err = other.Changes(t.Context(), seen, 100)
	require.NoError(t, err)
	require.Equal(t, seen, head)
	require.Empty(t, changes)
	var left atomic.Int64
	again, err := other.Load(t.Context(), apikey.Scope{}, func(r []apikey.Record) { left.Add(int64(len(r))) })
	require.NoError(t, err)
	require.EqualValues(t, 1, left.Load())
	_, head, err = other.Changes(t.Context(), again, 100)
	require.NoError(t, err)
	require.Equal(t, again, head, "and then it goes on")
}
