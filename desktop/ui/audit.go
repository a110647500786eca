package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
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
	list    *kit.Rows
	table   *fyne.Container
	root    fyne.CanvasObject
}

const auditPageSize = 100

func newAuditPage(u *UI) *auditPage {
	p := &auditPage{ui: u, session: u.session, table: container.NewStack()}
	p.list = kit.NewRows(func() int { return len(p.entries) }, func() fyne.CanvasObject { return newAuditRow(u, false).object }, func(i int, o fyne.CanvasObject) {
		o.(*fyne.Container).Layout.(*auditRow).show(p.entries[i])
		if p.next != "" && i > len(p.entries)-30 {
			p.read()
		}
	})
	p.list.Typed = u.typedKey
	refresh := u.IconButton("refresh", u.Words.T("keys.reload"), func() { u.open(newAuditPage(u)) })
	head := container.NewBorder(nil, nil, nil, kit.Middle(refresh), kit.Column(2, kit.Title(u.Words.T("nav.audit")), kit.Muted(u.Words.T("audit.subtitle"))))
	p.root = kit.Padded(20, 20, 20, 24, container.NewBorder(kit.Padded(0, 0, 14, 0, head), nil, nil, nil, kit.Card(p.table)))
	p.table.Objects = []fyne.CanvasObject{kit.Empty("trail", u.Words.T("common.loading"), "")}
	p.read()
	return p
}

func (p *auditPage) object() fyne.CanvasObject { return p.root }
func (p *auditPage) name() string              { return "audit" }
func (p *auditPage) updated()                  {}
func (p *auditPage) focus()                    { p.ui.Window.Canvas().Focus(p.list) }

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
				p.set(u.explain(err).page("", kit.NewButton(u.Words.T("common.retry"), "refresh", u.Keys(), p.read)))
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
			p.set(kit.Empty("trail", u.Words.T("audit.empty"), ""))
		case first:
			p.set(kit.Headed(newAuditRow(u, true).object, p.list))
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
	cells  []*kit.Label
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
	r := &auditRow{ui: u, height: kit.RowHeight}
	line := kit.NewBlock(kit.ColorLine)
	r.object = container.New(r, line)
	for i, column := range auditColumns {
		c := kit.Muted("")
		switch {
		case header:
			c = kit.Caption(u.Words.T(column.title))
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
	w := r.ui.Words
	who := e.Actor
	if e.From != "" {
		who += " · " + e.From
	}
	for i, text := range []string{
		auditWhen: w.Moment(e.At), auditWhat: w.T("audit." + string(e.Action)), auditKey: e.KeyName, auditWho: who, auditDetail: detail(w, e.AuditData),
	} {
		r.cells[i].Set(text, r.cells[i].Color)
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
			width = kit.Whole(width + rest*auditColumns[i].part/parts)
		}
		o.Move(fyne.NewPos(x, 0))
		o.Resize(fyne.NewSize(width-14, size.Height-1))
		x += width
	}
}
