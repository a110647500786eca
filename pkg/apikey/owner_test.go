package apikey_test

import (
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// described is a key with all that says who it is and how far it goes.
func described() apikey.NewKey {
	return apikey.NewKey{
		Name: "k", Owner: " sre@example.com ", Labels: map[string]string{"team": " sre "}, Tenants: []string{"b", "a", "b"},
		Limits: apikey.Limits{RequestsPerSecond: 50, Burst: 100},
	}
}

func TestOwnersLabelsTenantsAndLimitsAreKept(t *testing.T) {
	b := newBench(t, false)
	k := b.create(t, described()).Key
	got, err := b.Key(admin(t), k.ID)
	require.NoError(t, err)
	require.Equal(t, "sre@example.com", got.Owner)
	require.Equal(t, map[string]string{"team": "sre"}, got.Labels)
	require.Equal(t, []string{"a", "b"}, got.Tenants)
	require.Equal(t, apikey.Limits{RequestsPerSecond: 50, Burst: 100}, got.Limits)
	require.Equal(t, "grace", b.create(t, apikey.NewKey{Name: "mine"}).Key.Owner, "the caller answers for it unless somebody is named")

	limits := apikey.Limits{BytesPerDay: 7}
	owner, labels, tenants := "", map[string]string{}, []string{apikey.AnyTenant}
	got, err = b.Update(admin(t), k.ID, apikey.Update{Owner: &owner, Labels: &labels, Tenants: &tenants, Limits: &limits}, false)
	require.NoError(t, err)
	require.Empty(t, got.Owner)
	require.Empty(t, got.Labels)
	require.Equal(t, []string{"*"}, got.Tenants)
	require.Equal(t, limits, got.Limits)

	entries, _, err := b.Audit(admin(t), apikey.AuditQuery{KeyID: k.ID})
	require.NoError(t, err)
	require.Equal(t, []apikey.FieldChange{
		{Field: "owner", From: "sre@example.com", To: ""},
		{Field: "labels", From: []string{"team=sre"}},
		{Field: "tenants", From: []string{"a", "b"}, To: []string{"*"}},
		{Field: "limits.requestsPerSecond", From: int64(50)},
		{Field: "limits.burst", From: int64(100)},
		{Field: "limits.bytesPerDay", To: int64(7)},
	}, entries[0].Changes)
	require.Equal(t, []apikey.FieldChange{
		{Field: "owner", To: "sre@example.com"},
		{Field: "labels", To: []string{"team=sre"}},
		{Field: "role", To: "Viewer"},
		{Field: "tenants", To: []string{"a", "b"}},
		{Field: "limits.requestsPerSecond", To: int64(50)},
		{Field: "limits.burst", To: int64(100)},
		{Field: "expiresAt", To: "2027-04-01T12:00:00Z"},
	}, entries[1].Changes)
}

// Each bad value is refused under the name of its field, when a key is made and when it is changed.
func TestBadOwnersLabelsTenantsAndLimits(t *testing.T) {
	b := newBench(t, false)
	k := b.create(t, apikey.NewKey{Name: "k"}).Key
	labels := func(pairs ...string) apikey.NewKey {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return apikey.NewKey{Labels: m}
	}
	many := map[string]string{}
	for i := range apikey.MaxLabels + 1 {
		many["l"+strconv.Itoa(i)] = "x"
	}
	token, _ := apikey.NewToken()
	for name, c := range map[string]struct {
		key   apikey.NewKey
		field string
	}{
		"long owner":             {apikey.NewKey{Owner: strings.Repeat("ä", 256)}, "owner"},
		"owner of two lines":     {apikey.NewKey{Owner: "a\nb"}, "owner"},
		"owner that turns text":  {apikey.NewKey{Owner: "a\u202eb"}, "owner"},
		"owner nobody sees":      {apikey.NewKey{Owner: "\u2800"}, "owner"},
		"a token as owner":       {apikey.NewKey{Owner: token}, "owner"},
		"too many labels":        {apikey.NewKey{Labels: many}, "labels"},
		"label without a name":   {labels("", "x"), "labels"},
		"capital in a name":      {labels("Team", "x"), "labels"},
		"digit first":            {labels("1a", "x"), "labels"},
		"long name":              {labels("a"+strings.Repeat("b", 32), "x"), "labels"},
		"another letter":         {labels("té", "x"), "labels"},
		"empty value":            {labels("team", " "), "labels"},
		"long value":             {labels("team", strings.Repeat("ä", 64)), "labels"},
		"value of two lines":     {labels("team", "a\nenv=b"), "labels"},
		"a token as value":       {labels("team", token), "labels"},
		"value that is no UTF-8": {labels("team", "\xff"), "labels"},
		"tenant with a slash":    {apikey.NewKey{Tenants: []string{"a/b"}}, "tenants"},
		"any tenant and another": {apikey.NewKey{Tenants: []string{"*", "a"}}, "tenants"},
		"negative limit":         {apikey.NewKey{Limits: apikey.Limits{Concurrent: -1}}, "limits.concurrent"},
		"limit beyond all":       {apikey.NewKey{Limits: apikey.Limits{BytesPerDay: 1<<52 + 1}}, "limits.bytesPerDay"},
		"burst of nothing":       {apikey.NewKey{Limits: apikey.Limits{Burst: 1}}, "limits.burst"},
	} {
		t.Run(name, func(t *testing.T) {
			c.key.Name, c.key.Role = "other", apikey.RoleViewer
			_, err := b.Create(admin(t), c.key)
			require.Equal(t, []string{c.field}, fields(t, err))
			require.NotContains(t, err.Error(), token)
			u := apikey.Update{Owner: &c.key.Owner, Labels: &c.key.Labels, Tenants: &c.key.Tenants, Limits: &c.key.Limits}
			_, err = b.Update(admin(t), k.ID, u, false)
			require.Equal(t, []string{c.field}, fields(t, err))
		})
	}
	most := maps.Clone(many)
	delete(most, "l0")
	most["l1"] = strings.Repeat("日", apikey.MaxLabelValueLength)
	_, err := b.Create(admin(t), apikey.NewKey{
		Name: "most", Role: apikey.RoleViewer, Owner: strings.Repeat("ä", apikey.MaxOwnerLength), Labels: most,
		Limits: apikey.Limits{RequestsPerSecond: 1e9, Burst: 1e9, Concurrent: 1e9, BytesPerSecond: 1 << 52, RequestsPerDay: 1 << 52, BytesPerDay: 1 << 52},
	})
	require.NoError(t, err)
}

func TestLimitsAsText(t *testing.T) {
	for text, want := range map[string]apikey.Limits{
		"":                                {},
		"requestsPerSecond=50":            {RequestsPerSecond: 50},
		"requestsPerSecond=50,burst=100":  {RequestsPerSecond: 50, Burst: 100},
		"bytesPerSecond=1,bytesPerDay=-2": {BytesPerSecond: 1, BytesPerDay: -2},
		"concurrent=3,requestsPerDay=4":   {Concurrent: 3, RequestsPerDay: 4},
	} {
		got, err := apikey.ParseLimits(text)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, text, got.String())
	}
	for _, text := range []string{"x", "rps=5", "burst", "burst=", "burst=1.5", "burst=1,burst=2", ",", "burst=1,"} {
		_, err := apikey.ParseLimits(text)
		require.Error(t, err, "%q", text)
	}
}

// A key that is disabled for a while is enabled again by itself. Nobody writes that down; the next change does.
func TestDisabledForAWhile(t *testing.T) {
	b := newBench(t, false)
	k := b.create(t, apikey.NewKey{Name: "k"}).Key
	off, on := false, true
	got, err := b.Update(admin(t), k.ID, apikey.Update{Enabled: &off, DisabledFor: time.Minute}, false)
	require.NoError(t, err)
	require.Equal(t, apikey.StateDisabled, got.State(b.now))
	require.Equal(t, b.now.Add(time.Minute), got.DisabledUntil)
	require.Contains(t, got.May(b.now), "enable")
	entries, _, err := b.Audit(admin(t), apikey.AuditQuery{KeyID: k.ID})
	require.NoError(t, err)
	require.Equal(t, apikey.ActionDisable, entries[0].Action)
	require.Equal(t, []apikey.FieldChange{
		{Field: "enabled", From: true, To: false}, {Field: "disabledUntil", To: "2027-01-01T12:01:00Z"},
	}, entries[0].Changes)

	states := func() (active int64) {
		n, err := b.CountKeys(admin(t), apikey.Query{States: []apikey.State{apikey.StateActive}})
		require.NoError(t, err)
		return n
	}
	require.Zero(t, states())
	b.now = b.now.Add(time.Minute)
	require.EqualValues(t, 1, states())
	got, err = b.Key(admin(t), k.ID)
	require.NoError(t, err)
	require.Equal(t, apikey.StateActive, got.State(b.now))
	require.Equal(t, []string{"edit", "rotate", "disable", "revoke", "delete"}, got.May(b.now))

	name := "renamed"
	got, err = b.Update(admin(t), k.ID, apikey.Update{Name: &name}, false)
	require.NoError(t, err)
	require.True(t, got.Enabled)
	require.Zero(t, got.DisabledUntil)
	entries, _, err = b.Audit(admin(t), apikey.AuditQuery{KeyID: k.ID})
	require.NoError(t, err)
	require.Equal(t, []apikey.FieldChange{{Field: "name", From: "k", To: "renamed"}}, entries[0].Changes)

	// Disabling it without a time makes it stay so; enabling it ends the time.
	for _, end := range []func() (*apikey.Key, error){
		func() (*apikey.Key, error) { return b.End(admin(t), k.ID, apikey.End{How: apikey.Disable}) },
		func() (*apikey.Key, error) { return b.Update(admin(t), k.ID, apikey.Update{Enabled: &off}, false) },
		func() (*apikey.Key, error) { return b.Update(admin(t), k.ID, apikey.Update{Enabled: &on}, false) },
	} {
		_, err = b.Update(admin(t), k.ID, apikey.Update{Enabled: &off, DisabledFor: time.Minute}, false)
		require.NoError(t, err)
		got, err = end()
		require.NoError(t, err)
		require.Zero(t, got.DisabledUntil)
	}

	for _, u := range []apikey.Update{
		{DisabledFor: time.Minute}, {Enabled: &on, DisabledFor: time.Minute}, {Enabled: &off, DisabledFor: -1}, {Enabled: &off, DisabledFor: apikey.MaxTTL + 1},
	} {
		_, err = b.Update(admin(t), k.ID, u, false)
		require.Equal(t, []string{"disabledFor"}, fields(t, err))
	}
}

// A key can be moved to another pool, which is made if it is not there, and its kind is noted.
func TestAKeyMovesToAnotherPool(t *testing.T) {
	b := newBench(t, false)
	k := b.create(t, apikey.NewKey{Name: "k", Pool: "old"}).Key
	pool, none, bad := "new", "", "a b"
	_, err := b.Update(admin(t), k.ID, apikey.Update{Pool: &bad}, false)
	require.Equal(t, []string{"pool"}, fields(t, err))
	got, err := b.Update(admin(t), k.ID, apikey.Update{Pool: &pool}, false)
	require.NoError(t, err)
	require.Equal(t, "new", got.Pool)
	pools, err := b.Pools(admin(t))
	require.NoError(t, err)
	require.Len(t, pools, 2)
	issued, err := b.store.Issued(t.Context())
	require.NoError(t, err)
	require.Contains(t, issued, apikey.Grant{OrgID: 1, Role: apikey.RoleViewer, Pool: "new"})
	got, err = b.Update(admin(t), k.ID, apikey.Update{Pool: &none}, false)
	require.NoError(t, err)
	require.Empty(t, got.Pool)
}

// Of a revoked key, who it is can still be changed, and nothing else.
func TestChangesToARevokedKey(t *testing.T) {
	b := newBench(t, false)
	k := b.create(t, described()).Key
	_, err := b.End(admin(t), k.ID, apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	owner, labels, pool := "ada", map[string]string{"team": "x"}, "p"
	_, err = b.Update(admin(t), k.ID, apikey.Update{Owner: &owner, Labels: &labels}, false)
	require.NoError(t, err)
	for _, u := range []apikey.Update{{Tenants: &[]string{"z"}}, {Limits: &apikey.Limits{}}, {Pool: &pool}, {DisabledFor: time.Minute}} {
		_, err = b.Update(admin(t), k.ID, u, false)
		requireCode(t, apikey.CodeConflict, err)
	}
}
