package verify

import (
	"context"
	"log/slog"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// How old use by day is removed.
const (
	forgetInterval = time.Hour
	forgetPiece    = 5000 // rows in a transaction
)

// RunForgetting removes the use by day that is older than what is kept, when the
// node starts and every hour. Each process on a store does so; who comes
// second finds nothing.
func RunForgetting(ctx context.Context, store apikey.Store, logger *slog.Logger) {
	tick := time.NewTicker(forgetInterval)
	defer tick.Stop()
	for {
		if err := ForgetOldUsage(ctx, store, time.Now()); err != nil && ctx.Err() == nil {
			logger.Warn("old usage cannot be removed; it is tried again in an hour", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// ForgetOldUsage removes in pieces what is too old at now. Between two it leaves the
// store to others, for several times as long as a piece took.
func ForgetOldUsage(ctx context.Context, store apikey.Store, now time.Time) error {
	oldest := apikey.OldestDay(apikey.DayOf(now))
	for {
		began := time.Now()
		removed, err := store.ForgetUsage(ctx, oldest, forgetPiece)
		if err != nil || removed < forgetPiece {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(4 * time.Since(began)):
		}
	}
}
