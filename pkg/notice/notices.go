package notice

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Options of Notices. All but Config may be left out.
type Options struct {
	Config Config
	Logger *slog.Logger

	// Server is the name of this server, which people know; the host's if it
	// is empty.
	Server string

	// Now is the clock.
	Now func() time.Time
}

// Notices finds out what people are to be told, and tells them.
type Notices struct {
	opts   Options
	logger *slog.Logger
	id     string // of this process, which no other has
	store  apikey.Store
	live   atomic.Pointer[setup]

	facts  *facts
	health *health
	local  local
	sweeps sweeps
	alerts alerts

	delivering sync.Map // ids of channels of which a delivery runs
	testing    sync.Mutex
}

// New prepares to tell people. It fails for what the configuration should not
// have let through.
func New(opts Options) (*Notices, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Server == "" {
		opts.Server, _ = os.Hostname()
	}
	n := &Notices{opts: opts, logger: opts.Logger, id: rand.Text(), facts: newFacts()}
	n.health = &health{notices: n}
	err := n.Configure(opts.Config)
	return n, err
}

func (n *Notices) now() time.Time { return n.opts.Now().UTC().Truncate(apikey.TimeUnit) }

// Configure puts another configuration in force. With an error the old one
// stays. What was to be delivered to a channel that is gone is delivered by a
// server that still has it, and fails after a day if there is none.
func (n *Notices) Configure(cfg Config) error {
	next := &setup{Config: cfg}
	for _, c := range cfg.To {
		ch, err := newChannel(c)
		if err != nil {
			return err
		}
		if next.channel(ch.id) != nil { // the same address twice, with other filters
			ch.id += "-" + strconv.Itoa(len(next.channels))
		}
		next.channels = append(next.channels, ch)
	}
	n.live.Store(next)
	n.facts.wanted.Store(!cfg.IsZero())
	n.sweeps.again()
	return nil
}

// Tell writes what people are to be told of a change into its transaction: see
// apikey.Options.Notify.
func (n *Notices) Tell(ctx context.Context, tx apikey.Tx, h apikey.Happening) error {
	setup := n.live.Load()
	if setup.IsZero() {
		return nil
	}
	return n.add(ctx, tx, told(h))
}

// add writes a notice for each who gets it.
func (n *Notices) add(ctx context.Context, tx apikey.Tx, m *message) error {
	if list := n.live.Load().address(m, n.now()); len(list) > 0 {
		return tx.AddNotices(ctx, list)
	}
	return nil
}

// once writes a notice unless one of the same cause was written of the key
// before. Kind is what the cause is one of. What nobody gets is not noted, so
// that somebody is told who is configured later.
func (n *Notices) once(ctx context.Context, tx apikey.Tx, kind string, m *message) error {
	return n.oneOf(ctx, tx, kind, m, 1)
}

// onceEach is like once, for causes that come and go: the last of them are
// remembered.
func (n *Notices) onceEach(ctx context.Context, tx apikey.Tx, kind string, m *message) error {
	return n.oneOf(ctx, tx, kind, m, 16)
}

func (n *Notices) oneOf(ctx context.Context, tx apikey.Tx, kind string, m *message, most int) error {
	list := n.live.Load().address(m, n.now())
	if len(list) == 0 {
		return nil
	}
	key := ""
	if m.Key != nil {
		key = m.Key.ID
	}
	before, err := tx.Noted(ctx, key, kind)
	if err != nil {
		return err
	}
	causes := strings.Fields(before)
	if slices.Contains(causes, m.cause) {
		return nil
	}
	causes = append(causes, m.cause)
	causes = causes[max(0, len(causes)-most):]
	if err := tx.Note(ctx, key, kind, strings.Join(causes, " "), n.now()); err != nil {
		return err
	}
	return tx.AddNotices(ctx, list)
}

// How often what is looked at.
const (
	deliverInterval = time.Second
	observeInterval = 2 * time.Second
	cleanupInterval = time.Hour
)

// Run finds out, and tells, until ctx ends. The caller then calls Flush once
// more when no request runs any longer. Watch must have been called. Unfit says
// why the gate is closed, and nothing while it is open.
func (n *Notices) Run(ctx context.Context, unfit func() string) {
	var running sync.WaitGroup
	running.Go(func() { every(ctx, deliverInterval, func() { n.Look(ctx, unfit()) }) })
	running.Go(func() { every(ctx, deliverInterval, func() { n.Deliver(ctx) }) })
	running.Go(func() { every(ctx, observeInterval, func() { n.Observe(ctx) }) })
	running.Go(func() { every(ctx, cleanupInterval, func() { n.forget(ctx) }) })
	running.Wait()
}

// every calls fn now and then every interval until ctx ends.
func every(ctx context.Context, interval time.Duration, fn func()) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		fn()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Observe looks at what has happened, and writes what people are to be told of
// it. Run does so all the time.
func (n *Notices) Observe(ctx context.Context) {
	if n.live.Load().IsZero() {
		return
	}
	err := errors.Join(n.tellFacts(ctx, gatherTime), n.sweep(ctx))
	if err != nil && ctx.Err() == nil && apikey.ErrorCode(err) != apikey.CodeUnavailable {
		n.logger.Warn("people could not be told of everything; it is tried again", "error", err)
	}
}

// Flush writes what was found out and delivers what is due, once.
func (n *Notices) Flush(ctx context.Context) error {
	if n.live.Load().IsZero() {
		return nil
	}
	err := n.tellFacts(ctx, -1)
	n.Deliver(ctx)
	err = errors.Join(err, n.local.leave(ctx, n))
	for _, one := range n.local.pending() {
		n.logger.Error("a notice could be neither delivered nor written down, and is lost", "event", one.Event, "title",
			one.Title, "channel", one.Channel, "to", one.To, "error", one.Error)
	}
	if err != nil {
		return fmt.Errorf("the last notices could not be written: %w", err)
	}
	return nil
}

// forget removes old notices.
func (n *Notices) forget(ctx context.Context) {
	const piece = 1000
	now := n.now()
	cleanup := apikey.NoticeCleanup{Before: now.Add(-apikey.NoticeRetention), Keep: apikey.MaxNotices,
		Stale: now.Add(-retryLife - time.Hour), Now: now, Limit: piece}
	for {
		removed, unsent, err := n.store.ForgetNotices(ctx, cleanup)
		if unsent > 0 {
			n.logger.Warn("there are more notices than are kept; some were removed before they were delivered", "count",
				unsent, "kept", apikey.MaxNotices)
		}
		if err != nil || removed < piece {
			return
		}
	}
}
