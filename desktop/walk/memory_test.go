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
	pagesOpened  = 50        // in a round, which takes longer than Fyne keeps what it has drawn
	grownLimit   = 30 << 20  // bytes from the second round to the fourth
	memoryLimit  = 300 << 20 // bytes of a window that has shown the details of so many keys
)

// TestAThousandKeysLookedAt walks down a list with the arrow, stops at each key
// until its details are read, and then reads what the system counts as the
// program's: its resident set, with everything of the software graphics in it.
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
	last := resident(t, cmd)
	t.Logf("resident before %d MB, after %d keys %d MB", first>>20, seen.keys(), last>>20)
	require.Less(t, last, memoryLimit)
}

// TestPagesAndDialogsOpenedAgainAndAgain makes their parts again each time. Fyne
// keeps what it has drawn for a minute, so memory grows at first, and then no
// more.
func TestPagesAndDialogsOpenedAgainAndAgain(t *testing.T) {
	t.Parallel() // no time is measured
	srv := startServer(t)
	srv.furnish(t)
	s := startScreen(t)
	cmd := open(t, s, srv, state.Preferences{Theme: "dark", Language: "en"})
	rounds := func() int {
		for range pagesOpened {
			s.do("key", "--delay", "80", "ctrl+n", "Escape", "ctrl+3", "ctrl+4", "ctrl+5", "ctrl+6", "ctrl+1", "ctrl+2")
		}
		size := resident(t, cmd)
		t.Logf("after %d dialogs and six times as many pages more: %d MB", pagesOpened, size>>20)
		return size
	}
	rounds()
	before := rounds()
	rounds()
	require.Less(t, rounds()-before, grownLimit)
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
