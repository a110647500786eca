package apikey

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// MaxTTL is the longest lifetime that can be asked for, 100 years; a key that
// should live longer never expires.
const MaxTTL = 100 * 365 * 24 * time.Hour

// Lifetime is a request for how long a key shall live. The zero Lifetime leaves
// it to the policy.
type Lifetime struct {
	field string // the wire's name of the field that it came from
	never bool
	ttl   time.Duration // from the moment of the change
	at    time.Time
}

// Never is the lifetime of a key that does not expire.
func Never() Lifetime { return Lifetime{field: "expiresIn", never: true} }

// ExpiresIn is a lifetime counted from the moment of the change; 0 = never.
func ExpiresIn(ttl time.Duration) Lifetime {
	return Lifetime{field: "expiresIn", never: ttl == 0, ttl: ttl}
}

// ExpiresAt is a lifetime until a moment.
func ExpiresAt(at time.Time) Lifetime { return Lifetime{field: "expiresAt", at: at} }

// Given reports whether a lifetime was asked for.
func (l Lifetime) Given() bool { return l.field != "" }

// ParseLifetime reads the wire's two fields, of which at most one may be
// given: expiresIn as ParseTTL reads it, expiresAt as ParseExpiry does.
func ParseLifetime(expiresIn, expiresAt string) (Lifetime, error) {
	var wrong Mistakes
	switch {
	case expiresIn != "" && expiresAt != "":
		wrong.Add("expiresAt", "give either expiresIn or expiresAt, not both")
	case expiresIn != "":
		ttl, err := ParseTTL(expiresIn)
		if err == nil {
			return ExpiresIn(ttl), nil
		}
		wrong.AddError("expiresIn", err)
	case expiresAt != "":
		at, err := ParseExpiry(expiresAt)
		if err == nil {
			return ExpiresAt(at), nil
		}
		wrong.AddError("expiresAt", err)
	}
	return Lifetime{}, wrong.Err()
}

// ErrTooLong is what is wrong with a time to live that is longer than MaxTTL.
var ErrTooLong = errors.New("is longer than 100 years; use 0 or never for a key that does not expire")

// ParseTTL reads a time to live: whole seconds ("3600"), or a number with a
// unit from s, m, h, d, w ("90d", "12h", also "1d12h"). "0" and "never" are 0,
// which means never.
func ParseTTL(s string) (time.Duration, error) {
	const form = `write seconds, or a number with a unit such as "90d" or "12h", or "never"`
	if strings.EqualFold(s, "never") {
		return 0, nil
	}
	if negative(s) {
		return 0, fmt.Errorf("is negative; %s", form)
	}
	rest := s
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		if n > int64(MaxTTL/time.Second) {
			return 0, ErrTooLong
		}
		return time.Duration(n) * time.Second, nil
	}
	var sum float64
	for rest != "" {
		digits := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		if digits <= 0 {
			return 0, fmt.Errorf("%q is not a time to live; %s", clip(s), form)
		}
		unit, ok := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour,
			'w': 7 * 24 * time.Hour}[rest[digits]]
		n, err := strconv.ParseFloat(rest[:digits], 64)
		if !ok || err != nil {
			return 0, fmt.Errorf("%q is not a time to live; %s", clip(s), form)
		}
		sum += n * float64(unit)
		rest = rest[digits+1:]
	}
	switch {
	case s == "":
		return 0, fmt.Errorf("is empty; %s", form)
	case sum > float64(MaxTTL) || sum > math.MaxInt64:
		return 0, ErrTooLong
	}
	return time.Duration(sum), nil
}

// negative reports whether a time to live has a minus before it.
func negative(s string) bool { return len(s) > 1 && s[0] == '-' && s[1] >= '0' && s[1] <= '9' }

// ParseExpiry reads a moment: RFC 3339, or yyyy-MM-dd for the end of that day
// in UTC, which is the first moment of the next.
func ParseExpiry(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, s, time.UTC); err == nil {
		return t.AddDate(0, 0, 1), nil
	}
	return time.Time{}, fmt.Errorf("%q is not a time; write it like 2027-01-31T12:00:00Z, or 2027-01-31 for the end of that day (UTC)", clip(s))
}

// FormatTTL writes a time to live as ParseTTL reads it, in the largest units
// that are whole: "90d", "12h", "1d12h"; 0 is "never".
func FormatTTL(ttl time.Duration) string {
	if ttl <= 0 {
		return "never"
	}
	var b strings.Builder
	for _, u := range []struct {
		name string
		unit time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}} {
		if n := ttl / u.unit; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, u.name)
			ttl -= n * u.unit
		}
	}
	if b.Len() == 0 {
		return "0s"
	}
	return b.String()
}
