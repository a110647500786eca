// Package e2e tries the whole program from outside: a real process, real
// sockets, real signals.
package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/cli"
	"github.com/ostiary/ostiary/pkg/client"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// beOstiary makes this test's executable the program itself.
const beOstiary = "OSTIARY_E2E_BE_OSTIARY"

func TestMain(m *testing.M) {
	if os.Getenv(beOstiary) != "" {
		limitFiles(os.Getenv(openFiles))
		os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	// With the race detector, each program would wait a second before it ends.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE")); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// ostiary is the program with arguments.
func ostiary(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), beOstiary+"=1")
	return cmd
}

// server is a running "ostiary serve".
type server struct {
	t          testing.TB
	cmd        *exec.Cmd
	dir        string
	management string // address
	gate       string // address
	out, log   *servertest.Output
}

var addresses = regexp.MustCompile(`(?s)Console +(https?://\S+)/\n.*Gate +(https?://\S+)/auth.*Data [^\n]+\n`)

// serve starts a server on dir and waits until it is ready.
func serve(t testing.TB, dir string, args ...string) *server {
	t.Helper()
	s := &server{t: t, dir: dir, out: new(servertest.Output), log: new(servertest.Output)}
	s.cmd = ostiary(append([]string{
		"serve", "--data-dir", filepath.Join(dir, "data"), "--bootstrap-key-file", filepath.Join(dir, "admin.key"),
		"--listen", "127.0.0.1:0", "--gate.listen", "127.0.0.1:0", "--log.level", "debug",
	}, args...)...)
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.log
	require.NoError(t, s.cmd.Start())
	t.Cleanup(s.kill)
	require.Eventually(t, func() bool {
		m := addresses.FindStringSubmatch(s.out.String())
		if m != nil {
			s.management, s.gate = m[1], m[2]
		}
		return m != nil || s.cmd.ProcessState != nil
	}, servertest.Patience, 5*time.Millisecond, "the server does not become ready")
	require.NotEmpty(t, s.management, "%s%s", s.out, s.log)
	return s
}

// kill ends the server as a power cut would.
func (s *server) kill() {
	if s.cmd.ProcessState == nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
}

// stop ends the server as an operator would, and expects it to end well.
func (s *server) stop() {
	s.t.Helper()
	require.NoError(s.t, s.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(s.t, s.cmd.Wait(), s.log.String())
}

// adminKey is the first Admin key.
func (s *server) adminKey() string {
	s.t.Helper()
	token, err := os.ReadFile(filepath.Join(s.dir, "admin.key"))
	require.NoError(s.t, err)
	return strings.TrimSpace(string(token))
}

// client speaks to the server with the given key.
func (s *server) client(token string) *client.Client {
	s.t.Helper()
	c, err := client.New(s.management, client.WithBearer(token))
	require.NoError(s.t, err)
	return c
}
