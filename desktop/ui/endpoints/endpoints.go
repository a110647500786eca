// Package endpoints is the page of what the gate protects: what each endpoint takes, its traffic, and, where the server
// keeps them, the dialogs that make and change them.
package endpoints

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
)

// Page lists the endpoints of the gate, with details of the chosen one at its side.
type Page struct {
	host    *page.Host
	session *state.Session
	list    *api.EndpointList // nil until it was read
	traffic map[string]api.StatsEndpoint

	gate    *kit.Label
	add     *kit.Button
	removed fyne.CanvasObject // the button that shows those that were removed; hidden without any
	sheet   *kit.Sheet
	details *details
	listing *page.Listing
	root    *fyne.Container
}

// New makes the page of the open session.
func New(h *page.Host) *Page {
	w := h.Words
	p := &Page{host: h, session: h.Session, gate: kit.Muted(w.T("endpoints.subtitle"))}
	p.sheet = kit.NewSheet(h.Stage, newColumns(w), p.count, p.fill)
	p.sheet.Typed = h.TypedKey
	p.sheet.OnOpen = func(i int) {
		if e := p.list.Endpoints[i]; e.Editable {
			p.edit(&e)
		}
	}
	p.details = newDetails(p)
	p.listing = page.NewListing(h, p, p.sheet, p.details.frame, func(i int) { p.details.show(p.list.Endpoints[i]) })
	p.add = kit.Primary(w.T("endpoints.create"), "plus", h.Keys(), func() { p.edit(nil) })
	p.add.Hide()
	p.removed = kit.Middle(kit.NewButton(w.T("endpoints.were-removed"), "", h.Keys(), p.showRemoved))
	p.removed.Hide()
	refresh := h.IconButton("refresh", w.T("filter.reload"), p.read)
	head := kit.Head(w.T("endpoints.title"), p.gate,
		kit.Row(8, kit.Middle(refresh), p.removed, kit.Middle(p.add)))
	p.root = kit.Padded(20, 20, 20, 24,
		container.NewBorder(kit.Padded(0, 0, 14, 0, head), nil, nil, nil, p.listing.Object))
	p.listing.Wait("gate")
	p.read()
	return p
}

// Columns of the list.
const (
	columnName = iota
	columnPath
	columnTakes
	columnTenant
	columnTraffic
	columnUpstream
	columnSource
)

func newColumns(w *words.Words) *kit.Columns {
	column := page.Columns(w)
	source := column("source", "endpoints.source", 96, 0)
	source.Pill = true
	upstream := column("upstream", "endpoint-form.upstream", 140, 0.4)
	upstream.Hidden = true
	return kit.NewColumns(16,
		column("name", "key.name", 104, 0.2), column("path", "endpoints.paths", 90, 0.3),
		column("takes", "endpoints.needs", 136, 0.3), column("tenant", "endpoints.tenant", 130, 0.2),
		column("traffic", "endpoints.lately", 132, 0), upstream, source)
}

func (p *Page) count() int {
	if p.list == nil {
		return 0
	}
	return len(p.list.Endpoints)
}

// fill puts an endpoint into a line.
func (p *Page) fill(i int, l *kit.Line) {
	w, e := p.host.Words, p.list.Endpoints[i]
	traffic := "–"
	if t, ok := p.traffic[e.Name]; ok {
		traffic = w.Number(t.Allowed + t.Denied)
	}
	for column, text := range map[int]string{
		columnPath: strings.Join(e.Paths, ", "), columnTakes: takes(w, e), columnTenant: tenant(w, e.Tenant),
		columnTraffic: traffic, columnUpstream: e.Upstream,
	} {
		l.Labels[column].Set(text, kit.ColorMuted)
	}
	l.Labels[columnName].Set(e.Name, kit.Plain)
	setSource(l.Pills[columnSource], w, e)
}

// setSource shows where an endpoint is kept, or that it is not in force.
func setSource(pill *kit.Pill, w *words.Words, e api.Endpoint) {
	switch {
	case e.Shadowed != "":
		pill.Set(w.T("source.shadowed"), kit.ColorWarn, kit.ColorWarnTint)
	case e.Source == api.SourceStore:
		pill.Set(w.T("source.store"), kit.ColorGood, kit.ColorGoodTint)
	default:
		pill.Set(w.T("source.file"), kit.ColorQuiet, kit.ColorQuietTint)
	}
}

// takes says which permissions an endpoint takes.
func takes(w *words.Words, e api.Endpoint) string {
	if e.Require == api.RequireNone {
		return required(w, e.Require)
	}
	var names []string
	for _, permission := range e.Takes {
		names = append(names, required(w, permission))
	}
	return strings.Join(names, ", ")
}

// required is what requests take, in words.
func required(w *words.Words, what string) string {
	switch what {
	case api.RequireNone:
		return w.T("key-form.open-to-all")
	case "manage": // what is behind the endpoint, and not keys
		return w.T("endpoints.manage")
	}
	return w.T("permission." + what)
}

// tenant says how a tenant is passed on.
func tenant(w *words.Words, t *api.EndpointTenant) string {
	switch {
	case t == nil:
		return ""
	case t.Header != "":
		return w.T("endpoints.by-header", "name", t.Header)
	case t.Label != "":
		return w.T("endpoints.by-label", "name", t.Label)
	}
	return w.T("endpoints.by-extra-label", "name", t.ExtraLabel)
}

// Object is the page as it is drawn.
func (p *Page) Object() fyne.CanvasObject { return p.root }

// Name is that of the page in the sidebar.
func (p *Page) Name() string { return "endpoints" }

// Updated follows a refresh of the session.
func (p *Page) Updated() {}

// Focus puts the focus where it belongs, once there is a list.
func (p *Page) Focus() { p.listing.Focus() }

// read reads the endpoints, and then their traffic.
func (p *Page) read() {
	page.InBackground(p.host, p.session.Gate, func(list *api.EndpointList, err error) { p.show(list, err) })
	page.InBackground(p.host, func(ctx context.Context) (*api.Stats, error) {
		return p.session.Stats(ctx, state.Spans()[0])
	}, func(stats *api.Stats, err error) {
		if err != nil {
			return // the traffic is an extra
		}
		p.traffic = map[string]api.StatsEndpoint{}
		for _, e := range stats.Endpoints {
			p.traffic[e.Endpoint] = e
		}
		p.sheet.Refresh()
		p.listing.Refill()
	})
}

// show shows the list, or what is in its place.
func (p *Page) show(list *api.EndpointList, err error) {
	h, w := p.host, p.host.Words
	if err != nil {
		p.listing.Fail(err, p.read)
		return
	}
	chosen := p.chosenName()
	p.list = list
	kit.Display(p.add, list.InStore)
	kit.Display(p.removed, len(list.Removed) > 0)
	if list.Gate.URL != "" {
		p.gate.SetText(w.Said(w.T("endpoints.gate"), list.Gate.URL))
	}
	switch {
	case len(list.Endpoints) > 0:
		p.listing.List()
	case list.InStore:
		add := kit.Primary(w.T("endpoints.create"), "plus", h.Keys(), func() { p.edit(nil) })
		p.listing.Instead(kit.Empty("gate", w.T("endpoints.none"), w.T("endpoints.none-here"), add))
	default:
		p.listing.Instead(kit.Empty("gate", w.T("endpoints.none"), w.T("endpoints.none-text")))
	}
	kit.Relayout(p.root)
	p.listing.Choose(slices.IndexFunc(list.Endpoints, func(e api.Endpoint) bool { return e.Name == chosen }))
	p.sheet.Refresh()
}

func (p *Page) chosenName() string {
	if i := p.sheet.Chosen(); i >= 0 && i < p.count() {
		return p.list.Endpoints[i].Name
	}
	return ""
}
