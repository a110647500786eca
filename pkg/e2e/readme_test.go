package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// transcript runs the first shell block of a document against a server, with
// addresses replaced, old, new, …, as if it had been pasted. Where a line ends
// in a comment that begins with a status, that must be what curl is answered.
// It returns all that was printed.
func (s *server) transcript(t testing.TB, document string, replace ...string) (out string) {
	t.Helper()
	_, rest, found := strings.Cut(document, "```sh\n")
	require.True(t, found)
	lines, _, _ := strings.Cut(rest, "```")
	for i := 0; i < len(replace); i += 2 {
		require.Contains(t, lines, replace[i])
	}

	bin := filepath.Join(s.dir, "bin")
	require.NoError(t, os.Mkdir(bin, 0o700))
	self, err := filepath.Abs(os.Args[0])
	require.NoError(t, err)
	require.NoError(t, os.Symlink(self, filepath.Join(bin, "ostiary")))
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", strings.NewReplacer(replace...).Replace(lines))
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), beOstiary+"=1", "OSTIARY_URL="+s.management, "OSTIARY_API_KEY_FILE="+filepath.Join(s.dir, "admin.key"), "XDG_CONFIG_HOME="+s.dir, "PATH="+bin+":"+os.Getenv("PATH"))
	printed, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", printed)

	var promised, answers []string
	for line := range strings.SplitSeq(lines, "\n") {
		if _, comment, found := strings.Cut(line, " # "); found && strings.Contains(line, "curl") {
			promised = append(promised, comment[:3])
		}
	}
	for line := range strings.SplitSeq(string(printed), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && strings.HasPrefix(fields[0], "HTTP/") {
			answers = append(answers, fields[1])
		}
	}
	require.NotEmpty(t, promised)
	require.Equal(t, promised, answers)
	return string(printed)
}

// document reads a file by its path in the project.
func document(t testing.TB, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", path))
	require.NoError(t, err)
	return string(content)
}

// The README's transcript does what its comments say when it is pasted.
func TestReadme(t *testing.T) {
	s := serve(t, t.TempDir())
	out := s.transcript(t, document(t, "README.md"), "http://127.0.0.1:7172", s.gate)
	require.Contains(t, out, `"code":"revoked"`)
}
