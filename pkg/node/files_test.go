package node_test

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/node"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// What a start will need is checked before anything is made, and all mistakes are reported together.
func TestAStartThatCannotSucceedMakesNothing(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, []byte("short"), 0o600))
	for name, c := range map[string]struct {
		args []string
		want map[string]string
	}{
		"a key file in no directory": {
			[]string{"--bootstrap-key-file=" + dir + "/none/admin.key"},
			map[string]string{"--bootstrap-key-file": "there is no directory " + dir + "/none; make it, or name another"},
		},
		"a key file that is a directory": {
			[]string{"--bootstrap-key-file=" + dir},
			map[string]string{"--bootstrap-key-file": dir + " is a directory; name a file"},
		},
		"a key file below a file": {
			[]string{"--bootstrap-key-file=" + file + "/admin.key"},
			map[string]string{"--bootstrap-key-file": file + " is not a directory"},
		},
		"a key file where nobody may write": {
			[]string{"--bootstrap-key-file=/proc/admin.key"},
			map[string]string{"--bootstrap-key-file": "the directory /proc cannot be written to: "},
		},
		"a data directory that is a file": {
			[]string{"--data-dir=" + file},
			map[string]string{"--data-dir": file + " is not a directory"},
		},
		"everything at once": {
			[]string{
				"--data-dir=" + file + "/data", "--pepper-file=" + dir + "/none/pepper", "--pepper.key-file=" + file,
				"--tls.cert-file=" + file, "--tls.key-file=" + file, "--gate.tls.cert-file=none.crt", "--gate.tls.key-file=none.key",
			},
			map[string]string{
				"--data-dir":           file + " is not a directory",
				"--pepper-file":        "there is no directory " + dir + "/none; make it, or name another",
				"--pepper.key-file":    file + " holds 5 bytes, too few for a key; ",
				"--tls.cert-file":      file + " and the key " + file + " cannot be used: ",
				"--gate.tls.cert-file": "open none.crt: no such file or directory",
				"--gate.tls.key-file":  "open none.key: no such file or directory",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Contains(name, "nobody may write") && runtime.GOOS != "linux" {
				t.Skip("this system has no /proc")
			}
			data := filepath.Join(t.TempDir(), "data")
			args := append([]string{"--data-dir=" + data, "--listen=127.0.0.1:0", "--gate.listen=127.0.0.1:0"}, c.args...)
			cfg, err := config.Load(source(t, "", nil, args...))
			require.NoError(t, err)
			_, err = node.Start(t.Context(), cfg, node.Options{Bootstrap: true})
			got := mistakes(t, err)
			require.Len(t, got, len(c.want))
			for field, detail := range c.want {
				require.Contains(t, got[field], detail, field)
			}
			require.NoDirExists(t, data)
		})
	}
}

// The key file matters only to a start that makes a key, and may lie in the
// data directory that the same start makes.
func TestTheKeyFileOfLaterStarts(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	start := func(keyFile string) error {
		cfg, err := config.Load(source(t, "", nil, "--data-dir="+data, "--listen=127.0.0.1:0", "--gate.listen=", "--bootstrap-key-file="+keyFile))
		require.NoError(t, err)
		n, err := node.Start(t.Context(), cfg, node.Options{Bootstrap: true})
		if err != nil {
			return err
		}
		return n.Close(t.Context())
	}
	require.NoError(t, start(filepath.Join(data, "admin.key")))
	require.NoError(t, start(filepath.Join(data, "none", "admin.key")))
}

// An address of IPv4 is one of IPv4 alone, and no host is every address.
func TestAnAddressOfIPv4IsNoneOfIPv6(t *testing.T) {
	if ln, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skip("this machine has no IPv6")
	} else {
		require.NoError(t, ln.Close())
	}
	for listen, dual := range map[string]bool{"0.0.0.0:0": false, "127.0.0.1:0": false, "[::]:0": true} {
		n := startNode(t, source(t, "", nil, "--data-dir="+t.TempDir(), "--listen="+listen, "--gate.listen="), node.Options{})
		_, port, err := net.SplitHostPort(n.ManagementURL()[len("http://"):])
		require.NoError(t, err)
		for host, reachable := range map[string]bool{"127.0.0.1": true, "::1": dual} {
			conn, err := net.Dial("tcp", net.JoinHostPort(host, port))
			require.Equal(t, reachable, err == nil, "%s at %s: %v", listen, host, err)
			if err == nil {
				require.NoError(t, conn.Close())
			}
		}
	}
}

func TestADirectoryThatManyShareIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o777|os.ModeSticky))
	cfg, err := config.Load(source(t, "", nil, "--data-dir="+dir, "--listen=127.0.0.1:0", "--gate.listen="))
	require.NoError(t, err)
	_, err = node.Start(t.Context(), cfg, node.Options{})
	require.ErrorContains(t, err, "--data-dir: "+dir+" is a directory that many share")
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, 0o777|os.ModeDir|os.ModeSticky, info.Mode())
}

// TestWhatAKilledRestoreLeftGoesAtTheStart removes whole copies of the store that nobody is at.
func TestWhatAKilledRestoreLeftGoesAtTheStart(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, ".ostiary-restore-123456")
	require.NoError(t, os.WriteFile(left, []byte("keys"), 0o600))
	require.NoError(t, os.WriteFile(left+"-lock", nil, 0o600))
	log := new(servertest.Output)
	startNode(t, source(t, "", nil, "--data-dir", dir, "--listen", "127.0.0.1:0", "--gate.listen", "127.0.0.1:0"),
		node.Options{Bootstrap: true, Logger: slog.New(slog.NewTextHandler(log, nil))})
	require.NoFileExists(t, left)
	require.NoFileExists(t, left+"-lock")
	require.Contains(t, log.String(), "a killed restore or backup had left")
}
