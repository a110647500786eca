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
