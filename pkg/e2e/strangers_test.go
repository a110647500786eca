package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/client"
)

// openFiles limits how many files and connections the program may have open.
const openFiles = "OSTIARY_E2E_OPEN_FILES"

func limitFiles(most string) {
	if n, err := strconv.ParseUint(most, 10, 64); err == nil {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
			panic(err)
		}
	}
}

// TestStrangersTakeConnectionsFromNobody has more strangers hold connections
// than the server may have files open: silent ones, slow ones, and ones that
// ask without a key. The gate, what it passes on, management and its probe
// answer all the while, and changes reach the store.
func TestStrangersTakeConnectionsFromNobody(t *testing.T) {
	t.Setenv(openFiles, "512")
	upstream := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer upstream.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "ostiary.yaml")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, "gate: {endpoints: [{name: read, path: /read, require: read, upstream: %q}]}\n", upstream.URL), 0o600))
	s := serve(t, dir, "--config", config)
	admin := s.client(s.adminKey())
	viewer, err := admin.Create(t.Context(), api.CreateKey{Name: "viewer", Role: "Viewer"})
	require.NoError(t, err)

	says := []string{"", "G", "GET /auth HTTP/1.1\r\nHost: x\r\n", "GET /auth HTTP/1.1\r\nHost: x\r\n\r\n", "GET /readyz HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer wrong\r\n\r\n"}
	hold := func(address string, n int) {
		for i := range n {
			c, err := net.DialTimeout("tcp", strings.TrimPrefix(address, "http://"), time.Minute)
			require.NoError(t, err)
			t.Cleanup(func() { _ = c.Close() })
			_, _ = io.WriteString(c, says[i%len(says)])
		}
	}
	status := func(address string, header ...string) string {
		got, _, _ := curl(t, append([]string{"--max-time", "60", address}, header...)...)
		return got
	}
	for round := range 3 {
		hold(s.gate, 700)
		hold(s.management, 300)
		require.Equal(t, "200", status(s.management+"/healthz"), "round %d", round)
		require.Equal(t, "200", status(s.management+"/readyz"))
		require.Equal(t, "200", status(s.gate+"/auth", "-H", "Authorization: Bearer "+viewer.Token))
		require.Equal(t, "200", status(s.gate+"/read/x", "-H", "Authorization: Bearer "+viewer.Token))
		fresh, err := client.New(s.management, client.WithBearer(s.adminKey()))
		require.NoError(t, err)
		_, err = fresh.Create(t.Context(), api.CreateKey{Name: fmt.Sprint("made meanwhile ", round), Role: "Viewer"})
		require.NoError(t, err)
	}
	require.NotContains(t, s.log.String(), "too many open files")
	require.Contains(t, s.log.String(), "too many connections")
	s.stop()
}
