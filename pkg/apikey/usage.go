package apikey

import (
	"context"
	"time"
)

// How much of the use by day is kept, and returned by default.
const (
	UsageRetention   = 400 // days, of which today is one
	DefaultUsageDays = 30
)

// Usage is when and how often a key was used, as far as it was written down:
// recorders write in batches, so it may lag by a few seconds.
type Usage struct {
	Count    int64
	LastAt   time.Time // zero = never used
	LastFrom string    // client address
	HeldAt   time.Time // when the key, which had expired, was last held; zero = never
	GraceAt  time.Time // when it was last let in with grace; zero = never
}

// Late is what a recorder gathered of a key that came after its end. The zero
// time is never.
type Late struct {
	KeyID           ID
	HeldAt, GraceAt time.Time
}

// KeyUsage is what a recorder gathered of the use of one token of a key. All of it counts on
// the day of LastAt: a batch of a second that spans midnight is not taken
// apart, nor are the uses that wait while the store is down.
type KeyUsage struct {
	KeyID   ID
	TokenID ID // the zero ID = the key's first token, which has the key's own
	Usage
}

// Token returns the token's id.
func (u *KeyUsage) Token() ID {
	if u.TokenID == (ID{}) {
		return u.KeyID
	}
	return u.TokenID
}

// Day is a day of UTC, as the number of days since 1970-01-01.
type Day int64

const dayLength = 24 * time.Hour

// DayOf returns the day that a moment is in.
func DayOf(t time.Time) Day {
	const seconds = int64(dayLength / time.Second)
	day := t.Unix() / seconds
	if t.Unix()%seconds < 0 { // before 1970
		day--
	}
	return Day(day)
}

// Time returns the day's first moment, in UTC.
func (d Day) Time() time.Time { return time.Unix(0, 0).UTC().AddDate(0, 0, int(d)) }

// String returns the day as in 2026-11-21.
func (d Day) String() string { return d.Time().Format(time.DateOnly) }

// OldestDay returns the oldest day whose use is kept when it is today.
func OldestDay(today Day) Day { return today - UsageRetention + 1 }

// DayUsage is how often a key was used on a day, and how often it was refused.
type DayUsage struct {
	Day    Day
	Count  int64
	Denied int64
}

// UsageBatch is what a recorder gathered since the last one, or longer if the store was away. All of it counts, or
// nothing does.
type UsageBatch struct {
	Uses    []KeyUsage
	Clients []ClientUse // whose refused requests count on the days of their LastAt as well
	Hours   []HourCount
	Rules   []KeyRuleUse
}

// IsEmpty reports whether there is nothing to write.
func (b *UsageBatch) IsEmpty() bool {
	return len(b.Uses) == 0 && len(b.Clients) == 0 && len(b.Hours) == 0 && len(b.Rules) == 0
}

// UsageHistory is a key's use over some days, without gaps.
type UsageHistory struct {
	KeyID string
	Days  []DayUsage    // the oldest first, the last is today
	Rules []RuleHistory // where it was sent on these days, as far as that is kept; most requests first
}

// Total returns how often the key was used on all days together.
func (h *UsageHistory) Total() (n int64) {
	for _, d := range h.Days {
		n += d.Count
	}
	return n
}

// UsageHistory returns a key's use on the last days, today included: 1 to
// UsageRetention, 0 for DefaultUsageDays. What recorders have not written down
// yet is missing.
func (s *Service) UsageHistory(ctx context.Context, id string, days int) (*UsageHistory, error) {
	caller, err := Manager(ctx)
	if err != nil {
		return nil, err
	}
	if days == 0 {
		days = DefaultUsageDays
	}
	var wrong Mistakes
	if days < 1 || days > UsageRetention {
		wrong.Add("days", "must be a whole number from 1 to %d", UsageRetention)
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	to := DayOf(s.Now())
	from := to - Day(days) + 1
	used, err := s.store.UsageByDay(ctx, caller.OrgID, id, from, to)
	if err != nil {
		return nil, err
	}
	h := &UsageHistory{KeyID: id, Days: make([]DayUsage, days)}
	for i := range h.Days {
		h.Days[i].Day = from + Day(i)
	}
	for _, u := range used {
		h.Days[u.Day-from].Count, h.Days[u.Day-from].Denied = u.Count, u.Denied
	}
	h.Rules, err = s.ruleUses(ctx, caller.OrgID, id, from, to)
	return h, err
}
