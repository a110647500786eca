//go:build archive

package build

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/plugintest"
)

// archiveFiles are all files that the plugin's archive may hold, as patterns. Source maps are among them because
// Grafana's validator compares a plugin's scripts with its sources by them.
var archiveFiles = []string{
	`CHANGELOG\.md`, `LICENSE`, `README\.md`, `plugin\.json`, `dashboards/(keys|ostiary)\.json`, `go_plugin_build_manifest`,
	`gpx_ostiary_apikeys_(linux|darwin)_(amd64|arm64)|gpx_ostiary_apikeys_windows_amd64\.exe`,
	`img/logo\.svg`, `img/screenshot-keys\.png`, `img/screenshot-token\.png`,
	`locales/de-DE/ostiary-apikeys-app\.json`, `locales/en-US/ostiary-apikeys-app\.json`, `locales/fr-FR/ostiary-apikeys-app\.json`,
	`texts-de-DE-ostiary-apikeys-app-json\.js`, `texts-en-US-ostiary-apikeys-app-json\.js`, `texts-fr-FR-ostiary-apikeys-app-json\.js`,
	`module\.js`, `module\.js\.map`, `pages\.js`, `pages\.js\.map`, `overview\.js`, `overview\.js\.map`, `[0-9]+\.js(?:\.map)?`, `[0-9]+\.js\.LICENSE\.txt`,
}

// The archive of the plugin, of what `go tool mage build` has made in dist/: what is in it, that it is what was built
// from these sources, and that the plugin in it runs.
func TestThePluginArchive(t *testing.T) {
	t.Chdir("../..")
	require.FileExists(t, "dist/module.js", "type `go tool mage build` first")
	require.NoError(t, buildPlugin(t.Context(), here))
	dir := t.TempDir()
	require.NoError(t, packPlugin("dist", dir))
	name := filepath.Join(dir, pluginID+"_"+version()+".zip")
	unpacked := t.TempDir()
	files := unpack(t, name, pluginID, unpacked)

	t.Run("holds what Grafana needs and nothing else", func(t *testing.T) {
		found := map[string]bool{}
		for file := range files {
			i := slices.IndexFunc(archiveFiles, func(p string) bool { return regexp.MustCompile("^(?:" + p + ")$").MatchString(file) })
			require.GreaterOrEqual(t, i, 0, "%s does not belong into the archive", file)
			found[archiveFiles[i]] = true
		}
		for _, pattern := range archiveFiles {
			require.True(t, found[pattern], "%s is missing", pattern)
		}
	})

	t.Run("only programs can be run", func(t *testing.T) {
		for file, f := range files {
			require.True(t, f.mode.IsRegular(), file)
			want := fs.FileMode(0o644)
			if strings.HasPrefix(file, "gpx_") {
				want = 0o755
			}
			require.Equal(t, want, f.mode.Perm(), file)
		}
	})

	t.Run("plugin.json is filled in and names files that are there", func(t *testing.T) {
		content := files["plugin.json"].content
		require.NotRegexp(t, `%[A-Z_]+%`, string(content))
		var about struct {
			ID, Executable string
			Info           struct {
				Version, Updated string
				Logos            struct{ Small, Large string }
				Screenshots      []struct{ Path string }
			}
			Includes []struct{ Type, Path string }
		}
		require.NoError(t, json.Unmarshal(content, &about))
		require.Equal(t, pluginID, about.ID)
		require.Regexp(t, `^[0-9]+\.[0-9]+\.[0-9]+$`, about.Info.Version)
		require.Regexp(t, `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`, about.Info.Updated)
		named := []string{about.Info.Logos.Small, about.Info.Logos.Large, about.Executable + "_" + here.os + "_" + here.arch}
		for _, s := range about.Info.Screenshots {
			named = append(named, s.Path)
		}
		for _, i := range about.Includes {
			if i.Type == "dashboard" {
				named = append(named, i.Path)
			}
		}
		for _, file := range named {
			require.Contains(t, files, file)
		}
	})

	t.Run("the manifest has the checksum of every source", func(t *testing.T) {
		sums := map[string]string{}
		lines := bufio.NewScanner(bytes.NewReader(files["go_plugin_build_manifest"].content))
		for lines.Scan() {
			sum, file, ok := strings.Cut(lines.Text(), ":")
			require.True(t, ok, lines.Text())
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			want := sha256.Sum256(content)
			require.Equal(t, hex.EncodeToString(want[:]), sum, file)
			sums[file] = sum
		}
		for _, file := range []string{"pkg/main.go", "pkg/plugin/plugin.go", "pkg/apikey/token.go", "Magefile.go"} {
			require.Contains(t, sums, file)
		}
	})

	t.Run("is small", func(t *testing.T) {
		programs := 0
		for file := range files {
			if strings.HasPrefix(file, "gpx_") {
				programs++
			}
		}
		info, err := os.Stat(name)
		require.NoError(t, err)
		t.Logf("%.1f MB with %d programs", float64(info.Size())/1e6, programs)
		require.Less(t, info.Size(), int64(programs)*20e6+2e6)
	})

	t.Run("comes with its checksum", func(t *testing.T) {
		check := exec.CommandContext(t.Context(), "sha256sum", "--check", "--strict", "SHA256SUMS")
		check.Dir = dir
		out, err := check.CombinedOutput()
		require.NoError(t, err, string(out))
		require.Equal(t, filepath.Base(name)+": OK\n", string(out))
	})

	t.Run("is the same when it is packed again", func(t *testing.T) {
		again := t.TempDir()
		require.NoError(t, packPlugin("dist", again))
		first, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
		require.NoError(t, err)
		second, err := os.ReadFile(filepath.Join(again, "SHA256SUMS"))
		require.NoError(t, err)
		require.Equal(t, string(first), string(second))
	})

	t.Run("runs", func(t *testing.T) {
		host := plugintest.New(t, plugintest.Options{
			Executable: filepath.Join(unpacked, pluginID, filepath.Base(pluginBinary)+"_"+here.os+"_"+here.arch),
			Settings:   map[string]string{"gate_listen": "127.0.0.1:0"},
		})
		result, err := host.CheckHealth(t.Context(), host.Context(1, &plugintest.User{Login: "admin", Role: "Admin"}))
		require.NoError(t, err)
		require.Equal(t, backend.HealthStatusOk, result.Status, result.Message)
		require.Contains(t, result.Message, version())
	})
}
