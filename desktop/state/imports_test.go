package state_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
)

func TestTheSchemeOfADatabasesAddressGoesWithoutSaying(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("backup.old", 0o700))
	require.NoError(t, os.WriteFile(filepath.Join("backup.old", "kuma.db"), nil, 0o600))
	for typed, want := range map[string]string{
		"grafana.example.org/backup/grafana.db": "https://grafana.example.org/backup/grafana.db",
		"127.0.0.1:8000/kuma.db":                "http://127.0.0.1:8000/kuma.db",
		"localhost/kuma.db":                     "http://localhost/kuma.db",
		"[::1]:80/kuma.db":                      "http://[::1]:80/kuma.db",
		"backup:8000/kuma.db":                   "https://backup:8000/kuma.db",
		"backup.old/kuma.db":                    "backup.old/kuma.db", // it is there
		"/var/lib/grafana/grafana.db":           "/var/lib/grafana/grafana.db",
		"./grafana.example.org/grafana.db":      "./grafana.example.org/grafana.db",
		"../grafana.db":                         "../grafana.db",
		"grafana.db":                            "grafana.db",
		"data/grafana.db":                       "data/grafana.db",
		`C:\data\grafana.db`:                    `C:\data\grafana.db`,
		"C:/data/grafana.db":                    "C:/data/grafana.db",
		"http://example.org/kuma.db":            "http://example.org/kuma.db",
	} {
		require.Equal(t, want, state.CompleteSource(typed), typed)
	}
}
