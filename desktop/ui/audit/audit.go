// Package audit is the page of the audit trail.
package audit

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// Page is the audit trail of all keys, with details of the chosen entry at its side.
type Page struct {
	host    *page.Host
	session *state.Session
	entries []api.AuditEntry
	next    string
	reading bool
	turn    int // raised by each change of the filters, so that late answers are dropped

	search  *kit.Input
	trail   state.Trail
	sheet   *kit.Sheet
	details *details
	listing *page.Listing
	root    fyne.CanvasObject
}

const auditPageSize = 100

// auditTimes are how far back the filter lets the trail go.
var auditTimes = map[string]time.Duration{
	"day": 24 * time.Hour, "week": 7 * 24 * time.Hour, "month": 30 * 24 * time.Hour,
}

// New makes the page of the open session.
func New(h *page.Host) *Page {
	p := &Page{host: h, session: h.Session}
	p.sheet = kit.NewSheet(h.Stage, newColumns(h.Words), func() int { return len(p.entries) }, p.fill)
	p.sheet.Typed = h.TypedKey
	p.sheet.OnOpen = func(i int) { h.ShowKey(p.entries[i].KeyID) }
	p.details = newDetails(p)
	p.listing = page.NewListing(h, p, p.sheet, p.details.frame, func(i int) { p.details.show(p.entries[i]) })
	refresh := h.IconButton("refresh", h.Words.T("filter.reload"), p.again)
	head := kit.Head(h.Words.T("audit.title"), kit.Muted(h.Words.T("audit.subtitle")), kit.Middle(refresh))
	top := kit.Column(14, head, p.filters(), kit.Space(0))
	p.root = kit.Padded(20, 20, 20, 24, container.NewBorder(top, nil, nil, nil, p.listing.Object))
	p.again()
	return p
}

// filters are the search and what else narrows the trail.
func (p *Page) filters() fyne.CanvasObject {
	h, w := p.host, p.host.Words
	p.search = page.NewSearch(h, w.T("audit.search"), func(text string) {
		p.narrow(func(t *state.Trail) { t.Search = text })
	})
	p.search.OnDown = func() { h.Window.Canvas().Focus(p.sheet) }
	actor := page.NewSearch(h, w.T("audit.actor"), func(text string) {
		p.narrow(func(t *state.Trail) { t.Actor = strings.TrimSpace(text) })
	})
	actionName := func(a apikey.Action) string { return forms.ActionName(w, a) }
	actions := page.NewFilter(h, "audit.all-actions", apikey.Actions(), actionName, "", func(a apikey.Action) {
		p.narrow(func(t *state.Trail) { t.Action = string(a) })
	})
	ago := func(name string) string { return w.T("audit.last-" + name) }
	since := page.NewFilter(h, "audit.all-times", []string{"day", "week", "month"}, ago, "", func(name string) {
		p.narrow(func(t *state.Trail) {
			t.Since = time.Time{}
			if d, ok := auditTimes[name]; ok {
				t.Since = w.Now().Add(-d)
			}
		})
	})
	layout := &page.FilterLayout{Most: func() int { return 3 }}
	return container.New(layout, kit.Boxed(p.search), kit.Boxed(actor), kit.Boxed(actions), kit.Boxed(since))
}

// Object is the page as it is drawn.
func (p *Page) Object() fyne.CanvasObject { return p.root }

// Name is that of the page in the sidebar.
func (p *Page) Name() string { return "audit" }

// Updated follows a refresh of the session.
func (p *Page) Updated() {}

// Focus puts the focus where it belongs, once there is a list.
func (p *Page) Focus() { p.listing.Focus() }

// FocusSearch leads to the search field.
func (p *Page) FocusSearch() { p.host.Window.Canvas().Focus(p.search) }

// narrow asks for other entries.
func (p *Page) narrow(change func(*state.Trail)) {
	change(&p.trail)
	p.again()
}

// again reads the first page again.
func (p *Page) again() {
	p.turn++
	p.entries, p.next, p.reading = nil, "", false
	p.listing.Choose(-1)
	p.listing.Wait("trail")
	p.read()
}

// read reads the next page.
func (p *Page) read() {
	if p.reading {
		return
	}
	p.reading = true
	h, trail, cursor, turn := p.host, p.trail, p.next, p.turn
	page.InBackground(h, func(ctx context.Context) (*api.AuditList, error) {
		return p.session.Audit(ctx, trail, cursor, auditPageSize)
	}, func(page *api.AuditList, err error) {
		if turn == p.turn {
			p.reading = false
			p.show(page, err)
		}
	})
}

// show adds what was read.
func (p *Page) show(list *api.AuditList, err error) {
	w := p.host.Words
	switch {
	case err != nil && len(p.entries) == 0:
		p.listing.Fail(err, p.read)
		return
	case err != nil:
		p.host.ShowError(err)
		p.next = ""
		return
	}
	p.entries, p.next = append(p.entries, list.Entries...), list.NextCursor
	switch {
	case len(p.entries) > 0:
		p.listing.List()
	case p.trail != state.Trail{}:
		p.listing.Instead(kit.Empty("search", w.T("audit.none-found"), w.T("audit.none-found-hint")))
	default:
		p.listing.Instead(kit.Empty("trail", w.T("audit.empty"), w.T("audit.empty-text")))
	}
}

// Columns of the list.
const (
	columnWhen = iota
	columnWhat
	columnKey
	columnWho
	columnDetail
)

// mostWhat is the most that the column of what was done takes.
const mostWhat = 156

// newColumns are those of the list; what exactly was done takes the room that the others leave.
func newColumns(w *words.Words) *kit.Columns {
	column := page.Columns(w)
	var actions []string
	for _, a := range apikey.Actions() {
		actions = append(actions, forms.ActionName(w, a))
	}
	return kit.NewColumns(16,
		column("when", "audit.when", 146, 0), column("what", "audit.what", min(kit.ColumnFor(actions...), mostWhat), 0),
		column("key", "audit.key", 104, 0.2), column("who", "audit.who", 112, 0.2),
		column("detail", "audit.detail", 90, 0.6))
}

// fill puts an entry into a line.
func (p *Page) fill(i int, l *kit.Line) {
	w, e := p.host.Words, p.entries[i]
	who := e.Actor
	if e.From != "" {
		who += " · " + e.From
	}
	l.Labels[columnWhen].Set(w.Moment(e.At), kit.ColorMuted)
	l.Labels[columnWhat].Set(forms.ActionName(w, e.Action), kit.Plain)
	l.Labels[columnKey].Set(e.KeyName, kit.Plain)
	l.Labels[columnWho].Set(who, kit.ColorMuted)
	l.Labels[columnDetail].Set(strings.Join(detail(w, e.AuditData), "; "), kit.ColorMuted)
	if p.next != "" && i > len(p.entries)-30 {
		p.read()
	}
}
