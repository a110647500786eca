//go:build mage

package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/build/buildinfo"
	manifest "github.com/grafana/grafana-plugin-sdk-go/build/utils"
)

// platform is a system that the server is released for.
type platform struct{ os, arch string }

// platforms lists what can be built here: on Linux both usual processors, elsewhere this machine's own.
func platforms() []platform {
	if runtime.GOOS != "linux" {
		return []platform{{runtime.GOOS, runtime.GOARCH}}
	}
	return []platform{{"linux", "amd64"}, {"linux", "arm64"}}
}

// toolchain is the GNU name of a processor's C tools, which Debian's cross compilers carry.
func (p platform) toolchain() string {
	return map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[p.arch] + "-linux-gnu"
}

func (p platform) isHere() bool { return p == platform{runtime.GOOS, runtime.GOARCH} }

// compiler is the C compiler that builds for the platform from here.
func (p platform) compiler() string {
	switch {
	case p.os == runtime.GOOS && (p.isHere() || p.os == "darwin"): // Apple's builds for all of Apple's processors
		return "cc"
	case p.os == "windows":
		return "x86_64-w64-mingw32-gcc"
	case p.os == "darwin": // the names that osxcross gives them
		return map[string]string{"amd64": "o64-clang", "arm64": "oa64-clang"}[p.arch]
	}
	return p.toolchain() + "-gcc"
}

// goBuild builds a program for the platform without symbols. On Linux it is static: Grafana's image, for one, has
// another C library than most systems.
func (p platform) goBuild(ctx context.Context, out, pkg, linkFlags string) error {
	linkFlags = strings.TrimSpace("-s -w " + linkFlags)
	if p.os == "linux" {
		linkFlags += " " + static
	}
	env := []string{"GOOS=" + p.os, "GOARCH=" + p.arch}
	if !p.isHere() {
		env = append(env, "CC="+p.compiler())
	}
	return goBuild(ctx, out, pkg, linkFlags, env...)
}

func crossCompilers() []string {
	needs := slices.Clone(cCompiler)
	for _, p := range platforms() {
		if !p.isHere() {
			needs = append(needs, p.toolchain()+"-gcc", "/usr/"+p.toolchain()+"/include/stdlib.h")
		}
	}
	return needs
}

// buildArchives stages the program, its papers and its completion scripts for each platform, and packs them.
func buildArchives(ctx context.Context) error {
	if err := os.RemoveAll("build"); err != nil {
		return err
	}
	var sums strings.Builder
	for _, p := range platforms() {
		name := fmt.Sprintf("ostiary_%s_%s_%s", version(), p.os, p.arch)
		stage := filepath.Join("build", name)
		if err := p.goBuild(ctx, filepath.Join(stage, "ostiary"), "./pkg/cmd/ostiary", ""); err != nil {
			return err
		}
		if err := addPapers(ctx, stage); err != nil {
			return err
		}
		sum, err := pack(stage, stage+".tar.gz")
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s.tar.gz\n", sum, name)
		if err := os.RemoveAll(stage); err != nil {
			return err
		}
	}
	fmt.Print(sums.String())
	return os.WriteFile("build/SHA256SUMS", []byte(sums.String()), 0o644)
}

// pluginPlatforms lists the systems that Grafana runs on.
var pluginPlatforms = []platform{
	{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"},
}

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

// noteSum adds an archive's checksum to those of a directory.
func noteSum(dir, archive string, sum []byte) error {
	sums, err := os.OpenFile(filepath.Join(dir, "SHA256SUMS"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	line := fmt.Sprintf("%x  %s\n", sum, filepath.Base(archive))
	fmt.Print(line)
	_, err = sums.WriteString(line)
	return cmp.Or(err, sums.Close())
}

// hint says what brings the compiler for a platform.
func hint(p platform) string {
	switch p.os {
	case "linux":
		return "; install " + debianPackages[p.compiler()]
	case "windows":
		return "; install gcc-mingw-w64-x86-64, or mingw-w64 where it is called that"
	case "darwin":
		return "; build there, or with osxcross"
	}
	return ""
}

// packZip writes a directory as an archive, under another name, and returns the archive's SHA-256.
func packZip(dir, name, archive string) ([]byte, error) {
	var out bytes.Buffer
	files := zip.NewWriter(&out)
	err := eachFile(dir, func(path string, mode fs.FileMode, content []byte) error {
		header := &zip.FileHeader{Name: name + "/" + path, Method: zip.Deflate, Modified: commitTime().UTC()}
		header.SetMode(mode)
		w, err := files.CreateHeader(header)
		if err != nil {
			return err
		}
		_, err = w.Write(content)
		return err
	})
	return seal(archive, &out, err, files)
}

// addPapers puts what comes beside the program into a staged release.
func addPapers(ctx context.Context, stage string) error {
	for _, paper := range []string{"LICENSE", "README.md", "CHANGELOG.md"} {
		content, err := os.ReadFile(paper)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(stage, paper), content, 0o644); err != nil {
			return err
		}
	}
	if err := os.Mkdir(filepath.Join(stage, "completions"), 0o755); err != nil {
		return err
	}
	for shell, file := range map[string]string{"bash": "ostiary.bash", "zsh": "_ostiary", "fish": "ostiary.fish"} {
		script, err := exec.CommandContext(ctx, serverBinary, "completion", shell).Output()
		if err != nil {
			return fmt.Errorf("%s completion %s: %w", serverBinary, shell, err)
		}
		if err := os.WriteFile(filepath.Join(stage, "completions", file), script, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// pack writes a directory as a compressed archive, under its own name, and returns the archive's SHA-256.
func pack(dir, archive string) ([]byte, error) {
	var out bytes.Buffer
	compressed := gzip.NewWriter(&out)
	files := tar.NewWriter(compressed)
	err := eachFile(dir, func(path string, mode fs.FileMode, content []byte) error {
		header := &tar.Header{Name: filepath.Base(dir) + "/" + path, Mode: int64(mode), Size: int64(len(content)), ModTime: commitTime()}
		if err := files.WriteHeader(header); err != nil {
			return err
		}
		_, err := files.Write(content)
		return err
	})
	return seal(archive, &out, err, files, compressed)
}

// eachFile shows all files below a directory to add, by their paths in it. What add is shown is all that an archive
// holds, beside the commit's time: so the same files at the same commit give the same archive.
func eachFile(dir string, add func(path string, mode fs.FileMode, content []byte) error) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		return add(filepath.ToSlash(inside), info.Mode().Perm(), content)
	})
}

// seal closes the writers of an archive, writes the archive and returns its SHA-256, or the first thing that failed.
func seal(archive string, content *bytes.Buffer, failed error, writers ...io.Closer) ([]byte, error) {
	for _, w := range writers {
		failed = cmp.Or(failed, w.Close())
	}
	if failed != nil {
		return nil, failed
	}
	sum := sha256.Sum256(content.Bytes())
	return sum[:], os.WriteFile(archive, content.Bytes(), 0o644)
}
