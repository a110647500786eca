package gate

import (
	"log/slog"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/verify"
)

// denialLog writes of denied requests, and of what in the configuration makes
// them.
type denialLog struct {
	*verify.DenialLog
	late   *verify.DenialLog // of requests with expired keys that were let in
	logger *slog.Logger

	mu       sync.Mutex
	unknown  map[string]bool      // names of endpoints that are not configured
	upstream map[string]time.Time // when an endpoint's upstream was last said to refuse
}

const (
	maxUnknown     = 100         // names that are warned of
	upstreamPeriod = time.Minute // in which an endpoint's upstream is complained of once
)

func newDenialLog(logger *slog.Logger, keep *verify.DenialRecorder) *denialLog {
	return &denialLog{
		DenialLog: verify.NewDenialLog(logger, "request denied", keep), late: verify.NewLateLog(logger), logger: logger,
		unknown: map[string]bool{}, upstream: map[string]time.Time{},
	}
}

// unknownEndpoint warns of a name that no endpoint has, once: it may be a
// mistake in the configuration of the proxy that asks, and then drops what the
// endpoint would take.
func (l *denialLog) unknownEndpoint(name string) {
	l.mu.Lock()
	known := l.unknown[name] || len(l.unknown) >= maxUnknown
	if !known {
		l.unknown[name] = true
	}
	l.mu.Unlock()
	if !known {
		l.logger.Warn("/auth is asked about an endpoint that is not configured; any good key passes that is not limited to others, unless ?require= says what it takes", "endpoint", name)
	}
}

// upstreamRefused says that it was the upstream that let nobody in: the client
// had shown all that the gate wants, and nothing else in the log would say so.
func (l *denialLog) upstreamRefused(e *endpoint, status int) {
	now := time.Now()
	l.mu.Lock()
	last, known := l.upstream[e.Endpoint]
	due := !known || now.Sub(last) >= upstreamPeriod
	if due {
		l.upstream[e.Endpoint] = now
	}
	l.mu.Unlock()
	if !due {
		return
	}
	advice := "let it ask for no credential of its own, or give the endpoint what it wants with upstream_auth_file"
	if e.upstream.authorization != "" {
		advice = "see whether what upstream_auth_file holds is still good there"
	}
	l.logger.Warn("the upstream itself refuses requests that the gate let in", "endpoint", e.Endpoint, "upstream",
		e.upstream.host, "status", status, "advice", advice)
}
