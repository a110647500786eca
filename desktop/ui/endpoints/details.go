package endpoints

import (
	"maps"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
)

// details shows one endpoint, and leads to its keys and refusals.
type details struct {
	page *Page
	e    api.Endpoint

	name         *kit.Label
	source       *kit.Pill
	edit, remove *kit.Button
	change       *fyne.Container
	frame        *page.Details
}

// factTexts name the facts, in their order.
var factTexts = []string{
	"source.shadowed", "endpoints.lately", "endpoints.paths", "endpoints.needs", "endpoint-form.kind",
	"endpoint-form.upstream", "endpoints.tenant", "key.pool", "key.limits", "endpoint-form.ends", "key.created",
	"audit.update",
}

func newDetails(p *Page) *details {
	h, w := p.host, p.host.Words
	d := &details{page: p, name: kit.Heading("").Cut(40), source: kit.NewPill("", "", "")}
	keys := kit.NewButton(w.T("pools.show-keys"), "", h.Keys(), func() { h.ShowKeys(state.Query{Endpoint: d.e.Name}) })
	refused := kit.NewButton(w.T("refused.title"), "", h.Keys(), func() {
		p.session.Refusals = state.Refusals{Endpoint: d.e.Name}
		h.GoTo("refused")
	})
	d.edit = kit.NewButton(w.T("action.edit"), "", h.Keys(), func() { p.edit(&d.e) })
	d.remove = kit.NewButton(w.T("pools.remove"), "", h.Keys(), func() { p.remove(d.e) })
	d.remove.Importance = kit.ImportanceBad
	d.change = container.New(&kit.Fitted{Gap: 8}, d.edit, d.remove)
	buttons := kit.Column(8, container.New(&kit.Fitted{Gap: 8}, keys, refused), d.change)
	d.frame = page.NewDetails(w, "endpoints.none-chosen", kit.Column(8, d.name, kit.Row(6, d.source), buttons),
		factTexts...)
	return d
}

// show shows an endpoint.
func (d *details) show(e api.Endpoint) {
	w := d.page.host.Words
	d.e = e
	d.name.SetText(e.Name)
	setSource(d.source, w, e)
	kit.Display(d.change, e.Editable)
	traffic := ""
	if t, ok := d.page.traffic[e.Name]; ok {
		traffic = w.T("traffic.in-all", "allowed", w.Number(t.Allowed), "denied", w.Number(t.Denied))
	}
	upstream := e.Upstream
	if !e.Proxied {
		upstream = w.T("endpoints.auth-only")
	}
	d.frame.Show(e.Name, w.FromServer(e.Shadowed), traffic, paths(w, e), takes(w, e), e.Kind, upstream,
		tenant(w, e.Tenant), e.Pool, strings.Join(forms.LimitTexts(w, e.LimitPerKey), "\n"), onExpired(w, e.OnExpired),
		act(w, e.Created), act(w, e.Changed))
}

// paths are those of an endpoint, with what each takes where that differs.
func paths(w *words.Words, e api.Endpoint) string {
	if len(e.Rules) <= 1 {
		return strings.Join(e.Paths, "\n")
	}
	var lines []string
	for _, r := range e.Rules {
		parts := []string{r.Path}
		for _, method := range slices.Sorted(maps.Keys(r.Methods)) {
			parts = append(parts, w.Said(method, required(w, r.Methods[method])))
		}
		if r.Require != "" {
			parts = append(parts, required(w, r.Require))
		}
		lines = append(lines, strings.Join(parts, " – "))
	}
	return strings.Join(lines, "\n")
}

// onExpired says what becomes of keys that have expired.
func onExpired(w *words.Words, o *api.EndpointOnExpired) string {
	switch {
	case o == nil:
		return ""
	case o.Grace > 0:
		return w.T("endpoints.grace", "time", w.Span(state.Seconds(o.Grace)))
	}
	return w.T("endpoints.held", "time", w.Span(state.Seconds(o.Hold)))
}

// act says when something was done, and by whom.
func act(w *words.Words, a *api.Act) string {
	if a == nil {
		return ""
	}
	return w.Moment(a.At) + " · " + w.T("key.by", "who", a.By)
}
