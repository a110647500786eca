package api

import (
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// KeyUsage is a key's use by day.
type KeyUsage struct {
	KeyID  string      `json:"keyId"`
	From   string      `json:"from"`   // the first day, UTC, as in 2026-11-21
	To     string      `json:"to"`     // the last day, which is today
	Days   []DayUsage  `json:"days"`   // every day from the first to the last
	Total  int64       `json:"total"`  // how often it was let in
	Denied int64       `json:"denied"` // how often it was refused
	Rules  []RuleUsage `json:"rules"`  // where, most requests first; of the last 30 days at most
}

// DayUsage is how often a key was let in and refused on a day.
type DayUsage struct {
	Date   string `json:"date"`
	Count  int64  `json:"count"`
	Denied int64  `json:"denied"`
}

// RuleUsage is how often a key was sent to where one rule of an endpoint decides.
type RuleUsage struct {
	Endpoint  string     `json:"endpoint"` // empty = none is known
	Path      string     `json:"path"`     // of the rule, as the endpoint says it; empty = not known, or several
	Method    string     `json:"method"`   // GET is for HEAD too; empty = another than the usual ones
	Allowed   int64      `json:"allowed"`
	Denied    int64      `json:"denied"`
	AllowedAt *time.Time `json:"allowedAt"` // when it was let in last; null = never
	DeniedAt  *time.Time `json:"deniedAt"`  // when it was refused last; null = never
	Days      []RuleDay  `json:"days"`      // on which it was sent, the oldest first
}

// RuleDay is a day of a RuleUsage.
type RuleDay struct {
	Date    string `json:"date"`
	Allowed int64  `json:"allowed"`
	Denied  int64  `json:"denied"`
}

// FromUsage describes a key's use by day.
func FromUsage(h *apikey.UsageHistory) KeyUsage {
	u := KeyUsage{KeyID: h.KeyID, Days: make([]DayUsage, len(h.Days)), Rules: make([]RuleUsage, len(h.Rules))}
	for i, d := range h.Days {
		u.Days[i] = DayUsage{Date: d.Day.String(), Count: d.Count, Denied: d.Denied}
		u.Total, u.Denied = u.Total+d.Count, u.Denied+d.Denied
	}
	for i := range h.Rules {
		u.Rules[i] = fromRule(&h.Rules[i])
	}
	u.From, u.To = u.Days[0].Date, u.Days[len(u.Days)-1].Date
	return u
}

func fromRule(r *apikey.RuleHistory) RuleUsage {
	u := RuleUsage{
		Endpoint: r.Endpoint, Path: r.Path, Method: r.Method, Allowed: r.Allowed, Denied: r.Denied,
		AllowedAt: moment(r.AllowedAt), DeniedAt: moment(r.DeniedAt), Days: make([]RuleDay, len(r.Days)),
	}
	for i, d := range r.Days {
		u.Days[i] = RuleDay{Date: d.Day.String(), Allowed: d.Count, Denied: d.Denied}
	}
	return u
}
