package state

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// keyringStep says to a process of this test, which runs in a desktop session of
// its own, what to do there.
const keyringStep = "OSTIARY_TEST_KEYRING_STEP"

const hushed = "hush-9f3b1c5d"

// TestTheSystemKeyringOutlivesTheProgram keeps a secret in a real keyring in
// one process, and finds it from another.
func TestTheSystemKeyringOutlivesTheProgram(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has a keyring that a test can start")
	}
	data := t.TempDir()
	out := inSession(t, data, `
		printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null
		for step in absent keep find forget absent; do
			`+keyringStep+`=$step "$0" -test.run '^TestInADesktopSession$' -test.v || exit 1
		done`)
	require.Equal(t, 5, strings.Count(out, "--- PASS: TestInADesktopSession"), out)

	require.NoError(t, filepath.WalkDir(data, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		require.False(t, bytes.Contains(content, []byte(hushed)), "%s holds the secret in the clear", path)
		return err
	}))
}

// TestASessionWithoutAKeyring asks for the secret at each start, and keeps it
// in memory until the end.
func TestASessionWithoutAKeyring(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems always have a keyring")
	}
	out := inSession(t, t.TempDir(), `
		for step in memory absent; do
			`+keyringStep+`=$step "$0" -test.run '^TestInADesktopSession$' -test.v || exit 1
		done`)
	require.Equal(t, 2, strings.Count(out, "--- PASS: TestInADesktopSession"), out)
}

// TestASessionWhoseKeyringHangs stops a real keyring, which then answers
// nobody.
func TestASessionWhoseKeyringHangs(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has a keyring that a test can start")
	}
	out := inSession(t, t.TempDir(), `
		printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null
		for i in $(seq 200); do
			owner=$(dbus-send --print-reply --dest=org.freedesktop.DBus / \
				org.freedesktop.DBus.GetConnectionUnixProcessID string:org.freedesktop.secrets 2>/dev/null | awk '/uint32/ { print $2 }')
			[ -z "$owner" ] || break
			sleep 0.05
		done
		kill -STOP "$owner"
		trap 'kill -CONT "$owner"' EXIT
		`+keyringStep+`=silent "$0" -test.run '^TestInADesktopSession$' -test.v -test.timeout 60s || exit 1`)
	require.Equal(t, 1, strings.Count(out, "--- PASS: TestInADesktopSession"), out)
}

// inSession runs a script on a message bus of its own, with nothing of this
// session's. $0 is this test's executable.
func inSession(t *testing.T, data, script string) string {
	t.Helper()
	runtimeDir := t.TempDir()
	require.NoError(t, os.Chmod(runtimeDir, 0o700))
	cmd := exec.CommandContext(t.Context(), "dbus-run-session", "--", "sh", "-c", script, os.Args[0])
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + data, "XDG_DATA_HOME=" + data, "XDG_RUNTIME_DIR=" + runtimeDir, "GOCOVERDIR=" + t.TempDir()}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

// TestInADesktopSession is a step of the tests above.
func TestInADesktopSession(t *testing.T) {
	s := NewSecrets(SystemKeyring{})
	switch os.Getenv(keyringStep) {
	case "":
		t.Skip("this is a step of the tests of the keyring")
	case "absent":
		_, err := s.Get("prod")
		require.ErrorIs(t, err, ErrNoSecret)
	case "keep":
		require.True(t, s.Set("prod", hushed), "the keyring takes it")
		require.True(t, s.Set("other", "another"))
		require.Empty(t, s.memory)
	case "find":
		got, err := s.Get("prod")
		require.NoError(t, err)
		require.Equal(t, hushed, got)
	case "forget":
		require.NoError(t, s.Delete("prod"))
		_, err := s.Get("other")
		require.NoError(t, err)
	case "silent":
		s.Wait = time.Second
		began := time.Now()
		_, err := s.Get("prod")
		require.ErrorIs(t, err, ErrNoSecret)
		require.False(t, s.Set("prod", hushed), "it is kept until the end")
		require.Less(t, time.Since(began), 30*time.Second)
	case "memory":
		require.False(t, s.Set("prod", hushed), "there is no keyring to take it")
		got, err := s.Get("prod")
		require.NoError(t, err)
		require.Equal(t, hushed, got)
	}
}
