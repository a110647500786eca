package apikey

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// How long notices are kept, and how many.
const (
	NoticeRetention = 30 * 24 * time.Hour
	MaxNotices      = 20_000
)

// Event is what people can be told of.
type Event string

// The events. Those of the server itself belong to no organization.
const (
	EventEnding        Event = "key.ending"          // a key ends soon
	EventEnded         Event = "key.ended"           // by itself
	EventExpiredInUse  Event = "key.expired_in_use"  // a key has ended, and somebody still sends it
	EventReplacedInUse Event = "key.replaced_in_use" // a token was replaced, and somebody still sends it
	EventUnused        Event = "key.unused"          // for as long as is configured
	EventNewAddress    Event = "key.new_address"     // a key was used from where it never was
	EventLimited       Event = "key.limited"         // a key met its limits
	EventTakenOver     Event = "key.taken_over"      // a key of another system was used here for the first time
	EventAdminCreated  Event = "key.admin_created"
	EventLeaked        Event = "key.leaked"     // a token was found in the open
	EventSignInRefused Event = "signin.refused" // several times, at the management listener
	EventGateClosed    Event = "gate.closed"    // of a server: nothing can be decided
	EventStoreAway     Event = "store.away"     // of a server: the store cannot be reached
	EventStoreFull     Event = "store.full"     // of a server: the store cannot be written to
	EventTest          Event = "notice.test"    // somebody tries whether notices arrive
)

// Events lists the events that channels choose from.
func Events() []Event {
	return []Event{
		EventEnding, EventEnded, EventExpiredInUse, EventReplacedInUse, EventUnused, EventNewAddress, EventLimited,
		EventTakenOver, EventAdminCreated, EventLeaked, EventSignInRefused, EventGateClosed, EventStoreAway,
		EventStoreFull,
	}
}

// NoticeState is how far a notice has come.
type NoticeState string

// The states of notices.
const (
	NoticePending   NoticeState = "pending"
	NoticeDelivered NoticeState = "delivered"
	NoticeFailed    NoticeState = "failed" // nobody tries any longer
)

// NoticeStates lists the states of notices.
func NoticeStates() []NoticeState { return []NoticeState{NoticePending, NoticeDelivered, NoticeFailed} }

// ParseNoticeState reads a state of notices.
func ParseNoticeState(s string) (NoticeState, error) {
	if state := NoticeState(s); slices.Contains(NoticeStates(), state) {
		return state, nil
	}
	return "", fmt.Errorf("%q is not a state of notices; use pending, delivered or failed", clip(s))
}

// Notice is something that somebody is told through one channel. Nothing in it
// opens anything.
type Notice struct {
	ID      string // random; the same for every attempt to deliver it
	OrgID   int64  // 0 = of the server itself
	At      time.Time
	Event   Event
	KeyID   string // empty if it is about no key
	KeyName string // at that time
	Owner   string
	Title   string
	Text    string
	Data    string    // what the text says, as a JSON object
	Cause   string    // which of several causes of the event it was
	Lasts   time.Time // when the cause is over at the latest; zero = it is a moment and nothing that lasts
	Digest  bool      // may wait for others to the same person

	Channel   string // its kind: webhook, email or alertmanager
	ChannelID string // which one of the configuration
	To        string // who gets it, without anything secret

	State       NoticeState
	Attempts    int
	Since       time.Time // when it was first due; attempts end a day after
	NextAt      time.Time // of the next attempt
	DeliveredAt time.Time // zero = not yet
	Error       string    // of the last attempt
}

// NoticeQuery describes a page of notices.
type NoticeQuery struct {
	OrgID     int64
	Server    bool        // also those of the server itself
	Anybody   bool        // those of all organizations
	State     NoticeState // empty = any
	KeyID     string      // empty = any
	ChannelID string      // empty = any
	LastsTill time.Time   // only those whose cause may last at this moment; zero = all
	After     *NoticePosition
	Limit     int
}

// NoticePosition is the place of a notice in the order of pages.
type NoticePosition struct {
	At time.Time
	ID string
}

// NoticeClaim asks for notices that are due. Until a moment nobody else gets
// them.
type NoticeClaim struct {
	Server   string   // who asks
	Channels []string // whose notices it can deliver
	Now      time.Time
	Until    time.Time
	Limit    int
}

// NoticeCleanup says which notices go.
type NoticeCleanup struct {
	Before time.Time // older ones
	Keep   int       // how many are kept, the newest
	Stale  time.Time // those that are pending since before this, and that nobody delivers, have failed
	Now    time.Time
	Limit  int // of those that are removed at once
}

// Happening is what happened that people may be told of.
type Happening struct {
	Event Event
	OrgID int64
	At    time.Time
	Key   *Key   // nil if it is about no key
	Actor string // who did it, if somebody did
	From  string // the address that it came from, if it is known

	TokenID string // which of the key's tokens, if it is about one
	Where   string // a token was found
	Origin  *Origin
}

// Notices returns a page of what the caller's organization was told, or is yet
// to be told, the newest first, and the position of the next page or nil. What
// concerns the server itself is shown in the main organization.
func (s *Service) Notices(ctx context.Context, q NoticeQuery) (list []Notice, next *NoticePosition, err error) {
	caller, err := Manager(ctx)
	if err != nil {
		return nil, nil, err
	}
	var wrong Mistakes
	checkPageSize(&wrong, &q.Limit)
	if err := wrong.Err(); err != nil {
		return nil, nil, err
	}
	q.OrgID, q.Server = caller.OrgID, caller.OrgID == mainOrg
	limit := q.Limit
	q.Limit++
	if list, err = s.store.Notices(ctx, q); err != nil || len(list) <= limit {
		return list, nil, err
	}
	last := list[limit-1]
	return list[:limit], &NoticePosition{At: last.At, ID: last.ID}, nil
}

// RetryNotice has a notice sent again, whether or not it arrived before.
func (s *Service) RetryNotice(ctx context.Context, id string) (*Notice, error) {
	caller, err := Manager(ctx)
	if err != nil {
		return nil, err
	}
	return s.store.RetryNotice(ctx, caller.OrgID, caller.OrgID == mainOrg, id, s.Now())
}

// tell lets people be told, in the transaction of what happened.
func (s *Service) tell(ctx context.Context, tx Tx, h Happening) error {
	if s.opts.Notify == nil {
		return nil
	}
	return s.opts.Notify(ctx, tx, h)
}

// tellOfAdmin lets people be told of a key that manages others, and did not
// before; before is nil for a new key.
func (s *Service) tellOfAdmin(ctx context.Context, tx Tx, c Caller, before, after *Key, now time.Time) error {
	if after.Role != RoleAdmin || before != nil && before.Role == RoleAdmin {
		return nil
	}
	h := Happening{Event: EventAdminCreated, OrgID: after.OrgID, At: now, Key: after, Actor: c.Login}
	if c.Addr.IsValid() {
		h.From = c.Addr.String()
	}
	return s.tell(ctx, tx, h)
}

// EventNames lists the names of the events, for messages.
func EventNames() string {
	var names []string
	for _, e := range Events() {
		names = append(names, string(e))
	}
	return strings.Join(names, ", ")
}
