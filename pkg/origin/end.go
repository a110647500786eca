package origin

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// setEnd sets when a key expires. One whose end cannot be read is skipped: it
// must not live longer than it would have. An empty text is none, as for the
// programs in JavaScript.
func setEnd(k *apikey.ForeignKey, end value, location *time.Location) {
	if !end.Valid || end.String == "" {
		return
	}
	at, ok := parseTime(end.String, location)
	if ok {
		k.ExpiresAt = ended(at)
		return
	}
	k.Ends = end.String
	skip(k, "its end %s cannot be read as a time", end.quoted())
}

// setEndInSeconds is setEnd for an end in seconds since 1970, of which null
// alone is none: Grafana lets in no key whose end is 0.
func setEndInSeconds(k *apikey.ForeignKey, end value) {
	seconds, ok := end.number()
	switch {
	case !end.Valid:
	case ok:
		const most = 1 << 40 // beyond the year 9999, and far from what a Time cannot hold
		k.ExpiresAt = ended(time.Unix(min(max(seconds, -most), most), 0).UTC())
	default:
		k.Ends = end.String
		skip(k, "its end %s cannot be read as a time", end.quoted())
	}
}

// ended returns an end that is not taken for none, however early it is.
func ended(at time.Time) time.Time {
	if first := time.UnixMilli(1).UTC(); at.Before(first) {
		return first
	}
	return at
}

// parseTime reads a time as the drivers of the three systems write it.
func parseTime(s string, location *time.Location) (t time.Time, ok bool) {
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil { // how JavaScript's driver writes a Date
		return time.UnixMilli(ms).UTC(), true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700 MST"} {
		if t, err := time.ParseInLocation(layout, s, location); err == nil {
			return t.UTC(), true
		}
	}
	if m := farTime.FindStringSubmatch(s); m != nil {
		return time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC), true
	}
	return parseLocal(s, location)
}

// farTime is a time after the year 9999, as Go and JavaScript write it. Which
// one it is does not matter.
var farTime = regexp.MustCompile(`^\s*\+?0*[1-9]\d{4,}-\d{1,2}-\d{1,2}`)

// localTime is a time without a zone as Uptime Kuma reads it, with dayjs: what
// is left out from the end is the first there is.
var localTime = regexp.MustCompile(`^(\d{4})[-/](\d{1,2})(?:[-/](\d{1,2})(?:[Tt\s]+(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:[.:]\d+)?)?)?)?)?$`)

func parseLocal(s string, location *time.Location) (t time.Time, ok bool) {
	m := localTime.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return t, false
	}
	n := [6]int{3: 0} // year, month, day, hour, minute, second
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+1]) // of digits, or of nothing
	}
	if m[3] == "" {
		n[2] = 1
	}
	t = time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, location)
	if t.Month() != time.Month(n[1]) || t.Day() != n[2] || n[3] > 23 || n[4] > 59 || n[5] > 59 {
		return time.Time{}, false // there is no such day or hour
	}
	return t.UTC(), true
}
