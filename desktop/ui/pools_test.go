package ui

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
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// TestAPoolFromItsMakingToItsEnd makes a pool, rotates its keys into a file, ends
// them, and removes it, on a real server.
func TestAPoolFromItsMakingToItsEnd(t *testing.T) {
	w := openWindow(t, statetest.Start(t, nil), state.Preferences{})
	w.goTo("pools")
	require.True(t, w.shown("No pools yet"), w.texts())
	w.button("Create pool")
	w.write("-edge")
	w.press(fyne.KeyReturn)
	require.True(t, w.shown("Begin with a letter or a digit"), w.texts())
	w.press(fyne.KeyHome, fyne.KeyDelete)
	w.press(fyne.KeyReturn)
	require.True(t, w.shown("No keys"), w.texts())
	require.Equal(t, []string{"edge"}, w.pools)

	old := map[string]string{}
	for _, name := range []string{"a", "b", "c"} {
		issued, err := w.api.Create(t.Context(), api.CreateKey{Name: name, Role: "Agent", Pool: "edge"})
		require.NoError(t, err)
		old[name] = issued.Token
	}
	w.page.(*poolsPage).read()
	w.button("Rotate")
	require.True(t, w.shown("3 keys get a new token each."), w.texts())
	w.confirm("Rotate 3 keys")
	require.True(t, w.shown("3 keys have a new token."), w.texts())
	w.press(fyne.KeyEscape)
	require.True(t, w.shown("Some of the tokens are in no file"), w.texts())
	file := filepath.Join(t.TempDir(), "edge.csv")
	w.formInputs()[""].SetText(file)
	w.confirm("Save")
	w.confirm("Done")
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
		require.Equal(t, http.StatusOK, gate(t, w.srv, line[2]), line[0])
		require.Equal(t, http.StatusOK, gate(t, w.srv, old[line[0]]), "the overlap goes on")
	}

	w.button("Show its keys")
	require.Equal(t, []string{"a", "b", "c"}, []string{w.list().snapshot.Keys[0].Name, w.list().snapshot.Keys[1].Name, w.list().snapshot.Keys[2].Name})
	w.goTo("pools")
	w.button("Revoke")
	w.write("edge")
	w.confirm("Revoke all keys")
	require.Equal(t, http.StatusUnauthorized, gate(t, w.srv, lines[1][2]))
	w.button("Remove")
	w.confirm("Remove pool")
	require.True(t, w.shown("No pools yet"), w.texts())
	require.NotNil(t, w.key("a"), "its keys stay")
}

// TestAPoolWithKeysIsRemovedWithThem takes the name of the pool for it.
func TestAPoolWithKeysIsRemovedWithThem(t *testing.T) {
	w := openWindow(t, statetest.Start(t, nil), state.Preferences{})
	issued, err := w.api.Create(t.Context(), api.CreateKey{Name: "a", Role: "Agent", Pool: "edge"})
	require.NoError(t, err)
	w.goTo("pools")
	w.button("Remove")
	require.True(t, w.shown("1 of its keys can be used"), w.texts())
	w.write("edge")
	w.confirm("Revoke its keys and remove it")
	require.Equal(t, http.StatusUnauthorized, gate(t, w.srv, issued.Token))
	require.True(t, w.shown("No pools yet"), w.texts())
}

// TestARotationOfAPoolIsTakenUpAgain lets the server fail on the way.
func TestARotationOfAPoolIsTakenUpAgain(t *testing.T) {
	w := openStill(t, newStillLife(), state.Preferences{})
	w.life.fail["POST /rotate"] = problem(http.StatusServiceUnavailable, apikey.CodeUnavailable)
	w.goTo("pools")
	w.button("Rotate")
	w.confirm("Rotate 2 keys")
	require.True(t, w.shown("The rotation stopped on the way"), w.texts())
	w.life.fail = map[string]*api.Error{}
	w.confirm("Go on")
	require.True(t, w.shown("1 key has a new token."), w.texts())
	require.False(t, w.shown("The rotation stopped on the way"))
}
