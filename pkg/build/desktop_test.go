package build

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tc-hib/winres"
	winversion "github.com/tc-hib/winres/version"
)

// The archive of the desktop program for Windows: what is in it, and what Explorer shows of the program. The program in
// it is a small one, since the desktop program itself takes minutes to build for another system.
func TestTheDesktopArchiveForWindows(t *testing.T) {
	t.Chdir("../..")
	windows := platform{"windows", "amd64"}
	source, program := filepath.Join(t.TempDir(), "main.go"), filepath.Join(t.TempDir(), "small.exe")
	require.NoError(t, os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600))
	require.NoError(t, sh(t.Context(), []string{"GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0"}, "go", "build", "-trimpath", "-o", program, source))
	before, err := os.ReadFile(program)
	require.NoError(t, err)

	dir := t.TempDir()
	archive, sum, err := stageDesktop(windows, program, dir)
	require.NoError(t, err)
	name := "ostiary-desktop_" + version() + "_windows_amd64"
	require.Equal(t, filepath.Join(dir, name+".zip"), archive)
	files := unpack(t, archive, name, t.TempDir())

	modes := map[string]fs.FileMode{}
	for file, f := range files {
		modes[file] = f.mode
	}
	require.Equal(t, map[string]fs.FileMode{
		"ostiary-desktop.exe": 0o755, "desktop.md": 0o644, "LICENSE": 0o644, "Inter-LICENSE.txt": 0o644, "JetBrainsMono-LICENSE.txt": 0o644,
	}, modes)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1, "what was packed is removed")

	content := files["ostiary-desktop.exe"].content
	require.Greater(t, len(content), len(before))
	resources, err := winres.LoadFromEXE(bytes.NewReader(content))
	require.NoError(t, err)

	t.Run("it has the icon in several sizes", func(t *testing.T) {
		icon, err := resources.GetIcon(winres.ID(1))
		require.NoError(t, err)
		var file bytes.Buffer
		require.NoError(t, icon.SaveICO(&file))
		sizes := map[int]bool{}
		for i := range int(file.Bytes()[4]) { // an entry for each size has 16 bytes, and begins with its width
			sizes[int(file.Bytes()[6+16*i])] = true
		}
		for _, size := range []int{16, 32, 48, 0} { // 0 means 256
			require.True(t, sizes[size], "%d is missing in %v", size, sizes)
		}
	})
	t.Run("it says its name and its version", func(t *testing.T) {
		about, err := winversion.FromBytes(resources.Get(winres.RT_VERSION, winres.ID(1), winversion.LangDefault))
		require.NoError(t, err)
		var shown struct{ Info map[string]map[string]string }
		text, err := json.Marshal(about)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &shown))
		require.Equal(t, "Ostiary", shown.Info["0409"]["ProductName"], string(text))
		require.Equal(t, version(), shown.Info["0409"]["ProductVersion"], string(text))
	})
	t.Run("it draws in the screen's own pixels", func(t *testing.T) {
		manifest, err := winres.AppManifestFromXML(resources.Get(winres.RT_MANIFEST, winres.ID(1), winversion.LangDefault))
		require.NoError(t, err)
		require.Equal(t, winres.DPIPerMonitorV2, manifest.DPIAwareness)
		require.Equal(t, winres.AsInvoker, manifest.ExecutionLevel, "it needs no administrator")
	})
	t.Run("it is the same when it is packed again", func(t *testing.T) {
		_, again, err := stageDesktop(windows, program, t.TempDir())
		require.NoError(t, err)
		require.Equal(t, sum, again)
	})
}

// The desktop program is released for this machine, and for Windows.
func TestDesktopPlatforms(t *testing.T) {
	require.Equal(t, here, desktopPlatforms()[0])
	require.Contains(t, desktopPlatforms(), platform{"windows", "amd64"})
}
