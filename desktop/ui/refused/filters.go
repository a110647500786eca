package refused

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// filters are the search and what else narrows the list.
func (p *Page) filters() fyne.CanvasObject {
	h, w := p.host, p.host.Words
	p.search = page.NewSearch(h, w.T("refused.search"), func(text string) {
		p.narrow(func(r *state.Refusals) { r.Search = text })
	})
	p.search.Text = p.filter.Search
	p.search.Icon = theme.NewColoredResource(theme.SearchIcon(), kit.ColorMuted)
	p.search.Keys.Escape = func() { p.search.SetText("") }
	p.search.OnDown = func() { h.Window.Canvas().Focus(p.sheet) }
	codeName := func(c apikey.Code) string { return forms.CodeName(w, c) }
	codes := page.NewFilter(h, "refused.all-codes", forms.RefusalCodes, codeName, apikey.Code(p.filter.Code),
		func(c apikey.Code) { p.narrow(func(r *state.Refusals) { r.Code = string(c) }) })
	ago := func(name string) string { return w.T(spanTexts[name]) }
	since := page.NewFilter(h, "audit.all-times", []string{"hour", "day", "week"}, ago, p.span(), func(name string) {
		p.narrow(func(r *state.Refusals) {
			r.Since = time.Time{}
			if d, ok := spans[name]; ok {
				r.Since = w.Now().Add(-d)
			}
		})
	})
	p.endpoints = container.NewStack()
	p.offerEndpoints(nil)
	page.InBackground(h, func(ctx context.Context) (*api.EndpointList, error) {
		return p.session.Gate(ctx)
	}, func(list *api.EndpointList, err error) {
		if err == nil {
			p.offerEndpoints(list.Endpoints)
		}
	})
	layout := &page.FilterLayout{Most: func() int { return 3 }}
	return container.New(layout, kit.Boxed(p.search), kit.Boxed(codes), kit.Boxed(since), p.endpoints)
}

// span is the filter's choice that a moment came from.
func (p *Page) span() string {
	if p.filter.Since.IsZero() {
		return ""
	}
	ago := p.host.Words.Now().Sub(p.filter.Since)
	for _, name := range []string{"hour", "day"} {
		if ago <= spans[name]+time.Minute {
			return name
		}
	}
	return "week"
}

// offerEndpoints makes the filter by endpoint.
func (p *Page) offerEndpoints(list []api.Endpoint) {
	names := []string{}
	for _, e := range list {
		names = append(names, e.Name)
	}
	if now := p.filter.Endpoint; now != "" && p.at(names, now) < 0 {
		names = append(names, now)
	}
	asItIs := func(s string) string { return s }
	pick := page.NewFilter(p.host, "key-form.all-endpoints", names, asItIs, p.filter.Endpoint, func(name string) {
		p.narrow(func(r *state.Refusals) { r.Endpoint = name })
	})
	p.endpoints.Objects = []fyne.CanvasObject{kit.Boxed(pick)}
	p.endpoints.Refresh()
}

func (p *Page) at(names []string, name string) int {
	for i, n := range names {
		if n == name {
			return i
		}
	}
	return -1
}

// showActive shows the key that the list is narrowed to, which no other filter shows.
func (p *Page) showActive() {
	var texts []string
	if id := p.filter.KeyID; id != "" {
		texts = append(texts, p.host.Words.T("refused.is-key", "key", id))
	}
	drop := func(string) { p.narrow(func(r *state.Refusals) { r.KeyID = "" }) }
	if p.active.Show(texts, drop) && p.root != nil {
		kit.Relayout(p.root)
	}
}
