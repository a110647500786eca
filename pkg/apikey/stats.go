package apikey

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"
)

// How much of the numbers over time is kept, and returned.
const (
	StatsRetention   = 31 * 24 * time.Hour // by the hour
	MaxStatsSpan     = 30 * 24 * time.Hour
	DefaultStatsSpan = 24 * time.Hour
	MaxStatsKeys     = 200 // of UsageOfKeys

	statsListed   = 10 // keys that are listed by name
	endingSoon    = 30 * 24 * time.Hour
	unusedForLong = 90 * 24 * time.Hour
)

// Hour is an hour of UTC, as the number of hours since 1970-01-01.
type Hour int64

// HourOf returns the hour that a moment is in.
func HourOf(t time.Time) Hour {
	const seconds = int64(time.Hour / time.Second)
	hour := t.Unix() / seconds
	if t.Unix()%seconds < 0 { // before 1970
		hour--
	}
	return Hour(hour)
}

// Time returns the hour's first moment, in UTC.
func (h Hour) Time() time.Time { return time.Unix(int64(h)*int64(time.Hour/time.Second), 0).UTC() }

// HourCount is how many requests to an endpoint ended with a code in an hour.
type HourCount struct {
	Hour     Hour
	OrgID    int64 // 0 = not known: no key was recognised, and the endpoint is for all organizations
	Endpoint string
	Code     Code
	Requests int64
}

// HourQuery describes counts by the hour.
type HourQuery struct {
	OrgID    int64
	Unknown  bool   // also those of which no organization is known
	From, To Hour   // both included
	Endpoint string // empty = all
}

// KeyCounts is how many keys an organization has, at a moment.
type KeyCounts struct {
	Total                              int64
	Active, Disabled, Expired, Revoked int64
	NeverUsed                          int64 // whatever their state
	Unused                             int64 // neither used nor made in the last 90 days, whatever their state
	EndingSoon                         int64 // active, and end within 30 days
}

// CountKeysQuery says what KeyCounts are about.
type CountKeysQuery struct {
	OrgID       int64
	Now         time.Time
	UnusedSince time.Time
	EndsBefore  time.Time
}

// keysNow is the question about an organization's keys.
func keysNow(orgID int64, now time.Time) CountKeysQuery {
	return CountKeysQuery{
		OrgID: orgID, Now: now, UnusedSince: now.Add(-unusedForLong), EndsBefore: now.Add(endingSoon),
	}
}

// KeyEnd is when a key ends by itself.
type KeyEnd struct {
	ID, Name, Owner string
	EndsAt          time.Time
}

// KeyNumbers is how often a key was used in a span.
type KeyNumbers struct {
	ID, Name, Owner  string
	Requests, Denied int64
}

// Step is how long the spans are that numbers are given for.
type Step time.Duration

// The steps.
const (
	StepHour = Step(time.Hour)
	StepDay  = Step(24 * time.Hour)
)

// String returns the step as in 1h.
func (s Step) String() string {
	if s == StepDay {
		return "1d"
	}
	return "1h"
}

// StatsQuery describes Stats.
type StatsQuery struct {
	Since    time.Time // the step that holds it is the first; zero = DefaultStatsSpan ago
	Step     Step      // 0 = by the hour; of one key, by the day
	Endpoint string    // empty = all
	KeyID    string    // empty = all keys
}

// Point is how many requests were let in and refused in one step.
type Point struct {
	At              time.Time
	Allowed, Denied int64
}

// Stats are numbers over time, of an organization.
type Stats struct {
	From, To        time.Time
	Step            Step
	Allowed, Denied int64
	Points          []Point // one for each step, the oldest first
	Codes           []CodeCount
	Endpoints       []EndpointCount
	Keys            KeyCounts
	Ending          []KeyEnd
	MostUsed        []KeyNumbers
}

// CodeCount is how many requests ended with a code that is not CodeValid.
type CodeCount struct {
	Code     Code
	Requests int64
}

// EndpointCount is how many requests to an endpoint were let in and refused.
type EndpointCount struct {
	Endpoint        string
	Allowed, Denied int64
}

// Stats returns the numbers of the caller's organization. Requests of which no organization is known count for the
// main one. What recorders have not written down yet is missing.
func (s *Service) Stats(ctx context.Context, q StatsQuery) (*Stats, error) {
	caller, err := Manager(ctx)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	if err := q.complete(now); err != nil {
		return nil, err
	}
	out := &Stats{To: now, Step: q.Step}
	out.From = q.begin(now)
	if q.KeyID != "" {
		err = s.countOfKey(ctx, caller, &q, out)
	} else {
		err = s.countRequests(ctx, caller, &q, out)
	}
	if err != nil {
		return nil, err
	}
	if out.Keys, err = s.keyCounts(ctx, caller.OrgID, now); err != nil {
		return nil, err
	}
	out.Ending, err = s.store.Ending(ctx, keysNow(caller.OrgID, now), statsListed)
	if err != nil {
		return nil, err
	}
	out.MostUsed, err = s.store.MostUsed(ctx, caller.OrgID, DayOf(out.From), DayOf(now), statsListed)
	return out, err
}

// complete sets what was left out, and says what is wrong.
func (q *StatsQuery) complete(now time.Time) error {
	var wrong Mistakes
	if q.Since.IsZero() {
		q.Since = now.Add(-DefaultStatsSpan)
	}
	const slack = time.Minute // of clocks
	switch {
	case now.Sub(q.Since) > MaxStatsSpan+slack:
		wrong.Add("since", "is longer ago than 30 days; no more is kept")
	case q.Since.After(now.Add(slack)):
		wrong.Add("since", "is in the future")
	}
	switch {
	case q.Step == 0 && q.KeyID != "":
		q.Step = StepDay
	case q.Step == 0:
		q.Step = StepHour
	case q.KeyID != "" && q.Step != StepDay:
		wrong.Add("step", "of one key, numbers are kept by the day; use 1d")
	}
	if q.KeyID != "" && q.Endpoint != "" {
		wrong.Add("endpoint", "cannot go with keyId: of one key, numbers are kept for all endpoints together")
	}
	return wrong.Err()
}

// begin is the first moment of the first step.
func (q *StatsQuery) begin(now time.Time) time.Time {
	since := q.Since
	if since.After(now) {
		since = now
	}
	if q.Step == StepDay {
		return DayOf(since).Time()
	}
	return HourOf(since).Time()
}

// points are all steps up to a moment, with nothing counted.
func (o *Stats) points() {
	for at := o.From; !at.After(o.To); at = at.Add(time.Duration(o.Step)) {
		o.Points = append(o.Points, Point{At: at})
	}
}

// at returns the point that holds a moment which is not before the first.
func (o *Stats) at(t time.Time) *Point { return &o.Points[int(t.Sub(o.From)/time.Duration(o.Step))] }

func (o *Stats) add(p *Point, allowed, denied int64) {
	p.Allowed, p.Denied = p.Allowed+allowed, p.Denied+denied
	o.Allowed, o.Denied = o.Allowed+allowed, o.Denied+denied
}

func (s *Service) countRequests(ctx context.Context, caller Caller, q *StatsQuery, out *Stats) error {
	hours, endpoints, err := s.store.Hours(ctx, HourQuery{
		OrgID: caller.OrgID, Unknown: caller.OrgID == mainOrg, From: HourOf(out.From), To: HourOf(out.To),
		Endpoint: q.Endpoint,
	})
	if err != nil {
		return err
	}
	out.points()
	codes := map[Code]int64{}
	for _, c := range hours {
		allowed, denied := c.split()
		out.add(out.at(c.Hour.Time()), allowed, denied)
		if c.Code != CodeValid {
			codes[c.Code] += allowed + denied
		}
	}
	out.setCodes(codes)
	out.setEndpoints(endpoints)
	return nil
}

// split returns how many requests were let in, or refused. One that was refused after it was let in is taken back from
// those that were, perhaps in the next hour.
func (c *HourCount) split() (allowed, denied int64) {
	n := max(0, c.Requests)
	if c.Code.LetsIn() {
		return n, 0
	}
	return 0, n
}

func (o *Stats) setEndpoints(counts []HourCount) {
	sums := map[string]EndpointCount{}
	for _, c := range counts {
		allowed, denied := c.split()
		e := sums[c.Endpoint]
		sums[c.Endpoint] = EndpointCount{c.Endpoint, e.Allowed + allowed, e.Denied + denied}
	}
	o.Endpoints = slices.SortedFunc(maps.Values(sums), func(a, b EndpointCount) int {
		return cmp.Or(cmp.Compare(b.Allowed+b.Denied, a.Allowed+a.Denied), cmp.Compare(a.Endpoint, b.Endpoint))
	})
}

func (o *Stats) setCodes(counts map[Code]int64) {
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		o.Codes = append(o.Codes, CodeCount{Code: code, Requests: counts[code]})
	}
	slices.SortStableFunc(o.Codes, func(a, b CodeCount) int { return cmp.Compare(b.Requests, a.Requests) })
}

// countOfKey counts by the day, and the codes of refusals as far as they are kept.
func (s *Service) countOfKey(ctx context.Context, caller Caller, q *StatsQuery, out *Stats) error {
	days, err := s.store.UsageByDay(ctx, caller.OrgID, q.KeyID, DayOf(out.From), DayOf(out.To))
	if err != nil {
		return err
	}
	out.points()
	for _, d := range days {
		out.add(out.at(d.Day.Time()), d.Count, d.Denied)
	}
	codes, err := s.store.CountDenials(ctx, caller.OrgID, q.KeyID, out.From)
	if err != nil {
		return err
	}
	out.setCodes(codes)
	return nil
}

// UsageOfKeys returns how often keys of the caller's organization were sent on each day from the one that holds a
// moment, today included. Keys that are not there are left out.
func (s *Service) UsageOfKeys(
	ctx context.Context, ids []string, since time.Time,
) (from Day, usage map[string][]int64, err error) {
	caller, err := Manager(ctx)
	if err != nil {
		return 0, nil, err
	}
	now := s.Now()
	q := StatsQuery{Since: since, Step: StepDay}
	err = q.complete(now)
	var wrong Mistakes
	if len(ids) > MaxStatsKeys {
		wrong.Add("id", "is given %d times; ask for %d keys at most", len(ids), MaxStatsKeys)
	}
	if err == nil {
		err = wrong.Err()
	}
	if err != nil {
		return 0, nil, err
	}
	from = DayOf(q.begin(now))
	to := DayOf(now)
	days, err := s.store.UsageOfKeys(ctx, caller.OrgID, ids, from, to)
	if err != nil {
		return 0, nil, err
	}
	usage = make(map[string][]int64, len(days))
	for id, list := range days {
		counts := make([]int64, to-from+1)
		for _, d := range list {
			counts[d.Day-from] += d.Count + d.Denied
		}
		usage[id] = counts
	}
	return from, usage, nil
}
