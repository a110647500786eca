package build

import (
	"context"
	"strings"
)

// withC lets Go call SQLite, which is in C.
const withC = "CGO_ENABLED=1"

const desktopPackage = "./desktop"

// systemEmoji has Fyne take emoji from the system's fonts. It would bring a font of its own otherwise, and keep it in
// memory once for each style of text, whether or not there is an emoji anywhere.
const systemEmoji = "no_emoji"

func buildServer(ctx context.Context) error {
	return goBuild(ctx, serverBinary, "./pkg/cmd/ostiary", "")
}

func buildDesktopProgram(ctx context.Context) error {
	return goBuild(ctx, desktopBinary, desktopPackage, "")
}

// goBuild builds one program, stamped with the version. Go rebuilds only what has changed.
func goBuild(ctx context.Context, out, pkg, linkFlags string, env ...string) error {
	tags := releaseTags
	if pkg == desktopPackage {
		tags += "," + systemEmoji
	}
	return sh(ctx, append(env, withC), "go", "build", "-trimpath", "-buildvcs=false", "-tags", tags,
		"-ldflags", strings.TrimSpace("-X github.com/ostiary/ostiary/pkg/cli.Version="+version()+" "+linkFlags), "-o",
		out, pkg)
}

// goTest tests with the race detector.
func goTest(tags, packages string) func(context.Context) error {
	return func(ctx context.Context) error {
		return goTestAgain(ctx, nil, "standard-quiet", packages, "-race", "-timeout", "30m", "-tags", tags)
	}
}

func testAllocations(ctx context.Context) error {
	return sh(ctx, []string{withC}, "go", "test", "-trimpath", "-tags", releaseTags,
		"-run", "Allocates", "./pkg/apikey", "./pkg/verify", "./pkg/gate")
}

func testArchive(ctx context.Context) error {
	return sh(ctx, []string{withC}, "go", "test", "-trimpath", "-tags", "archive,"+releaseTags,
		"-run", "ThePluginArchive", "./pkg/build")
}

// bench runs the program that measures whole requests.
func bench(ctx context.Context) error {
	return sh(ctx, []string{withC}, "go", "run", "-trimpath", "-tags", releaseTags, "./pkg/bench")
}
