package rest

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// window is a window system whose events are made by hand, in the time of a
// synctest bubble.
type window struct {
	events chan struct{}
	looks  atomic.Int64 // how often the thread that draws went to sleep
}

func newWindow() (*window, *Rest) {
	w := &window{events: make(chan struct{}, 1)}
	return w, &Rest{wait: w.wait, wake: w.event, do: func(f func()) { f() }, pause: time.Sleep}
}

func (w *window) wait(most time.Duration) {
	w.looks.Add(1)
	select {
	case <-w.events:
	case <-time.After(most):
	}
}

func (w *window) event() {
	select {
	case w.events <- struct{}{}:
	default:
	}
}

func TestAWindowInWhichNothingHappensSleeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, r := newWindow()
		go r.Run()
		time.Sleep(awake - 1)
		require.Zero(t, w.looks.Load(), "the window is drawn first")
		time.Sleep(29 * time.Second)
		require.InDelta(t, 29*time.Second/(most+turn), w.looks.Load(), 2)
		r.End()
		time.Sleep(time.Minute)
		synctest.Wait()
	})
}

func TestWhatHappensIsDrawnAtOnceAndNothingSleepsForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, r := newWindow()
		go r.Run()
		time.Sleep(awake + most/2)
		require.EqualValues(t, 1, w.looks.Load(), "it sleeps")
		r.Wake()
		synctest.Wait()
		time.Sleep(awake - 1)
		require.EqualValues(t, 1, w.looks.Load(), "the event has ended the sleep, and no other begins")
		time.Sleep(2 * time.Nanosecond)
		synctest.Wait()
		require.EqualValues(t, 2, w.looks.Load())
		r.End()
		time.Sleep(time.Minute)
		synctest.Wait()
	})
}

func TestAfterTheEndTheWindowSystemIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, r := newWindow()
		r.do = func(f func()) {
			r.End() // while this waited for the thread that draws
			f()
		}
		go r.Run()
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Zero(t, w.looks.Load())
		r.Wake()
		require.Empty(t, w.events)
	})
}
