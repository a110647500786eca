package api_test

import (
	"encoding/json"
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

var created = time.Date(2026, 11, 21, 10, 0, 0, 120_000_000, time.FixedZone("CET", 3600))

func asJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return string(data)
}

func TestKeyOnTheWire(t *testing.T) {
	k := &apikey.Key{
		ID: "4fjK2n0qPz7a", Number: 17, OrgID: 1, Name: "edge-agents", Role: apikey.RoleAgent, Enabled: true,
		CreatedAt: created, CreatedBy: "admin", Seq: 9,
		Tokens: []apikey.Token{{
			ID: "4fjK2n0qPz7a", Hint: "ost_4fjK2n0qPz7a_…x3Qd", CreatedAt: created, CreatedBy: "admin", Digest: apikey.Digest{1}, PepperID: "pepper",
		}},
	}
	require.JSONEq(t, `{"id":"4fjK2n0qPz7a","number":17,"orgId":1,"name":"edge-agents","description":"","owner":"","labels":{},`+
		`"role":"Agent","pool":"","endpoints":[],"allowedCidrs":[],"tenants":[],`+
		`"limits":{"requestsPerSecond":0,"burst":0,"concurrent":0,"bytesPerSecond":0,"requestsPerDay":0,"bytesPerDay":0},`+
		`"state":"active","enabled":true,"disabledUntil":null,`+
		`"createdAt":"2026-11-21T09:00:00.12Z","createdBy":"admin","expiresAt":null,"revokedAt":null,`+
		`"lastUsedAt":null,"lastUsedFrom":"","useCount":0,"hint":"ost_4fjK2n0qPz7a_…x3Qd","actions":["edit","rotate","disable","revoke","delete"],`+
		`"tokens":[{"id":"4fjK2n0qPz7a","hint":"ost_4fjK2n0qPz7a_…x3Qd","state":"active","createdAt":"2026-11-21T09:00:00.12Z","createdBy":"admin",`+
		`"expiresAt":null,"endedAt":null,"lastUsedAt":null,"useCount":0}]}`, asJSON(t, api.FromKey(k, created)))

	k.Endpoints, k.AllowedCIDRs = []string{"kuma"}, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	k.ExpiresAt, k.Enabled, k.DisabledUntil = created.Add(time.Second), false, created.Add(time.Minute)
	k.Owner, k.Labels, k.Tenants = "sre@example.com", map[string]string{"team": "sre"}, []string{"team-a"}
	k.Limits = apikey.Limits{
		RequestsPerSecond: 50, Burst: 100, Concurrent: 3, BytesPerSecond: 4, RequestsPerDay: 5, BytesPerDay: 6,
	}
	k.Tokens[0].ExpiresAt, k.Tokens[0].RevokedAt = created.Add(time.Millisecond), created
	k.Tokens = append(k.Tokens, apikey.Token{
		ID: "000000000000", Hint: "…", CreatedAt: created, CreatedBy: "grace", Usage: apikey.TokenUsage{Count: 2, LastAt: created},
	})
	k.Usage = apikey.Usage{Count: 3, LastAt: created, LastFrom: "10.1.2.3"}
	got := api.FromKey(k, created.Add(time.Second))
	require.JSONEq(t, `{"id":"4fjK2n0qPz7a","number":17,"orgId":1,"name":"edge-agents","description":"",`+
		`"owner":"sre@example.com","labels":{"team":"sre"},"role":"Agent","pool":"",`+
		`"endpoints":["kuma"],"allowedCidrs":["10.0.0.0/8"],"tenants":["team-a"],`+
		`"limits":{"requestsPerSecond":50,"burst":100,"concurrent":3,"bytesPerSecond":4,"requestsPerDay":5,"bytesPerDay":6},`+
		`"state":"expired","enabled":false,"disabledUntil":"2026-11-21T09:01:00.12Z",`+
		`"createdAt":"2026-11-21T09:00:00.12Z","createdBy":"admin","expiresAt":"2026-11-21T09:00:01.12Z","revokedAt":null,`+
		`"lastUsedAt":"2026-11-21T09:00:00.12Z","lastUsedFrom":"10.1.2.3","useCount":3,"hint":"…","actions":["edit","rotate","enable","revoke","delete"],`+
		`"tokens":[{"id":"4fjK2n0qPz7a","hint":"ost_4fjK2n0qPz7a_…x3Qd","state":"revoked","createdAt":"2026-11-21T09:00:00.12Z","createdBy":"admin",`+
		`"expiresAt":"2026-11-21T09:00:00.121Z","endedAt":"2026-11-21T09:00:00.12Z","lastUsedAt":null,"useCount":0},`+
		`{"id":"000000000000","hint":"…","state":"expired","createdAt":"2026-11-21T09:00:00.12Z","createdBy":"grace",`+
		`"expiresAt":"2026-11-21T09:00:01.12Z","endedAt":null,"lastUsedAt":"2026-11-21T09:00:00.12Z","useCount":2}]}`, asJSON(t, got))

	var back api.Key
	require.NoError(t, json.Unmarshal([]byte(asJSON(t, got)), &back))
	require.Equal(t, got, back)
	got.Endpoints[0], got.Tenants[0], got.Labels["team"] = "changed", "changed", "changed"
	require.Equal(t, "kuma", k.Endpoints[0], "nothing is shared with the domain's key")
	require.Equal(t, []string{"team-a"}, k.Tenants)
	require.Equal(t, map[string]string{"team": "sre"}, k.Labels)

	later := api.FromKey(k, created.Add(time.Minute))
	require.True(t, later.Enabled, "it is enabled again by itself")
	require.Nil(t, later.DisabledUntil)
	require.Contains(t, later.Actions, "disable")
}

func TestListsOnTheWire(t *testing.T) {
	require.JSONEq(t, `{"keys":[],"nextCursor":""}`, asJSON(t, api.KeyList{Keys: api.FromKeys(nil, created)}))
	require.JSONEq(t, `{"keys":[],"nextCursor":"","total":0}`, asJSON(t, api.KeyList{Keys: api.FromKeys(nil, created), Total: new(int64)}))
	require.JSONEq(t, `{"entries":[],"nextCursor":""}`, asJSON(t, api.AuditList{Entries: api.FromAudit(nil)}))
	require.JSONEq(t, `{"valid":false,"code":"expired","reason":"It is over."}`, asJSON(t, api.VerifyResponse{Code: "expired", Reason: "It is over."}))
	require.JSONEq(t, `{"status":"ok"}`, asJSON(t, api.Health{Status: api.StatusOK}))
	require.JSONEq(t, `[{"id":1,"at":"2026-11-21T09:00:00.12Z","actor":"admin","from":"","action":"create","keyId":"4fjK2n0qPz7a","keyName":"","changes":[]}]`,
		asJSON(t, api.FromAudit([]apikey.AuditEntry{{ID: 1, OrgID: 1, At: created, Actor: "admin", Action: apikey.ActionCreate, KeyID: "4fjK2n0qPz7a"}})))
	data := apikey.AuditData{
		Changes: []apikey.FieldChange{
			{Field: "role", To: "Agent"}, {Field: "endpoints", From: []string{"a", "b"}}, {Field: "enabled", From: true, To: false},
			{Field: "limits.bytesPerDay", From: int64(0), To: int64(1)<<62 + 1},
		},
		TokenID: "4fjK2n0qPz7a", Until: created.UTC(), Pool: "edge", Origin: &apikey.AuditOrigin{System: "Grafana", Number: "7"},
	}
	text := asJSON(t, api.FromAudit([]apikey.AuditEntry{{AuditData: data}}))
	require.Contains(t, text, `"changes":[{"field":"role","from":null,"to":"Agent"},{"field":"endpoints","from":["a","b"],"to":null},`)
	var back []api.AuditEntry
	require.NoError(t, json.Unmarshal([]byte(text), &back))
	require.Equal(t, data, back[0].AuditData)
}

// There is no key that JSON cannot write.
func TestAnyKeyCanBeWritten(t *testing.T) {
	for _, at := range []time.Time{{}, time.Unix(1<<60, 0), time.Unix(-1<<60, 0), time.UnixMilli(math.MaxInt64), time.UnixMilli(math.MinInt64), apikey.LatestTime.Add(time.Hour)} {
		k := &apikey.Key{Name: "\xff\x00", CreatedAt: at, ExpiresAt: at, RevokedAt: at, Usage: apikey.Usage{LastAt: at}, Role: apikey.Role(99)}
		data, err := json.Marshal(api.FromKey(k, created))
		require.NoError(t, err, at)
		require.True(t, json.Valid(data))
		_, err = json.Marshal(api.FromAudit([]apikey.AuditEntry{{At: at, AuditData: apikey.AuditData{Until: at}}}))
		require.NoError(t, err, at)
	}
}

// When a key last came after its end is said where it did.
func TestLateUseOnTheWire(t *testing.T) {
	k := &apikey.Key{Tokens: []apikey.Token{{ID: "4fjK2n0qPz7a"}}}
	require.NotContains(t, asJSON(t, api.FromKey(k, time.Now())), "lastHeldAt")
	k.Usage.HeldAt, k.Usage.GraceAt = time.UnixMilli(1_700_000_000_120), time.UnixMilli(1_700_000_001_000)
	got := asJSON(t, api.FromKey(k, time.Now()))
	require.Contains(t, got, `"lastHeldAt":"2023-11-14T22:13:20.12Z","lastGraceAt":"2023-11-14T22:13:21Z"`)
}
