//go:build mage

package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

// The desktop program's own icon and its entry in menus, by where Linux wants them below a prefix.
var desktopFiles = map[string]string{
	"desktop/ui/pictures/icon.png":                      "share/icons/hicolor/256x256/apps/io.github.ostiary.desktop.png",
	"desktop/package/io.github.ostiary.desktop.desktop": "share/applications/io.github.ostiary.desktop.desktop",
	"desktop/ui/fonts/Inter-LICENSE.txt":                "share/doc/ostiary-desktop/Inter-LICENSE.txt",
	"desktop/ui/fonts/JetBrainsMono-LICENSE.txt":        "share/doc/ostiary-desktop/JetBrainsMono-LICENSE.txt",
	"LICENSE":              "share/doc/ostiary-desktop/LICENSE",
	"docs/desktop.md":      "share/doc/ostiary-desktop/desktop.md",
	"desktop/FyneApp.toml": "share/doc/ostiary-desktop/FyneApp.toml",
}

var (
	// The walk uses the program in a window on a virtual screen; elsewhere than on Linux there is none.
	desktopWalk = step{name: "desktop walk", of: []string{"desktop/walk"},
		needs: slices.Concat([]string{"Xvfb", "xdotool", "xclip", "openbox"}, session, graphics), check: true, run: walkThroughDesktop}
	desktopArchive = step{name: "desktop archive", of: []string{"desktop/main.go"}, needs: graphics, run: buildDesktopArchive}
)

// testDesktop runs the tests that need no display. The race detector makes drawing so slow that what one thread draws
// is only sampled with it, and drawn as a whole without.
func testDesktop(ctx context.Context) error {
	if err := goTest("ci,"+releaseTags, "./desktop/...")(ctx); err != nil {
		return err
	}
	return sh(ctx, []string{"CGO_ENABLED=1"}, "go", "test", "-trimpath", "-tags", "ci,"+releaseTags, "-run", "Look|EveryDialog", "./desktop/ui")
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
	archive, _, err := packDesktop(ctx, dir)
	if err != nil {
		return err
	}
	return sh(ctx, []string{"CGO_ENABLED=1", "OSTIARY_DESKTOP=" + program, "OSTIARY_DESKTOP_ARCHIVE=" + archive},
		"go", "test", "-v", "-count", "1", "-timeout", "6m", "-tags", "walk,"+releaseTags, "./desktop/walk")
}

// buildDesktopArchive packs the desktop program for this machine, and notes the archive's checksum.
func buildDesktopArchive(ctx context.Context) error {
	archive, sum, err := packDesktop(ctx, "build")
	if err != nil {
		return err
	}
	sums, err := os.OpenFile("build/SHA256SUMS", os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	line := fmt.Sprintf("%x  %s\n", sum, filepath.Base(archive))
	fmt.Print(line)
	_, err = sums.WriteString(line)
	return cmp.Or(err, sums.Close())
}

// packDesktop packs the desktop program for this machine into a directory, with its icon and its entry in menus, and
// returns the archive and its SHA-256. The program is linked with the system's graphics, so it is built where it shall
// run.
func packDesktop(ctx context.Context, dir string) (archive string, sum []byte, err error) {
	stage := filepath.Join(dir, fmt.Sprintf("ostiary-desktop_%s_%s_%s", version(), runtime.GOOS, runtime.GOARCH))
	defer func() { err = cmp.Or(err, os.RemoveAll(stage)) }()
	if err := goBuild(ctx, filepath.Join(stage, "bin", "ostiary-desktop"), "./desktop", "-s -w"); err != nil {
		return "", nil, err
	}
	for from, to := range desktopFiles {
		content, err := os.ReadFile(from)
		if err != nil {
			return "", nil, err
		}
		to = filepath.Join(stage, to)
		if err := cmp.Or(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, content, 0o644)); err != nil {
			return "", nil, err
		}
	}
	archive = stage + ".tar.gz"
	sum, err = pack(stage, archive)
	return archive, sum, err
}
