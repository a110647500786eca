package audit

import (
	"strconv"
	"strings"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// details shows one entry of the trail as a whole, and leads to its key.
type details struct {
	page *Page
	e    api.AuditEntry

	what  *kit.Label
	key   *kit.Button
	frame *page.Details
}

func newDetails(p *Page) *details {
	w := p.host.Words
	d := &details{page: p, what: kit.Heading("").Cut(40)}
	d.key = kit.NewButton(w.T("verify.to-key"), "key", p.host.Keys(), func() { p.host.ShowKey(d.e.KeyID) })
	d.frame = page.NewDetails(w, "audit.none-chosen", kit.Column(10, d.what, d.key),
		"audit.when", "audit.key", "audit.who", "refused.address", "audit.detail")
	return d
}

// show shows an entry.
func (d *details) show(e api.AuditEntry) {
	w := d.page.host.Words
	d.e = e
	d.what.SetText(forms.ActionName(w, e.Action))
	kit.Display(d.key, e.KeyID != "")
	d.frame.Show(strconv.FormatInt(e.ID, 10), w.Moment(e.At)+" · "+w.Relative(e.At), e.KeyName, e.Actor, e.From,
		strings.Join(detail(w, e.AuditData), "\n"))
}
