package keys

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// showBulk carries out an action on several keys: it asks, shows the
// progress, can be stopped, and lists what was not changed.
func showBulk(h *page.Host, action state.Action, keys []api.Key) {
	w, name := h.Words, string(action)
	keys = action.Allowing(keys)
	if len(keys) == 0 {
		h.Toasts.Show(w.T("bulk.nothing"), kit.ToastWarn)
		return
	}
	m := h.NewModal(w.N("bulk."+name, len(keys)), w.T("bulk."+name+"-consequence"), 520)
	m.Add(namesOf(h, keys))
	var start *kit.Button
	begin := func() {
		session := h.Session
		runBulk(h, m, len(keys), func(ctx context.Context, progress func(done, total int)) state.BulkResult {
			return session.Bulk(ctx, action, keys, progress)
		})
	}
	cancel := kit.NewButton(w.T("common.cancel"), "", m.Keys(), m.Close)
	if action == state.ActionRevoke || action == state.ActionDelete {
		count := w.Number(int64(len(keys)))
		typed, guard := forms.Typed(m, count, w.T("bulk.type-count", "n", count))
		if action == state.ActionRevoke {
			m.Add(deletingToo(h, m, func(too bool) {
				action = state.ActionRevoke
				if too {
					action = state.ActionDelete
				}
				start.SetText(w.N("bulk."+string(action), len(keys)))
			}))
		}
		start = kit.Danger(w.N("bulk."+name, len(keys)), m.Keys(), begin)
		guard(start)
		m.Actions(cancel, start)
		m.Show(typed)
		return
	}
	start = kit.Primary(w.N("bulk."+name, len(keys)), "", m.Keys(), begin)
	m.Actions(cancel, start)
	m.Show(start)
}

// namesOf lists the first of several keys.
func namesOf(h *page.Host, keys []api.Key) fyne.CanvasObject {
	names := kit.Column(4)
	for _, k := range keys[:min(len(keys), 6)] {
		names.Add(kit.NewLabel("· " + k.Name).Cut(40))
	}
	if rest := len(keys) - 6; rest > 0 {
		names.Add(kit.Muted(h.Words.N("bulk.more", rest)))
	}
	return names
}

// runBulk does something to several keys, shows how far it is, and what became of it.
func runBulk(
	h *page.Host, m *kit.Modal, total int, work func(context.Context, func(done, total int)) state.BulkResult,
) {
	ctx, stop := context.WithCancel(h.Context)
	running := true
	m.CanClose = func() bool {
		if running {
			stop()
		}
		return !running
	}
	progress := newBulkProgress(h, m, stop)
	page.InBackground(h, func(context.Context) (state.BulkResult, error) {
		return work(ctx, func(done, total int) {
			h.Loop.Do(func() { progress.set(done, total) })
		}), nil
	}, func(result state.BulkResult, _ error) {
		running = false
		stop()
		h.Changed()
		showBulkResult(h, m, total, result)
	})
}

// bulkProgress shows how far an action on several keys is.
type bulkProgress struct {
	host *page.Host
	bar  *widget.ProgressBar
	said *kit.Label
}

// newBulkProgress puts the progress into a dialog, with a button that stops
// the rest.
func newBulkProgress(h *page.Host, m *kit.Modal, stop func()) *bulkProgress {
	p := &bulkProgress{host: h, bar: widget.NewProgressBar(), said: kit.Muted("").Cut(60)}
	p.bar.TextFormatter = func() string { return "" }
	m.Body.RemoveAll()
	m.Add(kit.Column(10, p.said, container.New(barLayout{}, p.bar)))
	halt := kit.NewButton(h.Words.T("bulk.stop"), "", m.Keys(), nil)
	halt.OnTapped = func() {
		halt.Disable()
		halt.SetText(h.Words.T("bulk.stopping"))
		stop()
	}
	m.Actions(halt)
	h.Window.Canvas().Focus(halt)
	return p
}

func (p *bulkProgress) set(done, total int) {
	w := p.host.Words
	p.bar.SetValue(float64(done) / float64(total))
	p.said.Set(w.T("bulk.running", "done", w.Number(int64(done)), "total", w.Number(int64(total))), kit.ColorMuted)
}

// barLayout makes a progress bar thin.
type barLayout struct{}

func (barLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(100, 8) }

func (barLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) { objects[0].Resize(size) }

func showBulkResult(h *page.Host, m *kit.Modal, total int, r state.BulkResult) {
	w := h.Words
	text := w.T("bulk.finished", "good", w.Number(int64(r.Done)), "total", w.Number(int64(total)))
	if len(r.Failed) == 0 && len(r.Skipped) == 0 {
		m.End()
		h.Toasts.Good(text)
		return
	}
	m.Body.RemoveAll()
	m.Add(kit.Bold(text))
	if len(r.Skipped) > 0 {
		m.Add(kit.NewParagraph(w.N("bulk.skipped", len(r.Skipped)), kit.ColorMuted))
	}
	if len(r.Failed) > 0 {
		failures := kit.Column(10, kit.Bold(w.T("bulk.failed", "n", w.Number(int64(len(r.Failed))))))
		for _, f := range r.Failed {
			t := h.Explain(f.Err)
			failures.Add(kit.Column(2, kit.NewLabel(f.Key.Name).Cut(40), kit.Note(t.Sentence(), kit.ColorBad)))
		}
		m.Add(failures)
	}
	shut := kit.Primary(w.T("common.close"), "", m.Keys(), m.Close)
	m.Actions(shut)
	h.Window.Canvas().Focus(shut)
}
