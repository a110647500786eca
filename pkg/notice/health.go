package notice

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// awayPatience is how long a store is not reached until somebody is told. Most
// are back before.
const awayPatience = 10 * time.Second

// health is how this server and its store are.
type health struct {
	notices *Notices

	mu         sync.Mutex
	awaySince  time.Time // zero = the store answers
	unwritable string    // why; empty = it can be written to
	told       map[apikey.Event]map[string]bool
}

func isTrouble(e apikey.Event) bool {
	return e == apikey.EventGateClosed || e == apikey.EventStoreAway || e == apikey.EventStoreFull
}

// saw notes how a call of the store ended. A caller's mistake says nothing
// about the store, nor does a caller who gave up.
func (h *health) saw(ctx context.Context, write bool, err error) error {
	failed, ok := errors.AsType[*apikey.Error](err)
	unavailable := ok && failed.Code == apikey.CodeUnavailable
	if unavailable && ctx.Err() != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case unavailable && failed.Unwritable:
		h.awaySince, h.unwritable = time.Time{}, failed.Message
	case unavailable:
		if h.awaySince.IsZero() {
			h.awaySince = h.notices.now()
		}
	default:
		h.awaySince = time.Time{}
		if write && err == nil {
			h.unwritable = ""
		}
	}
	return err
}

// bad reports whether nothing can be written to the store, as far as is known.
func (h *health) bad() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.awaySince.IsZero() || h.unwritable != ""
}

// has reports whether something is wrong that people were told of.
func (h *health) has(e apikey.Event) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.told[e] != nil
}

// begin notes that people are being told of a trouble, by the notices with some
// ids. It reports false if they were before.
func (h *health) begin(e apikey.Event, ids map[string]bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.told[e] != nil {
		return false
	}
	if h.told == nil {
		h.told = map[apikey.Event]map[string]bool{}
	}
	h.told[e] = ids
	return true
}

// end notes that a trouble is over, and returns what people were told of it;
// nil if it was not.
func (h *health) end(e apikey.Event) map[string]bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	ids := h.told[e]
	delete(h.told, e)
	return ids
}

// Look finds out how this server is, and has people told once when something
// goes wrong, such as that the gate is closed for a reason. What people are told
// goes through memory: it must arrive although the store is away.
func (n *Notices) Look(ctx context.Context, closed string) {
	if n.live.Load().IsZero() {
		return
	}
	if n.health.bad() { // whether it is so still, although nobody asks or writes
		_ = n.probe(ctx)
	}
	now := n.now()
	n.health.mu.Lock()
	away, unwritable := n.health.awaySince, n.health.unwritable
	n.health.mu.Unlock()
	n.trouble(apikey.EventGateClosed, closed, now)
	why := ""
	if !away.IsZero() && now.Sub(away) >= awayPatience {
		why, now = "it cannot be reached", away
	}
	n.trouble(apikey.EventStoreAway, why, now)
	n.trouble(apikey.EventStoreFull, unwritable, n.now())
}

// probe asks whether the store can be written to again.
func (n *Notices) probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	now := n.now()
	return n.store.Write(ctx, func(tx apikey.Tx) error {
		return tx.Note(ctx, "", "probe", now.Format(time.RFC3339), now)
	})
}

// trouble has people told of a trouble, when it begins and when it is over.
func (n *Notices) trouble(e apikey.Event, why string, began time.Time) {
	if why == "" {
		if ids := n.health.end(e); ids != nil {
			n.local.end(ids, n.now())
			n.alerts.again()
		}
		return
	}
	if n.health.has(e) {
		return
	}
	list := n.live.Load().address(trouble(e, n.opts.Server, why, began), n.now())
	ids := map[string]bool{}
	for i := range list {
		ids[list[i].ID] = true
	}
	n.health.begin(e, ids)
	if !n.local.add(list) {
		n.logger.Error("too many notices wait for the store; one was left out", "event", e)
	}
}
