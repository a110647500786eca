package ui

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
)

// showEnd revokes or deletes a key, when its name has been typed.
func (u *UI) showEnd(action state.Action, k api.Key) {
	w, name := u.Words, string(action)
	consequence := w.T("end." + name)
	if k.State != "active" {
		consequence = w.T("end." + name + ".resting")
	}
	m := u.NewModal(w.T("end."+name+".title", "name", k.Name), consequence, 480)
	m.Add(kit.NewParagraph(u.lastUse(k), kit.Plain))
	session, force := u.session, false
	typed, fitting := u.typing(m, k.Name, w.T("end.type-name"))
	var end *kit.Button
	if action == state.ActionRevoke {
		m.Add(u.deletingToo(m, func(too bool) {
			action = state.ActionRevoke
			if too {
				action = state.ActionDelete
			}
			name = string(action)
			end.SetText(w.T("end." + name + ".button"))
		}))
	}
	end = kit.Danger(w.T("end."+name+".button"), m.Keys(), func() {
		end.Disable()
		attempt(u, func(ctx context.Context) error { return session.Do(ctx, action, k, force) }, func(err error) {
			end.Enable()
			if err == nil {
				m.End()
				u.Toasts.Good(w.T("done."+name, "name", k.Name))
				u.changed()
				return
			}
			t := u.explain(err)
			if t.Kind == state.KindLastAdmin {
				force = true
				end.SetText(w.T("force." + name))
			}
			m.Warn(kit.Alert(true, t.headline, t.text()))
		})
	})
	fitting(end)
	m.Actions(kit.NewButton(w.T("common.cancel"), "", m.Keys(), m.Close), end)
	m.Show(typed)
}

// deletingToo is a box that makes a deletion of a revocation.
func (u *UI) deletingToo(m *kit.Modal, changed func(bool)) fyne.CanvasObject {
	return kit.NewCheck(u.Words.T("end.delete-too"), m.Keys(), changed)
}

// typing adds a field in which a text must be typed before a button works.
func (u *UI) typing(m *kit.Modal, want, label string) (in *kit.Input, guard func(*kit.Button)) {
	in = kit.NewInput(m.Keys())
	in.SetPlaceHolder(want)
	m.Add(kit.NewField(label, in, "").Object)
	return in, func(b *kit.Button) {
		b.Disable()
		in.OnChanged = func(text string) {
			if text == want {
				b.Enable()
			} else {
				b.Disable()
			}
		}
		in.OnSubmitted = func(string) {
			if !b.Disabled() {
				b.Tapped(nil)
			}
		}
	}
}

// lastUse says when a key was used last, in a sentence.
func (u *UI) lastUse(k api.Key) string {
	if k.LastUsedAt == nil {
		return u.Words.T("end.never-used")
	}
	key := "end.last-used"
	if k.LastUsedFrom != "" {
		key = "end.last-used-from"
	}
	return u.Words.T(key, "relative", u.Words.Relative(*k.LastUsedAt), "exact", u.Words.Moment(*k.LastUsedAt), "from", k.LastUsedFrom)
}

// showForced asks whether an action shall be carried out that leaves nobody
// who could manage keys.
func (u *UI) showForced(action state.Action, k api.Key, why error) {
	t := u.explain(why)
	m := u.NewModal(t.headline, t.text(), 480)
	session := u.session
	anyway := kit.Danger(u.Words.T("force."+string(action)), m.Keys(), func() {
		m.End()
		attempt(u, func(ctx context.Context) error { return session.Do(ctx, action, k, true) }, func(err error) {
			if err != nil {
				u.tellFailed(err)
				return
			}
			u.Toasts.Good(u.Words.T("done."+string(action), "name", k.Name))
			u.changed()
		})
	})
	cancel := kit.NewButton(u.Words.T("common.cancel"), "", m.Keys(), m.Close)
	m.Actions(cancel, anyway)
	m.Show(cancel)
}

// overlap is the field for how long the other tokens may keep working after a
// rotation.
type overlap struct {
	pick   *kit.Choice
	field  *kit.Field
	values []int64 // that the server offers, in seconds
}

func newOverlap(u *UI, m *kit.Modal) *overlap {
	w, offers := u.Words, u.session.Policy.Offers
	o := &overlap{values: offers.Overlaps}
	options := make([]string, len(o.values))
	for i, n := range o.values {
		options[i] = w.Span(state.Seconds(n))
		if n == 0 {
			options[i] = w.T("rotate.none")
		}
	}
	o.pick = kit.NewChoice(options, m.Keys(), nil)
	o.field = kit.NewField(w.T("rotate.overlap"), o.pick, "")
	o.pick.OnChanged = func(string) {
		if d := o.chosen(); d == 0 {
			o.field.Explain(w.T("rotate.no-overlap-help"))
		} else {
			o.field.Explain(w.T("rotate.overlap-help", "time", w.Span(d)))
		}
	}
	o.pick.SetSelectedIndex(max(0, slices.Index(o.values, offers.Overlap)))
	return o
}

func (o *overlap) chosen() time.Duration { return state.Seconds(o.values[o.pick.SelectedIndex()]) }

func (o *overlap) value() api.Span { return api.SpanOf(o.chosen()) }

// showRotate gives a key another token.
func (u *UI) showRotate(k api.Key) {
	w := u.Words
	m := u.NewModal(w.T("rotate.title", "name", k.Name), w.T("rotate.what"), 520)
	overlap := newOverlap(u, m)
	life := newLifetime(u, m.Keys(), false)
	m.Add(overlap.field.Object, life.field.Object)
	session := u.session
	var rotate *kit.Button
	rotate = kit.Primary(w.T("rotate.button"), "", m.Keys(), func() {
		if !life.check() {
			m.Relayout()
			return
		}
		rotate.Disable()
		request := api.RotateKey{Overlap: overlap.value()}
		request.ExpiresIn, request.ExpiresAt = life.value()
		inBackground(u, func(ctx context.Context) (*state.Issued, error) { return session.Rotate(ctx, k, request) }, func(issued *state.Issued, err error) {
			rotate.Enable()
			if u.offerNewToken(err, m) {
				return
			}
			if err != nil {
				t := u.explain(err)
				m.Warn(kit.Alert(true, t.headline, t.text()))
				return
			}
			m.End()
			u.showToken(w.T("rotate.done"), issued)
			u.changed()
		})
	})
	m.Actions(kit.NewButton(w.T("common.cancel"), "", m.Keys(), m.Close), rotate)
	m.Show(overlap.pick)
}

// showBulk carries out an action on several keys: it asks, shows the
// progress, can be stopped, and lists what was not changed.
func (u *UI) showBulk(action state.Action, keys []api.Key) {
	w, name := u.Words, string(action)
	keys = fitting(action, keys)
	if len(keys) == 0 {
		u.Toasts.Show(w.T("bulk.nothing"), kit.ToastWarn)
		return
	}
	m := u.NewModal(w.N("bulk."+name, len(keys)), w.T("bulk."+name+".consequence"), 520)
	names := kit.Column(4)
	for _, k := range keys[:min(len(keys), 6)] {
		names.Add(kit.NewLabel("· " + k.Name).Cut(40))
	}
	if rest := len(keys) - 6; rest > 0 {
		names.Add(kit.Muted(w.N("bulk.more", rest)))
	}
	m.Add(names)
	var start *kit.Button
	begin := func() { u.runBulk(m, action, keys) }
	cancel := kit.NewButton(w.T("common.cancel"), "", m.Keys(), m.Close)
	if action == state.ActionRevoke || action == state.ActionDelete {
		count := w.Number(int64(len(keys)))
		typed, guard := u.typing(m, count, w.T("bulk.type-count", "n", count))
		if action == state.ActionRevoke {
			m.Add(u.deletingToo(m, func(too bool) {
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

// fitting leaves out the keys for which an action makes no sense.
func fitting(action state.Action, keys []api.Key) (out []api.Key) {
	for _, k := range keys {
		if action.Allowed(k) {
			out = append(out, k)
		}
	}
	return out
}

func (u *UI) runBulk(m *kit.Modal, action state.Action, keys []api.Key) {
	session := u.session
	ctx, stop := context.WithCancel(u.ctx)
	running := true
	m.CanClose = func() bool {
		if running {
			stop()
		}
		return !running
	}
	progress := u.newBulkProgress(m, stop)
	inBackground(u, func(context.Context) (state.BulkResult, error) {
		return session.Bulk(ctx, action, keys, func(done, total int) {
			u.Loop.Do(func() { progress.set(done, total) })
		}), nil
	}, func(result state.BulkResult, _ error) {
		running = false
		stop()
		u.changed()
		u.showBulkResult(m, len(keys), result)
	})
}

// bulkProgress shows how far an action on several keys is.
type bulkProgress struct {
	ui   *UI
	bar  *widget.ProgressBar
	said *kit.Label
}

// newBulkProgress puts the progress into a dialog, with a button that stops
// the rest.
func (u *UI) newBulkProgress(m *kit.Modal, stop func()) *bulkProgress {
	p := &bulkProgress{ui: u, bar: widget.NewProgressBar(), said: kit.Muted("").Cut(60)}
	p.bar.TextFormatter = func() string { return "" }
	m.Body.RemoveAll()
	m.Add(kit.Column(10, p.said, container.New(barLayout{}, p.bar)))
	halt := kit.NewButton(u.Words.T("bulk.stop"), "", m.Keys(), nil)
	halt.OnTapped = func() {
		halt.Disable()
		halt.SetText(u.Words.T("bulk.stopping"))
		stop()
	}
	m.Actions(halt)
	u.Window.Canvas().Focus(halt)
	return p
}

func (p *bulkProgress) set(done, total int) {
	w := p.ui.Words
	p.bar.SetValue(float64(done) / float64(total))
	p.said.Set(w.T("bulk.running", "done", w.Number(int64(done)), "total", w.Number(int64(total))), kit.ColorMuted)
}

// barLayout makes a progress bar thin.
type barLayout struct{}

func (barLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(100, 8) }

func (barLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) { objects[0].Resize(size) }

func (u *UI) showBulkResult(m *kit.Modal, total int, r state.BulkResult) {
	w := u.Words
	text := w.T("bulk.finished", "good", w.Number(int64(r.Done)), "total", w.Number(int64(total)))
	if len(r.Failed) == 0 && len(r.Skipped) == 0 {
		m.End()
		u.Toasts.Good(text)
		return
	}
	m.Body.RemoveAll()
	m.Add(kit.Bold(text))
	if len(r.Skipped) > 0 {
		m.Add(kit.NewParagraph(w.N("bulk.skipped", len(r.Skipped)), kit.ColorMuted))
	}
	if len(r.Failed) > 0 {
		failures := kit.Column(10, kit.Bold(w.N("bulk.failed", len(r.Failed))))
		for _, f := range r.Failed {
			t := u.explain(f.Err)
			failures.Add(kit.Column(2, kit.NewLabel(f.Key.Name).Cut(40), kit.Note(t.sentence(), kit.ColorBad)))
		}
		m.Add(failures)
	}
	shut := kit.Primary(w.T("common.close"), "", m.Keys(), m.Close)
	m.Actions(shut)
	u.Window.Canvas().Focus(shut)
}
