package keys

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// lateRefusals is how long after its end refusals of a brown-out may still come: servers write them in batches.
const lateRefusals = 5 * time.Second

// brownOut is a dialog that disables a key for a minute, and lists whom it was refused meanwhile.
type brownOut struct {
	host   *page.Host
	key    api.Key
	modal  *kit.Modal
	stop   context.CancelFunc
	ends   time.Time
	counts map[string]int64 // refused requests by address and program
	order  []string         // of these, the newest first

	said  *kit.Label
	lines []*kit.Label
	times []*kit.Label
}

// brownLines is how many clients the dialog lists.
const brownLines = 8

// showBrownOut asks before it begins.
func showBrownOut(h *page.Host, k api.Key) {
	w := h.Words
	b := &brownOut{host: h, key: k, counts: map[string]int64{}, stop: func() {}}
	b.modal = h.NewModal(w.T("brown.title", "name", k.Name), w.T("brown.what"), 520)
	b.modal.Add(kit.NewParagraph(lastUse(h, k), kit.Plain))
	if isOwn(h, k) {
		b.modal.Add(kit.NewParagraph(w.T("end.own"), kit.ColorWarn))
	}
	var begin *kit.Button
	begin = kit.Primary(w.T("action.pause"), "", b.modal.Keys(), func() {
		begin.Disable()
		b.begin(func() { begin.Enable() })
	})
	b.modal.OnClosed = func() { b.stop() }
	b.modal.Actions(kit.NewButton(w.T("common.cancel"), "", b.modal.Keys(), b.modal.Close), begin)
	b.modal.Show(begin)
}

// begin disables the key and follows what is refused.
func (b *brownOut) begin(failed func()) {
	h, session := b.host, b.host.Session
	page.Attempt(h, func(ctx context.Context) error {
		return session.Do(ctx, state.ActionPause, b.key, false)
	}, func(err error) {
		switch {
		case err == nil:
			b.run()
		case state.Explain(err).Kind == state.KindLastAdmin:
			b.modal.End()
			showForced(h, state.ActionPause, b.key, err)
		default:
			failed()
			b.modal.Warn(h.Explain(err).Alert())
		}
	})
}

// run shows what is refused until the minute is over.
func (b *brownOut) run() {
	h, w := b.host, b.host.Words
	h.Changed()
	b.ends = w.Now().Add(state.Pause)
	b.said = kit.Bold("").Cut(60)
	column := kit.Column(8, b.said)
	for range brownLines {
		line, times := kit.NewLabel("").Cut(60), kit.Caption("")
		b.lines, b.times = append(b.lines, line), append(b.times, times)
		row := lineOf(line, times)
		row.Hide()
		column.Add(row)
	}
	b.modal.Warn(nil)
	b.modal.Body.Objects = []fyne.CanvasObject{column}
	enable := kit.NewButton(w.T("brown.enable"), "", b.modal.Keys(), b.end)
	shut := kit.Primary(w.T("common.close"), "", b.modal.Keys(), b.modal.Close)
	b.modal.Actions(enable, shut)
	h.Window.Canvas().Focus(shut)
	b.follow()
	b.tick(enable, column)
}

// follow notes what is refused, in the background.
func (b *brownOut) follow() {
	h, session := b.host, b.host.Session
	ctx, stop := context.WithCancel(h.Context)
	b.stop = stop
	filter := state.Refusals{KeyID: b.key.ID, Code: "disabled", Since: h.Words.Now().Add(-time.Second)}
	h.Loop.Keep(func() {
		_ = session.FollowDenials(ctx, filter, func(d api.Denial) { // the page of refused requests says what is wrong
			h.Loop.Do(func() { b.refused(d) })
		})
	})
}

// refused counts a refused request.
func (b *brownOut) refused(d api.Denial) {
	who := strings.TrimSuffix(d.Address+" · "+d.UserAgent, " · ")
	if _, known := b.counts[who]; !known {
		b.order = append([]string{who}, b.order...)
	}
	b.counts[who] += max(d.Count, 1)
}

// tick counts down, and shows who was refused.
func (b *brownOut) tick(enable *kit.Button, column *fyne.Container) {
	if b.host.Session == nil || !b.modal.Open() {
		return
	}
	w, left := b.host.Words, b.ends.Sub(b.host.Words.Now())
	for i, line := range b.lines {
		kit.Display(column.Objects[i+1], i < len(b.order))
		if i < len(b.order) {
			line.SetText(b.order[i])
			b.times[i].SetText(w.N("usage.requests", int(b.counts[b.order[i]])))
		}
	}
	text := w.T("brown.over-nobody")
	switch {
	case left > 0:
		text = w.N("brown.left", int((left+time.Second-1)/time.Second))
	case len(b.order) > 0:
		text = w.N("brown.over", len(b.order))
	}
	b.said.SetText(text)
	b.modal.Relayout()
	if left > -lateRefusals {
		b.host.Loop.After(time.Second, func() { b.tick(enable, column) })
		return
	}
	b.stop()
	enable.Hide()
	b.host.Changed()
}

// end enables the key before the minute is over.
func (b *brownOut) end() {
	b.modal.End()
	toggle(b.host, state.ActionEnable, b.key)
}
