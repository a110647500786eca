package sqlkeys

import "github.com/ostiary/ostiary/pkg/apikey"

// LimitCounts is the query of what all servers let in on a day, for ScanLimitCount.
const LimitCounts = `SELECT k.id, u.scope, sum(u.requests), sum(u.bytes) FROM limit_uses AS u JOIN keys AS k ON k.number = u.number
	WHERE u.day = ? GROUP BY k.id, u.scope`

// ScanLimitCount reads a row of LimitCounts.
func ScanLimitCount(r Row) (u apikey.LimitUse, err error) {
	var id string
	err = r.Scan(&id, &u.Scope, &u.Count.Requests, &u.Count.Bytes)
	copy(u.KeyID[:], id)
	return u, err
}

// LimitUse is what a server said of a key's limits.
type LimitUse struct {
	Place  int // among those that were asked for
	Server string
	Day    apikey.Day
	Count  apikey.LimitCount
	Wants  apikey.LimitWants
	Recent bool
}

// ScanLimitUse reads a place, the columns server to wants_running of the table limit_uses, and whether that is recent.
func ScanLimitUse(r Row) (u LimitUse, err error) {
	err = r.Scan(&u.Place, &u.Server, &u.Day, &u.Count.Requests, &u.Count.Bytes,
		&u.Wants.Requests, &u.Wants.Bytes, &u.Wants.Running, &u.Recent)
	return u, err
}

// ShareOf sums up what other servers said.
func ShareOf(uses []LimitUse, day apikey.Day) (share apikey.LimitShare) {
	for _, u := range uses {
		if u.Day == day {
			share.Count.Add(u.Count)
		}
		if u.Recent && u.Wants != (apikey.LimitWants{}) {
			share.Wants = append(share.Wants, apikey.ServerWants{Server: u.Server, LimitWants: u.Wants})
		}
	}
	return share
}
