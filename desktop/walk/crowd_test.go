//go:build walk

package walk

import (
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/client"
)

// crowd is how many keys are in the list at once.
const crowd = 100_000

// BenchmarkEveryKeyAtOnce chooses a hundred thousand keys, disables them all and takes that back, and looks all the
// while what the system counts as the program's memory.
func BenchmarkEveryKeyAtOnce(b *testing.B) {
	srv := startServer(b)
	srv.Fill(b, crowd, "sensor")
	s := startScreen(b)
	cmd := open(b, s, srv, state.Preferences{Theme: "dark", Language: "en"})
	most := watchMemory(b, cmd)
	figures := map[string]float64{"MB-at-first": float64(most()) / 1e6}

	s.press("Home")
	s.settled()
	began := time.Now()
	s.do("key", "ctrl+a")
	s.until(s.lastChosen, "every key is chosen")
	figures["s-choosing"] = time.Since(began).Seconds()
	s.settled()
	figures["MB-chosen"] = float64(most()) / 1e6

	began = time.Now()
	s.opens("d")
	s.do("key", "Return")
	srv.disabled(b, crowd)
	figures["s-disabling"] = time.Since(began).Seconds()
	s.until(func() bool { return !s.asks() }, "the dialog has gone")
	figures["MB-disabled"] = float64(most()) / 1e6

	began = time.Now()
	s.do("key", "ctrl+z")
	srv.disabled(b, 0)
	figures["s-undoing"] = time.Since(began).Seconds()
	s.until(func() bool { return !s.asks() }, "the dialog has gone")
	figures["MB-undone"] = float64(most()) / 1e6
	time.Sleep(time.Minute)
	figures["MB-after"] = float64(resident(b, cmd)) / 1e6
	report(b, figures)
}

// disabled waits until so many keys are.
func (s *server) disabled(t testing.TB, n int64) {
	t.Helper()
	const longest = 20 * time.Minute // a step for each key
	require.Eventually(t, func() bool {
		list, err := s.api.Keys(t.Context(), client.KeyQuery{State: "disabled", Limit: 1, Count: true})
		return err == nil && *list.Total == n
	}, longest, time.Second, "%d keys are disabled", n)
}

// lastChosen reports whether the last key in sight is chosen: there is a tick in its box.
func (s *screen) lastChosen() bool { return s.look().RGBAAt(270, 738).B > 0xe0 }

// watchMemory returns a function that returns the most memory that a program had since it was called last.
func watchMemory(t testing.TB, cmd *exec.Cmd) (most func() int) {
	t.Helper()
	sizes, done := make(chan int), make(chan struct{})
	t.Cleanup(func() { close(done) })
	go func() {
		largest := 0
		for {
			largest = max(largest, resident(t, cmd))
			select {
			case <-done:
				return
			case sizes <- largest:
				largest = 0
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return func() int { return <-sizes }
}
