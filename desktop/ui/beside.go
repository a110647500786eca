package ui

import "context"

// beside runs work off the thread that draws, and then done with what came of it
// on it. Done is left out if the session has ended meanwhile.
func beside[T any](u *UI, work func(context.Context) (T, error), done func(T, error)) {
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

// attempt is beside for work from which nothing comes but how it ended.
func attempt(u *UI, work func(context.Context) error, done func(error)) {
	beside(u, func(ctx context.Context) (struct{}, error) { return struct{}{}, work(ctx) }, func(_ struct{}, err error) { done(err) })
}
