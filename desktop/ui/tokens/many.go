package tokens

import (
	"context"
	"strings"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
)

// manyDialog carries out the rotation of many keys, and hands their tokens over:
// they are too many to be read, so they go to a file.
type manyDialog struct {
	host     *page.Host
	rotation *state.Rotation
	modal    *kit.Modal
	said     *kit.Label
	saved    int // how many tokens are in a file
	asked    bool
	running  bool
	goOn     *kit.Button
	offered  []*kit.Button // at the foot, while nothing is asked
}

// ShowMany carries out the rotation of many keys, and calls closed when their
// tokens are forgotten. Name is that of the file that is proposed for them.
func ShowMany(h *page.Host, title, name string, r *state.Rotation, closed func()) {
	w := h.Words
	h.NothingDone()
	m := h.NewModal(title, w.T("pool-rotate.only-now"), 560)
	d := &manyDialog{host: h, rotation: r, modal: m, said: kit.Muted("").Cut(60)}
	saving := newSaving(h, m, state.TokensFile(name), w.T("pool-rotate.file-help"), d.save, d.said.SetText)
	m.Add(d.said, saving.file.Field.Object)
	d.goOn = kit.NewButton(w.T("pool-rotate.go-on"), "", m.Keys(), d.run)
	m.CanClose = d.mayClose
	m.OnClosed = func() {
		r.Tokens.Forget()
		closed()
	}
	m.Show(saving.save)
	d.run()
}

// run takes the steps that are left.
func (d *manyDialog) run() {
	h, w := d.host, d.host.Words
	count := func(keys int) { d.said.SetText(w.N("pool-rotate.done", keys)) }
	done := func() *kit.Button { return kit.NewButton(w.T("token.done"), "", d.modal.Keys(), d.modal.Close) }
	d.running = true
	d.modal.Warn(nil)
	d.offer(done())
	count(d.rotation.Tokens.Len())
	page.Attempt(h, func(ctx context.Context) error {
		return d.rotation.Run(ctx, func(keys int) { h.Loop.Do(func() { count(keys) }) })
	}, func(err error) {
		d.running = false
		if failed := d.rotation.Failed; len(failed) > 0 {
			d.modal.Warn(kit.Alert(true, w.T("bulk.failed", "n", w.Number(int64(len(failed)))), d.reasons(failed)))
		}
		if err != nil {
			t := h.Explain(err)
			d.modal.Warn(kit.Alert(true, t.Headline, w.T("pool-rotate.stopped")+" "+t.Text()))
			d.offer(done(), d.goOn)
		}
	})
}

// reasons say why the first keys were not rotated.
func (d *manyDialog) reasons(failed []state.Failure) string {
	var lines []string
	for _, f := range failed[:min(len(failed), 5)] {
		lines = append(lines, d.host.Words.Said(f.Key.Name, d.host.Explain(f.Err).Sentence()))
	}
	if rest := len(failed) - len(lines); rest > 0 {
		lines = append(lines, d.host.Words.N("bulk.more", rest))
	}
	return strings.Join(lines, " ")
}

// save writes the tokens that there are to a file.
func (d *manyDialog) save(path string) error {
	n := d.rotation.Tokens.Len()
	err := d.rotation.Tokens.Save(path)
	if err == nil {
		d.host.Loop.Do(func() {
			d.saved = n
			if d.asked {
				d.stay()
			}
		})
	}
	return err
}

// offer puts buttons at the foot, also when a question is over.
func (d *manyDialog) offer(buttons ...*kit.Button) {
	d.offered = buttons
	d.modal.Actions(buttons...)
}

// stay takes the question back whether the dialog shall close.
func (d *manyDialog) stay() {
	d.asked = false
	d.modal.Warn(nil)
	d.modal.Actions(d.offered...)
}

// mayClose asks if some tokens are in no file.
func (d *manyDialog) mayClose() bool {
	if d.running {
		return false
	}
	if d.saved == d.rotation.Tokens.Len() {
		return true
	}
	if d.asked { // Escape keeps it then
		d.stay()
		return false
	}
	d.asked = true
	w := d.host.Words
	stay := kit.NewButton(w.T("token.stay"), "", d.modal.Keys(), d.stay)
	d.modal.Actions(stay, kit.Danger(w.T("token.close-anyway"), d.modal.Keys(), d.modal.End))
	d.host.Window.Canvas().Focus(stay)
	d.modal.Warn(kit.Alert(false, w.T("pool-rotate.not-saved"), w.T("token.not-copied-why")))
	return false
}
