package apikey

import (
	"fmt"
	"strconv"
	"strings"
)

// Limits bound how much a key may ask for, with all of its tokens together. 0 is no limit.
type Limits struct {
	RequestsPerSecond int64 `json:"requestsPerSecond"`
	Burst             int64 `json:"burst"`          // requests at once, above the rate; 0 = as many as a second brings
	Concurrent        int64 `json:"concurrent"`     // requests that run at the same time
	BytesPerSecond    int64 `json:"bytesPerSecond"` // of bodies that the client sends
	RequestsPerDay    int64 `json:"requestsPerDay"` // days are those of UTC
	BytesPerDay       int64 `json:"bytesPerDay"`
}

// The highest limits. Numbers of bytes are exact in JavaScript too.
const (
	maxRequestLimit = 1_000_000_000
	maxByteLimit    = 1 << 52
)

// limitFields are the limits by their names in the API, in the order in which they are written.
var limitFields = []struct {
	name string
	most int64
	of   func(*Limits) *int64
}{
	{"requestsPerSecond", maxRequestLimit, func(l *Limits) *int64 { return &l.RequestsPerSecond }},
	{"burst", maxRequestLimit, func(l *Limits) *int64 { return &l.Burst }},
	{"concurrent", maxRequestLimit, func(l *Limits) *int64 { return &l.Concurrent }},
	{"bytesPerSecond", maxByteLimit, func(l *Limits) *int64 { return &l.BytesPerSecond }},
	{"requestsPerDay", maxByteLimit, func(l *Limits) *int64 { return &l.RequestsPerDay }},
	{"bytesPerDay", maxByteLimit, func(l *Limits) *int64 { return &l.BytesPerDay }},
}

// LimitNames lists the names of the limits, as in the API.
func LimitNames() []string {
	names := make([]string, len(limitFields))
	for i, f := range limitFields {
		names[i] = f.name
	}
	return names
}

// IsZero reports whether nothing is limited.
func (l Limits) IsZero() bool { return l == Limits{} }

// Check says what is wrong with the limits. The fields of its Error are those of the API, without the name of the
// whole: requestsPerSecond.
func (l Limits) Check() error {
	var wrong Mistakes
	for _, f := range limitFields {
		switch n := *f.of(&l); {
		case n < 0:
			wrong.Add(f.name, "is negative; use 0 for no limit")
		case n > f.most:
			wrong.Add(f.name, "is above %d; use 0 for no limit", f.most)
		}
	}
	if l.Burst > 0 && l.RequestsPerSecond == 0 {
		wrong.Add("burst", "is above a rate that is not limited; set requestsPerSecond too, or leave burst out")
	}
	return wrong.Err()
}

// addLimits notes what is wrong with the limits of a key.
func (m *Mistakes) addLimits(l Limits) {
	var wrong Mistakes
	wrong.AddError("", l.Check())
	for _, w := range wrong {
		m.Add("limits."+w.Field, "%s", w.Detail)
	}
}

// String writes the limits as ParseLimits reads them: "requestsPerSecond=50,burst=100"; none is "".
func (l Limits) String() string {
	var parts []string
	for _, f := range limitFields {
		if n := *f.of(&l); n != 0 {
			parts = append(parts, f.name+"="+strconv.FormatInt(n, 10))
		}
	}
	return strings.Join(parts, ",")
}

// ParseLimits reads what String writes. It does not Check the numbers.
func ParseLimits(s string) (l Limits, err error) {
	if s == "" {
		return l, nil
	}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(s, ",") {
		name, number, _ := strings.Cut(part, "=")
		name = strings.TrimSpace(name)
		if seen[name] {
			return Limits{}, fmt.Errorf("names %q twice", clip(name))
		}
		seen[name] = true
		if err := l.set(name, strings.TrimSpace(number)); err != nil {
			return Limits{}, err
		}
	}
	return l, nil
}

func (l *Limits) set(name, number string) error {
	for _, f := range limitFields {
		if f.name != name {
			continue
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return fmt.Errorf("%q is not a whole number; write %s=50", clip(number), name)
		}
		*f.of(l) = n
		return nil
	}
	return fmt.Errorf("%q is not a limit; use one of %s, as in requestsPerSecond=50", clip(name),
		strings.Join(LimitNames(), ", "))
}
