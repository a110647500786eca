package apikey_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

func foreign(name string, change func(*apikey.ForeignKey)) apikey.ForeignKey {
	k := apikey.ForeignKey{
		Source: "7", Name: name, Role: apikey.RoleViewer, Enabled: true, Hint: "x…",
		Origin: apikey.Origin{System: "other", Handle: name, Hash: "slow " + name}, Mark: "other " + name,
	}
	if change != nil {
		change(&k)
	}
	return k
}

func (b *bench) importKeys(t *testing.T, dryRun bool, keys ...apikey.ForeignKey) []apikey.Takeover {
	t.Helper()
	done, err := b.Import(admin(t), keys, dryRun)
	require.NoError(t, err)
	require.Len(t, done, len(keys))
	for _, d := range done {
		require.Equal(t, d.Key == nil, d.Skip != "", "taken over or skipped for a reason")
	}
	return done
}

func TestImportTakesOverWhatItCan(t *testing.T) {
	b := newBench(t, false)
	b.create(t, apikey.NewKey{Name: "taken"})
	b.create(t, apikey.NewKey{Name: "taken twice"})
	b.create(t, apikey.NewKey{Name: "taken twice (from other 7)"})
	end := b.now.Add(time.Hour)
	created := b.now.AddDate(-1, 0, 0)
	keys := []apikey.ForeignKey{
		foreign("plain", func(k *apikey.ForeignKey) {
			k.Chosen.Endpoints, k.ExpiresAt, k.CreatedAt = []string{"b", "a", "b"}, end, created
		}),
		foreign("disabled", func(k *apikey.ForeignKey) { k.Enabled = false }),
		foreign("taken", nil),
		foreign("taken twice", nil),
		foreign("plain", func(k *apikey.ForeignKey) { k.Mark, k.Source = "another", "8" }),
		foreign("expired", func(k *apikey.ForeignKey) { k.ExpiresAt = b.now }),
		foreign("known to be bad", func(k *apikey.ForeignKey) { k.Skip = "it was revoked" }),
		foreign("bell\a", nil),
		foreign("same mark", func(k *apikey.ForeignKey) { k.Mark = "other plain" }),
	}
	before := b.changed
	for _, dryRun := range []bool{true, false} {
		done := b.importKeys(t, dryRun, keys...)
		require.Equal(t, []string{"", "", "", "", "", "it expired 2027-01-01T12:00:00Z", "it was revoked", "its name holds the character U+0007 at byte 4, which is a control character", "it was taken over before"},
			[]string{done[0].Skip, done[1].Skip, done[2].Skip, done[3].Skip, done[4].Skip, done[5].Skip, done[6].Skip, done[7].Skip, done[8].Skip})
		require.Equal(t, []string{"is disabled, as it was"}, done[1].Notes)
		require.Equal(t, "taken (from other 7)", done[2].Key.Name)
		require.Len(t, done[2].Notes, 1)
		require.Equal(t, "taken twice (from "+done[3].Key.ID+")", done[3].Key.Name)
		require.Equal(t, "plain (from other 8)", done[4].Key.Name)
		if dryRun {
			page, _, err := b.Keys(admin(t), apikey.Query{})
			require.NoError(t, err)
			require.Len(t, page, 3)
			require.Equal(t, before, b.changed)
			continue
		}
		k, err := b.Key(admin(t), done[0].Key.ID)
		require.NoError(t, err)
		require.Equal(t, []string{"a", "b"}, k.Endpoints)
		require.Equal(t, end, k.ExpiresAt)
		require.Equal(t, created, k.CreatedAt)
		require.Equal(t, &keys[0].Origin, k.Tokens[0].Origin)
		require.Equal(t, apikey.StateActive, k.State(b.now))
		k, err = b.Key(admin(t), done[1].Key.ID)
		require.NoError(t, err)
		require.False(t, k.Enabled)
		issued, err := b.store.Issued(t.Context())
		require.NoError(t, err)
		require.Contains(t, issued, apikey.Grant{OrgID: 1, Role: apikey.RoleViewer, Endpoint: "a"})
	}
	require.Equal(t, before+1, b.changed)
	require.Equal(t, []string{"import plain (from other 8)", "import taken twice (from " + b.find(t, "taken twice (from ").ID + ")"}, b.trail(t, 2))
}

// find returns the key whose name begins so, and is the last that does.
func (b *bench) find(t *testing.T, prefix string) (found *apikey.Key) {
	t.Helper()
	page, _, err := b.Keys(admin(t), apikey.Query{Search: prefix, Sort: apikey.SortNumber})
	require.NoError(t, err)
	for _, k := range page {
		if strings.HasPrefix(k.Name, prefix) {
			found = k
		}
	}
	require.NotNil(t, found)
	return found
}

func TestImportNeverGivesMoreThanThePolicy(t *testing.T) {
	b := newBench(t, false)
	b.policy = apikey.Policy{DefaultTTL: time.Hour, MaxTTL: 24 * time.Hour, Roles: []apikey.Role{apikey.RoleViewer}}
	done := b.importKeys(t, false,
		foreign("never", nil),
		foreign("long", func(k *apikey.ForeignKey) { k.ExpiresAt = b.now.AddDate(1, 0, 0) }),
		foreign("short", func(k *apikey.ForeignKey) { k.ExpiresAt = b.now.Add(time.Minute) }),
		foreign("admin", func(k *apikey.ForeignKey) { k.Role = apikey.RoleAdmin }))
	require.Equal(t, b.now.Add(24*time.Hour), done[0].Key.ExpiresAt)
	require.Equal(t, b.now.Add(24*time.Hour), done[1].Key.ExpiresAt)
	require.Equal(t, b.now.Add(time.Minute), done[2].Key.ExpiresAt)
	require.Empty(t, done[2].Notes)
	require.Equal(t, "the policy of this organization does not allow new Admin keys; it allows Viewer", done[3].Skip)
}

// Why a key is skipped is a sentence about it, whichever field is wrong.
func TestImportSaysWhatIsWrongInASentence(t *testing.T) {
	b := newBench(t, false)
	long := strings.Repeat("x", 400)
	choose := func(change func(*apikey.ImportChoice)) func(*apikey.ForeignKey) {
		return func(k *apikey.ForeignKey) { change(&k.Chosen) }
	}
	for want, k := range map[string]apikey.ForeignKey{
		"a key needs a name of 1 to 255 characters":                               foreign(" ", nil),
		"its name has 400 characters; at most 255 are allowed":                    foreign(long, nil),
		"its name is not valid UTF-8":                                             foreign("\xff", nil),
		"its name has no character that can be seen":                              foreign("\u2800", nil),
		"its name begins with U+0301, which is a part of the character before it": foreign("\u0301a", nil),
		`its endpoint "a b" may hold only letters, digits and, after the first character, . _ -`: foreign("endpoint",
			choose(func(c *apikey.ImportChoice) { c.Endpoints = []string{"a b"} })),
		"its owner has 400 characters; at most 255 are allowed": foreign("owner",
			choose(func(c *apikey.ImportChoice) { c.Owner = long })),
		`its label "Team" may hold only small letters and, after the first, digits, _ and -`: foreign("label",
			choose(func(c *apikey.ImportChoice) { c.Labels = map[string]string{"Team": "a"} })),
		"the value of team has 400 characters; it must have 1 to 63": foreign("value",
			choose(func(c *apikey.ImportChoice) { c.Labels = map[string]string{"team": long} })),
		`its tenant "*" stands for any tenant and must stand alone`: foreign("tenant",
			choose(func(c *apikey.ImportChoice) { c.Tenants = []string{"*", "a"} })),
	} {
		require.Equal(t, want, b.importKeys(t, true, k)[0].Skip)
	}
}

func TestWhatWasImportedDoesNotComeBack(t *testing.T) {
	b := newBench(t, false)
	k := b.importKeys(t, false, foreign("a", nil))[0].Key
	_, err := b.End(admin(t), k.ID, apikey.End{How: apikey.Delete})
	require.NoError(t, err)
	require.Equal(t, "it was taken over before", b.importKeys(t, false, foreign("a", nil))[0].Skip)
	other := foreign("a", func(k *apikey.ForeignKey) { k.Mark = "made again" })
	require.Empty(t, b.importKeys(t, false, other)[0].Skip)
	_, err = b.Import(as(t, 1, apikey.RoleEditor), []apikey.ForeignKey{other}, false)
	requireCode(t, apikey.CodeForbidden, err)
}

func TestAdoptReplacesTheSlowHashOnce(t *testing.T) {
	b := newBench(t, false)
	k := b.importKeys(t, false, foreign("a", nil))[0].Key
	first, second := apikey.Digest{1}, apikey.Digest{2}
	id := apikey.ID([]byte(k.ID))
	adopt := func(org int64, hash string, digest apikey.Digest) error {
		return b.Adopt(t.Context(), apikey.Adoption{OrgID: org, KeyID: id, TokenID: id, Hash: hash, Digest: digest, PepperID: "p"})
	}
	require.NoError(t, adopt(1, "another hash", first))
	kept, err := b.Key(admin(t), k.ID)
	require.NoError(t, err)
	require.Equal(t, k.Tokens, kept.Tokens)
	require.NoError(t, adopt(1, "slow a", first))
	require.NoError(t, adopt(1, "slow a", second))
	require.NoError(t, adopt(1, "", second))
	kept, err = b.Key(admin(t), k.ID)
	require.NoError(t, err)
	require.Equal(t, first, kept.Tokens[0].Digest)
	require.Equal(t, "p", kept.Tokens[0].PepperID)
	require.Equal(t, &apikey.Origin{System: "other", Handle: "a"}, kept.Tokens[0].Origin)
	requireCode(t, apikey.CodeNotFound, adopt(2, "slow a", first))

	// A rotated key keeps the token that was taken over, and gets one of our own.
	issued, err := b.Rotate(admin(t), k.ID, apikey.Rotation{Overlap: time.Hour})
	require.NoError(t, err)
	require.Nil(t, issued.Key.Newest().Origin)
	kept, err = b.Key(admin(t), k.ID)
	require.NoError(t, err)
	require.Equal(t, first, kept.Tokens[0].Digest)
	require.Equal(t, b.now.Add(time.Hour), kept.Tokens[0].ExpiresAt)
}

// A key has only texts that can be listed, even if its source holds others.
func TestImportTidiesWhatItTakes(t *testing.T) {
	b := newBench(t, false)
	far := foreign("far", func(k *apikey.ForeignKey) {
		k.ExpiresAt, k.CreatedAt = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(292_277_026_596, 1, 1, 0, 0, 0, 0, time.UTC)
		k.Hint, k.Source, k.Description, k.Owner = "\x1b[31m", strings.Repeat("9", 400), "\x00", "a\nb"
	})
	again := far
	again.Mark = "another"
	early := foreign("early", func(k *apikey.ForeignKey) { k.CreatedAt = time.Unix(-1, 0) })
	done := b.importKeys(t, false, far, again, early)
	require.True(t, done[0].Key.ExpiresAt.IsZero())
	require.Equal(t, []string{"never expires, because it would after the year 9999"}, done[0].Notes)
	require.Equal(t, b.now, done[0].Key.CreatedAt)
	require.Equal(t, "…", done[0].Key.Newest().Hint)
	require.Empty(t, done[0].Key.Description)
	require.Equal(t, "grace", done[0].Key.Owner, "whoever takes it over")
	owned := b.importKeys(t, true, foreign("owned", func(k *apikey.ForeignKey) { k.Owner = " ada " }))
	require.Equal(t, "ada", owned[0].Key.Owner)
	require.Equal(t, "far (from other ?)", done[1].Key.Name)
	require.Equal(t, b.now, done[2].Key.CreatedAt)
}

// What was taken over before gets other endpoints, and keeps all else that
// became of it.
func TestImportAgainWithOtherEndpoints(t *testing.T) {
	b := newBench(t, false)
	opens := func(endpoints ...string) func(*apikey.ForeignKey) {
		return func(k *apikey.ForeignKey) { k.Chosen.Endpoints = endpoints }
	}
	names := []string{"stays", "renamed", "revoked", "deleted", "adopted"}
	keys := func(endpoints ...string) (all []apikey.ForeignKey) {
		for _, name := range names {
			all = append(all, foreign(name, opens(endpoints...)))
		}
		return all
	}
	first := b.importKeys(t, false, keys("a")...)
	_, err := b.Update(admin(t), first[1].Key.ID, apikey.Update{Name: new("another name")}, false)
	require.NoError(t, err)
	_, err = b.End(admin(t), first[2].Key.ID, apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	_, err = b.End(admin(t), first[3].Key.ID, apikey.End{How: apikey.Delete})
	require.NoError(t, err)

	for _, dryRun := range []bool{true, false} {
		done := b.importKeys(t, dryRun, keys("b", "a")...)
		for i, want := range []string{"", "", "it was taken over before, and was revoked since", "it was taken over before", ""} {
			require.Equal(t, want, done[i].Skip, names[i])
			require.Equal(t, want == "", done[i].Again)
		}
		require.Equal(t, []string{"opened a so far"}, done[0].Notes)
		k, err := b.Key(admin(t), first[1].Key.ID)
		require.NoError(t, err)
		require.Equal(t, "another name", k.Name)
		if dryRun {
			require.Equal(t, []string{"a"}, k.Endpoints)
		} else {
			require.Equal(t, []string{"a", "b"}, k.Endpoints)
		}
	}
	for _, again := range [][]string{{"a", "b"}, nil} {
		for _, d := range b.importKeys(t, false, keys(again...)...) {
			require.NotEmpty(t, d.Skip, "nothing to change, and without a choice nothing is opened")
		}
	}

	// Two servers give the same numbers. Which key it is cannot be known, so none is
	// changed, unless the hash decides.
	other := foreign("stays", func(k *apikey.ForeignKey) {
		k.Origin.Hash, k.Mark, k.Chosen.Endpoints = "another hash", "of another server", []string{"c"}
	})
	require.False(t, b.importKeys(t, false, other)[0].Again)
	done := b.importKeys(t, false, foreign("stays", opens("d")))
	require.True(t, done[0].Again)
	require.Equal(t, first[0].Key.ID, done[0].Key.ID)
}

// Who answers for the keys, and their labels, are chosen as they are taken over, or later.
func TestImportWithOwnerAndLabels(t *testing.T) {
	b := newBench(t, false)
	choose := func(c apikey.ImportChoice, by string) func(*apikey.ForeignKey) {
		return func(k *apikey.ForeignKey) { k.Chosen, k.Owner = c, by }
	}
	sre := apikey.ImportChoice{Owner: " sre ", Labels: map[string]string{"team": "sre", "from": "kuma"}}
	for _, dryRun := range []bool{true, false} {
		done := b.importKeys(t, dryRun, foreign("a", choose(sre, "ada")), foreign("b", choose(apikey.ImportChoice{}, "ada")),
			foreign("c", choose(apikey.ImportChoice{}, "")), foreign("d", choose(sre, "")))
		require.Equal(t, []string{"sre", "ada", "grace", "sre"},
			[]string{done[0].Key.Owner, done[1].Key.Owner, done[2].Key.Owner, done[3].Key.Owner})
		require.Equal(t, sre.Labels, done[0].Key.Labels)
		require.Empty(t, done[1].Key.Labels)
		require.Equal(t, []string{`was owned by "ada"`}, done[0].Notes)
		require.Empty(t, done[3].Notes)
	}
	a := b.find(t, "a")
	require.Equal(t, sre.Labels, a.Labels)
	require.Contains(t, b.trail(t, 4), "import a")

	again := func(name string, c apikey.ImportChoice) apikey.Takeover {
		t.Helper()
		return b.importKeys(t, false, foreign(name, choose(c, "ada")))[0]
	}
	require.NotEmpty(t, again("a", sre).Skip, "there is nothing to change")
	done := again("a", apikey.ImportChoice{Owner: "edge", Labels: map[string]string{"team": "edge", "env": "live"}})
	require.True(t, done.Again)
	require.Equal(t, []string{`was owned by "sre" so far`, "had the labels from=kuma, team=sre so far"}, done.Notes)
	require.Equal(t, map[string]string{"team": "edge", "env": "live", "from": "kuma"}, b.find(t, "a").Labels)
	require.Equal(t, "edge", b.find(t, "a").Owner)
	require.Equal(t, []string{"update a"}, b.trail(t, 1))

	many := apikey.ImportChoice{Labels: map[string]string{}}
	for i := range apikey.MaxLabels {
		many.Labels[fmt.Sprint("l", i)] = "x"
	}
	require.Equal(t, "it was taken over before, and would have 19 labels; at most 16 are allowed", again("a", many).Skip)
	require.Len(t, b.find(t, "a").Labels, 3)
	for wrong, want := range map[string]apikey.ImportChoice{
		"its label ":    {Labels: map[string]string{"Team": "x"}},
		"its owner ":    {Owner: "a\x00b"},
		"its endpoint ": {Endpoints: []string{"a b"}},
	} {
		require.Contains(t, again("new", want).Skip, wrong)
	}
}

// meddled is a store in which somebody is at work right after all keys were read.
type meddled struct {
	apikey.Store
	meddle func()
}

func (m *meddled) Keys(ctx context.Context, q apikey.Query) ([]*apikey.Key, error) {
	keys, err := m.Store.Keys(ctx, q)
	if m.meddle != nil && q.Search == "" {
		m.meddle()
	}
	return keys, err
}

// What a key is when it is changed counts, not what it was when it was looked for.
func TestImportAgainWhileOthersChangeTheKey(t *testing.T) {
	b := newBench(t, false)
	first := b.importKeys(t, false, foreign("crowded", nil), foreign("revoked", nil), foreign("gone", nil))
	crowded := map[string]string{}
	for i := range apikey.MaxLabels {
		crowded[fmt.Sprint("l", i)] = "x"
	}
	store := &meddled{Store: b.store}
	store.meddle = func() {
		_, err := b.Update(admin(t), first[0].Key.ID, apikey.Update{Labels: &crowded}, false)
		require.NoError(t, err)
		_, err = b.End(admin(t), first[1].Key.ID, apikey.End{How: apikey.Revoke})
		require.NoError(t, err)
		_, err = b.End(admin(t), first[2].Key.ID, apikey.End{How: apikey.Delete})
		require.NoError(t, err)
		store.meddle = nil
	}
	s := apikey.NewService(store, b.peppers, apikey.Options{
		Now:    func() time.Time { return b.now },
		Policy: func(context.Context, int64) (apikey.Policy, error) { return b.policy, nil },
	})
	var again []apikey.ForeignKey
	for _, name := range []string{"crowded", "revoked", "gone"} {
		again = append(again, foreign(name, func(k *apikey.ForeignKey) {
			k.Chosen = apikey.ImportChoice{Owner: "sre", Labels: map[string]string{"team": "sre"}}
		}))
	}
	done, err := s.Import(admin(t), again, false)
	require.NoError(t, err)
	require.Nil(t, store.meddle)
	require.Equal(t, "it was taken over before, and would have 17 labels; at most 16 are allowed", done[0].Skip)
	require.Equal(t, "it was taken over before, and was revoked since", done[1].Skip)
	require.Equal(t, "it was taken over before", done[2].Skip)
	require.Equal(t, crowded, b.find(t, "crowded").Labels)
	require.Equal(t, "grace", b.find(t, "crowded").Owner, "nothing is half done")
}
