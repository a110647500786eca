package keys_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"os"
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

// TestKeysAreWrittenToAFile exports the keys of the filter as CSV and chosen ones as JSON.
func TestKeysAreWrittenToAFile(t *testing.T) {
	w := uitest.Open(t, statetest.Start(t, nil), state.Preferences{})
	w.Make("zebra-1", "zebra-2", "lion")
	keysPage(w).Search("zebra")
	w.Clock.Pass(1e9)
	dir := t.TempDir()
	file := filepath.Join(dir, "animals.csv")

	keysPage(w).Export()
	require.True(t, w.Shown("2 keys found"), w.Texts())
	w.FormInputs()[""].SetText(file)
	w.Confirm("Export")
	require.Empty(t, w.Modals)
	lines := readCSV(t, file)
	require.Len(t, lines, 3)
	require.Equal(t, []string{"name", "zebra-1", "zebra-2"}, []string{lines[0][1], lines[1][1], lines[2][1]})

	keys.ExportChosen(w.Host, []*api.Key{w.Key("lion"), w.Key("zebra-2")})
	require.True(t, w.Shown("2 keys selected"), w.Texts())
	w.FormInputs()[""].SetText(file)
	w.Confirm("Export")
	require.True(t, w.Shown("There is a file of that name already."), w.Texts())
	w.Choose("As CSV", "As JSON")
	require.Equal(t, filepath.Join(dir, "animals.json"), w.FormInputs()[""].Text)
	w.Confirm("Export")
	require.Empty(t, w.Modals)
	written, err := os.ReadFile(filepath.Join(dir, "animals.json"))
	require.NoError(t, err)
	var list []api.Key
	require.NoError(t, json.Unmarshal(written, &list))
	require.Len(t, list, 2)
	require.Equal(t, "lion", list[0].Name)
}

// TestAnExportThatFailsIsTriedAgain leaves no file, and the dialog as it was.
func TestAnExportThatFailsIsTriedAgain(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	w.Life.Fail["GET /keys"] = uitest.Problem(http.StatusServiceUnavailable, apikey.CodeUnavailable)
	keysPage(w).Export()
	file := filepath.Join(t.TempDir(), "keys.csv")
	w.FormInputs()[""].SetText(file)
	w.Confirm("Export")
	require.Len(t, w.Modals, 1)
	require.NoFileExists(t, file)
	w.Life.Fail = map[string]*api.Error{}
	w.Confirm("Export")
	require.Empty(t, w.Modals)
	require.FileExists(t, file)
}

func readCSV(t *testing.T, file string) [][]string {
	t.Helper()
	content, err := os.Open(file)
	require.NoError(t, err)
	defer content.Close()
	lines, err := csv.NewReader(content).ReadAll()
	require.NoError(t, err)
	return lines
}
