package ui

import (
	"context"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
)

// also is whether the keys that a key replaced shall end with it. The zero
// value does not ask and reaches none.
type also struct{ wanted, asked bool }

// reach is what the answer asks of the server.
func (a *also) reach() []state.Reach {
	if a.asked && a.wanted {
		return []state.Reach{state.AndRotated}
	}
	return nil
}

// account says what became of the keys when the end of one failed. It was one
// act, so a refusal leaves all of them as they were.
func (a *also) account(w *words, t trouble) string {
	if len(a.reach()) == 0 || t.Kind == state.KindUnknown {
		return t.text()
	}
	return w.t("rotated.nothing-done") + " " + t.text()
}

// withRotated reads which keys before a key's rotations still work.
func (u *UI) withRotated(k api.Key, then func(old []api.Key, err error)) {
	if k.RotatedFrom == "" {
		then(nil, nil)
		return
	}
	session := u.session
	beside(u, func(ctx context.Context) ([]api.Key, error) { return session.Rotated(ctx, k) }, func(old []api.Key, err error) { then(old, err) })
}

// alsoRotated says in a dialog which keys go on working, and offers to end
// them too, which a revocation does unless it is told not to.
func (u *UI) alsoRotated(m *modal, action state.Action, old []api.Key, unread error) *also {
	w, a := u.w, &also{}
	if unread != nil {
		m.add(alert(false, w.t("rotated.unread"), u.explain(unread).sentence()))
		return a
	}
	if len(old) == 0 {
		return a
	}
	lines := make([]string, len(old))
	for i, k := range old {
		if k.ExpiresAt == nil {
			lines[i] = w.t("rotated.without-end", "name", k.Name)
		} else {
			lines[i] = w.t("rotated.until", "name", k.Name, "at", w.moment(*k.ExpiresAt))
		}
	}
	m.add(alert(false, w.t("rotated.title"), strings.Join(lines, "\n")))
	u.offer(m, a, w.n("rotated."+string(action), len(old)), action)
	return a
}

// alsoReplaced offers in a dialog about several keys to reach those too that
// they replaced.
func (u *UI) alsoReplaced(m *modal, action state.Action, keys []api.Key) *also {
	a := &also{}
	replaced := slices.ContainsFunc(keys, func(k api.Key) bool { return k.RotatedFrom != "" })
	if action != state.ActionEnable && replaced {
		u.offer(m, a, u.w.t("bulk.rotated"), action)
	}
	return a
}

func (u *UI) offer(m *modal, a *also, text string, action state.Action) {
	box := newTickedCheck(text, m.keys(), action == state.ActionRevoke, func(on bool) { a.wanted = on })
	a.asked, a.wanted = true, action == state.ActionRevoke
	m.add(box)
}

// showDisable asks about a key whose disabling leaves others at work.
func (u *UI) showDisable(k api.Key, old []api.Key, unread error) {
	w := u.w
	m := u.newModal(w.t("end.disable.title", "name", k.Name), w.t("end.disable"), 480)
	a := u.alsoRotated(m, state.ActionDisable, old, unread)
	session, force := u.session, false
	var disable *button
	disable = primary(w.t("end.disable.button"), "", m.keys(), func() {
		disable.Disable()
		attempt(u, func(ctx context.Context) error { return session.Do(ctx, state.ActionDisable, k, force, a.reach()...) }, func(err error) {
			disable.Enable()
			if err == nil {
				m.end()
				u.toasts.good(w.t("done.disable", "name", k.Name))
				u.changed()
				return
			}
			t := u.explain(err)
			if t.Kind == state.KindLastAdmin {
				force = true
				disable.SetText(w.t("force.disable"))
			}
			m.warn(alert(true, t.headline, a.account(w, t)))
		})
	})
	m.actions(newButton(w.t("common.cancel"), "", m.keys(), m.close), disable)
	m.show(disable)
}
