package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// OldRow is a row of a store from when rotating made another key.
type OldRow struct {
	Table   string
	Columns []string
	Values  []any
}

// oldKey is a key of that time.
type oldKey struct {
	name, id, from, by string
	org                int64
	role               apikey.Role
	endpoints, cidrs   string
	off                bool
	expires, revoked   time.Time
	origin             string
	uses               int64
}

// The moments of the chains. What is live depends on the time at which the
// store is upgraded.
var (
	oldStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	longPast = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	longAway = time.Date(2126, 1, 1, 0, 0, 0, 0, time.UTC)
	evenLess = time.Date(2125, 1, 1, 0, 0, 0, 0, time.UTC)
)

// oldKeys are numbered from 1 in this order, so that the newest of a chain is
// not always the last.
func oldKeys() []oldKey {
	id := func(chain string, n int) string { return fmt.Sprintf("%s%0*d", chain, 12-len(chain), n) }
	return []oldKey{
		// Three links, and a fourth that was deleted, before a plain key.
		{name: "edge (rotated)", id: id("edge", 1), from: id("edge", 0), by: id("edge", 2), expires: longPast, uses: 5},
		{name: "plain", id: id("plain", 1), origin: `{"system":"kuma","handle":"1","hash":"slow"}`, uses: 1},
		{name: "edge (rotated again)", id: id("edge", 2), from: id("edge", 1), by: id("edge", 3), expires: evenLess,
			uses: 3},
		{name: "edge", id: id("edge", 3), from: id("edge", 2), expires: longAway, uses: 2},
		// One was disabled and one revoked, which must not work again.
		{name: "off 1", id: id("off", 1), by: id("off", 2), off: true, expires: longAway},
		{name: "off 2", id: id("off", 2), from: id("off", 1), by: id("off", 3), revoked: longPast, expires: longAway},
		{name: "off", id: id("off", 3), from: id("off", 2)},
		// The next one may do more, in each way: both stay as they are.
		{name: "more 1", id: id("more", 1), by: id("more", 2), endpoints: "kuma", expires: longAway},
		{name: "more", id: id("more", 2), from: id("more", 1)},
		{name: "role 1", id: id("role", 1), by: id("role", 2), role: apikey.RoleViewer, expires: longAway},
		{name: "role", id: id("role", 2), from: id("role", 1), role: apikey.RoleEditor},
		{name: "from 1", id: id("from", 1), by: id("from", 2), cidrs: "10.0.0.0/8", expires: longAway},
		{name: "from", id: id("from", 2), from: id("from", 1), cidrs: "10.0.0.0/7"},
		// The next one may do less, and what may do less works no longer.
		{name: "less 1", id: id("less", 1), by: id("less", 2), role: apikey.RoleAdmin, expires: longAway},
		{name: "less 2", id: id("less", 2), from: id("less", 1), by: id("less", 3), role: apikey.RoleViewer,
			endpoints: "kuma", expires: longPast},
		{name: "less", id: id("less", 3), from: id("less", 2), role: apikey.RoleViewer, cidrs: "10.0.0.0/8"},
		// The newest was revoked while the other went on.
		{name: "gone 1", id: id("gone", 1), by: id("gone", 2), expires: longAway},
		{name: "gone", id: id("gone", 2), from: id("gone", 1), revoked: longPast},
		// The middle is missing, or in another organization.
		{name: "gap 1", id: id("gap", 1), by: id("gap", 2), expires: longAway},
		{name: "gap", id: id("gap", 3), from: id("gap", 2)},
		{name: "org 1", id: id("org", 1), by: id("org", 2), org: 2, expires: longAway},
		{name: "org", id: id("org", 2), from: id("org", 1)},
	}
}

// OldChains returns the rows of a store with chains of rotated keys.
func OldChains() (rows []OldRow) {
	add := func(table string, columns []string, values ...any) {
		rows = append(rows, OldRow{table, columns, values})
	}
	millis := func(t time.Time) int64 {
		if t.IsZero() {
			return 0
		}
		return t.UnixMilli()
	}
	for i, k := range oldKeys() {
		number := int64(i + 1)
		enabled, org, role := int64(1), max(1, k.org), k.role
		if k.off {
			enabled = 0
		}
		if role == apikey.RoleNone {
			role = apikey.RoleAgent
		}
		created := millis(oldStart.AddDate(0, 0, i))
		digest := make([]byte, 32)
		digest[0] = byte(number)
		add("keys", []string{
			"number", "seq", "id", "digest", "pepper_id", "org_id", "name", "role", "pool", "endpoints",
			"allowed_cidrs", "enabled", "created_at", "expires_at",
			"revoked_at", "created_by", "rotated_from", "replaced_by", "hint", "name_folded", "description",
			"description_folded", "origin",
		}, number, number, k.id, digest, "pepper", org, k.name, role.String(), "", k.endpoints, k.cidrs, enabled,
			created, millis(k.expires),
			millis(k.revoked), fmt.Sprint("by ", number), k.from, k.by, "ost_"+k.id+"_…", k.name, "", "", k.origin)
		last, from := int64(0), ""
		if k.uses > 0 {
			last, from = created+k.uses, fmt.Sprint("192.0.2.", number)
			add("usage_days", []string{"day", "number", "count"}, int64(20000), number, k.uses)
		}
		add("usage", []string{"number", "org_id", "count", "last_at", "last_from"}, number, org, k.uses, last, from)
		add("audit", []string{"id", "org_id", "at", "actor", "address", "action", "key_id", "key_name", "detail"},
			number, org, created, "grace", "", "create", k.id, k.name, "")
	}
	return rows
}

// RequireJoined fails unless a store that held OldChains, and was opened since,
// holds one key for each chain.
func RequireJoined(t *testing.T, s apikey.Store) {
	t.Helper()
	now := time.Now()
	type summary struct {
		ID      string
		State   apikey.State
		Tokens  map[string]apikey.State
		Uses    int64
		Trail   int
		Created string
	}
	got := map[string]summary{}
	for _, org := range []int64{1, 2} {
		for _, k := range all(t, s, org) {
			sum := summary{ID: k.ID, State: k.State(now), Tokens: map[string]apikey.State{}, Uses: k.Usage.Count,
				Created: k.CreatedBy}
			for i := range k.Tokens {
				sum.Tokens[k.Tokens[i].ID] = k.TokenState(&k.Tokens[i], now)
			}
			require.Equal(t, k.ID, k.Tokens[0].ID, k.Name)
			trail, err := s.Audit(t.Context(), apikey.AuditQuery{OrgID: org, KeyID: k.ID, Limit: 100})
			require.NoError(t, err)
			sum.Trail = len(trail)
			got[k.Name] = sum
		}
	}
	const active, expired, revoked = apikey.StateActive, apikey.StateExpired, apikey.StateRevoked
	type tokens = map[string]apikey.State
	equal(t, map[string]summary{
		"edge": {"edge00000001", active,
			tokens{"edge00000001": expired, "edge00000002": active, "edge00000003": active}, 10, 3, "by 1"},
		"plain": {"plain0000001", active, tokens{"plain0000001": active}, 1, 1, "by 2"},
		"off": {"off000000001", active,
			tokens{"off000000001": revoked, "off000000002": revoked, "off000000003": active}, 0, 3, "by 5"},
		"more 1": {"more00000001", active, tokens{"more00000001": active}, 0, 1, "by 8"},
		"more":   {"more00000002", active, tokens{"more00000002": active}, 0, 1, "by 9"},
		"role 1": {"role00000001", active, tokens{"role00000001": active}, 0, 1, "by 10"},
		"role":   {"role00000002", active, tokens{"role00000002": active}, 0, 1, "by 11"},
		"from 1": {"from00000001", active, tokens{"from00000001": active}, 0, 1, "by 12"},
		"from":   {"from00000002", active, tokens{"from00000002": active}, 0, 1, "by 13"},
		"less": {"less00000001", active,
			tokens{"less00000001": active, "less00000002": expired, "less00000003": active}, 0, 3, "by 14"},
		"gone":  {"gone00000001", revoked, tokens{"gone00000001": revoked, "gone00000002": revoked}, 0, 2, "by 17"},
		"gap 1": {"gap000000001", active, tokens{"gap000000001": active}, 0, 1, "by 19"},
		"gap":   {"gap000000003", active, tokens{"gap000000003": active}, 0, 1, "by 20"},
		"org 1": {"org000000001", active, tokens{"org000000001": active}, 0, 1, "by 21"},
		"org":   {"org000000002", active, tokens{"org000000002": active}, 0, 1, "by 22"},
	}, got)

	k, err := s.Key(t.Context(), 1, "edge00000001")
	require.NoError(t, err)
	equal(t, apikey.Usage{Count: 10, LastAt: oldStart.AddDate(0, 0, 3).Add(2 * time.Millisecond),
		LastFrom: "192.0.2.4"}, k.Usage)
	require.Equal(t, longAway, k.ExpiresAt)
	require.Equal(t, longAway, k.EndsAt())
	require.Equal(t, []time.Time{longPast, evenLess, {}},
		[]time.Time{k.Tokens[0].ExpiresAt, k.Tokens[1].ExpiresAt, k.Tokens[2].ExpiresAt})
	equal(t, apikey.TokenUsage{Count: 5, LastAt: oldStart.Add(5 * time.Millisecond)}, k.Tokens[0].Usage)
	require.Equal(t, []byte{1, 3, 4}, []byte{k.Tokens[0].Digest[0], k.Tokens[1].Digest[0], k.Tokens[2].Digest[0]})
	days, err := s.UsageByDay(t.Context(), 1, k.ID, 20000, 20000)
	require.NoError(t, err)
	equal(t, []apikey.DayUsage{{Day: 20000, Count: 10}}, days)

	plain, err := s.Key(t.Context(), 1, "plain0000001")
	require.NoError(t, err)
	equal(t, &apikey.Origin{System: "kuma", Handle: "1", Hash: "slow"}, plain.Tokens[0].Origin)
	require.Equal(t, "ost_plain0000001_…", plain.Tokens[0].Hint)

	found, err := s.Keys(t.Context(), apikey.Query{OrgID: 1, Search: "edge00000002", Limit: 10, Now: now})
	require.NoError(t, err)
	equal(t, []*apikey.Key{k}, found)
	f := follow(s)
	f.load(t)
	f.requireKeys(t, append(all(t, s, 1), all(t, s, 2)...))
}
