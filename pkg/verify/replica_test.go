package verify_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

func TestNothingIsDecidedBeforeTheKeysAreLoaded(t *testing.T) {
	f := newMemoryFeed()
	token, rec := key(nil)
	f.put(rec)
	r := verify.NewReplica(f, peppers(t), verify.ReplicaOptions{})
	v := verify.New(r)
	require.Equal(t, apikey.CodeUnavailable, v.Verify(verify.Question{Token: token}).Code)
	require.NoError(t, r.Sync(t.Context()))
	require.Equal(t, apikey.CodeUnavailable, v.Verify(verify.Question{Token: token}).Code, "Sync is no Load")
	require.NoError(t, r.Load(t.Context()))
	require.True(t, v.Verify(verify.Question{Token: token}).Valid())
}

func TestSyncBringsEveryKindOfChange(t *testing.T) {
	f := newMemoryFeed()
	token, rec := key(nil)
	v, r := loaded(t, f, verify.ReplicaOptions{})
	ask := func() apikey.Code {
		require.NoError(t, r.Sync(t.Context()))
		return v.Verify(verify.Question{Token: token}).Code
	}
	require.Equal(t, apikey.CodeInvalidToken, ask())
	f.put(rec)
	require.Equal(t, apikey.CodeValid, ask())
	rec.Enabled = false
	f.put(rec)
	require.Equal(t, apikey.CodeDisabled, ask())
	rec.Revoked = true
	f.put(rec)
	require.Equal(t, apikey.CodeRevoked, ask())
	f.remove(rec.ID)
	require.Equal(t, apikey.CodeInvalidToken, ask())
	require.Zero(t, r.Len())
}

func TestManyChangesComeInPages(t *testing.T) {
	f := newMemoryFeed()
	_, r := loaded(t, f, verify.ReplicaOptions{})
	for range 3500 {
		_, rec := key(nil)
		f.put(rec)
	}
	require.NoError(t, r.Sync(t.Context()))
	require.Equal(t, 3500, r.Len())
	require.Equal(t, int64(3500), r.Stats().Seq)
}

func TestARestoredStoreIsLoadedAnew(t *testing.T) {
	f := newMemoryFeed()
	kept, keptRec := key(nil)
	f.put(keptRec)
	lost, lostRec := key(nil)
	f.put(lostRec)
	v, r := loaded(t, f, verify.ReplicaOptions{})
	f.set(func() { delete(f.records, lostRec.ID); f.seq = 1 })
	require.NoError(t, r.Sync(t.Context()))
	require.Equal(t, apikey.CodeInvalidToken, v.Verify(verify.Question{Token: lost}).Code)
	require.True(t, v.Verify(verify.Question{Token: kept}).Valid())
	require.Equal(t, 2, f.loads)
}

func TestAWakeBringsAChangeOfAnotherProcess(t *testing.T) {
	f := newMemoryFeed()
	token, rec := key(nil)
	f.put(rec)
	v, _ := running(t, f, verify.ReplicaOptions{Tick: time.Hour})
	eventually(t, "the feed is watched", func() (watched bool) { f.set(func() { watched = f.wake != nil }); return })
	rec.Revoked = true
	f.put(rec)
	f.wake()
	eventually(t, "the key is denied", func() bool { return v.Verify(verify.Question{Token: token}).Code == apikey.CodeRevoked })
}

func TestTheTickBringsAChangeOfWhichNobodyTold(t *testing.T) {
	f := newMemoryFeed()
	token, rec := key(nil)
	f.put(rec)
	v, _ := running(t, f, verify.ReplicaOptions{Tick: 5 * time.Millisecond})
	f.remove(rec.ID)
	eventually(t, "the key is denied", func() bool { return v.Verify(verify.Question{Token: token}).Code == apikey.CodeInvalidToken })
}

// A store that is down denies nobody who is good, until it is down for so
// long that a revocation may have been missed.
func TestStaleness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newMemoryFeed()
		token, rec := key(nil)
		f.put(rec)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		r := verify.NewReplica(f, peppers(t), verify.ReplicaOptions{MaxStaleness: 2 * time.Minute})
		v := verify.New(r)
		go r.Run(ctx)
		synctest.Wait()
		good := verify.Question{Token: token}
		require.True(t, v.Verify(good).Valid())

		f.set(func() { f.down = true })
		time.Sleep(time.Minute)
		require.True(t, v.Verify(good).Valid(), "a minute is bearable")
		require.InDelta(t, 60, r.Staleness().Seconds(), 2)
		time.Sleep(2 * time.Minute)
		require.Equal(t, apikey.CodeUnavailable, v.Verify(good).Code)
		require.NotEmpty(t, r.Unfit())

		f.set(func() { f.down = false })
		time.Sleep(2 * time.Second)
		require.True(t, v.Verify(good).Valid(), "it opens by itself")
		require.Empty(t, r.Unfit())
	})
}

func TestAStartWaitsForTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newMemoryFeed()
		f.down = true
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		r := verify.NewReplica(f, peppers(t), verify.ReplicaOptions{})
		go r.Run(ctx)
		time.Sleep(time.Minute)
		require.False(t, r.Ready())
		f.set(func() { f.down = false })
		time.Sleep(2 * time.Second)
		require.True(t, r.Ready())
	})
}

func TestExpiryIsJudgedOnEveryRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newMemoryFeed()
		token, rec := key(func(r *apikey.Record) { r.ExpiresAt = time.Now().Add(time.Minute) })
		f.put(rec)
		v, _ := loaded(t, f, verify.ReplicaOptions{})
		require.True(t, v.Verify(verify.Question{Token: token}).Valid())
		time.Sleep(time.Minute - time.Millisecond)
		require.True(t, v.Verify(verify.Question{Token: token}).Valid())
		time.Sleep(time.Millisecond)
		require.Equal(t, apikey.CodeExpired, v.Verify(verify.Question{Token: token}).Code)
	})
}

func TestIssued(t *testing.T) {
	f := newMemoryFeed()
	f.issued = []apikey.Grant{{OrgID: 1, Role: apikey.RoleViewer, Endpoint: "kuma"}, {OrgID: 2, Role: apikey.RoleAgent, Pool: "edge"}}
	_, r := loaded(t, f, verify.ReplicaOptions{})
	require.True(t, r.Issued(0, apikey.PermissionRead, "kuma", ""))
	require.True(t, r.Issued(1, apikey.PermissionRead, "kuma", ""))
	require.False(t, r.Issued(2, apikey.PermissionRead, "kuma", ""), "another organization")
	require.False(t, r.Issued(1, apikey.PermissionRead, "other", ""), "another endpoint")
	require.False(t, r.Issued(1, apikey.PermissionIngest, "kuma", ""), "another permission")
	require.True(t, r.Issued(0, apikey.PermissionIngest, "anything", "edge"))
	require.False(t, r.Issued(0, apikey.PermissionIngest, "anything", "core"), "another pool")
}

func TestStatsCountByState(t *testing.T) {
	f := newMemoryFeed()
	first := time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
	for _, change := range []func(*apikey.Record){
		nil, nil,
		func(r *apikey.Record) { r.Enabled = false; r.ExpiresAt = first.Add(-time.Minute) },
		func(r *apikey.Record) { r.ExpiresAt = time.Now().Add(-time.Hour) },
		func(r *apikey.Record) { r.Revoked = true },
		func(r *apikey.Record) { r.ExpiresAt = first.Add(time.Hour) },
		func(r *apikey.Record) { r.ExpiresAt = first },
	} {
		_, rec := key(change)
		f.put(rec)
	}
	_, r := loaded(t, f, verify.ReplicaOptions{})
	s := r.Stats()
	require.Equal(t, map[apikey.State]int{apikey.StateActive: 4, apikey.StateDisabled: 1, apikey.StateExpired: 1, apikey.StateRevoked: 1}, s.Keys)
	require.Equal(t, first, s.EarliestExpiry, "of the active keys")
}

func TestAScopeHoldsItsKeysAlone(t *testing.T) {
	f := newMemoryFeed()
	north, rec := key(func(r *apikey.Record) { r.OrgID, r.Pool = 2, "north" })
	f.put(rec)
	otherOrg, rec := key(func(r *apikey.Record) { r.Pool = "north" })
	f.put(rec)
	v, r := loaded(t, f, verify.ReplicaOptions{Scope: apikey.Scope{OrgIDs: []int64{2}, Pools: []string{"north"}}})
	later, rec := key(func(r *apikey.Record) { r.OrgID, r.Pool = 2, "north" })
	f.put(rec)
	otherPool, moved := key(func(r *apikey.Record) { r.OrgID, r.Pool = 2, "south" })
	f.put(moved)
	codes := func() (out []apikey.Code) {
		require.NoError(t, r.Sync(t.Context()))
		for _, token := range []string{north, otherOrg, later, otherPool} {
			out = append(out, v.Verify(verify.Question{Token: token}).Code)
		}
		return out
	}
	require.Equal(t, []apikey.Code{apikey.CodeValid, apikey.CodeInvalidToken, apikey.CodeValid, apikey.CodeInvalidToken}, codes())
	require.Equal(t, 2, r.Len())
	rec.Pool, moved.Pool = "south", "north"
	f.put(rec)
	f.put(moved)
	require.Equal(t, []apikey.Code{apikey.CodeValid, apikey.CodeInvalidToken, apikey.CodeInvalidToken, apikey.CodeValid}, codes(), "a key came into the scope, another left it")
}

func TestSettingsAreHandedOnWhenTheyChange(t *testing.T) {
	f := newMemoryFeed()
	var got [][]apikey.Setting
	f.say(apikey.Setting{Name: "a"})
	_, r := loaded(t, f, verify.ReplicaOptions{Settings: func(list []apikey.Setting) { got = append(got, list) }})
	require.Equal(t, [][]apikey.Setting{{{Name: "a"}}}, got)

	_, rec := key(nil)
	f.put(rec)
	require.NoError(t, r.Sync(t.Context()))
	require.Len(t, got, 1, "a key is no setting")

	f.say(apikey.Setting{Name: "a"}, apikey.Setting{Name: "b"})
	f.set(func() { f.down = true })
	require.Error(t, r.Sync(t.Context()))
	require.Len(t, got, 1)
	f.set(func() { f.down = false })
	require.NoError(t, r.Sync(t.Context()))
	require.Equal(t, []apikey.Setting{{Name: "a"}, {Name: "b"}}, got[1])

	f.say()
	require.NoError(t, r.Sync(t.Context()))
	require.Empty(t, got[2], "the last is gone")
	require.NoError(t, r.Sync(t.Context()))
	require.Len(t, got, 3)
}
