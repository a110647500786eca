// Package metrics counts what a node does, for Prometheus.
package metrics

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// Metrics are the Prometheus metrics of a node, in a registry of their own.
type Metrics struct {
	Registry      *prometheus.Registry
	verifications *prometheus.CounterVec
	latency       prometheus.Histogram
	storeErrors   prometheus.Counter
	unwritable    atomic.Pointer[string] // see Unwritable
}

// New returns metrics that nothing has counted in yet.
func New() *Metrics {
	m := &Metrics{
		Registry: prometheus.NewRegistry(),
		verifications: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ostiary_verifications_total",
			Help: "Decisions by code and endpoint. Endpoints that are not configured count as an empty name.",
		}, []string{"code", "endpoint"}),
		latency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "ostiary_decision_seconds",
			Help:    "Time from a request's header to the decision about it.",
			Buckets: []float64{1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 1e-3, 1e-2},
		}),
		storeErrors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ostiary_store_errors_total",
			Help: "Failures to reach the store.",
		}),
	}
	writable := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "ostiary_store_writable",
		Help: "Whether the last attempt to write to the store succeeded: 1, or 0.",
	}, func() float64 {
		if m.Unwritable() != "" {
			return 0
		}
		return 1
	})
	m.Registry.MustRegister(m.verifications, m.latency, m.storeErrors, writable,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Describe adds what is known once the store is open.
func (m *Metrics) Describe(version, engine string, replica *verify.Replica) {
	build := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name:        "ostiary_build_info",
		Help:        "Always 1; the labels say what runs.",
		ConstLabels: prometheus.Labels{"version": version, "store": engine},
	}, func() float64 { return 1 })
	m.Registry.MustRegister(build, replicaCollector{replica})
}

// Observer counts the decisions of one endpoint. It holds its counters, so
// that counting is an addition and no look-up.
type Observer struct {
	byCode  map[apikey.Code]prometheus.Counter
	others  func(apikey.Code) prometheus.Counter // of codes that few requests end with
	latency prometheus.Histogram
}

// Observer returns the counters of an endpoint.
func (m *Metrics) Observer(endpoint string) *Observer {
	o := &Observer{byCode: map[apikey.Code]prometheus.Counter{}, latency: m.latency}
	o.others = func(code apikey.Code) prometheus.Counter {
		return m.verifications.WithLabelValues(string(code), endpoint)
	}
	for _, code := range apikey.DecisionCodes() {
		o.byCode[code] = o.others(code)
	}
	return o
}

func (o *Observer) observe(code apikey.Code, took time.Duration) {
	c := o.byCode[code]
	if c == nil {
		c = o.others(code)
	}
	c.Inc()
	o.latency.Observe(took.Seconds())
}

// Endpoints finds the counters of an endpoint; those that are not
// configured are counted under an empty name, so that clients cannot make new
// series.
type Endpoints map[string]*Observer

// Observe counts a decision about an endpoint.
func (g Endpoints) Observe(endpoint string, code apikey.Code, took time.Duration) {
	o := g[endpoint]
	if o == nil {
		o = g[""]
	}
	o.observe(code, took)
}

// Endpoints returns the counters of endpoints with these names.
func (m *Metrics) Endpoints(names []string) Endpoints {
	g := Endpoints{"": m.Observer("")}
	for _, name := range names {
		g[name] = m.Observer(name)
	}
	return g
}

// Verifier is a verify.Verifier whose decisions are counted, under an empty
// name of an endpoint.
type Verifier struct {
	*verify.Verifier
	observer *Observer
}

// Verifier counts what v decides.
func (m *Metrics) Verifier(v *verify.Verifier) Verifier { return Verifier{v, m.Observer("")} }

// Verify decides, and counts.
func (o Verifier) Verify(q verify.Question) verify.Decision {
	began := time.Now()
	d := o.Verifier.Verify(q)
	o.observer.observe(d.Code, time.Since(began))
	return d
}

// replicaCollector counts the replica's keys when it is asked.
type replicaCollector struct{ replica *verify.Replica }

var (
	keysDesc   = prometheus.NewDesc("ostiary_keys", "Keys by state.", []string{"state"}, nil)
	forgedDesc = prometheus.NewDesc("ostiary_keys_forged",
		"Keys in the store that are not as Ostiary wrote them, and are denied, and settings that are not or are gone.", nil, nil)
	expiryDesc = prometheus.NewDesc("ostiary_earliest_expiry_timestamp_seconds",
		"When the first of the active keys expires; absent if none does.", nil, nil)
	readyDesc = prometheus.NewDesc("ostiary_replica_ready", "1 if the keys are loaded.", nil, nil)
	openDesc  = prometheus.NewDesc("ostiary_gate_open",
		"1 if requests can be decided, 0 while the gate answers all with 503.", nil, nil)
	stalenessDesc = prometheus.NewDesc("ostiary_replica_lag_seconds", "Time since the store last answered the replica.",
		nil, nil)
	seqDesc = prometheus.NewDesc("ostiary_replica_sequence", "Number of the newest change that the replica holds.", nil,
		nil)
)

func (replicaCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		keysDesc, forgedDesc, expiryDesc, readyDesc, openDesc, stalenessDesc, seqDesc,
	} {
		ch <- d
	}
}

func (c replicaCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	s := c.replica.Stats()
	for _, state := range apikey.States() {
		gauge(keysDesc, float64(s.Keys[state]), string(state))
	}
	gauge(forgedDesc, float64(c.replica.Forged()))
	if !s.EarliestExpiry.IsZero() {
		gauge(expiryDesc, float64(s.EarliestExpiry.UnixMilli())/1000)
	}
	gauge(readyDesc, truth(s.Ready))
	gauge(openDesc, truth(c.replica.Unfit() == ""))
	gauge(stalenessDesc, s.Staleness.Seconds())
	gauge(seqDesc, float64(s.Seq))
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
