package keys_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/keys"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// TestSeveralKeysAreChanged gives three keys an owner, labels, a role and a pool.
func TestSeveralKeysAreChanged(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("zebra-1", "zebra-2", "zebra-3")
	change := func(i int, value, press string) {
		keysPage(w).Search("zebra")
		w.Clock.Pass(1e9)
		keys.ShowBulkChange(w.Host, keys.BulkChanges[i], w.Session.List.Snapshot().Keys)
		if value != "" {
			w.Write(value)
		}
		w.Button(press)
	}
	change(1, "team-sre", "Set")
	change(2, "team=sre, env=prod", "Add")
	change(2, "env=test", "Add")
	change(3, "team", "Remove")
	change(4, "", "Set")
	change(5, "edge", "Move")
	for _, name := range []string{"zebra-1", "zebra-2", "zebra-3"} {
		k := w.Key(name)
		require.Equal(t, "team-sre", k.Owner)
		require.Equal(t, map[string]string{"env": "test"}, k.Labels)
		require.Equal(t, "Agent", k.Role.String())
		require.Equal(t, "edge", k.Pool)
	}
	require.Empty(t, w.Modals)

	keys.ShowBulkChange(w.Host, keys.BulkChanges[2], w.Session.List.Snapshot().Keys)
	w.Button("Add")
	require.True(t, w.Shown("Name a label."))
	w.Write("Team=x")
	w.Button("Add")
	require.True(t, w.Shown("is no name of a label"), w.Texts())
	require.Len(t, w.Modals, 1)
}

// TestSeveralKeysLiveLonger extends all keys but the revoked one, and leaves them all when the lifetime is wrong.
func TestSeveralKeysLiveLonger(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("zebra-1", "zebra-2", "zebra-3")
	_, err := w.API.End(t.Context(), w.Key("zebra-3").ID, apikey.End{How: apikey.Revoke})
	require.NoError(t, err)
	keysPage(w).Search("zebra")
	w.Clock.Pass(1e9)
	extend := func() { keys.ShowBulkChange(w.Host, keys.BulkChanges[0], w.Session.List.Snapshot().Keys) }

	extend()
	require.True(t, w.Shown("Extend 2 keys"), w.Texts())
	w.Choose("Never", "Seconds")
	w.FormInputs()["3600"].SetText("soon")
	w.Confirm("Extend")
	require.True(t, w.Shown("Enter a whole number of seconds"), w.Texts())
	w.FormInputs()["3600"].SetText("7200")
	w.Confirm("Extend")
	require.Empty(t, w.Modals)
	require.WithinDuration(t, time.Now().Add(2*time.Hour), *w.Key("zebra-1").ExpiresAt, time.Hour)
	require.WithinDuration(t, time.Now().Add(2*time.Hour), *w.Key("zebra-2").ExpiresAt, time.Hour)

	extend()
	w.Choose("Seconds", "Never")
	w.Confirm("Extend")
	require.Nil(t, w.Key("zebra-1").ExpiresAt)
	require.Nil(t, w.Key("zebra-2").ExpiresAt)
}

// TestTheKeyOfTheSessionIsLeftOut chooses all keys, and disables and labels those that can be, but the one that the
// program itself uses.
func TestTheKeyOfTheSessionIsLeftOut(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("zebra-1", "zebra-2", "zebra-3")
	own := w.Session.Who.KeyID
	name := func() string {
		k, err := w.API.Key(t.Context(), own)
		require.NoError(t, err)
		require.True(t, k.Enabled)
		require.Empty(t, k.Labels)
		return k.Name
	}
	require.NoError(t, w.Session.Do(t.Context(), state.ActionDisable, *w.Key("zebra-3"), false))
	w.Reload()
	keysPage(w).List().ChooseAll()
	keysPage(w).List().TakeFocus()
	w.Write("d")
	require.True(t, w.Shown("Disable 2 keys"), w.Texts())
	require.True(t, w.Shown("The key that you are signed in with is left out. "+
		"1 key is left out, for which there is nothing to do."), w.Texts())
	w.Confirm("Disable 2 keys")
	require.False(t, w.Key("zebra-1").Enabled)
	require.NotEmpty(t, name())

	keys.ShowBulkChange(w.Host, keys.BulkChanges[2], w.Session.List.Snapshot().Keys)
	require.True(t, w.Shown("The key that you are signed in with is left out."), w.Texts())
	require.False(t, w.Shown("for which there is nothing to do"), w.Texts())
	w.Write("team=sre")
	w.Button("Add")
	require.Equal(t, map[string]string{"team": "sre"}, w.Key("zebra-3").Labels)
	require.NotEmpty(t, name())
}
