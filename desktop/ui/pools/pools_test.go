package pools_test

import (
	"encoding/csv"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/pools"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// TestAPoolFromItsMakingToItsEnd makes a pool, rotates its keys into a file, ends
// them, and removes it, on a real server.
func TestAPoolFromItsMakingToItsEnd(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.GoTo("pools")
	require.True(t, w.Shown("No pools yet"), w.Texts())
	w.Button("Create pool")
	w.Write("-edge")
	w.Press(fyne.KeyReturn)
	require.True(t, w.Shown("Begin with a letter or a digit"), w.Texts())
	w.Press(fyne.KeyHome, fyne.KeyDelete)
	w.Press(fyne.KeyReturn)
	require.True(t, w.Shown("No keys"), w.Texts())
	require.Equal(t, []string{"edge"}, w.Pools)

	old := map[string]string{}
	for _, name := range []string{"a", "b", "c"} {
		issued, err := w.API.Create(t.Context(), api.CreateKey{Name: name, Role: "Agent", Pool: "edge"})
		require.NoError(t, err)
		old[name] = issued.Token
	}
	w.At.(*pools.Page).Read()
	w.Button("Rotate")
	require.True(t, w.Shown("3 keys get a new token each."), w.Texts())
	w.Confirm("Rotate 3 keys")
	require.True(t, w.Shown("3 keys have a new token."), w.Texts())
	w.Press(fyne.KeyEscape)
	require.True(t, w.Shown("Some of the tokens are in no file"), w.Texts())
	w.Press(fyne.KeyEscape)
	require.False(t, w.Shown("Some of the tokens are in no file"), "a second Escape keeps them")
	w.Press(fyne.KeyEscape)
	file := filepath.Join(t.TempDir(), "edge.csv")
	w.FormInputs()[""].SetText(file)
	w.Confirm("Save")
	w.Confirm("Done")
	require.Empty(t, w.Modals)
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	lines, err := csv.NewReader(strings.NewReader(string(content))).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 4)
	for _, line := range lines[1:] {
		require.NotEqual(t, old[line[0]], line[2])
		require.Equal(t, http.StatusOK, uitest.Gate(t, w.Server, line[2]), line[0])
		require.Equal(t, http.StatusOK, uitest.Gate(t, w.Server, old[line[0]]), "the overlap goes on")
	}

	w.Button("Show its keys")
	var listed []string
	for _, k := range w.Session.List.Snapshot().Keys {
		listed = append(listed, k.Name)
	}
	require.Equal(t, []string{"a", "b", "c"}, listed)
	w.GoTo("pools")
	w.Button("Revoke")
	w.Write("edge")
	w.Confirm("Revoke all keys")
	require.Equal(t, http.StatusUnauthorized, uitest.Gate(t, w.Server, lines[1][2]))
	w.Button("Remove")
	w.Confirm("Remove pool")
	require.True(t, w.Shown("No pools yet"), w.Texts())
	require.NotNil(t, w.Key("a"), "its keys stay")
}

// TestAPoolWithKeysIsRemovedWithThem takes the name of the pool for it.
func TestAPoolWithKeysIsRemovedWithThem(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	issued, err := w.API.Create(t.Context(), api.CreateKey{Name: "a", Role: "Agent", Pool: "edge"})
	require.NoError(t, err)
	w.GoTo("pools")
	w.Button("Remove")
	require.True(t, w.Shown("1 of its keys can be used"), w.Texts())
	w.Write("edge")
	w.Confirm("Revoke its keys and remove it")
	require.Equal(t, http.StatusUnauthorized, uitest.Gate(t, w.Server, issued.Token))
	require.True(t, w.Shown("No pools yet"), w.Texts())
}

// TestARotationOfAPoolIsTakenUpAgain lets the server fail on the way.
func TestARotationOfAPoolIsTakenUpAgain(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	w.Life.Fail["POST /rotate"] = uitest.Problem(http.StatusServiceUnavailable, apikey.CodeUnavailable)
	w.GoTo("pools")
	w.Button("Rotate")
	require.True(t, w.Shown("Their other tokens keep working for"), w.Texts())
	w.Confirm("Rotate 2 keys")
	require.True(t, w.Shown("The rotation stopped on the way"), w.Texts())
	w.Life.Fail = map[string]*api.Error{}
	w.Confirm("Go on")
	require.True(t, w.Shown("1 key has a new token."), w.Texts())
	require.False(t, w.Shown("The rotation stopped on the way"))
}
