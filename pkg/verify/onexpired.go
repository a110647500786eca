package verify

import (
	"fmt"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// OnExpired says what becomes of requests that bring data with a key that has
// expired, for a time after its end. At most one of its fields is set; the zero
// OnExpired denies them at once.
type OnExpired struct {
	Hold  time.Duration // they are told to come again, so that senders keep their data
	Grace time.Duration // they are let in, with a warning
}

// holdRetry is when a sender that is held may come again, at the latest: soon,
// because some keep data for no longer than a minute.
const holdRetry = 5 * time.Second

// lenience is for how long after its end an expired key is not denied. Whoever
// reads or manages loses nothing by a refusal.
func (d *Demand) lenience() time.Duration {
	if d.Require != apikey.PermissionIngest {
		return 0
	}
	return max(d.OnExpired.Hold, d.OnExpired.Grace)
}

// endLate decides about a request with an expired key that all other rules let in.
func (o *Outcome) endLate(d *Demand, now time.Time) {
	until := o.Ended.Add(d.lenience())
	const format = time.RFC3339
	if d.OnExpired.Hold == 0 {
		o.Warning = fmt.Sprintf("The API key expired at %s. It is let in until %s; replace it before then.",
			o.Ended.Format(format), until.Format(format))
		return
	}
	o.Code = apikey.CodeHeld
	o.Reason = fmt.Sprintf("The API key expired at %s. Keep the data and send it again; "+
		"it is refused from %s on unless the key is replaced.", o.Ended.Format(format), until.Format(format))
	// In whole seconds, and not past the end of the time.
	o.Wait = max(min(holdRetry, until.Sub(now).Truncate(time.Second)), time.Second)
}
