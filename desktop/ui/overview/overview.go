// Package overview is the first page: what the gate lets in and refuses, and which keys need somebody.
package overview

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// How old the numbers may get, and while the first steps are there, which wait for a request.
const (
	readEvery      = 30 * time.Second
	readStepsEvery = 5 * time.Second
)

// Page shows numbers that lead to what they count. Its parts are made once and show new numbers in place: an idle
// window draws nothing.
type Page struct {
	host    *page.Host
	session *state.Session
	span    state.Span
	stats   *api.Stats // nil until they were read
	readAt  time.Time
	reading bool

	spans   *kit.Choice
	traffic *traffic
	figures *figures
	steps   *steps
	lists   []*ranking
	server  *server
	body    *kit.Turn
	numbers fyne.CanvasObject
	root    fyne.CanvasObject
}

// New makes the page of the open session.
func New(h *page.Host) *Page {
	w := h.Words
	p := &Page{host: h, session: h.Session, span: state.Spans()[0], body: kit.NewTurn()}
	var names []string
	for _, s := range state.Spans() {
		names = append(names, w.T("overview."+s.Name))
	}
	p.spans = kit.NewChoice(names, h.Keys(), nil)
	p.spans.SetSelectedIndex(0)
	p.spans.OnChanged = func(string) {
		p.span, p.readAt = state.Spans()[p.spans.SelectedIndex()], time.Time{}
		p.read()
	}
	refresh := h.IconButton("refresh", w.T("filter.reload"), p.read)
	head := kit.Head(w.T("overview.title"), kit.Muted(w.T("overview.subtitle")),
		kit.Row(8, kit.Middle(refresh), kit.Middle(kit.Fixed(108, kit.Boxed(p.spans)))))
	p.traffic, p.figures, p.steps, p.server = newTraffic(p), newFigures(p), newSteps(p), newServer(p)
	p.lists = p.rankings()
	panels := container.New(&kit.Wrap{Least: 380, Gap: 14})
	for _, l := range p.lists {
		panels.Add(l.object)
	}
	p.numbers = kit.Scrolled(kit.Padded(1, 10, 16, 1,
		kit.Column(14, p.steps.object, p.traffic.object, p.figures.object, panels, p.server.object)))
	p.body.To(kit.Empty("home", w.T("common.loading"), ""))
	p.root = kit.Padded(20, 14, 8, 24,
		container.NewBorder(kit.Padded(0, 10, 14, 0, head), nil, nil, nil, p.body.Object))
	p.read()
	return p
}

// Object is the page as it is drawn.
func (p *Page) Object() fyne.CanvasObject { return p.root }

// Name is that of the page in the sidebar.
func (p *Page) Name() string { return "overview" }

// Updated reads the numbers again when they are old.
func (p *Page) Updated() {
	every := readEvery
	if p.steps.object.Visible() {
		every = readStepsEvery
	}
	if p.host.Words.Now().Sub(p.readAt) >= every {
		p.read()
	}
}

// Focus leaves the keyboard to the window.
func (p *Page) Focus() { p.host.Window.Canvas().Unfocus() }

// read reads the numbers.
func (p *Page) read() {
	if p.reading {
		return
	}
	p.reading = true
	span := p.span
	var health *api.Health
	page.InBackground(p.host, func(ctx context.Context) (*api.Stats, error) {
		health, _ = p.session.Health(ctx) // the numbers say why there is no answer
		return p.session.Stats(ctx, span)
	}, func(stats *api.Stats, err error) {
		p.reading = false
		if span != p.span {
			p.read()
			return
		}
		p.show(stats, err)
		p.server.show(health)
	})
}

// show puts the numbers into the page. When they cannot be read those from before stay; the sidebar says that the
// server is away.
func (p *Page) show(stats *api.Stats, err error) {
	h := p.host
	if err != nil {
		if p.stats == nil {
			retry := kit.NewButton(h.Words.T("common.retry"), "refresh", h.Keys(), p.read)
			p.body.To(h.Explain(err).InPlace(h.Words.T("overview.failed")+".", retry))
		}
		return
	}
	p.stats, p.readAt = stats, h.Words.Now()
	p.traffic.show(stats, p.span)
	p.figures.show(stats)
	p.steps.show(stats)
	p.rank(stats)
	p.body.To(p.numbers)
}

// toRefused leads to refused requests of the span.
func (p *Page) toRefused(r state.Refusals) {
	if p.span.Name != "month" { // they are kept for a week
		r.Since = p.host.Words.Now().Add(-p.span.Since)
	}
	p.session.Refusals = r
	p.host.GoTo("refused")
}
