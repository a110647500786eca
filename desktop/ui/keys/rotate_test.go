package keys_test

import (
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/keys"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// TestSeveralKeysGetNewTokens rotates the chosen keys and saves their tokens.
func TestSeveralKeysGetNewTokens(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("zebra-1", "zebra-2")
	keysPage(w).Search("zebra")
	w.Clock.Pass(1e9)
	keysPage(w).List().ChooseAll()
	keysPage(w).List().TakeFocus()
	w.Write("r")
	require.True(t, w.Shown("As each has"), w.Texts())
	require.True(t, w.Shown("Their other tokens keep working for"), w.Texts())
	w.Confirm("Rotate 2 keys")
	require.True(t, w.Shown("2 keys have a new token."), w.Texts())
	file := filepath.Join(t.TempDir(), "rotated.csv")
	w.FormInputs()[""].SetText(file)
	w.Confirm("Save")
	w.Confirm("Done")
	require.Empty(t, w.Modals)
	lines := readCSV(t, file)
	require.Len(t, lines, 3)
	for _, line := range lines[1:] {
		require.Equal(t, http.StatusOK, uitest.Gate(t, w.Server, line[2]), line[0])
	}
}

// TestAKeyThatIsNotRotatedIsNamed deletes it while the dialog is open.
func TestAKeyThatIsNotRotatedIsNamed(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("lion", "zebra")
	lion, zebra := *w.Key("lion"), *w.Key("zebra")
	keys.ShowRotateMany(w.Host, []*api.Key{&lion, &zebra})
	_, err := w.API.End(t.Context(), lion.ID, apikey.End{How: apikey.Delete})
	require.NoError(t, err)
	w.Confirm("Rotate 2 keys")
	require.True(t, w.Shown("1 key has a new token."), w.Texts())
	require.True(t, w.Shown("Not changed: 1"), w.Texts())
	require.True(t, w.Shown("lion: "), w.Texts())
}

// TestARotationWarnsOfASoonerEnd chooses a life that is shorter than what the key has.
func TestARotationWarnsOfASoonerEnd(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("zebra")
	keysPage(w).Search("zebra")
	w.Clock.Pass(1e9)
	keysPage(w).List().ChooseAll()
	keysPage(w).List().TakeFocus()
	w.Write("r")
	const warning = "The key would end sooner than it does now"
	require.False(t, w.Shown(warning), w.Texts())
	w.Choose("90 days", "30 days")
	require.True(t, w.Shown(warning), w.Texts())
	require.True(t, w.Shown("As it is, it works until"), w.Texts())
	w.Choose("30 days", "365 days")
	require.False(t, w.Shown(warning), w.Texts())
	w.Choose("365 days", "Never")
	require.False(t, w.Shown(warning), w.Texts())
}
