package overview

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
)

// steps lead somebody who has just begun from nothing to an agent that sends and a Grafana that reads. They leave when
// a key was used.
type steps struct {
	page   *Page
	key    *kit.Button
	object fyne.CanvasObject
}

func newSteps(p *Page) *steps {
	h, w := p.host, p.host.Words
	s := &steps{page: p}
	line := func(number, title, text string, b *kit.Button) fyne.CanvasObject {
		disc := kit.NewBlock(kit.ColorRowChosen)
		disc.Radius, disc.Min = 13, fyne.NewSize(26, 26)
		n := kit.Bold(number)
		n.Color = kit.ColorAccentText
		mark := container.NewVBox(kit.Padded(2, 12, 0, 0, container.NewStack(disc, container.NewCenter(n))))
		var button fyne.CanvasObject
		if b != nil {
			button = kit.Middle(kit.Padded(0, 0, 0, 12, b))
		}
		return container.NewBorder(nil, nil, mark, button,
			kit.Column(2, kit.Bold(w.T(title)).Cut(60), kit.NewParagraph(w.T(text), kit.ColorMuted)))
	}
	endpoint := kit.NewButton(w.T("endpoints.title"), "gate", h.Keys(), func() { h.GoTo("endpoints") })
	s.key = kit.Primary(w.T("first.push-make"), "plus", h.Keys(), func() { h.BeginKey("alloy", state.TemplateAlloy) })
	reads := kit.NewButton(w.T("first.read-make"), "plus", h.Keys(), func() { h.BeginKey("grafana", state.TemplateDataSource) })
	refused := kit.NewButton(w.T("refused.title"), "refused", h.Keys(), func() { h.GoTo("refused") })
	s.object = kit.Card(kit.Padded(18, 20, 18, 20, kit.Column(16,
		kit.Column(3, kit.Heading(w.T("first.title")), kit.Muted(w.T("first.text")).Cut(80)),
		line("1", "first.endpoint", "first.endpoint-text", endpoint),
		line("2", "first.push", "first.push-text", s.key),
		line("3", "first.read", "first.read-text", reads),
		line("4", "first.arrive", "first.arrive-desktop", refused),
	)))
	s.object.Hide()
	return s
}

// show shows the steps while no key was used, but for the one that somebody signed in with.
func (s *steps) show(stats *api.Stats) {
	used := stats.Keys.Total - stats.Keys.NeverUsed
	if s.page.session.Who.KeyID != "" {
		used--
	}
	if begins := stats.Allowed == 0 && used <= 0; begins != s.object.Visible() {
		kit.Display(s.object, begins)
		kit.Relayout(s.page.numbers)
	}
}
