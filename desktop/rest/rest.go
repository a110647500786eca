// Package rest lets the thread that draws sleep while nothing happens. Left to
// itself, Fyne looks for events sixty times a second for as long as it runs.
package rest

import (
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
)

const (
	awake = time.Second            // after something has happened: animations run on, and more is to be expected
	turn  = 40 * time.Millisecond  // between two rests: Fyne looks around, and draws
	most  = 500 * time.Millisecond // of one rest: Fyne's own timers and the tray wait for it
)

// Rest is the sleep of the thread that draws.
type Rest struct {
	ended atomic.Bool
	wait  func(time.Duration) // for an event of the window system; on the thread that draws
	wake  func()              // makes such an event
	do    func(func())        // runs something on the thread that draws, and waits for it
	pause func(time.Duration)
}

// New returns the sleep of this program's thread that draws. It begins with
// Run.
func New() *Rest {
	return &Rest{wait: waitForEvent, wake: makeEvent, do: fyne.DoAndWait, pause: time.Sleep}
}

// Run lets the thread that draws sleep until End is called: again and again
// until there is an event, which is then drawn as fast as ever.
func (r *Rest) Run() {
	r.pause(awake)
	for !r.ended.Load() {
		var rested time.Duration
		r.do(func() {
			if r.ended.Load() {
				return
			}
			began := time.Now()
			r.wait(most)
			rested = time.Since(began)
		})
		if rested < most {
			r.pause(awake)
		} else {
			r.pause(turn)
		}
	}
}

// Wake ends a sleep, because something is to be drawn.
func (r *Rest) Wake() {
	if !r.ended.Load() {
		r.wake()
	}
}

// End ends the sleep for good, before the window goes.
func (r *Rest) End() { r.ended.Store(true) }
