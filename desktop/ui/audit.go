package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/ostiary/ostiary/pkg/api"
)

// auditPage is the audit trail of all keys.
type auditPage struct {
	ui      *UI
	entries []api.AuditEntry
	next    string
	reading bool
	list    *widget.List
	table   *fyne.Container
	root    fyne.CanvasObject
}

const auditPageSize = 100

func newAuditPage(u *UI) *auditPage {
	p := &auditPage{ui: u, table: container.NewStack()}
	p.list = widget.NewList(func() int { return len(p.entries) }, func() fyne.CanvasObject { return newAuditRow(u) }, func(i int, o fyne.CanvasObject) {
		o.(*fyne.Container).Objects[0].(*fyne.Container).Layout.(*auditRow).show(p.entries[i])
		if p.next != "" && i > len(p.entries)-30 {
			p.read()
		}
	})
	p.list.HideSeparators = true
	p.list.OnSelected = func(i int) { p.list.Unselect(i) }
	refresh := u.iconButton("refresh", u.w.t("keys.reload"), func() { u.open(newAuditPage(u)) })
	head := container.NewBorder(nil, nil, column(3, title(u.w.t("nav.audit")), muted(u.w.t("audit.subtitle"))), middle(refresh))
	p.root = padded(20, 24, 20, 24, container.NewBorder(padded(0, 0, 16, 0, head), nil, nil, nil, card(p.table)))
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
	u, session, cursor := p.ui, p.ui.session, p.next
	var (
		page *api.AuditList
		err  error
	)
	u.beside(func(ctx context.Context) { page, err = session.Audit(ctx, "", cursor, auditPageSize) }, func() {
		p.reading = false
		if err != nil {
			t := u.explain(err)
			if len(p.entries) == 0 {
				p.set(empty("warn", t.headline, t.text(), newButton(u.w.t("common.retry"), "refresh", u.keys(), p.read)))
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
			p.set(container.NewBorder(auditHeader(u), nil, nil, nil, container.NewThemeOverride(padded(0, 2, 6, 1, p.list), flat{fyne.CurrentApp().Settings().Theme()})))
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
	ui    *UI
	cells []*label
}

var auditColumns = []struct {
	title string
	width float32
}{{"audit.when", 150}, {"audit.what", 110}, {"audit.key", 190}, {"audit.who", 170}, {"audit.detail", 0}}

func newAuditRow(u *UI) fyne.CanvasObject {
	r := &auditRow{ui: u}
	objects := []fyne.CanvasObject{}
	for i := range auditColumns {
		c := muted("").cut(20)
		if i == 2 {
			c = bold("").cut(20)
		}
		r.cells = append(r.cells, c)
		objects = append(objects, c)
	}
	return container.NewBorder(nil, hairline(), nil, nil, container.New(r, objects...))
}

func auditHeader(u *UI) fyne.CanvasObject {
	r := &auditRow{ui: u}
	objects := []fyne.CanvasObject{}
	for _, column := range auditColumns {
		c := caption(u.w.t(column.title)).cut(20)
		c.style.Bold = true
		objects = append(objects, c)
	}
	return container.NewBorder(nil, hairline(), nil, nil, container.New(r, objects...))
}

// show puts an entry into the line.
func (r *auditRow) show(e api.AuditEntry) {
	w := r.ui.w
	who := e.Actor
	if e.From != "" {
		who += " · " + e.From
	}
	for i, text := range []string{w.moment(e.At), w.t("audit." + string(e.Action)), e.KeyName, who, e.Detail} {
		r.cells[i].set(text, r.cells[i].color)
	}
}

// MinSize implements fyne.Layout.
func (r *auditRow) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(400, rowHeight-2) }

// Layout implements fyne.Layout.
func (r *auditRow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	x := float32(16)
	for i, o := range objects {
		width := auditColumns[i].width
		if width == 0 {
			width = max(size.Width-x, 20)
		}
		o.Move(fyne.NewPos(x, 0))
		o.Resize(fyne.NewSize(width-12, size.Height))
		x += width
	}
}
