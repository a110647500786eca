package uitest

import (
	"bytes"
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

// Noon is when the pictures are taken.
var Noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// StillLife answers a session always alike, so that pictures of it can be
// compared: names, times and tokens of a real server differ with each run.
type StillLife struct {
	Keys    []api.Key
	Fail    map[string]*api.Error // answers by method and end of the path
	Gate    api.EndpointList
	Policy  api.Policy
	Checked api.CheckedEndpoint // what would come of a change to an endpoint
	Sent    []string            // changes to endpoints, as they were sent
	Stream  []api.Denial        // refused requests that come while they are followed
	Asks    func(path string)   // is called for each request
	Fault   int                 // the status of what is behind the gate, if that is none of success
}

// StillToken is the token of each key that is made.
const StillToken = "ost_4fjK2n0qPz7a_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgx3Qd12"

// NewStillLife has a key in each state.
func NewStillLife() *StillLife {
	policy := apikey.Policy{DefaultTTL: 90 * day, MaxTTL: 365 * day, Roles: apikey.Roles()}
	s := &StillLife{Fail: map[string]*api.Error{}, Gate: stillGate(), Policy: api.FromPolicy(policy)}
	after := func(d time.Duration) *time.Time {
		at := Noon.Add(d)
		return &at
	}
	add := func(k api.Key) {
		k.Number = int64(len(s.Keys) + 1)
		k.ID = strings.Repeat("0", 11) + string(rune('a'+len(s.Keys)))
		k.CreatedAt, k.CreatedBy = Noon.Add(-30*day), "ada"
		k.Enabled = k.State != "disabled"
		k.Actions = actionsIn(k.State)
		k.Tokens = append(k.Tokens, stillTokenOf(k, k.ID))
		s.Keys = append(s.Keys, k)
	}
	add(api.Key{Name: "admin", Role: apikey.RoleAdmin, State: "active", LastUsedAt: after(-time.Second),
		UseCount: 4711})
	add(api.Key{
		Name: "edge-frankfurt", Role: apikey.RoleAgent, State: "active", Pool: "edge", ExpiresAt: after(3 * day),
		Endpoints: []string{"pyroscope"},
		Owner:     "sre@example.org", Labels: map[string]string{"team": "sre", "env": "prod"},
		Tenants: []string{"team-a", "team-b"},
		Limits:  apikey.Limits{RequestsPerSecond: 50, Burst: 100, BytesPerSecond: 5e6, BytesPerDay: 1.25e9},
		Tokens: []api.Token{{
			ID: "00000000000y", Hint: "ost_00000000000y_…Zf7k", State: "active", CreatedAt: Noon.Add(-60 * day),
			CreatedBy: "ada",
			ExpiresAt: after(day), UseCount: 4700,
		}},
		AllowedCIDRs: []string{"10.20.0.0/16"}, Description: "Profile vom Rand",
		LastUsedAt: after(-90 * time.Minute), LastUsedFrom: "10.20.1.7", UseCount: 12,
	})
	add(api.Key{
		Name: "kuma", Role: apikey.RoleViewer, State: "disabled", ExpiresAt: after(80 * day),
		DisabledUntil: after(time.Minute), Tenants: []string{apikey.AnyTenant},
	})
	add(api.Key{
		Name: "pmm", Role: apikey.RoleEditor, State: "expired", ExpiresAt: after(-2 * day),
		LastHeldAt: after(-3 * time.Hour), LastGraceAt: after(-time.Hour),
	})
	add(api.Key{Name: "terraform", Role: apikey.RoleAdmin, State: "revoked", RevokedAt: after(-5 * day)})
	return s
}

// stillGate has an endpoint that the keys of agents open.
func stillGate() api.EndpointList {
	return api.EndpointList{Gate: api.GateAddress{URL: "https://gate.example.org"}, Endpoints: []api.Endpoint{
		{
			Name: "pyroscope", Path: "/ingest", Paths: []string{"/ingest"}, Require: "ingest",
			Takes: []string{"ingest"}, Proxied: true, Source: api.SourceFile,
		},
	}}
}

// StoredGate has endpoints in the store as well, which may be changed.
func StoredGate() api.EndpointList {
	gate := stillGate()
	gate.InStore, gate.Upstreams, gate.Kinds = true, []string{"10.0.0.0/8", "loki.example.org"}, []string{"loki",
		"mimir"}
	act := &api.Act{At: Noon.Add(-3 * day), By: "ada"}
	spec := &api.EndpointSpec{
		Path: "/loki", Kind: "loki", Upstream: "http://loki.example.org:3100",
		Tenant: &api.EndpointTenant{Header: "X-Scope-OrgID"}, OnExpired: &api.EndpointOnExpired{Hold: 7200},
		LimitPerKey: apikey.Limits{RequestsPerSecond: 50},
	}
	loki := api.Endpoint{
		Name: "loki", Path: spec.Path, Paths: []string{spec.Path}, Kind: spec.Kind, Takes: []string{"ingest", "read"},
		Proxied: true, Tenant: spec.Tenant, LimitPerKey: spec.LimitPerKey, OnExpired: spec.OnExpired,
		Upstream: spec.Upstream, Source: api.SourceStore, Editable: true, Spec: spec, Created: act, Changed: act,
	}
	hidden := loki
	hidden.Name, hidden.Path, hidden.Paths, hidden.Shadowed = "alt", "/ingest", []string{"/ingest"}, "HTTP: pyroscope"
	gate.Endpoints = append(gate.Endpoints, loki, hidden)
	return gate
}

// endpoint notes a change, and answers with the endpoint that it is of.
func (s *StillLife) endpoint(r *http.Request, path string) *http.Response {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			panic(err)
		}
	}
	s.Sent = append(s.Sent, r.Method+" "+path+" "+strings.TrimSpace(string(body)))
	if r.Method == http.MethodDelete {
		return answered(r, http.StatusNoContent, nil)
	}
	name := strings.TrimPrefix(path, "/endpoints/")
	if r.Method == http.MethodPost {
		return answered(r, http.StatusCreated, api.Endpoint{Name: "new"})
	}
	return answered(r, http.StatusOK, api.Endpoint{Name: name})
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
	return api.Token{
		ID: id, Hint: "ost_" + id + "_…x3Qd", State: k.State, CreatedAt: k.CreatedAt, CreatedBy: k.CreatedBy,
		ExpiresAt: k.ExpiresAt, LastUsedAt: k.LastUsedAt, UseCount: k.UseCount,
	}
}

// RoundTrip answers a request.
func (s *StillLife) RoundTrip(r *http.Request) (*http.Response, error) {
	path := r.URL.Path[strings.LastIndex(r.URL.Path, "/v1/")+3:]
	if s.Asks != nil {
		s.Asks(path)
	}
	for what, e := range s.Fail {
		method, end, _ := strings.Cut(what, " ")
		if r.Method == method && strings.HasSuffix(path, end) {
			return answered(r, e.Status, e), nil
		}
	}
	total := int64(len(s.Keys))
	switch {
	case path == "/whoami":
		who := api.Whoami{Login: "ada", OrgID: 1, Role: apikey.RoleAdmin, KeyID: s.keys0(),
			Permissions: []string{"manage"}}
		return answered(r, http.StatusOK, who), nil
	case path == "/policy":
		return answered(r, http.StatusOK, s.Policy), nil
	case path == "/endpoints/check":
		return answered(r, http.StatusOK, s.Checked), nil
	case strings.HasPrefix(path, "/endpoints/") || path == "/endpoints" && r.Method != http.MethodGet:
		return s.endpoint(r, path), nil
	case path == "/endpoints":
		return answered(r, http.StatusOK, s.Gate), nil
	case path == "/pools":
		return answered(r, http.StatusOK, api.PoolList{Pools: []api.Pool{
			{
				Name: "edge", Description: "Sammler am Rand", CreatedAt: Noon.Add(-90 * day), CreatedBy: "ada",
				Keys: api.PoolKeys{Active: 1, Disabled: 1, Revoked: 3},
			},
			{Name: "kern", CreatedAt: Noon.Add(-9 * day), CreatedBy: "ada"},
		}}), nil
	case path == "/pools/edge/rotate":
		rotated := api.RotatedPool{Keys: []api.IssuedKey{{Key: s.Keys[1], Token: StillToken}}}
		return answered(r, http.StatusCreated, rotated), nil
	case path == "/stats":
		return answered(r, http.StatusOK, s.stats(r.URL.Query().Get("step"))), nil
	case path == "/health":
		return answered(r, http.StatusOK, api.Health{
			Status: api.StatusOK, Version: "1.0.0", Store: api.StoreHealth{Engine: "sqlite", Status: api.StatusOK},
			Replica: api.ReplicaHealth{Ready: true, Keys: len(s.Keys), LagSeconds: 1},
			Gate:    api.GateHealth{Listen: "0.0.0.0:7171", Status: api.StatusDegraded},
		}), nil
	case path == "/stats/keys":
		return answered(r, http.StatusOK, s.trends(r.URL.Query()["id"])), nil
	case path == "/denials":
		return s.denials(r), nil
	case strings.HasPrefix(path, "/notices"):
		return s.notices(r, path), nil
	case path == "/imports":
		return s.imported(r), nil
	case path == "/verify":
		return s.verified(r), nil
	case strings.HasSuffix(path, "/clients"):
		return answered(r, http.StatusOK, api.ClientList{Clients: s.clients(strings.Split(path, "/")[2])}), nil
	case path == "/audit":
		return answered(r, http.StatusOK, api.AuditList{Entries: s.trail(r.URL.Query().Get("keyId"))}), nil
	case strings.HasSuffix(path, "/usage"):
		return answered(r, http.StatusOK, s.use(strings.Split(path, "/")[2])), nil
	case path == "/keys" && r.Method == http.MethodPost, strings.HasSuffix(path, "/rotate"):
		return answered(r, http.StatusCreated, api.IssuedKey{Key: s.Keys[1], Token: StillToken}), nil
	case path == "/keys":
		found := s.found(r.URL.Query().Get("q"), r.URL.Query().Get("state"))
		return answered(r, http.StatusOK, api.KeyList{Keys: found, Total: &total}), nil
	}
	return answered(r, http.StatusOK, s.one(path)), nil
}

// one is the key of a path, or edge-frankfurt.
func (s *StillLife) one(path string) api.Key {
	for _, k := range s.Keys {
		if strings.HasSuffix(path, "/keys/"+k.ID) {
			return k
		}
	}
	return s.Keys[1]
}

func (s *StillLife) keys0() string {
	if len(s.Keys) == 0 {
		return ""
	}
	return s.Keys[0].ID
}

// Rows are its keys as a list has them.
func (s *StillLife) Rows() (rows []*api.Key) {
	for i := range s.Keys {
		rows = append(rows, &s.Keys[i])
	}
	return rows
}

func (s *StillLife) found(search, state string) []api.Key {
	out := []api.Key{}
	for _, k := range s.Keys {
		if strings.Contains(k.Name, search) && (state == "" || string(k.State) == state) {
			out = append(out, k)
		}
	}
	return out
}

// use spreads a key's use over the days before Noon, in twelfths.
func (s *StillLife) use(id string) api.KeyUsage {
	k := s.Keys[slices.IndexFunc(s.Keys, func(k api.Key) bool { return k.ID == id })]
	u := api.KeyUsage{KeyID: id, Total: k.UseCount, Rules: []api.RuleUsage{}}
	twelfths := map[int]int64{0: 2, 1: 4, 3: 2, 4: 1, 9: 3} // by how many days ago
	rest := k.UseCount
	for ago := state.UsageDays - 1; ago >= 0; ago-- {
		d := api.DayUsage{Date: Noon.AddDate(0, 0, -ago).Format(time.DateOnly), Count: twelfths[ago] * k.UseCount / 12}
		if ago == 0 {
			d.Count = rest
		}
		if k.Pool != "" && ago > 1 {
			d.Denied = int64(ago % 3)
		}
		u.Denied += d.Denied
		u.Days, rest = append(u.Days, d), rest-d.Count
	}
	if k.Pool != "" {
		at := Noon.Add(-90 * time.Minute)
		for i, path := range []string{"/ingest", "/push.v1.PusherService/Push", "/render", "/label-values", "/labels"} {
			rule := api.RuleUsage{
				Endpoint: "pyroscope", Method: "POST", Path: path, Allowed: int64(12 / (i + 1)), AllowedAt: &at,
			}
			for _, d := range u.Days[len(u.Days)-5:] {
				rule.Days = append(rule.Days,
					api.RuleDay{Date: d.Date, Allowed: d.Count / int64(i+1), Denied: d.Denied})
				rule.Denied += d.Denied
			}
			u.Rules = append(u.Rules, rule)
		}
	}
	u.From, u.To = u.Days[0].Date, u.Days[len(u.Days)-1].Date
	return u
}

// trends are the use of some keys on each of the last days.
func (s *StillLife) trends(ids []string) api.KeysStats {
	const days = 14
	out := api.KeysStats{From: Noon.AddDate(0, 0, 1-days), Step: "1d", Keys: map[string][]int64{}}
	for _, id := range ids {
		use := s.use(id).Days
		for _, d := range use[len(use)-days:] {
			out.Keys[id] = append(out.Keys[id], d.Count+d.Denied)
		}
	}
	return out
}

// trail has an entry of each kind.
func (s *StillLife) trail(keyID string) []api.AuditEntry {
	entries := []api.AuditEntry{}
	for i, e := range []api.AuditEntry{
		{Action: apikey.ActionCreate, AuditData: apikey.AuditData{Changes: []apikey.FieldChange{
			{Field: "role", To: "Agent"}, {Field: "pool", To: "edge"}, {Field: "endpoints", To: []string{"pyroscope"}},
			{Field: "allowedCidrs", To: []string{"10.20.0.0/16"}}, {Field: "expiresAt", To: "2026-11-24T12:00:00Z"},
		}}},
		{Action: apikey.ActionUpdate, AuditData: apikey.AuditData{Changes: []apikey.FieldChange{
			{Field: "role", From: "Viewer", To: "Agent"}, {Field: "endpoints", To: []string{"pyroscope"}},
			{Field: "expiresAt", From: "2026-12-24T12:00:00Z", To: "2026-11-24T12:00:00Z"},
		}}},
		{Action: apikey.ActionDisable, AuditData: apikey.AuditData{Changes: []apikey.FieldChange{
			{Field: "enabled", From: true, To: false}, {Field: "disabledUntil", To: "2026-11-21T12:01:00Z"},
		}}},
		{Action: apikey.ActionUpdate, AuditData: apikey.AuditData{Changes: []apikey.FieldChange{
			{Field: "owner", From: "ada", To: "sre@example.org"}, {Field: "labels", To: []string{"team=sre"}},
			{Field: "tenants", From: []string{"team-a"}, To: []string{"team-a", "team-b"}},
			{Field: "limits.burst", From: int64(50), To: int64(100)}, {Field: "limits.bytesPerDay", From: int64(1e9)},
		}}}, {Action: apikey.ActionEnable}, {Action: apikey.ActionImport},
		{Action: apikey.ActionRotate, AuditData: apikey.AuditData{
			TokenID: "00000000000c", Until: Noon.AddDate(0, 0, 1),
		}},
		{Action: apikey.ActionRevoke},
		{Action: apikey.ActionDelete, AuditData: apikey.AuditData{State: apikey.StateRevoked}},
		{Action: apikey.ActionCreatePool, AuditData: apikey.AuditData{Pool: "edge"}},
		{Action: apikey.ActionDeletePool, AuditData: apikey.AuditData{Pool: "edge"}},
	} {
		e.ID, e.At, e.Actor, e.From = int64(100-i), Noon.Add(-time.Duration(i)*time.Hour), "ada", "127.0.0.1"
		e.KeyID, e.KeyName = "00000000000b", "edge-frankfurt"
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
		Status: http.StatusText(status), StatusCode: status, Request: r, Header: http.Header{"Content-Type": {kind}},
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(data)), ContentLength: int64(len(data)),
	}
}

// OpenStill opens the program with a session that always answers alike.
func OpenStill(t *testing.T, life *StillLife, p state.Preferences) *Opened {
	t.Helper()
	t.Setenv("HOME", "/home/ada")
	w := Open(t, nil, p)
	w.Words.Now, w.Words.Zone = func() time.Time { return Noon }, time.UTC
	w.Life = life
	w.Again()
	return w
}

// Again starts over with the keys, as if nothing had been done.
func (w *Opened) Again() {
	w.T.Helper()
	for len(w.Modals) > 0 {
		w.Modals[len(w.Modals)-1].End()
	}
	for _, o := range w.Window.Canvas().Overlays().List() {
		w.Window.Canvas().Overlays().Remove(o)
	}
	if w.Session != nil {
		w.Session.List.SetQuery(state.Query{}) // or the list would be found narrowed, as it was left
	}
	w.Disconnect()
	w.Life.Fail, w.Life.Gate = map[string]*api.Error{}, stillGate()
	c := state.Connection{
		ID: "still", Name: "PMM", Address: "https://pmm.example.org/graph",
		Way: state.WayToken, Trust: state.TrustSystem,
	}
	require.NoError(w.T, w.App.Settings.Change(func(p *state.Preferences) {
		p.Connections, p.Announced, p.Page, p.Desks = []state.Connection{c}, nil, "keys", nil
	}))
	session, err := state.Connect(w.T.Context(), c, "glsa_still", w.Life)
	require.NoError(w.T, err)
	w.Enter(session)
	w.Toasts.Stack.RemoveAll()
}

const day = 24 * time.Hour
