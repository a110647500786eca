//go:build walk

package walk

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
)

// The benchmarks measure what the program takes and what an empty window of Fyne's takes in
// the same run, because a figure alone says as much of the machine. Each reports
// too how much of the machine others took meanwhile.

// BenchmarkStart measures the time from start to a painted window.
func BenchmarkStart(b *testing.B) {
	s := startScreen(b)
	best := func(args func() []string) time.Duration {
		least := time.Hour
		for range 5 {
			began := time.Now()
			line := args()
			cmd := s.run(line[0], line[1:]...)
			for colours(s.look()) < 3 { // the text of the empty window is enough
				time.Sleep(time.Millisecond)
			}
			least = min(least, time.Since(began))
			require.NoError(b, cmd.Process.Kill())
			_ = cmd.Wait()
			s.until(func() bool { return colours(s.look()) < 3 }, "the window has gone")
		}
		return least
	}
	others := othersDuring(b, func() time.Duration { return 0 })
	empty := best(func() []string { return []string{yardstick(b)} })
	ours := best(func() []string {
		return append([]string{program(b)}, profile(b, state.Preferences{Theme: "dark", Language: "en", Last: state.LocalID})...)
	})
	report(b, map[string]float64{
		"s/start": ours.Seconds(), "×empty-window": ours.Seconds() / empty.Seconds(), "%others": 100 * others(),
	})
}

// BenchmarkIdle measures which share of a core the program takes on each of its pages while nobody does anything: its
// own time in user and system mode over a minute.
func BenchmarkIdle(b *testing.B) {
	srv := startServer(b)
	srv.furnish(b)
	local := startScreen(b)
	programs := map[string]*exec.Cmd{
		"empty-window": startScreen(b).run(yardstick(b)),
		"local":        local.run(program(b), profile(b, state.Preferences{Theme: "dark", Language: "en", Last: state.LocalID})...),
	}
	local.painted()
	for _, page := range []string{"overview", "keys", "pools", "refused", "endpoints", "audit", "notices", "settings"} {
		s := startScreen(b)
		programs[page] = open(b, s, srv, state.Preferences{Theme: "dark", Language: "en", Page: page})
		if page == "keys" {
			s.press("Home", "Down", "F9") // the use of the keys is drawn where the details were
		}
	}
	time.Sleep(15 * time.Second) // until the messages have gone
	before, figures := map[string]time.Duration{}, map[string]float64{}
	for name, cmd := range programs {
		before[name] = used(b, cmd)
	}
	others := othersDuring(b, func() time.Duration { return 0 })
	const idle = time.Minute
	time.Sleep(idle)
	for name, cmd := range programs {
		figures["%core-"+name] = 100 * float64(used(b, cmd)-before[name]) / float64(idle)
	}
	figures["%others"] = 100 * others()
	report(b, figures)
	for name := range programs {
		require.LessOrEqual(b, figures["%core-"+name], max(1, figures["%core-empty-window"]), name)
	}
}

// BenchmarkScroll turns the wheel and holds down keys over ten thousand keys,
// and looks at the screen how often another picture comes, and what it costs.
func BenchmarkScroll(b *testing.B) {
	srv := startServer(b)
	srv.Fill(b, 10_000, "sensor")
	s := startScreen(b)
	cmd := open(b, s, srv, state.Preferences{Theme: "dark", Language: "en"})
	s.press("F9") // the use of the keys is drawn where the details were
	s.do("mousemove", "500", "500")
	for _, way := range scrolls {
		b.Run(way.name, func(b *testing.B) {
			s.press("Home")
			before := used(b, cmd)
			others := othersDuring(b, func() time.Duration { return used(b, cmd) })
			frames := s.frames(func() { s.do(way.args...) })
			cost := (used(b, cmd) - before) / time.Duration(len(frames))
			slices.Sort(frames)
			at := func(share float64) float64 {
				return frames[int(share*float64(len(frames)-1))].Seconds() * 1000
			}
			report(b, map[string]float64{
				"ms/frame": at(0.5), "ms/frame-p95": at(0.95), "cpu-ms/frame": cost.Seconds() * 1000, "%others": 100 * others(),
			})
		})
	}
}

var scrolls = []struct {
	name string
	args []string
}{
	{"wheel", []string{"click", "--repeat", "250", "--delay", "12", "5"}},
	{"page", []string{"key", "--repeat", "60", "--repeat-delay", "50", "Next"}},
	{"arrow", []string{"key", "--repeat", "120", "--repeat-delay", "25", "Down"}},
}

// TestTheListMovesWhileAKeyIsHeldDown looks whether the list is drawn on the way,
// and not only when all is over.
func TestTheListMovesWhileAKeyIsHeldDown(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	srv.Fill(t, 10_000, "sensor")
	s := startScreen(t)
	open(t, s, srv, state.Preferences{Theme: "dark", Language: "en"})
	s.do("mousemove", "500", "500")
	for _, way := range scrolls {
		s.press("Home")
		require.Greater(t, len(s.frames(func() { s.do(way.args...) })), 3, way.name)
	}
}

func report(b *testing.B, figures map[string]float64) {
	b.Helper()
	b.ReportMetric(0, "ns/op") // how long the measuring took says nothing
	for unit, n := range figures {
		b.ReportMetric(n, unit)
	}
}

// yardstick is a program that shows an empty window of Fyne's.
func yardstick(b testing.TB) string {
	b.Helper()
	path, err := filepath.Abs(os.Getenv("OSTIARY_YARDSTICK"))
	require.NoError(b, err)
	require.FileExists(b, path, "set OSTIARY_YARDSTICK to the built program of desktop/walk/yardstick")
	return path
}

// frames returns the times between the pictures that come while something is
// done.
func (s *screen) frames(do func()) (between []time.Duration) {
	s.t.Helper()
	file, err := os.Open(s.buffer)
	require.NoError(s.t, err)
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	require.NoError(s.t, err)
	pixels, err := syscall.Mmap(int(file.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	require.NoError(s.t, err)
	defer func() { _ = syscall.Munmap(pixels) }()

	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		seed := maphash.MakeSeed()
		names := func() uint64 { // of the column with the names, where each row differs
			var h maphash.Hash
			h.SetSeed(seed)
			const line = screenWidth * 4
			for y := screenHeight / 4; y < screenHeight-20; y++ {
				at := len(pixels) - (screenHeight-y)*line + 287*4
				_, _ = h.Write(pixels[at : at+160*4])
			}
			return h.Sum64()
		}
		last, changed := names(), time.Time{}
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
			if now := names(); now != last {
				last = now
				at := time.Now()
				if since := at.Sub(changed); !changed.IsZero() && since > 5*time.Millisecond { // not half of a frame
					between = append(between, since)
				}
				changed = at
			}
		}
	})
	do()
	close(done)
	watching.Wait()
	return between
}

// othersDuring returns a function that returns, from now on, which share of the
// machine's time went to others than a program and this test.
func othersDuring(b testing.TB, ours func() time.Duration) func() float64 {
	b.Helper()
	read := func() (work, all, mine float64) {
		stat, err := os.ReadFile("/proc/stat")
		require.NoError(b, err)
		first, _, _ := strings.Cut(string(stat), "\n")
		for i, field := range strings.Fields(first)[1:9] {
			n, err := strconv.ParseFloat(field, 64)
			require.NoError(b, err)
			if all += n; i != 3 && i != 4 { // idle, or waiting for a disk
				work += n
			}
		}
		var self syscall.Rusage
		require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &self))
		own := time.Duration(self.Utime.Nano() + self.Stime.Nano())
		return work, all, (ours() + own).Seconds() * 100
	}
	work, all, mine := read()
	return func() float64 {
		workNow, allNow, mineNow := read()
		return max(workNow-work-(mineNow-mine), 0) / max(allNow-all, 1)
	}
}

// used is the processor time that a program has taken.
func used(b testing.TB, cmd *exec.Cmd) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
	require.NoError(b, err)
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+2:]))
	ticks := 0
	for _, i := range []int{11, 12} { // utime and stime, in hundredths of a second
		n, err := strconv.Atoi(fields[i])
		require.NoError(b, err)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
