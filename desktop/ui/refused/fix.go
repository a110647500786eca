package refused

import (
	"cmp"
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2/theme"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
)

// showFix reads the key of a refused request, shows the change to it that would have let the request in, and makes it.
func showFix(h *page.Host, fix state.Fix, d api.Denial) {
	w, session := h.Words, h.Session
	page.InBackground(h, func(ctx context.Context) (*api.Key, error) {
		return session.Key(ctx, d.KeyID)
	}, func(key *api.Key, err error) {
		if err != nil {
			h.ShowError(err)
			return
		}
		m := h.NewModal(w.T("refused.fix-of", "fix", w.T("refused.fix."+string(fix)), "name", key.Name), "", 520)
		change, ok := fix.Change(d, key, session.Policy, w.Now())
		if !ok {
			m.Add(kit.NewParagraph(w.T("refused.fixed"), kit.Plain))
			shut := kit.NewButton(w.T("common.close"), "", m.Keys(), m.Close)
			m.Actions(shut)
			m.Show(shut)
			return
		}
		field, from, to := inWords(w, key, change)
		m.Add(kit.NewParagraph(w.T("refused.fix-what"), kit.Plain),
			kit.Column(4, kit.Caption(field), kit.NewParagraph(from, kit.ColorMuted),
				kit.NewParagraph("→ "+to, theme.ColorNameForeground)),
			kit.NewParagraph(w.T("refused.fix-only"), kit.ColorMuted))
		cancel := kit.NewButton(w.T("common.cancel"), "", m.Keys(), m.Close)
		m.Actions(cancel, applying(h, m, fix, *key, change))
		m.Show(cancel)
	})
}

// applying is the button that makes a change.
func applying(h *page.Host, m *kit.Modal, fix state.Fix, key api.Key, change api.UpdateKey) *kit.Button {
	w, session := h.Words, h.Session
	var apply *kit.Button
	apply = kit.Primary(w.T("refused.fix."+string(fix)), "", m.Keys(), func() {
		apply.Disable()
		page.Attempt(h, func(ctx context.Context) error {
			return session.Update(ctx, key, change, false)
		}, func(err error) {
			apply.Enable()
			if err != nil {
				m.Warn(h.Explain(err).Alert())
				return
			}
			m.End()
			h.Done(w.T("edit.done", "name", key.Name), state.UndoOf(key, change))
			h.Reload()
		})
	})
	return apply
}

// inWords says what a fix changes: the field, and what it holds before and after.
func inWords(w *words.Words, k *api.Key, u api.UpdateKey) (field, from, to string) {
	list := func(l []string, none string) string { return cmp.Or(strings.Join(l, ", "), w.T(none)) }
	switch {
	case u.AllowedCIDRs != nil:
		return w.T("key.allowed-addresses"), list(k.AllowedCIDRs, "key.any-address"),
			list(*u.AllowedCIDRs, "key.any-address")
	case u.Endpoints != nil:
		return w.T("key.endpoints"), list(k.Endpoints, "key.all"), list(*u.Endpoints, "key.all")
	case u.Enabled != nil:
		return w.T("key.state"), w.T("state.disabled"), w.T("state.active")
	}
	at, _ := time.Parse(time.RFC3339, string(u.ExpiresAt)) // as it was written
	if from = w.T("time.never-expires"); k.ExpiresAt != nil {
		from = w.Moment(*k.ExpiresAt)
	}
	return w.T("key.expires"), from, w.Moment(at)
}
