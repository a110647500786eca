package imports_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// preview shows what would become of the keys in a file.
func preview(w *uitest.Opened) {
	w.T.Helper()
	file := filepath.Join(w.T.TempDir(), "grafana.db")
	require.NoError(w.T, os.WriteFile(file, []byte("SQLite format 3\x00"), 0o600))
	w.Ctrl(fyne.KeyI)
	w.FormInputs()["/var/lib/grafana/grafana.db"].SetText(file)
	w.Button(w.Words.T("import.preview"))
}

var scenes = []uitest.Scene{
	{Name: "import", Arrive: func(w *uitest.Opened) { w.Ctrl(fyne.KeyI) }},
	{Name: "import-preview", Arrive: func(w *uitest.Opened) {
		preview(w)
		w.Press(fyne.KeyDown, fyne.KeyDown, fyne.KeySpace)
	}},
	{Name: "import-done", Arrive: func(w *uitest.Opened) {
		preview(w)
		w.Button(w.Words.T("import.apply"))
	}},
	{Name: "import without a database", Arrive: func(w *uitest.Opened) {
		w.Ctrl(fyne.KeyI)
		w.Button(w.Words.T("import.preview"))
	}},
	{Name: "import of no file", Arrive: func(w *uitest.Opened) {
		w.Ctrl(fyne.KeyI)
		w.Choose("Grafana", "Uptime Kuma")
		w.FormInputs()["/var/lib/uptime-kuma/kuma.db"].SetText("/home/ada/HTTP.db")
		w.Button(w.Words.T("import.preview"))
	}},
	{Name: "import that failed", Arrive: func(w *uitest.Opened) {
		preview(w)
		w.Life.Fail["POST /imports"] = uitest.Problem(http.StatusServiceUnavailable, apikey.CodeUnavailable)
		w.Button(w.Words.T("import.apply"))
	}},
}

func TestEveryDialog(t *testing.T) { uitest.VisitEvery(t, scenes) }

func TestLooks(t *testing.T) { uitest.HoldLooks(t, uitest.NewStillLife, scenes[1:2]) }
