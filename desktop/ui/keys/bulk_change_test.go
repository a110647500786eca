package keys_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/keys"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
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
	change(0, "team-sre", "Set")
	change(1, "team=sre, env=prod", "Add")
	change(1, "env=test", "Add")
	change(2, "team", "Remove")
	change(3, "", "Set")
	change(4, "edge", "Move")
	for _, name := range []string{"zebra-1", "zebra-2", "zebra-3"} {
		k := w.Key(name)
		require.Equal(t, "team-sre", k.Owner)
		require.Equal(t, map[string]string{"env": "test"}, k.Labels)
		require.Equal(t, "Agent", k.Role.String())
		require.Equal(t, "edge", k.Pool)
	}
	require.Empty(t, w.Modals)

	keys.ShowBulkChange(w.Host, keys.BulkChanges[1], w.Session.List.Snapshot().Keys)
	w.Button("Add")
	require.True(t, w.Shown("Name a label."))
	w.Write("Team=x")
	w.Button("Add")
	require.True(t, w.Shown("is no name of a label"), w.Texts())
	require.Len(t, w.Modals, 1)
}
