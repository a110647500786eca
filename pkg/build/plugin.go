package build

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/grafana/grafana-plugin-sdk-go/build/buildinfo"
	manifest "github.com/grafana/grafana-plugin-sdk-go/build/utils"
)

// pluginPlatforms lists the systems that Grafana runs on.
var pluginPlatforms = []platform{
	{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"},
}

func buildPluginHere(ctx context.Context) error { return buildPlugin(ctx, here) }

// buildPlugin builds the plugin's backend for a platform, and the list of its sources with their checksums, by which
// Grafana Labs compares a build with its sources.
func buildPlugin(ctx context.Context, p platform) error {
	stamp, err := json.Marshal(buildinfo.Info{Time: commitTime().UnixMilli(), PluginID: pluginID, Version: version()})
	if err != nil {
		return err
	}
	out := fmt.Sprintf("%s_%s_%s", pluginBinary, p.os, p.arch)
	if p.os == "windows" {
		out += ".exe"
	}
	linkFlags := fmt.Sprintf("-X 'github.com/grafana/grafana-plugin-sdk-go/build/buildinfo.buildInfoJSON=%s'", stamp)
	if err := p.goBuild(ctx, out, "./pkg", linkFlags); err != nil {
		return err
	}
	sources, err := manifest.GenerateManifest()
	if err != nil {
		return err
	}
	return os.WriteFile("dist/go_plugin_build_manifest", []byte(sources), 0o644)
}

// buildPluginArchive builds the plugin's backend for every platform that there is a compiler for, and packs dist/ as
// Grafana unpacks it.
func buildPluginArchive(ctx context.Context) error {
	old, err := filepath.Glob(pluginBinary + "_*")
	if err != nil {
		return err
	}
	for _, file := range old {
		if err := os.Remove(file); err != nil {
			return err
		}
	}
	for _, p := range pluginPlatforms {
		if _, err := exec.LookPath(p.compiler()); err != nil {
			say("The plugin for %s on %s is left out: there is no %s%s.", p.os, p.arch, p.compiler(), hint(p))
			continue
		}
		if err := buildPlugin(ctx, p); err != nil {
			return err
		}
	}
	return packPlugin("dist", "build")
}

// packPlugin packs the built plugin as Grafana unpacks it, and adds the archive's checksum to those in the same
// directory.
func packPlugin(built, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	name := fmt.Sprintf("%s_%s.zip", pluginID, version())
	sum, err := packZip(built, pluginID, filepath.Join(dir, name))
	if err != nil {
		return err
	}
	return noteSum(dir, name, sum)
}
