//go:build walk

package walk

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
)

// BenchmarkFloodOfRefusals has the gate refuse a thousand requests a second, each to a path of its own, while the page
// that lists them is shown. It measures what the window takes of a core meanwhile, and how long it takes until a key
// that is pressed is seen to do something.
func BenchmarkFloodOfRefusals(b *testing.B) {
	const flood, lasts = 1000, 20 * time.Second // a second
	srv := startServer(b)
	s := startScreen(b)
	cmd := open(b, s, srv, state.Preferences{Theme: "dark", Language: "en", Page: "refused"})
	done, sent := make(chan struct{}), 0
	var sending sync.WaitGroup
	sending.Go(func() { sent = srv.flood(b, flood, done) })
	time.Sleep(3 * time.Second) // until the list is full
	before, began := used(b, cmd), time.Now()
	others := othersDuring(b, func() time.Duration { return used(b, cmd) })
	var slowest time.Duration
	for i := 0; time.Since(began) < lasts; i++ {
		shown, pressed := s.look(), time.Now()
		s.do("key", []string{"ctrl+6", "ctrl+5"}[i%2]) // endpoints, and back
		s.until(func() bool { return different(shown, s.look()) > 20_000 }, "the other page is shown")
		slowest = max(slowest, time.Since(pressed))
		time.Sleep(time.Second)
	}
	share := 100 * (used(b, cmd) - before).Seconds() / time.Since(began).Seconds()
	took := time.Since(began) + 3*time.Second
	close(done)
	sending.Wait()
	report(b, map[string]float64{
		"%core": share, "ms/slowest-page": slowest.Seconds() * 1000, "refused/s": float64(sent) / took.Seconds(),
		"MB": float64(resident(b, cmd)) / 1e6, "%others": 100 * others(),
	})
}

// flood has the gate refuse requests, so many a second, until it is done; it returns how many there were.
func (s *server) flood(b testing.TB, rate int, done <-chan struct{}) (sent int) {
	const senders = 8
	var mu sync.Mutex
	var all sync.WaitGroup
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
	for n := range senders {
		all.Go(func() {
			tick := time.NewTicker(senders * time.Second / time.Duration(rate))
			defer tick.Stop()
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				case <-tick.C:
				}
				r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, s.GateURL()+"/auth", http.NoBody)
				require.NoError(b, err)
				r.Header.Set("X-Original-URI", fmt.Sprintf("/from/%d/%d", n, i))
				r.Header.Set("X-Original-Method", http.MethodGet)
				resp, err := client.Do(r)
				if err != nil {
					continue
				}
				_ = resp.Body.Close()
				mu.Lock()
				sent++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return sent
}
