package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
)

// auditPage is the audit trail of all keys.
type auditPage struct {
	ui      *UI
	session *state.Session
	entries []api.AuditEntry
	next    string
	reading bool
	list    *rows
	table   *fyne.Container
	root    fyne.CanvasObject
}

const auditPageSize = 100

func newAuditPage(u *UI) *auditPage {
	p := &auditPage{ui: u, session: u.session, table: container.NewStack()}
	p.list = newRows(func() int { return len(p.entries) }, func() fyne.CanvasObject { return newAuditRow(u, false).object }, func(i int, o fyne.CanvasObject) {
		o.(*fyne.Container).Layout.(*auditRow).show(p.entries[i])
		if p.next != "" && i > len(p.entries)-30 {
			p.read()
		}
	})
	p.list.typed = u.typedKey
	refresh := u.iconButton("refresh", u.w.t("keys.reload"), func() { u.open(newAuditPage(u)) })
	head := container.NewBorder(nil, nil, nil, middle(refresh), column(2, title(u.w.t("nav.audit")), muted(u.w.t("audit.subtitle"))))
	p.root = padded(20, 20, 20, 24, container.NewBorder(padded(0, 0, 14, 0, head), nil, nil, nil, card(p.table)))
	p.table.Objects = []fyne.CanvasObject{empty("trail", u.w.t("common.loading"), "")}
	p.read()
	return p
}

func (p *auditPage) object() fyne.CanvasObject { return p.root }
func (p *auditPage) name() string              { return "audit" }
func (p *auditPage) updated()                  {}
func (p *auditPage) focus()                    { p.ui.window.Canvas().Focus(p.list) }

// read reads the next page.
func (p *auditPage) read() {
	if p.reading {
		return
	}
	p.reading = true
	u, cursor := p.ui, p.next
	beside(u, func(ctx context.Context) (*api.AuditList, error) {
		return p.session.Audit(ctx, "", cursor, auditPageSize)
	}, func(page *api.AuditList, err error) {
		p.reading = false
		if err != nil {
			if len(p.entries) == 0 {
				p.set(u.explain(err).page("", newButton(u.w.t("common.retry"), "refresh", u.keys(), p.read)))
			} else {
				u.tellFailed(err)
				p.next = ""
			}
			return
		}
		first := len(p.entries) == 0
		p.entries, p.next = append(p.entries, page.Entries...), page.NextCursor
		switch {
		case len(p.entries) == 0:
			p.set(empty("trail", u.w.t("audit.empty"), ""))
		case first:
			p.set(headed(newAuditRow(u, true).object, p.list))
		}
		p.list.Refresh()
	})
}

func (p *auditPage) set(o fyne.CanvasObject) {
	p.table.Objects = []fyne.CanvasObject{o}
	p.table.Refresh()
}

// auditRow lays out a line of the trail: when, what, which key, who, details.
type auditRow struct {
	ui     *UI
	cells  []*label
	object *fyne.Container
	height float32
}

// auditColumns are the columns with their least widths, and the parts that they
// get of the room that is left.
var auditColumns = []struct {
	title       string
	least, part float32
}{{"audit.when", 144, 0}, {"audit.what", 104, 0}, {"audit.key", 130, 0.22}, {"audit.who", 150, 0.28}, {"audit.detail", 120, 0.5}}

const (
	auditWhen = iota
	auditWhat
	auditKey
	auditWho
	auditDetail
)

func newAuditRow(u *UI, header bool) *auditRow {
	r := &auditRow{ui: u, height: rowHeight}
	line := newBlock(colorLine)
	r.object = container.New(r, line)
	for i, column := range auditColumns {
		c := muted("")
		switch {
		case header:
			c = caption(u.w.t(column.title))
			c.style.Bold = true
			r.height = headerHeight
		case i == auditKey:
			c = bold("")
		case i == auditWhat:
			c = newLabel("")
		}
		r.cells = append(r.cells, c.cut(20))
		r.object.Add(c)
	}
	return r
}

// show puts an entry into the line.
func (r *auditRow) show(e api.AuditEntry) {
	w := r.ui.w
	who := e.Actor
	if e.From != "" {
		who += " · " + e.From
	}
	for i, text := range []string{
		auditWhen: w.moment(e.At), auditWhat: w.t("audit." + string(e.Action)), auditKey: e.KeyName, auditWho: who, auditDetail: detail(w, e.AuditData),
	} {
		r.cells[i].set(text, r.cells[i].color)
	}
}

// MinSize implements fyne.Layout.
func (r *auditRow) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(300, r.height) }

// Layout implements fyne.Layout. Where there is little room, the details leave,
// and then who it was.
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
			width = whole(width + rest*auditColumns[i].part/parts)
		}
		o.Move(fyne.NewPos(x, 0))
		o.Resize(fyne.NewSize(width-14, size.Height-1))
		x += width
	}
}
