package keys

import (
	"context"
	"time"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// useEvery is how long it is left open whether a key was refused since: its count of uses does not say so.
const useEvery = time.Minute

// readUse reads on which days the key was let in and refused, unless nothing can have changed since the last time.
func (d *keyDetails) readUse() {
	h, id, uses, session := d.host, d.of.key.ID, d.of.key.UseCount, d.host.Session
	now := h.Words.Now()
	current := d.use != nil && d.uses == uses && d.use.To == now.UTC().Format(time.DateOnly)
	if current && now.Sub(d.useRead) < useEvery {
		return
	}
	page.InBackground(h, func(ctx context.Context) (*api.KeyUsage, error) {
		return session.Use(ctx, id)
	}, func(use *api.KeyUsage, err error) {
		if !d.of.shown || d.of.key.ID != id {
			return
		}
		switch {
		case err == nil:
			d.use, d.uses, d.useRead = use, uses, now
			d.showTotal()
			d.chart.show(use.Days, "")
			d.showChart()
			d.showRules()
		case d.use == nil: // else what was read before says more
			d.chart.show(nil, h.Explain(err).Headline)
		}
	})
}

// showChart shows the chart of a key that somebody has sent.
func (d *keyDetails) showChart() {
	sent := d.of.key.UseCount > 0 || d.use != nil && d.use.Total+d.use.Denied > 0
	if sent != d.chart.Visible() {
		kit.Display(d.chart, sent)
		kit.Relayout(d.root)
	}
}

// showRules shows to where the key is sent.
func (d *keyDetails) showRules() {
	d.rules.show(d.of.key, d.use)
	kit.Relayout(d.scroll)
}

// showTotal says how often the key was used in all.
func (d *keyDetails) showTotal() {
	if text := d.host.Words.N("usage.requests", int(d.total())); text != d.count.Text {
		d.count.SetText(text)
		kit.Relayout(d.counted) // it may be wider now
	}
}

// total is how often the key was used in all. It goes with the chart: a list
// that was read before or after the chart's days says something else.
func (d *keyDetails) total() int64 {
	if d.use == nil {
		return d.of.key.UseCount
	}
	return max(d.uses, d.use.Total)
}
