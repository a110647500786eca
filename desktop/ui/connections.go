package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
)

// connectionsPage lists the servers that are known, and is the first page
// when none is open.
type connectionsPage struct {
	ui    *UI
	first *kit.Button
	root  *fyne.Container
}

func newConnectionsPage(u *UI) *connectionsPage {
	p := &connectionsPage{ui: u, root: container.NewStack()}
	p.build()
	return p
}

func (p *connectionsPage) object() fyne.CanvasObject { return p.root }
func (p *connectionsPage) name() string              { return "connections" }
func (p *connectionsPage) updated()                  {}
func (p *connectionsPage) focus() {
	if p.first != nil {
		p.ui.Window.Canvas().Focus(p.first)
	}
}

func (p *connectionsPage) build() {
	u := p.ui
	known := u.app.Settings.Get().Connections
	if len(known) == 0 {
		p.root.Objects = []fyne.CanvasObject{p.welcome()}
		p.root.Refresh()
		return
	}
	add := kit.Primary(u.Words.T("connections.add"), "plus", u.Keys(), func() { u.showConnection(state.NewConnection(), true) })
	head := container.NewBorder(nil, nil, kit.Column(3, kit.Title(u.Words.T("nav.connections")), kit.Muted(u.Words.T("connections.subtitle"))), kit.Middle(add))
	lines := kit.Column(10)
	for _, c := range known {
		lines.Add(p.line(c))
	}
	lines.Add(p.line(state.Local()))
	p.first = add
	p.root.Objects = []fyne.CanvasObject{kit.Padded(20, 24, 20, 24, container.NewBorder(kit.Padded(0, 0, 16, 0, head), nil, nil, nil, kit.Scrolled(kit.Padded(1, 2, 1, 1, lines))))}
	p.root.Refresh()
}

// line shows one connection with what can be done with it.
func (p *connectionsPage) line(c state.Connection) fyne.CanvasObject {
	u := p.ui
	iconName, about := "plug", c.Host()+" · "+u.Words.T("way."+string(c.Way))
	if c.Way == state.WayLocal {
		iconName, about = "computer", u.Words.T("connection.local.about")
	}
	head := kit.Row(8, kit.Bold(u.connectionName(c)))
	open := u.session != nil && u.session.Connection.ID == c.ID
	if open {
		head.Add(kit.NewPill(u.Words.T("connections.open"), kit.ColorGood, kit.ColorGoodTint))
	}
	buttons := kit.Row(8)
	if c.Way != state.WayLocal {
		buttons.Add(kit.Middle(kit.NewButton(u.Words.T("action.edit"), "", u.Keys(), func() { u.showConnection(c, false) })))
		buttons.Add(kit.Middle(kit.NewButton(u.Words.T("connections.remove"), "", u.Keys(), func() { u.removeConnection(c) })))
	}
	connect := kit.Primary(u.Words.T("connections.connect"), "", u.Keys(), func() { u.connect(c, "") })
	if open {
		connect = kit.NewButton(u.Words.T("connections.to-keys"), "", u.Keys(), func() { u.goTo("keys") })
	}
	buttons.Add(kit.Middle(connect))
	return kit.Card(kit.Padded(14, 16, 14, 16, container.NewBorder(nil, nil, kit.Padded(4, 14, 0, 0, kit.IconImage(iconName, kit.ColorAccentText, 24)), buttons,
		kit.Column(3, head, kit.Muted(about).Cut(80)))))
}

// welcome is shown while no server is known.
func (p *connectionsPage) welcome() fyne.CanvasObject {
	u := p.ui
	mark := canvas.NewImageFromResource(kit.AppIcon)
	mark.FillMode = canvas.ImageFillContain
	mark.SetMinSize(fyne.NewSize(64, 64))
	add := kit.Primary(u.Words.T("welcome.server"), "plug", u.Keys(), func() { u.showConnection(state.NewConnection(), true) })
	local := kit.NewButton(u.Words.T("welcome.local"), "computer", u.Keys(), func() { u.connect(state.Local(), "") })
	p.first = add
	option := func(headline, text string, b *kit.Button) fyne.CanvasObject {
		said := kit.NewParagraph(text, kit.ColorMuted)
		said.Resize(fyne.NewSize(260, 20))
		return kit.Card(kit.Padded(18, 18, 18, 18, container.NewBorder(kit.Column(6, kit.Heading(headline), kit.Fixed(260, said), kit.Space(4)), b, nil, nil)))
	}
	return container.NewCenter(kit.Column(14,
		container.NewCenter(mark),
		container.NewCenter(kit.Title(u.Words.T("welcome.title"))),
		container.NewCenter(kit.Muted(u.Words.T("welcome.text"))),
		kit.Space(6),
		container.NewGridWithColumns(2,
			option(u.Words.T("welcome.server-title"), u.Words.T("welcome.server-text"), add),
			kit.Padded(0, 0, 0, 12, option(u.Words.T("welcome.local-title"), u.Words.T("welcome.local-text"), local))),
	))
}

// removeConnection forgets a connection when asked twice.
func (u *UI) removeConnection(c state.Connection) {
	m := u.NewModal(u.Words.T("connections.remove-title", "name", c.Name), u.Words.T("connections.remove-text"), 460)
	remove := kit.Danger(u.Words.T("connections.remove"), m.Keys(), func() {
		m.End()
		if u.session != nil && u.session.Connection.ID == c.ID {
			u.disconnect()
		}
		attempt(u, func(context.Context) error { return u.app.Remove(c.ID) }, func(err error) {
			if err != nil {
				u.Toasts.Show(u.Words.T("connections.not-removed", "why", err.Error()), kit.ToastBad)
			}
			u.goTo("connections")
		})
	})
	cancel := kit.NewButton(u.Words.T("common.cancel"), "", m.Keys(), m.Close)
	m.Actions(cancel, remove)
	m.Show(cancel)
}

// keyringPatience is how long the keyring may take before it is said that it is
// waited for.
const keyringPatience = time.Second

// waitingPage is shown while a connection comes about.
type waitingPage struct {
	ui   *UI
	root *fyne.Container
}

func newWaitingPage(u *UI, c state.Connection) *waitingPage {
	p := &waitingPage{ui: u, root: container.NewStack()}
	p.say(u.Words.T("connect.waiting", "name", u.connectionName(c)), c.Host())
	u.Loop.After(keyringPatience, p.lookAtKeyring)
	return p
}

// say shows what is waited for.
func (p *waitingPage) say(headline, text string) {
	u := p.ui
	cancel := kit.NewButton(u.Words.T("common.cancel"), "", u.Keys(), func() {
		u.disconnect()
		u.goTo("connections")
	})
	p.root.Objects = []fyne.CanvasObject{kit.Empty("plug", headline, text, cancel)}
	p.root.Refresh()
}

// lookAtKeyring says so if it is the keyring that is waited for, now or later.
func (p *waitingPage) lookAtKeyring() {
	u := p.ui
	switch {
	case u.page != page(p):
	case u.app.Secrets.Waiting():
		p.say(u.Words.T("connect.keyring"), u.Words.T("connect.keyring-text"))
	default:
		u.Loop.After(keyringPatience, p.lookAtKeyring)
	}
}

func (p *waitingPage) object() fyne.CanvasObject { return p.root }
func (p *waitingPage) name() string              { return "" }
func (p *waitingPage) updated()                  {}
func (p *waitingPage) focus()                    {}

// failedPage says why a connection did not come about, and what to do.
type failedPage struct {
	ui    *UI
	first *kit.Button
	root  fyne.CanvasObject
}

func newFailedPage(u *UI, c state.Connection, err error) *failedPage {
	t := u.explain(err)
	retry := kit.Primary(u.Words.T("common.retry"), "refresh", u.Keys(), func() { u.connect(c, "") })
	p := &failedPage{ui: u, first: retry}
	buttons := []*kit.Button{}
	if c.Way != state.WayLocal {
		buttons = append(buttons, kit.NewButton(u.Words.T("action.edit"), "edit", u.Keys(), func() { u.showConnection(c, false) }))
	}
	switch t.Kind {
	case state.KindPin:
		buttons = append(buttons, kit.Primary(u.Words.T("pin.look"), "shield", u.Keys(), func() { u.showConnection(c, false) }))
	case state.KindNoSecret, state.KindCredentials:
		buttons = append(buttons, kit.Primary(u.Words.T("secret.enter"), "key", u.Keys(), func() { u.askSecret(c) }))
	default:
		buttons = append(buttons, retry)
	}
	p.first = buttons[len(buttons)-1]
	if t.Kind == state.KindPin && t.Pin != nil {
		t.next += "\n\n" + u.Words.T("pin.was") + "\n" + state.GroupFingerprint(t.Pin.Want) + "\n\n" + u.Words.T("pin.is") + "\n" + state.GroupFingerprint(t.Pin.Got)
	}
	p.root = t.page(u.Words.T("connect.failed", "name", u.connectionName(c)), buttons...)
	return p
}

func (p *failedPage) object() fyne.CanvasObject { return p.root }
func (p *failedPage) name() string              { return "" }
func (p *failedPage) updated()                  {}
func (p *failedPage) focus()                    { p.ui.Window.Canvas().Focus(p.first) }

// askSecret asks for what a connection proves itself with.
func (u *UI) askSecret(c state.Connection) {
	m := u.NewModal(u.Words.T("secret.title", "name", c.Name), u.Words.T("secret.text"), 460)
	in := kit.NewSecretInput(m.Keys())
	connect := kit.Primary(u.Words.T("connections.connect"), "", m.Keys(), nil)
	connect.OnTapped = func() {
		secret := in.Text
		in.Forget()
		if secret != "" {
			m.End()
			u.connect(c, secret)
		}
	}
	in.OnSubmitted = func(string) { connect.OnTapped() }
	m.OnClosed = in.Forget
	m.Add(kit.NewField(u.Words.T("secret."+string(c.Way)), in, "").Object)
	m.Actions(kit.NewButton(u.Words.T("common.cancel"), "", m.Keys(), m.Close), connect)
	m.Show(in)
}
