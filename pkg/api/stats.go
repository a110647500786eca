package api

import (
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Stats are numbers over time.
type Stats struct {
	From      time.Time       `json:"from"` // the beginning of the first step
	To        time.Time       `json:"to"`
	Step      string          `json:"step"` // 1h or 1d
	Allowed   int64           `json:"allowed"`
	Denied    int64           `json:"denied"`
	Points    []StatsPoint    `json:"points"`    // one a step, the oldest first
	Codes     []StatsCode     `json:"codes"`     // of what was refused, or let in with grace; most first
	Endpoints []StatsEndpoint `json:"endpoints"` // most first
	Keys      StatsKeys       `json:"keys"`      // now
	Ending    []EndingKey     `json:"ending"`    // within 30 days, the next first; 10 at most
	MostUsed  []UsedKey       `json:"mostUsed"`  // on the days of the span; 10 at most
}

// StatsPoint is how many requests were let in and refused in one step.
type StatsPoint struct {
	At      time.Time `json:"at"`
	Allowed int64     `json:"allowed"`
	Denied  int64     `json:"denied"`
}

// StatsCode is how many requests ended with a code.
type StatsCode struct {
	Code     string `json:"code"`
	Requests int64  `json:"requests"`
}

// StatsEndpoint is how many requests to an endpoint were let in and refused.
type StatsEndpoint struct {
	Endpoint string `json:"endpoint"` // empty = none is known
	Allowed  int64  `json:"allowed"`
	Denied   int64  `json:"denied"`
}

// StatsKeys is how many keys there are.
type StatsKeys struct {
	Total      int64 `json:"total"`
	Active     int64 `json:"active"`
	Disabled   int64 `json:"disabled"`
	Expired    int64 `json:"expired"`
	Revoked    int64 `json:"revoked"`
	NeverUsed  int64 `json:"neverUsed"`  // whatever their state
	Unused90d  int64 `json:"unused90d"`  // neither used nor made in the last 90 days, whatever their state
	EndingSoon int64 `json:"endingSoon"` // active, and end within 30 days
}

// EndingKey is a key that ends soon.
type EndingKey struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Owner     string    `json:"owner"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// UsedKey is how often a key was sent.
type UsedKey struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Owner    string `json:"owner"`
	Requests int64  `json:"requests"` // all of them
	Denied   int64  `json:"denied"`   // of these, that were refused
}

// FromStats describes numbers over time.
func FromStats(s *apikey.Stats) Stats {
	out := Stats{
		From: wireTime(s.From), To: wireTime(s.To), Step: s.Step.String(), Allowed: s.Allowed, Denied: s.Denied,
		Points: make([]StatsPoint, len(s.Points)), Codes: make([]StatsCode, len(s.Codes)),
		Endpoints: make([]StatsEndpoint, len(s.Endpoints)), Ending: make([]EndingKey, len(s.Ending)),
		MostUsed: make([]UsedKey, len(s.MostUsed)),
		Keys: StatsKeys{
			Total: s.Keys.Total, Active: s.Keys.Active, Disabled: s.Keys.Disabled, Expired: s.Keys.Expired,
			Revoked: s.Keys.Revoked, NeverUsed: s.Keys.NeverUsed, Unused90d: s.Keys.Unused,
			EndingSoon: s.Keys.EndingSoon,
		},
	}
	for i, p := range s.Points {
		out.Points[i] = StatsPoint{At: wireTime(p.At), Allowed: p.Allowed, Denied: p.Denied}
	}
	for i, c := range s.Codes {
		out.Codes[i] = StatsCode{Code: string(c.Code), Requests: c.Requests}
	}
	for i, e := range s.Endpoints {
		out.Endpoints[i] = StatsEndpoint(e)
	}
	for i, k := range s.Ending {
		out.Ending[i] = EndingKey{ID: k.ID, Name: k.Name, Owner: k.Owner, ExpiresAt: wireTime(k.EndsAt)}
	}
	for i, k := range s.MostUsed {
		out.MostUsed[i] = UsedKey(k)
	}
	return out
}

// KeysStats is how often keys were sent on each day.
type KeysStats struct {
	From time.Time          `json:"from"` // the first day
	Step string             `json:"step"` // 1d
	Keys map[string][]int64 `json:"keys"` // by id: a number for each day, the oldest first, the last is today
}

// FromUsageOfKeys describes how often keys were sent on each day.
func FromUsageOfKeys(from apikey.Day, usage map[string][]int64) KeysStats {
	return KeysStats{From: from.Time(), Step: apikey.StepDay.String(), Keys: usage}
}
