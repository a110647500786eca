package state

import (
	"strconv"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
)

// LifetimeKind is how a lifetime is given.
type LifetimeKind int

// The kinds of lifetimes.
const (
	LifetimePreset  LifetimeKind = iota // one that the server offers
	LifetimeKeep                        // the end stays, for a key that exists
	LifetimeDate                        // a last day
	LifetimeSeconds                     // a number of seconds
	LifetimeNever
)

// Lifetime is what a user chose for how long a key lives.
type Lifetime struct {
	Kind   LifetimeKind
	Preset time.Duration // with LifetimePreset
	Text   string        // what was typed: a day or a number
}

// LifetimeFault is what is wrong with a Lifetime; empty for nothing.
type LifetimeFault string

// What can be wrong.
const (
	LifetimeNoNumber LifetimeFault = "not-seconds"
	LifetimeNoDate   LifetimeFault = "no-date"
	LifetimeNotDate  LifetimeFault = "not-date"
	LifetimePast     LifetimeFault = "past"
	LifetimeTooLong  LifetimeFault = "too-long"
)

// longest is the longest lifetime that a server takes.
const longest = 100 * 365 * 24 * time.Hour

// Lifetimes are what a server lets a user choose from, and the place of its
// default. Keep adds the choice to leave the end as it is.
func Lifetimes(p api.Policy, keep bool) (offers []Lifetime, start int) {
	if keep {
		offers = append(offers, Lifetime{Kind: LifetimeKeep})
	}
	for _, n := range p.Offers.Lifetimes {
		if n == p.DefaultTTL && !keep {
			start = len(offers)
		}
		offers = append(offers, Lifetime{Preset: Seconds(n)})
	}
	offers = append(offers, Lifetime{Kind: LifetimeDate}, Lifetime{Kind: LifetimeSeconds})
	if p.MaxTTL == 0 {
		if p.DefaultTTL == 0 && !keep {
			start = len(offers)
		}
		offers = append(offers, Lifetime{Kind: LifetimeNever})
	}
	return offers, start
}

// End is when a key would end that was made now; ok is whether it would.
func (l Lifetime) End(now time.Time) (end time.Time, ok bool) {
	switch l.Kind {
	case LifetimeKeep, LifetimeNever:
		return time.Time{}, false
	case LifetimeDate:
		at, err := time.Parse(time.DateOnly, l.Text)
		return at.AddDate(0, 0, 1), err == nil
	case LifetimeSeconds:
		n, err := strconv.ParseInt(strings.TrimSpace(l.Text), 10, 64)
		if err != nil || n <= 0 || n > int64(longest/time.Second) {
			return now, false
		}
		return now.Add(Seconds(n)), true
	case LifetimePreset:
	}
	return now.Add(l.Preset), true
}

// EndsSooner reports whether a key would end sooner than it does at present; nil is no end.
func (l Lifetime) EndsSooner(present *time.Time, now time.Time) bool {
	end, ok := l.End(now)
	return ok && (present == nil || end.Before(*present))
}

// Check says what is wrong with a lifetime under a policy.
func (l Lifetime) Check(p api.Policy, now time.Time) LifetimeFault {
	end, ok := l.End(now)
	switch {
	case l.Kind == LifetimeKeep, l.Kind == LifetimeNever:
	case !ok && l.Kind == LifetimeSeconds:
		return LifetimeNoNumber
	case !ok && l.Text == "":
		return LifetimeNoDate
	case !ok:
		return LifetimeNotDate
	case !end.After(now):
		return LifetimePast
	case p.MaxTTL > 0 && end.After(now.Add(Seconds(p.MaxTTL))):
		return LifetimeTooLong
	}
	return ""
}

// Value is the lifetime as the resource API takes it.
func (l Lifetime) Value() (api.Span, api.Expiry) {
	switch l.Kind {
	case LifetimeKeep:
		return "", ""
	case LifetimeNever:
		return api.Never, ""
	case LifetimeDate:
		return "", api.Expiry(l.Text)
	case LifetimeSeconds:
		return api.Span(strings.TrimSpace(l.Text)), ""
	case LifetimePreset:
	}
	return api.SpanOf(l.Preset), ""
}
