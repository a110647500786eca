package refused

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// details shows one refused request, and leads to its key.
type details struct {
	page *Page
	d    api.Denial

	why    *kit.Pill
	reason *kit.Paragraph
	next   *kit.Paragraph // what helps
	fix    *kit.Button    // makes a change to the key that does
	key    *kit.Button
	only   *kit.Button
	from   *kit.Button
	narrow *fyne.Container // with the two
	frame  *page.Details
}

// factTexts name the facts, in their order.
var factTexts = []string{
	"audit.when", "refused.count", "audit.key", "refused.token", "refused.by-endpoint", "refused.request",
	"refused.address", "refused.program",
}

func newDetails(p *Page) *details {
	h, w := p.host, p.host.Words
	d := &details{page: p, why: kit.NewPill("", "", ""), reason: kit.NewParagraph("", kit.Plain),
		next: kit.NewParagraph("", kit.ColorMuted)}
	d.fix = kit.NewButton("", "", h.Keys(), func() { showFix(h, state.FixOf(d.d), d.d) })
	d.key = kit.NewButton(w.T("verify.to-key"), "key", h.Keys(), func() { p.host.ShowKey(d.d.KeyID) })
	d.only = kit.NewButton(w.T("refused.only-key"), "", h.Keys(), func() {
		p.narrow(func(r *state.Refusals) { r.KeyID = d.d.KeyID })
	})
	d.from = kit.NewButton(w.T("refused.only-address"), "", h.Keys(), func() { p.search.SetText(d.d.Address) })
	d.narrow = container.New(&kit.Fitted{Gap: 8})
	head := kit.Column(10, kit.Row(6, d.why), kit.Column(4, d.reason, d.next), kit.Column(8, d.fix, d.key, d.narrow))
	d.frame = page.NewDetails(w, "refused.none-chosen", head, factTexts...)
	return d
}

// show shows an entry.
func (d *details) show(e api.Denial) {
	w := d.page.host.Words
	d.d = e
	forms.SetCode(d.why, w, apikey.Code(e.Code))
	d.reason.Set(w.FromServer(e.Reason), kit.Plain)
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
	fix := state.FixOf(e)
	kit.Display(d.fix, fix != "")
	if fix != "" {
		d.fix.SetText(w.T("refused.fix."+string(fix)) + "…")
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
	d.frame.Show(strconv.FormatInt(e.ID, 10), w.Second(e.At)+" · "+w.Relative(e.At), count, key, e.TokenID, e.Endpoint,
		e.Method+" "+e.Path, e.Address, e.UserAgent)
}
