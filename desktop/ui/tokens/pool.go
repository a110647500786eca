package tokens

import (
	"context"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
)

// poolDialog carries out the rotation of a pool, and hands its tokens over:
// they are too many to be read, so they go to a file.
type poolDialog struct {
	host     *page.Host
	rotation *state.PoolRotation
	modal    *kit.Modal
	said     *kit.Label
	saved    int // how many tokens are in a file
	asked    bool
	running  bool
	goOn     *kit.Button
}

// ShowPool carries out the rotation of a pool, and calls closed when its
// tokens are forgotten.
func ShowPool(h *page.Host, pool string, r *state.PoolRotation, closed func()) {
	w := h.Words
	m := h.NewModal(w.T("pool-rotate.title", "name", pool), w.T("pool-rotate.only-now"), 560)
	d := &poolDialog{host: h, rotation: r, modal: m, said: kit.Muted("").Cut(60)}
	saving := newSaving(h, m, state.TokensFile(pool), w.T("pool-rotate.file-help"), d.save, d.said.SetText)
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
func (d *poolDialog) run() {
	h, w := d.host, d.host.Words
	count := func(keys int) { d.said.SetText(w.N("pool-rotate.done", keys)) }
	done := func() *kit.Button { return kit.NewButton(w.T("token.done"), "", d.modal.Keys(), d.modal.Close) }
	d.running = true
	d.modal.Warn(nil)
	d.modal.Actions(done())
	count(d.rotation.Tokens.Len())
	page.Attempt(h, func(ctx context.Context) error {
		return d.rotation.Run(ctx, func(keys int) { h.Loop.Do(func() { count(keys) }) })
	}, func(err error) {
		d.running = false
		if err != nil {
			t := h.Explain(err)
			d.modal.Warn(kit.Alert(true, t.Headline, w.T("pool-rotate.stopped")+" "+t.Text()))
			d.modal.Actions(done(), d.goOn)
		}
	})
}

// save writes the tokens that there are to a file.
func (d *poolDialog) save(path string) error {
	n := d.rotation.Tokens.Len()
	err := d.rotation.Tokens.Save(path)
	if err == nil {
		d.host.Loop.Do(func() { d.saved = n })
	}
	return err
}

// mayClose asks once if some tokens are in no file.
func (d *poolDialog) mayClose() bool {
	if d.running {
		return false
	}
	if d.asked || d.saved == d.rotation.Tokens.Len() {
		return true
	}
	d.asked = true
	w := d.host.Words
	d.modal.Warn(kit.Alert(false, w.T("pool-rotate.not-saved"), w.T("token.not-copied-why")))
	return false
}
