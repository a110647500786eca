package storetest

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

func testRoundTrip(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	keys := []*apikey.Key{newKey(1, "plain"), fullKey("full")}
	empty := newKey(1, "empty lists")
	empty.Endpoints, empty.AllowedCIDRs = []string{}, []netip.Prefix{}
	none := newKey(1, "no role, no creator")
	none.Role, none.CreatedBy, none.Tokens[0].Hint, none.Tokens[0].PepperID = apikey.RoleNone, "", "", ""
	for _, role := range apikey.Roles() {
		k := newKey(1, role.String())
		k.Role = role
		keys = append(keys, k)
	}
	keys = append(keys, empty, none)
	for _, k := range keys {
		insert(t, s, k)
		require.Positive(t, k.Number)
		require.Positive(t, k.Seq)
		got, err := other.Key(t.Context(), 1, k.ID)
		require.NoError(t, err)
		equal(t, k, got)
		write(t, other, func(tx apikey.Tx) error {
			got, err := tx.Key(t.Context(), 1, k.ID)
			require.NoError(t, err)
			equal(t, k, got)
			return nil
		})
	}
	equal(t, keys, all(t, other, 1))
	f := follow(other)
	f.load(t)
	f.requireKeys(t, keys)
	f = follow(other)
	f.catchUp(t, 2)
	f.requireKeys(t, keys)
}

func testTimes(t *testing.T, open Opener) {
	s := open(t)
	moments := []time.Time{
		start,
		start.Add(time.Millisecond),
		start.Add(999*time.Millisecond + 999*time.Microsecond),
		start.In(time.FixedZone("", 5*3600)),
		time.Date(2126, 12, 31, 23, 59, 59, 999e6, time.UTC),
		time.UnixMilli(1).UTC(),
	}
	for i, at := range moments {
		k := newKey(1, fmt.Sprint(i))
		k.CreatedAt, k.ExpiresAt, k.RevokedAt = at, at.Add(time.Second), at.Add(2*time.Second)
		insert(t, s, k)
		got, err := s.Key(t.Context(), 1, k.ID)
		require.NoError(t, err)
		require.Equal(t, at.UTC().Truncate(apikey.TimeUnit), got.CreatedAt)
		require.Equal(t, at.Add(time.Second).UTC().Truncate(apikey.TimeUnit), got.ExpiresAt)
		require.Equal(t, at.Add(2*time.Second).UTC().Truncate(apikey.TimeUnit), got.RevokedAt)
	}

	k := newKey(1, "expires as time begins")
	k.ExpiresAt = time.Unix(0, 0)
	insert(t, s, k)
	got, err := s.Key(t.Context(), 1, k.ID)
	require.NoError(t, err)
	require.False(t, got.ExpiresAt.IsZero(), "a key that expired long ago must not become one that never expires")
	require.WithinDuration(t, time.Unix(0, 0), got.ExpiresAt, time.Second)
}

func testLongTexts(t *testing.T, open Opener) {
	s := open(t)
	k := newKey(1, strings.Repeat("🔑", apikey.MaxNameLength))
	k.Description = strings.Repeat("Ä", apikey.MaxDescriptionLength)
	k.Pool = strings.Repeat("p", apikey.MaxPoolNameLength)
	for i := range apikey.MaxEndpoints {
		k.Endpoints = append(k.Endpoints, fmt.Sprintf("%062d.%d", i, i%10))
	}
	for i := range apikey.MaxCIDRs {
		k.AllowedCIDRs = append(k.AllowedCIDRs,
			netip.MustParsePrefix(fmt.Sprintf("2001:db8:1234:5678:9abc:def0:%x:0/112", 0x1000+i)))
	}
	twin := newKey(1, strings.Repeat("🔑", apikey.MaxNameLength-1)+"x")
	insert(t, s, k, twin)
	equal(t, []*apikey.Key{k, twin}, all(t, s, 1))
	for _, term := range []string{k.Name, k.Description, strings.ToLower(k.Description)} {
		found, err := s.Keys(t.Context(), apikey.Query{OrgID: 1, Search: term, Limit: 10, Now: start})
		require.NoError(t, err)
		equal(t, []*apikey.Key{k}, found)
	}
	found, err := s.Keys(t.Context(), apikey.Query{OrgID: 1, Search: strings.Repeat("x", 5000), Limit: 10, Now: start})
	require.NoError(t, err)
	require.Empty(t, found)
}

func testUpdate(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	k, bystander := newKey(1, "before"), newKey(1, "bystander")
	insert(t, s, k, bystander)
	use := apikey.KeyUsage{KeyID: idOf(t, k), Usage: apikey.Usage{Count: 3, LastAt: start, LastFrom: "192.0.2.1"}}
	require.NoError(t, s.RecordUsage(t.Context(), apikey.UsageBatch{Uses: []apikey.KeyUsage{use}}))

	changed := fullKey("after")
	changed.ID, changed.Number = k.ID, k.Number
	changed.CreatedAt = start.Add(time.Minute)
	changed.Usage = apikey.Usage{Count: 99} // none of Update's business
	update(t, other, changed)
	require.Greater(t, changed.Seq, bystander.Seq)
	got, err := s.Key(t.Context(), 1, k.ID)
	require.NoError(t, err)
	changed.Usage = use.Usage
	equal(t, changed, got)
	got, err = s.Key(t.Context(), 1, bystander.ID)
	require.NoError(t, err)
	equal(t, bystander, got)

	cleared := newKey(1, "after")
	cleared.ID, cleared.Number = k.ID, k.Number
	update(t, s, cleared)
	got, err = other.Key(t.Context(), 1, k.ID)
	require.NoError(t, err)
	cleared.Usage = use.Usage
	equal(t, cleared, got)

	before := cleared.Seq
	update(t, s, cleared) // the same again is a change
	require.Greater(t, cleared.Seq, before)
}

func testNotFound(t *testing.T, open Opener) {
	s := open(t)
	k, stranger := newKey(1, "here"), newKey(2, "elsewhere")
	insert(t, s, k, stranger)
	gone := newKey(1, "gone")
	insert(t, s, gone)
	remove(t, s, gone)
	missing := newKey(1, "missing")
	foreign := stranger.Clone()
	foreign.OrgID = 1
	for _, k := range []*apikey.Key{missing, gone, foreign} {
		_, err := s.Key(t.Context(), 1, k.ID)
		requireCode(t, apikey.CodeNotFound, err)
		for _, change := range []func(tx apikey.Tx) error{
			func(tx apikey.Tx) error { _, err := tx.Key(t.Context(), 1, k.ID); return err },
			func(tx apikey.Tx) error { return tx.Update(t.Context(), k) },
			func(tx apikey.Tx) error { return tx.Delete(t.Context(), k) },
		} {
			requireCode(t, apikey.CodeNotFound, s.Write(t.Context(), change))
		}
	}
	for _, id := range []string{"", "%", strings.ToUpper(k.ID) + "x", k.ID + " ", strings.Repeat("a", 10_000)} {
		_, err := s.Key(t.Context(), 1, id)
		requireCode(t, apikey.CodeNotFound, err)
	}
	equal(t, []*apikey.Key{k}, all(t, s, 1))
	equal(t, []*apikey.Key{stranger}, all(t, s, 2))
}

func testKeysByID(t *testing.T, open Opener) {
	s := open(t)
	a, b, revoked, stranger := newKey(1, "a"), newKey(1, "b"), newKey(1, "revoked"), newKey(2, "elsewhere")
	gone := newKey(1, "gone")
	revoked.RevokedAt = start
	insert(t, s, a, b, revoked, stranger, gone)
	remove(t, s, gone)
	use := apikey.KeyUsage{KeyID: idOf(t, a), Usage: apikey.Usage{Count: 3, LastAt: start}}
	require.NoError(t, s.RecordUsage(t.Context(), apikey.UsageBatch{Uses: []apikey.KeyUsage{use}}))

	byID := func(ids ...string) []*apikey.Key {
		t.Helper()
		keys, err := s.KeysByID(t.Context(), 1, ids)
		require.NoError(t, err)
		slices.SortFunc(keys, func(a, b *apikey.Key) int { return strings.Compare(a.Name, b.Name) })
		return keys
	}
	one := func(k *apikey.Key) *apikey.Key {
		t.Helper()
		found, err := s.Key(t.Context(), 1, k.ID)
		require.NoError(t, err)
		return found
	}
	equal(t, []*apikey.Key{one(a), one(b), one(revoked)},
		byID(revoked.ID, stranger.ID, "", a.ID, gone.ID, "%", "\x00", "\xff", b.ID, a.ID))
	require.Empty(t, byID())
	require.Empty(t, byID(stranger.ID))

	var many []*apikey.Key
	var ids []string
	for i := range 1000 {
		k := newKey(1, fmt.Sprintf("many %04d", i))
		many, ids = append(many, k), append(ids, k.ID)
	}
	insert(t, s, many...)
	require.Len(t, byID(ids...), len(many))
}

func testDelete(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	k, stays := newKey(1, "goes"), newKey(1, "stays")
	insert(t, s, k, stays)
	require.NoError(t, s.RecordUsage(t.Context(),
		apikey.UsageBatch{Uses: []apikey.KeyUsage{{KeyID: idOf(t, k), Usage: apikey.Usage{Count: 1, LastAt: start}}}}))
	write(t, s, func(tx apikey.Tx) error {
		return tx.AppendAudit(t.Context(),
			&apikey.AuditEntry{OrgID: 1, At: start, Action: apikey.ActionCreate, KeyID: k.ID})
	})
	f := follow(other)
	f.catchUp(t, 10)
	remove(t, s, k)

	f.catchUp(t, 10)
	f.requireKeys(t, []*apikey.Key{stays})
	late := follow(other)
	late.catchUp(t, 10)
	late.requireKeys(t, []*apikey.Key{stays})
	fresh := follow(other)
	fresh.load(t)
	fresh.requireKeys(t, []*apikey.Key{stays})
	require.Equal(t, f.seq, fresh.seq)

	equal(t, []*apikey.Key{stays}, all(t, other, 1))
	trail, err := other.Audit(t.Context(), apikey.AuditQuery{OrgID: 1, KeyID: k.ID, Limit: 10})
	require.NoError(t, err)
	require.Len(t, trail, 1)

	again := newKey(1, k.Name) // the name is free, and its usage begins at zero
	insert(t, other, again)
	got, err := s.Key(t.Context(), 1, again.ID)
	require.NoError(t, err)
	equal(t, again, got)
}

func testUniqueNames(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	k, second := newKey(1, "edge"), newKey(1, "second")
	insert(t, s, k, second)

	refused := func(err error) {
		t.Helper()
		requireCode(t, apikey.CodeDuplicateName, err)
		var e *apikey.Error
		require.ErrorAs(t, err, &e)
		require.Len(t, e.Fields, 1)
		require.Equal(t, "name", e.Fields[0].Field)
		require.Contains(t, e.Message, `"edge"`)
	}
	refused(other.Write(t.Context(), func(tx apikey.Tx) error { return tx.Insert(t.Context(), newKey(1, "edge")) }))
	renamed := second.Clone()
	renamed.Name = "edge"
	refused(other.Write(t.Context(), func(tx apikey.Tx) error { return tx.Update(t.Context(), renamed) }))
	equal(t, []*apikey.Key{k, second}, all(t, s, 1))

	insert(t, s, newKey(2, "edge"), newKey(1, "Edge"), newKey(1, "edge ")) // others, all of them
	update(t, s, k)                                                        // to its own name

	write(t, s, func(tx apikey.Tx) error { // a rotation moves a name in one transaction
		k.Name = "edge (rotated)"
		if err := tx.Update(t.Context(), k); err != nil {
			return err
		}
		return tx.Insert(t.Context(), newKey(1, "edge"))
	})
	require.Len(t, all(t, s, 1), 5)
}

func testNumbers(t *testing.T, open Opener) {
	s := open(t)
	seen := map[int64]bool{}
	for i := range 5 {
		k := newKey(int64(1+i%2), fmt.Sprint(i))
		insert(t, s, k)
		require.False(t, seen[k.Number], "number %d was given before", k.Number)
		seen[k.Number] = true
		remove(t, s, k)
	}
}

func testOrganizations(t *testing.T, open Opener) {
	s := open(t)
	for org := int64(1); org <= 3; org++ {
		for _, name := range []string{"alpha", "beta", "gamma"} {
			k := newKey(org, name)
			k.Role = apikey.RoleAdmin
			insert(t, s, k)
			write(t, s, func(tx apikey.Tx) error {
				return tx.AppendAudit(t.Context(),
					&apikey.AuditEntry{OrgID: org, At: start, Action: apikey.ActionCreate, KeyID: k.ID})
			})
		}
	}
	for _, q := range []apikey.Query{{}, {Search: "a"}, {Search: "alpha"}, {Roles: []apikey.Role{apikey.RoleAdmin}},
		{States: []apikey.State{apikey.StateActive}}} {
		for _, sort := range apikey.Sorts() {
			q.OrgID, q.Sort, q.Limit, q.Now = 2, sort, 100, start
			keys, err := s.Keys(t.Context(), q)
			require.NoError(t, err)
			require.NotEmpty(t, keys)
			for _, k := range keys {
				require.Equal(t, int64(2), k.OrgID)
			}
			n, err := s.CountKeys(t.Context(), q)
			require.NoError(t, err)
			require.EqualValues(t, len(keys), n)
		}
	}
	other := all(t, s, 3)[0]
	found, err := s.Keys(t.Context(), apikey.Query{OrgID: 2, Search: other.ID, Limit: 10, Now: start})
	require.NoError(t, err)
	require.Empty(t, found)
	trail, err := s.Audit(t.Context(), apikey.AuditQuery{OrgID: 2, Limit: 100})
	require.NoError(t, err)
	require.Len(t, trail, 3)
	trail, err = s.Audit(t.Context(), apikey.AuditQuery{OrgID: 2, KeyID: other.ID, Limit: 100})
	require.NoError(t, err)
	require.Empty(t, trail)
	keys, err := s.Keys(t.Context(), apikey.Query{OrgID: 4, Limit: 10, Now: start})
	require.NoError(t, err)
	require.Empty(t, keys)
}
