package trail

import (
	"context"
	"log/slog"
	"sync"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Keeper looks after the trail of a store.
type Keeper struct {
	store   apikey.Store
	peppers *apikey.Peppers
	logger  *slog.Logger

	telling sync.Mutex
	told    apikey.TrailHead // that was logged last
}

// New returns a Keeper that does nothing until it runs.
func New(store apikey.Store, peppers *apikey.Peppers, logger *slog.Logger) *Keeper {
	return &Keeper{store: store, peppers: peppers, logger: logger}
}

// Run looks after the trail until ctx ends.
func (k *Keeper) Run(ctx context.Context) {
	k.runHeads(ctx)
}

// Close logs the end of the trail once more.
func (k *Keeper) Close(ctx context.Context) {
	k.TellHead(ctx, "the audit trail ends here, as the server stops")
}
