package state

import (
	"encoding/json"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// decoded are keys as they come from a server: each with memory of its own.
func decoded(t *testing.T, keys ...api.Key) (out []api.Key) {
	t.Helper()
	wire, err := json.Marshal(keys)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(wire, &out))
	return out
}

func TestKeysShareWhatIsEqualAndNothingElse(t *testing.T) {
	end := time.Now().Add(time.Hour).UTC()
	one := api.Key{
		ID: "aaaaaaaaaaaa", Name: "one", Owner: "ada@example.org", CreatedBy: "ada", Role: apikey.RoleAgent,
		State: apikey.StateActive, Labels: map[string]string{"team": "sre"}, Actions: []string{"edit", "rotate"},
		Endpoints: []string{"loki"}, AllowedCIDRs: []string{}, Tenants: []string{"a", "b"}, ExpiresAt: &end, Hint: "ost_a",
		Tokens: []api.Token{{ID: "aaaaaaaaaaaa", Hint: "ost_a", CreatedBy: "ada", State: apikey.StateActive, ExpiresAt: &end}},
	}
	two := one
	two.ID, two.Name, two.Tenants = "bbbbbbbbbbbb", "two", []string{"a"}
	other := two
	other.ID, other.Owner, other.Labels, other.Actions = "cccccccccccc", "bob", map[string]string{}, nil
	want := decoded(t, one, two, other)
	got := decoded(t, one, two, other)
	new(sharing).among(got)
	require.Equal(t, want, got)

	require.Same(t, unsafe.StringData(got[0].Owner), unsafe.StringData(got[1].Owner))
	require.Same(t, unsafe.StringData(got[0].ID), unsafe.StringData(got[0].Tokens[0].ID))
	require.Same(t, &got[0].Actions[0], &got[1].Actions[0])
	require.Same(t, got[0].ExpiresAt, got[0].Tokens[0].ExpiresAt)
	got[1].Labels["team"] = "edge"
	require.Equal(t, "edge", got[0].Labels["team"], "the same labels, which nobody may change")
}

func TestAListThatIsReadAgainTakesNoOtherMemory(t *testing.T) {
	srv := startServer(t, nil)
	srv.fill(t, 120)
	s := srv.connect(t)
	s.List.SetQuery(Query{Search: "key-"}) // without its own key, whose use may be written down meanwhile
	require.NoError(t, s.List.Load(t.Context()))
	require.NoError(t, s.List.All(t.Context()))
	before := s.List.Snapshot()
	require.Len(t, before.Keys, before.Total)
	require.NoError(t, s.List.Refresh(t.Context()))
	require.Same(t, &before.Keys[0], &s.List.Snapshot().Keys[0], "the whole list")

	changed := before.Keys[7]
	require.NoError(t, s.Do(t.Context(), ActionDisable, *changed, false))
	require.NoError(t, s.List.Refresh(t.Context()))
	after := s.List.Snapshot()
	require.Same(t, before.Keys[0], after.Keys[0])
	require.True(t, before.Keys[7].Enabled, "what was read before stays as it was")
	require.False(t, after.Keys[7].Enabled)
	require.Same(t, unsafe.StringData(before.Keys[7].Name), unsafe.StringData(after.Keys[7].Name))
}
