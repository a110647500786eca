package build

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// desktopFiles are what comes with the desktop program, by where Linux wants it below a prefix.
var desktopFiles = map[string]string{
	desktopIcon: "share/icons/hicolor/256x256/apps/io.github.ostiary.desktop.png",
	"desktop/package/io.github.ostiary.desktop.desktop": "share/applications/io.github.ostiary.desktop.desktop",
	"desktop/kit/fonts/Inter-LICENSE.txt":               "share/doc/ostiary-desktop/Inter-LICENSE.txt",
	"desktop/kit/fonts/JetBrainsMono-LICENSE.txt":       "share/doc/ostiary-desktop/JetBrainsMono-LICENSE.txt",
	"LICENSE":              "share/doc/ostiary-desktop/LICENSE",
	"docs/desktop.md":      "share/doc/ostiary-desktop/desktop.md",
	"desktop/FyneApp.toml": "share/doc/ostiary-desktop/FyneApp.toml",
}

// desktopPapers are what comes with the desktop program elsewhere. Its icon is in the program there.
var desktopPapers = map[string]string{
	"desktop/kit/fonts/Inter-LICENSE.txt":         "Inter-LICENSE.txt",
	"desktop/kit/fonts/JetBrainsMono-LICENSE.txt": "JetBrainsMono-LICENSE.txt",
	"LICENSE":         "LICENSE",
	"docs/desktop.md": "desktop.md",
}

const desktopIcon = "desktop/kit/pictures/icon.png"

// testDesktop runs the tests that need no display. The race detector makes drawing so slow that what one thread draws
// is only sampled with it, and drawn as a whole without.
func testDesktop(ctx context.Context) error {
	if err := goTest("ci,"+releaseTags, "./desktop/...")(ctx); err != nil {
		return err
	}
	return sh(ctx, []string{withC}, "go", "test", "-trimpath", "-tags", "ci,"+releaseTags,
		"-run", "Look|EveryDialog", "./desktop/ui/...")
}

func walkThroughDesktop(ctx context.Context) error {
	if runtime.GOOS != "linux" {
		say("The desktop program is walked through on Linux only.")
		return nil
	}
	program, err := filepath.Abs(desktopBinary)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "ostiary-desktop-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	archive, _, err := packDesktop(ctx, here, dir)
	if err != nil {
		return err
	}
	return goTestAgain(ctx, []string{"OSTIARY_DESKTOP=" + program, "OSTIARY_DESKTOP_ARCHIVE=" + archive},
		"standard-verbose", "./desktop/walk", "-count", "1", "-timeout", "20m", "-tags", "walk,"+releaseTags)
}

// measureDesktop measures the desktop program and an empty window of Fyne's.
func measureDesktop(ctx context.Context) error {
	if runtime.GOOS != "linux" {
		say("The desktop program is measured on Linux only.")
		return nil
	}
	program, err := filepath.Abs(desktopBinary)
	if err != nil {
		return err
	}
	yardstick := filepath.Join(filepath.Dir(program), "test", "empty-window")
	if err := sh(ctx, []string{withC}, "go", "build", "-trimpath", "-tags", releaseTags,
		"-o", yardstick, "./desktop/walk/yardstick"); err != nil {
		return err
	}
	return sh(ctx, []string{withC, "OSTIARY_DESKTOP=" + program, "OSTIARY_YARDSTICK=" + yardstick},
		"go", "test", "-count", "1", "-timeout", "20m", "-tags", "walk,"+releaseTags,
		"-run", "^$", "-bench", ".", "-benchtime", "1x", "./desktop/walk")
}

// desktopPlatforms lists the systems that the desktop program is released for. It is linked with a system's graphics,
// so it is built on that system; Windows' own come with the cross compiler, and so it is built for Windows elsewhere
// too.
func desktopPlatforms() []platform {
	windows := platform{"windows", "amd64"}
	if here == windows {
		return []platform{here}
	}
	return []platform{here, windows}
}

// buildDesktopArchives packs the desktop program for every system that there is a compiler for, and notes the archives'
// checksums.
func buildDesktopArchives(ctx context.Context) error {
	for _, p := range desktopPlatforms() {
		if _, err := exec.LookPath(p.compiler()); err != nil {
			say("The desktop program for %s on %s is left out: there is no %s%s.", p.os, p.arch, p.compiler(), hint(p))
			continue
		}
		archive, sum, err := packDesktop(ctx, p, "build")
		if err != nil {
			return err
		}
		if err := noteSum("build", archive, sum); err != nil {
			return err
		}
	}
	return nil
}

// packDesktop builds the desktop program for a system and packs it into a directory, with what comes with it, and
// returns the archive and its SHA-256.
func packDesktop(ctx context.Context, p platform, dir string) (archive string, sum []byte, err error) {
	built, err := os.MkdirTemp("", "ostiary-desktop-")
	if err != nil {
		return "", nil, err
	}
	defer func() { err = cmp.Or(err, os.RemoveAll(built)) }()
	program := filepath.Join(built, "ostiary-desktop")
	if err := buildDesktop(ctx, p, program); err != nil {
		return "", nil, err
	}
	return stageDesktop(p, program, dir)
}

// buildDesktop builds the desktop program for a system. On Windows it opens no terminal, and needs no library but the
// system's.
func buildDesktop(ctx context.Context, p platform, out string) error {
	linkFlags := "-s -w"
	if p.os == "windows" {
		linkFlags += " -H=windowsgui -extldflags=-static"
	}
	env := []string{"GOOS=" + p.os, "GOARCH=" + p.arch}
	if !p.isHere() {
		env = append(env, "CC="+p.compiler())
	}
	return goBuild(ctx, out, desktopPackage, linkFlags, env...)
}

// stageDesktop packs a built desktop program for a system into a directory, and returns the archive and its SHA-256.
func stageDesktop(p platform, program, dir string) (archive string, sum []byte, err error) {
	name := fmt.Sprintf("ostiary-desktop_%s_%s_%s", version(), p.os, p.arch)
	stage := filepath.Join(dir, name)
	defer func() { err = cmp.Or(err, os.RemoveAll(stage)) }()
	content, err := os.ReadFile(program)
	if err != nil {
		return "", nil, err
	}
	if p.os != "windows" {
		err := cmp.Or(stageFile(stage, "bin/ostiary-desktop", content, 0o755), stageCopies(stage, desktopFiles))
		if err != nil {
			return "", nil, err
		}
		sum, err = pack(stage, stage+".tar.gz")
		return stage + ".tar.gz", sum, err
	}
	if content, err = withResources(content); err != nil {
		return "", nil, err
	}
	err = cmp.Or(stageFile(stage, "ostiary-desktop.exe", content, 0o755), stageCopies(stage, desktopPapers))
	if err != nil {
		return "", nil, err
	}
	sum, err = packZip(stage, name, stage+".zip")
	return stage + ".zip", sum, err
}
