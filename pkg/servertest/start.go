package servertest

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Patience is how long a test waits for what must happen. It is no promise: only a hang takes longer, however busy the
// machine is.
const Patience = 2 * time.Minute

// Tool returns the path of a program that the test needs, and ends the test
// with the line to type if it is missing.
func Tool(t testing.TB, name string) string {
	t.Helper()
	for _, candidate := range []string{name, "/usr/sbin/" + name} { // where Debian keeps servers
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	t.Fatalf("%s is not installed. Type: sudo apt-get install --yes --no-install-recommends %s", name, name)
	return ""
}

// Programs is the variable that names a directory with programs that no package manager has, for those who built some.
const Programs = "OSTIARY_PROGRAMS"

// Rare returns the path of a program that no package manager has, and skips the test if it is not there.
func Rare(t testing.TB, name string) string {
	t.Helper()
	for _, candidate := range []string{filepath.Join(os.Getenv(Programs), name), name} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	t.Skipf("%s is not installed. Build it and put it into the directory that %s names", name, Programs)
	return ""
}

// Start runs a server until the test ends, and waits until it takes
// connections at address. Its home is an empty directory.
func Start(t testing.TB, address string, command ...string) {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "HOME="+cmd.Dir, "XDG_DATA_HOME="+cmd.Dir, "XDG_CONFIG_HOME="+cmd.Dir)
	var out Output
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
		if t.Failed() {
			t.Logf("%s:\n%s", command[0], out.String())
		}
	})
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
			return
		}
		select {
		case <-ended:
			t.Fatalf("%s ended: %s\n%s", command[0], cmd.ProcessState, out.String())
		default:
			require.Less(t, time.Since(began), Patience, "%s does not listen on %s: %s", command[0], address, &out)
		}
	}
}

// FreePort returns a port of the loopback that nobody listens on.
func FreePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	return port
}

// Output is what a process wrote so far. It may be read while the process
// writes.
type Output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write takes what the process writes.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

// String returns all that was written.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
