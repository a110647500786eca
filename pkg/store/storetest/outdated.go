package storetest

import (
	"encoding/hex"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// markOf is how an entry of the trail names a mark.
func markOf(m apikey.Mark) string { return hex.EncodeToString(m.Sum[:16]) }

func testOutdated(t *testing.T, open Opener) {
	s, other := open(t), open(t)
	said := func(orgID int64, keyID string, action apikey.Action, data apikey.AuditData) {
		t.Helper()
		write(t, s, func(tx apikey.Tx) error {
			return tx.AppendAudit(t.Context(), &apikey.AuditEntry{OrgID: orgID, At: start, Actor: "grace", Action: action,
				KeyID: keyID, AuditData: data})
		})
	}
	outdated := func(ids []string) (found []string) {
		t.Helper()
		found, err := other.Outdated(t.Context(), ids)
		require.NoError(t, err)
		write(t, s, func(tx apikey.Tx) error {
			same, err := tx.Outdated(t.Context(), ids)
			require.ElementsMatch(t, found, same)
			return err
		})
		return found
	}
	keys := make([]*apikey.Key, 6)
	for i := range keys {
		keys[i] = fullKey(fmt.Sprint("key ", i))
		keys[i].Mark.Sum[0] = byte(i)
	}
	insert(t, s, keys...)
	require.Empty(t, outdated(nil), "no change is known")
	now := apikey.AuditData{Mark: markOf(keys[0].Mark)}
	before := apikey.AuditData{Mark: markOf(apikey.Mark{Sum: apikey.Digest{9}})}
	for i, k := range keys {
		said(1, k.ID, apikey.ActionCreate, before) // which nothing can be older than
		if i > 0 {
			said(1, k.ID, apikey.ActionUpdate, before)
		}
	}
	said(1, keys[1].ID, apikey.ActionEnable, apikey.AuditData{Mark: markOf(keys[1].Mark)})
	said(1, keys[2].ID, apikey.ActionReadClients, apikey.AuditData{}) // no change
	said(1, keys[3].ID, apikey.ActionUpdate, apikey.AuditData{})      // from before there were marks
	said(1, keys[4].ID, apikey.ActionRevoke, now)                     // the mark of another key
	said(1, keys[5].ID, apikey.ActionDelete, apikey.AuditData{})
	want := []string{keys[2].ID, keys[4].ID, keys[5].ID}
	require.ElementsMatch(t, want, outdated(nil))
	require.ElementsMatch(t, want[:2], outdated([]string{keys[0].ID, keys[1].ID, keys[2].ID, keys[4].ID, "nobody"}))
	require.Empty(t, outdated([]string{}))
	require.Empty(t, outdated([]string{"'", "ü"}))
	said(1, keys[4].ID, apikey.ActionUpdate, apikey.AuditData{Mark: markOf(keys[4].Mark)})
	require.ElementsMatch(t, []string{keys[2].ID, keys[5].ID}, outdated(nil))

	same := newSetting(1, apikey.SettingEndpoint, "a", 0)
	elsewhere := newSetting(2, apikey.SettingEndpoint, "a", time.Second)
	older := newSetting(1, apikey.SettingEndpoint, "b", 2*time.Second)
	unknown := newSetting(1, apikey.SettingEndpoint, "c", 3*time.Second)
	removed := newSetting(1, apikey.SettingEndpoint, "d", 4*time.Second)
	policy := newSetting(1, apikey.SettingPolicy, "", 5*time.Second)
	putSettings(t, s, same, elsewhere, older, unknown, removed, policy)
	said(1, "", apikey.ActionUpdateEndpoint, apikey.AuditData{Endpoint: "a", Mark: markOf(keys[3].Mark)})
	said(1, "", apikey.ActionUpdateEndpoint, apikey.AuditData{Endpoint: "a", Mark: markOf(same.Mark), Value: "{}"})
	said(2, "", apikey.ActionUpdateEndpoint, apikey.AuditData{Endpoint: "a", Mark: markOf(elsewhere.Mark)})
	said(1, "", apikey.ActionCreateEndpoint, apikey.AuditData{Endpoint: "b", Mark: markOf(keys[3].Mark)})
	said(1, "", apikey.ActionDeleteEndpoint, apikey.AuditData{Endpoint: "d", Mark: markOf(removed.Mark)})
	said(1, "", apikey.ActionUpdatePolicy, apikey.AuditData{Mark: markOf(keys[3].Mark)})
	said(3, "", apikey.ActionUpdateEndpoint, apikey.AuditData{Endpoint: "gone"})
	said(3, "", apikey.ActionUpdateEndpoint, apikey.AuditData{Endpoint: "gone", Mark: "m", Value: `{"path":"/gone"}`})
	said(3, "", apikey.ActionCreateEndpoint, apikey.AuditData{Endpoint: "taken away", Value: `{"path":"/away"}`})
	said(3, "", apikey.ActionDeleteEndpoint, apikey.AuditData{Endpoint: "taken away"})
	said(2, "", apikey.ActionUpdatePolicy, apikey.AuditData{})
	list, _, err := other.Settings(t.Context(), "")
	require.NoError(t, err)
	at := slices.IndexFunc(list, func(s apikey.Setting) bool { return s.IsRemoved() })
	require.GreaterOrEqual(t, at, 0)
	require.Equal(t, "taken away", list[at].Name)
	require.JSONEq(t, `{"path":"/away"}`, list[at].Known.Value, "which the entry before says")
	require.False(t, list[at].Outdated)
	list = slices.Delete(list, at, at+1)
	for i := range list[:2] {
		require.Positive(t, list[i].Known.Entry)
		list[i].Known.Entry = 0
	}
	require.ElementsMatch(t, []apikey.Setting{
		{OrgID: 3, Kind: apikey.SettingEndpoint, Name: "gone", Outdated: true, Gone: true,
			Known: &apikey.KnownSetting{Mark: "m", Value: `{"path":"/gone"}`}},
		{OrgID: 2, Kind: apikey.SettingPolicy, Outdated: true, Gone: true, Known: &apikey.KnownSetting{}},
	}, list[:2])
	require.NotNil(t, list[2].Known)
	require.Equal(t, markOf(same.Mark), list[2].Known.Mark)
	require.Equal(t, "{}", list[2].Known.Value)
	for _, s := range list[2:] {
		require.Equal(t, s.Name != "c", s.Known != nil, "of %q", s.Name)
		require.Equal(t, s.Name == "d", s.Removed, "of %q, which was put back", s.Name)
	}
	names := func(list []apikey.Setting) (names []string) {
		for _, setting := range list {
			if setting.Outdated && !setting.Gone {
				names = append(names, setting.Name)
			}
		}
		return names
	}
	require.Equal(t, []string{"b", "d", ""}, names(list))
	write(t, s, func(tx apikey.Tx) error {
		list, err := tx.Settings(t.Context())
		require.Equal(t, []string{"b", "d", ""}, names(list))
		return err
	})
}
