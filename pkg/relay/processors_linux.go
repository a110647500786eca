package relay

import (
	"runtime"
	"sync"
)

// processors are those of Go's scheduler. A loop keeps one while it waits for a moment, so it brings its own, and the
// rest of the program has as many as without loops.
var processors count

type count struct {
	mu    sync.Mutex
	loops int
}

// own is how many there are without those of the loops.
func (c *count) own() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return runtime.GOMAXPROCS(0) - c.loops
}

func (c *count) add(loops int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.loops += loops
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + loops)
}
