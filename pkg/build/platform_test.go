package build

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// Where the compiler for a system is missing, it is said what brings it.
func TestHints(t *testing.T) {
	for p, want := range map[platform]string{
		{"linux", "amd64"}:   "x86_64-linux-gnu-gcc; install gcc-x86-64-linux-gnu",
		{"linux", "arm64"}:   "aarch64-linux-gnu-gcc; install gcc-aarch64-linux-gnu",
		{"windows", "amd64"}: "x86_64-w64-mingw32-gcc; install gcc-mingw-w64-x86-64, or mingw-w64 where it is called that",
		{"darwin", "amd64"}:  "o64-clang; build there, or with osxcross",
		{"darwin", "arm64"}:  "oa64-clang; build there, or with osxcross",
	} {
		require.Contains(t, pluginPlatforms, p)
		if p == here {
			require.Equal(t, "cc", p.compiler())
		} else if p.os != runtime.GOOS || p.os == "linux" {
			require.Equal(t, want, p.compiler()+hint(p))
		}
	}
}
