package plugin

import (
	"context"
	"log/slog"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
)

// newLogger returns a logger whose lines go to Grafana's log, with the trace
// and the request that they belong to.
func newLogger() *slog.Logger { return slog.New(grafanaLog{logger: backend.Logger}) }

// grafanaLog hands records to the SDK's logger.
type grafanaLog struct {
	logger log.Logger
	group  string // prefix of the names of attributes
}

// Enabled leaves it to Grafana what is kept.
func (grafanaLog) Enabled(context.Context, slog.Level) bool { return true }

// Handle writes a record.
func (g grafanaLog) Handle(ctx context.Context, record slog.Record) error {
	var args []any
	record.Attrs(func(a slog.Attr) bool {
		args = append(args, g.pair(a)...)
		return true
	})
	logger := g.logger.FromContext(ctx)
	switch {
	case record.Level >= slog.LevelError:
		logger.Error(record.Message, args...)
	case record.Level >= slog.LevelWarn:
		logger.Warn(record.Message, args...)
	case record.Level >= slog.LevelInfo:
		logger.Info(record.Message, args...)
	default:
		logger.Debug(record.Message, args...)
	}
	return nil
}

// pair returns an attribute's name and value as the SDK takes them.
func (g grafanaLog) pair(a slog.Attr) []any {
	value := a.Value.Resolve()
	if value.Kind() == slog.KindGroup {
		var args []any
		inner := g
		inner.group += a.Key + "."
		for _, member := range value.Group() {
			args = append(args, inner.pair(member)...)
		}
		return args
	}
	if value.Kind() == slog.KindDuration {
		return []any{g.group + a.Key, value.Duration().String()}
	}
	return []any{g.group + a.Key, value.Any()}
}

func (g grafanaLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		g.logger = g.logger.With(g.pair(a)...)
	}
	return g
}

func (g grafanaLog) WithGroup(name string) slog.Handler {
	if name != "" {
		g.group += name + "."
	}
	return g
}

// atLevel returns a logger without the records below a level.
func atLevel(logger *slog.Logger, level slog.Level) *slog.Logger {
	return slog.New(leveled{logger.Handler(), level})
}

type leveled struct {
	slog.Handler
	level slog.Level
}

func (l leveled) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= l.level && l.Handler.Enabled(ctx, level)
}

func (l leveled) WithAttrs(attrs []slog.Attr) slog.Handler {
	return leveled{l.Handler.WithAttrs(attrs), l.level}
}

func (l leveled) WithGroup(name string) slog.Handler {
	return leveled{l.Handler.WithGroup(name), l.level}
}
