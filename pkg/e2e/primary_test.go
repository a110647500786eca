package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
)

// drill loads servers on one store with changes and with good keys while
// something happens to the store, and keeps the answers that clients got.
type drill struct {
	servers []*server
	admin   string
	good    []string // tokens that must be let in throughout

	stop          atomic.Bool
	running       sync.WaitGroup
	reads, writes pace
	refused       atomic.Int64 // changes that were answered with 503
	denied        atomic.Int64 // requests of good keys that were not let in

	mu     sync.Mutex
	keys   []*drilled
	faults []string // answers that nobody should get
}

// drilled is a key that exists according to an answer.
type drilled struct {
	id, token string
	revoked   bool // confirmed
	unknown   bool // the revocation was not answered, or with 503
}

// pace notes when something succeeded, and the longest time between two.
type pace struct {
	mu      sync.Mutex
	last    time.Time
	longest time.Duration
	n       int
}

func (p *pace) success() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if !p.last.IsZero() {
		p.longest = max(p.longest, now.Sub(p.last))
	}
	p.last = now
	p.n++
}

func (p *pace) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.n
}

// start begins the load.
func (d *drill) start() {
	for w := range 4 {
		d.running.Go(func() {
			for i := 0; !d.stop.Load(); i++ {
				d.change(d.servers[(w+i)%len(d.servers)], fmt.Sprintf("writer %d key %d", w, i), i%2 == 1)
			}
		})
	}
	for _, s := range d.servers {
		d.running.Go(func() {
			for i := 0; !d.stop.Load(); i++ {
				if status := askGate(s, d.good[i%len(d.good)]); status != http.StatusOK {
					d.denied.Add(1)
					d.fault("a good key was answered with %d", status)
				}
				d.reads.success()
				time.Sleep(2 * time.Millisecond)
			}
		})
	}
}

func (d *drill) end() {
	d.stop.Store(true)
	d.running.Wait()
}

func (d *drill) fault(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = append(d.faults, fmt.Sprintf(format, args...))
}

// change makes a key, and perhaps revokes it.
func (d *drill) change(s *server, name string, revoke bool) {
	body, ok := d.manage(s, "/v1/keys", `{"name":"`+name+`","role":"Viewer"}`, http.StatusCreated)
	if !ok {
		return
	}
	var issued api.IssuedKey
	if err := json.Unmarshal([]byte(body), &issued); err != nil {
		d.fault("%s: %s", err, body)
		return
	}
	k := &drilled{id: issued.Key.ID, token: issued.Token}
	d.mu.Lock()
	d.keys = append(d.keys, k)
	d.mu.Unlock()
	if revoke {
		_, k.revoked = d.manage(s, "/v1/keys/"+k.id+"/revoke", "{}", http.StatusOK)
		k.unknown = !k.revoked
	}
}

// manage sends a change, which must be confirmed or refused for the moment.
func (d *drill) manage(s *server, path, body string, want int) (answer string, confirmed bool) {
	status, header, text := ask(http.MethodPost, s.management+api.BasePath+path, d.admin, body)
	switch {
	case status == want:
		d.writes.success()
		return text, true
	case status == http.StatusServiceUnavailable && header.Get("Retry-After") != "":
		d.refused.Add(1)
		time.Sleep(20 * time.Millisecond)
	default:
		d.fault("%s was answered with %d: %s", path, status, text)
	}
	return "", false
}

// verify looks for changes that were confirmed and are lost.
func (d *drill) verify(t *testing.T) (checked, lost int) {
	t.Helper()
	for _, k := range d.keys {
		if k.unknown {
			continue
		}
		want := http.StatusOK
		if k.revoked {
			want = http.StatusUnauthorized
		}
		checked++
		status, _, body := ask(http.MethodGet, d.servers[checked%len(d.servers)].management+api.BasePath+"/v1/keys/"+k.id, d.admin, "")
		if status != http.StatusOK {
			lost++
			t.Logf("key %s is answered with %d: %s", k.id, status, body)
			continue
		}
		if k.revoked {
			checked++
		}
		for i, s := range d.servers {
			got := askGate(s, k.token)
			for end := time.Now().Add(5 * time.Second); got != want && time.Now().Before(end); got = askGate(s, k.token) {
				time.Sleep(10 * time.Millisecond) // a tick of the replica at the most
			}
			if got != want {
				lost++
				t.Logf("key %s: gate %d answers %d, not %d", k.id, i, got, want)
			}
		}
	}
	return checked, lost
}

// TestThePrimaryDies kills the primary of two servers in synchronous
// replication under a load of changes, and promotes the other.
func TestThePrimaryDies(t *testing.T) {
	primary, standby, err := pgtest.StartPair(true)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, errors.Join(primary.Remove(), standby.Remove())) })
	killUnderLoad(t, pgtest.URL("postgres", primary, standby)+"&target_session_attrs=read-write", primary.Kill, standby.Promote)
}

// TestPatroniReplacesThePrimary is the same with Patroni and etcd, which
// promote the standby by themselves. It takes a minute or two.
func TestPatroniReplacesThePrimary(t *testing.T) {
	if os.Getenv("OSTIARY_TEST_PATRONI") == "" {
		t.Skip("needs Debian's packages patroni and etcd-server; set OSTIARY_TEST_PATRONI=1 to run it")
	}
	group, err := pgtest.StartPatroni("../../deploy/patroni/patroni.yaml")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, group.Remove()) })
	killUnderLoad(t, group.URL("postgres"), group.KillPrimary, func() error { return nil })
}

// killUnderLoad runs three servers on a store, loads them, kills the primary
// and promotes the standby, and looks for what is lost.
func killUnderLoad(t *testing.T, address string, kill, promote func() error) {
	t.Helper()
	d := &drill{servers: serveTogether(t, 3, address)}
	d.admin = d.servers[0].adminKey()
	for i := range 10 {
		d.good = append(d.good, d.servers[0].token(fmt.Sprint("good ", i), "Viewer"))
	}
	for _, s := range d.servers {
		require.Eventually(t, func() bool { return askGate(s, d.good[9]) == http.StatusOK }, servertest.Patience, 5*time.Millisecond)
	}
	d.start()
	more := func(n int) {
		t.Helper()
		before := d.writes.count()
		require.Eventually(t, func() bool { return d.writes.count() >= before+n }, servertest.Patience, 10*time.Millisecond)
	}
	more(150)
	died := time.Now()
	require.NoError(t, kill())
	refused := d.refused.Load()
	require.Eventually(t, func() bool { return d.refused.Load() > refused+5 }, servertest.Patience, 5*time.Millisecond, "management says that there is no primary")
	promoted := time.Now()
	require.NoError(t, promote())
	more(1)
	back := time.Since(promoted)
	more(150)
	d.end()
	checked, lost := d.verify(t)
	t.Logf(`

| figure | measured |
| --- | ---: |
| changes confirmed | %d |
| changes checked afterwards, at the store and at three gates | %d |
| **changes lost** | **%d** |
| requests of good keys, at three gates | %d |
| of them not let in | %d |
| longest time between two good answers of the gates | %s |
| longest time between two confirmed changes | %s |
| of it until the promotion was called for | %s |
| of it until the first change after that | %s |
| changes answered with 503 and Retry-After meanwhile | %d |
`, d.writes.count(), checked, lost, d.reads.count(), d.denied.Load(), d.reads.longest.Round(time.Millisecond), d.writes.longest.Round(time.Millisecond),
		promoted.Sub(died).Round(time.Millisecond), back.Round(time.Millisecond), d.refused.Load())
	require.Empty(t, d.faults)
	require.Zero(t, lost)
	require.Greater(t, checked, 200)
	require.Less(t, d.writes.longest, time.Minute)
}
