package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// How many series there are by key, so that a scrape stays small: 10,000 in all, with those of the rest.
const (
	maxRequestSeries = 5000
	maxEndSeries     = 3000
	maxLimitSeries   = 1900
)

// ByKey adds metrics by key, and returns what is to count their requests.
func (m *Metrics) ByKey(replica *verify.Replica, limiter *verify.Limiter) *verify.KeyCounter {
	counter := verify.NewKeyCounter(maxRequestSeries)
	m.Registry.MustRegister(keyCollector{counter, replica, limiter})
	return counter
}

// keyCollector describes keys when it is asked. A key is named as it is now.
type keyCollector struct {
	counter *verify.KeyCounter
	replica *verify.Replica
	limiter *verify.Limiter
}

var (
	keyLabels = []string{"key_id", "key", "owner", "pool"}

	keyRequestsDesc = prometheus.NewDesc("ostiary_key_requests_total",
		"Requests by the key that they came with, tenant and code. Those for which there is no room have no key_id.",
		append([]string{"tenant", "code"}, keyLabels...), nil)
	keyExpiryDesc = prometheus.NewDesc("ostiary_key_expiry_timestamp_seconds",
		"When an active key expires; absent if it never does. Those that end first are here.", keyLabels, nil)
	keyLimitDesc = prometheus.NewDesc("ostiary_key_limit_used_ratio",
		"How much of a limit a key has used: 0 is nothing, 1 is all. Keys that were used lately are here.",
		append([]string{"limit", "endpoint"}, keyLabels...), nil)
	keyOmittedDesc = prometheus.NewDesc("ostiary_key_series_omitted", "Series by key for which there was no room.",
		[]string{"metric"}, nil)
)

// Describe is Prometheus'.
func (keyCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{keyRequestsDesc, keyExpiryDesc, keyLimitDesc, keyOmittedDesc} {
		ch <- d
	}
}

// Collect is Prometheus'.
func (c keyCollector) Collect(ch chan<- prometheus.Metric) {
	now := time.Now()
	ending, all := c.replica.Ending(now, maxEndSeries)
	for _, k := range ending {
		ch <- prometheus.MustNewConstMetric(keyExpiryDesc, prometheus.GaugeValue, float64(k.Expires.UnixMilli())/1000,
			labelsOf(k)...)
	}
	c.collectRequests(ch)
	limits, omitted := 0, 0
	c.limiter.EachUse(now, func(u verify.LimitUse) {
		k, known := c.replica.Known(u.Key)
		switch {
		case !known:
		case limits == maxLimitSeries:
			omitted++
		default:
			limits++
			ch <- prometheus.MustNewConstMetric(keyLimitDesc, prometheus.GaugeValue, u.Used,
				append([]string{u.Limit, u.Endpoint}, labelsOf(k)...)...)
		}
	})
	for metric, n := range map[string]int{"ends": all - len(ending), "limits": omitted} {
		ch <- prometheus.MustNewConstMetric(keyOmittedDesc, prometheus.GaugeValue, float64(n), metric)
	}
}

func (c keyCollector) collectRequests(ch chan<- prometheus.Metric) {
	known := map[apikey.ID]verify.KnownKey{}
	held := func(id apikey.ID) bool {
		k, ok := c.replica.Known(id)
		known[id] = k
		return ok
	}
	c.counter.Each(held, func(s verify.KeySeries, requests uint64) {
		ch <- prometheus.MustNewConstMetric(keyRequestsDesc, prometheus.CounterValue, float64(requests),
			append([]string{s.Tenant, string(s.Code)}, labelsOf(known[s.Key])...)...)
	})
	c.counter.Rest(func(code apikey.Code, requests uint64) {
		ch <- prometheus.MustNewConstMetric(keyRequestsDesc, prometheus.CounterValue, float64(requests),
			"", string(code), "", "", "", "")
	})
}

// labelsOf are the values of keyLabels.
func labelsOf(k verify.KnownKey) []string {
	return []string{k.ID.String(), k.Name(), k.Owner(), k.Pool}
}
