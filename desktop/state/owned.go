package state

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
)

// OwnedBy reports whether one of the names is that of the owner of a key, without regard to case.
func OwnedBy(owner string, names []string) bool {
	return owner != "" && slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(owner, n) })
}

// Names are those under which the session's caller owns keys: the login, and what the settings add.
func (s *Session) Names(p Preferences) []string { return append([]string{s.Who.Login}, p.Owners...) }

// Telling is how often somebody is disturbed at most.
const (
	TellMost  = 4 // an hour
	tellAgain = 24 * time.Hour
)

// Teller decides whether somebody is to be told of something: no more often than TellMost an hour, and of nothing
// twice a day. It may be used by several goroutines.
type Teller struct {
	mu   sync.Mutex
	at   []time.Time          // when somebody was told, in the last hour
	told map[string]time.Time // what of, and when
}

// Tell reports whether to tell of something now, and notes it then.
func (t *Teller) Tell(of string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at, known := t.told[of]; known && now.Sub(at) < tellAgain {
		return false
	}
	t.at = slices.DeleteFunc(t.at, func(at time.Time) bool { return now.Sub(at) >= time.Hour })
	if len(t.at) >= TellMost {
		return false
	}
	if t.told == nil {
		t.told = map[string]time.Time{}
	}
	for what, at := range t.told {
		if now.Sub(at) >= tellAgain {
			delete(t.told, what)
		}
	}
	t.at, t.told[of] = append(t.at, now), now
	return true
}

// ownerPause is how long what is known of a key's owner holds.
const ownerPause = 10 * time.Minute

// Owners knows who owns keys. Each is asked for once in a while.
type Owners struct {
	session *Session
	mu      sync.Mutex
	known   map[string]knownOwner
}

type knownOwner struct {
	owner string
	at    time.Time
}

// NewOwners knows nothing yet.
func NewOwners(s *Session) *Owners { return &Owners{session: s, known: map[string]knownOwner{}} }

// Of returns the owner of a key; it is empty if the key is gone.
func (o *Owners) Of(ctx context.Context, keyID string, now time.Time) (string, error) {
	o.mu.Lock()
	k, ok := o.known[keyID]
	o.mu.Unlock()
	if ok && now.Sub(k.at) < ownerPause {
		return k.owner, nil
	}
	key, err := o.session.client.Key(ctx, keyID)
	if err != nil && Explain(err).Kind != KindNotFound {
		return "", err
	}
	owner := ""
	if err == nil {
		owner = key.Owner
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.known) >= maxOwners {
		clear(o.known)
	}
	o.known[keyID] = knownOwner{owner, now}
	return owner, nil
}

// maxOwners is how many are known at once, so that a flood of refusals fills no memory.
const maxOwners = 1000

// Mine are those keys whose owner has one of the names.
func Mine(keys []api.Key, names []string) (mine []api.Key) {
	for _, k := range keys {
		if OwnedBy(k.Owner, names) {
			mine = append(mine, k)
		}
	}
	return mine
}
