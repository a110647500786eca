package notices

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// test sends a notice through every channel, and says how each went.
func (p *Page) test() {
	h := p.host
	p.try.Disable()
	page.InBackground(h, p.session.TestNotices, func(sent []api.Notice, err error) {
		p.try.Enable()
		switch {
		case err != nil && state.Explain(err).Kind == state.KindConflict: // no channels; it says where to name some
			p.tell(h.Words.T("notices.not-tried"), kit.NewParagraph(h.Explain(err).Detail, kit.Plain))
		case err != nil:
			h.ShowError(err)
		default:
			p.outcome(sent)
			p.Updated()
		}
	})
}

// outcome says which channels the test has gone through.
func (p *Page) outcome(sent []api.Notice) {
	w := p.host.Words
	headline := w.T("notices.all-arrived")
	if slices.ContainsFunc(sent, func(n api.Notice) bool { return n.State != apikey.NoticeDelivered }) {
		headline = w.T("notices.some-arrived")
	}
	lines := kit.Column(14)
	for _, n := range sent {
		pill := kit.NewPill("", "", "")
		setState(pill, w, n.State)
		about := kit.Column(2, kit.NewLabel(n.To).Cut(60), kit.Caption(channelName(w, n.Channel)))
		if n.Error != "" {
			about.Add(kit.Note(w.FromServer(n.Error), kit.ColorBad))
		}
		lines.Add(container.NewBorder(nil, nil, nil, container.NewVBox(pill), about))
	}
	p.tell(headline, lines)
}

func (p *Page) tell(headline string, body fyne.CanvasObject) {
	m := p.host.NewModal(headline, "", 520)
	m.Add(body)
	shut := kit.Primary(p.host.Words.T("common.close"), "", m.Keys(), m.Close)
	m.Actions(shut)
	m.Show(shut)
}
