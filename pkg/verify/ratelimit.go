package verify

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// The fields RateLimit-Policy and RateLimit are those of draft-ietf-httpapi-ratelimit-headers-11: lists of structured
// fields (RFC 9651), with an item for each limit, under the limit's name in the API.

const (
	contentBytes       = `;qu="content-bytes"`
	concurrentRequests = `;qu="concurrent-requests"`
	daySeconds         = 86400
)

// largestInteger is the largest that a structured field can hold.
const largestInteger = 999_999_999_999_999

// rateLimitPolicy is the field RateLimit-Policy for limits.
func rateLimitPolicy(l *apikey.Limits) string {
	var b []byte
	add := func(name string, quota int64, unit string, window int64) {
		if quota <= 0 {
			return
		}
		b = appendItem(b, name)
		b = strconv.AppendInt(append(b, ";q="...), min(quota, largestInteger), 10)
		b = append(b, unit...)
		if window > 0 {
			b = strconv.AppendInt(append(b, ";w="...), window, 10)
		}
	}
	window := requestWindow(*l)
	add("requestsPerSecond", l.RequestsPerSecond*window, "", window)
	add("bytesPerSecond", l.BytesPerSecond, contentBytes, 1)
	add("concurrent", l.Concurrent, concurrentRequests, 0)
	add("requestsPerDay", l.RequestsPerDay, "", daySeconds)
	add("bytesPerDay", l.BytesPerDay, contentBytes, daySeconds)
	return string(b)
}

// requestWindow is how many seconds fill the bucket of requests.
func requestWindow(l apikey.Limits) int64 {
	if l.RequestsPerSecond == 0 {
		return 0
	}
	return max(1, (depthOf(l)+l.RequestsPerSecond-1)/l.RequestsPerSecond)
}

func appendItem(b []byte, name string) []byte {
	if len(b) > 0 {
		b = append(b, ", "...)
	}
	b = append(b, '"')
	b = append(b, name...)
	return append(b, '"')
}

// appendState appends the field RateLimit: what is left of each limit, and for how many seconds that is all. Of a
// request that was refused it tells of the limits that it is above alone, so that no time in it is longer than
// Retry-After.
func (m *meter) appendState(b []byte, g *grant, at time.Time) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn(apikey.DayOf(at))
	m.flow(g.now, g.servers)
	add := func(name string, limit int64, which limitSet, left float64, window time.Duration) {
		if limit == 0 || g.exceeds != 0 && g.exceeds&which == 0 {
			return
		}
		b = appendItem(b, name)
		if g.exceeds != 0 {
			left = 0
		}
		b = strconv.AppendInt(append(b, ";r="...), int64(min(max(0, left), largestInteger)), 10)
		if window > 0 {
			b = strconv.AppendInt(append(b, ";t="...), int64(math.Ceil(window.Seconds())), 10)
		}
	}
	l := &m.limits
	requests, bytes := time.Duration(requestWindow(*l))*time.Second, time.Second
	if g.exceeds != 0 {
		requests = m.requests.wait(1, m.rate(partRequests, g.servers))
		bytes = m.bytes.wait(1, m.rate(partBytes, g.servers))
	}
	tomorrow := untilTomorrow(at)
	add("requestsPerSecond", l.RequestsPerSecond, limitRequests, m.requests.level, requests)
	add("bytesPerSecond", l.BytesPerSecond, limitBytes, m.bytes.level, bytes)
	add("concurrent", l.Concurrent, limitRunning, float64(m.slots(g.servers)-m.running), 0)
	used := m.here
	used.Add(m.elsewhere)
	add("requestsPerDay", l.RequestsPerDay, limitDayRequests, float64(l.RequestsPerDay-used.Requests), tomorrow)
	add("bytesPerDay", l.BytesPerDay, limitDayBytes, float64(l.BytesPerDay-used.Bytes), tomorrow)
	return b
}

// SetRateLimit adds the fields RateLimit-Policy and RateLimit to the header of an answer, if the key has limits.
func (o *Outcome) SetRateLimit(h http.Header) {
	m := o.grant.meter
	if m == nil {
		return
	}
	var buffer [256]byte
	state := m.appendState(buffer[:0], &o.grant, o.at)
	m.mu.Lock()
	policy := m.policy
	m.mu.Unlock()
	values := [2]string{policy, string(state)}
	h["Ratelimit-Policy"] = append(h["Ratelimit-Policy"], values[0])
	h["Ratelimit"] = append(h["Ratelimit"], values[1])
}
