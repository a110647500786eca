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
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// Page is the audit trail of all keys.
type Page struct {
	host    *page.Host
	session *state.Session
	entries []api.AuditEntry
	next    string
	reading bool
	turn    int // raised by each change of the filters, so that late answers are dropped

	search *kit.Input
	trail  state.Trail
	list   *kit.Rows
	listed bool // the list is shown, and not what is in its place
	table  *fyne.Container
	root   fyne.CanvasObject
}

const auditPageSize = 100

// auditTimes are how far back the filter lets the trail go.
var auditTimes = map[string]time.Duration{
	"day": 24 * time.Hour, "week": 7 * 24 * time.Hour, "month": 30 * 24 * time.Hour,
}

// New makes the page of the open session.
func New(h *page.Host) *Page {
	p := &Page{host: h, session: h.Session, table: container.NewStack()}
	count := func() int { return len(p.entries) }
	row := func() fyne.CanvasObject { return newAuditRow(h, false).object }
	p.list = kit.NewRows(count, row, func(i int, o fyne.CanvasObject) {
		o.(*fyne.Container).Layout.(*auditRow).show(p.entries[i])
		if p.next != "" && i > len(p.entries)-30 {
			p.read()
		}
	})
	p.list.Typed = h.TypedKey
	refresh := h.IconButton("refresh", h.Words.T("filter.reload"), p.again)
	title := kit.Column(2, kit.Title(h.Words.T("audit.title")), kit.Muted(h.Words.T("audit.subtitle")))
	head := container.NewBorder(nil, nil, nil, kit.Middle(refresh), title)
	top := kit.Column(14, head, p.filters(), kit.Space(0))
	p.root = kit.Padded(20, 20, 20, 24, container.NewBorder(top, nil, nil, nil, kit.Card(p.table)))
	p.again()
	return p
}

// filters are the search and what else narrows the trail.
func (p *Page) filters() fyne.CanvasObject {
	h, w := p.host, p.host.Words
	p.search = page.NewSearch(h, w.T("audit.search"), func(text string) {
		p.narrow(func(t *state.Trail) { t.Search = text })
	})
	p.search.OnDown = func() { h.Window.Canvas().Focus(p.list) }
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
func (p *Page) Focus() {
	if p.listed {
		p.host.Window.Canvas().Focus(p.list)
	}
}

// narrow asks for other entries.
func (p *Page) narrow(change func(*state.Trail)) {
	change(&p.trail)
	p.again()
}

// again reads the first page again.
func (p *Page) again() {
	p.turn++
	p.entries, p.next, p.reading = nil, "", false
	if !p.listed {
		p.set(kit.Empty("trail", p.host.Words.T("common.loading"), ""), false)
	}
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
func (p *Page) show(page *api.AuditList, err error) {
	h := p.host
	switch {
	case err != nil && len(p.entries) == 0:
		p.set(h.Explain(err).InPlace("", kit.NewButton(h.Words.T("common.retry"), "refresh", h.Keys(), p.read)), false)
	case err != nil:
		h.ShowError(err)
		p.next = ""
	default:
		p.entries, p.next = append(p.entries, page.Entries...), page.NextCursor
		switch {
		case len(p.entries) > 0 && !p.listed:
			p.set(kit.Headed(newAuditRow(h, true).object, p.list), true)
		case len(p.entries) == 0 && p.trail != state.Trail{}:
			p.set(kit.Empty("search", h.Words.T("audit.none-found"), h.Words.T("audit.none-found-hint")), false)
		case len(p.entries) == 0:
			p.set(kit.Empty("trail", h.Words.T("audit.empty"), ""), false)
		}
		p.list.Refresh()
	}
}

func (p *Page) set(o fyne.CanvasObject, list bool) {
	p.listed = list
	p.table.Objects = []fyne.CanvasObject{o}
	p.table.Refresh()
	if h := p.host; list && h.At == p && len(h.Modals) == 0 && h.Window.Canvas().Focused() == nil {
		p.Focus()
	}
}

// auditRow lays out a line of the trail: when, what, which key, who, details.
type auditRow struct {
	host   *page.Host
	cells  []*kit.Label
	object *fyne.Container
	height float32
}

// auditColumns are the columns with their least widths, and the parts that they
// get of the room that is left.
var auditColumns = []struct {
	title       string
	least, part float32
}{
	{"audit.when", 144, 0}, {"audit.what", 104, 0}, {"audit.key", 130, 0.22},
	{"audit.who", 150, 0.28}, {"audit.detail", 120, 0.5},
}

const (
	auditWhen = iota
	auditWhat
	auditKey
	auditWho
	auditDetail
)

func newAuditRow(h *page.Host, header bool) *auditRow {
	r := &auditRow{host: h, height: kit.RowHeight}
	line := kit.NewBlock(kit.ColorLine)
	r.object = container.New(r, line)
	for i, column := range auditColumns {
		c := kit.Muted("")
		switch {
		case header:
			c = kit.Caption(h.Words.T(column.title))
			c.Style.Bold = true
			r.height = kit.HeaderHeight
		case i == auditKey:
			c = kit.Bold("")
		case i == auditWhat:
			c = kit.NewLabel("")
		}
		r.cells = append(r.cells, c.Cut(20))
		r.object.Add(c)
	}
	return r
}

// show puts an entry into the line.
func (r *auditRow) show(e api.AuditEntry) {
	w := r.host.Words
	who := e.Actor
	if e.From != "" {
		who += " · " + e.From
	}
	for i, text := range []string{
		auditWhen: w.Moment(e.At), auditWhat: forms.ActionName(w, e.Action), auditKey: e.KeyName, auditWho: who,
		auditDetail: detail(w, e.AuditData),
	} {
		r.cells[i].Set(text, r.cells[i].Color)
	}
}

func (r *auditRow) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(300, r.height) }

// Layout leaves out the details where there is little room, and then who it was.
func (r *auditRow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(fyne.NewSize(size.Width, 1))
	objects[0].Move(fyne.NewPos(0, size.Height-1))
	const side = 16
	rest, parts := size.Width-2*side, float32(0)
	shown := 0
	for shown < len(auditColumns) && auditColumns[shown].least <= rest {
		rest -= auditColumns[shown].least
		parts += auditColumns[shown].part
		shown++
	}
	x := float32(side)
	for i, o := range objects[1:] {
		if i >= shown {
			o.Hide()
			continue
		}
		o.Show()
		width := auditColumns[i].least
		if parts > 0 {
			width = kit.Whole(width + rest*auditColumns[i].part/parts)
		}
		o.Move(fyne.NewPos(x, 0))
		o.Resize(fyne.NewSize(width-14, size.Height-1))
		x += width
	}
}
