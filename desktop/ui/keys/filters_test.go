package keys_test

import (
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
)

// names are those of the keys in the list.
func names(w *uitest.Opened) (out []string) {
	for _, k := range keysPage(w).List().Snapshot().Keys {
		out = append(out, k.Name)
	}
	return out
}

// TestKeysAreFiltered narrows the list of a real server by everything that it
// can be narrowed by.
func TestKeysAreFiltered(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	for _, k := range []api.CreateKey{
		{Name: "a", Owner: "sre", Labels: map[string]string{"team": "sre", "env": "prod"}, Tenants: []string{"team-a"}, ExpiresIn: "2d"},
		{Name: "b", Owner: "sre", Labels: map[string]string{"team": "web"}, Endpoints: []string{"kuma"}},
		{Name: "c", Owner: "ops", Tenants: []string{"team-a", "team-b"}},
	} {
		k.Role = "Agent"
		_, err := w.API.Create(t.Context(), k)
		require.NoError(t, err)
	}
	w.Reload()
	filter := func(fill func()) {
		t.Helper()
		w.Button("More filters")
		fill()
		w.Button("Apply")
		require.Empty(t, w.Modals)
	}
	filter(func() { input(w, "Owner").SetText("sre") })
	require.Equal(t, []string{"a", "b"}, names(w))
	require.True(t, w.Shown("Owner: sre"), w.Texts())
	filter(func() { input(w, "Labels").SetText("team=sre, env") })
	require.Equal(t, []string{"a"}, names(w))
	w.Button("team=sre")
	w.Button("env")
	require.Equal(t, []string{"a", "b"}, names(w), "a filter is taken away by its cross")
	w.Button("Owner: sre")
	require.Len(t, names(w), 4)

	filter(func() { input(w, "Tenant").SetText("team-a") })
	require.Equal(t, []string{"a", "c"}, names(w))
	filter(func() { w.Choose("Any time", "7 days") })
	require.Contains(t, w.Texts(), "Tenant: team-a")
	keysPage(w).ShowAll()
	filter(func() { input(w, "Endpoint").SetText("kuma") })
	require.Equal(t, []string{"b"}, names(w))
	keysPage(w).ShowAll()
	w.Button("More filters")
	w.Choosing("1 day").SetSelected("7 days")
	w.Button("Apply")
	require.Equal(t, []string{"a"}, names(w), "the one that ends in two days")
	keysPage(w).ShowAll()
	w.Button("More filters")
	w.Choosing("180 days").SetSelected("7 days")
	w.Button("Apply")
	require.Empty(t, names(w), "all were made today")
	require.True(t, w.Shown("No key matches"), w.Texts())
	keysPage(w).ShowAll()
	w.Server.Used(t, w.Key("b").ID, time.Now(), 1)
	w.Button("More filters")
	w.Choosing("180 days").SetSelected("Never used")
	w.Button("Apply")
	require.Subset(t, names(w), []string{"a", "c"})
	require.NotContains(t, names(w), "b", "it was used")
	w.Button("Never used")
	require.Len(t, names(w), 4, "the filter is taken away by its cross")
}

// TestFiltersWithoutRoomAreInTheDialog finds the filters by role and pool of a narrow window among the others.
func TestFiltersWithoutRoomAreInTheDialog(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	for _, k := range []api.CreateKey{
		{Name: "a", Role: "Agent", Pool: "west"}, {Name: "b", Role: "Viewer", Pool: "west"}, {Name: "c", Role: "Agent"},
	} {
		_, err := w.API.Create(t.Context(), k)
		require.NoError(t, err)
	}
	w.Reload()
	w.Window.Resize(fyne.NewSize(660, 560))
	require.True(t, w.Shown("All states"), w.Texts())
	require.False(t, w.Shown("All roles"), "there is no room: %v", w.Texts())
	w.Button("More filters")
	w.Choose("All pools", "west")
	w.Choose("All roles", "Agent")
	w.Button("Apply")
	require.Equal(t, []string{"a"}, names(w))
	require.True(t, w.Shown("Pool: west"), w.Texts())
	require.True(t, w.Shown("Role: Agent"), w.Texts())

	w.Window.Resize(fyne.NewSize(1240, 780))
	w.Clock.Pass(time.Millisecond)
	require.False(t, w.Shown("Pool: west"), "the filter itself says so")
	w.Choose("All roles", "All roles")
	require.Equal(t, []string{"a", "b"}, names(w))

	w.Window.Resize(fyne.NewSize(660, 560))
	w.Clock.Pass(time.Millisecond)
	require.False(t, w.Shown("Role: Agent"), w.Texts())
	w.Button("Pool: west")
	require.Len(t, names(w), 4)
	w.Button("More filters")
	require.True(t, w.Shown("All pools"), "it was taken away there, too")
}

// TestAllThatMatchAreDone disables and revokes every key with a label, though
// the list has read only some of them.
func TestAllThatMatchAreDone(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	const old = 130 // more than the first page
	for i := range old {
		_, err := w.API.Create(t.Context(), api.CreateKey{
			Name: fmt.Sprintf("old-%03d", i), Role: "Agent", Labels: map[string]string{"team": "old"},
		})
		require.NoError(t, err)
	}
	w.Make("new")
	w.Button("More filters")
	input(w, "Labels").SetText("team=old")
	w.Button("Apply")
	require.Len(t, names(w), 100)
	require.True(t, w.Shown("130 keys found"), w.Texts())
	keysPage(w).PressHeader(fyne.NewPos(10, 10))
	w.Press()
	require.Len(t, keysPage(w).List().Selection(), old)
	require.True(t, w.Shown("130 keys selected"), w.Texts())
	w.Button("Disable")
	require.True(t, w.Shown("Disable 130 keys"), "the count is said first: %v", w.Texts())
	w.Confirm("Disable 130 keys")
	require.Empty(t, w.Modals)
	require.False(t, w.Key("old-129").Enabled)
	require.True(t, w.Key("new").Enabled)
	w.Button("Revoke")
	w.Write("131")
	w.Press(fyne.KeyBackspace)
	w.Write("0")
	w.Confirm("Revoke 130 keys")
	require.NotNil(t, w.Key("old-000").RevokedAt)
	require.Nil(t, w.Key("new").RevokedAt)
	keysPage(w).PressHeader(fyne.NewPos(10, 10))
	w.Press()
	require.Empty(t, keysPage(w).List().Selection(), "pressed again, the box chooses none")
}
