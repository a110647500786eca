//go:build walk

package walk

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
)

const (
	keysLookedAt = 1000
	pagesOpened  = 100
	memoryLimit  = 300 << 20 // bytes of a window that has shown the details of so many keys
)

// TestAThousandKeysLookedAt walks down a list with the arrow, stops at each key
// until its details are read, and then reads what the system counts as the
// program's: its resident set, with everything of the software graphics in it.
// Then it opens dialogs and pages, whose parts are made anew each time.
func TestAThousandKeysLookedAt(t *testing.T) {
	t.Parallel() // no time is measured
	srv := startServer(t)
	srv.Fill(t, keysLookedAt+100, "sensor") // one is passed over when the next key is pressed too soon
	seen := newWitness(t, srv.ManagementURL())
	s := startScreen(t)
	cmd := openAt(t, s, srv, seen.address, state.Preferences{Theme: "dark", Language: "en"})
	s.press("Home")
	first := resident(t, cmd)
	for n := 0; n < keysLookedAt; {
		s.do("key", "Down")
		s.until(func() bool { return seen.keys() > n }, fmt.Sprintf("the details of another key after %d", n))
		if n = seen.keys(); n%100 == 0 {
			t.Logf("%4d keys looked at: %d MB", n, resident(t, cmd)>>20)
		}
	}
	keys := resident(t, cmd)
	for range pagesOpened {
		s.do("key", "--delay", "80", "ctrl+n", "Escape", "ctrl+2", "ctrl+3", "ctrl+1")
	}
	pages := resident(t, cmd)
	t.Logf("resident before %d MB, after %d keys %d MB, after %d dialogs and twice as many pages %d MB",
		first>>20, seen.keys(), keys>>20, pagesOpened, pages>>20)
	require.Less(t, max(keys, pages), memoryLimit)
}

// witness passes requests on to a server, and notes of which keys the details
// are read.
type witness struct {
	address string

	mu  sync.Mutex
	ids map[string]bool
}

func newWitness(t testing.TB, server string) *witness {
	t.Helper()
	to, err := url.Parse(server)
	require.NoError(t, err)
	w, pass := &witness{ids: map[string]bool{}}, httputil.NewSingleHostReverseProxy(to)
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if id := r.URL.Query().Get("keyId"); id != "" {
			w.mu.Lock()
			w.ids[id] = true
			w.mu.Unlock()
		}
		pass.ServeHTTP(rw, r)
	}))
	t.Cleanup(front.Close)
	w.address = front.URL
	return w
}

// keys is of how many keys the details were read.
func (w *witness) keys() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.ids)
}

// resident is what a program holds in memory, in bytes.
func resident(t testing.TB, cmd *exec.Cmd) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	require.NoError(t, err)
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kilobytes, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			require.NoError(t, err)
			return kilobytes << 10
		}
	}
	require.Fail(t, "the system does not say")
	return 0
}
