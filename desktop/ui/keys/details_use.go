package keys

import (
	"context"
	"time"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// readUse reads on which days the key was used, unless it was not, or nothing
// can have changed since the last time.
func (d *keyDetails) readUse() {
	h, id, uses, session := d.host, d.of.key.ID, d.of.key.UseCount, d.host.Session
	today := h.Words.Now().UTC().Format(time.DateOnly)
	if uses == 0 || d.use != nil && d.uses == uses && d.use.To == today {
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
			d.use, d.uses = use, uses
			d.showTotal()
			d.chart.show(use.Days, "")
		case d.use == nil: // else what was read before says more
			d.chart.show(nil, h.Explain(err).Headline)
		}
	})
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
