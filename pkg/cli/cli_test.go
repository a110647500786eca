package cli

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

func newTestRoot() *cobra.Command {
	return newRootCommand(&app{in: strings.NewReader(""), out: &results{Writer: io.Discard}, err: io.Discard})
}

// everyCommand goes through the commands that users see.
func everyCommand(yield func(*cobra.Command) bool) {
	todo := []*cobra.Command{newTestRoot()}
	for len(todo) > 0 && yield(todo[0]) {
		todo = append(todo[1:], todo[0].Commands()...)
	}
}

func TestEveryCommandHasHelp(t *testing.T) {
	for cmd := range everyCommand {
		require.NotEmpty(t, cmd.Short, cmd.CommandPath())
		require.False(t, strings.HasSuffix(cmd.Short, "."), "%s: short texts are no sentences", cmd.CommandPath())
		require.NotEmpty(t, cmd.Long, cmd.CommandPath())
		require.NotEmpty(t, cmd.Example, cmd.CommandPath())
	}
}

// The examples can be copied: each names a command that exists, with flags
// and arguments that it takes.
func TestExamplesCanBeTyped(t *testing.T) {
	for cmd := range everyCommand {
		tried := 0
		for line := range strings.Lines(strings.ReplaceAll(cmd.Example, "\\\n", " ")) {
			i := strings.Index(line, "ostiary ")
			if i < 0 || strings.HasPrefix(strings.TrimSpace(line), "#") {
				continue
			}
			require.True(t, strings.HasPrefix(line, "  "), "%q is not indented", line)
			typed := strings.TrimRight(line[i:], " \n)")
			for _, rest := range []string{" < ", " > ", " | "} {
				typed, _, _ = strings.Cut(typed, rest)
			}
			found, rest, err := newTestRoot().Find(words(typed)[1:])
			require.NoError(t, err, line)
			require.NoError(t, found.ParseFlags(rest), line)
			require.NoError(t, found.ValidateArgs(found.Flags().Args()), line)
			tried++
		}
		require.NotZero(t, tried, cmd.CommandPath())
	}
}

// words splits a line as a shell does, as far as the examples need it.
func words(line string) (out []string) {
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			out = append(out, part)
			continue
		}
		out = append(out, strings.Fields(part)...)
	}
	return out
}

func TestExpiration(t *testing.T) {
	end, err := apikey.ParseExpiry("2027-12-31")
	require.NoError(t, err)
	noon := time.Date(2027, 12, 31, 12, 0, 0, 0, time.UTC)
	earlier := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	for want, k := range map[string]api.Key{
		"":                     {State: apikey.StateActive},
		"2027-12-31":           {State: apikey.StateActive, ExpiresAt: &end},
		"2027-12-31 (expired)": {State: apikey.StateExpired, ExpiresAt: &noon},
		"2027-03-01 (revoked)": {State: apikey.StateRevoked, ExpiresAt: &end, RevokedAt: &earlier},
		"2027-12-31 (revoked)": {State: apikey.StateRevoked, RevokedAt: &noon},
		"(disabled)":           {State: apikey.StateDisabled},
	} {
		require.Equal(t, want, expiration(&k))
	}
}

// hangingServer takes requests and never answers them.
func hangingServer(t *testing.T) (url string, asked <-chan struct{}) {
	t.Helper()
	requests := make(chan struct{}, 10)
	end := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		requests <- struct{}{}
		<-end
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(end) })
	return server.URL, requests
}

// program is the program with nothing of the environment but where it is, and
// a key to sign in with.
func program(t *testing.T, args ...string) (cmd *exec.Cmd, stderr *bytes.Buffer) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), "ostiary", args...)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "XDG_CONFIG_HOME=" + t.TempDir(), "OSTIARY_API_KEY=some-key",
		"GORACE=atexit_sleep_ms=0", "GOCOVERDIR=" + os.Getenv("GOCOVERDIR"),
	}
	stderr = &bytes.Buffer{}
	cmd.Stderr = stderr
	return cmd, stderr
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	return exit.ExitCode()
}

func TestInterruptEndsARequest(t *testing.T) {
	for _, test := range []struct {
		name   string
		args   []string
		stderr string
	}{
		{"read", []string{"key", "list"}, "ostiary: interrupted\n"},
		{"change", []string{"key", "create", "--name", "x"},
			"ostiary: interrupted\nhint: the change may have been made all the same; look before you repeat it\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			url, asked := hangingServer(t)
			cmd, stderr := program(t, append(test.args, "--url", url)...)
			require.NoError(t, cmd.Start())
			<-asked
			require.NoError(t, cmd.Process.Signal(os.Interrupt))
			require.Equal(t, exitInterrupted, exitCode(t, cmd.Wait()))
			require.Equal(t, test.stderr, stderr.String())
		})
	}
}

func TestTimeout(t *testing.T) {
	url, _ := hangingServer(t)
	cmd, stderr := program(t, "key", "list", "--url", url, "--timeout", "50ms")
	require.Equal(t, exitNoConnection, exitCode(t, cmd.Run()))
	require.Equal(t, "ostiary: "+url+" did not answer in time\nhint: --timeout 2m waits longer\n", stderr.String())
}

// A server that cannot answer now says when to ask again.
func TestUnavailable(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		api.ProblemOf(apikey.Unavailable("test", errors.New("down"))).Write(w)
	}))
	t.Cleanup(server.Close)
	cmd, stderr := program(t, "key", "list", "--url", server.URL)
	require.Equal(t, exitFailed, exitCode(t, cmd.Run()))
	require.Equal(t, "ostiary: The key store cannot be reached at the moment. Try again shortly.\nhint: try again in 5s\n", stderr.String())
}

// "ostiary … | head" is no reason for a message.
func TestBrokenPipeIsQuiet(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, r.Close())
	t.Cleanup(func() { _ = w.Close() })
	cmd, stderr := program(t, "completion", "bash")
	cmd.Stdout = w
	require.Error(t, cmd.Run())
	require.Empty(t, stderr.String())

	r, w, err = os.Pipe() // other than stdout, to which the system gives the signal
	require.NoError(t, err)
	require.NoError(t, r.Close())
	t.Cleanup(func() { _ = w.Close() })
	require.Equal(t, exitFailed, Main([]string{"version"}, strings.NewReader(""), w, stderr))
	require.Empty(t, stderr.String())
}

// What cannot be written is an error also where nobody looks at the outcome
// of writing, as in help.
func TestFullDisk(t *testing.T) {
	full := devFull(t)
	for _, args := range [][]string{{"--help"}, {"version"}, {"completion", "zsh"}} {
		cmd, stderr := program(t, args...)
		cmd.Stdout = full
		require.Equal(t, exitFailed, exitCode(t, cmd.Run()))
		require.Equal(t, "ostiary: the result could not be written: write /dev/stdout: no space left on device\n", stderr.String())
	}
}

func devFull(t *testing.T) *os.File {
	t.Helper()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full")
	}
	t.Cleanup(func() { _ = full.Close() })
	return full
}

// A key whose token cannot be written is of no use, and the user who made it must know.
func TestLostToken(t *testing.T) {
	token, id := apikey.NewToken()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		api.Write(w, http.StatusCreated, api.IssuedKey{Key: api.Key{ID: id.String(), Name: "x"}, Token: token})
	}))
	t.Cleanup(server.Close)
	cmd, stderr := program(t, "key", "create", "--name", "x", "-o", "token", "--url", server.URL)
	cmd.Stdout = devFull(t)
	require.Equal(t, exitFailed, exitCode(t, cmd.Run()))
	require.Contains(t, stderr.String(), "the only copy of it is lost; make another with: ostiary key rotate "+id.String()+"\n")
	require.Contains(t, stderr.String(), "no space left on device")
	require.NotContains(t, stderr.String(), token)
}

func TestSameAddress(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"http://127.0.0.1:7171", "http://127.0.0.1:7171/", true},
		{"https://Grafana.example.org", "https://grafana.example.org:443", true},
		{"https://grafana.example.org/graph", "https://grafana.example.org/graph" + api.BasePath, true},
		{"https://grafana.example.org/graph", "https://grafana.example.org", false},
		{"http://[::1]:80", "http://[::1]", true},
		{"http://127.0.0.1:7171", "https://127.0.0.1:7171", false},
		{"http://127.0.0.1:7171", "http://127.0.0.1:7172", false},
		{"nonsense", "nonsense", false},
	} {
		require.Equal(t, c.same, sameAddress(c.a, c.b), "%s %s", c.a, c.b)
	}
}
