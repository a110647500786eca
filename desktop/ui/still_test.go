package ui

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// noon is when the pictures are taken.
var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// stillLife answers a session always alike, so that pictures of it can be
// compared: names, times and tokens of a real server differ with each run.
type stillLife struct {
	keys   []api.Key
	fail   map[string]*api.Error // answers by method and end of the path
	gate   api.EndpointList
	policy api.Policy
	asks   func(path string) // is called for each request
}

const stillToken = "ost_4fjK2n0qPz7a_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgx3Qd12"

func newStillLife() *stillLife {
	s := &stillLife{fail: map[string]*api.Error{}, gate: stillGate(), policy: api.FromPolicy(apikey.Policy{DefaultTTL: 90 * day, MaxTTL: 365 * day, Roles: apikey.Roles()})}
	after := func(d time.Duration) *time.Time {
		at := noon.Add(d)
		return &at
	}
	add := func(k api.Key) {
		k.Number = int64(len(s.keys) + 1)
		k.ID = strings.Repeat("0", 11) + string(rune('a'+len(s.keys)))
		k.CreatedAt, k.CreatedBy = noon.Add(-30*day), "ada"
		k.Enabled = k.State != "disabled"
		k.Actions = actionsIn(k.State)
		k.Tokens = append(k.Tokens, stillTokenOf(k, k.ID))
		s.keys = append(s.keys, k)
	}
	add(api.Key{Name: "admin", Role: apikey.RoleAdmin, State: "active", LastUsedAt: after(-time.Second), UseCount: 4711})
	add(api.Key{
		Name: "edge-frankfurt", Role: apikey.RoleAgent, State: "active", Pool: "edge", ExpiresAt: after(3 * day), Endpoints: []string{"pyroscope"},
		Tokens:       []api.Token{{ID: "00000000000y", Hint: "ost_00000000000y_…Zf7k", State: "active", CreatedAt: noon.Add(-60 * day), CreatedBy: "ada", ExpiresAt: after(day), UseCount: 4700}},
		AllowedCIDRs: []string{"10.20.0.0/16"}, Description: "Profile vom Rand", LastUsedAt: after(-90 * time.Minute), LastUsedFrom: "10.20.1.7", UseCount: 12,
	})
	add(api.Key{Name: "kuma", Role: apikey.RoleViewer, State: "disabled", ExpiresAt: after(80 * day)})
	add(api.Key{Name: "pmm", Role: apikey.RoleEditor, State: "expired", ExpiresAt: after(-2 * day)})
	add(api.Key{Name: "terraform", Role: apikey.RoleAdmin, State: "revoked", RevokedAt: after(-5 * day)})
	return s
}

// stillGate has an endpoint that the keys of agents open.
func stillGate() api.EndpointList {
	return api.EndpointList{Gate: api.GateAddress{URL: "https://gate.example.org"}, Endpoints: []api.Endpoint{
		{Name: "pyroscope", Path: "/ingest", Paths: []string{"/ingest"}, Methods: []string{}, Require: "ingest", Proxied: true},
	}}
}

// actionsIn are what a server lets an administrator do to a key in a state.
func actionsIn(s apikey.State) []string {
	switch s {
	case apikey.StateRevoked:
		return []string{"edit", "delete"}
	case apikey.StateDisabled:
		return []string{"edit", "rotate", "enable", "revoke", "delete"}
	}
	return []string{"edit", "rotate", "disable", "revoke", "delete"}
}

// stillTokenOf is the token that a key was made with.
func stillTokenOf(k api.Key, id string) api.Token {
	return api.Token{ID: id, Hint: "ost_" + id + "_…x3Qd", State: k.State, CreatedAt: k.CreatedAt, CreatedBy: k.CreatedBy, ExpiresAt: k.ExpiresAt, LastUsedAt: k.LastUsedAt, UseCount: k.UseCount}
}

func (s *stillLife) RoundTrip(r *http.Request) (*http.Response, error) {
	path := r.URL.Path[strings.LastIndex(r.URL.Path, "/v1/")+3:]
	if s.asks != nil {
		s.asks(path)
	}
	for what, e := range s.fail {
		method, end, _ := strings.Cut(what, " ")
		if r.Method == method && strings.HasSuffix(path, end) {
			return answered(r, e.Status, e), nil
		}
	}
	total := int64(len(s.keys))
	switch {
	case path == "/whoami":
		return answered(r, http.StatusOK, api.Whoami{Login: "ada", OrgID: 1, Role: apikey.RoleAdmin, KeyID: s.keys0(), Permissions: []string{"manage"}}), nil
	case path == "/policy":
		return answered(r, http.StatusOK, s.policy), nil
	case path == "/endpoints":
		return answered(r, http.StatusOK, s.gate), nil
	case path == "/pools":
		return answered(r, http.StatusOK, api.PoolList{Pools: []api.Pool{
			{Name: "edge", Description: "Sammler am Rand", CreatedAt: noon.Add(-90 * day), CreatedBy: "ada", Keys: api.PoolKeys{Active: 1, Disabled: 1, Revoked: 3}},
			{Name: "kern", CreatedAt: noon.Add(-9 * day), CreatedBy: "ada"},
		}}), nil
	case path == "/pools/edge/rotate":
		return answered(r, http.StatusCreated, api.RotatedPool{Keys: []api.IssuedKey{{Key: s.keys[1], Token: stillToken}}}), nil
	case path == "/audit":
		return answered(r, http.StatusOK, api.AuditList{Entries: s.trail(r.URL.Query().Get("keyId"))}), nil
	case strings.HasSuffix(path, "/usage"):
		return answered(r, http.StatusOK, s.use(strings.Split(path, "/")[2])), nil
	case path == "/keys" && r.Method == http.MethodPost, strings.HasSuffix(path, "/rotate"):
		return answered(r, http.StatusCreated, api.IssuedKey{Key: s.keys[1], Token: stillToken}), nil
	case path == "/keys":
		return answered(r, http.StatusOK, api.KeyList{Keys: s.found(r.URL.Query().Get("q"), r.URL.Query().Get("state")), Total: &total}), nil
	}
	return answered(r, http.StatusOK, s.keys[1]), nil
}

func (s *stillLife) keys0() string {
	if len(s.keys) == 0 {
		return ""
	}
	return s.keys[0].ID
}

func (s *stillLife) found(search, state string) []api.Key {
	out := []api.Key{}
	for _, k := range s.keys {
		if strings.Contains(k.Name, search) && (state == "" || string(k.State) == state) {
			out = append(out, k)
		}
	}
	return out
}

// use spreads a key's use over the days before noon, in twelfths.
func (s *stillLife) use(id string) api.KeyUsage {
	k := s.keys[slices.IndexFunc(s.keys, func(k api.Key) bool { return k.ID == id })]
	u := api.KeyUsage{KeyID: id, Total: k.UseCount}
	twelfths := map[int]int64{0: 2, 1: 4, 3: 2, 4: 1, 9: 3} // by how many days ago
	rest := k.UseCount
	for ago := state.UsageDays - 1; ago >= 0; ago-- {
		d := api.DayUsage{Date: noon.AddDate(0, 0, -ago).Format(time.DateOnly), Count: twelfths[ago] * k.UseCount / 12}
		if ago == 0 {
			d.Count = rest
		}
		u.Days, rest = append(u.Days, d), rest-d.Count
	}
	u.From, u.To = u.Days[0].Date, u.Days[len(u.Days)-1].Date
	return u
}

// trail has an entry of each kind.
func (s *stillLife) trail(keyID string) []api.AuditEntry {
	entries := []api.AuditEntry{}
	for i, e := range []api.AuditEntry{
		{Action: apikey.ActionCreate, AuditData: apikey.AuditData{Changes: []apikey.FieldChange{
			{Field: "role", To: "Agent"}, {Field: "pool", To: "edge"}, {Field: "endpoints", To: []string{"pyroscope"}},
			{Field: "allowedCidrs", To: []string{"10.20.0.0/16"}}, {Field: "expiresAt", To: "2026-11-24T12:00:00Z"},
		}}},
		{Action: apikey.ActionUpdate, AuditData: apikey.AuditData{Changes: []apikey.FieldChange{
			{Field: "role", From: "Viewer", To: "Agent"}, {Field: "endpoints", To: []string{"pyroscope"}}, {Field: "expiresAt", From: "2026-12-24T12:00:00Z", To: "2026-11-24T12:00:00Z"},
		}}},
		{Action: apikey.ActionDisable}, {Action: apikey.ActionEnable}, {Action: apikey.ActionImport},
		{Action: apikey.ActionRotate, AuditData: apikey.AuditData{TokenID: "00000000000c", Until: noon.AddDate(0, 0, 1)}},
		{Action: apikey.ActionRevoke}, {Action: apikey.ActionDelete, AuditData: apikey.AuditData{State: apikey.StateRevoked}},
		{Action: apikey.ActionCreatePool, AuditData: apikey.AuditData{Pool: "edge"}}, {Action: apikey.ActionDeletePool, AuditData: apikey.AuditData{Pool: "edge"}},
	} {
		e.ID, e.At, e.Actor, e.From, e.KeyID, e.KeyName = int64(100-i), noon.Add(-time.Duration(i)*time.Hour), "ada", "127.0.0.1", "00000000000b", "edge-frankfurt"
		if keyID == "" || len(entries) < 4 {
			entries = append(entries, e)
		}
	}
	return entries
}

func answered(r *http.Request, status int, body any) *http.Response {
	data, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	kind := "application/json"
	if status >= http.StatusBadRequest {
		kind = "application/problem+json"
	}
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(bytes.NewReader(data)), ContentLength: int64(len(data)),
	}
}

// openStill opens the program with a session that always answers alike.
func openStill(t *testing.T, life *stillLife, p state.Preferences) *opened {
	t.Helper()
	t.Setenv("HOME", "/home/ada")
	w := openWindow(t, nil, p)
	w.Words.Now, w.Words.Zone = func() time.Time { return noon }, time.UTC
	w.life = life
	w.again()
	return w
}

// again starts over with the keys, as if nothing had been done.
func (w *opened) again() {
	w.t.Helper()
	for len(w.Modals) > 0 {
		w.Modals[len(w.Modals)-1].End()
	}
	for _, o := range w.Window.Canvas().Overlays().List() {
		w.Window.Canvas().Overlays().Remove(o)
	}
	w.disconnect()
	w.life.fail, w.life.gate = map[string]*api.Error{}, stillGate()
	c := state.Connection{ID: "still", Name: "PMM", Address: "https://pmm.example.org/graph", Way: state.WayToken, Trust: state.TrustSystem}
	require.NoError(w.t, w.app.Settings.Change(func(p *state.Preferences) { p.Connections, p.Told = []state.Connection{c}, nil }))
	session, err := state.Connect(w.t.Context(), c, "glsa_still", w.life)
	require.NoError(w.t, err)
	w.ctx, w.leave = context.WithCancel(w.t.Context())
	w.wanted = c
	w.entered(session)
	w.Toasts.Stack.RemoveAll()
}
