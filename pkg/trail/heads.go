package trail

import (
	"context"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// headInterval is how often the end of the trail is logged. What was written since the last time, and cut off, is not
// missed by a log; by a target of audit.to it is.
const headInterval = time.Hour

// runHeads logs the end of the trail now and each hour.
func (k *Keeper) runHeads(ctx context.Context) {
	tick := time.NewTicker(headInterval)
	defer tick.Stop()
	for {
		k.TellHead(ctx, "the audit trail ends here")
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// TellHead logs the end of the trail, and whether the one that was logged before is still there.
func (k *Keeper) TellHead(ctx context.Context, message string) {
	head, err := k.store.TrailHead(ctx)
	if err != nil {
		if ctx.Err() == nil {
			k.logger.WarnContext(ctx, "the end of the audit trail cannot be read", "error", err)
		}
		return
	}
	k.telling.Lock()
	defer k.telling.Unlock()
	k.compare(ctx, head)
	if head.Number > 0 {
		k.logger.InfoContext(ctx, message, //nolint:sloglint // one of three constants: at the start, each hour, at the end
			"number", head.Number, "hash", head.Link.String())
	}
	k.told = head
}

// compare logs that the entry which was logged last is no longer what it was.
func (k *Keeper) compare(ctx context.Context, head apikey.TrailHead) {
	if k.told.Number == 0 {
		return
	}
	now, err := apikey.TrailEntryAt(ctx, k.store, k.told.Number)
	switch {
	case err != nil:
	case head.Number < k.told.Number, now != nil && now.Link != k.told.Link:
		k.logger.ErrorContext(ctx, "the end of the audit trail was cut off by something else than Ostiary, or a backup was "+
			"restored; see \"ostiary audit verify\"", "number", k.told.Number, "hash", k.told.Link.String())
	}
}
