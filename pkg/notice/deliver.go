package notice

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// How notices are delivered.
const (
	claimLimit = 32
	claimLife  = 90 * time.Second // after which another server takes over
	atOnce     = 8                // deliveries of a channel
	mailLimit  = 50               // notices in one mail
	digestLife = 24 * time.Hour   // between two digests to a person
	retryLife  = 24 * time.Hour   // of attempts
)

// pauses are those between attempts; the last one is repeated.
var pauses = []time.Duration{
	5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour,
	2 * time.Hour,
}

// Deliver takes what is due and delivers it. Channels do not wait for one
// another, nor does a call for the channels that an earlier one is at.
func (n *Notices) Deliver(ctx context.Context) {
	setup := n.live.Load()
	var running sync.WaitGroup
	for _, c := range setup.channels {
		if _, busy := n.delivering.LoadOrStore(c.id, true); busy {
			continue
		}
		running.Go(func() {
			defer n.delivering.Delete(c.id)
			n.deliverBy(ctx, c)
		})
	}
	running.Wait()
	n.refreshAlerts(ctx)
	_ = n.local.leave(ctx, n)
}

// deliverBy delivers what is due to one channel, from memory and from the
// store.
func (n *Notices) deliverBy(ctx context.Context, c *channel) {
	now := n.now()
	mine := n.local.take(c.id, now)
	n.attempt(ctx, c, mine)
	n.local.settle(mine)
	for {
		claimed, err := n.store.ClaimNotices(ctx, apikey.NoticeClaim{Server: n.id, Channels: []string{c.id}, Now: now,
			Until: now.Add(claimLife), Limit: claimLimit})
		if err != nil || len(claimed) == 0 {
			return
		}
		n.attempt(ctx, c, claimed)
		if err := n.store.SettleNotices(context.WithoutCancel(ctx), n.id, claimed); err != nil {
			n.logger.Warn("how notices were delivered could not be written; they may arrive twice, with the same id",
				"channel", c.kind, "error", err)
			return
		}
		if len(claimed) < claimLimit || ctx.Err() != nil {
			return
		}
	}
}

// attempt tries to deliver notices, and writes into them what became of it.
func (n *Notices) attempt(ctx context.Context, c *channel, notices []apikey.Notice) {
	var due []*apikey.Notice
	for i := range notices {
		due = append(due, &notices[i])
	}
	if c.kind == kindEmail {
		due = n.holdDigests(ctx, due)
	}
	turns := make(chan struct{}, atOnce)
	var running sync.WaitGroup
	for _, group := range c.groups(due) {
		turns <- struct{}{}
		running.Go(func() {
			defer func() { <-turns }()
			together := make([]apikey.Notice, len(group))
			for i, one := range group {
				together[i] = *one
			}
			limited, cancel := context.WithTimeout(ctx, sendTimeout)
			defer cancel()
			err := c.sender.send(limited, together, n.now())
			for _, one := range group {
				n.settle(one, err, ctx.Err() != nil)
			}
		})
	}
	running.Wait()
}

// groups are the notices that are sent together: to a person in one mail, to an
// Alertmanager in one request.
func (c *channel) groups(notices []*apikey.Notice) (groups [][]*apikey.Notice) {
	if c.kind == kindWebhook {
		return slices.Collect(slices.Chunk(notices, 1))
	}
	byPerson := map[string][]*apikey.Notice{}
	var people []string
	for _, one := range notices {
		if byPerson[one.To] == nil {
			people = append(people, one.To)
		}
		byPerson[one.To] = append(byPerson[one.To], one)
	}
	for _, to := range people {
		groups = slices.AppendSeq(groups, slices.Chunk(byPerson[to], mailLimit))
	}
	return groups
}

// settle writes into a notice what became of an attempt. One that was cut off
// because the server stops does not count.
func (n *Notices) settle(one *apikey.Notice, err error, stopping bool) {
	now := n.now()
	if err != nil && stopping {
		one.NextAt = now
		return
	}
	one.Attempts++
	if err == nil {
		one.State, one.DeliveredAt, one.Error = apikey.NoticeDelivered, now, ""
		return
	}
	one.Error = oneLine(err.Error())
	end := one.Since.Add(retryLife)
	pause := pauses[min(one.Attempts, len(pauses))-1]
	if later, ok := errors.AsType[*postpone](err); ok {
		pause = max(pause, later.wait)
	}
	switch one.NextAt = now.Add(pause); {
	case errors.Is(err, errGone) || !now.Before(end):
		one.State, one.NextAt = apikey.NoticeFailed, time.Time{}
		n.logger.Error("a notice could not be delivered; it can be sent again with ostiary notices retry", "id", one.ID,
			"event", one.Event, "channel", one.Channel, "to", one.To, "error", one.Error)
	case one.NextAt.After(end):
		one.NextAt = end
	}
}

// holdDigests lets those wait that may, if their person got a digest today. It
// returns the others.
func (n *Notices) holdDigests(ctx context.Context, due []*apikey.Notice) (now []*apikey.Notice) {
	next := map[string]time.Time{} // by person; zero = it may go
	for _, one := range due {
		if !one.Digest || one.Attempts > 0 {
			now = append(now, one)
			continue
		}
		at, known := next[one.To]
		if !known {
			at = n.nextDigest(ctx, one)
			next[one.To] = at
		}
		if at.IsZero() {
			now = append(now, one)
		} else {
			one.NextAt, one.Since = at, at
		}
	}
	return now
}

// nextDigest is when a person may get a digest; the zero time if that is now,
// and then no other server sends one today.
func (n *Notices) nextDigest(ctx context.Context, one *apikey.Notice) (next time.Time) {
	kind := "digest/" + one.ChannelID + "/" + one.To
	now := n.now()
	err := n.store.Write(ctx, func(tx apikey.Tx) error {
		next = time.Time{}
		last, err := tx.Noted(ctx, "", kind)
		if err != nil {
			return err
		}
		if at, err := time.Parse(time.RFC3339, last); err == nil && now.Before(at.Add(digestLife)) {
			next = at.Add(digestLife)
			return nil
		}
		return tx.Note(ctx, "", kind, now.Format(time.RFC3339), now)
	})
	if err != nil {
		return now.Add(time.Minute)
	}
	return next
}

// Test sends a notice through every channel at once, and returns what became
// of each. They are kept with the others. The caller stands for the owner.
func (n *Notices) Test(ctx context.Context) ([]apikey.Notice, error) {
	caller, err := apikey.Manager(ctx)
	if err != nil {
		return nil, err
	}
	if !n.testing.TryLock() {
		return nil, apikey.Errorf(apikey.CodeRateLimited, "Somebody is just trying this. Try again in a moment.")
	}
	defer n.testing.Unlock()
	setup := n.live.Load()
	if setup.IsZero() {
		return nil, apikey.Errorf(apikey.CodeConflict,
			"Nobody is told of anything here: the configuration names nobody in notices.to. Add a webhook, an email or an alertmanager there.")
	}
	m := test(caller.OrgID, n.now(), caller.Login)
	m.Key = &apikey.Key{Owner: caller.Login}
	list := setup.address(m, n.now())
	var trying sync.WaitGroup
	for i := range list {
		one := &list[i]
		one.KeyID, one.KeyName, one.Owner = "", "", ""
		trying.Go(func() {
			limited, cancel := context.WithTimeout(ctx, sendTimeout)
			defer cancel()
			err := setup.channel(one.ChannelID).sender.send(limited, []apikey.Notice{*one}, n.now())
			one.Attempts, one.NextAt, one.State = 1, time.Time{}, apikey.NoticeDelivered
			if err != nil {
				one.State, one.Error = apikey.NoticeFailed, oneLine(err.Error())
				return
			}
			one.DeliveredAt = n.now()
		})
	}
	trying.Wait()
	if len(list) == 0 {
		return nil, apikey.Errorf(apikey.CodeConflict,
			"Nobody would get it: mail goes to owners alone, and your login is no address of mail. Add an address to notices.to.")
	}
	return list, n.store.Write(ctx, func(tx apikey.Tx) error { return tx.AddNotices(ctx, list) })
}
