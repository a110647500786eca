package page

import (
	"context"
	"time"
)

// InBackground runs work off the thread that draws, and then done on it, with
// the result. Done is left out if the session has ended meanwhile.
func InBackground[T any](h *Host, work func(context.Context) (T, error), done func(T, error)) {
	ctx := h.Context
	if ctx == nil {
		ctx = context.Background()
	}
	h.Loop.Go(func() {
		result, err := work(ctx)
		h.Loop.Do(func() {
			if ctx.Err() == nil {
				done(result, err)
			}
		})
	})
}

// Attempt is InBackground for work that returns nothing but an error.
func Attempt(h *Host, work func(context.Context) error, done func(error)) {
	InBackground(h, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, work(ctx)
	}, func(_ struct{}, err error) { done(err) })
}

// Sleep waits in the background, no longer than ctx lasts.
func Sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
