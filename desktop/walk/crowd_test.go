//go:build walk

package walk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// crowd is how many keys are in the list at once.
const crowd = 100_000

// crowdLimit is the most memory, in MB, that the program may have with them: 250 MiB.
const crowdLimit = 262

// BenchmarkEveryKeyAtOnce chooses a hundred thousand keys, disables them all and takes that back, and looks all the
// while what the system counts as the program's memory.
func BenchmarkEveryKeyAtOnce(b *testing.B) {
	srv := startServer(b)
	srv.Fill(b, crowd, "sensor")
	s := startScreen(b)
	seen := newObliging(b, srv)
	cmd := openAt(b, s, srv, seen.address, state.Preferences{Theme: "dark", Language: "en"})
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
	seen.until(b, crowd)
	figures["s-disabling"] = time.Since(began).Seconds()
	s.until(func() bool { return !s.asks() }, "the dialog has gone")
	s.settled()
	time.Sleep(30 * time.Second) // until the list is read again
	figures["MB-disabled"] = float64(most()) / 1e6

	began = time.Now()
	s.do("key", "ctrl+z")
	seen.until(b, 2*crowd)
	figures["s-undoing"] = time.Since(began).Seconds()
	s.until(func() bool { return !s.asks() }, "the dialog has gone")
	figures["MB-undone"] = float64(most()) / 1e6
	time.Sleep(time.Minute)
	figures["MB-after"] = float64(resident(b, cmd)) / 1e6
	report(b, figures)
	require.Less(b, max(figures["MB-chosen"], figures["MB-disabled"], figures["MB-undone"]), float64(crowdLimit))
}

// obliging passes requests on to a server, and answers changes of keys itself, as that would: it takes half an hour for
// a hundred thousand of them on two cores, and what the program holds is the same.
type obliging struct {
	address  string
	changes  atomic.Int64
	disabled sync.Map // ids of keys
}

func newObliging(t testing.TB, srv *server) *obliging {
	t.Helper()
	to, err := url.Parse(srv.ManagementURL())
	require.NoError(t, err)
	o, pass := &obliging{}, httputil.NewSingleHostReverseProxy(to)
	pass.ModifyResponse = o.relate
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPatch {
			r.Header.Del("Accept-Encoding") // a list is read on the way
			pass.ServeHTTP(w, r)
			return
		}
		var change api.UpdateKey
		err := json.NewDecoder(r.Body).Decode(&change)
		key, keyErr := srv.api.Key(r.Context(), path.Base(r.URL.Path))
		if err = errors.Join(err, keyErr); err != nil || change.Enabled == nil {
			http.Error(w, fmt.Sprint(err), http.StatusInternalServerError)
			return
		}
		if o.disabled.Store(key.ID, true); *change.Enabled {
			o.disabled.Delete(key.ID)
		}
		o.oblige(key)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(key)
		o.changes.Add(1)
	}))
	t.Cleanup(front.Close)
	o.address = front.URL
	return o
}

// oblige shows a key as it was changed.
func (o *obliging) oblige(key *api.Key) {
	if _, off := o.disabled.Load(key.ID); off {
		key.Enabled, key.State = false, apikey.StateDisabled
		key.Actions = []string{"edit", "rotate", "enable", "revoke", "delete"}
	}
}

// relate shows the keys of a list as they were changed.
func (o *obliging) relate(answer *http.Response) error {
	if path.Base(answer.Request.URL.Path) != "keys" || answer.StatusCode != http.StatusOK {
		return nil
	}
	var list api.KeyList
	err := errors.Join(json.NewDecoder(answer.Body).Decode(&list), answer.Body.Close())
	for i := range list.Keys {
		o.oblige(&list.Keys[i])
	}
	text, encodeErr := json.Marshal(list)
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	answer.Header.Set("Content-Length", strconv.Itoa(len(text)))
	return errors.Join(err, encodeErr)
}

// until waits for so many changes.
func (o *obliging) until(t testing.TB, n int64) {
	t.Helper()
	const longest = 20 * time.Minute // a step for each key
	require.Eventually(t, func() bool { return o.changes.Load() >= n }, longest, 100*time.Millisecond)
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
