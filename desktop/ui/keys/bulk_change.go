package keys

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// bulkChange is a field that can be changed of several keys at once.
type bulkChange struct {
	menu  string // key of the text of the menu
	title string // of the dialog, in a form for one and one for several
	why   string // what it leads to
	press string // of the button
}

// The changes, in the order of the menu.
var (
	bulkOwner       = bulkChange{"bulk.set-owner", "bulk.owner", "bulk.owner-consequence", "bulk.set"}
	bulkAddLabel    = bulkChange{"bulk.label-add", "bulk.add-label", "bulk.add-label-consequence", "bulk.add"}
	bulkRemoveLabel = bulkChange{"bulk.label-remove", "bulk.remove-label", "bulk.remove-label-consequence",
		"bulk.remove"}
	bulkRole = bulkChange{"bulk.set-role", "bulk.role", "bulk.role-consequence", "bulk.set"}
	bulkPool = bulkChange{"bulk.move-to", "bulk.pool", "bulk.pool-consequence", "bulk.move"}
)

var bulkChanges = []bulkChange{bulkOwner, bulkAddLabel, bulkRemoveLabel, bulkRole, bulkPool}

// changeMenu are the lines of a menu that change several keys.
func changeMenu(h *page.Host, keys []api.Key) (items []*fyne.MenuItem) {
	for _, c := range bulkChanges {
		items = append(items, fyne.NewMenuItem(h.Words.T(c.menu)+"…", func() { showBulkChange(h, c, keys) }))
	}
	return items
}

// showBulkChange asks for the new value, and changes the keys that may be edited.
func showBulkChange(h *page.Host, c bulkChange, keys []api.Key) {
	w, session := h.Words, h.Session
	keys = state.ActionEdit.Allowing(keys)
	if len(keys) == 0 {
		h.Toasts.Show(w.T("bulk.nothing"), kit.ToastWarn)
		return
	}
	m := h.NewModal(w.N(c.title, len(keys)), w.T(c.why), 520)
	field, first, value := bulkField(h, m, c)
	m.Add(field.Object, namesOf(h, keys))
	submit := func() {
		change, wrong := value()
		field.Fail(wrong)
		m.Relayout()
		if wrong != "" {
			return
		}
		runBulk(h, m, len(keys), func(ctx context.Context, progress func(done, total int)) state.BulkResult {
			return session.BulkChange(ctx, change, keys, progress)
		})
	}
	if in, ok := first.(*kit.Input); ok {
		in.OnSubmitted = func(string) { submit() }
	}
	m.Actions(kit.NewButton(w.T("common.cancel"), "", m.Keys(), m.Close),
		kit.Primary(w.T(c.press), "", m.Keys(), submit))
	m.Show(first)
}

// bulkField is the field for a new value, with what it holds, or what is wrong with that.
func bulkField(h *page.Host, m *kit.Modal, c bulkChange) (
	field *kit.Field, first fyne.Focusable, value func() (change state.BulkChange, wrong string),
) {
	w, in := h.Words, kit.NewInput(m.Keys())
	text := func() string { return strings.TrimSpace(in.Text) }
	switch c {
	case bulkOwner:
		in.SetPlaceHolder(h.Session.Who.Login)
		return kit.NewField(w.T("key.owner"), in, ""), in, func() (state.BulkChange, string) {
			return state.SetOwner(text()), ""
		}
	case bulkAddLabel:
		in.SetPlaceHolder("team=sre")
		return kit.NewField(w.T("bulk.label"), in, ""), in, func() (state.BulkChange, string) {
			labels, wrong := state.Labels(state.Fields(text()))
			switch {
			case wrong != "":
				return nil, wrongLabel(w, wrong)
			case len(labels) == 0:
				return nil, w.T("bulk.no-label")
			}
			return state.AddLabels(labels), ""
		}
	case bulkRemoveLabel:
		in.SetPlaceHolder("team")
		return kit.NewField(w.T("bulk.label-name"), in, ""), in, func() (state.BulkChange, string) {
			name, _, _ := strings.Cut(text(), "=")
			if name == "" {
				return nil, w.T("bulk.no-label")
			}
			return state.RemoveLabel(name), ""
		}
	case bulkPool:
		pool, offers := forms.Offering(h, in, m.Keys())
		offers.Set(forms.PoolOffers(h))
		return kit.NewField(w.T("key.pool"), pool, w.T("key-form.pool-help")), in, func() (state.BulkChange, string) {
			return state.SetPool(text()), ""
		}
	}
	var roles []string
	for _, r := range h.Session.Policy.Roles {
		roles = append(roles, r.String())
	}
	pick := kit.NewChoice(roles, m.Keys(), nil)
	pick.SetSelectedIndex(len(roles) - 1)
	return kit.NewField(w.T("key.role"), pick, ""), pick, func() (state.BulkChange, string) {
		return state.SetRole(pick.Selected), ""
	}
}
