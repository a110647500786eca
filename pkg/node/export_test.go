package node

import (
	"context"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// ForgetOld removes use by day that is too old, whatever the hour.
func ForgetOld(ctx context.Context, store apikey.Store, now time.Time) error {
	return forgetOld(ctx, store, now)
}
