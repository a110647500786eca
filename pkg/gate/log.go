package gate

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// denialLog writes a line for every denied request, but no more than a few a
// second: in a flood it says how many it left out.
type denialLog struct {
	logger *slog.Logger

	mu      sync.Mutex
	began   time.Time // of the current period
	lines   int       // written in it
	leftOut int
	unknown map[string]bool // names of endpoints that are not configured

	upstream map[string]time.Time // when an endpoint's upstream was last said to refuse
}

const (
	denialPeriod = time.Second
	denialLines  = 50 // a period
	maxLogPath   = 256
	maxUnknown   = 100 // names that are warned of

	upstreamPeriod = time.Minute // in which an endpoint's upstream is complained of once
)

func newDenialLog(logger *slog.Logger) *denialLog {
	return &denialLog{logger: logger, unknown: map[string]bool{}, upstream: map[string]time.Time{}}
}

// denied writes what was refused to whom: never a header, never a query.
func (l *denialLog) denied(r *request, f *refusal) {
	ctx := context.WithoutCancel(r.Context())
	if !l.logger.Enabled(ctx, slog.LevelInfo) || !l.admit() {
		return
	}
	attrs := []slog.Attr{
		slog.String("code", string(f.Code)), slog.Int("status", f.Status), slog.String("endpoint", f.endpoint),
		slog.String("method", clip(r.method)), slog.String("path", loggable(r.url.Path)), slog.String("client", addrText(r)),
	}
	if f.keyID != "" {
		attrs = append(attrs, slog.String("key", f.keyID))
	}
	attrs = append(attrs, slog.String("reason", f.Detail))
	l.logger.LogAttrs(ctx, slog.LevelInfo, "request denied", attrs...)
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
	last, known := l.upstream[e.name]
	due := !known || now.Sub(last) >= upstreamPeriod
	if due {
		l.upstream[e.name] = now
	}
	l.mu.Unlock()
	if !due {
		return
	}
	advice := "let it ask for no credential of its own, or give the endpoint what it wants with upstream_auth_file"
	if e.upstream.authorization != "" {
		advice = "see whether what upstream_auth_file holds is still good there"
	}
	l.logger.Warn("the upstream itself refuses requests that the gate let in", "endpoint", e.name, "upstream", e.upstream.host, "status", status, "advice", advice)
}

// admit reports whether one more line may be written in this period.
func (l *denialLog) admit() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); now.Sub(l.began) >= denialPeriod {
		l.began, l.lines = now, 0
	}
	if l.lines < denialLines {
		l.lines++
		return true
	}
	l.leftOut++
	if l.leftOut == 1 {
		time.AfterFunc(denialPeriod, l.reportLeftOut)
	}
	return false
}

func (l *denialLog) reportLeftOut() {
	l.mu.Lock()
	n := l.leftOut
	l.leftOut = 0
	l.mu.Unlock()
	l.logger.Info("denied requests were left out of the log", "count", n)
}

func addrText(r *request) string {
	if !r.addr.IsValid() {
		return ""
	}
	return r.addr.String()
}

// loggable returns a path without tokens, and not longer than a line can bear.
func loggable(path string) string { return clip(apikey.Redact(path)) }

func clip(s string) string {
	if len(s) > maxLogPath {
		return strings.ToValidUTF8(s[:maxLogPath], "") + "…"
	}
	return s
}
