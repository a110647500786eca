package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// Clients returns who sends the tokens of a key, those that were seen last first.
func (c *Client) Clients(ctx context.Context, id string) (*api.ClientList, error) {
	if err := api.CheckID(id); err != nil {
		return nil, err
	}
	return call(ctx, c, request{method: http.MethodGet, path: "/v1/keys/" + id + "/clients"},
		func(l *api.ClientList) bool { return l.Clients != nil })
}

// StatsQuery describes numbers over time. Empty fields leave it to the server: all requests of the last 24 hours, by
// the hour.
type StatsQuery struct {
	Since    time.Duration // so long ago, 30 days at most
	Step     apikey.Step
	Endpoint string
	KeyID    string
}

// Stats returns how many requests were let in and refused over time, and how many keys there are.
func (c *Client) Stats(ctx context.Context, q StatsQuery) (*api.Stats, error) {
	v := url.Values{}
	if q.Since > 0 {
		v.Set("since", apikey.FormatTTL(q.Since))
	}
	if q.Step != 0 {
		v.Set("step", q.Step.String())
	}
	set(v, "endpoint", q.Endpoint)
	set(v, "keyId", q.KeyID)
	return call(ctx, c, request{method: http.MethodGet, path: "/v1/stats", query: v},
		func(s *api.Stats) bool { return s.Step != "" && len(s.Points) > 0 })
}

// KeysStats returns how often keys were sent on each day, apikey.MaxStatsKeys keys at most; since 0 is two weeks.
func (c *Client) KeysStats(ctx context.Context, ids []string, since time.Duration) (*api.KeysStats, error) {
	v := url.Values{"id": ids}
	if since > 0 {
		v.Set("since", apikey.FormatTTL(since))
	}
	return call(ctx, c, request{method: http.MethodGet, path: "/v1/stats/keys", query: v},
		func(s *api.KeysStats) bool { return s.Step != "" && s.Keys != nil })
}
