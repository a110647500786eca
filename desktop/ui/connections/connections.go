// Package connections is the page of the servers that are known, and those that
// are shown while one is being opened.
package connections

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
)

// Page lists the servers that are known, and is the first page
// when none is open.
type Page struct {
	host  *page.Host
	first *kit.Button
	root  *fyne.Container
}

// New makes the page.
func New(h *page.Host) *Page {
	p := &Page{host: h, root: container.NewStack()}
	p.build()
	return p
}

// Object is the page as it is drawn.
func (p *Page) Object() fyne.CanvasObject { return p.root }

// Name is that of the page in the sidebar.
func (p *Page) Name() string { return "connections" }

// Updated follows a refresh of the session.
func (p *Page) Updated() {}

// Focus puts the focus where it belongs.
func (p *Page) Focus() {
	if p.first != nil {
		p.host.Window.Canvas().Focus(p.first)
	}
}

func (p *Page) build() {
	h := p.host
	known := h.App.Settings.Get().Connections
	if len(known) == 0 {
		p.root.Objects = []fyne.CanvasObject{p.welcome()}
		p.root.Refresh()
		return
	}
	add := kit.Primary(h.Words.T("connections.add"), "plus", h.Keys(), func() { Edit(h, state.NewConnection(), true) })
	title := kit.Column(3, kit.Title(h.Words.T("connections.title")), kit.Muted(h.Words.T("connections.subtitle")))
	head := container.NewBorder(nil, nil, title, kit.Middle(add))
	lines := kit.Column(10)
	for _, c := range known {
		lines.Add(p.line(c))
	}
	lines.Add(p.line(state.Local()))
	p.first = add
	top := kit.Padded(0, 0, 16, 0, head)
	body := container.NewBorder(top, nil, nil, nil, kit.Scrolled(kit.Padded(1, 2, 1, 1, lines)))
	p.root.Objects = []fyne.CanvasObject{kit.Padded(20, 24, 20, 24, body)}
	p.root.Refresh()
}

// line shows one connection with what can be done with it.
func (p *Page) line(c state.Connection) fyne.CanvasObject {
	h := p.host
	iconName, about := "plug", c.Host()+" · "+h.Words.T("way."+string(c.Way))
	if c.Way == state.WayLocal {
		iconName, about = "computer", h.Words.T("connection.local.about")
	}
	head := kit.Row(8, kit.Bold(h.ConnectionName(c)))
	open := h.Session != nil && h.Session.Connection.ID == c.ID
	if open {
		head.Add(kit.NewPill(h.Words.T("connections.open"), kit.ColorGood, kit.ColorGoodTint))
	}
	buttons := kit.Row(8)
	if c.Way != state.WayLocal {
		buttons.Add(kit.Middle(kit.NewButton(h.Words.T("action.edit"), "", h.Keys(), func() { Edit(h, c, false) })))
		buttons.Add(kit.Middle(kit.NewButton(h.Words.T("connections.remove"), "", h.Keys(), func() { remove(h, c) })))
	}
	connect := kit.Primary(h.Words.T("connections.connect"), "", h.Keys(), func() { h.Connect(c, "") })
	if open {
		connect = kit.NewButton(h.Words.T("connections.to-keys"), "", h.Keys(), func() { h.GoTo("keys") })
	}
	buttons.Add(kit.Middle(connect))
	icon := kit.Padded(4, 14, 0, 0, kit.IconImage(iconName, kit.ColorAccentText, 24))
	return kit.Card(kit.Padded(14, 16, 14, 16,
		container.NewBorder(nil, nil, icon, buttons, kit.Column(3, head, kit.Muted(about).Cut(80)))))
}

// welcome is shown while no server is known.
func (p *Page) welcome() fyne.CanvasObject {
	h := p.host
	mark := canvas.NewImageFromResource(kit.AppIcon)
	mark.FillMode = canvas.ImageFillContain
	mark.SetMinSize(fyne.NewSize(64, 64))
	add := kit.Primary(h.Words.T("welcome.server"), "plug", h.Keys(), func() { Edit(h, state.NewConnection(), true) })
	local := kit.NewButton(h.Words.T("welcome.local"), "computer", h.Keys(), func() { h.Connect(state.Local(), "") })
	p.first = add
	option := func(headline, text string, b *kit.Button) fyne.CanvasObject {
		said := kit.NewParagraph(text, kit.ColorMuted)
		said.Resize(fyne.NewSize(260, 20))
		top := kit.Column(6, kit.Heading(headline), kit.Fixed(260, said), kit.Space(4))
		return kit.Card(kit.Padded(18, 18, 18, 18, container.NewBorder(top, b, nil, nil)))
	}
	return container.NewCenter(kit.Column(14,
		container.NewCenter(mark),
		container.NewCenter(kit.Title(h.Words.T("welcome.title"))),
		container.NewCenter(kit.Muted(h.Words.T("welcome.text"))),
		kit.Space(6),
		container.NewGridWithColumns(2,
			option(h.Words.T("welcome.server-title"), h.Words.T("welcome.server-text"), add),
			kit.Padded(0, 0, 0, 12, option(h.Words.T("welcome.local-title"), h.Words.T("welcome.local-text"), local))),
	))
}

// removeConnection forgets a connection when asked twice.
func remove(h *page.Host, c state.Connection) {
	m := h.NewModal(h.Words.T("connections.remove-title", "name", c.Name), h.Words.T("connections.remove-text"), 460)
	remove := kit.Danger(h.Words.T("connections.remove"), m.Keys(), func() {
		m.End()
		if h.Session != nil && h.Session.Connection.ID == c.ID {
			h.Disconnect()
		}
		page.Attempt(h, func(context.Context) error { return h.App.Remove(c.ID) }, func(err error) {
			if err != nil {
				h.Toasts.Show(h.Words.T("connections.not-removed", "why", err.Error()), kit.ToastBad)
			}
			h.GoTo("connections")
		})
	})
	cancel := kit.NewButton(h.Words.T("common.cancel"), "", m.Keys(), m.Close)
	m.Actions(cancel, remove)
	m.Show(cancel)
}
