//go:build walk

package walk

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/ostiary/ostiary/desktop/state"
)

// hourRounds are as many acts as somebody who works without a pause takes an hour for: in each round every page is
// opened, a key is searched for and looked at, dialogs open and close, and the list is scrolled through. They follow one
// another as fast as the program draws them.
const hourRounds = 20

// BenchmarkHour measures what the system counts as the program's memory with a hundred thousand keys, at first and
// after an hour's work in a shorter time. Refused requests come all the while.
func BenchmarkHour(b *testing.B) {
	srv := startServer(b)
	srv.Fill(b, 100_000, "sensor")
	s := startScreen(b)
	cmd := open(b, s, srv, state.Preferences{Theme: "dark", Language: "en", Page: "overview"})
	first := resident(b, cmd)
	most := first
	for round := range hourRounds {
		refuse(b, srv)
		s.do("key", "--delay", "150", "ctrl+1", "ctrl+3", "ctrl+4", "ctrl+5", "Down", "Down", "ctrl+6", "ctrl+7", "ctrl+2")
		s.do("key", "--delay", "150", "Home", "Down", "Down", "e", "Escape", "r", "Escape", "m", "Escape", "ctrl+n", "Escape",
			"ctrl+t", "Escape", "question", "Escape")
		s.do("mousemove", "500", "500", "click", "--repeat", "60", "--delay", "10", "5")
		s.do("key", "--delay", "80", "End", "End", "Home", "Next", "Next", "Next")
		s.do("key", "ctrl+f")
		s.write(fmt.Sprintf("sensor-%05d", round*3331))
		time.Sleep(time.Second)
		s.do("key", "--delay", "150", "Return", "Home", "ctrl+f", "ctrl+a", "BackSpace")
		time.Sleep(time.Second)
		s.do("key", "Return")
		most = max(most, resident(b, cmd))
	}
	report(b, map[string]float64{
		"MB-at-first": float64(first) / 1e6, "MB-after-an-hour": float64(resident(b, cmd)) / 1e6,
		"MB-most": float64(most) / 1e6,
	})
}

// refuse has the gate refuse requests.
func refuse(b testing.TB, srv *server) {
	b.Helper()
	for i := range 20 {
		if status := srv.gate(b, fmt.Sprintf("ost_nonsense%d", i)); status != http.StatusUnauthorized &&
			status != http.StatusTooManyRequests {
			b.Fatalf("the gate answers %d", status)
		}
	}
}
