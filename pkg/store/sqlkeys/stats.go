package sqlkeys

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// BusyKeys is how many keys of an organization a store remembers of each day as those that were sent most often.
const BusyKeys = 20

// BusyPrune is how often those that are so no longer are removed.
const BusyPrune = time.Minute

// PruneBusy takes a day and BusyKeys.
const PruneBusy = `DELETE FROM busy WHERE (day, org_id, number) IN (
	SELECT day, org_id, number FROM (
		SELECT b.day, b.org_id, b.number, row_number() OVER (
			PARTITION BY b.org_id ORDER BY coalesce(u.count + u.denied, 0) DESC, b.number) AS place
		FROM busy AS b LEFT JOIN usage_days AS u ON u.day = b.day AND u.number = b.number WHERE b.day = ?) AS ranked
	WHERE place > ?)`

// ForgetHours and ForgetBusy take an hour or a day, and a limit.
const (
	ForgetHours = `DELETE FROM hours WHERE (hour, org_id, endpoint, code) IN (
		SELECT hour, org_id, endpoint, code FROM hours WHERE hour < ? ORDER BY hour LIMIT ?)`
	ForgetBusy = `DELETE FROM busy WHERE (day, org_id, number) IN (
		SELECT day, org_id, number FROM busy WHERE day < ? ORDER BY day LIMIT ?)`
)

// HourCounts returns one count for each hour, organization, endpoint and code, in their order.
func HourCounts(counts []apikey.HourCount) []apikey.HourCount {
	sums := slices.Clone(counts)
	order := func(a, b apikey.HourCount) int {
		return cmp.Or(cmp.Compare(a.Hour, b.Hour), cmp.Compare(a.OrgID, b.OrgID), cmp.Compare(a.Endpoint, b.Endpoint),
			cmp.Compare(a.Code, b.Code))
	}
	slices.SortFunc(sums, order)
	n := 0
	for _, c := range sums {
		if n > 0 && order(sums[n-1], c) == 0 {
			sums[n-1].Requests += c.Requests
			continue
		}
		sums[n] = c
		n++
	}
	return sums[:n]
}

// ScanHour reads hour, endpoint, code and requests.
func ScanHour(r Row) (c apikey.HourCount, err error) {
	return c, r.Scan(&c.Hour, &c.Endpoint, &c.Code, &c.Requests)
}

// CountKeys counts keys by walks along parts of indexes, which hold all that is asked for; each key has a row of
// usage. By is the engine's way to name one, and numbered its way to write arguments.
func CountKeys(
	ctx context.Context, r Querier, by, numbered func(string) string, q apikey.CountKeysQuery,
) (c apikey.KeyCounts, err error) {
	count := func(index, where string, args ...any) (n int64) {
		if err == nil {
			err = r.QueryRowContext(ctx,
				numbered(`SELECT count(*) FROM keys `+by(index)+` WHERE org_id = ? AND `+where),
				append([]any{q.OrgID}, args...)...).Scan(&n)
		}
		return n
	}
	now, before := Millis(q.Now), Millis(q.EndsBefore)
	const (
		revoked = `revoked_at > 0`
		off     = `enabled = 0 AND revoked_at = 0 AND (disabled_until = 0 OR disabled_until > ?)`
		past    = `ends_at > 0 AND ends_at <= ?`
		soon    = `ends_at > ? AND ends_at <= ?`
	)
	since := Millis(q.UnusedSince)
	err = r.QueryRowContext(ctx, numbered(`SELECT count(*), count(CASE WHEN last_at = 0 THEN 1 END),
		count(CASE WHEN last_at <= ? AND created_at <= ? THEN 1 END) FROM usage `+by("usage_by_last_use")+
		` WHERE org_id = ?`), since, since, q.OrgID).Scan(&c.Total, &c.NeverUsed, &c.Unused)
	c.Revoked = count("keys_revoked", revoked)
	c.Expired = count("keys_by_end", past, now) - count("keys_revoked", revoked+` AND `+past, now)
	c.Disabled = count("keys_off", off+` AND (ends_at = 0 OR ends_at > ?)`, now, now)
	c.Active = c.Total - c.Revoked - c.Expired - c.Disabled
	c.EndingSoon = count("keys_by_end", soon, now, before) -
		count("keys_revoked", revoked+` AND `+soon, now, before) -
		count("keys_off", off+` AND `+soon, now, now, before)
	return c, err
}

// Ending is what is asked of keys that end soon.
func Ending(q apikey.CountKeysQuery) Condition {
	now := Millis(q.Now)
	return Cond(`k.org_id = ? AND k.revoked_at = 0 AND k.ends_at > ? AND k.ends_at <= ? AND `+isEnabled, q.OrgID, now,
		Millis(q.EndsBefore), now)
}

// ScanEnd reads id, name, owner and ends_at of a key.
func ScanEnd(r Row) (e apikey.KeyEnd, err error) {
	var at int64
	err = r.Scan(&e.ID, &e.Name, &e.Owner, &at)
	e.EndsAt = FromMillis(at)
	return e, err
}

// ScanNumbers reads id, name and owner of a key, how often it was sent, and how often it was refused of that.
func ScanNumbers(r Row) (n apikey.KeyNumbers, err error) {
	return n, r.Scan(&n.ID, &n.Name, &n.Owner, &n.Requests, &n.Denied)
}

// CountDenials takes an organization, the id of a key and a moment.
const CountDenials = `SELECT code, CAST(sum(count) AS bigint) FROM denials WHERE org_id = ? AND key_id = ? AND at >= ? GROUP BY code`

// CodeCount is a row of CountDenials.
type CodeCount struct {
	Code  apikey.Code
	Count int64
}

// ScanCodeCount reads a row of CountDenials.
func ScanCodeCount(r Row) (c CodeCount, err error) { return c, r.Scan(&c.Code, &c.Count) }

// OfKey is a day of a key.
type OfKey struct {
	ID  string
	Day apikey.DayUsage
}

// ScanOfKey reads the id of a key, and a day.
func ScanOfKey(r Row) (d OfKey, err error) {
	return d, r.Scan(&d.ID, &d.Day.Day, &d.Day.Count, &d.Day.Denied)
}

// ByKey returns the days of each key, of which the empty one says that the key is there.
func ByKey(days []OfKey) map[string][]apikey.DayUsage {
	out := map[string][]apikey.DayUsage{}
	for _, d := range days {
		list := out[d.ID]
		if d.Day != (apikey.DayUsage{}) {
			list = append(list, d.Day)
		}
		out[d.ID] = list
	}
	return out
}
