//go:build walk

package walk

import (
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
)

// TestTheArchive installs the packed program as the manual says, and opens it
// from there.
func TestTheArchive(t *testing.T) {
	t.Parallel()
	archive := os.Getenv("OSTIARY_DESKTOP_ARCHIVE")
	if archive == "" {
		t.Skip("set OSTIARY_DESKTOP_ARCHIVE to what `go tool mage dist` has packed")
	}
	local := t.TempDir()
	out, err := exec.Command("tar", "xf", archive, "--strip-components", "1", "-C", local).CombinedOutput()
	require.NoError(t, err, string(out))

	papers := filepath.Join(local, "share", "doc", "ostiary-desktop")
	entries := settingsOf(t, filepath.Join(local, "share", "applications", "io.github.ostiary.desktop.desktop"))
	about := settingsOf(t, filepath.Join(papers, "FyneApp.toml"))
	for entry, want := range map[string]string{
		"Type": "Application", "Name": about["Name"], "GenericName": about["GenericName"], "Comment": about["Comment"], "Icon": about["ID"],
		"Exec": "ostiary-desktop", "Terminal": "false", "StartupWMClass": "Ostiary",
	} {
		require.Equal(t, want, entries[entry], entry)
	}
	icon, err := os.Open(filepath.Join(local, "share", "icons", "hicolor", "256x256", "apps", about["ID"]+".png"))
	require.NoError(t, err)
	defer func() { _ = icon.Close() }()
	size, err := png.DecodeConfig(icon)
	require.NoError(t, err)
	require.Equal(t, []int{256, 256}, []int{size.Width, size.Height})
	for _, paper := range []string{"LICENSE", "Inter-LICENSE.txt", "JetBrainsMono-LICENSE.txt", "desktop.md"} {
		require.FileExists(t, filepath.Join(papers, paper))
	}

	s := startScreen(t)
	s.run(filepath.Join(local, "bin", entries["Exec"]), profile(t, state.Preferences{Theme: "dark", Language: "en", Last: state.LocalID})...)
	s.painted()
	require.True(t, s.visible())
}

// settingsOf reads the lines NAME=VALUE of a file, with or without spaces and
// quotes.
func settingsOf(t testing.TB, path string) map[string]string {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	out := map[string]string{}
	for line := range strings.Lines(string(content)) {
		if name, value, ok := strings.Cut(line, "="); ok {
			out[strings.TrimSpace(name)] = strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return out
}
