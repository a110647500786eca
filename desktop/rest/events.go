//go:build !ci

package rest

import (
	"time"

	"github.com/go-gl/glfw/v3.3/glfw"
)

func waitForEvent(most time.Duration) { glfw.WaitEventsTimeout(most.Seconds()) }

func makeEvent() { glfw.PostEmptyEvent() }
