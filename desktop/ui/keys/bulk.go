package keys

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// showBulk carries out an action on several keys: it asks, shows the
// progress, can be stopped, and lists what was not changed.
func showBulk(h *page.Host, action state.Action, keys []*api.Key) {
	w, name := h.Words, string(action)
	keys, leftOut := ofOthers(h, keys, action.Allowing)
	if len(keys) == 0 {
		h.Toasts.Show(w.T("bulk.nothing"), kit.ToastWarn)
		return
	}
	m := h.NewModal(w.N("bulk."+name, len(keys)), w.T("bulk."+name+"-consequence"), 520)
	m.Add(leftOut...)
	m.Add(namesOf(h, keys))
	var start *kit.Button
	begin := func() {
		session := h.Session
		page.RunMany(h, m, len(keys), func(ctx context.Context, progress func(done, total int)) state.BulkResult {
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

// ofOthers are those of several keys that something can be done to, and what must be said of the rest. The key that the
// session itself uses is left out: it would end on the way.
func ofOthers(h *page.Host, keys []*api.Key, able func([]*api.Key) []*api.Key) (
	others []*api.Key, leftOut []fyne.CanvasObject,
) {
	w, notes := h.Words, []string{}
	others = slices.DeleteFunc(slices.Clone(keys), h.Session.IsOwn)
	if len(others) < len(keys) {
		notes = append(notes, w.T("bulk.not-own"))
	}
	rest := len(others)
	others = able(others)
	if rest -= len(others); rest > 0 {
		notes = append(notes, w.N("bulk.left-out", rest))
	}
	if len(notes) == 0 {
		return others, nil
	}
	return others, []fyne.CanvasObject{kit.NewParagraph(strings.Join(notes, " "), kit.ColorMuted)}
}

// namesOf lists the first of several keys.
func namesOf(h *page.Host, keys []*api.Key) fyne.CanvasObject {
	names := kit.Column(4)
	for _, k := range keys[:min(len(keys), 6)] {
		names.Add(kit.NewLabel("· " + k.Name).Cut(40))
	}
	if rest := len(keys) - 6; rest > 0 {
		names.Add(kit.Muted(h.Words.N("bulk.more", rest)))
	}
	return names
}
