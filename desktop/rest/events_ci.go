//go:build ci

package rest

import "time"

// Without a window there are no events.
func waitForEvent(time.Duration) {}

func makeEvent() {}
