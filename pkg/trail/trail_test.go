package trail_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/pepper"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
	"github.com/ostiary/ostiary/pkg/trail"
)

// rig is a store with a trail.
type rig struct {
	t       *testing.T
	path    string
	store   apikey.Store
	peppers *apikey.Peppers
	service *apikey.Service
	log     lockedBuffer
	made    int
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, path: filepath.Join(t.TempDir(), "ostiary.db")}
	r.store = r.open()
	var err error
	r.peppers, err = pepper.Open(t.Context(), pepper.File{Name: r.path + ".pepper"}, r.store)
	require.NoError(t, err)
	r.service = apikey.NewService(r.store, r.peppers, apikey.Options{})
	return r
}

// open opens the store as another process would.
func (r *rig) open() apikey.Store {
	r.t.Helper()
	s, err := sqlite.Open(r.t.Context(), r.path)
	require.NoError(r.t, err)
	r.t.Cleanup(func() { _ = s.Close() })
	return s
}

// write makes n keys, each an entry.
func (r *rig) write(n int) {
	r.t.Helper()
	ctx := apikey.WithCaller(r.t.Context(), apikey.Caller{OrgID: 1, Login: `gra"ce]\`, Role: apikey.RoleAdmin})
	for range n {
		r.made++
		_, err := r.service.Create(ctx, apikey.NewKey{Name: fmt.Sprintf("Kéy %d \"]\\", r.made), Role: apikey.RoleAgent})
		require.NoError(r.t, err)
	}
}

// keep runs a Keeper until the function that it returns is called.
func (r *rig) keep(store apikey.Store, config trail.Config) (k *trail.Keeper, stop func()) {
	r.t.Helper()
	k = trail.New(store, r.peppers, config, slog.New(slog.NewTextHandler(&r.log, nil)))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { k.Run(ctx); close(done) }()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	r.t.Cleanup(stop)
	return k, stop
}

// within waits for what must happen.
func within(t *testing.T, what func() bool, about ...any) {
	t.Helper()
	require.Eventually(t, what, servertest.Patience, 20*time.Millisecond, about...)
}

// numbers are those of the entries in a file, in their order.
func numbers(t *testing.T, file string) (list []int64) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var e struct {
			Number int64
			Hash   string
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &e), lines.Text())
		require.Len(t, e.Hash, 64)
		list = append(list, e.Number)
	}
	return list
}

func upTo(n int64) (list []int64) { return fromTo(1, n) }

func fromTo(first, last int64) (list []int64) {
	for i := first; i <= last; i++ {
		list = append(list, i)
	}
	return list
}

func TestAFileTakesTheTrail(t *testing.T) {
	r := newRig(t)
	r.write(3)
	file := filepath.Join(t.TempDir(), "audit.jsonl")
	config := trail.Config{To: []trail.Target{{Kind: trail.File, Address: file}}}
	k, stop := r.keep(r.store, config)
	within(t, func() bool { return len(numbers(t, file)) == 3 })
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	var first map[string]any
	require.NoError(t, json.Unmarshal(content[:bytes.IndexByte(content, '\n')], &first))
	require.Equal(t, map[string]any{"number": 1.0, "orgId": 1.0, "actor": `gra"ce]\`, "action": "create", "from": "",
		"keyName": `Kéy 1 "]\`}, pick(first, "number", "orgId", "actor", "action", "from", "keyName"))

	// A rotation takes the file away; what comes goes into a new one.
	require.NoError(t, os.Rename(file, file+".1"))
	r.write(2)
	within(t, func() bool { return len(numbers(t, file)) == 2 })
	require.Equal(t, upTo(3), numbers(t, file+".1"))
	require.Equal(t, []int64{4, 5}, numbers(t, file))

	// One that empties the file, too.
	require.NoError(t, os.Truncate(file, 0))
	r.write(1)
	within(t, func() bool { return len(numbers(t, file)) == 1 })
	k.Reload(config)
	r.write(1)
	within(t, func() bool { return len(numbers(t, file)) == 2 })
	stop()

	// A crash leaves a part of a line, and perhaps lines that nobody noted in the store.
	within(t, func() bool { return k.Status()[0].Errors == 0 })
	content, err = os.ReadFile(file)
	require.NoError(t, err)
	r.write(2)
	_, stop = r.keep(r.store, config)
	within(t, func() bool { return len(numbers(t, file)) == 4 })
	stop()
	all, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, left := range []int{len(all) - 1, len(all) - 30, len(content) + 1, len(content), len(content) - 1} {
		require.NoError(t, os.WriteFile(file, all[:left], 0o600))
		r.setPosition(config.To[0].Name(), 6) // of seven to nine nothing was noted
		_, stop := r.keep(r.store, config)
		within(t, func() bool { n := numbers2(file); return n == 4 })
		require.Equal(t, fromTo(6, 9), numbers(t, file), left)
		stop()
	}
}

// numbers2 counts the lines of a file, whatever they are.
func numbers2(file string) int {
	content, _ := os.ReadFile(file)
	return bytes.Count(content, []byte("\n"))
}

// setPosition sets back what the store says that a target has.
func (r *rig) setPosition(name string, position int64) {
	r.t.Helper()
	_, leased, err := r.store.LeaseTrail(r.t.Context(), name, "test", time.Now().Add(time.Hour), time.Now())
	require.NoError(r.t, err)
	require.True(r.t, leased)
	moved, err := r.store.MoveTrail(r.t.Context(), name, "test", position, time.UnixMilli(1))
	require.NoError(r.t, err)
	require.True(r.t, moved)
}

func pick(m map[string]any, names ...string) map[string]any {
	out := map[string]any{}
	for _, name := range names {
		out[name] = m[name]
	}
	return out
}

// A target that takes nothing holds itself up, and the removal of what it does not have.
func TestATargetThatIsDownHoldsOnlyItselfUp(t *testing.T) {
	r := newRig(t)
	r.write(3)
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "good.jsonl"), filepath.Join(dir, "missing", "bad.jsonl")
	k, _ := r.keep(r.store, trail.Config{Keep: time.Second, To: []trail.Target{{Kind: trail.File, Address: good},
		{Kind: trail.File, Address: bad}}})
	within(t, func() bool { return len(numbers(t, good)) == 3 })
	within(t, func() bool {
		s := k.Status()
		return s[0].Entries == 0 && s[1].Entries == 3 && s[1].Errors > 0 && s[1].Behind > 0
	})
	within(t, func() bool { return strings.Contains(r.log.String(), "a target does not take the audit trail") })
	within(t, func() bool { return strings.Contains(r.log.String(), "stay until a target has them") })
	entries, err := r.store.Trail(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, entries, 3, "nothing is removed that a target lacks")

	require.NoError(t, os.Mkdir(filepath.Dir(bad), 0o700))
	within(t, func() bool { return len(numbers(t, bad)) >= 3 })
	require.Equal(t, upTo(3), numbers(t, bad)[:3])
	within(t, func() bool { return strings.Contains(r.log.String(), "a target takes the audit trail again") })
	within(t, func() bool {
		entries, err := r.store.Trail(t.Context(), 0, 10)
		return err == nil && len(entries) > 0 && entries[0].ID > 3
	})
	c, err := apikey.CheckTrail(t.Context(), r.store, r.peppers, nil)
	require.NoError(t, err)
	require.Empty(t, c.Faults)
	require.GreaterOrEqual(t, c.Removed, int64(3))
}

// Several servers deliver each entry once, and go on when one of them is gone.
func TestSeveralServersDeliverOnce(t *testing.T) {
	r := newRig(t)
	file := filepath.Join(t.TempDir(), "audit.jsonl")
	config := trail.Config{To: []trail.Target{{Kind: trail.File, Address: file}}}
	var stops []func()
	for range 3 {
		_, stop := r.keep(r.open(), config)
		stops = append(stops, stop)
	}
	for i := range 3 {
		r.write(20)
		within(t, func() bool { return numbers2(file) >= 20*(i+1) })
		if i > 0 {
			stops[i]()
		}
	}
	require.Equal(t, upTo(60), numbers(t, file))
}

// A configuration that changes takes away and adds targets.
func TestTargetsComeAndGo(t *testing.T) {
	r := newRig(t)
	r.write(1)
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.jsonl"), filepath.Join(dir, "b.jsonl")
	k, _ := r.keep(r.store, trail.Config{To: []trail.Target{{Kind: trail.File, Address: a}}})
	within(t, func() bool { return numbers2(a) == 1 })
	k.Reload(trail.Config{To: []trail.Target{{Kind: trail.File, Address: b}}})
	r.write(1)
	within(t, func() bool { return numbers2(b) == 2 })
	require.Equal(t, 1, numbers2(a))
	require.Len(t, k.Status(), 1)
	k.Reload(trail.Config{To: []trail.Target{{Kind: trail.File, Address: b}, {Kind: trail.File, Address: a}}})
	within(t, func() bool { return numbers2(a) == 2 }, "it goes on where it was")
	require.Equal(t, upTo(2), numbers(t, a))
}

// The log has where the trail ends, and that it was cut.
func TestTheLogHasTheEnd(t *testing.T) {
	r := newRig(t)
	r.write(2)
	k, stop := r.keep(r.store, trail.Config{})
	head, err := r.store.TrailHead(t.Context())
	require.NoError(t, err)
	want := fmt.Sprintf("number=2 hash=%s\n", head.Link)
	within(t, func() bool { return strings.Contains(r.log.String(), want) })
	stop()
	r.write(1)
	k.Close(t.Context())
	require.Contains(t, r.log.String(), `msg="the audit trail ends here, as the server stops" number=3 hash=`)
	require.NotContains(t, r.log.String(), "cut off")
	require.NoError(t, r.store.Write(t.Context(), func(tx apikey.Tx) error { return tx.RemoveTrail(t.Context(), 3) }))
	k.Close(t.Context())
	require.NotContains(t, r.log.String(), "cut off", "what is trimmed is not cut")
}
