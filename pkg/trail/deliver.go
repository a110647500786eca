package trail

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

const (
	// lookInterval is how often it is looked whether there is something to deliver.
	lookInterval = time.Second

	// batchSize is how many entries a target gets at once.
	batchSize = 200

	// leaseTime is how long after a server has died another one goes on with its targets. It is longer than any
	// batch takes.
	leaseTime = 30 * time.Second

	// maxPause is the longest time between two tries. Another server may try meanwhile.
	maxPause = 30 * time.Second

	// remindInterval is how often it is logged that a target still takes nothing.
	remindInterval = 10 * time.Minute
)

// delivery is what is done about one target: one entry after the other, as far as the target takes them. It holds
// nobody else up.
type delivery struct {
	keeper *Keeper
	target Target
	name   string
	wake   chan struct{}
	gone   chan struct{} // closed when the target is no longer configured
	stale  atomic.Bool   // what is open is to be opened again

	errors atomic.Int64
	status atomic.Pointer[Status]

	failing time.Time // since when the target takes nothing; zero = it does
	said    time.Time // when that was logged last
}

// Status is how far a target is.
type Status struct {
	Target   string
	Position int64         // the number of the last entry that it has
	Entries  int64         // that it does not have yet
	Behind   time.Duration // how old the first of them is
	Errors   int64         // failures of this server to deliver to it
}

func newDelivery(k *Keeper, t Target) *delivery {
	return &delivery{keeper: k, target: t, name: t.Name(), wake: make(chan struct{}, 1), gone: make(chan struct{})}
}

// Status returns how far each target is, as it was a moment ago.
func (k *Keeper) Status() (list []Status) {
	_, deliveries := k.current()
	for _, d := range deliveries {
		s := Status{Target: d.name}
		if known := d.status.Load(); known != nil {
			s = *known
		}
		s.Errors = d.errors.Load()
		list = append(list, s)
	}
	return list
}

// runDeliveries delivers to each target by itself, and looks for all of them whether there is something new.
func (k *Keeper) runDeliveries(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	started := map[*delivery]bool{}
	tick := time.NewTicker(lookInterval)
	defer tick.Stop()
	for {
		_, deliveries := k.current()
		for _, d := range deliveries {
			if !started[d] {
				started[d] = true
				running.Go(func() { d.run(ctx) })
			}
		}
		if len(deliveries) > 0 {
			k.look(ctx, deliveries)
		}
		select {
		case <-ctx.Done():
			return
		case <-k.changed:
		case <-tick.C:
		}
	}
}

// look wakes the deliveries to targets that lack something.
func (k *Keeper) look(ctx context.Context, deliveries []*delivery) {
	head, err := k.store.TrailHead(ctx)
	if err != nil {
		return // whoever needs the store says that it is away
	}
	targets, err := k.store.TrailTargets(ctx)
	if err != nil {
		return
	}
	positions := map[string]int64{}
	for _, t := range targets {
		positions[t.Name] = t.Position
	}
	for _, d := range deliveries {
		s := Status{Target: d.name, Position: positions[d.name]}
		if s.Position != head.Number {
			next, err := k.store.Trail(ctx, s.Position, 1)
			if err != nil {
				return
			}
			if len(next) > 0 {
				s.Entries, s.Behind = head.Number-next[0].ID+1, max(0, k.now().Sub(next[0].At))
			}
			d.nudge()
		}
		d.status.Store(&s)
	}
}

func (d *delivery) nudge() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// run delivers until ctx ends or the target is no longer configured.
func (d *delivery) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	to := d.target.open()
	defer to.close()
	pause := time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.gone:
			return
		case <-d.wake:
		}
		if d.stale.Swap(false) {
			to.reopen()
		}
		err := d.catchUp(ctx, to)
		if ctx.Err() != nil {
			return
		}
		d.tell(ctx, err)
		if err == nil || errors.Is(err, errElsewhere) {
			pause = 0
			continue
		}
		pause = min(max(lookInterval, 2*pause), maxPause)
		select {
		case <-d.gone:
			return
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
		d.nudge()
	}
}

// isGone reports whether the target is no longer configured: then it gets nothing that was written since.
func (d *delivery) isGone() bool {
	select {
	case <-d.gone:
		return true
	default:
		return false
	}
}

// errElsewhere says that another server delivers to the target.
var errElsewhere = errors.New("another server delivers")

// catchUp delivers all that the target lacks, unless another server is at it.
func (d *delivery) catchUp(ctx context.Context, to sink) error {
	k := d.keeper
	until := func() time.Time { return k.now().Add(leaseTime) }
	position, leased, err := k.store.LeaseTrail(ctx, d.name, k.server, k.now(), until())
	if err != nil {
		return err
	}
	if !leased {
		return errElsewhere
	}
	defer func() { // whether it went well or not, another server may go on
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_, _ = k.store.MoveTrail(release, d.name, k.server, position, time.UnixMilli(1))
	}()
	if position, err = d.checked(ctx, position); err != nil {
		return err
	}
	for {
		entries, err := k.store.Trail(ctx, position, batchSize)
		if err != nil || len(entries) == 0 || d.isGone() {
			return err
		}
		if err := to.take(ctx, entries); err != nil {
			d.errors.Add(1)
			return err
		}
		next := entries[len(entries)-1].ID
		moved, err := k.store.MoveTrail(ctx, d.name, k.server, next, until())
		if err != nil {
			return err
		}
		if position = next; !moved {
			return errElsewhere
		}
	}
}

// checked returns a position that is no further than the trail, which may have become shorter.
func (d *delivery) checked(ctx context.Context, position int64) (int64, error) {
	head, err := d.keeper.store.TrailHead(ctx)
	if err != nil || position <= head.Number {
		return position, err
	}
	d.keeper.logger.ErrorContext(
		ctx,
		"the audit trail is shorter than what a target has of it: its end was cut off, or a "+
			"backup was restored; see \"ostiary audit verify\"",
		"target",
		d.name,
		"target_has",
		position,
		"number",
		head.Number,
	)
	return head.Number, nil
}

// tell logs that a target begins or ceases to take entries, and now and then that it still does not.
func (d *delivery) tell(ctx context.Context, err error) {
	log, now := d.keeper.logger, d.keeper.now()
	switch {
	case errors.Is(err, errElsewhere):
	case err == nil && !d.failing.IsZero():
		log.InfoContext(ctx, "a target takes the audit trail again", "target", d.name, "after",
			now.Sub(d.failing).Round(time.Second))
		d.failing = time.Time{}
	case err != nil && apikey.ErrorCode(err) == apikey.CodeUnavailable: // whoever needs the store says so
	case err != nil && (d.failing.IsZero() || now.Sub(d.said) >= remindInterval):
		if d.failing.IsZero() {
			d.failing = now
		}
		d.said = now
		log.WarnContext(ctx, "a target does not take the audit trail; its entries wait in the store", "target", d.name,
			"error", err, "since", d.failing.UTC().Format(time.RFC3339))
	}
}
