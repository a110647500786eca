package httpapi_test

import (
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

func idOf(t *testing.T, id string) apikey.ID {
	t.Helper()
	out, ok := apikey.ParseID(id)
	require.True(t, ok, id)
	return out
}

func (s *server) clients(t *testing.T, id string) []api.KeyClient {
	t.Helper()
	r := s.do(t, "admin", http.MethodGet, "/v1/keys/"+id+"/clients", "")
	require.Equal(t, http.StatusOK, r.StatusCode, r.body)
	return decode[api.ClientList](t, r.body).Clients
}

func TestClientsOfAKey(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	s := startOn(t, now)
	id := s.create(t, "admin", `{"name":"edge","role":"Agent"}`).Key.ID
	require.Empty(t, s.clients(t, id))

	key := idOf(t, id)
	see := func(code apikey.Code, agent, address string, ago time.Duration) {
		s.recorder.Record(verify.Seen{
			Key: key, Token: key, OrgID: 1, Code: code, Addr: netip.MustParseAddr(address), UserAgent: agent,
			Endpoint: "loki", Configured: true, Tenant: "team-a", At: now.Add(-ago),
		})
	}
	see(apikey.CodeValid, "agent/1", "192.0.2.1", 2*time.Hour)
	see(apikey.CodeValid, "agent/1", "192.0.2.1", time.Hour)
	see(apikey.CodeDisabled, "agent/1", "192.0.2.1", time.Minute)
	see(apikey.CodeValid, "agent/2\x1b[31m\u202e", "192.0.2.2", 0)
	see(apikey.CodeValid, "agent/3", "192.0.2.3", 31*24*time.Hour)
	require.NoError(t, s.recorder.Flush(t.Context()))
	require.Equal(t, []api.KeyClient{
		{
			Address: "192.0.2.2", UserAgent: "agent/2[31m", Endpoint: "loki", Tenant: "team-a", TokenID: id, FirstAt: now,
			LastAt: now, Requests: 1,
		},
		{
			Address: "192.0.2.1", UserAgent: "agent/1", Endpoint: "loki", Tenant: "team-a", TokenID: id,
			FirstAt: now.Add(-2 * time.Hour), LastAt: now.Add(-time.Minute), Requests: 3, Denied: 1,
		},
	}, s.clients(t, id), "of the last 30 days")

	require.Equal(t, http.StatusNotFound, s.do(t, "other", http.MethodGet, "/v1/keys/"+id+"/clients", "").StatusCode)
	require.Equal(t, http.StatusForbidden, s.do(t, "viewer", http.MethodGet, "/v1/keys/"+id+"/clients", "").StatusCode)
	require.Equal(t, http.StatusUnauthorized, s.do(t, "", http.MethodGet, "/v1/keys/"+id+"/clients", "").StatusCode)
	require.Equal(t, http.StatusNotFound,
		s.do(t, "admin", http.MethodGet, "/v1/keys/000000000000/clients", "").StatusCode)
	require.Equal(t, http.StatusNoContent, s.do(t, "admin", http.MethodDelete, "/v1/keys/"+id, "").StatusCode)
	require.Equal(t, http.StatusNotFound, s.do(t, "admin", http.MethodGet, "/v1/keys/"+id+"/clients", "").StatusCode)
}

// TestVerifiedKeysHaveClients counts what somebody else lets decide here.
func TestVerifiedKeysHaveClients(t *testing.T) {
	s := start(t)
	k := s.create(t, "admin", `{"name":"edge","role":"Agent"}`)
	for _, permission := range []string{"ingest", "read"} {
		body := `{"token":"` + k.Token + `","permission":"` + permission + `","endpoint":"loki","address":"192.0.2.9"}`
		require.Equal(t, http.StatusOK, s.do(t, "viewer", http.MethodPost, "/v1/verify", body).StatusCode)
	}
	require.NoError(t, s.recorder.Flush(t.Context()))
	clients := s.clients(t, k.Key.ID)
	require.Len(t, clients, 1)
	require.Equal(t, "192.0.2.9 loki", clients[0].Address+" "+clients[0].Endpoint)
	require.Equal(t, []int64{2, 1}, []int64{clients[0].Requests, clients[0].Denied})
}

// TestAClientsLastRequestMayHaveEndedInAFault asks for what the gate has seen.
func TestAClientsLastRequestMayHaveEndedInAFault(t *testing.T) {
	s := start(t, func(set *settings) {
		set.http.Answered = func(c *apikey.Client) int {
			return map[string]int{"loki": http.StatusServiceUnavailable}[c.Endpoint]
		}
	})
	k := s.create(t, "admin", `{"name":"edge","role":"Agent"}`)
	key := idOf(t, k.Key.ID)
	for _, endpoint := range []string{"loki", "mimir"} {
		s.recorder.Record(verify.Seen{Key: key, Token: key, OrgID: 1, Code: apikey.CodeValid, Endpoint: endpoint,
			Configured: true})
	}
	require.NoError(t, s.recorder.Flush(t.Context()))
	faults := map[string]int{}
	for _, c := range s.clients(t, k.Key.ID) {
		faults[c.Endpoint] = c.Fault
	}
	require.Equal(t, map[string]int{"loki": 503, "mimir": 0}, faults)
}
