package verify

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// meter keeps the limits of one key in one scope: what it has taken, and may still take. All tokens of the key share
// it. It is made when the key is first used, outlives every change of the key, and goes when it has nothing left to
// remember.
type meter struct {
	// What every decision needs comes first, together.
	mu       sync.Mutex
	listed   atomic.Bool // it is among those that were used lately: see Limiter.touch
	gone     atomic.Bool // another one counts; set under mu
	id       apikey.ID
	scope    *scope
	limits   apikey.Limits
	requests allowance
	day      apikey.Day
	here     apikey.LimitCount // what this server let in on the day
	// What all others let in on the day, as far as is known, and this one before it was started.
	elsewhere apikey.LimitCount
	asked     requested          // since the last report
	parts     [partCount]float64 // of the limits, that this server may use; 0 = an even part
	running   int64              // requests that hold a slot
	bytes     allowance

	policy string            // the field RateLimit-Policy
	wants  apikey.LimitWants // what was reported
	told   apikey.LimitCount // of the day, that the store has
	last   int64             // when the last report was made, by the Limiter's clock
	next   *meter            // among those that were used lately
}

// requested is what clients ask for: also what they do not get.
type requested struct{ requests, bytes, running int64 }

// Places in meter.parts.
const (
	partRequests = iota
	partBytes
	partRunning
	partCount
)

// meterRequest is what a meter needs to know of a request.
type meterRequest struct {
	now       int64 // by the Limiter's clock
	at        time.Time
	servers   int64 // that share the limits
	length    int64 // of the body; 0 = it has none, -1 = not known
	elsewhere bool  // somebody else passes it on: neither its body nor its end is seen here
}

// grant is what a request has of its key's limits. The zero grant is nothing.
type grant struct {
	meter   *meter
	now     int64
	servers int64
	slot    bool       // it counts as running
	prepaid int64      // bytes that the bucket gave for its body
	length  int64      // bytes that the day gave for it
	day     apikey.Day // which one that was
	exceeds limitSet   // in place of a grant: the limits that it is above
	hurry   bool       // other servers are to hear of it soon
}

// limitSet is a set of limits.
type limitSet uint8

const (
	limitRequests limitSet = 1 << iota
	limitBytes
	limitRunning
	limitDayRequests
	limitDayBytes
)

// The reasons for a refusal, by the limit.
const (
	reasonRequests    = "The API key has reached its limit of requests per second. Send more slowly, or ask for a higher limit."
	reasonBytes       = "The API key has reached its limit of bytes per second. Send more slowly, or ask for a higher limit."
	reasonRunning     = "The API key has reached its limit of requests at the same time. Wait for one to end, or ask for a higher limit."
	reasonDayRequests = "The API key has reached its limit of requests per day, which ends at midnight UTC. Ask for a higher limit."
	reasonDayBytes    = "The API key has reached its limit of bytes per day, which ends at midnight UTC. Ask for a higher limit."
	reasonDayBody     = "The body is longer than what the API key's limit of bytes per day leaves until midnight UTC. " +
		"Send less at once, or ask for a higher limit."
)

// busyWait is how long a client is to wait for another of its requests to end.
const busyWait = time.Second

// take lets a request in, or says how long to wait and why. What is refused takes nothing. Valid is false if the
// meter is gone, and another one is to be asked.
func (m *meter) take(l *apikey.Limits, r *meterRequest) (g grant, wait time.Duration, reason string, valid bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.gone.Load() {
		return grant{}, 0, "", false
	}
	m.adopt(l, r.now, r.servers)
	m.turn(apikey.DayOf(r.at))
	m.flow(r.now, r.servers)
	g = grant{meter: m, now: r.now, servers: r.servers, day: m.day}
	if wait, reason = m.excess(r, &g.exceeds); g.exceeds != 0 {
		m.ask(r, g.exceeds)
		return g, wait, reason, true
	}
	if m.limits.RequestsPerSecond > 0 {
		m.requests.level--
	}
	m.here.Requests++
	if m.limits.Concurrent > 0 && !r.elsewhere {
		g.slot = true
		m.running++
	}
	if r.length > 0 {
		g.length = r.length
		m.here.Bytes += g.length
		if m.limits.BytesPerSecond > 0 {
			if g.prepaid = r.length; !r.elsewhere {
				g.prepaid = min(r.length, int64(m.depth(partBytes, r.servers)))
			}
			m.bytes.level -= float64(g.prepaid)
		}
	}
	if r.elsewhere {
		g.prepaid, g.length = 0, 0 // nothing of it comes back
	}
	m.ask(r, 0)
	g.hurry = r.servers > 1 && m.nearsEnd(r.servers)
	return g, 0, "", true
}

// nearsEnd reports whether several servers could use up the day before the next exchange, if each went on as this one.
func (m *meter) nearsEnd(servers int64) bool {
	ends := func(limit, used, since int64) bool { return limit > 0 && limit-used <= 2*servers*since }
	return ends(m.limits.RequestsPerDay, m.here.Requests+m.elsewhere.Requests, m.asked.requests) ||
		ends(m.limits.BytesPerDay, m.here.Bytes+m.elsewhere.Bytes, m.asked.bytes)
}

// enough is what a bucket must hold for a request: one unit, but for what rounding takes.
const enough = 1 - 1e-6

// excess finds the limits that a request is above, and tells of the one with the longest wait.
func (m *meter) excess(r *meterRequest, exceeds *limitSet) (longest time.Duration, reason string) {
	above := func(limit limitSet, wait time.Duration, why string) {
		*exceeds |= limit
		if wait > longest {
			longest, reason = wait, why
		}
	}
	if m.limits.RequestsPerSecond > 0 && m.requests.level < enough {
		above(limitRequests, m.requests.wait(1, m.rate(partRequests, r.servers)), reasonRequests)
	}
	if m.limits.Concurrent > 0 && !r.elsewhere && m.running >= m.slots(r.servers) {
		above(limitRunning, busyWait, reasonRunning)
	}
	if limit := m.limits.RequestsPerDay; limit > 0 && m.here.Requests+m.elsewhere.Requests >= limit {
		above(limitDayRequests, untilTomorrow(r.at), reasonDayRequests)
	}
	if r.length == 0 {
		return longest, reason
	}
	if m.limits.BytesPerSecond > 0 && m.bytes.level < enough {
		above(limitBytes, m.bytes.wait(1, m.rate(partBytes, r.servers)), reasonBytes)
	}
	switch limit, used := m.limits.BytesPerDay, m.here.Bytes+m.elsewhere.Bytes; {
	case limit == 0:
	case used >= limit:
		above(limitDayBytes, untilTomorrow(r.at), reasonDayBytes)
	case used > limit-r.length: // one of unknown length is cut off when it comes to it
		above(limitDayBytes, untilTomorrow(r.at), reasonDayBody)
	}
	return longest, reason
}

// ask notes what a request asks for, for the servers that share the limits.
func (m *meter) ask(r *meterRequest, exceeds limitSet) {
	m.asked.requests++
	switch {
	case r.length > 0:
		m.asked.bytes += r.length
	case r.length < 0 && exceeds&limitBytes != 0: // nobody knows how much it is
		m.asked.bytes += m.limits.BytesPerSecond
	}
	if exceeds&limitRunning != 0 {
		m.asked.running++
	}
	m.asked.running = max(m.asked.running, m.running)
}

// adopt makes the limits those that the key has now. What was taken stays taken.
func (m *meter) adopt(l *apikey.Limits, now, servers int64) {
	if m.limits == *l {
		return
	}
	before := m.limits
	m.flow(now, servers)
	m.limits, m.policy = *l, rateLimitPolicy(l)
	// A bucket keeps what is missing from it, or is full if there was none.
	m.requests = m.changed(m.requests, before.RequestsPerSecond, depthOf(before), partRequests, now, servers)
	m.bytes = m.changed(m.bytes, before.BytesPerSecond, before.BytesPerSecond, partBytes, now, servers)
}

func (m *meter) changed(b allowance, rate, depth int64, part int, now, servers int64) allowance {
	full := m.depth(part, servers)
	if rate == 0 {
		return allowance{level: full, at: now}
	}
	missing := max(1, float64(depth)*m.part(part, servers)) - b.level
	return allowance{level: min(full, max(full-missing, min(0, b.level))), at: now}
}

// turn begins a new day. Days never go back, also if the clock does.
func (m *meter) turn(today apikey.Day) {
	if today > m.day {
		m.day, m.here, m.elsewhere = today, apikey.LimitCount{}, apikey.LimitCount{}
	}
}

// flow fills the buckets.
func (m *meter) flow(now, servers int64) {
	if m.limits.RequestsPerSecond > 0 {
		m.requests.fill(now, m.rate(partRequests, servers), m.depth(partRequests, servers))
	}
	if m.limits.BytesPerSecond > 0 {
		m.bytes.fill(now, m.rate(partBytes, servers), m.depth(partBytes, servers))
	}
}

// part is the part of a limit that this server may use.
func (m *meter) part(of int, servers int64) float64 {
	if part := m.parts[of]; part > 0 {
		return part
	}
	if servers == 1 {
		return 1
	}
	return 1 / float64(servers)
}

// rate is what flows into a bucket, in units a second.
func (m *meter) rate(of int, servers int64) float64 {
	rate := m.limits.RequestsPerSecond
	if of == partBytes {
		rate = m.limits.BytesPerSecond
	}
	return float64(rate) * m.part(of, servers)
}

// depth is what a bucket holds at most; never so little that nothing passes.
func (m *meter) depth(of int, servers int64) float64 {
	depth := depthOf(m.limits)
	if of == partBytes {
		depth = m.limits.BytesPerSecond
	}
	return max(1, float64(depth)*m.part(of, servers))
}

// depthOf is how many requests may come at once.
func depthOf(l apikey.Limits) int64 {
	if l.Burst > 0 {
		return l.Burst
	}
	return l.RequestsPerSecond
}

// slots is how many requests may run here at the same time: at least one.
func (m *meter) slots(servers int64) int64 {
	const rounding = 1e-6
	return max(1, int64(float64(m.limits.Concurrent)*m.part(partRunning, servers)+rounding))
}

// untilTomorrow is how long the day of UTC lasts.
func untilTomorrow(t time.Time) time.Duration {
	return max(1, (apikey.DayOf(t) + 1).Time().Sub(t))
}

// undo takes a request back that counts.
func (g *grant) undo() {
	m := g.meter
	if m == nil || g.exceeds != 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests.level++
	if g.day == m.day {
		m.here.Requests--
	}
}

// end takes back what a request had: its slot, and what was given for bytes that it did not send.
func (g *grant) end(passed int64) {
	m := g.meter
	if m == nil || g.exceeds != 0 {
		return
	}
	g.meter = nil
	m.mu.Lock()
	defer m.mu.Unlock()
	if g.slot {
		m.running--
	}
	m.bytes.level += float64(max(0, g.prepaid-passed))
	if g.day == m.day {
		m.here.Bytes -= max(0, g.length-passed)
	}
}

// pass counts bytes that were sent for a request, after others that were. Over reports that the day has no more for
// them: then they count for nothing, and go nowhere.
func (m *meter) pass(g *grant, passed, n, now int64, at time.Time) (over bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn(apikey.DayOf(at))
	m.flow(now, g.servers)
	beyond := func(given int64) int64 { return min(n, max(0, passed+n-given)) }
	unknown := beyond(g.length)
	if unknown > 0 && m.limits.BytesPerDay > 0 && m.here.Bytes+m.elsewhere.Bytes+unknown > m.limits.BytesPerDay {
		return true
	}
	m.bytes.level -= float64(beyond(g.prepaid))
	m.here.Bytes += unknown
	m.asked.bytes += unknown
	return false
}

// piecesPerSecond is how often a body is read that must be slowed down.
const piecesPerSecond = 10

// debt returns how long to wait before more of a request's body is read, and else how much of it may be read at once.
func (m *meter) debt(g *grant, passed, now int64) (most int64, wait time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.limits.BytesPerSecond == 0, g.length > 0 && passed >= g.length: // nothing more comes
		return math.MaxInt64, 0
	case passed < g.prepaid:
		return g.prepaid - passed, 0
	}
	m.flow(now, g.servers)
	rate := m.rate(partBytes, g.servers)
	return max(1, int64(rate/piecesPerSecond)), m.bytes.wait(0, rate)
}
