package uitest

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
)

// Clock is the Loop of a test. It does everything at once, and its time passes
// when the test says so.
type Clock struct {
	now        time.Duration
	timers     []*timer
	Drawn      func()   // called after each visit to the thread that draws
	Background bool     // what runs now is not on the thread that draws
	Kept       []func() // what was to run for as long as the window is open; tests run it when they want to
}

type timer struct {
	at   time.Duration
	draw func()
}

// run runs something in the background, or on the thread that draws.
func (c *Clock) run(background bool, what func()) {
	before := c.Background
	c.Background = background
	what()
	c.Background = before
}

// Go does the work now, as if it were in the background.
func (c *Clock) Go(work func()) { c.run(true, work) }

// Keep notes the work, which need not end by itself.
func (c *Clock) Keep(work func()) { c.Kept = append(c.Kept, func() { c.run(true, work) }) }

// Do draws now.
func (c *Clock) Do(draw func()) {
	c.run(false, func() {
		draw()
		if c.Drawn != nil {
			c.Drawn()
		}
	})
}

// After draws when that much time has passed.
func (c *Clock) After(d time.Duration, draw func()) (cancel func()) {
	t := &timer{c.now + d, draw}
	c.timers = append(c.timers, t)
	return func() { c.timers = slices.DeleteFunc(c.timers, func(o *timer) bool { return o == t }) }
}

// Quit ends the program.
func (c *Clock) Quit() { fyne.CurrentApp().Quit() }

// Every does nothing: tests reload when they want to.
func (c *Clock) Every(time.Duration, func()) (cancel func()) { return func() {} }

// Pass lets time go by.
func (c *Clock) Pass(d time.Duration) {
	end := c.now + d
	for {
		var next *timer
		for _, t := range c.timers {
			if t.at <= end && (next == nil || t.at < next.at) {
				next = t
			}
		}
		if next == nil {
			c.now = end
			return
		}
		c.now = next.at
		c.timers = slices.DeleteFunc(c.timers, func(o *timer) bool { return o == next })
		next.draw()
	}
}
