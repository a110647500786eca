package trail

import (
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Keeper looks after the trail of a store.
type Keeper struct {
	store   apikey.Store
	peppers *apikey.Peppers
	logger  *slog.Logger
	server  string           // names this one among those that deliver
	now     func() time.Time // the clock

	// WriteSights writes what was seen into the trail; nil = nothing is. It is set before Run.
	WriteSights func(ctx context.Context, atEnd bool) error

	telling sync.Mutex
	told    apikey.TrailHead // that was logged last

	saidWaiting time.Time // when it was logged last that a target holds audit.keep up

	mu         sync.Mutex
	config     Config
	deliveries []*delivery
	changed    chan struct{} // holds something when the configuration has changed

	running atomic.Bool // or has been
}

// New returns a Keeper that does nothing until it runs.
func New(store apikey.Store, peppers *apikey.Peppers, config Config, logger *slog.Logger) *Keeper {
	k := &Keeper{store: store, peppers: peppers, logger: logger, server: rand.Text(), now: time.Now,
		changed: make(chan struct{}, 1)}
	k.configure(config)
	return k
}

// Run looks after the trail until ctx ends.
func (k *Keeper) Run(ctx context.Context) {
	k.running.Store(true)
	var parts sync.WaitGroup
	parts.Go(func() { k.runHeads(ctx) })
	parts.Go(func() { k.runTrimming(ctx) })
	parts.Go(func() { k.runSights(ctx) })
	parts.Go(func() { k.runDeliveries(ctx) })
	parts.Wait()
}

// Reload takes up another configuration. Files are opened again, as after a rotation.
func (k *Keeper) Reload(config Config) {
	k.configure(config)
	select {
	case k.changed <- struct{}{}:
	default: // it will be looked at
	}
}

// configure keeps the deliveries to targets that stay.
func (k *Keeper) configure(config Config) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var next []*delivery
	for _, t := range config.To {
		at := slices.IndexFunc(k.deliveries, func(d *delivery) bool { return d.target == t })
		if at < 0 {
			next = append(next, newDelivery(k, t))
			continue
		}
		k.deliveries[at].stale.Store(true)
		next = append(next, k.deliveries[at])
	}
	for _, d := range k.deliveries {
		if !slices.Contains(next, d) {
			close(d.gone)
		}
	}
	k.config, k.deliveries = config, next
}

func (k *Keeper) current() (Config, []*delivery) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.config, k.deliveries
}

// sightInterval is how often what was seen is written.
const sightInterval = time.Second

func (k *Keeper) runSights(ctx context.Context) {
	for k.WriteSights != nil && sleep(ctx, sightInterval) {
		err := k.WriteSights(ctx, false)
		if err != nil && ctx.Err() == nil && apikey.ErrorCode(err) != apikey.CodeUnavailable {
			k.logger.WarnContext(ctx, "what was seen cannot be written into the audit trail", "error", err)
		}
	}
}

// Close writes what was seen last, and logs the end of the trail once more if that was logged before.
func (k *Keeper) Close(ctx context.Context) (err error) {
	if k.WriteSights != nil {
		err = k.WriteSights(ctx, true)
	}
	if k.running.Load() {
		k.TellHead(ctx, "the audit trail ends here, as the server stops")
	}
	return err
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
