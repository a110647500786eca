package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
)

// showEnd revokes or deletes a key, when its name has been typed.
func (u *UI) showEnd(action state.Action, k api.Key) {
	w, name := u.w, string(action)
	consequence := w.t("end." + name)
	if k.State != "active" {
		consequence = w.t("end." + name + ".resting")
	}
	m := u.newModal(w.t("end."+name+".title", "name", k.Name), consequence, 480)
	m.add(newParagraph(u.lastUse(k), plain))
	session, force := u.session, false
	typed, fitting := u.typing(m, k.Name, w.t("end.type-name"))
	var end *button
	if action == state.ActionRevoke {
		m.add(u.deletingToo(m, func(too bool) {
			action = state.ActionRevoke
			if too {
				action = state.ActionDelete
			}
			name = string(action)
			end.SetText(w.t("end." + name + ".button"))
		}))
	}
	end = danger(w.t("end."+name+".button"), m.keys(), func() {
		end.Disable()
		attempt(u, func(ctx context.Context) error { return session.Do(ctx, action, k, force) }, func(err error) {
			end.Enable()
			if err == nil {
				m.end()
				u.toasts.good(w.t("done."+name, "name", k.Name))
				u.changed()
				return
			}
			t := u.explain(err)
			if t.Kind == state.KindLastAdmin {
				force = true
				end.SetText(w.t("force." + name))
			}
			m.warn(alert(true, t.headline, t.text()))
		})
	})
	fitting(end)
	m.actions(newButton(w.t("common.cancel"), "", m.keys(), m.close), end)
	m.show(typed)
}

// deletingToo is a box that makes a deletion of a revocation.
func (u *UI) deletingToo(m *modal, changed func(bool)) fyne.CanvasObject {
	return newCheck(u.w.t("end.delete-too"), m.keys(), changed)
}

// typing adds a field in which a text must be typed before a button works.
func (u *UI) typing(m *modal, want, label string) (in *input, guard func(*button)) {
	in = newInput(m.keys())
	in.SetPlaceHolder(want)
	m.add(newField(label, in, "").object)
	return in, func(b *button) {
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
		return u.w.t("end.never-used")
	}
	key := "end.last-used"
	if k.LastUsedFrom != "" {
		key = "end.last-used-from"
	}
	return u.w.t(key, "relative", u.w.relative(*k.LastUsedAt), "exact", u.w.moment(*k.LastUsedAt), "from", k.LastUsedFrom)
}

// showForced asks whether an action shall be carried out that leaves nobody
// who could manage keys.
func (u *UI) showForced(action state.Action, k api.Key, why error) {
	t := u.explain(why)
	m := u.newModal(t.headline, t.text(), 480)
	session := u.session
	anyway := danger(u.w.t("force."+string(action)), m.keys(), func() {
		m.end()
		attempt(u, func(ctx context.Context) error { return session.Do(ctx, action, k, true) }, func(err error) {
			if err != nil {
				u.tellFailed(err)
				return
			}
			u.toasts.good(u.w.t("done."+string(action), "name", k.Name))
			u.changed()
		})
	})
	cancel := newButton(u.w.t("common.cancel"), "", m.keys(), m.close)
	m.actions(cancel, anyway)
	m.show(cancel)
}

// overlaps are how long the other tokens may keep working after a rotation.
var overlaps = []time.Duration{0, time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour}

// showRotate gives a key another token.
func (u *UI) showRotate(k api.Key) {
	w := u.w
	m := u.newModal(w.t("rotate.title", "name", k.Name), w.t("rotate.what"), 520)
	options := make([]string, len(overlaps))
	for i, d := range overlaps {
		options[i] = w.span(d)
	}
	options[0] = w.t("rotate.none")
	pick := newChoice(options, m.keys(), nil)
	overlap := newField(w.t("rotate.overlap"), pick, "")
	pick.OnChanged = func(string) {
		if d := overlaps[pick.SelectedIndex()]; d == 0 {
			overlap.explain(w.t("rotate.no-overlap-help"))
		} else {
			overlap.explain(w.t("rotate.overlap-help", "time", w.span(d)))
		}
	}
	pick.SetSelectedIndex(2)
	life := newLifetime(u, m.keys(), false)
	m.add(overlap.object, life.field.object)
	session := u.session
	var rotate *button
	rotate = primary(w.t("rotate.button"), "", m.keys(), func() {
		if !life.check() {
			m.relayout()
			return
		}
		rotate.Disable()
		request := api.RotateKey{Overlap: api.SpanOf(overlaps[pick.SelectedIndex()])}
		request.ExpiresIn, request.ExpiresAt = life.value()
		beside(u, func(ctx context.Context) (*state.Issued, error) { return session.Rotate(ctx, k, request) }, func(issued *state.Issued, err error) {
			rotate.Enable()
			if u.offerNewToken(err, m) {
				return
			}
			if err != nil {
				t := u.explain(err)
				m.warn(alert(true, t.headline, t.text()))
				return
			}
			m.end()
			u.showToken(w.t("rotate.done"), issued)
			u.changed()
		})
	})
	m.actions(newButton(w.t("common.cancel"), "", m.keys(), m.close), rotate)
	m.show(pick)
}

// showBulk carries out an action on several keys: it asks, shows the
// progress, can be stopped, and lists what was not changed.
func (u *UI) showBulk(action state.Action, keys []api.Key) {
	w, name := u.w, string(action)
	keys = fitting(action, keys)
	if len(keys) == 0 {
		u.toasts.show(w.t("bulk.nothing"), toastWarn)
		return
	}
	m := u.newModal(w.n("bulk."+name, len(keys)), w.t("bulk."+name+".consequence"), 520)
	names := column(4)
	for _, k := range keys[:min(len(keys), 6)] {
		names.Add(newLabel("· " + k.Name).cut(40))
	}
	if rest := len(keys) - 6; rest > 0 {
		names.Add(muted(w.n("bulk.more", rest)))
	}
	m.add(names)
	var start *button
	begin := func() { u.runBulk(m, action, keys) }
	cancel := newButton(w.t("common.cancel"), "", m.keys(), m.close)
	if action == state.ActionRevoke || action == state.ActionDelete {
		count := w.number(int64(len(keys)))
		typed, guard := u.typing(m, count, w.t("bulk.type-count", "n", count))
		if action == state.ActionRevoke {
			m.add(u.deletingToo(m, func(too bool) {
				action = state.ActionRevoke
				if too {
					action = state.ActionDelete
				}
				start.SetText(w.n("bulk."+string(action), len(keys)))
			}))
		}
		start = danger(w.n("bulk."+name, len(keys)), m.keys(), begin)
		guard(start)
		m.actions(cancel, start)
		m.show(typed)
		return
	}
	start = primary(w.n("bulk."+name, len(keys)), "", m.keys(), begin)
	m.actions(cancel, start)
	m.show(start)
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

func (u *UI) runBulk(m *modal, action state.Action, keys []api.Key) {
	session := u.session
	ctx, stop := context.WithCancel(u.ctx)
	running := true
	m.canClose = func() bool {
		if running {
			stop()
		}
		return !running
	}
	progress := u.newBulkProgress(m, stop)
	beside(u, func(context.Context) (state.BulkResult, error) {
		return session.Bulk(ctx, action, keys, func(done, total int) {
			u.loop.Do(func() { progress.set(done, total) })
		}), nil
	}, func(result state.BulkResult, _ error) {
		running = false
		stop()
		u.changed()
		u.showBulkResult(m, len(keys), result)
	})
}

// bulkProgress tells how far an action on several keys is.
type bulkProgress struct {
	ui   *UI
	bar  *widget.ProgressBar
	said *label
}

// newBulkProgress puts the progress into a dialog, with a button that stops
// the rest.
func (u *UI) newBulkProgress(m *modal, stop func()) *bulkProgress {
	p := &bulkProgress{ui: u, bar: widget.NewProgressBar(), said: muted("").cut(60)}
	p.bar.TextFormatter = func() string { return "" }
	m.body.RemoveAll()
	m.add(column(10, p.said, container.New(barLayout{}, p.bar)))
	halt := newButton(u.w.t("bulk.stop"), "", m.keys(), nil)
	halt.OnTapped = func() {
		halt.Disable()
		halt.SetText(u.w.t("bulk.stopping"))
		stop()
	}
	m.actions(halt)
	u.window.Canvas().Focus(halt)
	return p
}

func (p *bulkProgress) set(done, total int) {
	w := p.ui.w
	p.bar.SetValue(float64(done) / float64(total))
	p.said.set(w.t("bulk.running", "done", w.number(int64(done)), "total", w.number(int64(total))), colorMuted)
}

// barLayout makes a progress bar thin.
type barLayout struct{}

// MinSize implements fyne.Layout.
func (barLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(100, 8) }

// Layout implements fyne.Layout.
func (barLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) { objects[0].Resize(size) }

func (u *UI) showBulkResult(m *modal, total int, r state.BulkResult) {
	w := u.w
	text := w.t("bulk.finished", "good", w.number(int64(r.Done)), "total", w.number(int64(total)))
	if len(r.Failed) == 0 && len(r.Skipped) == 0 {
		m.end()
		u.toasts.good(text)
		return
	}
	m.body.RemoveAll()
	m.add(bold(text))
	if len(r.Skipped) > 0 {
		m.add(newParagraph(w.n("bulk.skipped", len(r.Skipped)), colorMuted))
	}
	if len(r.Failed) > 0 {
		failures := column(10, bold(w.n("bulk.failed", len(r.Failed))))
		for _, f := range r.Failed {
			t := u.explain(f.Err)
			failures.Add(column(2, newLabel(f.Key.Name).cut(40), note(t.sentence(), colorBad)))
		}
		m.add(failures)
	}
	shut := primary(w.t("common.close"), "", m.keys(), m.close)
	m.actions(shut)
	u.window.Canvas().Focus(shut)
}
