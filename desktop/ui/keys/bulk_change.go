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
	"github.com/ostiary/ostiary/pkg/apikey"
)

// bulkChange is a field that can be changed of several keys at once.
type bulkChange struct {
	menu  string // key of the text of the menu
	title string // of the dialog, in a form for one and one for several
	why   string // what it leads to
	press string // of the button
	alive bool   // not for revoked keys
}

// The changes, in the order of the menu.
var (
	bulkExtend = bulkChange{"bulk.extend-button", "bulk.extend", "bulk.extend-consequence", "bulk.extend-button",
		true}
	bulkOwner       = bulkChange{"bulk.set-owner", "bulk.owner", "bulk.owner-consequence", "bulk.set", false}
	bulkAddLabel    = bulkChange{"bulk.label-add", "bulk.add-label", "bulk.add-label-consequence", "bulk.add", false}
	bulkRemoveLabel = bulkChange{"bulk.label-remove", "bulk.remove-label", "bulk.remove-label-consequence",
		"bulk.remove", false}
	bulkRole = bulkChange{"bulk.set-role", "bulk.role", "bulk.role-consequence", "bulk.set", false}
	bulkPool = bulkChange{"bulk.move-to", "bulk.pool", "bulk.pool-consequence", "bulk.move", true}
)

var bulkChanges = []bulkChange{bulkExtend, bulkOwner, bulkAddLabel, bulkRemoveLabel, bulkRole, bulkPool}

// of are those of several keys that it can be made to.
func (c bulkChange) of(keys []*api.Key) []*api.Key {
	return slices.DeleteFunc(state.ActionEdit.Allowing(keys), func(k *api.Key) bool {
		return c.alive && k.State == apikey.StateRevoked
	})
}

// changeMenu are the lines of a menu that change several keys, and the one that writes them to a file.
func changeMenu(h *page.Host, keys []*api.Key) (items []*fyne.MenuItem) {
	rotate := fyne.NewMenuItem(h.Words.T("action.rotate")+"…", func() { showRotateMany(h, keys) })
	items = append(items, rotate)
	for _, c := range bulkChanges {
		items = append(items, fyne.NewMenuItem(h.Words.T(c.menu)+"…", func() { showBulkChange(h, c, keys) }))
	}
	export := fyne.NewMenuItem(h.Words.T("export.title")+"…", func() { exportChosen(h, keys) })
	return append(items, fyne.NewMenuItemSeparator(), export)
}

// showBulkChange asks for the new value, and changes the keys that may be edited.
func showBulkChange(h *page.Host, c bulkChange, keys []*api.Key) {
	w, session := h.Words, h.Session
	keys, leftOut := ofOthers(h, keys, c.of)
	if len(keys) == 0 {
		h.Toasts.Show(w.T("bulk.nothing"), kit.ToastWarn)
		return
	}
	m := h.NewModal(w.N(c.title, len(keys)), w.T(c.why), 520)
	var submit func()
	field, first, value := bulkField(h, m, c, func(string) { submit() })
	m.Add(append(leftOut, field.Object, namesOf(h, keys))...)
	submit = func() {
		change, wrong := value()
		field.Fail(wrong)
		m.Relayout()
		if wrong != "" {
			return
		}
		page.RunMany(h, m, len(keys), func(ctx context.Context, progress func(done, total int)) state.BulkResult {
			return session.BulkChange(ctx, change, keys, progress)
		})
	}
	m.Actions(kit.NewButton(w.T("common.cancel"), "", m.Keys(), m.Close),
		kit.Primary(w.T(c.press), "", m.Keys(), submit))
	m.Show(first)
}

// bulkField is the field for a new value, with what it holds, or what is wrong with that. Enter in it submits.
func bulkField(h *page.Host, m *kit.Modal, c bulkChange, submit func(string)) (
	field *kit.Field, first fyne.Focusable, value func() (change state.BulkChange, wrong string),
) {
	w, in := h.Words, kit.NewInput(m.Keys())
	in.OnSubmitted = submit
	text := func() string { return strings.TrimSpace(in.Text) }
	switch c {
	case bulkExtend:
		life := forms.NewLifetime(h, m.Keys(), false)
		for _, in := range life.Inputs() {
			in.OnSubmitted = submit
		}
		return life.Field, life.First(), func() (state.BulkChange, string) {
			return state.SetLifetime(life.Now()), life.Wrong()
		}
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
