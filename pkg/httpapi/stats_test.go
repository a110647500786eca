package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

func (s *server) stats(t *testing.T, caller, query string) api.Stats {
	t.Helper()
	r := s.do(t, caller, http.MethodGet, "/v1/stats"+query, "")
	require.Equal(t, http.StatusOK, r.StatusCode, r.body)
	return decode[api.Stats](t, r.body)
}

func TestStats(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 30, 0, 0, time.UTC)
	s := startOn(t, now)
	empty := s.stats(t, "admin", "")
	require.Equal(t, "1h", empty.Step)
	require.Equal(t, now.Add(-24*time.Hour).Truncate(time.Hour), empty.From)
	require.Len(t, empty.Points, 25, "the hour in which the span begins, that which is not over, and those between")
	require.Zero(t, empty.Keys)

	edge := s.create(t, "admin", `{"name":"edge","role":"Agent","owner":"sre@example.com","expiresIn":"7d"}`).Key.ID
	idle := s.create(t, "admin", `{"name":"idle","role":"Agent","expiresIn":"never"}`).Key.ID
	over := s.create(t, "admin", `{"name":"over","role":"Agent","expiresIn":"3d"}`).Key.ID
	require.Equal(t, http.StatusOK, s.do(t, "admin", http.MethodPost, "/v1/keys/"+over+"/revoke", "").StatusCode)
	off := s.create(t, "admin", `{"name":"off","role":"Agent"}`).Key.ID
	require.Equal(t, http.StatusOK, s.do(t, "admin", http.MethodPatch, "/v1/keys/"+off, `{"enabled":false}`).StatusCode)
	s.create(t, "other", `{"name":"theirs","role":"Agent"}`)

	key := idOf(t, edge)
	see := func(code apikey.Code, endpoint string, at time.Time) {
		s.recorder.Record(verify.Seen{
			Key: key, Token: key, OrgID: 1, Code: code, Endpoint: endpoint, Configured: true, At: at,
		})
	}
	// A recorder counts a batch in the hour of its last request.
	for _, ago := range []time.Duration{26 * time.Hour, 2 * time.Hour, 0} {
		see(apikey.CodeValid, "loki", now.Add(-ago))
		see(apikey.CodeExpired, "loki", now.Add(-ago))
		see(apikey.CodeGrace, "mimir", now.Add(-ago))
		require.NoError(t, s.recorder.Flush(t.Context()))
	}
	hour := apikey.HourOf(now)
	require.NoError(t, s.store.RecordUsage(t.Context(), apikey.UsageBatch{Hours: []apikey.HourCount{
		{Hour: hour, Code: apikey.CodeInvalidToken, Endpoint: "loki", Requests: 10},
		{Hour: hour, OrgID: 2, Code: apikey.CodeValid, Endpoint: "tempo", Requests: 100},
	}}))

	got := s.stats(t, "admin", "?since=24h&step=1h")
	require.Equal(t, []int64{4, 12}, []int64{got.Allowed, got.Denied})
	require.Equal(t, api.StatsPoint{At: now.Truncate(time.Hour), Allowed: 2, Denied: 11}, got.Points[24])
	require.Equal(t, api.StatsPoint{At: now.Truncate(time.Hour).Add(-2 * time.Hour), Allowed: 2, Denied: 1}, got.Points[22])
	require.Equal(t, []api.StatsCode{{Code: "invalid_token", Requests: 10}, {Code: "expired", Requests: 2}, {Code: "grace", Requests: 2}}, got.Codes)
	require.Equal(t, []api.StatsEndpoint{{Endpoint: "loki", Allowed: 2, Denied: 12}, {Endpoint: "mimir", Allowed: 2, Denied: 0}}, got.Endpoints)
	require.Equal(t, api.StatsKeys{Total: 4, Active: 2, Disabled: 1, Revoked: 1, NeverUsed: 3, EndingSoon: 1}, got.Keys)
	require.Equal(t, []api.EndingKey{
		{ID: edge, Name: "edge", Owner: "sre@example.com", ExpiresAt: now.Add(7 * 24 * time.Hour)},
	}, got.Ending)
	require.Equal(t, []api.UsedKey{
		{ID: edge, Name: "edge", Owner: "sre@example.com", Requests: 9, Denied: 3},
	}, got.MostUsed, "on the days that the span touches")

	week := s.stats(t, "admin", "?since=7d&step=1d")
	require.Equal(t, []int64{6, 13}, []int64{week.Allowed, week.Denied})
	require.Len(t, week.Points, 8)
	require.Equal(t, now.Truncate(24*time.Hour), week.Points[7].At)

	loki := s.stats(t, "admin", "?endpoint=loki")
	require.Equal(t, []int64{2, 12}, []int64{loki.Allowed, loki.Denied})
	require.Equal(t, []api.StatsEndpoint{{Endpoint: "loki", Allowed: 2, Denied: 12}}, loki.Endpoints)

	one := s.stats(t, "admin", "?since=7d&keyId="+edge)
	require.Equal(t, "1d", one.Step)
	require.Equal(t, []int64{6, 3}, []int64{one.Allowed, one.Denied})
	require.Equal(t, api.StatsPoint{At: now.Truncate(24 * time.Hour), Allowed: 4, Denied: 2}, one.Points[7])
	require.Zero(t, s.stats(t, "admin", "?keyId="+idle).Allowed)
	require.Equal(t, http.StatusNotFound, s.do(t, "other", http.MethodGet, "/v1/stats?keyId="+edge, "").StatusCode)

	theirs := s.stats(t, "other", "")
	require.Equal(t, []int64{100, 0}, []int64{theirs.Allowed, theirs.Denied}, "nobody's requests are the first one's")
	require.EqualValues(t, 1, theirs.Keys.Total)

	for query, field := range map[string]string{
		"?since=31d": "since", "?since=soon": "since", "?step=5m": "step", "?endpoint=a%20b": "endpoint", "?keyId=x": "keyId",
		"?since=2030-01-01T00:00:00Z": "since", "?step=1h&keyId=" + edge: "step", "?endpoint=loki&keyId=" + edge: "endpoint",
		"?steps=1h": "steps",
	} {
		p := problem(t, s.doLoosely(t, "admin", http.MethodGet, "/v1/stats"+query, ""))
		require.Equal(t, http.StatusBadRequest, p.Status, query)
		require.Equal(t, field, p.Errors[0].Field, query)
	}
	require.Equal(t, http.StatusForbidden, s.do(t, "viewer", http.MethodGet, "/v1/stats", "").StatusCode)
	require.Equal(t, http.StatusUnauthorized, s.do(t, "", http.MethodGet, "/v1/stats", "").StatusCode)
}

func TestStatsOfKeys(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 30, 0, 0, time.UTC)
	s := startOn(t, now)
	edge := s.create(t, "admin", `{"name":"edge","role":"Agent"}`).Key.ID
	idle := s.create(t, "admin", `{"name":"idle","role":"Agent"}`).Key.ID
	theirs := s.create(t, "other", `{"name":"theirs","role":"Agent"}`).Key.ID
	s.record(t, edge, now, 3)
	s.record(t, edge, now.AddDate(0, 0, -2), 5)
	get := func(query string) api.KeysStats {
		t.Helper()
		r := s.do(t, "admin", http.MethodGet, "/v1/stats/keys"+query, "")
		require.Equal(t, http.StatusOK, r.StatusCode, r.body)
		return decode[api.KeysStats](t, r.body)
	}
	require.Equal(t, api.KeysStats{
		From: now.AddDate(0, 0, -2).Truncate(24 * time.Hour), Step: "1d",
		Keys: map[string][]int64{edge: {5, 0, 3}, idle: {0, 0, 0}},
	}, get("?since=2d&id="+edge+"&id="+idle+"&id="+theirs+"&id="+edge))
	require.Len(t, get("?id=" + edge).Keys[edge], 15)
	require.Empty(t, get("").Keys)
	for query, field := range map[string]string{
		"?id=x": "id", "?since=40d": "since", "?" + strings.Repeat("id="+edge+"&", 201): "id",
	} {
		p := problem(t, s.doLoosely(t, "admin", http.MethodGet, "/v1/stats/keys"+query, ""))
		require.Equal(t, http.StatusBadRequest, p.Status, query)
		require.Equal(t, field, p.Errors[0].Field, query)
	}
	require.Equal(t, http.StatusForbidden, s.do(t, "viewer", http.MethodGet, "/v1/stats/keys", "").StatusCode)
}
