package term

import (
	"fmt"
	"time"
)

// Relative says when t is, seen from now: "in 90 days", "2 hours ago".
func Relative(t, now time.Time) string {
	d := t.Sub(now)
	if d.Round(time.Second) == 0 {
		return "now"
	}
	if d < 0 {
		return Rough(-d) + " ago"
	}
	return "in " + Rough(d)
}

// Rough says a length of time in the largest unit of which it has two.
func Rough(d time.Duration) string {
	units := []struct {
		name string
		unit time.Duration
	}{
		{"years", 365 * 24 * time.Hour},
		{"days", 24 * time.Hour},
		{"hours", time.Hour},
		{"minutes", time.Minute},
	}
	for _, u := range units {
		if n := d.Round(u.unit) / u.unit; n >= 2 {
			return fmt.Sprintf("%d %s", n, u.name)
		}
	}
	if n := d.Round(time.Second) / time.Second; n != 1 {
		return fmt.Sprintf("%d seconds", n)
	}
	return "1 second"
}

// RelativeOr is Relative for a moment that may not be there.
func RelativeOr(t *time.Time, now time.Time, none string) string {
	if t == nil {
		return none
	}
	return Relative(*t, now)
}

// Exactly adds the moment itself to Relative.
func Exactly(t, now time.Time) string {
	return fmt.Sprintf("%s (%s)", Relative(t, now), t.UTC().Format(time.RFC3339))
}
