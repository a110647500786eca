package keys

import (
	"context"
	"time"

	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
)

// trendPause is before the use of the keys in sight is read, so that scrolling past them asks for nothing.
const trendPause = 250 * time.Millisecond

// trend is on which of the last days a key was sent, as far as that is known.
func (l *keyList) trend(id string) []int64 {
	if l.host.Session == nil {
		return nil
	}
	return l.host.Session.Trends.Of(id)
}

// inWords says how often a key was sent in the last days, and refused, as far as that is known.
func inWords(w *words.Words, sent, refused []int64) string {
	if len(sent) == 0 {
		return ""
	}
	said := w.N("sparkline.requests", sum(sent), "days", w.Number(int64(len(sent))))
	if n := sum(refused); n > 0 {
		return w.T("sparkline.refused", "requests", said, "n", w.Number(int64(n)))
	}
	return said
}

func sum(numbers []int64) (all int) {
	for _, n := range numbers {
		all += int(n)
	}
	return all
}

// inSight are the keys whose use is in sight.
func (l *keyList) inSight() (keys []*api.Key) {
	if _, widths := l.columns.Places(l.Size().Width); widths[columnTrend] == 0 {
		return nil
	}
	for _, i := range l.Shown {
		if i >= 0 && i < len(l.snapshot.Keys) {
			keys = append(keys, l.snapshot.Keys[i])
		}
	}
	return keys
}

// seen follows rows that came into sight, after a moment.
func (p *Page) seen() {
	if p.stopTrends != nil {
		p.stopTrends()
	}
	p.stopTrends = p.host.Loop.After(trendPause, p.readTrends)
}

// readTrends reads the use of the keys in sight, those alone of which it is not known, in one request.
func (p *Page) readTrends() {
	h, session := p.host, p.host.Session
	if session == nil || h.At != p || p.trending {
		return
	}
	keys := session.Trends.Wanted(p.list.inSight(), h.Words.Now())
	if len(keys) == 0 {
		return
	}
	p.trending = true
	page.InBackground(h, func(ctx context.Context) (map[string][]int64, error) {
		return session.Trend(ctx, keys)
	}, func(read map[string][]int64, _ error) { // the rows say enough without it
		p.trending = false
		session.Trends.Put(read, keys, h.Words.Now())
		p.list.tick()
		p.readTrends() // others may be in sight now
	})
}
