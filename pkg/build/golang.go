package build

import (
	"context"
	"strings"
)

// withC lets Go call SQLite, which is in C.
const withC = "CGO_ENABLED=1"

func buildServer(ctx context.Context) error {
	return goBuild(ctx, serverBinary, "./pkg/cmd/ostiary", "")
}

func buildDesktopProgram(ctx context.Context) error {
	return goBuild(ctx, desktopBinary, "./desktop", "")
}

// goBuild builds one program, stamped with the version. Go rebuilds only what has changed.
func goBuild(ctx context.Context, out, pkg, linkFlags string, env ...string) error {
	return sh(ctx, append(env, withC), "go", "build", "-trimpath", "-buildvcs=false", "-tags", releaseTags,
		"-ldflags", strings.TrimSpace("-X github.com/ostiary/ostiary/pkg/cli.Version="+version()+" "+linkFlags), "-o",
		out, pkg)
}

// goTest tests with the race detector.
func goTest(tags, packages string) func(context.Context) error {
	return func(ctx context.Context) error {
		return sh(ctx, []string{withC}, "go", "test", "-trimpath", "-race", "-timeout", "30m", "-tags", tags, packages)
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
