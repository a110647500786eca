package plugin

import (
	"cmp"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// Gatherer returns the metrics of the standalone server and, of the SDK's,
// those that it has not: both count the process and the Go runtime.
func (p *Process) Gatherer(sdk prometheus.Gatherer) prometheus.Gatherer {
	return prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		families, err := sdk.Gather()
		s := p.current.Load()
		if s == nil || s.node == nil {
			return families, err
		}
		own, ownErr := s.node.Metrics().Gather()
		if err != nil || ownErr != nil {
			return nil, cmp.Or(err, ownErr)
		}
		return merge(own, families), nil
	})
}

// merge joins two lists of families; a name in both is taken from the first.
func merge(first, second []*dto.MetricFamily) []*dto.MetricFamily {
	named := map[string]bool{}
	for _, f := range first {
		named[f.GetName()] = true
	}
	for _, f := range second {
		if !named[f.GetName()] {
			first = append(first, f)
		}
	}
	slices.SortFunc(first, func(a, b *dto.MetricFamily) int { return strings.Compare(a.GetName(), b.GetName()) })
	return first
}
