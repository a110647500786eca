package gate

import (
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// maxLenience is how long an endpoint may hold or let in expired keys at most.
// Whoever needs longer needs keys that end later.
const maxLenience = 30 * 24 * time.Hour

// checkOnExpired says what is wrong with what the endpoint does with expired keys.
func (e *Endpoint) checkOnExpired(wrong *apikey.Mistakes, field string) {
	hold, grace := e.OnExpired.Hold, e.OnExpired.Grace
	switch {
	case hold == 0 && grace == 0:
		return
	case hold != 0 && grace != 0:
		wrong.Add(field, "holds requests and lets them in at once; use one of hold and grace")
	case hold < 0 || hold > maxLenience:
		wrong.Add(field+".hold", "must be a time of at most 30d, such as 2h")
	case grace < 0 || grace > maxLenience:
		wrong.Add(field+".grace", "must be a time of at most 30d, such as 72h")
	}
	if !e.takesIngest() {
		wrong.Add(field, "is for endpoints that take ingest, whose senders would lose data; leave it out")
	}
}

// takesIngest reports whether some of the endpoint's requests take the
// permission to ingest.
func (e *Endpoint) takesIngest() bool { return e.TakesAnywhere(apikey.PermissionIngest) }
