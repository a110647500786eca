package verify

import (
	"math"
	"time"
)

// allowance is a bucket: it holds what a key may still take of something that flows in at a rate. What is taken
// beyond that is a debt, which is paid off first.
type allowance struct {
	level float64 // units; below 0 is a debt
	at    int64   // up to when the inflow is counted, in nanoseconds of the Limiter's clock
}

// fill adds what has flowed in until now. A bucket never holds more than depth.
func (a *allowance) fill(now int64, rate, depth float64) {
	if now > a.at {
		a.level += rate * float64(now-a.at) / float64(time.Second)
		a.at = now
	}
	a.level = min(a.level, depth)
}

// wait is how long it takes until the bucket holds a level.
func (a *allowance) wait(level, rate float64) time.Duration {
	seconds := (level - a.level) / rate
	switch {
	case seconds <= 0:
		return 0
	case seconds >= longestWait.Seconds():
		return longestWait
	}
	return max(1, time.Duration(math.Ceil(seconds*float64(time.Second))))
}

// longestWait is the longest that a client is told to wait.
const longestWait = 24 * time.Hour
