package relay

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Loops bring processors of their own, and take them along when they end.
func TestLoopsBringTheirProcessors(t *testing.T) {
	own := processors.own()
	has := func(loops int) {
		t.Helper()
		require.Eventually(t, func() bool { return runtime.GOMAXPROCS(0) == own+loops }, wait, time.Millisecond)
		require.Equal(t, own, processors.own())
	}
	t.Cleanup(func() { has(0) }) // after the houses'
	open(t, func(o *Options) { o.Loops = 3 })
	has(3)
	open(t) // those of other loops do not count
	has(3 + min(own, maxLoops))
}

// A loop that waits is not waited for by the collector of garbage.
func TestLoopsThatWaitLetTheCollectorRun(t *testing.T) {
	h := open(t)
	c := h.dial()
	for range 50 {
		c.send(get("/"))
		_, _, _ = c.answer()
		runtime.GC()
	}
}
