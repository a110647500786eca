package kit

import (
	"time"

	"fyne.io/fyne/v2"
)

// Loop runs work in the background, and returns to the thread that draws.
type Loop interface {
	Go(work func())                                     // in the background
	Keep(work func())                                   // in the background, for as long as the window may be open
	Do(draw func())                                     // on the thread that draws, soon
	After(d time.Duration, draw func()) (cancel func()) // on the thread that draws, once
	Every(d time.Duration, work func()) (cancel func()) // in the background, again and again
	Quit()                                              // ends the program
}

// Threads is the Loop of the program itself.
type Threads struct {
	Wake func() // ends a sleep of the thread that draws
	End  func() // ends the program
}

// Quit ends the program.
func (t Threads) Quit() { t.End() }

// Go runs work in a goroutine.
func (Threads) Go(work func()) { go work() }

// Keep runs work in a goroutine.
func (Threads) Keep(work func()) { go work() }

// Do runs draw on the thread that draws.
func (t Threads) Do(draw func()) {
	fyne.Do(draw)
	t.Wake()
}

// After runs draw on the thread that draws when a time has passed.
func (t Threads) After(d time.Duration, draw func()) (cancel func()) {
	timer := time.AfterFunc(d, func() { t.Do(draw) })
	return func() { timer.Stop() }
}

// Every runs work in a goroutine of its own, with a pause before each time. A
// run that takes long lengthens the pause, so that the work takes a fiftieth
// of the time at the most.
func (Threads) Every(d time.Duration, work func()) (cancel func()) {
	stop := make(chan struct{})
	go func() {
		pause := d
		for {
			select {
			case <-stop:
				return
			case <-time.After(pause):
			}
			began := time.Now()
			work()
			pause = max(d, 50*time.Since(began))
		}
	}()
	return func() { close(stop) }
}
