package verify_test

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// sums is a usage store that adds up and can be down.
type sums struct {
	mu     sync.Mutex
	down   bool
	writes int
	uses   map[apikey.ID]apikey.Usage
}

func (s *sums) RecordUsage(_ context.Context, batch apikey.UsageBatch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return errDown
	}
	s.writes++
	for _, u := range batch.Uses {
		sum := s.uses[u.KeyID]
		s.uses[u.KeyID] = apikey.Usage{Count: sum.Count + u.Count, LastAt: u.LastAt, LastFrom: u.LastFrom}
	}
	return nil
}

func (s *sums) RecordLate(_ context.Context, late []apikey.Late) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return errDown
	}
	for _, l := range late {
		sum := s.uses[l.KeyID]
		sum.HeldAt, sum.GraceAt = l.HeldAt, l.GraceAt
		s.uses[l.KeyID] = sum
	}
	return nil
}

func (s *sums) set(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

func (s *sums) of(id apikey.ID) apikey.Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.uses[id]
}

func (s *sums) written() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

func TestUsesAreWrittenInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &sums{uses: map[apikey.ID]apikey.Usage{}}
		r := verify.NewRecorder(store, 0, nil)
		ctx, stop := context.WithCancel(t.Context())
		go r.Run(ctx)
		_, a := apikey.NewToken()
		_, b := apikey.NewToken()
		for range 1000 {
			r.Record(verify.Seen{Key: a, Token: a, Code: apikey.CodeValid, Addr: netip.MustParseAddr("192.0.2.1")})
		}
		time.Sleep(time.Millisecond)
		r.Record(verify.Seen{Key: a, Token: a, Code: apikey.CodeValid, Addr: netip.MustParseAddr("192.0.2.2")})
		r.Record(verify.Seen{Key: b, Token: b, Code: apikey.CodeValid, Addr: netip.Addr{}})
		last := time.Now().UTC().Truncate(time.Millisecond)
		time.Sleep(10 * time.Second)
		require.Equal(t, 1, store.written(), "one transaction for all, and none when there is nothing")
		require.Equal(t, apikey.Usage{Count: 1001, LastAt: last, LastFrom: "192.0.2.2"}, store.of(a))
		require.Equal(t, apikey.Usage{Count: 1, LastAt: last}, store.of(b))

		store.set(true)
		r.Record(verify.Seen{Key: a, Token: a, Code: apikey.CodeValid, Addr: netip.Addr{}})
		time.Sleep(5 * time.Second)
		r.Record(verify.Seen{Key: a, Token: a, Code: apikey.CodeValid, Addr: netip.MustParseAddr("192.0.2.3")})
		require.Error(t, r.Flush(ctx))
		store.set(false)
		stop()
		synctest.Wait()
		require.NoError(t, r.Flush(context.Background()), "what is left is written at the end")
		require.Equal(t, int64(1003), store.of(a).Count, "nothing is lost while the store is down")
		require.Equal(t, "192.0.2.3", store.of(a).LastFrom)
	})
}

func TestFailuresAreCountedByAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := verify.NewFailures(10, 100)
		wrong := verify.Decision{Code: apikey.CodeInvalidToken}
		a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
		for range 100 {
			d, wait := f.Limit(wrong, a)
			require.Equal(t, wrong, d)
			require.Zero(t, wait)
		}
		d, wait := f.Limit(wrong, a)
		require.Equal(t, apikey.CodeRateLimited, d.Code)
		require.Equal(t, 100*time.Millisecond, wait)

		for _, other := range []verify.Decision{{Code: apikey.CodeValid}, {Code: apikey.CodeExpired}, {Code: apikey.CodeForbidden}} {
			d, _ := f.Limit(other, a)
			require.Equal(t, other, d, "a key that is known is never turned away for its neighbours' failures")
		}
		d, _ = f.Limit(wrong, b)
		require.Equal(t, wrong, d, "another address")
		time.Sleep(time.Second)
		for range 10 {
			d, _ = f.Limit(wrong, a)
			require.Equal(t, wrong, d, "ten more after a second")
		}
		d, _ = f.Limit(wrong, a)
		require.Equal(t, apikey.CodeRateLimited, d.Code)
	})
}

func TestFailuresOfAnIPv6NetworkAreOnes(t *testing.T) {
	f := verify.NewFailures(0.001, 1)
	wrong := verify.Decision{Code: apikey.CodeInvalidToken}
	_, _ = f.Limit(wrong, netip.MustParseAddr("2001:db8::1"))
	d, _ := f.Limit(wrong, netip.MustParseAddr("2001:db8::2"))
	require.Equal(t, apikey.CodeRateLimited, d.Code)
	d, _ = f.Limit(wrong, netip.MustParseAddr("2001:db8:0:1::1"))
	require.Equal(t, apikey.CodeInvalidToken, d.Code)
}

func TestFailuresRememberABoundedNumberOfAddresses(t *testing.T) {
	f := verify.NewFailures(0.001, 1)
	wrong := verify.Decision{Code: apikey.CodeInvalidToken}
	for i := range 200_000 {
		_, _ = f.Limit(wrong, netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
	}
	d, _ := f.Limit(wrong, netip.AddrFrom4([4]byte{10, 3, 13, 63}))
	require.Equal(t, apikey.CodeRateLimited, d.Code, "the newest are remembered")
	d, _ = f.Limit(wrong, netip.AddrFrom4([4]byte{10, 0, 0, 0}))
	require.Equal(t, apikey.CodeInvalidToken, d.Code, "the oldest are not")
}

// What came late is kept while the store is down, and is no use by itself.
func TestRecorderKeepsWhatCameLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &sums{uses: map[apikey.ID]apikey.Usage{}}
		r := verify.NewRecorder(store, time.Second, nil)
		_, key := apikey.NewToken()
		began := time.Now()
		r.Late(key, apikey.CodeHeld)
		store.set(true)
		require.ErrorIs(t, r.Flush(t.Context()), errDown)
		time.Sleep(time.Minute)
		r.Late(key, apikey.CodeGrace)
		require.ErrorIs(t, r.Flush(t.Context()), errDown)
		store.set(false)
		require.NoError(t, r.Flush(t.Context()))
		require.Equal(t, apikey.Usage{HeldAt: began.UTC().Truncate(time.Millisecond), GraceAt: began.Add(time.Minute).UTC().Truncate(time.Millisecond)}, store.uses[key])
		require.NoError(t, r.Flush(t.Context()))
	})
}
