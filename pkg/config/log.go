package config

import (
	"io"
	"log/slog"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Log says what is logged, and how.
type Log struct {
	Level  slog.Level
	Format string // text or json
}

// Logger returns a logger that lets no token through, wherever in a line it may
// stand.
func (l Log) Logger(w io.Writer) *slog.Logger {
	opts := &slog.HandlerOptions{Level: l.Level, ReplaceAttr: redactAttr}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// redactAttr takes the tokens out of an attribute; the message is one as well.
func redactAttr(_ []string, a slog.Attr) slog.Attr {
	switch v := a.Value.Any().(type) {
	case string:
		a.Value = slog.StringValue(apikey.Redact(v))
	case error:
		a.Value = slog.StringValue(apikey.Redact(v.Error()))
	case time.Duration:
		a.Value = slog.StringValue(v.String()) // in JSON it would be a number without a unit
	}
	return a
}
