package state

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// everyChange has a change of a key for every field that one can have.
func everyChange() map[string]api.UpdateKey {
	to := func(s string) *string { return &s }
	list := func(s ...string) *[]string { return &s }
	off, labels := false, map[string]string{"team": "sre"}
	return map[string]api.UpdateKey{
		"Name": {Name: to("renamed")}, "Description": {Description: to("counts sheep")}, "Owner": {Owner: to("ada")},
		"Role": {Role: to("Viewer")}, "Pool": {Pool: to("east")}, "Labels": {Labels: &labels},
		"Endpoints": {Endpoints: list("loki", "kuma")}, "AllowedCIDRs": {AllowedCIDRs: list("10.1.2.3/8")},
		"Tenants": {Tenants: list("b", "a")}, "Limits": {Limits: &apikey.Limits{RequestsPerSecond: 3}},
		"Enabled": {Enabled: &off}, "DisabledFor": {Enabled: &off, DisabledFor: "600"},
		"ExpiresIn": {ExpiresIn: "2d"}, "ExpiresAt": {ExpiresAt: api.Expiry(time.Now().AddDate(0, 1, 0).Format(time.DateOnly))},
	}
}

// TestEveryFieldIsComparedAndPutBack changes each field on a real server. A field that is added and forgotten fails.
func TestEveryFieldIsComparedAndPutBack(t *testing.T) {
	s := startServer(t, nil).connect(t)
	changes := everyChange()
	for _, k := range []api.CreateKey{
		{Name: "plain", Role: "Agent", ExpiresAt: api.Never},
		{
			Name: "full", Description: "was", Owner: "bob", Role: "Agent", Pool: "west", Labels: map[string]string{"env": "prod"},
			Endpoints: []string{"tempo"}, AllowedCIDRs: []string{"192.168.0.0/16"}, Tenants: []string{"z"},
			Limits: apikey.Limits{Burst: 2, RequestsPerSecond: 1}, ExpiresIn: "90d",
		},
	} {
		was := create(t, s, k)
		for field := range reflect.TypeFor[api.UpdateKey]().Fields() {
			u, ok := changes[field.Name]
			require.True(t, ok, "there is no change of the field %s", field.Name)
			require.False(t, updated(&was, u, time.Now()), "%s is not compared", field.Name)
			sent := time.Now()
			require.NoError(t, s.Update(t.Context(), was, u, false))
			now, err := s.Key(t.Context(), was.ID)
			require.NoError(t, err)
			require.True(t, updated(now, u, sent), "%s is as wanted", field.Name)
			require.False(t, updated(now, u, sent.Add(-time.Hour)) && (u.ExpiresIn != "" || u.DisabledFor != ""))

			result := s.TakeBack(t.Context(), UndoOf(was, u), func(int, int) {})
			require.Empty(t, result.Failed)
			require.Equal(t, 1, result.Done)
			now, err = s.Key(t.Context(), was.ID)
			require.NoError(t, err)
			require.Equal(t, was, *now, "%s is as it was", field.Name)
		}
	}
}

func TestAnUndoLeavesAloneWhatOthersChanged(t *testing.T) {
	s := startServer(t, nil).connect(t)
	was := create(t, s, api.CreateKey{Name: "edge", Owner: "ada"})
	owner, about := "bob", "by somebody else"
	require.NoError(t, s.Update(t.Context(), was, api.UpdateKey{Owner: &owner}, false))
	require.NoError(t, s.Update(t.Context(), was, api.UpdateKey{Description: &about}, false))
	s.TakeBack(t.Context(), UndoOf(was, api.UpdateKey{Owner: &owner}), func(int, int) {})
	now, err := s.Key(t.Context(), was.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"ada", about}, []string{now.Owner, now.Description})
}

// TestAnUndoOpensNothingAgain changes every field twice, the second time as somebody else: that stays, and is named.
func TestAnUndoOpensNothingAgain(t *testing.T) {
	s := startServer(t, nil).connect(t)
	list := func(l ...string) *[]string { return &l }
	other, labels := "other", map[string]string{"team": "other"}
	others := map[string]api.UpdateKey{
		"Name": {Name: &other}, "Description": {Description: &other}, "Owner": {Owner: &other}, "Role": {Role: new("Editor")},
		"Pool": {Pool: &other}, "Labels": {Labels: &labels}, "Endpoints": {Endpoints: list("other")},
		"AllowedCIDRs": {AllowedCIDRs: list("10.0.0.1/32")}, "Tenants": {Tenants: list("other")},
		"Limits": {Limits: &apikey.Limits{RequestsPerSecond: 1}}, "ExpiresIn": {ExpiresIn: "1h"}, "ExpiresAt": {ExpiresIn: "1h"},
	}
	for field, change := range everyChange() {
		theirs, ok := others[field]
		if !ok { // whether it is disabled
			continue
		}
		was := create(t, s, api.CreateKey{Name: "of " + field, Role: "Agent", ExpiresAt: api.Never})
		require.NoError(t, s.Update(t.Context(), was, change, false))
		require.NoError(t, s.Update(t.Context(), was, theirs, false))
		now, err := s.Key(t.Context(), was.ID)
		require.NoError(t, err)
		result := s.TakeBack(t.Context(), UndoOf(was, change), func(int, int) {})
		require.Empty(t, result.Failed)
		require.Len(t, result.Left, 1, field)
		after, err := s.Key(t.Context(), was.ID)
		require.NoError(t, err)
		require.Equal(t, now, after, "%s stays", field)
	}
}

// TestLabelsThatOthersChangedStay changes labels of keys as a list shows them that is behind, and takes that back.
func TestLabelsThatOthersChangedStay(t *testing.T) {
	s := startServer(t, nil).connect(t)
	none := func(int, int) {}
	shown := create(t, s, api.CreateKey{Name: "edge", Labels: map[string]string{"team": "sre", "env": "prod", "old": "1"}})
	labelled := func(labels map[string]string) {
		t.Helper()
		require.NoError(t, s.Update(t.Context(), shown, api.UpdateKey{Labels: &labels}, false))
	}
	labels := func() map[string]string {
		now, err := s.Key(t.Context(), shown.ID)
		require.NoError(t, err)
		return now.Labels
	}
	labelled(map[string]string{"team": "sre", "env": "prod", "old": "1", "site": "hel"}) // by somebody else
	added := s.BulkChange(t.Context(), AddLabels(map[string]string{"env": "test", "tier": "2"}), []*api.Key{&shown}, none)
	require.Equal(t, map[string]string{"team": "sre", "env": "test", "old": "1", "site": "hel", "tier": "2"}, labels())
	removed := s.BulkChange(t.Context(), RemoveLabel("site"), []*api.Key{&shown}, none)
	require.Equal(t, map[string]string{"team": "sre", "env": "test", "old": "1", "tier": "2"}, labels())

	labelled(map[string]string{"team": "ops", "env": "test", "tier": "3", "more": "yes"}) // by somebody else
	require.Empty(t, s.TakeBack(t.Context(), removed.Undo, none).Failed)
	require.Empty(t, s.TakeBack(t.Context(), added.Undo, none).Failed)
	require.Equal(t, map[string]string{"team": "ops", "env": "prod", "tier": "3", "more": "yes", "site": "hel"}, labels())
}

func TestAFormLeavesLabelsThatOthersChanged(t *testing.T) {
	s := startServer(t, nil).connect(t)
	shown := create(t, s, api.CreateKey{Name: "edge", Labels: map[string]string{"team": "sre", "env": "prod", "old": "1"}})
	others := map[string]string{"team": "ops", "env": "test", "old": "1", "site": "hel"}
	require.NoError(t, s.Update(t.Context(), shown, api.UpdateKey{Labels: &others}, false))

	typed := KeyFields{Name: "edge", Role: shown.Role.String()}
	typed.Labels = map[string]string{"team": "sre", "env": "qa", "tier": "2"}
	change := typed.Changes(shown)
	require.NoError(t, s.Editing(shown).Save(t.Context(), change, false))
	now, err := s.Key(t.Context(), shown.ID)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"team": "ops", "env": "qa", "site": "hel", "tier": "2"}, now.Labels)

	require.Empty(t, s.TakeBack(t.Context(), UndoOf(shown, change), func(int, int) {}).Failed)
	now, err = s.Key(t.Context(), shown.ID)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"team": "ops", "env": "prod", "old": "1", "site": "hel"}, now.Labels)
}

// What others took away while a form was open is put back only on purpose.
func TestAFormSaysWhatOthersChanged(t *testing.T) {
	s := startServer(t, nil).connect(t)
	shown := create(t, s, api.CreateKey{
		Name: "edge", AllowedCIDRs: []string{"10.0.0.0/8", "0.0.0.0/0"}, Tenants: []string{"a", "secret"}, Limits: apikey.Limits{RequestsPerSecond: 100},
	})
	narrow, tenants, owner := []string{"10.0.0.0/8"}, []string{"a"}, "ops"
	require.NoError(t, s.Update(t.Context(), shown, api.UpdateKey{
		AllowedCIDRs: &narrow, Tenants: &tenants, Limits: &apikey.Limits{RequestsPerSecond: 1}, Owner: &owner,
	}, false))
	wide, description := []string{"10.0.0.0/8", "0.0.0.0/0", "192.168.0.0/16"}, "mine"
	for want, change := range map[string]api.UpdateKey{
		"allowedCidrs": {AllowedCIDRs: &wide, Description: &description},
		"limits":       {Limits: &apikey.Limits{RequestsPerSecond: 100, Concurrent: 5}},
		"tenants":      {Tenants: &wide, Owner: &owner},
	} {
		editing := s.Editing(shown)
		err := editing.Save(t.Context(), change, false)
		require.Equal(t, KindMeanwhile, Explain(err).Kind, want)
		require.Equal(t, want, Explain(err).Detail)
		if want != "tenants" { // which those are not
			require.NoError(t, editing.Save(t.Context(), change, false), "on purpose")
		}
	}
	require.NoError(t, s.Editing(shown).Save(t.Context(), api.UpdateKey{Name: &owner}, false), "what nobody else changed since it was shown")
}

// Who was told of nothing at a save that failed is told at the next one, and Undo leads back to what was there then.
func TestAFormSaysWhatOthersChangedAtEachSave(t *testing.T) {
	s := startServer(t, nil).connect(t)
	shown := create(t, s, api.CreateKey{Name: "edge", Owner: "ada"})
	editing, theirs, mine, wrong := s.Editing(shown), "dora", "emil", []string{"10.0.0.0/40"}
	require.NoError(t, s.Update(t.Context(), shown, api.UpdateKey{Owner: &theirs}, false))
	require.Equal(t, KindInvalid, Explain(editing.Save(t.Context(), api.UpdateKey{AllowedCIDRs: &wrong}, false)).Kind)
	change := api.UpdateKey{Owner: &mine}
	require.Equal(t, "owner", Explain(editing.Save(t.Context(), change, false)).Detail)
	again := "otto"
	require.NoError(t, s.Update(t.Context(), shown, api.UpdateKey{Owner: &again}, false))
	require.Equal(t, "owner", Explain(editing.Save(t.Context(), change, false)).Detail, "it is another one again")
	require.NoError(t, editing.Save(t.Context(), change, false))
	require.Empty(t, s.TakeBack(t.Context(), editing.Undo(change), func(int, int) {}).Failed)
	now, err := s.Key(t.Context(), shown.ID)
	require.NoError(t, err)
	require.Equal(t, again, now.Owner)
}

func TestSeveralKeysArePutBack(t *testing.T) {
	s := startServer(t, nil).connect(t)
	keys := []api.Key{
		create(t, s, api.CreateKey{Name: "a", Owner: "ada"}), create(t, s, api.CreateKey{Name: "b", Owner: "bob"}),
		create(t, s, api.CreateKey{Name: "c", Owner: "carl"}),
	}
	none := func(int, int) {}
	result := s.BulkChange(t.Context(), SetOwner("bob"), apart(keys), none)
	require.Equal(t, 3, result.Done)
	require.Equal(t, 2, result.Undo.Keys(), "one had that owner already")
	require.Empty(t, result.Undo.Name())
	require.Equal(t, 2, s.TakeBack(t.Context(), result.Undo, none).Done)
	for _, was := range keys {
		now, err := s.Key(t.Context(), was.ID)
		require.NoError(t, err)
		require.Equal(t, was.Owner, now.Owner)
	}

	stopped, stop := context.WithCancel(t.Context())
	result = s.Bulk(stopped, ActionDisable, apart(keys), func(done, _ int) {
		if done == 1 {
			stop()
		}
	})
	require.Equal(t, 1, result.Undo.Keys(), "only of what was done")
	require.Equal(t, "a", result.Undo.Name())
	require.Zero(t, s.Bulk(t.Context(), ActionRevoke, apart(keys), none).Undo.Keys(), "that is final")
}

// TestAKeyThatComesBackByItselfIsPutBackSo enables a key that is disabled for a time.
func TestAKeyThatComesBackByItselfIsPutBackSo(t *testing.T) {
	until := time.Now().Add(time.Minute)
	back := before(api.Key{DisabledUntil: &until}, ActionEnable.update(), time.Now())
	require.False(t, *back.Enabled)
	require.Equal(t, api.Span("60"), back.DisabledFor)
}
