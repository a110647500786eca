package verify

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// DenialLog writes a line for every denied request, but no more than a few a
// second: in a flood it says how many it left out. A line is never long.
type DenialLog struct {
	logger  *slog.Logger
	keep    *DenialRecorder // nil = nobody keeps them
	message string
	excess  string // the message about what was left out

	mu      sync.Mutex
	began   time.Time // of the current period
	lines   int       // written in it
	leftOut int
}

const (
	denialPeriod = time.Second
	denialLines  = 50 // a period
	maxLogText   = 256
)

// NewDenialLog returns a DenialLog whose lines say message. Keep, which may be
// nil, is told of every refused request as well.
func NewDenialLog(logger *slog.Logger, message string, keep *DenialRecorder) *DenialLog {
	return &DenialLog{logger: logger, keep: keep, message: message, excess: "denied requests were left out of the log"}
}

// NewLateLog returns a log of requests that were let in although their key has
// expired; it is kept as a DenialLog is.
func NewLateLog(logger *slog.Logger) *DenialLog {
	return &DenialLog{logger: logger, message: "an expired key was let in",
		excess: "requests with expired keys were left out of the log"}
}

// Denial is a request that was refused, and why.
type Denial struct {
	Code     apikey.Code
	Status   int    // of HTTP; 0 = not logged
	Endpoint string // its name, where there are any
	Method   string
	Path     string
	Client   netip.Addr
	Key      string // the id of the key that was recognised, if one was
	Reason   string

	// Not logged, but recorded.
	OrgID     int64  // 0 = not known
	Token     string // the public part of the token that was sent, which proves nothing
	UserAgent string
}

// Denied writes what was refused to whom: never a header, never a query.
func (l *DenialLog) Denied(ctx context.Context, d *Denial) {
	if l.keep != nil {
		l.keep.Denied(d)
	}
	ctx = context.WithoutCancel(ctx)
	if !l.logger.Enabled(ctx, slog.LevelInfo) || !l.admit() {
		return
	}
	attrs := []slog.Attr{slog.String("code", string(d.Code))}
	if d.Status != 0 {
		attrs = append(attrs, slog.Int("status", d.Status), slog.String("endpoint", d.Endpoint))
	}
	client := ""
	if d.Client.IsValid() {
		client = d.Client.String()
	}
	attrs = append(attrs, slog.String("method", clip(d.Method)), slog.String("path", Loggable(d.Path)),
		slog.String("client", client))
	if d.Key != "" {
		attrs = append(attrs, slog.String("key", d.Key))
	}
	attrs = append(attrs, slog.String("reason", d.Reason))
	l.logger.LogAttrs(ctx, slog.LevelInfo, l.message, attrs...) //nolint:sloglint // one of a few, said by those who make it
}

// admit reports whether one more line may be written in this period.
func (l *DenialLog) admit() bool {
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

func (l *DenialLog) reportLeftOut() {
	l.mu.Lock()
	n := l.leftOut
	l.leftOut = 0
	l.mu.Unlock()
	l.logger.Info(l.excess, "count", n) //nolint:sloglint // one of two
}

// Loggable returns a text without tokens, and not longer than a line can bear.
func Loggable(text string) string { return clip(apikey.Redact(text)) }

func clip(s string) string {
	if len(s) > maxLogText {
		return strings.ToValidUTF8(s[:maxLogText], "") + "…"
	}
	return s
}
