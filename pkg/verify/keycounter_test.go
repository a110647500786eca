package verify_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// counted returns all that a counter has, and the rest by code.
func counted(c *verify.KeyCounter, wanted func(apikey.ID) bool) (series map[verify.KeySeries]uint64, rest map[apikey.Code]uint64) {
	series, rest = map[verify.KeySeries]uint64{}, map[apikey.Code]uint64{}
	c.Each(wanted, func(s verify.KeySeries, n uint64) { series[s] = n })
	c.Rest(func(code apikey.Code, n uint64) { rest[code] = n })
	return series, rest
}

func everyKey(apikey.ID) bool { return true }

func TestRequestsAreCountedByKey(t *testing.T) {
	d := newDoor(t, nil)
	d.admission.Keys = verify.NewKeyCounter(100)
	d.demand = verify.Demand{Require: apikey.PermissionRead, Tenant: verify.TenantHeader}
	token, rec := key(func(r *apikey.Record) { r.Role, r.Tenants = apikey.RoleViewer, []string{"a"} })
	d.put(t, rec)
	require.True(t, d.ask(token, 0).Valid())
	require.True(t, d.ask(token, 0).Valid())
	rec.Enabled = false
	d.put(t, rec)
	require.Equal(t, apikey.CodeDisabled, d.ask(token, 0).Code)
	nobody, _ := apikey.NewToken()
	require.Equal(t, apikey.CodeInvalidToken, d.ask(nobody, 0).Code)

	series, rest := counted(d.admission.Keys, everyKey)
	require.Empty(t, rest)
	require.Equal(t, map[verify.KeySeries]uint64{
		{Key: rec.ID, Tenant: "a", Code: apikey.CodeValid}: 2, {Key: rec.ID, Code: apikey.CodeDisabled}: 1,
	}, series)

	series, _ = counted(d.admission.Keys, func(apikey.ID) bool { return false })
	require.Empty(t, series, "of keys that are gone")
	series, _ = counted(d.admission.Keys, everyKey)
	require.Empty(t, series)
}

func TestNoMoreSeriesThanThereIsRoomFor(t *testing.T) {
	c := verify.NewKeyCounter(120)
	outcome := func(id byte, tenant string) *verify.Outcome {
		return &verify.Outcome{Tenant: tenant, Decision: verify.Decision{Code: apikey.CodeValid,
			Key: verify.NewIdentity(apikey.ID{id}, apikey.RoleAgent, 1, "k")}}
	}
	for i := range 1000 {
		c.Count(outcome(1, fmt.Sprint("tenant-", i)))
	}
	series, rest := counted(c, everyKey)
	require.Empty(t, rest)
	require.Len(t, series, 51, "a client that thinks of tenants takes no room of others")
	require.EqualValues(t, 950, series[verify.KeySeries{Key: apikey.ID{1}, Code: apikey.CodeValid}])

	for i := range 100 {
		c.Count(outcome(byte(2+i), ""))
	}
	series, rest = counted(c, everyKey)
	require.Len(t, series, 120)
	require.EqualValues(t, 31, rest[apikey.CodeValid])
	var sum uint64
	for _, n := range series {
		sum += n
	}
	require.EqualValues(t, 1100, sum+rest[apikey.CodeValid], "none is lost")
	counted(c, func(id apikey.ID) bool { return id[0] > 90 })
	c.Count(outcome(200, ""))
	series, _ = counted(c, everyKey)
	require.Contains(t, series, verify.KeySeries{Key: apikey.ID{200}, Code: apikey.CodeValid}, "there is room again")
}

func TestKnownAndEndingKeys(t *testing.T) {
	f := newMemoryFeed()
	now := time.Now()
	var ids []apikey.ID
	for i := range 50 {
		_, rec := key(func(r *apikey.Record) {
			r.Name, r.Owner, r.Pool = fmt.Sprint("key ", i), "sre", "edge"
			r.ExpiresAt = now.Add(time.Duration((i*37)%50+1) * time.Hour)
		})
		f.put(rec)
		ids = append(ids, rec.ID)
	}
	_, never := key(nil)
	_, off := key(func(r *apikey.Record) { r.ExpiresAt, r.Enabled = now.Add(time.Minute), false })
	_, gone := key(func(r *apikey.Record) { r.ExpiresAt = now.Add(-time.Minute) })
	for _, rec := range []apikey.Record{never, off, gone} {
		f.put(rec)
	}
	_, r := loaded(t, f, verify.ReplicaOptions{})

	list, all := r.Ending(now, 10)
	require.Equal(t, 50, all)
	require.Len(t, list, 10)
	for i, k := range list {
		require.WithinDuration(t, now.Add(time.Duration(i+1)*time.Hour), k.Expires, time.Millisecond)
	}
	list, all = r.Ending(now, 0)
	require.Equal(t, 50, all)
	require.Empty(t, list)

	k, ok := r.Known(ids[7])
	require.True(t, ok)
	require.Equal(t, []string{"key 7", "sre", "edge"}, []string{k.Name(), k.Owner(), k.Pool})
	_, ok = r.Known(apikey.ID{})
	require.False(t, ok)
}

func TestHowMuchOfLimitsIsUsed(t *testing.T) {
	d := newDoor(t, nil)
	d.demand = verify.Demand{Require: apikey.PermissionRead}
	token, rec := d.keyWith(t, apikey.Limits{RequestsPerSecond: 1, Burst: 10, Concurrent: 4, RequestsPerDay: 100})
	require.True(t, d.ask(token, 0).Valid())
	require.True(t, d.ask(token, 0).Valid())
	used := map[string]float64{}
	d.admission.Limiter.EachUse(time.Now(), func(u verify.LimitUse) {
		require.Equal(t, rec.ID, u.Key)
		require.Empty(t, u.Endpoint)
		used[u.Limit] = math.Round(u.Used*100) / 100
	})
	require.InDelta(t, 0.5, used["concurrent"], 0.001)
	require.InDelta(t, 0.02, used["requestsPerDay"], 0.001)
	require.LessOrEqual(t, used["requestsPerSecond"], 0.2)
	require.Len(t, used, 3)
	require.InDelta(t, 0.02, d.admission.Limiter.Used(rec.ID.String())["requestsPerDay"], 0.001)
	require.Nil(t, d.admission.Limiter.Used("4fjK2n0qPz7a"))
	d.admission.Limiter.EachUse(time.Now().Add(24*time.Hour), func(u verify.LimitUse) {
		if u.Limit == "requestsPerDay" {
			require.Zero(t, u.Used, "of tomorrow")
		}
	})
}

func BenchmarkKeyCounter(b *testing.B) {
	d := newDoor(b, nil)
	d.demand = verify.Demand{Require: apikey.PermissionRead}
	token, rec := key(nil)
	d.put(b, rec)
	for name, c := range map[string]*verify.KeyCounter{"without": nil, "with": verify.NewKeyCounter(5000)} {
		b.Run(name, func(b *testing.B) {
			d.admission.Keys = c
			b.ReportAllocs()
			for b.Loop() {
				d.ask(token, 0)
			}
		})
	}
}
