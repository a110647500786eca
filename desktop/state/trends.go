package state

import (
	"context"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// trendDays is over how many days the use of keys is shown in their list.
const trendDays = 14

// Trends are how often keys were sent on each of the last days, of those that were looked at last. The thread that
// draws alone has them.
type Trends struct{ known map[string]trend }

// trend is what is known of one key.
type trend struct {
	days []int64   // the oldest first; nil = its server did not say
	uses int64     // in all, when it was read
	read time.Time // when that was
}

// trendRest is how long a key that is used all the time is left alone, as the one of this program is.
const trendRest = time.Minute

// Of is how often a key was sent on each of the last days, the oldest first; nil while that is not known.
func (t *Trends) Of(id string) []int64 { return t.known[id].days }

// Wanted are those of some keys of which nothing is known, or that were used since, a while ago.
func (t *Trends) Wanted(keys []*api.Key, now time.Time) (wanted []*api.Key) {
	for _, k := range keys[:min(len(keys), apikey.MaxStatsKeys)] {
		is, known := t.known[k.ID]
		used := is.uses != k.UseCount && now.Sub(is.read) >= trendRest
		if !known || used || dayOf(is.read) != dayOf(now) {
			wanted = append(wanted, k)
		}
	}
	return wanted
}

// Put notes what was read of some keys. Nothing of one is noted too, so that it is not asked for again until it is
// used. Those from before are forgotten when they are many: scrolling through a hundred thousand keys keeps few of
// them.
func (t *Trends) Put(read map[string][]int64, of []*api.Key, now time.Time) {
	if t.known == nil || len(t.known) > 2*apikey.MaxStatsKeys {
		t.known = map[string]trend{}
	}
	for _, k := range of {
		t.known[k.ID] = trend{read[k.ID], k.UseCount, now}
	}
}

func dayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// Trend reads how often keys were sent on each of the last days; a server that does not count them says nothing.
func (s *Session) Trend(ctx context.Context, keys []*api.Key) (map[string][]int64, error) {
	ids := make([]string, len(keys))
	for i, k := range keys {
		ids[i] = k.ID
	}
	stats, err := s.client.KeysStats(ctx, ids, (trendDays-1)*24*time.Hour) // today is one more
	if err != nil {
		return nil, err
	}
	return stats.Keys, nil
}
