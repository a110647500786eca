package notice

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// maxLocal is how many notices wait in memory at the most.
const maxLocal = 200

// local keeps notices in memory that cannot be written to the store: those that
// tell that it is away. When it is back, they go there.
type local struct {
	mu    sync.Mutex
	list  []apikey.Notice
	taken map[string]bool // ids of those that somebody is delivering
}

// add keeps notices. It reports whether there was room for all.
func (l *local) add(notices []apikey.Notice) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	room := min(len(notices), maxLocal-len(l.list))
	l.list = append(l.list, notices[:room]...)
	return room == len(notices)
}

// take returns what is due to a channel, until settle.
func (l *local) take(channelID string, now time.Time) (list []apikey.Notice) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range l.list {
		due := one.State == apikey.NoticePending && !one.NextAt.After(now) && !l.taken[one.ID]
		if due && one.ChannelID == channelID {
			list = append(list, one)
			l.mark(one.ID)
		}
	}
	return list
}

// settle keeps what became of notices that were taken.
func (l *local) settle(notices []apikey.Notice) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, settled := range notices {
		delete(l.taken, settled.ID)
		for i := range l.list {
			if l.list[i].ID == settled.ID {
				settled.Lasts = l.list[i].Lasts // which may be over since
				l.list[i] = settled
			}
		}
	}
}

// end notes that the cause of notices is over.
func (l *local) end(ids map[string]bool, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.list {
		if ids[l.list[i].ID] {
			l.list[i].Lasts = now
		}
	}
}

// lasting are the notices that arrived at a channel and whose cause lasts, or
// has ended a moment ago.
func (l *local) lasting(channelID string, now time.Time) (list []apikey.Notice) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range l.list {
		if one.ChannelID == channelID && one.State == apikey.NoticeDelivered && !one.Lasts.Before(now.Add(-alertLife)) {
			list = append(list, one)
		}
	}
	return list
}

// leave writes all to the store, if that can be written to, and forgets it.
func (l *local) leave(ctx context.Context, n *Notices) error {
	if n.health.bad() {
		return nil
	}
	move := l.takeAll()
	if len(move) == 0 {
		return nil
	}
	err := n.store.Write(ctx, func(tx apikey.Tx) error { return tx.AddNotices(ctx, move) })
	l.mu.Lock()
	defer l.mu.Unlock()
	gone := map[string]bool{}
	for _, one := range move {
		delete(l.taken, one.ID)
		gone[one.ID] = err == nil
	}
	l.list = slices.DeleteFunc(l.list, func(one apikey.Notice) bool { return gone[one.ID] })
	return err
}

// takeAll takes all that nobody else has.
func (l *local) takeAll() (list []apikey.Notice) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range l.list {
		if !l.taken[one.ID] {
			list = append(list, one)
			l.mark(one.ID)
		}
	}
	return list
}

func (l *local) mark(id string) {
	if l.taken == nil {
		l.taken = map[string]bool{}
	}
	l.taken[id] = true
}

// pending are those that did not arrive.
func (l *local) pending() (list []apikey.Notice) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range l.list {
		if one.State == apikey.NoticePending {
			list = append(list, one)
		}
	}
	return list
}
