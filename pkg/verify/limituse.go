package verify

import (
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// LimitUse is how much of a limit a key has used, here and, of days, at all servers: 0 = nothing, 1 = all.
type LimitUse struct {
	Key      apikey.ID
	Endpoint string // whose limit it is; empty = the key's own
	Limit    string // its name in the API
	Used     float64
}

// EachUse calls fn with the limits of keys that were used lately.
func (l *Limiter) EachUse(at time.Time, fn func(LimitUse)) {
	now, servers := int64(at.Sub(l.begin)), l.servers.Load()
	for _, s := range l.all() {
		s.meters.each(func(m *meter) {
			for _, u := range m.used(now, apikey.DayOf(at), servers) {
				u.Key, u.Endpoint = m.id, s.name
				fn(u)
			}
		})
	}
}

// Used says how much a key has used of its own limits, by their names; nil if it was not used lately.
func (l *Limiter) Used(id string) map[string]float64 {
	key, ok := apikey.ParseID(id)
	if !ok {
		return nil
	}
	m := l.own.meters.find(key)
	if m == nil {
		return nil
	}
	out := map[string]float64{}
	for _, u := range m.used(l.now(), apikey.DayOf(time.Now()), l.servers.Load()) {
		out[u.Limit] = u.Used
	}
	return out
}

// used says how much of each limit is used.
func (m *meter) used(now int64, today apikey.Day, servers int64) (uses []LimitUse) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.gone.Load() {
		return nil
	}
	m.turn(today)
	m.flow(now, servers)
	add := func(name string, limit int64, used float64) {
		if limit > 0 {
			uses = append(uses, LimitUse{Limit: name, Used: max(0, used)})
		}
	}
	part := func(n, limit int64) float64 { return float64(n) / float64(max(1, limit)) }
	l := &m.limits
	add("requestsPerSecond", l.RequestsPerSecond, 1-m.requests.level/m.depth(partRequests, servers))
	add("concurrent", l.Concurrent, part(m.running, m.slots(servers)))
	add("bytesPerSecond", l.BytesPerSecond, 1-m.bytes.level/m.depth(partBytes, servers))
	add("requestsPerDay", l.RequestsPerDay, part(m.here.Requests+m.elsewhere.Requests, l.RequestsPerDay))
	add("bytesPerDay", l.BytesPerDay, part(m.here.Bytes+m.elsewhere.Bytes, l.BytesPerDay))
	return uses
}
