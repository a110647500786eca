package trail

import (
	"context"
	"math"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

const (
	// trimStep is how many entries are removed at once: other writers do not wait long.
	trimStep = 1000

	lookAtKeep   = 2 * time.Second // between two looks at the configuration
	shortestTrim = time.Second     // between two removals
	longestTrim  = 24 * time.Hour
)

// runTrimming removes what is older than audit.keep, now and then.
func (k *Keeper) runTrimming(ctx context.Context) {
	var trimmed time.Time
	for sleep(ctx, lookAtKeep) {
		config, deliveries := k.current()
		// Each removal leaves a note, so that there is one a day at the most for what is kept long.
		pause := min(max(config.Keep/100, shortestTrim), longestTrim)
		if config.Keep > 0 && k.now().Sub(trimmed) >= pause {
			trimmed = k.now()
			k.trim(ctx, config.Keep, deliveries)
		}
	}
}

// trim removes what is older, as far as every target has it.
func (k *Keeper) trim(ctx context.Context, keep time.Duration, deliveries []*delivery) {
	before := k.now().Add(-keep)
	upTo, waitsFor, err := k.delivered(ctx, deliveries)
	var removed int64
	for err == nil {
		var n int64
		n, err = apikey.TrimTrail(ctx, k.store, k.peppers, before, upTo, trimStep, k.now())
		if removed += n; n < trimStep {
			break
		}
	}
	if removed > 0 {
		k.logger.InfoContext(ctx, "old entries of the audit trail were removed", "entries", removed, "older_than", before)
	}
	if err == nil && waitsFor != "" {
		k.tellWaiting(ctx, before, upTo, waitsFor)
	}
	for err == nil {
		var n int64
		if n, err = k.store.ForgetTombstones(ctx, before, trimStep); n < trimStep {
			break
		}
	}
	if err != nil && ctx.Err() == nil {
		k.logger.WarnContext(ctx, "old entries of the audit trail cannot be removed now", "error", err)
	}
}

// tellWaiting logs that entries are older than they should get, because a target does not have them yet.
func (k *Keeper) tellWaiting(ctx context.Context, before time.Time, upTo int64, target string) {
	next, err := k.store.Trail(ctx, upTo, 1)
	now := k.now()
	if err != nil || len(next) == 0 || !next[0].At.Before(before) || now.Sub(k.saidWaiting) < remindInterval {
		return
	}
	k.saidWaiting = now
	k.logger.WarnContext(ctx, "entries of the audit trail are older than audit.keep, and stay until a target has them",
		"target", target, "from", next[0].ID)
}

// delivered is the number up to which all targets have the trail, and which of them has the least.
func (k *Keeper) delivered(ctx context.Context, deliveries []*delivery) (upTo int64, last string, err error) {
	if len(deliveries) == 0 {
		return math.MaxInt64, "", nil
	}
	targets, err := k.store.TrailTargets(ctx)
	positions := map[string]int64{}
	for _, t := range targets {
		positions[t.Name] = t.Position
	}
	upTo = math.MaxInt64
	for _, d := range deliveries {
		if p := positions[d.name]; p < upTo {
			upTo, last = p, d.name
		}
	}
	return upTo, last, err
}
