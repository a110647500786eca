package keys

import (
	"context"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// showEnd revokes or deletes a key, when its name has been typed.
func showEnd(h *page.Host, action state.Action, k api.Key) {
	w, name := h.Words, string(action)
	consequence := w.T(name + ".consequence")
	if k.State != "active" {
		consequence = w.T(name + ".consequence-unused")
	}
	m := h.NewModal(w.T(name+".title", "name", k.Name), consequence, 480)
	m.Add(kit.NewParagraph(lastUse(h, k), kit.Plain))
	if isOwn(h, k) {
		m.Add(kit.NewParagraph(w.T("end.own"), kit.ColorWarn))
	}
	session, force := h.Session, false
	typed, guard := forms.Typed(m, k.Name, w.T("end.type-name", "name", k.Name))
	var end *kit.Button
	if action == state.ActionRevoke {
		m.Add(deletingToo(h, m, func(too bool) {
			action = state.ActionRevoke
			if too {
				action = state.ActionDelete
			}
			name = string(action)
			end.SetText(w.T(name + ".button"))
		}))
	}
	end = kit.Danger(w.T(name+".button"), m.Keys(), func() {
		end.Disable()
		page.Attempt(h, func(ctx context.Context) error { return session.Do(ctx, action, k, force) }, func(err error) {
			end.Enable()
			if err == nil {
				m.End()
				h.Done(w.T(name+".done", "name", k.Name), action.Undo(k))
				h.Changed()
				return
			}
			t := h.Explain(err)
			if t.Kind == state.KindLastAdmin {
				force = true
				end.SetText(w.T("force." + name))
			}
			m.Warn(kit.Alert(true, t.Headline, t.Text()))
		})
	})
	guard(end)
	m.Actions(kit.NewButton(w.T("common.cancel"), "", m.Keys(), m.Close), end)
	m.Show(typed)
}

// showDisableOwn asks before somebody disables the very key that they are signed in with: they could not undo it.
func showDisableOwn(h *page.Host, k api.Key) {
	w := h.Words
	m := h.NewModal(w.T("disable.own-title", "name", k.Name), w.T("end.own"), 480)
	m.Add(kit.NewParagraph(w.T("disable.own-undo"), kit.Plain))
	cancel := kit.NewButton(w.T("common.cancel"), "", m.Keys(), m.Close)
	m.Actions(cancel, kit.Danger(w.T("disable.own-button"), m.Keys(), func() {
		m.End()
		toggle(h, state.ActionDisable, k)
	}))
	m.Show(cancel)
}

// deletingToo is a box that makes a deletion of a revocation.
func deletingToo(h *page.Host, m *kit.Modal, changed func(bool)) fyne.CanvasObject {
	return kit.NewCheck(h.Words.T("end.delete-too"), m.Keys(), changed)
}

// lastUse says when a key was used last, in a sentence.
func lastUse(h *page.Host, k api.Key) string {
	if k.LastUsedAt == nil {
		return h.Words.T("end.never-used")
	}
	key := "end.last-used"
	if k.LastUsedFrom != "" {
		key = "end.last-used-from"
	}
	relative, exact := h.Words.Relative(*k.LastUsedAt), h.Words.Moment(*k.LastUsedAt)
	return h.Words.T(key, "relative", relative, "exact", exact, "from", k.LastUsedFrom)
}

// showForced asks whether an action shall be carried out that leaves nobody
// who could manage keys.
func showForced(h *page.Host, action state.Action, k api.Key, why error) {
	t := h.Explain(why)
	m := h.NewModal(t.Headline, t.Text(), 480)
	session := h.Session
	text := "force." + string(action)
	if action == state.ActionPause {
		text = "force.disable"
	}
	anyway := kit.Danger(h.Words.T(text), m.Keys(), func() {
		m.End()
		page.Attempt(h, func(ctx context.Context) error { return session.Do(ctx, action, k, true) }, func(err error) {
			if err != nil {
				h.ShowError(err)
				return
			}
			h.Done(h.Words.T(string(action)+".done", "name", k.Name), action.Undo(k))
			h.Changed()
		})
	})
	cancel := kit.NewButton(h.Words.T("common.cancel"), "", m.Keys(), m.Close)
	m.Actions(cancel, anyway)
	m.Show(cancel)
}
