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

	printed := s.bash(t, strings.NewReplacer(replace...).Replace(lines))
	var promised, answers []string
	for line := range strings.SplitSeq(lines, "\n") {
		if _, comment, found := strings.Cut(line, " # "); found && strings.Contains(line, "curl") {
			promised = append(promised, comment[:3])
		}
	}
	for line := range strings.SplitSeq(printed, "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && strings.HasPrefix(fields[0], "HTTP/") {
			answers = append(answers, fields[1])
		}
	}
	require.NotEmpty(t, promised)
	require.Equal(t, promised, answers)
	return printed
}

// bash runs lines in the server's directory, as the user who started it: the
// program is on the path, and it knows the server and the first Admin key.
func (s *server) bash(t testing.TB, lines string) (printed string) {
	t.Helper()
	bin, program := filepath.Join(s.dir, "bin"), filepath.Join(s.dir, "bin", "ostiary")
	require.NoError(t, os.MkdirAll(bin, 0o700))
	if _, err := os.Lstat(program); err != nil {
		self, err := filepath.Abs(os.Args[0])
		require.NoError(t, err)
		require.NoError(t, os.Symlink(self, program))
	}
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", lines)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), beOstiary+"=1", "PATH="+bin+":"+os.Getenv("PATH"), "XDG_CONFIG_HOME="+s.dir,
		"OSTIARY_URL="+s.management, "OSTIARY_API_KEY_FILE="+filepath.Join(s.dir, "admin.key"))
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", lines, out)
	return string(out)
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
