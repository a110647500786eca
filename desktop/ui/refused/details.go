package refused

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// details shows one refused request, and leads to its key. Its parts are made once.
type details struct {
	page *Page
	d    api.Denial

	nothing fyne.CanvasObject
	why     *kit.Pill
	reason  *kit.Paragraph
	next    *kit.Paragraph // what helps
	facts   []*kit.Paragraph
	lines   []fyne.CanvasObject
	key     *kit.Button
	only    *kit.Button
	from    *kit.Button
	narrow  *fyne.Container // with the two
	scroll  *kit.Scroll
	one     fyne.CanvasObject
	body    *fyne.Container
	root    fyne.CanvasObject
}

// factTexts name the facts, in their order.
var factTexts = []string{
	"audit.when", "refused.count", "audit.key", "refused.token", "refused.by-endpoint", "refused.request",
	"refused.address",
	"refused.program",
}

func newDetails(p *Page) *details {
	h, w := p.host, p.host.Words
	d := &details{page: p, why: kit.NewPill("", "", ""), reason: kit.NewParagraph("", kit.Plain),
		next: kit.NewParagraph("", kit.ColorMuted)}
	column := kit.Column(12)
	for _, text := range factTexts {
		value := kit.NewParagraph("", kit.Plain)
		line := kit.Column(2, kit.Caption(w.T(text)), value)
		d.facts, d.lines = append(d.facts, value), append(d.lines, line)
		column.Add(line)
	}
	d.key = kit.NewButton(w.T("verify.to-key"), "key", h.Keys(), func() { p.showKey(d.d.KeyID) })
	d.only = kit.NewButton(w.T("refused.only-key"), "", h.Keys(), func() {
		p.narrow(func(r *state.Refusals) { r.KeyID = d.d.KeyID })
	})
	d.from = kit.NewButton(w.T("refused.only-address"), "", h.Keys(), func() { p.search.SetText(d.d.Address) })
	d.narrow = container.New(&kit.Fitted{Gap: 8})
	buttons := kit.Column(8, d.key, d.narrow)
	d.scroll = kit.Scrolled(kit.Padded(14, 16, 16, 16, column))
	d.one = container.NewBorder(kit.Column(14,
		kit.Padded(16, 16, 0, 16, kit.Column(10, kit.Row(6, d.why), kit.Column(4, d.reason, d.next), buttons)),
		kit.Hairline()),
		nil, nil, nil, d.scroll)
	d.nothing = container.NewCenter(kit.Column(6,
		container.NewCenter(kit.Muted(w.T("refused.none-chosen"))),
		container.NewCenter(kit.Caption(w.T("details.hint")))))
	d.body = container.NewStack(d.nothing)
	d.root = kit.Card(d.body)
	return d
}

// none says that nothing is chosen.
func (d *details) none() { d.turn(d.nothing) }

func (d *details) turn(to fyne.CanvasObject) {
	if d.body.Objects[0] != to {
		d.body.Objects = []fyne.CanvasObject{to}
		d.body.Refresh()
	}
}

// show shows an entry.
func (d *details) show(e api.Denial) {
	if e == d.d && d.body.Objects[0] == d.one {
		return
	}
	w := d.page.host.Words
	d.d = e
	forms.SetCode(d.why, w, apikey.Code(e.Code))
	d.reason.Set(e.Reason, kit.Plain)
	next := ""
	if step := state.NextStep(e); step != "" {
		next = w.T("refused.next." + step)
	}
	d.next.Set(next, kit.ColorMuted)
	kit.Display(d.next, next != "")
	count := ""
	if e.Count > 1 {
		count = w.T("refused.alike", "n", w.Number(e.Count))
	}
	key := e.KeyName
	if key == "" {
		key = e.KeyID
	}
	for i, text := range []string{
		w.Second(e.At) + " · " + w.Relative(e.At), count, key, e.TokenID, e.Endpoint, e.Method + " " + e.Path,
		e.Address,
		e.UserAgent,
	} {
		d.facts[i].Set(text, kit.Plain)
		kit.Display(d.lines[i], text != "")
	}
	kit.Display(d.key, e.KeyID != "")
	d.narrow.Objects = nil
	if e.KeyID != "" {
		d.narrow.Add(d.only)
	}
	if e.Address != "" {
		d.narrow.Add(d.from)
	}
	kit.Display(d.narrow, len(d.narrow.Objects) > 0)
	d.scroll.ScrollToTop()
	d.turn(d.one)
	kit.Relayout(d.one)
}
