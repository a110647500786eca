package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// startOn starts a server whose clock does not move.
func startOn(t *testing.T, now time.Time) *server {
	t.Helper()
	return start(t, func(s *settings) { s.service.Now = func() time.Time { return now } })
}

// record writes down that a key was used.
func (s *server) record(t *testing.T, id string, at time.Time, count int64) {
	t.Helper()
	key, ok := apikey.ParseID(id)
	require.True(t, ok)
	require.NoError(t, s.store.RecordUsage(t.Context(), apikey.UsageBatch{Uses: []apikey.KeyUsage{{KeyID: key, Usage: apikey.Usage{Count: count, LastAt: at}}}}))
}

func (s *server) usage(t *testing.T, id, query string) api.KeyUsage {
	t.Helper()
	r := s.do(t, "admin", http.MethodGet, "/v1/keys/"+id+"/usage"+query, "")
	require.Equal(t, http.StatusOK, r.StatusCode, r.body)
	require.Equal(t, "no-store", r.Header.Get("Cache-Control"))
	return decode[api.KeyUsage](t, r.body)
}

func TestUsageByDay(t *testing.T) {
	now := time.Date(2026, 11, 21, 0, 30, 0, 0, time.FixedZone("east", 3600)) // still the 20th in UTC
	s := startOn(t, now)
	id := s.create(t, "admin", `{"name":"edge","role":"Agent"}`).Key.ID
	empty := s.usage(t, id, "")
	require.Equal(t, "2026-10-22", empty.From)
	require.Equal(t, "2026-11-20", empty.To)
	require.Len(t, empty.Days, 30)
	require.Zero(t, empty.Total)

	s.record(t, id, now, 12)
	s.record(t, id, now.AddDate(0, 0, -2), 3)
	s.record(t, id, now.AddDate(0, 0, -29), 100)
	s.record(t, id, now.AddDate(0, 0, -30), 1000)
	s.record(t, id, now.AddDate(0, 0, -399), 10_000)
	s.record(t, id, now.AddDate(0, 0, -400), 100_000)
	s.record(t, id, now.AddDate(0, 0, 1), 1_000_000) // by a clock that is ahead
	require.Equal(t, api.KeyUsage{
		KeyID: id, From: "2026-11-18", To: "2026-11-20", Total: 15, Rules: []api.RuleUsage{},
		Days: []api.DayUsage{{Date: "2026-11-18", Count: 3}, {Date: "2026-11-19"}, {Date: "2026-11-20", Count: 12}},
	}, s.usage(t, id, "?days=3"))
	require.EqualValues(t, 12, s.usage(t, id, "?days=1").Total)
	for _, query := range []string{"", "?days=", "?days=30"} {
		require.EqualValues(t, 115, s.usage(t, id, query).Total, query)
	}
	year := s.usage(t, id, "?days=400")
	require.Equal(t, "2025-10-17", year.From)
	require.EqualValues(t, 11_115, year.Total)
	for i := range year.Days[1:] {
		before, err := time.Parse(time.DateOnly, year.Days[i].Date)
		require.NoError(t, err)
		require.Equal(t, before.AddDate(0, 0, 1).Format(time.DateOnly), year.Days[i+1].Date, "no day is left out")
	}
}

// Refusals are told by day, and with the rules that decided.
func TestRefusalsByDayAndRule(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	s := startOn(t, now)
	id := s.create(t, "admin", `{"name":"edge","role":"Agent"}`).Key.ID
	key, _ := apikey.ParseID(id)
	use := func(path string, ago int, allowed, denied int64) apikey.KeyRuleUse {
		at := now.AddDate(0, 0, -ago)
		u := apikey.KeyRuleUse{KeyID: key}
		u.Rule, u.Day = apikey.Rule{Endpoint: "loki", Path: path, Method: "POST"}, apikey.DayOf(at)
		u.Count, u.Denied = allowed, denied
		if u.AllowedAt = at; allowed == 0 {
			u.AllowedAt = time.Time{}
		}
		if u.DeniedAt = at; denied == 0 {
			u.DeniedAt = time.Time{}
		}
		return u
	}
	require.NoError(t, s.store.RecordUsage(t.Context(), apikey.UsageBatch{
		Uses: []apikey.KeyUsage{{KeyID: key, Usage: apikey.Usage{Count: 9, LastAt: now}}},
		Clients: []apikey.ClientUse{{KeyID: key, Client: apikey.Client{TokenID: id, FirstAt: now, LastAt: now, Requests: 12,
			Denied: 3}}},
		Rules: []apikey.KeyRuleUse{use("/a", 0, 2, 3), use("/b", 0, 7, 0), use("/b", 1, 1, 0), use("/b", 30, 5, 0)},
	}))
	got := s.usage(t, id, "?days=2")
	require.Equal(t, api.DayUsage{Date: "2026-11-20", Count: 9, Denied: 3}, got.Days[1])
	require.EqualValues(t, 3, got.Denied)
	yesterday := now.AddDate(0, 0, -1)
	require.Equal(t, []api.RuleUsage{
		{Endpoint: "loki", Path: "/b", Method: "POST", Allowed: 8, AllowedAt: &now, Days: []api.RuleDay{
			{Date: yesterday.Format(time.DateOnly), Allowed: 1}, {Date: "2026-11-20", Allowed: 7}}},
		{Endpoint: "loki", Path: "/a", Method: "POST", Allowed: 2, Denied: 3, AllowedAt: &now, DeniedAt: &now,
			Days: []api.RuleDay{{Date: "2026-11-20", Allowed: 2, Denied: 3}}},
	}, got.Rules)
	require.EqualValues(t, 8, s.usage(t, id, "?days=400").Rules[0].Allowed, "of rules, 30 days are told")
}

// What a key was used for stays with it when it gets another token.
func TestUsageOfARotatedKey(t *testing.T) {
	now := time.Now()
	s := startOn(t, now)
	old := s.create(t, "admin", `{"name":"edge","role":"Agent"}`).Key.ID
	s.record(t, old, now, 7)
	r := s.do(t, "admin", http.MethodPost, "/v1/keys/"+old+"/rotate", "")
	require.Equal(t, http.StatusCreated, r.StatusCode, r.body)
	issued := decode[api.IssuedKey](t, r.body)
	require.Equal(t, old, issued.Key.ID)
	require.EqualValues(t, 7, s.usage(t, old, "").Total)
}

func TestUsageIsRefused(t *testing.T) {
	s := start(t)
	id := s.create(t, "admin", `{"name":"edge","role":"Agent"}`).Key.ID
	for query, wrong := range map[string]string{
		"?days=0": "1 to 400", "?days=401": "1 to 400", "?days=-1": "1 to 400", "?days=1.5": "whole number", "?days=ten": "whole number",
		"?days=99999999999999999999": "1 to 400", "?days=1&days=2": "more than once",
	} {
		r := s.do(t, "admin", http.MethodGet, "/v1/keys/"+id+"/usage"+query, "")
		require.Equal(t, http.StatusBadRequest, r.StatusCode, query)
		p := problem(t, r)
		require.Equal(t, "days", p.Errors[0].Field, query)
		require.Contains(t, p.Errors[0].Detail, wrong, query)
	}
	for caller, status := range map[string]int{"": 401, "viewer": 403, "editor": 403, "nothing": 403, "other": 404} {
		require.Equal(t, status, s.do(t, caller, http.MethodGet, "/v1/keys/"+id+"/usage", "").StatusCode, caller)
	}
	for _, missing := range []string{"AAAAAAAAAAAA", "nonsense"} {
		require.Equal(t, http.StatusNotFound, s.do(t, "admin", http.MethodGet, "/v1/keys/"+missing+"/usage", "").StatusCode)
	}
}
