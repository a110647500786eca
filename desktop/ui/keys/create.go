package keys

import (
	"context"
	"slices"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/ui/tokens"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// Create asks for a new key.
func Create(h *page.Host) { Begin(h, "", "") }

// Begin asks for a new key, with a name and as what it begins. Either may be
// empty; with the latter, one is led by the first steps.
func Begin(h *page.Host, name string, as state.TemplateID) {
	w, session := h.Words, h.Session
	f := newKeyForm(h, w.T("create.title"), w.T("create.text"), false)
	f.offerTemplates()
	f.name.SetText(name)
	f.role.SetSelected(apikey.RoleAgent.String())
	if roles := f.role.Options; len(roles) > 0 && !slices.Contains(roles, apikey.RoleAgent.String()) {
		f.role.SetSelected(roles[len(roles)-1])
	}
	f.begins.led = as != ""
	f.begin(as)
	f.submit = kit.Primary(w.T("create.submit"), "", f.dialog.Keys(), func() {
		if !f.check() {
			return
		}
		request := f.filled().Create()
		var issued *state.Issued
		f.send(func(ctx context.Context) (err error) {
			issued, err = session.Create(ctx, request)
			return err
		}, func(err error) {
			if offerNewToken(h, err, f.dialog) || err != nil {
				return
			}
			f.dialog.End()
			tokens.Show(h, w.T("create.done"), issued, f.begins.snippet())
			h.Changed()
			if p, ok := h.At.(*Page); ok {
				p.Choose(issued.Key.ID) // as soon as it is in the list
			}
		})
	})
	f.dialog.Actions(kit.NewButton(w.T("common.cancel"), "", f.dialog.Keys(), f.dialog.Close), f.submit)
	f.guard()
	f.dialog.Show(f.name)
}

// offerNewToken handles the case that a key was made and its token was lost
// on the way: it offers to rotate the key at once.
func offerNewToken(h *page.Host, err error, dialog *kit.Modal) bool {
	problem := state.Explain(err)
	if problem == nil || problem.Kind != state.KindTokenLost {
		return false
	}
	lost := problem.Err.(*state.TokenLostError) //nolint:errorlint,forcetypeassert // the kind says that it is one
	dialog.End()
	t := h.Explain(err)
	m := h.NewModal(t.Headline, t.Next, 480)
	session := h.Session
	again := kit.Primary(h.Words.T("token-lost.rotate"), "rotate", m.Keys(), nil)
	again.OnTapped = func() {
		again.Disable()
		page.InBackground(h, func(ctx context.Context) (*state.Issued, error) {
			return session.Reissue(ctx, lost.Key)
		}, func(issued *state.Issued, err error) {
			m.End()
			switch {
			case offerNewToken(h, err, m):
			case err != nil:
				h.ShowError(err)
			default:
				tokens.Show(h, h.Words.T("create.done"), issued, "")
				h.Changed()
			}
		})
	}
	m.Actions(kit.NewButton(h.Words.T("common.close"), "", m.Keys(), m.Close), again)
	m.Show(again)
	h.Changed()
	return true
}
