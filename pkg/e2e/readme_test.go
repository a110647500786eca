package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The README's transcript does what its comments say when it is pasted.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(readme), "```sh\n")
	require.True(t, found)
	transcript, _, _ := strings.Cut(rest, "```")

	dir := t.TempDir()
	s := serve(t, dir)
	bin := filepath.Join(dir, "bin")
	require.NoError(t, os.Mkdir(bin, 0o700))
	self, err := filepath.Abs(os.Args[0])
	require.NoError(t, err)
	require.NoError(t, os.Symlink(self, filepath.Join(bin, "ostiary")))

	cmd := exec.Command("bash", "-euo", "pipefail", "-c", strings.ReplaceAll(transcript, "http://127.0.0.1:7172", s.gate))
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), beOstiary+"=1", "OSTIARY_URL="+s.management, "XDG_CONFIG_HOME="+dir)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)

	var answers []string
	for line := range strings.SplitSeq(string(out), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && strings.HasPrefix(fields[0], "HTTP/") {
			answers = append(answers, fields[1])
		}
	}
	var promised []string
	for line := range strings.SplitSeq(transcript, "\n") {
		if _, comment, found := strings.Cut(line, "# "); found {
			promised = append(promised, comment[:3])
		}
	}
	require.Equal(t, promised, answers)
	require.Len(t, promised, 3)
	require.Contains(t, string(out), `"code":"revoked"`)
}
