package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/state"
)

// connectionsPage lists the servers that are known, and is the first page
// when none is open.
type connectionsPage struct {
	ui    *UI
	first *button
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
		p.ui.window.Canvas().Focus(p.first)
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
	add := primary(u.w.t("connections.add"), "plus", u.keys(), func() { u.showConnection(state.NewConnection(), true) })
	head := container.NewBorder(nil, nil, column(3, title(u.w.t("nav.connections")), muted(u.w.t("connections.subtitle"))), middle(add))
	lines := column(10)
	for _, c := range known {
		lines.Add(p.line(c))
	}
	lines.Add(p.line(state.Local()))
	p.first = add
	p.root.Objects = []fyne.CanvasObject{padded(20, 24, 20, 24, container.NewBorder(padded(0, 0, 16, 0, head), nil, nil, nil, scrolled(padded(1, 2, 1, 1, lines))))}
	p.root.Refresh()
}

// line shows one connection with what can be done with it.
func (p *connectionsPage) line(c state.Connection) fyne.CanvasObject {
	u := p.ui
	iconName, about := "plug", c.Host()+" · "+u.w.t("way."+string(c.Way))
	if c.Way == state.WayLocal {
		iconName, about = "computer", u.w.t("connection.local.about")
	}
	head := row(8, bold(u.connectionName(c)))
	open := u.session != nil && u.session.Connection.ID == c.ID
	if open {
		head.Add(newPill(u.w.t("connections.open"), colorGood, colorGoodTint))
	}
	buttons := row(8)
	if c.Way != state.WayLocal {
		buttons.Add(middle(newButton(u.w.t("connections.edit"), "", u.keys(), func() { u.showConnection(c, false) })))
		buttons.Add(middle(newButton(u.w.t("connections.remove"), "", u.keys(), func() { u.removeConnection(c) })))
	}
	connect := primary(u.w.t("connections.connect"), "", u.keys(), func() { u.connect(c, "") })
	if open {
		connect = newButton(u.w.t("connections.to-keys"), "", u.keys(), func() { u.goTo("keys") })
	}
	buttons.Add(middle(connect))
	return card(padded(14, 16, 14, 16, container.NewBorder(nil, nil, padded(4, 14, 0, 0, iconImage(iconName, colorAccentText, 24)), buttons,
		column(3, head, muted(about).cut(80)))))
}

// welcome is shown while no server is known.
func (p *connectionsPage) welcome() fyne.CanvasObject {
	u := p.ui
	mark := canvas.NewImageFromResource(appIcon)
	mark.FillMode = canvas.ImageFillContain
	mark.SetMinSize(fyne.NewSize(64, 64))
	add := primary(u.w.t("welcome.server"), "plug", u.keys(), func() { u.showConnection(state.NewConnection(), true) })
	local := newButton(u.w.t("welcome.local"), "computer", u.keys(), func() { u.connect(state.Local(), "") })
	p.first = add
	option := func(headline, text string, b *button) fyne.CanvasObject {
		words := newParagraph(text, colorMuted)
		words.Resize(fyne.NewSize(260, 20))
		return card(padded(18, 18, 18, 18, container.NewBorder(column(6, heading(headline), fixed(260, words), space(4)), b, nil, nil)))
	}
	return container.NewCenter(column(14,
		container.NewCenter(mark),
		container.NewCenter(title(u.w.t("welcome.title"))),
		container.NewCenter(muted(u.w.t("welcome.text"))),
		space(6),
		container.NewGridWithColumns(2,
			option(u.w.t("welcome.server-title"), u.w.t("welcome.server-text"), add),
			padded(0, 0, 0, 12, option(u.w.t("welcome.local-title"), u.w.t("welcome.local-text"), local))),
	))
}

// removeConnection forgets a connection when asked twice.
func (u *UI) removeConnection(c state.Connection) {
	m := u.newModal(u.w.t("connections.remove-title", "name", c.Name), u.w.t("connections.remove-text"), 460)
	remove := danger(u.w.t("connections.remove"), m.keys(), func() {
		m.end()
		if u.session != nil && u.session.Connection.ID == c.ID {
			u.disconnect()
		}
		attempt(u, func(context.Context) error { return u.app.Remove(c.ID) }, func(err error) {
			if err != nil {
				u.toasts.show(u.w.t("connections.not-removed", "why", err.Error()), toastBad)
			}
			u.goTo("connections")
		})
	})
	cancel := newButton(u.w.t("common.cancel"), "", m.keys(), m.close)
	m.actions(cancel, remove)
	m.show(cancel)
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
	p.say(u.w.t("connect.waiting", "name", u.connectionName(c)), c.Host())
	u.loop.After(keyringPatience, p.lookAtKeyring)
	return p
}

// say shows what is waited for.
func (p *waitingPage) say(headline, text string) {
	u := p.ui
	cancel := newButton(u.w.t("common.cancel"), "", u.keys(), func() {
		u.disconnect()
		u.goTo("connections")
	})
	p.root.Objects = []fyne.CanvasObject{empty("plug", headline, text, cancel)}
	p.root.Refresh()
}

// lookAtKeyring says so if it is the keyring that is waited for, now or later.
func (p *waitingPage) lookAtKeyring() {
	u := p.ui
	switch {
	case u.page != page(p):
	case u.app.Secrets.Waiting():
		p.say(u.w.t("connect.keyring"), u.w.t("connect.keyring-text"))
	default:
		u.loop.After(keyringPatience, p.lookAtKeyring)
	}
}

func (p *waitingPage) object() fyne.CanvasObject { return p.root }
func (p *waitingPage) name() string              { return "" }
func (p *waitingPage) updated()                  {}
func (p *waitingPage) focus()                    {}

// failedPage says why a connection did not come about, and what to do.
type failedPage struct {
	ui    *UI
	first *button
	root  fyne.CanvasObject
}

func newFailedPage(u *UI, c state.Connection, err error) *failedPage {
	t := u.explain(err)
	retry := primary(u.w.t("common.retry"), "refresh", u.keys(), func() { u.connect(c, "") })
	p := &failedPage{ui: u, first: retry}
	buttons := []*button{}
	if c.Way != state.WayLocal {
		buttons = append(buttons, newButton(u.w.t("connections.edit"), "edit", u.keys(), func() { u.showConnection(c, false) }))
	}
	switch t.Kind {
	case state.KindPin:
		buttons = append(buttons, primary(u.w.t("pin.look"), "shield", u.keys(), func() { u.showConnection(c, false) }))
	case state.KindNoSecret, state.KindCredentials:
		buttons = append(buttons, primary(u.w.t("secret.enter"), "key", u.keys(), func() { u.askSecret(c) }))
	default:
		buttons = append(buttons, retry)
	}
	p.first = buttons[len(buttons)-1]
	if t.Kind == state.KindPin && t.Pin != nil {
		t.next += "\n\n" + u.w.t("pin.was") + "\n" + state.GroupFingerprint(t.Pin.Want) + "\n\n" + u.w.t("pin.is") + "\n" + state.GroupFingerprint(t.Pin.Got)
	}
	p.root = t.page(u.w.t("connect.failed", "name", u.connectionName(c)), buttons...)
	return p
}

func (p *failedPage) object() fyne.CanvasObject { return p.root }
func (p *failedPage) name() string              { return "" }
func (p *failedPage) updated()                  {}
func (p *failedPage) focus()                    { p.ui.window.Canvas().Focus(p.first) }

// askSecret asks for what a connection proves itself with.
func (u *UI) askSecret(c state.Connection) {
	m := u.newModal(u.w.t("secret.title", "name", c.Name), u.w.t("secret.text"), 460)
	in := newSecretInput(m.keys())
	connect := primary(u.w.t("connections.connect"), "", m.keys(), nil)
	connect.OnTapped = func() {
		secret := in.Text
		in.forget()
		if secret != "" {
			m.end()
			u.connect(c, secret)
		}
	}
	in.OnSubmitted = func(string) { connect.OnTapped() }
	m.onClosed = in.forget
	m.add(newField(u.w.t("secret."+string(c.Way)), in, "").object)
	m.actions(newButton(u.w.t("common.cancel"), "", m.keys(), m.close), connect)
	m.show(in)
}
