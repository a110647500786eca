package keys

import (
	"context"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// showEdit changes the fields of a key.
func showEdit(h *page.Host, k api.Key) {
	w, editing, force := h.Words, h.Session.Editing(k), false
	f := newKeyForm(h, w.T("edit.title", "name", k.Name), "", true)
	f.before = &k
	f.fill(k)
	f.submit = kit.Primary(w.T("edit.submit"), "", f.dialog.Keys(), func() {
		if !f.check() {
			return
		}
		change := f.filled().Changes(k)
		f.send(func(ctx context.Context) error { return editing.Save(ctx, change, force) }, func(err error) {
			if err == nil {
				f.dialog.End()
				h.Done(w.T("edit.done", "name", f.name.Text), editing.Undo(change))
				h.Changed()
				return
			}
			if state.Explain(err).Kind == state.KindLastAdmin {
				force = true
				f.submit.SetText(w.T("force.edit"))
				f.dialog.Relayout()
			}
		})
	})
	f.dialog.Actions(kit.NewButton(w.T("common.cancel"), "", f.dialog.Keys(), f.dialog.Close), f.submit)
	f.guard()
	f.dialog.Show(f.name)
}

// fill puts a key into the fields.
func (f *keyForm) fill(k api.Key) {
	f.name.Fill(k.Name)
	f.about.Fill(state.OneLine(k.Description))
	f.owner.SetPlaceHolder("")
	f.owner.Fill(k.Owner)
	f.pool.Fill(k.Pool)
	f.endpoints.Set(k.Endpoints)
	f.blocks.Fill(strings.Join(k.AllowedCIDRs, ", "))
	f.labels.Set(apikey.LabelTexts(k.Labels))
	f.tenants.Set(k.Tenants)
	f.limits.Set(k.Limits)
	if role := k.Role.String(); !slices.Contains(f.role.Options, role) {
		f.role.Options = append([]string{role}, f.role.Options...) // the policy no longer allows it for new keys
	}
	f.role.SetSelected(k.Role.String())
	f.live.of(k)
}
