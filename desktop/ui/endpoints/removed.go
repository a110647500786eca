package endpoints

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
)

// showRemoved lists the endpoints that were removed, which nobody passes any longer: who misses one finds here why, and
// has it back.
func (p *Page) showRemoved() {
	h, w := p.host, p.host.Words
	m := h.NewModal(w.T("endpoints.were-removed"), w.T("endpoints.stay-closed"), 560)
	for i, e := range p.list.Removed {
		if i > 0 {
			m.Add(kit.Hairline())
		}
		lines := kit.Column(3, kit.Bold(e.Name).Cut(30))
		if len(e.Paths) > 0 {
			lines.Add(kit.Note(strings.Join(e.Paths, ", "), kit.ColorMuted))
		}
		lines.Add(kit.Note(w.T("endpoints.removed-at")+" "+w.Moment(e.Removed.At)+" "+
			w.T("key.by", "who", e.Removed.By), kit.ColorMuted))
		var again fyne.CanvasObject
		if p.list.InStore {
			again = kit.Middle(kit.NewButton(w.T("endpoints.make-again"), "", m.Keys(), func() {
				m.End()
				p.makeAgain(e)
			}))
		}
		m.Add(container.NewBorder(nil, nil, nil, again, lines))
	}
	shut := kit.Primary(w.T("common.close"), "", m.Keys(), m.Close)
	m.Actions(shut)
	m.Show(shut)
}

// makeAgain asks for the fields of an endpoint that was removed, as far as is known what it was.
func (p *Page) makeAgain(e api.RemovedEndpoint) {
	f := state.EndpointFields{Name: e.Name, Require: requires[1]}
	if e.Spec != nil {
		f = state.EndpointFieldsOf(api.Endpoint{Name: e.Name, Spec: e.Spec})
	}
	p.ask(nil, f)
}
