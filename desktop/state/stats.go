package state

import (
	"context"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

// Span is a time that numbers are asked for.
type Span struct {
	Name  string        // day, week, month
	Since time.Duration // back from now
	Step  apikey.Step   // of the points
}

// Spans are those that are offered, the shortest first.
func Spans() []Span {
	const day = 24 * time.Hour
	return []Span{
		{"day", day, apikey.StepHour}, {"week", 7 * day, apikey.StepHour}, {"month", 30 * day, apikey.StepDay},
	}
}

// Stats returns how many requests were let in and refused over a span, and how the keys stand.
func (s *Session) Stats(ctx context.Context, span Span) (*api.Stats, error) {
	return s.client.Stats(ctx, client.StatsQuery{Since: span.Since, Step: span.Step})
}

// Health says how the server and its parts do.
func (s *Session) Health(ctx context.Context) (*api.Health, error) { return s.client.Health(ctx) }

// Clients returns who has sent tokens of a key lately, the newest first.
func (s *Session) Clients(ctx context.Context, keyID string) ([]api.KeyClient, error) {
	list, err := s.client.Clients(ctx, keyID)
	if err != nil {
		return nil, err
	}
	return list.Clients, nil
}
