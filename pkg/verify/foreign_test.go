package verify_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// abroad is another system, whose tokens are "abroad HANDLE SECRET" and whose
// slow hashes are "slow SECRET". It writes what is adopted into the feed.
type abroad struct {
	feed *memoryFeed

	checks, running atomic.Int64
	takes           time.Duration // of a check

	mu      sync.Mutex
	most    int64 // checks that ran at once
	adopted []apikey.ID
	down    error
}

func (a *abroad) foreign() *verify.Foreign {
	return &verify.Foreign{
		Parse: func(token string) (handle string, match func([]string) int, ok bool) {
			parts := strings.Split(token, " ")
			if len(parts) != 3 || parts[0] != "abroad" {
				return "", nil, false
			}
			return parts[1], func(hashes []string) int { return a.match(parts[2], hashes) }, true
		},
		Handles: func(o *apikey.Origin) []string { return strings.Split(o.Handle, "|") },
		Adopt:   a.adopt,
	}
}

func (a *abroad) match(secret string, hashes []string) int {
	a.checks.Add(1)
	n := a.running.Add(1)
	a.mu.Lock()
	a.most = max(a.most, n)
	a.mu.Unlock()
	time.Sleep(a.takes)
	a.running.Add(-1)
	for i, h := range hashes {
		if h == "slow "+secret {
			return i
		}
	}
	return -1
}

func (a *abroad) adopt(_ context.Context, _ int64, id, hash string, digest apikey.Digest, pepperID string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.down != nil {
		return a.down
	}
	key, _ := apikey.ParseID(id)
	var rec apikey.Record
	a.feed.set(func() { rec = a.feed.records[key] })
	if rec.Origin == nil || rec.Origin.Hash != hash {
		return nil
	}
	rec.Origin = &apikey.Origin{System: rec.Origin.System, Handle: rec.Origin.Handle}
	rec.Digest, rec.PepperID = digest, pepperID
	a.feed.put(rec)
	a.adopted = append(a.adopted, key)
	return nil
}

func (a *abroad) written() []apikey.ID {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.adopted)
}

func (a *abroad) setDown(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.down = err
}

// imported puts a pending key into the feed and returns its token.
func (a *abroad) imported(handle, secret string, change func(*apikey.Record)) (string, apikey.Record) {
	_, rec := key(change)
	rec.Digest = apikey.Digest{1, 2, 3}
	rec.Origin = &apikey.Origin{System: "abroad", Handle: handle, Hash: "slow " + secret}
	a.feed.put(rec)
	return "abroad " + handle + " " + secret, rec
}

func newAbroad(t testing.TB) (*abroad, *verify.Verifier, *verify.Replica) {
	a := &abroad{feed: newMemoryFeed()}
	v, r := loaded(t, a.feed, verify.ReplicaOptions{Foreign: a.foreign()})
	return a, v, r
}

func TestAForeignKeyIsCheckedSlowlyOnce(t *testing.T) {
	a, v, r := newAbroad(t)
	token, rec := a.imported("1", "secret", nil)
	other, _ := a.imported("2", "other", nil)
	require.NoError(t, r.Sync(t.Context()))
	ask := func(token string) verify.Decision {
		return v.Verify(verify.Question{Token: token, Permission: apikey.PermissionRead})
	}
	for _, wrong := range []string{"abroad 1 wrong", "abroad 3 secret", "abroad 2 secret", "abroad", "abroad 1 " + strings.Repeat("x", 5000)} {
		d := ask(wrong)
		require.Equal(t, verify.CodeInvalidToken, d.Code)
		require.Nil(t, d.Key)
	}
	checks := a.checks.Load()
	require.Equal(t, int64(2), checks, "only of keys that there are")
	for range 100 {
		require.Equal(t, verify.CodeInvalidToken, ask("abroad 1 wrong").Code)
	}
	require.Equal(t, checks, a.checks.Load(), "a wrong one is remembered")
	for range 10 {
		d := ask(token)
		require.Equal(t, verify.CodeValid, d.Code, d.Reason)
		require.Equal(t, rec.ID, d.Key.ID)
	}
	require.Equal(t, checks+1, a.checks.Load())
	require.NoError(t, v.FlushAdoptions(t.Context()))
	require.NoError(t, v.FlushAdoptions(t.Context()))
	require.Equal(t, []apikey.ID{rec.ID}, a.written())

	require.NoError(t, r.Sync(t.Context()))
	require.True(t, ask(token).Valid(), "by what the store has now")
	require.NoError(t, r.Load(t.Context()))
	require.True(t, ask(token).Valid(), "as after a start")
	require.Equal(t, verify.CodeInvalidToken, ask("abroad 1 wrong").Code)
	require.Equal(t, checks+1, a.checks.Load())
	require.True(t, ask(other).Valid())

	// A token of ours with the id of such a key is no way in.
	ours, _ := key(func(k *apikey.Record) { k.ID = rec.ID })
	require.Equal(t, verify.CodeInvalidToken, ask(ours).Code)
}

// A key under several handles, of which one is shared.
func TestAForeignKeyMayHaveSeveralHandles(t *testing.T) {
	a, v, r := newAbroad(t)
	for i := range 3 {
		a.imported(fmt.Sprintf("%d|all", i), fmt.Sprint("secret", i), nil)
	}
	require.NoError(t, r.Sync(t.Context()))
	require.True(t, v.Verify(verify.Question{Token: "abroad all secret2"}).Valid())
	require.True(t, v.Verify(verify.Question{Token: "abroad 1 secret1"}).Valid())
	require.NoError(t, v.FlushAdoptions(t.Context()))
	require.NoError(t, r.Sync(t.Context()))
	require.Equal(t, verify.CodeInvalidToken, v.Verify(verify.Question{Token: "abroad 2 secret2"}).Code, "it was seen in its other form")
	require.True(t, v.Verify(verify.Question{Token: "abroad all secret2"}).Valid())
	require.True(t, v.Verify(verify.Question{Token: "abroad all secret0"}).Valid())
}

// What is done to a key counts, whether or not its token was seen before, and
// whether or not that is written down.
func TestChangesOfForeignKeysCount(t *testing.T) {
	for name, seen := range map[string]func(*testing.T, *abroad, *verify.Verifier, *verify.Replica, string){
		"not seen": func(*testing.T, *abroad, *verify.Verifier, *verify.Replica, string) {},
		"seen": func(t *testing.T, _ *abroad, v *verify.Verifier, _ *verify.Replica, token string) {
			require.True(t, v.Verify(verify.Question{Token: token, Endpoint: "kuma"}).Valid())
		},
		"written": func(t *testing.T, _ *abroad, v *verify.Verifier, r *verify.Replica, token string) {
			require.True(t, v.Verify(verify.Question{Token: token, Endpoint: "kuma"}).Valid())
			require.NoError(t, v.FlushAdoptions(t.Context()))
			require.NoError(t, r.Sync(t.Context()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, v, r := newAbroad(t)
			token, rec := a.imported("1", "secret", func(k *apikey.Record) { k.OrgID, k.Role, k.Endpoints = 2, apikey.RoleViewer, []string{"kuma"} })
			require.NoError(t, r.Sync(t.Context()))
			seen(t, a, v, r, token)
			ask := func(q verify.Question) verify.Code {
				q.Token = token
				return v.Verify(q).Code
			}
			change := func(change func(*apikey.Record)) {
				a.feed.set(func() { rec = a.feed.records[rec.ID] })
				change(&rec)
				a.feed.put(rec)
				require.NoError(t, r.Sync(t.Context()))
			}
			good := verify.Question{Endpoint: "kuma", Permission: apikey.PermissionRead, OrgID: 2}
			require.Equal(t, verify.CodeForbidden, ask(verify.Question{Endpoint: "other"}))
			require.Equal(t, verify.CodeForbidden, ask(verify.Question{Endpoint: "kuma", Permission: apikey.PermissionWrite}))
			require.Equal(t, verify.CodeInvalidToken, ask(verify.Question{Endpoint: "kuma", OrgID: 1}))
			require.Equal(t, verify.CodeValid, ask(good))
			change(func(k *apikey.Record) { k.Enabled = false })
			require.Equal(t, verify.CodeDisabled, ask(good))
			change(func(k *apikey.Record) { k.ExpiresAt = time.Now().Add(-time.Second) })
			require.Equal(t, verify.CodeExpired, ask(good))
			change(func(k *apikey.Record) { k.Revoked = true })
			require.Equal(t, verify.CodeRevoked, ask(good))
			a.feed.remove(rec.ID)
			require.NoError(t, r.Sync(t.Context()))
			require.Equal(t, verify.CodeInvalidToken, ask(good))
		})
	}
}

// A token that was wrong may become right, when its key is taken over.
func TestAWrongForeignTokenIsNotWrongForEver(t *testing.T) {
	a, v, r := newAbroad(t)
	a.imported("all", "first", nil)
	require.NoError(t, r.Sync(t.Context()))
	require.Equal(t, verify.CodeInvalidToken, v.Verify(verify.Question{Token: "abroad all second"}).Code)
	a.imported("all", "second", nil)
	require.NoError(t, r.Sync(t.Context()))
	require.True(t, v.Verify(verify.Question{Token: "abroad all second"}).Valid())
	for i := range 10_000 { // more than are remembered
		v.Verify(verify.Question{Token: fmt.Sprint("abroad all wrong", i)})
	}
	require.True(t, v.Verify(verify.Question{Token: "abroad all second"}).Valid())
}

func TestTheSameForeignTokenIsCheckedOnceAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, v, r := newAbroad(t)
		a.takes = time.Second
		token, _ := a.imported("1", "secret", nil)
		require.NoError(t, r.Sync(t.Context()))
		var group sync.WaitGroup
		var valid atomic.Int64
		for range 50 {
			group.Go(func() {
				if v.Verify(verify.Question{Token: token}).Valid() {
					valid.Add(1)
				}
			})
		}
		group.Wait()
		require.Equal(t, int64(50), valid.Load())
		require.Equal(t, int64(1), a.checks.Load())
	})
}

// A flood of tokens leads to few checks at a time, and to a refusal rather
// than to a long wait.
func TestSlowChecksAreFewAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, v, r := newAbroad(t)
		a.takes = 500 * time.Millisecond
		const many = 300
		for i := range many {
			a.imported(fmt.Sprint(i), "secret", nil)
		}
		require.NoError(t, r.Sync(t.Context()))
		codes := map[verify.Code]int{}
		var mu sync.Mutex
		var group sync.WaitGroup
		began := time.Now()
		for i := range many {
			group.Go(func() {
				d := v.Verify(verify.Question{Token: fmt.Sprintf("abroad %d secret", i)})
				mu.Lock()
				defer mu.Unlock()
				codes[d.Code]++
			})
		}
		group.Wait()
		require.Equal(t, int64(max(1, runtime.GOMAXPROCS(0)/2)), a.most)
		require.Positive(t, codes[verify.CodeValid])
		require.GreaterOrEqual(t, codes[verify.CodeUnavailable], many-64-2*int(a.most))
		require.Equal(t, many, codes[verify.CodeValid]+codes[verify.CodeUnavailable])
		require.LessOrEqual(t, time.Since(began), 3*time.Second)

		for i := range many { // everybody gets a turn in the end
			require.True(t, v.Verify(verify.Question{Token: fmt.Sprintf("abroad %d secret", i)}).Valid())
		}
	})
}

// Wrong tokens for one key leave the turns to others, and are ended.
func TestWrongForeignTokensAreLimitedByKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, v, r := newAbroad(t)
		a.takes = 100 * time.Millisecond
		token, _ := a.imported("1", "secret", nil)
		other, _ := a.imported("2", "secret", nil)
		require.NoError(t, r.Sync(t.Context()))
		codes := map[verify.Code]int{}
		for i := range 100 {
			codes[v.Verify(verify.Question{Token: fmt.Sprint("abroad 1 wrong", i)}).Code]++
		}
		require.InDelta(t, 11, codes[verify.CodeInvalidToken], 1, "a second's worth of checks")
		require.Equal(t, 100, codes[verify.CodeInvalidToken]+codes[verify.CodeRateLimited])
		require.Equal(t, int64(codes[verify.CodeInvalidToken]), a.checks.Load())
		require.Equal(t, verify.CodeRateLimited, v.Verify(verify.Question{Token: token}).Code)
		require.True(t, v.Verify(verify.Question{Token: other}).Valid())
		time.Sleep(3 * time.Second)
		require.True(t, v.Verify(verify.Question{Token: token}).Valid(), "once the flood is over")
		for i := range 100 {
			v.Verify(verify.Question{Token: fmt.Sprint("abroad 1 wrong", 100+i)})
		}
		require.True(t, v.Verify(verify.Question{Token: token}).Valid(), "what was seen is never limited")
	})
}

// Many at once for one key do not make others wait, however slow a check is.
func TestAFloodForOneForeignKeyDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, v, r := newAbroad(t)
		a.takes = 200 * time.Millisecond
		a.imported("1", "secret", nil)
		other, _ := a.imported("2", "secret", nil)
		require.NoError(t, r.Sync(t.Context()))
		var flood sync.WaitGroup
		var limited atomic.Int64
		for i := range 200 {
			flood.Go(func() {
				if v.Verify(verify.Question{Token: fmt.Sprint("abroad 1 wrong", i)}).Code == verify.CodeRateLimited {
					limited.Add(1)
				}
			})
		}
		synctest.Wait()
		began := time.Now()
		require.True(t, v.Verify(verify.Question{Token: other}).Valid())
		require.LessOrEqual(t, time.Since(began), time.Second)
		flood.Wait()
		require.Equal(t, int64(196), limited.Load())
	})
}

func TestAdoptionsAreWrittenInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, v, r := newAbroad(t)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { v.RunAdoptions(ctx) })
		token, rec := a.imported("1", "secret", nil)
		gone, _ := a.imported("2", "secret", nil)
		require.NoError(t, r.Sync(t.Context()))

		a.setDown(errors.New("the store is down"))
		require.True(t, v.Verify(verify.Question{Token: token}).Valid())
		time.Sleep(10 * time.Second)
		require.True(t, v.Verify(verify.Question{Token: token}).Valid())
		require.Equal(t, int64(1), a.checks.Load(), "it is known here all the same")
		require.Empty(t, a.written())
		a.setDown(nil)
		time.Sleep(2 * time.Second)
		require.Equal(t, []apikey.ID{rec.ID}, a.written())

		a.setDown(apikey.Errorf(apikey.CodeNotFound, "gone"))
		require.True(t, v.Verify(verify.Question{Token: gone}).Valid())
		time.Sleep(2 * time.Second)
		require.NoError(t, v.FlushAdoptions(t.Context()), "what is gone is not tried again")
		stop()
		running.Wait()
	})
}

// Without keys of other systems, what is no token of ours costs nothing.
func TestAReplicaWithoutForeignKeys(t *testing.T) {
	a, v, _ := newAbroad(t)
	require.Equal(t, verify.CodeInvalidToken, v.Verify(verify.Question{Token: "abroad 1 secret"}).Code)
	require.Zero(t, a.checks.Load())
	v, r := loaded(t, a.feed, verify.ReplicaOptions{})
	a.imported("1", "secret", nil)
	require.NoError(t, r.Sync(t.Context()))
	require.NoError(t, r.Load(t.Context()))
	require.Equal(t, verify.CodeInvalidToken, v.Verify(verify.Question{Token: "abroad 1 secret"}).Code, "nobody can read it")
	require.NoError(t, v.FlushAdoptions(t.Context()))
}

func BenchmarkForeignToken(b *testing.B) {
	a, v, r := newAbroad(b)
	token, _ := a.imported("1", "secret", nil)
	require.NoError(b, r.Sync(b.Context()))
	require.True(b, v.Verify(verify.Question{Token: token}).Valid())
	require.NoError(b, v.FlushAdoptions(b.Context()))
	require.NoError(b, r.Sync(b.Context()))
	b.ReportAllocs()
	for b.Loop() {
		if !v.Verify(verify.Question{Token: token}).Valid() {
			b.Fatal("denied")
		}
	}
}
