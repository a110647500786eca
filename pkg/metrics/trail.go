package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/ostiary/ostiary/pkg/trail"
)

var (
	targetEntriesDesc = prometheus.NewDesc("ostiary_audit_target_lag_entries",
		"Entries of the audit trail that a target does not have yet.", []string{"target"}, nil)
	targetLagDesc = prometheus.NewDesc(
		"ostiary_audit_target_lag_seconds",
		"Age of the first entry of the audit trail that a target does not have yet; 0 = it has all.",
		[]string{"target"},
		nil,
	)
	targetErrorsDesc = prometheus.NewDesc("ostiary_audit_target_errors_total",
		"Failures of this server to deliver the audit trail to a target.", []string{"target"}, nil)
)

// Trail tells how far the targets of the audit trail are.
func (m *Metrics) Trail(status func() []trail.Status) {
	m.Registry.MustRegister(trailCollector(status))
}

// trailCollector asks how far the targets are.
type trailCollector func() []trail.Status

// Describe sends what there can be.
func (c trailCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- targetEntriesDesc
	ch <- targetLagDesc
	ch <- targetErrorsDesc
}

// Collect sends what there is.
func (c trailCollector) Collect(ch chan<- prometheus.Metric) {
	for _, s := range c() {
		ch <- prometheus.MustNewConstMetric(targetEntriesDesc, prometheus.GaugeValue, float64(s.Entries), s.Target)
		ch <- prometheus.MustNewConstMetric(targetLagDesc, prometheus.GaugeValue, s.Behind.Seconds(), s.Target)
		ch <- prometheus.MustNewConstMetric(targetErrorsDesc, prometheus.CounterValue, float64(s.Errors), s.Target)
	}
}
