package refused

import (
	"context"
	"sync"
	"time"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

const (
	// drawPause is how long entries are gathered before they are drawn, so that a flood does not keep the window busy.
	drawPause = 250 * time.Millisecond

	// overlap is how far back the stream begins, so that nothing is missed between the list and it.
	overlap = 10 * time.Second

	againPause = 30 * time.Second // before a stream that failed is asked for again
)

// live follows refused requests as they happen, and can be held.
type live struct {
	page   *Page
	paused bool
	cancel context.CancelFunc // ends the stream; nil while there is none

	mu      sync.Mutex
	fresh   []api.Denial // that were not drawn yet
	waiting bool         // they will be, soon

	state  *kit.Pill
	button *kit.Button
	object fyne.CanvasObject
}

func newLive(p *Page) *live {
	l := &live{page: p, state: kit.NewPill("", "", "")}
	l.button = kit.NewButton("", "pause", p.host.Keys(), l.toggle)
	l.object = kit.Row(10, kit.Middle(l.state), kit.Middle(l.button))
	l.draw()
	return l
}

// follow begins a stream with the filters of the page, in place of the one before.
func (l *live) follow() {
	l.stop()
	h, filter := l.page.host, l.page.filter
	if h.Context == nil {
		return
	}
	filter.Since = h.Words.Now().Add(-overlap)
	ctx, cancel := context.WithCancel(h.Context)
	l.cancel = cancel
	h.Loop.Keep(func() {
		for ctx.Err() == nil {
			// the list says what is wrong
			_ = l.page.session.FollowDenials(ctx, filter, func(d api.Denial) { l.take(ctx, d) })
			page.Sleep(ctx, againPause)
		}
	})
}

// stop ends the stream.
func (l *live) stop() {
	if l.cancel != nil {
		l.cancel()
		l.cancel = nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fresh = nil
}

// take notes an entry, in the background, and has it drawn soon.
func (l *live) take(ctx context.Context, d api.Denial) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	l.fresh = append(l.fresh, d)
	if len(l.fresh) > most {
		l.fresh = l.fresh[len(l.fresh)-most:]
	}
	if !l.waiting {
		l.waiting = true
		l.page.host.Loop.After(drawPause, l.deliver)
	}
}

// deliver draws what has come, unless the page is held.
func (l *live) deliver() {
	l.mu.Lock()
	l.waiting = false
	var fresh []api.Denial
	if !l.paused {
		fresh, l.fresh = l.fresh, nil
	}
	l.mu.Unlock()
	if l.page.host.At != l.page {
		return
	}
	l.page.arrived(fresh)
	l.draw()
	kit.Relayout(l.page.head)
}

// toggle holds the page, or shows what has come meanwhile and goes on.
func (l *live) toggle() {
	l.mu.Lock()
	l.paused = !l.paused
	l.mu.Unlock()
	l.deliver()
}

// draw says whether the page is held, and how many have come meanwhile.
func (l *live) draw() {
	w := l.page.host.Words
	l.mu.Lock()
	n := len(l.fresh)
	l.mu.Unlock()
	if !l.paused {
		l.state.Set(w.T("refused.live-now"), kit.ColorGood, kit.ColorGoodTint)
		l.button.SetIcon(kit.Icon("pause"))
		l.button.SetText(w.T("refused.pause"))
		return
	}
	l.state.Set(w.T("refused.paused"), kit.ColorWarn, kit.ColorWarnTint)
	l.button.SetIcon(kit.Icon("play"))
	text := w.T("refused.resume")
	if n > 0 {
		text = w.N("refused.show-new", n)
	}
	l.button.SetText(text)
}
