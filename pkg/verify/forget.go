package verify

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// How old use and refused requests are removed.
const (
	forgetInterval = time.Hour
	forgetPiece    = 5000 // rows in a transaction
)

// RunForgetting removes the use by day, the refused requests, the clients, the use of rules and the counts by the hour
// that are older than what is kept, when the node starts and every hour. Each process on a store does so; who comes
// second finds nothing.
func RunForgetting(ctx context.Context, store apikey.Store, logger *slog.Logger) {
	tick := time.NewTicker(forgetInterval)
	defer tick.Stop()
	for {
		now := time.Now()
		err := errors.Join(ForgetOldUsage(ctx, store, now), ForgetOldDenials(ctx, store, now),
			ForgetOldClients(ctx, store, now), ForgetOldHours(ctx, store, now), ForgetOldRules(ctx, store, now))
		if err != nil && ctx.Err() == nil {
			logger.Warn("old usage and refused requests cannot be removed; it is tried again in an hour", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// ForgetOldUsage removes in pieces what is too old at now.
func ForgetOldUsage(ctx context.Context, store apikey.Store, now time.Time) error {
	oldest := apikey.OldestDay(apikey.DayOf(now))
	return inPieces(ctx, func() (int64, error) { return store.ForgetUsage(ctx, oldest, forgetPiece) })
}

// ForgetOldDenials removes in pieces what is too old at now, or too much.
func ForgetOldDenials(ctx context.Context, store apikey.Store, now time.Time) error {
	oldest := now.Add(-apikey.DenialRetention)
	return inPieces(ctx, func() (int64, error) {
		return store.ForgetDenials(ctx, oldest, apikey.MaxDenials, forgetPiece)
	})
}

// ForgetOldClients removes in pieces those who were last seen too long ago.
func ForgetOldClients(ctx context.Context, store apikey.Store, now time.Time) error {
	oldest := apikey.DayOf(now.Add(-apikey.ClientRetention))
	return inPieces(ctx, func() (int64, error) { return store.ForgetClients(ctx, oldest, forgetPiece) })
}

// ForgetOldHours removes in pieces the counts that are too old at now.
func ForgetOldHours(ctx context.Context, store apikey.Store, now time.Time) error {
	oldest := apikey.HourOf(now.Add(-apikey.StatsRetention))
	return inPieces(ctx, func() (int64, error) { return store.ForgetHours(ctx, oldest, forgetPiece) })
}

// ForgetOldRules removes in pieces the use of rules that is too old at now, or too much.
func ForgetOldRules(ctx context.Context, store apikey.Store, now time.Time) error {
	oldest := apikey.OldestRuleDay(now)
	return inPieces(ctx, func() (int64, error) {
		return store.ForgetRules(ctx, oldest, apikey.MaxRuleUses, forgetPiece)
	})
}

// inPieces removes until a piece is not full. Between two it leaves the store
// to others, for several times as long as a piece took.
func inPieces(ctx context.Context, remove func() (removed int64, err error)) error {
	for {
		began := time.Now()
		removed, err := remove()
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
