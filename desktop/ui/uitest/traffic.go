package uitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// stats has traffic that comes and goes with the day, or none where there are no keys.
func (s *StillLife) stats(step string) api.Stats {
	out := api.Stats{Step: step, To: Noon, Points: []api.StatsPoint{}, Codes: []api.StatsCode{},
		Endpoints: []api.StatsEndpoint{}, Ending: []api.EndingKey{}, MostUsed: []api.UsedKey{}}
	n, pitch := 24, time.Hour
	if step == "1d" {
		n, pitch = 30, day
	}
	for i := range n {
		p := api.StatsPoint{At: Noon.Add(-time.Duration(n-1-i) * pitch)}
		if len(s.Keys) > 0 {
			p.Allowed, p.Denied = int64(900+700*((i*7)%11)/10), int64((i*i)%37)
		}
		out.Points, out.Allowed, out.Denied = append(out.Points, p), out.Allowed+p.Allowed, out.Denied+p.Denied
	}
	out.From = out.Points[0].At
	for _, k := range s.Keys {
		countKey(&out.Keys, k)
	}
	return s.rank(out)
}

// rank adds what leads of each kind.
func (s *StillLife) rank(out api.Stats) api.Stats {
	if len(s.Keys) == 0 {
		return out
	}
	out.Codes = []api.StatsCode{
		{Code: "expired", Requests: 212}, {Code: "invalid_token", Requests: 97}, {Code: "forbidden", Requests: 12},
		{Code: "grace", Requests: 4},
	}
	out.Endpoints = []api.StatsEndpoint{
		{Endpoint: "pyroscope", Allowed: 21_400, Denied: 311}, {Endpoint: "kuma", Allowed: 1_204}, {Denied: 14},
	}
	for i, k := range s.Keys {
		if k.ExpiresAt != nil && k.ExpiresAt.After(Noon) && len(out.Ending) < 10 {
			out.Ending = append(out.Ending,
				api.EndingKey{ID: k.ID, Name: k.Name, Owner: k.Owner, ExpiresAt: *k.ExpiresAt})
		}
		if len(out.MostUsed) < 5 {
			out.MostUsed = append(out.MostUsed,
				api.UsedKey{ID: k.ID, Name: k.Name, Owner: k.Owner, Requests: int64(12_000 / (i + 1)),
					Denied: int64(i * 37)})
		}
	}
	return out
}

// StillReason is what the client was told each time, which is in English everywhere.
const StillReason = "HTTP: see the key."

// StillDenials are refused requests, the newest first.
func StillDenials() []api.Denial {
	var out []api.Denial
	for i, d := range []api.Denial{
		{Code: "expired", Reason: StillReason, KeyID: "00000000000d", KeyName: "grafana-export", Count: 212,
			Endpoint: "pyroscope", Method: "POST", Path: "/ingest", Address: "10.20.1.7", UserAgent: "alloy/1.11"},
		{Code: "invalid_token", Reason: StillReason, TokenID: "4fjK2n0qPz7a", Count: 1,
			Endpoint: "kuma", Method: "GET", Path: "/metrics", Address: "192.0.2.7", UserAgent: "Prometheus/3.5"},
		{Code: "missing_credentials", Reason: StillReason, Count: 3,
			Method: "GET", Path: "/loki/api/v1/query_range", Address: "2001:db8::7", UserAgent: "curl/8.14"},
		{Code: "limited", Reason: StillReason, KeyID: "00000000000b", KeyName: "edge-frankfurt", Count: 40,
			Endpoint: "pyroscope", Method: "POST", Path: "/ingest", Address: "10.20.1.9", UserAgent: "alloy/1.11"},
		{Code: "forbidden", Reason: StillReason, KeyID: "00000000000z", Count: 1,
			Endpoint: "pyroscope", Method: "POST", Path: "/ingest", Address: "10.20.1.9",
			UserAgent: "python-requests/2.32"},
	} {
		d.ID, d.At = int64(900-i), Noon.Add(-time.Duration(i*i*17)*time.Minute)
		out = append(out, d)
	}
	return out
}

// denials answers with refused requests, or with a stream of those in Stream, which then ends.
func (s *StillLife) denials(r *http.Request) *http.Response {
	if strings.Contains(r.Header.Get("Accept"), "event-stream") {
		var events bytes.Buffer
		for _, d := range s.Stream {
			data, err := json.Marshal(d)
			if err != nil {
				panic(err)
			}
			fmt.Fprintf(&events, "id: %d\ndata: %s\n\n", d.ID, data)
		}
		resp := answered(r, http.StatusOK, nil)
		resp.Header.Set("Content-Type", "text/event-stream")
		resp.Body, resp.ContentLength = io.NopCloser(&events), -1
		return resp
	}
	out := []api.Denial{}
	q := r.URL.Query()
	for _, d := range StillDenials() {
		if len(s.Keys) > 0 && (q.Get("code") == "" || q.Get("code") == d.Code) &&
			(q.Get("keyId") == "" || q.Get("keyId") == d.KeyID) && strings.Contains(d.Address+d.Path, q.Get("q")) {
			out = append(out, d)
		}
	}
	return answered(r, http.StatusOK, api.DenialList{Denials: out})
}

// clients are who uses a key: somebody still sends its old token.
func (s *StillLife) clients(id string) []api.KeyClient {
	for _, k := range s.Keys {
		if k.ID != id || k.UseCount == 0 {
			continue
		}
		out := []api.KeyClient{}
		for i, t := range k.Tokens {
			out = append(out, api.KeyClient{
				Address: fmt.Sprintf("10.20.1.%d", 7+i), UserAgent: "alloy/1.11", Endpoint: "pyroscope",
				Tenant:  "team-a",
				TokenID: t.ID, FirstAt: Noon.Add(-20 * day), LastAt: Noon.Add(-time.Duration(i+1) * 90 * time.Minute),
				Requests: int64(4_700 / (i + 1)), Denied: int64(i), Fault: s.Fault,
			})
		}
		return out
	}
	return []api.KeyClient{}
}

// countKey counts a key by how it stands.
func countKey(c *api.StatsKeys, k api.Key) {
	c.Total++
	switch k.State {
	case apikey.StateActive:
		c.Active++
		if k.ExpiresAt != nil && k.ExpiresAt.Before(Noon.Add(30*day)) {
			c.EndingSoon++
		}
	case apikey.StateDisabled:
		c.Disabled++
	case apikey.StateExpired:
		c.Expired++
	case apikey.StateRevoked:
		c.Revoked++
	}
	if k.LastUsedAt == nil {
		c.NeverUsed++
	}
}
