package node

import (
	"context"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// For tests of the pepper and certificates, which have no door of their own.
var ServerTLS = serverTLS

// OpenPeppers opens a pepper file that is not sealed.
func OpenPeppers(ctx context.Context, file string, store apikey.Store) (*apikey.Peppers, error) {
	return OpenSealed(ctx, file, PepperSeal{}, store)
}

// OpenSealed opens a pepper file.
func OpenSealed(ctx context.Context, file string, seal PepperSeal, store apikey.Store) (*apikey.Peppers, error) {
	return openPeppers(ctx, pepperFile{name: file, seal: seal}, store)
}

// ForgetOld removes use by day that is too old, whatever the hour.
func ForgetOld(ctx context.Context, store apikey.Store, now time.Time) error {
	return forgetOld(ctx, store, now)
}
