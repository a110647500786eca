package keys

import (
	"context"
	"slices"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/ui/tokens"
	"github.com/ostiary/ostiary/pkg/api"
)

// showRotate gives a key another token.
func showRotate(h *page.Host, k api.Key) {
	w, session := h.Words, h.Session
	m := h.NewModal(w.T("rotate.title", "name", k.Name), w.T("rotate.what"), 520)
	fields := forms.NewRotation(h, m, k.ExpiresAt)
	var rotate *kit.Button
	rotate = kit.Primary(w.T("rotate.button"), "", m.Keys(), func() {
		request, ok := fields.Request()
		if !ok {
			return
		}
		rotate.Disable()
		page.InBackground(h, func(ctx context.Context) (*state.Issued, error) {
			return session.Rotate(ctx, k, request)
		}, func(issued *state.Issued, err error) {
			rotate.Enable()
			switch {
			case offerNewToken(h, err, m):
			case err != nil:
				m.Warn(h.Explain(err).Alert())
			default:
				m.End()
				tokens.Show(h, w.T("rotate.done"), issued, "")
				h.Changed()
			}
		})
	})
	m.Actions(kit.NewButton(w.T("common.cancel"), "", m.Keys(), m.Close), rotate)
	m.Show(fields.First())
}

// showRotateMany gives several keys another token each.
func showRotateMany(h *page.Host, keys []*api.Key) {
	w, session := h.Words, h.Session
	keys = state.ActionRotate.Allowing(keys)
	if len(keys) == 0 {
		h.Toasts.Show(w.T("bulk.nothing"), kit.ToastWarn)
		return
	}
	title := w.T("bulk.rotate")
	m := h.NewModal(title, w.N("pool-rotate.what", len(keys)), 520)
	if slices.ContainsFunc(keys, session.IsOwn) {
		m.Add(kit.NewParagraph(w.T("bulk.own-is-rotated"), kit.ColorMuted))
	}
	fields := forms.NewRotations(h, m)
	m.Add(namesOf(h, keys))
	start := kit.Primary(w.N("pool-rotate.button", len(keys)), "", m.Keys(), func() {
		if request, ok := fields.Request(); ok {
			m.End()
			tokens.ShowMany(h, title, "rotated", session.RotateKeys(keys, request), h.Changed)
		}
	})
	m.Actions(kit.NewButton(w.T("common.cancel"), "", m.Keys(), m.Close), start)
	m.Show(fields.First())
}
