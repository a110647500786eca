package verify

import (
	"cmp"
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// How servers share limits.
const (
	exchangeInterval = time.Second
	exchangePause    = 100 * time.Millisecond // between two at the least
	announceInterval = 15 * time.Second       // in which a server says that it is there
	firstLooks       = 10                     // for other servers, in a row, after it said so for the first time
	settleInterval   = 5 * time.Minute
	sweepInterval    = time.Minute
)

// Load reads what keys have used of their day, and says that this server is there, before the first request comes.
// Without any limit there is nothing to do.
func (l *Limiter) Load(ctx context.Context, limited bool) error {
	if l.store == nil || !limited {
		return nil
	}
	today, seeds := apikey.DayOf(time.Now()), map[seed]apikey.LimitCount{}
	err := l.store.LimitCounts(ctx, today, func(id apikey.ID, scope string, n apikey.LimitCount) {
		seeds[seed{id, scope}] = n
	})
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.seedDay, l.seeds = today, seeds
	l.mu.Unlock()
	return l.Exchange(ctx)
}

// Run exchanges what is used with the other servers, every second in which there is something to say, until ctx ends.
// The caller then calls Leave when no request runs any longer. Limited reports whether there is any limit at all.
func (l *Limiter) Run(ctx context.Context, limited func() bool) {
	tick := time.NewTicker(exchangeInterval)
	defer tick.Stop()
	failing := false
	var swept, settled time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-l.wake:
		}
		now := time.Now()
		if now.Sub(swept) >= sweepInterval {
			l.Sweep()
			swept = now
		}
		if l.store == nil || !limited() {
			continue
		}
		err := l.Exchange(ctx)
		if err == nil && now.Sub(settled) >= settleInterval {
			err, settled = l.store.SettleLimits(ctx, apikey.DayOf(now), ""), now
		}
		if err != nil && !failing && ctx.Err() == nil {
			l.logger.Warn("the use of limits cannot be shared with other servers; each goes on with the part that it has",
				"error", err)
		}
		failing = err != nil
		sleep(ctx, exchangePause) // many new keys may wake it
	}
}

// Exchange tells the other servers what was used here and what clients ask for, learns the same from them, and takes
// this server's part of each limit. While the server is alone it writes only what a limit by the day must not forget.
func (l *Limiter) Exchange(ctx context.Context) error {
	l.exchanging.Lock()
	defer l.exchanging.Unlock()
	reported, uses, busy := l.report(l.servers.Load() == 1)
	announce := time.Since(l.announced) >= announceInterval
	if !busy && !announce && l.looks == 0 {
		return nil
	}
	l.looks = max(0, l.looks-1)
	shared, err := l.store.ShareLimits(ctx, apikey.LimitReport{
		Server: l.server, Known: !l.announced.IsZero(), Announce: announce, Uses: uses,
	})
	if err != nil || shared.Forgotten {
		for _, m := range reported {
			l.touch(m)
		}
	}
	if err != nil {
		return err
	}
	if shared.Forgotten {
		l.rename()
		l.Wake()
		return nil
	}
	if announce || len(uses) > 0 {
		if l.announced.IsZero() {
			l.looks = firstLooks
		}
		l.announced = time.Now()
	}
	if l.looks > 0 {
		l.Wake()
	}
	l.exchanged.Store(l.now())
	l.servers.Store(int64(max(1, shared.Servers)))
	now := l.now()
	for i := range shared.Shares {
		reported[i].hear(l.server, &uses[i], &shared.Shares[i], now, int64(shared.Servers))
	}
	return nil
}

// report gathers what there is to say of the meters that were used, and of those of which more is to be said. Busy
// reports whether there are any.
func (l *Limiter) report(alone bool) (reported []*meter, uses []apikey.LimitUse, busy bool) {
	now, due := l.now(), l.again
	l.again = nil
	for m := l.used.Swap(nil); m != nil; {
		next := m.next // which is another's as soon as the meter is off the list
		due = append(due, m)
		m.listed.Store(false)
		m = next
	}
	slices.SortFunc(due, func(a, b *meter) int {
		return cmp.Or(slices.Compare(a.id[:], b.id[:]), cmp.Compare(a.scope.name, b.scope.name))
	})
	for _, m := range slices.Compact(due) {
		use, more := m.report(now, alone)
		if more {
			l.again = append(l.again, m)
		}
		if use != nil {
			reported, uses = append(reported, m), append(uses, *use)
		}
	}
	return reported, uses, len(due) > 0
}

// report returns what is to be said of a meter, nil if nothing is, and whether there is more to say in a second even
// if it is not used. Nobody needs to know what clients want of a server that is alone.
func (m *meter) report(now int64, alone bool) (use *apikey.LimitUse, more bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before, asked := m.wants, m.asked
	elapsed := max(int64(exchangeInterval), now-m.last)
	m.last, m.asked, m.wants = now, requested{running: m.running}, apikey.LimitWants{}
	if !alone {
		m.wants = apikey.LimitWants{
			Requests: wanted(asked.requests, elapsed, before.Requests, m.limits.RequestsPerSecond),
			Bytes:    wanted(asked.bytes, elapsed, before.Bytes, m.limits.BytesPerSecond),
			Running:  min(asked.running, m.limits.Concurrent),
		}
	}
	more = m.wants != apikey.LimitWants{}
	if !more {
		m.flow(now, 1)
		m.parts = [partCount]float64{}
	}
	news := m.wants != before || more || m.countsDays() && m.here != m.told
	if !news {
		return nil, false
	}
	use = &apikey.LimitUse{KeyID: m.id, Scope: m.scope.name, Day: m.day, Wants: m.wants}
	if m.countsDays() {
		use.Count = m.here
	}
	return use, more
}

// wanted is what clients want of a limit, in a thousand seconds, after asking for n in some nanoseconds. It rises at
// once, and falls by half a second, because requests come in bursts.
func wanted(n, elapsed, before, limit int64) int64 {
	most := limit * thousand
	now := float64(n) * thousand * float64(time.Second) / float64(elapsed)
	switch w := max(int64(min(now, float64(most))), min(before, most)/2); {
	case n == 0 && w < most/16:
		return 0
	default:
		return w
	}
}

const thousand = 1000

// hear takes in what other servers say about the limits of a use.
func (m *meter) hear(server string, use *apikey.LimitUse, share *apikey.LimitShare, now, servers int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.flow(now, servers)
	if m.day == use.Day {
		m.elsewhere, m.told = share.Count, use.Count
	}
	if use.Wants == (apikey.LimitWants{}) {
		return
	}
	part := func(whole int64, of func(apikey.LimitWants) int64) float64 {
		wants := []want{{server, of(use.Wants)}}
		for _, other := range share.Wants {
			if amount := of(other.LimitWants); amount > 0 {
				wants = append(wants, want{other.Server, min(amount, whole)})
			}
		}
		return float64(divide(whole, server, wants)) / float64(max(1, whole))
	}
	m.parts = [partCount]float64{
		partRequests: part(m.limits.RequestsPerSecond*thousand, func(w apikey.LimitWants) int64 { return w.Requests }),
		partBytes:    part(m.limits.BytesPerSecond*thousand, func(w apikey.LimitWants) int64 { return w.Bytes }),
		partRunning:  part(m.limits.Concurrent, func(w apikey.LimitWants) int64 { return w.Running }),
	}
}

// rename gives the server another name, after the store has taken it for gone: what it had said counts as what others
// let in.
func (l *Limiter) rename() {
	l.server, l.announced = rand.Text(), time.Time{}
	for _, s := range l.all() {
		s.meters.each(func(m *meter) {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.elsewhere.Add(m.told)
			m.here.Requests -= m.told.Requests
			m.here.Bytes -= m.told.Bytes
			m.told, m.wants = apikey.LimitCount{}, apikey.LimitWants{}
		})
	}
}

// Leave says the last of this server, so that others take over its part at once.
func (l *Limiter) Leave(ctx context.Context) error {
	if l.store == nil {
		return nil
	}
	l.exchanging.Lock()
	announced := !l.announced.IsZero()
	l.exchanging.Unlock()
	if !announced && l.used.Load() == nil {
		return nil
	}
	if err := l.Exchange(ctx); err != nil {
		return err
	}
	return l.store.SettleLimits(ctx, apikey.DayOf(time.Now()), l.server)
}

// Sweep removes what is kept of keys that have nothing to remember. Run does so every minute.
func (l *Limiter) Sweep() {
	now, today, servers := l.now(), apikey.DayOf(time.Now()), l.servers.Load()
	for _, s := range l.all() {
		s.meters.keep(func(m *meter) bool { return !m.retire(now, today, servers) })
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seedDay < today {
		l.seeds = nil
	}
}

// Len is how many keys something is kept of, once for each endpoint with limits that it has used.
func (l *Limiter) Len() (n int) {
	for _, s := range l.all() {
		s.meters.each(func(*meter) { n++ })
	}
	return n
}

// all lists the scopes.
func (l *Limiter) all() []*scope {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := []*scope{l.own}
	for _, s := range l.scopes {
		list = append(list, s)
	}
	return list
}

// retire makes a meter gone if it has nothing to remember, and reports whether it is.
func (m *meter) retire(now int64, today apikey.Day, servers int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.flow(now, servers)
	used := m.countsDays() && m.day >= today && (m.here != apikey.LimitCount{} || m.elsewhere != apikey.LimitCount{})
	idle := !used && m.running == 0 && !m.listed.Load() && m.wants == (apikey.LimitWants{}) &&
		(m.limits.RequestsPerSecond == 0 || m.requests.level >= m.depth(partRequests, servers)) &&
		(m.limits.BytesPerSecond == 0 || m.bytes.level >= m.depth(partBytes, servers))
	m.gone.Store(idle)
	return idle
}

// countsDays reports whether there is a limit by the day.
func (m *meter) countsDays() bool { return m.limits.RequestsPerDay > 0 || m.limits.BytesPerDay > 0 }
