package plugintest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// PluginID is the plugin's, as in plugin.json.
const PluginID = "ostiary-apikeys-app"

// Version is what executables of Build say of themselves.
const Version = "0.0.0-test"

// executableName is the file that Grafana starts on this system.
var executableName = fmt.Sprintf("gpx_ostiary_apikeys_%s_%s", runtime.GOOS, runtime.GOARCH)

// Build builds the plugin's executable as it is released, and returns its
// path. It stays in bin/test, so that the next run has little to do.
var Build = sync.OnceValues(func() (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	executable := filepath.Join(root, "bin", "test", executableName)
	linkFlags := fmt.Sprintf("-s -w -X 'github.com/grafana/grafana-plugin-sdk-go/build/buildinfo.buildInfoJSON={\"pluginID\":%q,\"version\":%q}'", PluginID, Version)
	if runtime.GOOS == "linux" {
		linkFlags += ` -linkmode external -extldflags "-static"`
	}
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags",
		"osusergo,netgo,sqlite_omit_load_extension",
		"-ldflags", linkFlags, "-o", executable, "./pkg")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the plugin cannot be built: %w\n%s", err, out)
	}
	return executable, nil
})

func moduleRoot() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", err
	}
	return filepath.Dir(strings.TrimSpace(string(out))), nil
}

// install puts an executable where Grafana keeps plugins in its data
// directory, and returns its path there.
func install(executable, grafanaData string) (string, error) {
	dir := filepath.Join(grafanaData, "plugins", PluginID)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	installed := filepath.Join(dir, executableName)
	if err := os.Remove(installed); err != nil && !os.IsNotExist(err) {
		return "", err
	}
	if os.Link(executable, installed) == nil {
		return installed, nil
	}
	content, err := os.ReadFile(executable) // which is on another file system
	if err != nil {
		return "", err
	}
	return installed, os.WriteFile(installed, content, 0o755)
}
