package endpoints

import (
	"cmp"
	"context"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// affectedShown is how many keys a warning names.
const affectedShown = 4

// consequences warns of what a change would do; it is nil if there is nothing to warn of.
func consequences(h *page.Host, c *api.CheckedEndpoint) fyne.CanvasObject {
	w := h.Words
	var lines []string
	if up := c.Upstream; up != nil {
		switch {
		case !up.Reachable:
			lines = append(lines, w.Said(w.T("endpoint-check.unreachable"), w.FromServer(up.Detail)))
		case up.OwnLogin:
			lines = append(lines, w.T("endpoint-check.own-login")+". "+w.T("endpoint-check.own-login-why"))
		case up.NoTenant:
			lines = append(lines, w.T("endpoint-check.no-tenant")+". "+w.T("endpoint-check.no-tenant-why"))
		}
	}
	if c.Upstream == nil || !c.Upstream.NoTenant {
		for _, warning := range c.Warnings {
			title := "endpoint-check.opens"
			if warning.Field == "tenant" {
				title = "endpoint-check.together"
			}
			lines = append(lines, w.T(title)+". "+w.Said(w.Field(warning.Field), w.FromServer(warning.Detail)))
		}
	}
	if n := len(c.Affected); n > 0 {
		keys := map[string]bool{} // each stands there once for each path and method
		for _, k := range c.Affected {
			keys[k.KeyID] = true
		}
		lines = append(lines, w.N("endpoint-check.affected", len(keys))+":")
		for _, k := range c.Affected[:min(n, affectedShown)] {
			lines = append(lines, "· "+w.T("endpoint-form.affected-key", "name", cmp.Or(k.KeyName, k.KeyID),
				"requests", w.N("usage.requests", int(k.Requests)), "why", w.FromServer(k.Reason)))
		}
		if n > affectedShown {
			lines = append(lines, w.N("bulk.more", n-affectedShown))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return kit.Alert(false, "", strings.Join(lines, "\n"))
}

// remove asks before an endpoint is taken out of the store, and says who is refused then.
func (p *Page) remove(e api.Endpoint) {
	h, w, session := p.host, p.host.Words, p.session
	m := h.NewModal(w.T("endpoint-remove.title", "name", e.Name), w.T("endpoint-remove.consequence"), 520)
	typed, guard := forms.Typed(m, e.Name, w.T("end.type-name", "name", e.Name))
	var end *kit.Button
	end = kit.Danger(w.T("endpoint-remove.button"), m.Keys(), func() {
		end.Disable()
		page.Attempt(h, func(ctx context.Context) error { return session.RemoveEndpoint(ctx, e.Name) },
			func(err error) {
				end.Enable()
				if err != nil {
					m.Warn(h.Explain(err).Alert())
					return
				}
				m.End()
				h.Toasts.Good(w.T("endpoints.removed", "name", e.Name))
				p.read()
			})
	})
	guard(end)
	m.Actions(kit.NewButton(w.T("common.cancel"), "", m.Keys(), m.Close), end)
	m.Show(typed)
	page.InBackground(h, func(ctx context.Context) (*api.CheckedEndpoint, error) {
		return session.CheckRemoval(ctx, e.Name)
	}, func(checked *api.CheckedEndpoint, err error) {
		if err == nil && m.Open() {
			m.Warn(consequences(h, checked))
		}
	})
}
