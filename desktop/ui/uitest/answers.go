package uitest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// StillNotices has one in each state.
func StillNotices() []api.Notice {
	after := func(d time.Duration) *time.Time {
		at := Noon.Add(d)
		return &at
	}
	out := []api.Notice{
		{Event: apikey.EventEnding, KeyID: "00000000000b", Text: `The key "edge-frankfurt" (00000000000b) of ` +
			"sre@example.org ends on 2026-11-24 12:00 UTC, in 3 days. What uses it is refused from then on. Rotate " +
			"it and give its users the new token, or extend it. It was never used.",
			KeyName: "edge-frankfurt", Owner: "sre@example.org", Channel: "webhook", To: "https://hooks.example.org/…",
			State: apikey.NoticePending, Attempts: 3, NextAt: after(4 * time.Minute),
			Error: "the receiver answered 502 Bad Gateway"},
		{Event: apikey.EventNewAddress, Text: "HTTP: kuma, 192.0.2.7", KeyID: "00000000000c", KeyName: "kuma",
			Owner: "ada", Channel: "email", To: "ada@example.org", State: apikey.NoticeDelivered, Attempts: 1,
			DeliveredAt: after(-time.Hour)},
		{Event: apikey.EventStoreFull, Title: "The key store of ostiary-1 cannot be written to",
			Channel: "alertmanager", To: "http://127.0.0.1:9093",
			State: apikey.NoticeFailed, Attempts: 12, Error: "HTTP: connection refused"},
	}
	for i := range out {
		out[i].ID, out[i].At = "msg_"+string(rune('a'+i)), Noon.Add(-time.Duration(i+1)*time.Hour)
	}
	return out
}

// notices answers about notices; one that is sent again is on its way.
func (s *StillLife) notices(r *http.Request, path string) *http.Response {
	all := StillNotices()
	switch {
	case strings.HasSuffix(path, "/retry"):
		s.Sent = append(s.Sent, r.Method+" "+path)
		return answered(r, http.StatusOK, all[0])
	case strings.HasSuffix(path, "/test"):
		return answered(r, http.StatusOK, api.NoticeList{Notices: all})
	}
	want := r.URL.Query().Get("state")
	found := slices.DeleteFunc(all, func(n api.Notice) bool {
		return len(s.Keys) == 0 || want != "" && want != string(n.State)
	})
	return answered(r, http.StatusOK, api.NoticeList{Notices: found})
}

// imported says what would become of keys of another system, or became of them.
func (s *StillLife) imported(r *http.Request) *http.Response {
	q := r.URL.Query()
	dry := q.Get("apply") != "true"
	s.Sent = append(s.Sent, r.Method+" /imports?"+r.URL.RawQuery)
	end := Noon.Add(80 * day)
	keys := []api.ImportedKey{
		{Number: "1", Name: "deploy", Role: "Editor", ExpiresAt: &end, Taken: true, Owner: "ada"},
		{Number: "2", Name: "collector", Role: "Viewer", Taken: true, Owner: "ada", Notes: []string{"HTTP: 2"}},
		{Number: "3", Name: "prometheus", Role: "Viewer", Changed: true, ID: "00000000000c"},
		{Number: "4", Name: "cron", Role: "Admin", Ends: "0000-00-00", Reason: "never expires, because it would after the year 9999"},
	}
	return answered(r, http.StatusOK, api.Import{From: q.Get("from"), DryRun: dry, Keys: keys})
}

// verified lets the token of a key in at its endpoints, and knows no other.
func (s *StillLife) verified(r *http.Request) *http.Response {
	var asked api.VerifyRequest
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		panic(err)
	}
	to := api.VerifyResponse{}
	if asked.Path != "" {
		asked.Endpoint, to.Endpoint, to.Permission = "loki", "loki", "ingest"
	}
	answer := func(code string) api.VerifyResponse {
		to.Code, to.Reason = code, StillReason
		return to
	}
	at := slices.IndexFunc(s.Keys, func(k api.Key) bool { return strings.HasPrefix(asked.Token, "ost_"+k.ID) })
	switch {
	case at < 0 || !strings.HasSuffix(asked.Token, "good"):
		return answered(r, http.StatusOK, answer("invalid_token"))
	case s.Keys[at].State != apikey.StateActive:
		return answered(r, http.StatusOK, answer(string(s.Keys[at].State)))
	case len(s.Keys[at].Endpoints) > 0 && !slices.Contains(s.Keys[at].Endpoints, asked.Endpoint):
		return answered(r, http.StatusOK, answer("forbidden"))
	}
	to.Valid, to.Code, to.Key = true, "valid", &s.Keys[at]
	return answered(r, http.StatusOK, to)
}
