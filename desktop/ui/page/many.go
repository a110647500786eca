package page

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
)

// Pauses while something is done to many keys, so that saying how far it is takes less than doing it.
const (
	eachSaid      = 100 // so many are few, and each is said
	progressPause = 250 * time.Millisecond
	changedPause  = 5 * time.Second // before the page behind the dialog shows what was done meanwhile
)

// failuresShown is how many keys are listed that were not changed: nobody reads thousands.
const failuresShown = 100

// RunMany does something to several keys in a dialog, which shows how far it is, and what became of it.
func RunMany(
	h *Host, m *kit.Modal, total int, work func(context.Context, func(done, total int)) state.BulkResult,
) {
	runMany(h, m, total, "bulk.finished", work)
}

// runMany says in the end, by a text of the catalogue, how many of all it was done to.
func runMany(
	h *Host, m *kit.Modal, total int, says string,
	work func(context.Context, func(done, total int)) state.BulkResult,
) {
	w := h.Words
	ctx, stop := context.WithCancel(h.Context)
	running := true
	m.CanClose = func() bool {
		if running {
			stop()
		}
		return !running
	}
	at := NewProgress(h, m, stop)
	h.Working.Store(true)
	var said, shown time.Time
	InBackground(h, func(context.Context) (state.BulkResult, error) {
		defer h.Working.Store(false)
		return work(ctx, func(done, total int) {
			now := time.Now()
			if total > eachSaid && done > 0 && done < total && now.Sub(said) < progressPause {
				return
			}
			said = now
			h.Loop.Do(func() {
				at.Set(done, total)
				if now.Sub(shown) >= changedPause {
					shown = now
					h.Current().Updated()
				}
			})
		}), nil
	}, func(result state.BulkResult, _ error) {
		running = false
		stop()
		h.Changed()
		showResult(h, m, w.T(says, "good", w.Number(int64(result.Done)), "total", w.Number(int64(total))), result)
	})
}

// Progress shows how far an action on several keys is.
type Progress struct {
	host *Host
	bar  *widget.ProgressBar
	said *kit.Label
}

// NewProgress puts the progress into a dialog, with a button that stops
// the rest.
func NewProgress(h *Host, m *kit.Modal, stop func()) *Progress {
	p := &Progress{host: h, bar: widget.NewProgressBar(), said: kit.Muted("").Cut(60)}
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

// Set says how far it is.
func (p *Progress) Set(done, total int) {
	w := p.host.Words
	p.bar.SetValue(float64(done) / float64(total))
	p.said.Set(w.T("bulk.running", "done", w.Number(int64(done)), "total", w.Number(int64(total))), kit.ColorMuted)
}

// barLayout makes a progress bar thin.
type barLayout struct{}

func (barLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(100, 8) }

func (barLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) { objects[0].Resize(size) }

func showResult(h *Host, m *kit.Modal, text string, r state.BulkResult) {
	w := h.Words
	if len(r.Failed) == 0 && r.Skipped == 0 {
		h.Done(text, r.Undo)
		m.End()
		return
	}
	m.Body.RemoveAll()
	m.Add(kit.Bold(text))
	if r.Skipped > 0 {
		m.Add(kit.NewParagraph(w.N("bulk.skipped", r.Skipped), kit.ColorMuted))
	}
	if len(r.Failed) > 0 {
		failures := kit.Column(10, kit.Bold(w.T("bulk.failed", "n", w.Number(int64(len(r.Failed))))))
		for _, f := range r.Failed[:min(len(r.Failed), failuresShown)] {
			t := h.Explain(f.Err)
			failures.Add(kit.Column(2, kit.NewLabel(f.Key.Name).Cut(40), kit.Note(t.Sentence(), kit.ColorBad)))
		}
		if rest := len(r.Failed) - failuresShown; rest > 0 {
			failures.Add(kit.Muted(w.N("bulk.more", rest)))
		}
		m.Add(failures)
	}
	shut := kit.Primary(w.T("common.close"), "", m.Keys(), m.Close)
	h.done, h.undo = text, r.Undo
	m.Actions(shut)
	if r.Undo.Keys() > 0 {
		m.Actions(kit.NewButton(w.T("undo.button"), "", m.Keys(), func() { m.End(); h.Undo() }), shut)
	}
	h.Window.Canvas().Focus(shut)
}
