package notice

import (
	"context"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// watched is a store of which is noted what is written to it.
type watched struct {
	apikey.Store
	notices *Notices
}

// Watch returns a store of which is noted what everybody writes to it, as far
// as people may be told of that, and how it is. Notices are kept in the same.
func (n *Notices) Watch(s apikey.Store) apikey.Store {
	w := watched{s, n}
	n.store = w
	return w
}

// Changes reads the feed, which every server does all the time.
func (w watched) Changes(ctx context.Context, seq int64, limit int) ([]apikey.Change, int64, error) {
	changes, head, err := w.Store.Changes(ctx, seq, limit)
	return changes, head, w.notices.health.saw(ctx, false, err)
}

// Write notes how the store is.
func (w watched) Write(ctx context.Context, fn func(apikey.Tx) error) error {
	return w.notices.health.saw(ctx, true, w.Store.Write(ctx, fn))
}

// RecordUsage notes from where keys are used.
func (w watched) RecordUsage(ctx context.Context, batch apikey.UsageBatch) error {
	err := w.notices.health.saw(ctx, true, w.Store.RecordUsage(ctx, batch))
	if err == nil {
		w.notices.facts.used(&batch)
	}
	return err
}

// RecordLate notes which keys come after their ends.
func (w watched) RecordLate(ctx context.Context, late []apikey.Late) error {
	err := w.notices.health.saw(ctx, true, w.Store.RecordLate(ctx, late))
	if err == nil {
		w.notices.facts.late(late)
	}
	return err
}

// RecordDenials notes what is refused.
func (w watched) RecordDenials(ctx context.Context, denials []apikey.Denial) error {
	err := w.notices.health.saw(ctx, true, w.Store.RecordDenials(ctx, denials))
	if err == nil {
		w.notices.facts.denied(denials)
	}
	return err
}
