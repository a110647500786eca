package state

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Limit is one of the limits of a key.
type Limit struct {
	Field string // its name in the API
	Text  string // its name in the catalogue
	Bytes bool   // it counts bytes, and not requests
	Of    func(*apikey.Limits) *int64
}

// KeyLimits are all of them, in the order in which they are shown.
var KeyLimits = []Limit{
	{"requestsPerSecond", "limits.requests-per-second", false, requestsPerSecond},
	{"burst", "limits.burst", false, func(l *apikey.Limits) *int64 { return &l.Burst }},
	{"concurrent", "limits.concurrent", false, func(l *apikey.Limits) *int64 { return &l.Concurrent }},
	{"requestsPerDay", "limits.requests-per-day", false, func(l *apikey.Limits) *int64 { return &l.RequestsPerDay }},
	{"bytesPerSecond", "limits.bytes-per-second", true, func(l *apikey.Limits) *int64 { return &l.BytesPerSecond }},
	{"bytesPerDay", "limits.bytes-per-day", true, func(l *apikey.Limits) *int64 { return &l.BytesPerDay }},
}

func requestsPerSecond(l *apikey.Limits) *int64 { return &l.RequestsPerSecond }

// amount is a number with a unit of bytes, or none.
var amount = regexp.MustCompile(`^(\d+)(?:[.,](\d+))?\s*([A-Za-z]*)$`)

var byteUnits = map[string]float64{
	"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
	"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
}

// Parse reads what was typed for a limit: a whole number, or bytes with a unit
// such as 5 MB. Nothing is 0, which is no limit.
func (l Limit) Parse(text string) (n int64, ok bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, true
	}
	if !l.Bytes {
		n, err := strconv.ParseInt(text, 10, 64)
		return n, err == nil && n >= 0
	}
	m := amount.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	unit, known := byteUnits[strings.ToLower(m[3])]
	number, err := strconv.ParseFloat(m[1]+"."+m[2]+"0", 64)
	if bytes := math.Round(number * unit); known && err == nil && bytes < 1<<53 {
		return int64(bytes), true
	}
	return 0, false
}

// Labels are labels as they are typed, each as name=value. Wrong is the first
// that is none; of two with the same name the last counts.
func Labels(texts []string) (labels map[string]string, wrong string) {
	labels = map[string]string{}
	for _, text := range texts {
		name, value, _ := strings.Cut(text, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if value == "" || apikey.CheckLabelName(name) != nil {
			return nil, text
		}
		labels[name] = value
	}
	return labels, ""
}

// WrongTenant is the first of the tenants that cannot be the name of one, or
// empty.
func WrongTenant(tenants []string) string {
	for _, t := range tenants {
		if t == apikey.AnyTenant && len(tenants) == 1 {
			continue
		}
		if apikey.CheckTenant(t) != nil {
			return t
		}
	}
	return ""
}
