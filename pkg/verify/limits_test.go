package verify_test

import (
	"context"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// door is an admission to keys with limits.
type door struct {
	admission verify.Admission
	demand    verify.Demand
	feed      *memoryFeed
	replica   *verify.Replica
}

func newDoor(t rapid.TB, store verify.LimitStore) *door {
	t.Helper()
	feed := newMemoryFeed()
	peppers, err := apikey.NewPeppers(pepper)
	require.NoError(t, err)
	replica := verify.NewReplica(feed, peppers, verify.ReplicaOptions{MaxStaleness: 1000 * time.Hour})
	require.NoError(t, replica.Load(context.Background()))
	return &door{feed: feed, replica: replica, admission: verify.Admission{
		Verifier: verify.New(replica), Recorder: verify.NewRecorder(nil, time.Hour, nil), Limiter: verify.NewLimiter(store, nil),
	}}
}

// keyWith makes a key with limits.
func (d *door) keyWith(t rapid.TB, limits apikey.Limits) (token string, rec apikey.Record) {
	t.Helper()
	token, rec = key(func(r *apikey.Record) { r.Limits = limits })
	d.put(t, rec)
	return token, rec
}

func (d *door) put(t rapid.TB, rec apikey.Record) {
	t.Helper()
	d.feed.put(rec)
	require.NoError(t, d.replica.Sync(context.Background()))
}

// ask sends a request with a body of a length.
func (d *door) ask(token string, length int64, edit ...func(*verify.Request)) *verify.Outcome {
	in := verify.Request{
		Context: context.Background(), Header: http.Header{"Authorization": {"Bearer " + token}}, URL: &url.URL{Path: "/x"},
		Addr: netip.MustParseAddr("192.0.2.7"), Began: time.Now(), Length: length,
	}
	for _, e := range edit {
		e(&in)
	}
	o := d.admission.Admit(&in, &d.demand)
	return &o
}

// passes sends requests that end at once, and returns how many of them pass.
func (d *door) passes(token string, requests int) (n int) {
	for range requests {
		if o := d.ask(token, 0); o.Valid() {
			o.End()
			n++
		}
	}
	return n
}

func TestRequestsPerSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, nil)
		token, _ := d.keyWith(t, apikey.Limits{RequestsPerSecond: 10, Burst: 20})
		other, _ := d.keyWith(t, apikey.Limits{RequestsPerSecond: 10, Burst: 20})
		require.Equal(t, 20, d.passes(token, 100), "the burst")
		o := d.ask(token, 0)
		require.Equal(t, apikey.CodeLimited, o.Code)
		require.Contains(t, o.Reason, "requests per second")
		require.Equal(t, 100*time.Millisecond, o.Wait)
		require.NotNil(t, o.Key, "whose key it is may be logged")
		require.Equal(t, 20, d.passes(other, 100), "another key is another's")
		time.Sleep(o.Wait)
		require.Equal(t, 1, d.passes(token, 100), "it may come back after the wait")
		time.Sleep(time.Second)
		require.Equal(t, 10, d.passes(token, 100))
		time.Sleep(time.Hour)
		require.Equal(t, 20, d.passes(token, 100), "no more than the burst gathers")
	})
}

func TestAllTokensOfAKeyShareItsLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, nil)
		first, rec := d.keyWith(t, apikey.Limits{RequestsPerSecond: 10})
		second, id := apikey.NewToken()
		rec.Tokens = append(rec.Tokens, apikey.TokenRecord{ID: id, Digest: pepper.Digest(second), PepperID: pepper.ID()})
		require.Equal(t, 4, d.passes(first, 4))
		d.put(t, rec)
		require.Equal(t, 6, d.passes(second, 100))
		require.Zero(t, d.passes(first, 100))
	})
}

// What a key has used stays used through any change of it, and new limits count at once.
func TestChangesOfLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, nil)
		token, rec := d.keyWith(t, apikey.Limits{RequestsPerSecond: 1, Burst: 60, RequestsPerDay: 200})
		require.Equal(t, 60, d.passes(token, 100))
		rec.Name = "another name"
		d.put(t, rec)
		require.Zero(t, d.passes(token, 100), "a change of something else gives nothing back")
		rec.Limits.Burst = 70
		d.put(t, rec)
		require.Equal(t, 10, d.passes(token, 100))
		rec.Limits.RequestsPerSecond = 1000
		d.put(t, rec)
		require.Equal(t, time.Millisecond, d.ask(token, 0).Wait)
		time.Sleep(10 * time.Millisecond)
		require.Equal(t, 10, d.passes(token, 100), "nobody waits for a minute because the limit was low before")
		rec.Limits = apikey.Limits{RequestsPerSecond: 5}
		d.put(t, rec)
		time.Sleep(time.Second)
		require.Equal(t, 5, d.passes(token, 100))
		rec.Limits = apikey.Limits{}
		d.put(t, rec)
		require.Equal(t, 100, d.passes(token, 100), "no limit")
		rec.Limits = apikey.Limits{RequestsPerDay: 90}
		d.put(t, rec)
		require.Equal(t, 5, d.passes(token, 100), "85 were let in with a limit today")
	})
}

func TestConcurrent(t *testing.T) {
	d := newDoor(t, nil)
	token, _ := d.keyWith(t, apikey.Limits{Concurrent: 2})
	first, second := d.ask(token, 0), d.ask(token, 0)
	require.True(t, first.Valid() && second.Valid())
	third := d.ask(token, 0)
	require.Equal(t, apikey.CodeLimited, third.Code)
	require.Contains(t, third.Reason, "at the same time")
	require.Equal(t, time.Second, third.Wait)
	third.End()
	require.False(t, d.ask(token, 0).Valid(), "the end of what did not pass gives nothing")
	require.True(t, d.ask(token, 0, func(r *verify.Request) { r.Elsewhere = true }).Valid(), "at /auth nobody knows when a request ends")
	first.End()
	first.End()
	require.True(t, d.ask(token, 0).Valid())
	require.False(t, d.ask(token, 0).Valid(), "an end counts once")
}

func TestBytesPerSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, nil)
		token, _ := d.keyWith(t, apikey.Limits{BytesPerSecond: 1000})
		read := func(o *verify.Outcome, n int) (took time.Duration) {
			t.Helper()
			require.True(t, o.Valid(), o.Reason)
			began := time.Now()
			body := o.Meter(t.Context(), io.NopCloser(strings.NewReader(strings.Repeat("x", n))))
			content, err := io.ReadAll(body)
			require.NoError(t, err)
			require.Len(t, content, n)
			o.End()
			return time.Since(began)
		}
		require.Zero(t, read(d.ask(token, 600), 600))
		require.Zero(t, read(d.ask(token, 600), 600), "a body that is let in comes as a whole, and may leave a debt")
		o := d.ask(token, 1)
		require.Equal(t, apikey.CodeLimited, o.Code)
		require.Contains(t, o.Reason, "bytes per second")
		require.Equal(t, 201*time.Millisecond, o.Wait)
		require.True(t, d.ask(token, 0).Valid(), "what has no body brings no bytes")
		time.Sleep(10 * time.Second)
		require.InDelta(t, 2, read(d.ask(token, 3000), 3000).Seconds(), 0.11, "a longer body than a second's is slowed down")
		time.Sleep(10 * time.Second)
		require.InDelta(t, 2, read(d.ask(token, -1), 3000).Seconds(), 0.21, "and so is one of unknown length")
		time.Sleep(10 * time.Second)
		o = d.ask(token, 1000)
		require.False(t, d.ask(token, 1).Valid())
		o.End()
		require.True(t, d.ask(token, 1).Valid(), "what was not sent is given back")
	})
}

func TestABodyThatWaitsEndsWithItsRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, nil)
		token, _ := d.keyWith(t, apikey.Limits{BytesPerSecond: 1})
		ctx, cancel := context.WithCancel(t.Context())
		o := d.ask(token, -1)
		body := o.Meter(ctx, io.NopCloser(strings.NewReader("three")))
		time.AfterFunc(1500*time.Millisecond, cancel)
		began := time.Now()
		content, err := io.ReadAll(body)
		require.ErrorIs(t, err, context.Canceled)
		require.Len(t, content, 3)
		require.Equal(t, 1500*time.Millisecond, time.Since(began))
	})
}

func TestDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which begins at midnight, UTC
		d := newDoor(t, nil)
		token, _ := d.keyWith(t, apikey.Limits{RequestsPerDay: 10, BytesPerDay: 1000})
		time.Sleep(20 * time.Hour)
		require.True(t, d.ask(token, 900).Valid())
		o := d.ask(token, 101)
		require.Equal(t, apikey.CodeLimited, o.Code, "more than what is left")
		require.Contains(t, o.Reason, "longer than what")
		require.Equal(t, 4*time.Hour, o.Wait)
		h := http.Header{}
		o.SetRateLimit(h)
		require.Equal(t, `"bytesPerDay";r=0;t=14400`, h.Get("RateLimit"))
		require.True(t, d.ask(token, 100).Valid(), "what is refused uses up nothing")
		o = d.ask(token, 1)
		require.Equal(t, apikey.CodeLimited, o.Code)
		require.Contains(t, o.Reason, "bytes per day")
		require.Equal(t, 4*time.Hour, o.Wait)
		require.Equal(t, 8, d.passes(token, 100))
		require.Contains(t, d.ask(token, 0).Reason, "requests per day")
		time.Sleep(4*time.Hour - 1)
		require.Zero(t, d.passes(token, 1))
		time.Sleep(time.Nanosecond)
		require.Equal(t, 10, d.passes(token, 100), "a new day")
	})
}

func TestABodyOfUnknownLengthEndsWithTheDay(t *testing.T) {
	d := newDoor(t, nil)
	token, _ := d.keyWith(t, apikey.Limits{BytesPerDay: 1000})
	o := d.ask(token, -1)
	n, err := io.Copy(io.Discard, o.Meter(t.Context(), io.NopCloser(io.LimitReader(zeros{}, 1<<30))))
	require.ErrorIs(t, err, verify.ErrDayUsed)
	require.Zero(t, n, "what is above the limit goes nowhere")
	decision, wait := o.BodyLimited()
	require.Equal(t, apikey.CodeLimited, decision.Code)
	require.Positive(t, wait)
	h := http.Header{}
	o.AboveDay().SetRateLimit(h)
	require.Equal(t, `"bytesPerDay";q=1000;qu="content-bytes";w=86400`, h.Get("RateLimit-Policy"))
	require.Regexp(t, `^"bytesPerDay";r=0;t=\d+$`, h.Get("RateLimit"))
	o.End()

	// So it uses up nothing either; what passed before does.
	o = d.ask(token, -1)
	require.True(t, o.Valid())
	n, err = io.Copy(io.Discard, o.Meter(t.Context(), io.NopCloser(iotest.OneByteReader(zeros{}))))
	require.ErrorIs(t, err, verify.ErrDayUsed)
	require.EqualValues(t, 1000, n)
	o.End()
	require.False(t, d.ask(token, -1).Valid())
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// What is refused for another reason uses up nothing, and what is limited does not either.
func TestWhatIsRefusedUsesUpNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, nil)
		token, rec := d.keyWith(t, apikey.Limits{RequestsPerSecond: 10, RequestsPerDay: 15})
		d.demand.Require = apikey.PermissionManage
		require.Zero(t, d.passes(token, 100))
		d.demand.Require = apikey.PermissionNone
		wrong, _ := apikey.NewToken()
		require.Zero(t, d.passes(wrong, 100))
		rec.Enabled = false
		d.put(t, rec)
		require.Zero(t, d.passes(token, 100))
		rec.Enabled = true
		d.put(t, rec)
		require.Equal(t, 10, d.passes(token, 1000))
		time.Sleep(time.Second)
		require.Equal(t, 5, d.passes(token, 1000), "990 that were above a limit did not count for the day")
	})
}

func TestLimitsOfAnEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, nil)
		plain, rec := d.keyWith(t, apikey.Limits{})
		own, _ := d.keyWith(t, apikey.Limits{RequestsPerSecond: 20})
		d.demand.PerKey = d.admission.Limiter.PerKey("in", apikey.Limits{RequestsPerSecond: 5})
		require.Equal(t, 5, d.passes(plain, 100))
		require.Equal(t, 20, d.passes(own, 100), "it has its own")
		d.demand.PerKey = d.admission.Limiter.PerKey("out", apikey.Limits{RequestsPerSecond: 5})
		require.Equal(t, 5, d.passes(plain, 100), "each endpoint counts for itself")
		d.demand.PerKey = d.admission.Limiter.PerKey("in", apikey.Limits{RequestsPerSecond: 7})
		require.Equal(t, 2, d.passes(plain, 100), "after a reload")
		d.demand.PerKey = d.admission.Limiter.PerKey("in", apikey.Limits{})
		require.Nil(t, d.demand.PerKey)
		require.Equal(t, 100, d.passes(plain, 100))
		rec.Limits = apikey.Limits{RequestsPerSecond: 3}
		d.put(t, rec)
		d.demand.PerKey = d.admission.Limiter.PerKey("in", apikey.Limits{RequestsPerSecond: 7})
		require.Equal(t, 3, d.passes(plain, 100), "it has its own now")
	})
}

func TestRateLimitFields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, nil)
		fields := func(o *verify.Outcome) []string {
			h := http.Header{}
			o.SetRateLimit(h)
			return []string{h.Get("RateLimit-Policy"), h.Get("RateLimit")}
		}
		none, _ := d.keyWith(t, apikey.Limits{})
		require.Equal(t, []string{"", ""}, fields(d.ask(none, 0)))
		token, _ := d.keyWith(t, apikey.Limits{RequestsPerSecond: 2, Burst: 5, Concurrent: 4, BytesPerSecond: 1000, RequestsPerDay: 100, BytesPerDay: 1 << 52})
		policy := `"requestsPerSecond";q=6;w=3, "bytesPerSecond";q=1000;qu="content-bytes";w=1, "concurrent";q=4;qu="concurrent-requests", ` +
			`"requestsPerDay";q=100;w=86400, "bytesPerDay";q=999999999999999;qu="content-bytes";w=86400`
		require.Equal(t, []string{policy, `"requestsPerSecond";r=4;t=3, "bytesPerSecond";r=990;t=1, "concurrent";r=3, ` +
			`"requestsPerDay";r=99;t=86400, "bytesPerDay";r=999999999999999;t=86400`}, fields(d.ask(token, 10)))
		require.Equal(t, 4, d.passes(token, 100))
		require.Equal(t, []string{policy, `"requestsPerSecond";r=0;t=1`}, fields(d.ask(token, 0)), "of those alone that it is above")
	})
}

// In any window no more passes than the burst and what flows in, whatever clients do.
func TestNeverMoreThanTheRate(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		limits := apikey.Limits{RequestsPerSecond: rapid.Int64Range(1, 1000).Draw(rt, "rate"), Burst: rapid.Int64Range(0, 2000).Draw(rt, "burst")}
		d := newDoor(rt, nil)
		token, _ := d.keyWith(rt, limits)
		depth := limits.Burst
		if depth == 0 {
			depth = limits.RequestsPerSecond
		}
		began, at := time.Now(), time.Duration(0)
		var passed []time.Duration
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			at += time.Duration(rapid.Int64Range(0, int64(3*time.Second)).Draw(rt, "pause"))
			for range rapid.IntRange(1, 300).Draw(rt, "requests") {
				o := d.ask(token, 0, func(r *verify.Request) { r.Began = began.Add(at) })
				if o.Valid() {
					passed = append(passed, at)
				} else if o.Wait <= 0 {
					rt.Fatal("no wait")
				}
			}
		}
		for i := range passed {
			for j := i; j < len(passed); j += 17 {
				most := float64(depth) + float64(limits.RequestsPerSecond)*(passed[j]-passed[i]).Seconds() + 0.001
				if n := float64(j - i + 1); n > most {
					rt.Fatalf("%v passed in %s, and no more than %v may", n, passed[j]-passed[i], most)
				}
			}
		}
	})
}
