package verify_test

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// batches is a store that adds up what recorders write, as stores do.
type batches struct {
	mu      sync.Mutex
	down    bool
	widest  int // clients in a batch
	uses    map[apikey.ID]int64
	clients map[string]apikey.Client
	hours   map[apikey.HourCount]int64 // without Requests
	rules   map[string]apikey.RuleUse
}

func newBatches() *batches {
	return &batches{uses: map[apikey.ID]int64{}, clients: map[string]apikey.Client{}, hours: map[apikey.HourCount]int64{},
		rules: map[string]apikey.RuleUse{}}
}

func (s *batches) RecordUsage(_ context.Context, b apikey.UsageBatch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return errDown
	}
	for _, u := range b.Uses {
		s.uses[u.KeyID] += u.Count
	}
	s.widest = max(s.widest, len(b.Clients))
	for _, c := range b.Clients {
		id := strings.Join([]string{c.TokenID, c.Address, c.UserAgent, c.Endpoint, c.Tenant}, " ")
		sum, known := s.clients[id]
		if !known {
			sum = c.Client
			sum.Requests, sum.Denied = 0, 0
		}
		sum.Requests, sum.Denied, sum.LastAt = sum.Requests+c.Requests, sum.Denied+c.Denied, c.LastAt
		s.clients[id] = sum
	}
	for _, r := range b.Rules {
		id := fmt.Sprint(r.KeyID, " ", r.Day, " ", r.Endpoint, " ", r.Method, " ", r.Path)
		sum := s.rules[id]
		sum.Add(&r.RuleUse)
		s.rules[id] = sum
	}
	for _, h := range b.Hours {
		n := h.Requests
		h.Requests = 0
		s.hours[h] += n
	}
	return nil
}

func (s *batches) RecordLate(context.Context, []apikey.Late) error { return nil }

func (s *batches) set(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// list returns the clients as "AGENT REQUESTS/DENIED".
func (s *batches) list() (list []string) {
	for _, c := range s.clients {
		list = append(list, fmt.Sprintf("%s %d/%d", c.UserAgent, c.Requests, c.Denied))
	}
	slices.Sort(list)
	return list
}

// byCode returns the counts of an endpoint by code.
func (s *batches) byCode(endpoint string) map[apikey.Code]int64 {
	out := map[apikey.Code]int64{}
	for h, n := range s.hours {
		if h.Endpoint == endpoint {
			out[h.Code] += n
		}
	}
	return out
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestSendersAreToldApart(t *testing.T) {
	store := newBatches()
	r := verify.NewRecorder(store, time.Hour, nil)
	_, key := apikey.NewToken()
	_, token := apikey.NewToken()
	see := func(change func(*verify.Seen)) {
		seen := verify.Seen{Key: key, Token: token, OrgID: 7, Code: apikey.CodeValid, Addr: netip.MustParseAddr("192.0.2.1"),
			UserAgent: "agent", Endpoint: "loki", Configured: true, Tenant: "a", At: noon}
		change(&seen)
		r.Record(seen)
	}
	same := func(*verify.Seen) {}
	for round := range 2 {
		see(same)
		see(same)
		see(func(s *verify.Seen) { s.Code = apikey.CodeForbidden })
		see(func(s *verify.Seen) { s.Addr = netip.Addr{} })
		see(func(s *verify.Seen) { s.Tenant = "b" })
		see(func(s *verify.Seen) { s.Endpoint = "mimir"; s.Code = apikey.CodeGrace })
		see(func(s *verify.Seen) { s.Token = key })
		see(func(s *verify.Seen) { s.UserAgent = "other"; s.Code = apikey.CodeDisabled })
		see(same)
		store.set(round == 0) // what cannot be written is kept, and added to
		if round == 0 {
			require.ErrorIs(t, r.Flush(t.Context()), errDown)
		}
	}
	require.NoError(t, r.Flush(t.Context()))
	require.Equal(t, []string{"agent 2/0", "agent 2/0", "agent 2/0", "agent 2/0", "agent 8/2", "other 2/2"}, store.list())
	require.EqualValues(t, 14, store.uses[key], "refused requests are no uses")
	require.Equal(t, map[apikey.Code]int64{apikey.CodeValid: 12, apikey.CodeForbidden: 2, apikey.CodeDisabled: 2},
		store.byCode("loki"))
	require.Equal(t, map[apikey.Code]int64{apikey.CodeGrace: 2}, store.byCode("mimir"))
	for h := range store.hours {
		require.EqualValues(t, 7, h.OrgID)
		require.Equal(t, apikey.HourOf(noon), h.Hour)
	}
	require.NoError(t, r.Flush(t.Context()))
	require.EqualValues(t, 14, store.uses[key], "nothing counts twice")
}

// TestAFloodOfSenders sends a good key under ever other names and from ever other addresses.
func TestAFloodOfSenders(t *testing.T) {
	store := newBatches()
	store.down = true
	r := verify.NewRecorder(store, time.Hour, nil)
	_, key := apikey.NewToken()
	const flood = 100_000
	for i := range flood {
		addr := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		r.Record(verify.Seen{Key: key, Token: key, OrgID: 1, Code: apikey.CodeValid, Addr: addr, At: noon,
			UserAgent: fmt.Sprint("agent ", i), Endpoint: fmt.Sprint("endpoint-", i)})
		if i%1000 == 999 { // the store is away all the while
			require.ErrorIs(t, r.Flush(t.Context()), errDown)
		}
	}
	store.set(false)
	require.NoError(t, r.Flush(t.Context()))
	require.EqualValues(t, flood, store.uses[key])
	require.LessOrEqual(t, len(store.clients), 25_000)
	require.LessOrEqual(t, store.widest, 5000, "in one transaction")
	var requests, rest, counted int64
	for _, c := range store.clients {
		requests += c.Requests
		if c.UserAgent == apikey.OtherClients {
			rest += c.Requests
		}
	}
	require.EqualValues(t, flood, requests, "none is lost")
	require.Greater(t, rest, int64(flood/2))
	names := map[string]bool{}
	for h, n := range store.hours {
		counted += n
		names[h.Endpoint] = true
	}
	require.EqualValues(t, flood, counted)
	require.LessOrEqual(t, len(names), 201, "names of endpoints that nobody configured")
}

// TestStrangersNameNoEndpoints counts requests without a key by endpoints that are configured alone.
func TestStrangersNameNoEndpoints(t *testing.T) {
	store := newBatches()
	r := verify.NewRecorder(store, time.Hour, nil)
	_, key := apikey.NewToken()
	for i := range 1000 {
		made := fmt.Sprint("made-up-", i)
		r.Record(verify.Seen{Code: apikey.CodeInvalidToken, OrgID: 1, Endpoint: made, UserAgent: made})
		r.Record(verify.Seen{Key: key, Token: key, Code: apikey.CodeExpired, Endpoint: made})
		r.Record(verify.Seen{Code: apikey.CodeMissing, Endpoint: "loki", Configured: true})
	}
	require.NoError(t, r.Flush(t.Context()))
	require.Equal(t, map[apikey.Code]int64{apikey.CodeMissing: 1000}, store.byCode("loki"))
	require.Equal(t, map[apikey.Code]int64{apikey.CodeInvalidToken: 1000, apikey.CodeExpired: 1000}, store.byCode(""))
	require.Len(t, store.hours, 3)
}

func TestProgramsAreNamedInPlainText(t *testing.T) {
	store := newBatches()
	r := verify.NewRecorder(store, time.Hour, nil)
	token, key := apikey.NewToken()
	want := map[string]int64{}
	for sent, kept := range map[string]string{
		"agent/1":                         "agent/1",
		"\x20 \tÄgent  日本\t 🔑\x20":        "Ägent  日本  🔑",
		"a\x00b\x1b[31mc\r\nd\x7fe\u0085": "ab[31mcde",
		"left\u202eright\u2066\u200b!":    "leftright!",
		"broken\xff\xfe!":                 "broken!",
		strings.Repeat("é", 300):          strings.Repeat("é", 100),
		strings.Repeat("x", 300):          strings.Repeat("x", 200),
		"":                                "",
	} {
		r.Record(verify.Seen{Key: key, Token: key, Code: apikey.CodeValid, UserAgent: sent})
		want[kept]++
	}
	r.Record(verify.Seen{Key: key, Token: key, Code: apikey.CodeValid, UserAgent: "curl -H " + token})
	require.NoError(t, r.Flush(t.Context()))
	for _, c := range store.clients {
		require.NotContains(t, c.UserAgent, token)
		if !strings.HasPrefix(c.UserAgent, "curl -H ") {
			require.Equal(t, want[c.UserAgent], c.Requests, "%q", c.UserAgent)
		}
	}
	require.Len(t, store.clients, len(want)+1)
}

// TestARequestThatIsRefusedAfterAll takes back that it was let in.
func TestARequestThatIsRefusedAfterAll(t *testing.T) {
	store := newBatches()
	d := newDoor(t, nil)
	r := verify.NewRecorder(store, time.Hour, nil)
	d.admission.Recorder = r
	token, rec := key(nil)
	d.put(t, rec)
	in := verify.Request{Context: t.Context(), URL: &url.URL{Path: "/x"}, Began: noon, Header: http.Header{
		"Authorization": {"Bearer " + token}, "User-Agent": {"agent"},
	}}
	demand := verify.Demand{Endpoint: "loki", Observed: "loki"}
	o := d.admission.Admit(&in, &demand)
	require.True(t, o.Valid())
	require.NoError(t, r.Flush(t.Context()))
	d.admission.Recount(&in, &demand, &o, apikey.CodeLimited)
	require.NoError(t, r.Flush(t.Context()))
	require.Equal(t, []string{"agent 1/1"}, store.list())
	require.Equal(t, map[apikey.Code]int64{apikey.CodeValid: 0, apikey.CodeLimited: 1}, store.byCode("loki"))

	// One that is let in as unsettled counts when it is settled, and once.
	demand.Unsettled = true
	o = d.admission.Admit(&in, &demand)
	require.NoError(t, r.Flush(t.Context()))
	require.Equal(t, []string{"agent 1/1"}, store.list())
	d.admission.Settle(&in, &demand, &o, apikey.CodeForbidden)
	require.NoError(t, r.Flush(t.Context()))
	require.Equal(t, []string{"agent 2/2"}, store.list())
	require.EqualValues(t, 1, store.byCode("loki")[apikey.CodeForbidden])
	require.EqualValues(t, 1, store.uses[rec.ID])
}

func TestAPausedKeySaysUntilWhen(t *testing.T) {
	d := newDoor(t, nil)
	until := time.Now().Add(time.Minute).Truncate(time.Second)
	token, rec := key(func(r *apikey.Record) { r.Enabled, r.DisabledUntil = false, until })
	d.put(t, rec)
	o := d.ask(token, 0)
	require.Equal(t, apikey.CodeDisabled, o.Code)
	require.Equal(t, "The API key is disabled until "+until.UTC().Format(time.RFC3339)+
		", and is enabled again then by itself. Send the request again after that.", o.Reason)
	rec.DisabledUntil = time.Time{}
	d.put(t, rec)
	require.Equal(t, "The API key is disabled. Ask for it to be enabled.", d.ask(token, 0).Reason)
}

// What comes to the management listener has senders, and is none of the gate's numbers.
func TestManagementIsNotCountedByTheHour(t *testing.T) {
	store := newBatches()
	r := verify.NewRecorder(store, time.Hour, nil)
	_, key := apikey.NewToken()
	r.Record(verify.Seen{Key: key, Token: key, OrgID: 1, Code: apikey.CodeValid, UserAgent: "browser", Manages: true})
	r.Record(verify.Seen{Key: key, Token: key, OrgID: 1, Code: apikey.CodeValid, UserAgent: "browser"})
	r.Record(verify.Seen{OrgID: 1, Code: apikey.CodeInvalidToken, Manages: true})
	r.Record(verify.Seen{OrgID: 1, Code: apikey.CodeInvalidToken})
	require.NoError(t, r.Flush(t.Context()))
	var hours, requests int64
	for _, n := range store.hours {
		hours += n
	}
	for _, c := range store.clients {
		requests += c.Requests
	}
	require.Equal(t, []int64{2, 2}, []int64{hours, requests})
}
