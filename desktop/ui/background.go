package ui

import "context"

// inBackground runs work off the thread that draws, and then done on it, with the result. Done is left out if the
// session has ended meanwhile.
func inBackground[T any](u *UI, work func(context.Context) (T, error), done func(T, error)) {
	ctx := u.ctx
	if ctx == nil {
		ctx = context.Background()
	}
	u.Loop.Go(func() {
		result, err := work(ctx)
		u.Loop.Do(func() {
			if ctx.Err() == nil {
				done(result, err)
			}
		})
	})
}

// attempt is inBackground for work that returns nothing but an error.
func attempt(u *UI, work func(context.Context) error, done func(error)) {
	inBackground(u, func(ctx context.Context) (struct{}, error) { return struct{}{}, work(ctx) }, func(_ struct{}, err error) { done(err) })
}
