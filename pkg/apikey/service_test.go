package apikey_test

import (
	"context"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
)

// bench is a Service on a real store, with a clock that moves only when a test moves it.
type bench struct {
	*apikey.Service
	store   apikey.Store
	peppers *apikey.Peppers
	now     time.Time
	policy  apikey.Policy
	changed int
}

func newBench(t *testing.T, keepLastAdmin bool) *bench {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "keys.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	peppers, err := apikey.NewPeppers(apikey.NewPepper())
	require.NoError(t, err)
	b := &bench{store: store, peppers: peppers, now: time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC), policy: apikey.DefaultPolicy()}
	b.Service = apikey.NewService(store, peppers, apikey.Options{
		KeepLastAdmin: keepLastAdmin,
		Now:           func() time.Time { return b.now },
		Policy:        func(context.Context, int64) (apikey.Policy, error) { return b.policy, nil },
		Changed:       func(context.Context) error { b.changed++; return nil },
	})
	return b
}

func as(t *testing.T, org int64, role apikey.Role) context.Context {
	return apikey.WithCaller(t.Context(), apikey.Caller{OrgID: org, Login: "grace", Role: role, Addr: netip.MustParseAddr("192.0.2.7")})
}

func admin(t *testing.T) context.Context { return as(t, 1, apikey.RoleAdmin) }

func (b *bench) create(t *testing.T, n apikey.NewKey) *apikey.Issued {
	t.Helper()
	if n.Role == apikey.RoleNone {
		n.Role = apikey.RoleViewer
	}
	issued, err := b.Create(admin(t), n)
	require.NoError(t, err)
	return issued
}

// fields returns the names of the bad fields that err reports.
func fields(t *testing.T, err error) (names []string) {
	t.Helper()
	var e *apikey.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, apikey.CodeInvalid, e.Code)
	for _, f := range e.Fields {
		require.NotEmpty(t, f.Detail)
		names = append(names, f.Field)
	}
	return names
}

func requireCode(t *testing.T, code apikey.Code, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, code, apikey.ErrorCode(err), err.Error())
}

func TestCreateKeepsADigestAndNeverTheToken(t *testing.T) {
	b := newBench(t, false)
	issued := b.create(t, apikey.NewKey{Name: "  edge-agents ", Role: apikey.RoleAgent, Endpoints: []string{"b", "a", "b"}, Pool: "eu"})
	k := issued.Key
	require.Equal(t, "edge-agents", k.Name)
	require.Equal(t, []string{"a", "b"}, k.Endpoints)
	require.Equal(t, b.now.Add(apikey.DefaultTTL), k.ExpiresAt, "90 days unless somebody says otherwise")
	require.Equal(t, "grace", k.CreatedBy)
	require.Equal(t, apikey.StateActive, k.State(b.now))
	require.Equal(t, apikey.Hint(issued.Token), k.Newest().Hint)
	require.Equal(t, issued.Token[4:16], k.ID)
	require.Positive(t, k.Number)
	require.Equal(t, 1, b.changed)

	kept, err := b.Key(admin(t), k.ID)
	require.NoError(t, err)
	require.Equal(t, k.Tokens, kept.Tokens)
	require.Equal(t, k.Name, kept.Name)
}

func TestCreateReportsEveryBadField(t *testing.T) {
	b := newBench(t, false)
	token, _ := apikey.NewToken()
	_, err := b.Create(admin(t), apikey.NewKey{
		Name: "bell\a", Description: "see " + token, Pool: "-", Endpoints: []string{"a b"}, Lifetime: apikey.ExpiresAt(b.now),
	})
	require.Equal(t, []string{"name", "description", "pool", "endpoints", "role", "expiresAt"}, fields(t, err))
	require.NotContains(t, err.Error(), token)
	_, err = b.Create(admin(t), apikey.NewKey{Name: strings.Repeat("ä", 256), Role: apikey.RoleViewer})
	require.Equal(t, []string{"name"}, fields(t, err))
	_, err = b.Create(admin(t), apikey.NewKey{Name: strings.Repeat("ä", 255), Role: apikey.RoleViewer})
	require.NoError(t, err)
	require.Equal(t, 1, b.changed)
}

func TestNamesAreUniqueAmongKeysThatAreNotDeleted(t *testing.T) {
	b := newBench(t, false)
	first := b.create(t, apikey.NewKey{Name: "x"})
	_, err := b.Create(admin(t), apikey.NewKey{Name: "x", Role: apikey.RoleViewer})
	requireCode(t, apikey.CodeDuplicateName, err)
	_, err = b.Create(as(t, 2, apikey.RoleAdmin), apikey.NewKey{Name: "x", Role: apikey.RoleViewer})
	require.NoError(t, err, "another organization")
	_, err = b.End(admin(t), first.Key.ID, apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	_, err = b.Create(admin(t), apikey.NewKey{Name: "x", Role: apikey.RoleViewer})
	requireCode(t, apikey.CodeDuplicateName, err)
	_, err = b.End(admin(t), first.Key.ID, apikey.End{How: apikey.Delete})
	require.NoError(t, err)
	b.create(t, apikey.NewKey{Name: "x"})
}

func TestPolicyLimitsLifetimeAndRoles(t *testing.T) {
	b := newBench(t, false)
	b.policy = apikey.Policy{DefaultTTL: 10 * day, MaxTTL: 30 * day, Roles: []apikey.Role{apikey.RoleViewer, apikey.RoleAgent}}
	for name, c := range map[string]struct {
		lifetime apikey.Lifetime
		role     apikey.Role
		bad      []string
		expires  time.Time
	}{
		"the default":         {expires: b.now.Add(10 * day)},
		"as long as may be":   {lifetime: apikey.ExpiresIn(30 * day), expires: b.now.Add(30 * day)},
		"a second too long":   {lifetime: apikey.ExpiresIn(30*day + time.Second), bad: []string{"expiresIn"}},
		"a moment too late":   {lifetime: apikey.ExpiresAt(b.now.Add(31 * day)), bad: []string{"expiresAt"}},
		"never":               {lifetime: apikey.Never(), bad: []string{"expiresIn"}},
		"the past":            {lifetime: apikey.ExpiresAt(b.now.Add(-day)), bad: []string{"expiresAt"}},
		"a role not issued":   {role: apikey.RoleAdmin, bad: []string{"role"}},
		"both are wrong":      {role: apikey.RoleEditor, lifetime: apikey.Never(), bad: []string{"role", "expiresIn"}},
		"one that may be had": {role: apikey.RoleAgent, expires: b.now.Add(10 * day)},
	} {
		t.Run(name, func(t *testing.T) {
			if c.role == apikey.RoleNone {
				c.role = apikey.RoleViewer
			}
			issued, err := b.Create(admin(t), apikey.NewKey{Name: name, Role: c.role, Lifetime: c.lifetime})
			if c.bad != nil {
				require.Equal(t, c.bad, fields(t, err))
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.expires, issued.Key.ExpiresAt)
		})
	}
	// Keys that are there are renewed whatever their role; they do not change into one that is not issued.
	there := b.create(t, apikey.NewKey{Name: "there", Role: apikey.RoleAgent}).Key
	b.policy.Roles = []apikey.Role{apikey.RoleViewer}
	rotated, err := b.Rotate(admin(t), there.ID, apikey.Rotation{Lifetime: apikey.ExpiresIn(20 * day)})
	require.NoError(t, err)
	require.Equal(t, b.now.Add(20*day), rotated.Key.ExpiresAt)
	role := apikey.RoleEditor
	_, err = b.Update(admin(t), there.ID, apikey.Update{Role: &role}, false)
	require.Equal(t, []string{"role"}, fields(t, err))

	b.policy = apikey.DefaultPolicy()
	require.Zero(t, b.create(t, apikey.NewKey{Name: "for ever", Lifetime: apikey.Never()}).Key.ExpiresAt)
}

func TestOnlyAdminsManageAndOnlyTheirOrganization(t *testing.T) {
	b := newBench(t, false)
	k := b.create(t, apikey.NewKey{Name: "ours"}).Key
	name := "theirs"
	calls := map[string]func(context.Context) error{
		"create": func(ctx context.Context) error {
			_, err := b.Create(ctx, apikey.NewKey{Name: "n", Role: apikey.RoleViewer})
			return err
		},
		"get":   func(ctx context.Context) error { _, err := b.Key(ctx, k.ID); return err },
		"usage": func(ctx context.Context) error { _, err := b.UsageHistory(ctx, k.ID, 0); return err },
		"update": func(ctx context.Context) error {
			_, err := b.Update(ctx, k.ID, apikey.Update{Name: &name}, true)
			return err
		},
		"revoke": func(ctx context.Context) error {
			_, err := b.End(ctx, k.ID, apikey.End{How: apikey.Revoke, Force: true})
			return err
		},
		"rotate": func(ctx context.Context) error { _, err := b.Rotate(ctx, k.ID, apikey.Rotation{}); return err },
		"delete": func(ctx context.Context) error {
			_, err := b.End(ctx, k.ID, apikey.End{How: apikey.Delete, Force: true})
			return err
		},
		"list":  func(ctx context.Context) error { _, _, err := b.Keys(ctx, apikey.Query{}); return err },
		"count": func(ctx context.Context) error { _, err := b.CountKeys(ctx, apikey.Query{}); return err },
		"audit": func(ctx context.Context) error { _, _, err := b.Audit(ctx, apikey.AuditQuery{}); return err },
	}
	for what, call := range calls {
		t.Run(what, func(t *testing.T) {
			requireCode(t, apikey.CodeUnauthenticated, call(t.Context()))
			requireCode(t, apikey.CodeUnauthenticated, call(as(t, 0, apikey.RoleAdmin)))
			for _, role := range []apikey.Role{apikey.RoleNone, apikey.RoleAgent, apikey.RoleViewer, apikey.RoleEditor} {
				requireCode(t, apikey.CodeForbidden, call(as(t, 1, role)))
			}
			switch what {
			case "get", "usage", "update", "revoke", "rotate", "delete":
				requireCode(t, apikey.CodeNotFound, call(as(t, 2, apikey.RoleAdmin)))
			case "list":
				keys, _, err := b.Keys(as(t, 2, apikey.RoleAdmin), apikey.Query{OrgID: 1})
				require.NoError(t, err)
				require.Empty(t, keys)
			case "audit":
				entries, _, err := b.Audit(as(t, 2, apikey.RoleAdmin), apikey.AuditQuery{OrgID: 1})
				require.NoError(t, err)
				require.Empty(t, entries)
			}
		})
	}
}

func TestUpdate(t *testing.T) {
	b := newBench(t, false)
	k := b.create(t, apikey.NewKey{Name: "a"}).Key
	name, description, off, on := "b", "for the edge", false, true
	endpoints, cidrs := []string{"metrics"}, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	role := apikey.RoleAgent
	got, err := b.Update(admin(t), k.ID, apikey.Update{
		Name: &name, Description: &description, Role: &role, Endpoints: &endpoints, AllowedCIDRs: &cidrs, Lifetime: apikey.Never(),
	}, false)
	require.NoError(t, err)
	require.Equal(t, []any{name, description, role, endpoints, cidrs, time.Time{}}, []any{got.Name, got.Description, got.Role, got.Endpoints, got.AllowedCIDRs, got.ExpiresAt})

	before := b.changed
	got, err = b.Update(admin(t), k.ID, apikey.Update{Name: &name}, false)
	require.NoError(t, err)
	again, err := b.Key(admin(t), k.ID)
	require.NoError(t, err)
	require.Equal(t, got.Seq, again.Seq, "what changes nothing is no change")
	require.LessOrEqual(t, b.changed, before+1)

	got, err = b.Update(admin(t), k.ID, apikey.Update{Enabled: &off}, false)
	require.NoError(t, err)
	require.Equal(t, apikey.StateDisabled, got.State(b.now))
	got, err = b.Update(admin(t), k.ID, apikey.Update{Enabled: &on}, false)
	require.NoError(t, err)
	require.Equal(t, apikey.StateActive, got.State(b.now))

	past := apikey.ExpiresAt(b.now.Add(-time.Second))
	_, err = b.Update(admin(t), k.ID, apikey.Update{Lifetime: past}, false)
	require.Equal(t, []string{"expiresAt"}, fields(t, err))

	entries, _, err := b.Audit(admin(t), apikey.AuditQuery{KeyID: k.ID})
	require.NoError(t, err)
	var actions []apikey.Action
	for _, e := range entries {
		actions = append(actions, e.Action)
		require.Equal(t, "grace", e.Actor)
		require.Equal(t, "192.0.2.7", e.From)
		require.Equal(t, b.now, e.At)
	}
	require.Equal(t, []apikey.Action{apikey.ActionEnable, apikey.ActionDisable, apikey.ActionUpdate, apikey.ActionCreate}, actions)
	require.Equal(t, []apikey.FieldChange{
		{Field: "name", From: "a", To: "b"},
		{Field: "description", From: "", To: "for the edge"},
		{Field: "role", From: "Viewer", To: "Agent"},
		{Field: "endpoints", From: nil, To: []string{"metrics"}},
		{Field: "allowedCidrs", From: nil, To: []string{"10.0.0.0/8"}},
		{Field: "expiresAt", From: "2027-04-01T12:00:00Z", To: nil},
	}, entries[2].Changes)
	require.Equal(t, []apikey.FieldChange{{Field: "enabled", From: true, To: false}}, entries[1].Changes)
}

func TestRevokeCannotBeUndone(t *testing.T) {
	b := newBench(t, false)
	k := b.create(t, apikey.NewKey{Name: "a"}).Key
	got, err := b.End(admin(t), k.ID, apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	require.Equal(t, b.now, got.RevokedAt)
	b.now = b.now.Add(time.Hour)
	got, err = b.End(admin(t), k.ID, apikey.End{How: apikey.Revoke})
	require.NoError(t, err, "once more changes nothing")
	require.Equal(t, b.now.Add(-time.Hour), got.RevokedAt)

	on, name := true, "old a"
	_, err = b.Update(admin(t), k.ID, apikey.Update{Enabled: &on}, false)
	requireCode(t, apikey.CodeConflict, err)
	_, err = b.Update(admin(t), k.ID, apikey.Update{Lifetime: apikey.Never()}, false)
	requireCode(t, apikey.CodeConflict, err)
	_, err = b.Update(admin(t), k.ID, apikey.Update{Name: &name}, false)
	require.NoError(t, err, "its name may be given to another key")
	_, err = b.Rotate(admin(t), k.ID, apikey.Rotation{Overlap: time.Hour})
	requireCode(t, apikey.CodeConflict, err)
}

func TestTheLastUsableAdminKeyIsKept(t *testing.T) {
	b := newBench(t, true)
	first, err := b.Bootstrap(t.Context(), 1, true)
	require.NoError(t, err)
	id := first.Key.ID
	require.Zero(t, first.Key.ExpiresAt)
	off, viewer, limited, office := false, apikey.RoleViewer, []string{"scim"}, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	attempts := map[string]func(force bool) error{
		"revoke": func(force bool) error {
			_, err := b.End(admin(t), id, apikey.End{How: apikey.Revoke, Force: force})
			return err
		},
		"disable": func(force bool) error {
			_, err := b.Update(admin(t), id, apikey.Update{Enabled: &off}, force)
			return err
		},
		"demote": func(force bool) error {
			_, err := b.Update(admin(t), id, apikey.Update{Role: &viewer}, force)
			return err
		},
		"limit": func(force bool) error {
			_, err := b.Update(admin(t), id, apikey.Update{Endpoints: &limited}, force)
			return err
		},
		"bind to addresses": func(force bool) error {
			_, err := b.Update(admin(t), id, apikey.Update{AllowedCIDRs: &office}, force)
			return err
		},
		"let expire": func(force bool) error {
			_, err := b.Update(admin(t), id, apikey.Update{Lifetime: apikey.ExpiresIn(apikey.DefaultTTL)}, force)
			return err
		},
		"delete": func(force bool) error {
			_, err := b.End(admin(t), id, apikey.End{How: apikey.Delete, Force: force})
			return err
		},
	}
	refused := func(why string) {
		t.Helper()
		for what, attempt := range attempts {
			err := attempt(false)
			require.Error(t, err, what+": "+why)
			requireCode(t, apikey.CodeLastAdmin, err)
		}
	}
	refused("there is no other")
	b.create(t, apikey.NewKey{Name: "viewer"})
	b.create(t, apikey.NewKey{Name: "limited", Role: apikey.RoleAdmin, Endpoints: []string{"scim"}})
	short := b.create(t, apikey.NewKey{Name: "short", Role: apikey.RoleAdmin, Lifetime: apikey.ExpiresIn(time.Hour)})
	b.now = b.now.Add(2 * time.Hour)
	require.Equal(t, apikey.StateExpired, short.Key.State(b.now))
	_, err = b.Create(as(t, 2, apikey.RoleAdmin), apikey.NewKey{Name: "elsewhere", Role: apikey.RoleAdmin})
	require.NoError(t, err)
	refused("the others cannot manage this organization's keys")

	name := "the one"
	_, err = b.Update(admin(t), id, apikey.Update{Name: &name}, false)
	require.NoError(t, err, "a change that leaves it usable is none of the guard's business")
	_, err = b.Rotate(admin(t), id, apikey.Rotation{Overlap: time.Hour, Lifetime: apikey.Never()})
	require.NoError(t, err)
	refused("another token is no other key")
	require.NoError(t, attempts["disable"](true), "unless it is forced")
	b.create(t, apikey.NewKey{Name: "another", Role: apikey.RoleAdmin})
	require.NoError(t, attempts["delete"](false))
}

// A change that makes the last one better, or leaves it as good, needs no force.
func TestTheLastUsableAdminKeyMayGetBetter(t *testing.T) {
	b := newBench(t, true)
	first, err := b.Bootstrap(t.Context(), 1, true)
	require.NoError(t, err)
	blocks := func(list ...string) *[]netip.Prefix {
		out, err := apikey.ParseCIDRs(list)
		require.NoError(t, err)
		return &out
	}
	day := 24 * time.Hour
	const usedUp = "when it has used up its day, nobody could manage keys until the next one, or lift the limit"
	for _, step := range []struct {
		what    string
		change  apikey.Update
		refused string
	}{
		{"an end", apikey.Update{Lifetime: apikey.ExpiresIn(30 * day)}, "when it expires, nobody could manage keys"},
		{"a later end", apikey.Update{Lifetime: apikey.ExpiresIn(60 * day)}, ""},
		{"an earlier end", apikey.Update{Lifetime: apikey.ExpiresIn(59 * day)}, "when it expires, nobody could manage keys"},
		{"two blocks", apikey.Update{AllowedCIDRs: blocks("10.0.0.0/8", "2001:db8::/32")}, "from other addresses nobody could manage keys"},
		{"the same, and one more", apikey.Update{AllowedCIDRs: blocks("10.0.0.0/8", "2001:db8::/32", "192.0.2.1")}, ""},
		{"wider blocks", apikey.Update{AllowedCIDRs: blocks("10.0.0.0/7", "2001:db8::/31", "192.0.2.0/24")}, ""},
		{"one of them", apikey.Update{AllowedCIDRs: blocks("10.0.0.0/7", "192.0.2.0/24")}, "from other addresses nobody could manage keys"},
		{"a part of one", apikey.Update{AllowedCIDRs: blocks("10.0.0.0/8", "192.0.2.0/24")}, "from other addresses nobody could manage keys"},
		{"all addresses", apikey.Update{AllowedCIDRs: blocks()}, ""},
		{"no end", apikey.Update{Lifetime: apikey.Never()}, ""},
		{"so many at once", apikey.Update{Limits: &apikey.Limits{RequestsPerSecond: 1, Concurrent: 1, BytesPerSecond: 1}}, ""},
		{"so many a day", apikey.Update{Limits: &apikey.Limits{RequestsPerDay: 100}}, usedUp},
		{"more a day", apikey.Update{Limits: &apikey.Limits{RequestsPerDay: 200}}, ""},
		{"fewer a day", apikey.Update{Limits: &apikey.Limits{RequestsPerDay: 199}}, usedUp},
		{"bytes as well", apikey.Update{Limits: &apikey.Limits{RequestsPerDay: 199, BytesPerDay: 1 << 30}}, usedUp},
		{"none", apikey.Update{Limits: &apikey.Limits{}}, ""},
	} {
		_, err := b.Update(admin(t), first.Key.ID, step.change, false)
		if step.refused == "" {
			require.NoError(t, err, step.what)
			continue
		}
		requireCode(t, apikey.CodeLastAdmin, err)
		require.ErrorContains(t, err, "is the last usable Admin key; "+step.refused+". Create another Admin key first.", step.what)
		_, err = b.Update(admin(t), first.Key.ID, step.change, true)
		require.NoError(t, err, "unless it is forced: "+step.what)
	}

	// With another that is usable, nothing is lost.
	next := b.create(t, apikey.NewKey{Name: "next", Role: apikey.RoleAdmin, Lifetime: apikey.Never()})
	_, err = b.Update(admin(t), first.Key.ID, apikey.Update{Lifetime: apikey.ExpiresIn(time.Minute)}, false)
	require.NoError(t, err)
	_, err = b.Update(admin(t), next.Key.ID, apikey.Update{Lifetime: apikey.ExpiresIn(time.Minute)}, false)
	requireCode(t, apikey.CodeLastAdmin, err)
}

func TestInsideGrafanaTheLastAdminKeyIsAKeyLikeOthers(t *testing.T) {
	b := newBench(t, false)
	k := b.create(t, apikey.NewKey{Name: "a", Role: apikey.RoleAdmin}).Key
	_, err := b.End(admin(t), k.ID, apikey.End{How: apikey.Delete})
	require.NoError(t, err)
}

func TestBootstrapHappensOnce(t *testing.T) {
	b := newBench(t, true)
	first, err := b.Bootstrap(t.Context(), 1, true)
	require.NoError(t, err)
	again, err := b.Bootstrap(t.Context(), 1, true)
	require.NoError(t, err)
	require.Nil(t, again)
	_, err = b.End(admin(t), first.Key.ID, apikey.End{How: apikey.Delete, Force: true})
	require.NoError(t, err)
	again, err = b.Bootstrap(t.Context(), 1, true)
	require.NoError(t, err)
	require.Nil(t, again, "not even when all keys are gone: that takes the deliberate form")
	reset, err := b.Bootstrap(t.Context(), 1, false)
	require.NoError(t, err)
	require.True(t, reset.Key.UsableAdmin(b.now))

	grants, err := b.store.Issued(t.Context())
	require.NoError(t, err)
	require.Empty(t, grants, "it ends nobody's password access")
	b.create(t, apikey.NewKey{Name: "k", Role: apikey.RoleAgent, Endpoints: []string{"x", "y"}, Pool: "p"})
	grants, err = b.store.Issued(t.Context())
	require.NoError(t, err)
	require.ElementsMatch(t, []apikey.Grant{{OrgID: 1, Role: apikey.RoleAgent, Pool: "p", Endpoint: "x"}, {OrgID: 1, Role: apikey.RoleAgent, Pool: "p", Endpoint: "y"}}, grants)
}

func TestPagesFollowOneAnother(t *testing.T) {
	b := newBench(t, false)
	for _, name := range []string{"d", "B", "a", "C", "e"} {
		b.create(t, apikey.NewKey{Name: name})
	}
	var names []string
	for after := (*apikey.Position)(nil); ; {
		keys, next, err := b.Keys(admin(t), apikey.Query{Limit: 2, After: after})
		require.NoError(t, err)
		for _, k := range keys {
			names = append(names, k.Name)
		}
		if after = next; next == nil {
			break
		}
	}
	require.Equal(t, []string{"a", "B", "C", "d", "e"}, names)
	n, err := b.CountKeys(admin(t), apikey.Query{Limit: 1})
	require.NoError(t, err)
	require.EqualValues(t, 5, n)
	_, _, err = b.Keys(admin(t), apikey.Query{Limit: 501, Sort: "colour"})
	require.Equal(t, []string{"sort", "limit"}, fields(t, err))
}

func TestAReplicaThatCannotCatchUpIsTold(t *testing.T) {
	b := newBench(t, false)
	peppers, err := apikey.NewPeppers(apikey.NewPepper())
	require.NoError(t, err)
	s := apikey.NewService(b.store, peppers, apikey.Options{Changed: func(context.Context) error { return context.DeadlineExceeded }})
	_, err = s.Create(admin(t), apikey.NewKey{Name: "a", Role: apikey.RoleViewer})
	requireCode(t, apikey.CodeUnavailable, err)
	require.Contains(t, err.Error(), "The change is stored")
}
