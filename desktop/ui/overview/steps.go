package overview

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// steps lead somebody who has just begun from nothing to an agent that sends and a Grafana that reads. Each is checked
// off when the server has seen it. Once a key was used they are not there any more when the page is opened again.
type steps struct {
	page                  *Page
	title                 *kit.Label
	endpoint, push, reads *step
	asking                bool
	object                fyne.CanvasObject
}

func newSteps(p *Page) *steps {
	h, w := p.host, p.host.Words
	s := &steps{page: p, title: kit.Heading(w.T("first.title"))}
	endpoint := kit.NewButton(w.T("endpoints.title"), "gate", h.Keys(), func() { h.GoTo("endpoints") })
	push := kit.Primary(w.T("first.push-make"), "plus", h.Keys(), func() { h.BeginKey("alloy", state.TemplateAlloy) })
	reads := kit.NewButton(w.T("first.read-make"), "plus", h.Keys(), func() { h.BeginKey("grafana", state.TemplateDataSource) })
	refused := kit.NewButton(w.T("refused.title"), "refused", h.Keys(), func() { h.GoTo("refused") })
	s.endpoint = newStep("1", w.T("first.endpoint"), w.T("first.endpoint-text"), endpoint)
	s.push = newStep("2", w.T("first.push"), w.T("first.push-text"), push)
	s.reads = newStep("3", w.T("first.read"), w.T("first.read-text"), reads)
	arrive := newStep("4", w.T("first.arrive"), w.T("first.arrive-desktop"), refused)
	s.object = kit.Card(kit.Padded(18, 20, 18, 20, kit.Column(16,
		kit.Column(3, s.title, kit.NewParagraph(w.T("first.text"), kit.ColorMuted)),
		s.endpoint.object, s.push.object, s.reads.object, arrive.object,
	)))
	s.object.Hide()
	return s
}

// show shows the steps if no key was used, but for the one that somebody signed in with. They stay to the end then.
func (s *steps) show(stats *api.Stats) {
	used := stats.Keys.Total - stats.Keys.NeverUsed
	if s.page.session.Who.KeyID != "" {
		used--
	}
	if stats.Allowed == 0 && used <= 0 && !s.object.Visible() {
		kit.Display(s.object, true)
		kit.Relayout(s.page.numbers)
	}
	if s.object.Visible() {
		s.look()
	}
}

// look asks how far somebody has come. What cannot be known stays as it was.
func (s *steps) look() {
	if s.asking {
		return
	}
	s.asking = true
	page.InBackground(s.page.host, s.page.session.FirstSteps, func(f state.FirstSteps, err error) {
		if s.asking = false; err == nil {
			s.check(f)
		}
	})
}

func (s *steps) check(f state.FirstSteps) {
	s.endpoint.check(f.Endpoint)
	about := "first.endpoint-text"
	if f.InFile && !f.Endpoint { // which nobody can do here
		about = "first.endpoint-file"
	}
	s.endpoint.text.Set(s.page.host.Words.T(about), kit.ColorMuted)
	kit.Display(s.endpoint.button, f.Endpoint || !f.InFile)
	kit.Relayout(s.object)
	s.push.check(f.Pushes)
	s.reads.check(f.Reads)
	if f.AreOver() {
		s.title.SetText(s.page.host.Words.T("first.over"))
	}
}

// step is one of them, with its number or a tick in front.
type step struct {
	disc         *kit.Block
	number, tick fyne.CanvasObject
	text         *kit.Paragraph
	button       *kit.Button
	object       fyne.CanvasObject
}

func newStep(number, title, text string, b *kit.Button) *step {
	n := kit.Bold(number)
	n.Color = kit.ColorAccentText
	s := &step{disc: kit.NewBlock(kit.ColorRowChosen), number: container.NewCenter(n), button: b}
	s.text = kit.NewParagraph(text, kit.ColorMuted)
	s.disc.Radius, s.disc.Min = 13, fyne.NewSize(26, 26)
	s.tick = container.NewCenter(kit.IconImage("check", kit.ColorGood, 16))
	s.tick.Hide()
	mark := container.NewVBox(kit.Padded(2, 12, 0, 0, container.NewStack(s.disc, s.number, s.tick)))
	s.object = container.NewBorder(nil, nil, mark, kit.Middle(kit.Padded(0, 0, 0, 12, b)),
		kit.Column(2, kit.Bold(title).Cut(60), s.text))
	return s
}

func (s *step) check(done bool) {
	kit.Display(s.number, !done)
	kit.Display(s.tick, done)
	fill := kit.ColorRowChosen
	if done {
		fill = kit.ColorGoodTint
	}
	kit.Paint(s.disc, fill, s.disc.Stroke)
}
