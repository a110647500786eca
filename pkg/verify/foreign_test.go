package verify_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
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
	each            bool          // takes is of each hash

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
		Kind:    func(string) string { return "abroad" },
		Adopt:   a.adopt,
	}
}

func (a *abroad) match(secret string, hashes []string) int {
	a.checks.Add(1)
	n := a.running.Add(1)
	a.mu.Lock()
	a.most = max(a.most, n)
	a.mu.Unlock()
	if a.each {
		time.Sleep(a.takes * time.Duration(len(hashes)))
	} else {
		time.Sleep(a.takes)
	}
	a.running.Add(-1)
	found := -1
	for i, h := range hashes { // all of them, so that the time reveals nothing
		if h == "slow "+secret {
			found = i
		}
	}
	return found
}

func (a *abroad) adopt(_ context.Context, one apikey.Adoption) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.down != nil {
		return a.down
	}
	var rec apikey.Record
	a.feed.set(func() { rec = a.feed.records[one.KeyID] })
	i := slices.IndexFunc(rec.Tokens, func(t apikey.TokenRecord) bool { return t.ID == one.TokenID })
	if i < 0 || rec.Tokens[i].Origin == nil || rec.Tokens[i].Origin.Hash != one.Hash {
		return nil
	}
	rec.Tokens = slices.Clone(rec.Tokens)
	token := &rec.Tokens[i]
	token.Origin = &apikey.Origin{System: token.Origin.System, Handle: token.Origin.Handle}
	token.Digest, token.PepperID = one.Digest, one.PepperID
	a.feed.put(rec)
	a.adopted = append(a.adopted, one.TokenID)
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
	rec.Tokens[0].Digest = apikey.Digest{1, 2, 3}
	rec.Tokens[0].Origin = &apikey.Origin{System: "abroad", Handle: handle, Hash: "slow " + secret}
	a.feed.put(rec)
	return "abroad " + handle + " " + secret, rec
}

func newAbroad(t testing.TB) (*abroad, *verify.Verifier, *verify.Replica) {
	a := &abroad{feed: newMemoryFeed()}
	v, r := loaded(t, a.feed, verify.ReplicaOptions{Foreign: a.foreign()})
	return a, v, r
}

// A handle with fewer tokens than another is checked as often as that one, and its tokens are found all the same.
func TestAHandleWithFewerTokensThanAnother(t *testing.T) {
	a, v, r := newAbroad(t)
	alone, _ := a.imported("1", "secret", nil)
	var many []string
	for i := range 3 {
		token, _ := a.imported("2", fmt.Sprint("secret", i), nil)
		many = append(many, token)
	}
	require.NoError(t, r.Sync(t.Context()))
	for _, token := range append(many, alone) {
		require.True(t, v.Verify(verify.Question{Token: token}).Valid(), token)
	}
	require.Equal(t, apikey.CodeInvalidToken, v.Verify(verify.Question{Token: "abroad 1 secret1"}).Code, "of another handle")
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
		require.Equal(t, apikey.CodeInvalidToken, d.Code)
		require.Nil(t, d.Key)
	}
	checks := a.checks.Load()
	require.Equal(t, int64(3), checks, "of keys that there are, and of those that there are not")
	for range 100 {
		require.Equal(t, apikey.CodeInvalidToken, ask("abroad 1 wrong").Code)
	}
	require.Equal(t, checks, a.checks.Load(), "a wrong one is remembered")
	for range 10 {
		d := ask(token)
		require.Equal(t, apikey.CodeValid, d.Code, d.Reason)
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
	require.Equal(t, apikey.CodeInvalidToken, ask("abroad 1 wrong").Code)
	require.Equal(t, checks+2, a.checks.Load(), "as long as any key waits")
	require.True(t, ask(other).Valid())

	// A token of ours with the id of such a key is no way in.
	ours, _ := key(func(k *apikey.Record) { k.ID = rec.ID })
	require.Equal(t, apikey.CodeInvalidToken, ask(ours).Code)
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
	require.Equal(t, apikey.CodeInvalidToken, v.Verify(verify.Question{Token: "abroad 2 secret2"}).Code, "it was seen in its other form")
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
			ask := func(q verify.Question) apikey.Code {
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
			require.Equal(t, apikey.CodeForbidden, ask(verify.Question{Endpoint: "other"}))
			require.Equal(t, apikey.CodeForbidden, ask(verify.Question{Endpoint: "kuma", Permission: apikey.PermissionWrite}))
			require.Equal(t, apikey.CodeInvalidToken, ask(verify.Question{Endpoint: "kuma", OrgID: 1}))
			require.Equal(t, apikey.CodeValid, ask(good))
			change(func(k *apikey.Record) { k.Enabled = false })
			require.Equal(t, apikey.CodeDisabled, ask(good))
			change(func(k *apikey.Record) { k.ExpiresAt = time.Now().Add(-time.Second) })
			require.Equal(t, apikey.CodeExpired, ask(good))
			change(func(k *apikey.Record) { k.Revoked = true })
			require.Equal(t, apikey.CodeRevoked, ask(good))
			a.feed.remove(rec.ID)
			require.NoError(t, r.Sync(t.Context()))
			require.Equal(t, apikey.CodeInvalidToken, ask(good))
		})
	}
}

// A token that was wrong may become right, when its key is taken over.
func TestAWrongForeignTokenIsNotWrongForEver(t *testing.T) {
	a, v, r := newAbroad(t)
	a.imported("all", "first", nil)
	require.NoError(t, r.Sync(t.Context()))
	require.Equal(t, apikey.CodeInvalidToken, v.Verify(verify.Question{Token: "abroad all second"}).Code)
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
		codes := map[apikey.Code]int{}
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
		require.Positive(t, codes[apikey.CodeValid])
		require.GreaterOrEqual(t, codes[apikey.CodeUnavailable], many-64-2*int(a.most))
		require.Equal(t, many, codes[apikey.CodeValid]+codes[apikey.CodeUnavailable])
		require.LessOrEqual(t, time.Since(began), 3*time.Second)

		for i := range many { // everybody gets a turn in the end
			require.True(t, v.Verify(verify.Question{Token: fmt.Sprintf("abroad %d secret", i)}).Valid())
		}
	})
}

// flood asks about wrong tokens for some handles, so many a second, each from
// the next of some addresses, until it is stopped.
func flood(ctx context.Context, v *verify.Verifier, brake *verify.Failures, perSecond int, handles []string, addresses ...netip.Addr) (stop func() map[apikey.Code]int) {
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	var mu sync.Mutex
	codes := map[apikey.Code]int{}
	group.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			group.Go(func() {
				q := verify.Question{Token: fmt.Sprintf("abroad %s wrong%d", handles[i%len(handles)], i), Addr: addresses[i%len(addresses)], Brake: brake}
				d, _ := brake.Limit(v.Verify(q), q.Addr)
				mu.Lock()
				defer mu.Unlock()
				codes[d.Code]++
			})
			time.Sleep(time.Second / time.Duration(perSecond))
		}
	})
	return func() map[apikey.Code]int {
		cancel()
		group.Wait()
		return codes
	}
}

func addressesOf(n int) (list []netip.Addr) {
	for i := range n {
		list = append(list, netip.AddrFrom4([4]byte{192, 0, byte(i >> 8), byte(i)}))
	}
	return list
}

// untilValid asks once a second, as an agent would, and returns how often it
// had to.
func untilValid(v *verify.Verifier, brake *verify.Failures, token string, addr netip.Addr) (tries int) {
	for tries = 1; !v.Verify(verify.Question{Token: token, Addr: addr, Brake: brake}).Valid(); tries++ {
		time.Sleep(time.Second)
	}
	return tries
}

// 157 wrong tokens a second for the very key do not keep the right one out.
func TestAFloodKeepsNoRightTokenOut(t *testing.T) {
	for name, c := range map[string]struct {
		attackers []netip.Addr
		from      netip.Addr
		tries     int // most that it may take
	}{
		"from elsewhere":             {addressesOf(1), netip.MustParseAddr("2001:db8::1"), 1},
		"from a few elsewhere":       {addressesOf(5), netip.MustParseAddr("198.51.100.1"), 1},
		"from the same address":      {addressesOf(1), addressesOf(1)[0], 300},
		"from everywhere":            {addressesOf(5000), netip.MustParseAddr("198.51.100.1"), 300},
		"from nobody knows where":    {[]netip.Addr{{}}, netip.Addr{}, 300},
		"without a limit by address": {addressesOf(1), addressesOf(1)[0], 300},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, v, r := newAbroad(t)
				a.takes = 60 * time.Millisecond
				token, _ := a.imported("1", "secret", nil)
				require.NoError(t, r.Sync(t.Context()))
				brake := verify.NewFailures(10, 100)
				if strings.HasPrefix(name, "without") {
					brake = verify.NewFailures(0, 0)
				}
				stop := flood(t.Context(), v, brake, 157, []string{"1"}, c.attackers...)
				time.Sleep(time.Minute)
				tries := untilValid(v, brake, token, c.from)
				codes := stop()
				require.LessOrEqual(t, tries, c.tries, "%v", codes)
				require.Zero(t, codes[apikey.CodeValid])
				require.True(t, v.Verify(verify.Question{Token: token, Addr: c.from, Brake: brake}).Valid(), "what was seen is never limited")
			})
		})
	}
}

// An address over its limit costs checks only where nobody else waits for one.
func TestTheLimitByAddressComesBeforeTheSlowCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, v, r := newAbroad(t)
		a.takes = 60 * time.Millisecond
		a.imported("1", "secret", nil)
		other, _ := a.imported("2", "secret", nil)
		require.NoError(t, r.Sync(t.Context()))
		brake := verify.NewFailures(1, 5)
		stop := flood(t.Context(), v, brake, 100, []string{"1"}, addressesOf(1)...)
		time.Sleep(10 * time.Second)
		require.LessOrEqual(t, a.checks.Load(), int64(10*1000/120+15), "half of the time at most, and what the limit allows")
		began := time.Now()
		require.True(t, v.Verify(verify.Question{Token: other, Addr: addressesOf(2)[1], Brake: brake}).Valid())
		require.LessOrEqual(t, time.Since(began), 200*time.Millisecond)
		codes := stop()
		require.Greater(t, codes[apikey.CodeRateLimited], 800)
		require.Len(t, codes, 2, "the answer says only that it is wrong, or one too many: %v", codes)
	})
}

// A wrong token for a key that waits for its first use is answered as one for
// no key at all: in the same words, and after the same time.
func TestStrangersDoNotLearnWhichKeysWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, v, r := newAbroad(t)
		a.takes, a.each = 60*time.Millisecond, true
		a.imported("waits", "secret", nil)
		a.imported("twice2", "secret", nil)
		a.imported("twice2", "another", nil)
		used, _ := a.imported("used", "secret", nil)
		require.NoError(t, r.Sync(t.Context()))
		require.True(t, v.Verify(verify.Question{Token: used}).Valid())
		require.NoError(t, v.FlushAdoptions(t.Context()))
		require.NoError(t, r.Sync(t.Context()))

		brake := verify.NewFailures(0.001, 20)
		ask := func(handle string, i int) string {
			time.Sleep(time.Second)
			began := time.Now()
			q := verify.Question{Token: fmt.Sprintf("abroad %s wrong%d", handle, i), Addr: addressesOf(len(handle))[len(handle)-1], Brake: brake}
			d, wait := brake.Limit(v.Verify(q), q.Addr)
			return fmt.Sprintf("%s %s %t %v after %s", d.Code, d.Reason, wait > 0, d.Key, time.Since(began))
		}
		for i := range 40 { // within the limit, and over it
			want := ask("1", i)
			for _, handle := range []string{"waits", "twice2", "used"} {
				require.Equal(t, want, ask(handle, i), handle)
			}
			require.Equal(t, i >= 20, strings.HasPrefix(want, "rate_limited"), want)
			require.NoError(t, r.Sync(t.Context()))
		}
		began := time.Now()
		require.Equal(t, apikey.CodeInvalidToken, v.Verify(verify.Question{Token: "abroad waits wrong0"}).Code)
		require.Equal(t, apikey.CodeInvalidToken, v.Verify(verify.Question{Token: "abroad 1 wrong0"}).Code)
		require.Zero(t, time.Since(began), "wrong ones are remembered, whomever they could be of")
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
	require.Equal(t, apikey.CodeInvalidToken, v.Verify(verify.Question{Token: "abroad 1 secret"}).Code)
	require.Zero(t, a.checks.Load())
	v, r := loaded(t, a.feed, verify.ReplicaOptions{})
	a.imported("1", "secret", nil)
	require.NoError(t, r.Sync(t.Context()))
	require.NoError(t, r.Load(t.Context()))
	require.Equal(t, apikey.CodeInvalidToken, v.Verify(verify.Question{Token: "abroad 1 secret"}).Code, "nobody can read it")
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
