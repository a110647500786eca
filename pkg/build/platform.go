package build

import (
	"context"
	"runtime"
	"strings"
)

// platform is a system that the server is released for.
type platform struct{ os, arch string }

// platforms lists what can be built here: on Linux both usual processors, elsewhere this machine's own.
func platforms() []platform {
	if runtime.GOOS != "linux" {
		return []platform{here}
	}
	return []platform{{"linux", "amd64"}, {"linux", "arm64"}}
}

// toolchain is the GNU name of a processor's C tools, which Debian's cross compilers carry.
func (p platform) toolchain() string {
	return map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[p.arch] + "-linux-gnu"
}

func (p platform) isHere() bool { return p == here }

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
