package verify_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// BenchmarkLimits compares decisions about keys with limits, of their own and of an endpoint, with the same about
// keys without, among many keys that take turns. All are asked in short stretches, of which the medians count.
func BenchmarkLimits(b *testing.B) {
	d := newDoor(b, nil)
	limits := apikey.Limits{RequestsPerSecond: 1e9, Burst: 1e9, RequestsPerDay: 1 << 50}
	const keys = 10_000
	requests := map[string][]verify.Request{}
	for range keys {
		for kind, l := range map[string]apikey.Limits{"without": {}, "own": limits, "endpoint": {}} {
			token, rec := key(func(r *apikey.Record) { r.Limits, r.Owner = l, "ada" })
			d.feed.put(rec)
			requests[kind] = append(requests[kind], verify.Request{
				Context: b.Context(), Header: http.Header{"Authorization": {"Bearer " + token}}, URL: &url.URL{Path: "/x"},
			})
		}
	}
	if err := d.replica.Sync(b.Context()); err != nil {
		b.Fatal(err)
	}
	demands := map[string]*verify.Demand{"without": {}, "own": {}, "endpoint": {PerKey: d.admission.Limiter.PerKey("in", limits)}}
	next := 0
	stretch := func(kind string) time.Duration {
		const n = 2000
		list, demand := requests[kind], demands[kind]
		began := time.Now()
		for range n {
			next += 7919
			in := &list[next%keys]
			in.Began = began
			if o := d.admission.Admit(in, demand); !o.Valid() {
				b.Fatal(o.Reason)
			}
		}
		return time.Since(began) / n
	}
	ratios := map[string][]float64{}
	for b.Loop() {
		yardstick := stretch("without")
		for _, kind := range []string{"own", "endpoint"} {
			ratios[kind] = append(ratios[kind], float64(stretch(kind))/float64(yardstick))
		}
	}
	for kind, list := range ratios {
		slices.Sort(list)
		b.ReportMetric(list[len(list)/2], "ratio-"+kind)
	}
	b.ReportMetric(0, "ns/op")
}
