package connections

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
)

// keyringPatience is how long the keyring may take before it is said that it is
// waited for.
const keyringPatience = time.Second

// waiting is shown while a connection comes about.
type waiting struct {
	host *page.Host
	root *fyne.Container
}

// NewWaiting makes the page that is shown until a connection is open.
func NewWaiting(h *page.Host, c state.Connection) page.Page {
	p := &waiting{host: h, root: container.NewStack()}
	p.say(h.Words.T("connect.waiting", "name", h.ConnectionName(c)), c.Host())
	h.Loop.After(keyringPatience, p.lookAtKeyring)
	return p
}

// say shows what is waited for.
func (p *waiting) say(headline, text string) {
	h := p.host
	cancel := kit.NewButton(h.Words.T("common.cancel"), "", h.Keys(), func() {
		h.Disconnect()
		h.GoTo("connections")
	})
	p.root.Objects = []fyne.CanvasObject{kit.Empty("plug", headline, text, cancel)}
	p.root.Refresh()
}

// lookAtKeyring says so if it is the keyring that is waited for, now or later.
func (p *waiting) lookAtKeyring() {
	h := p.host
	switch {
	case h.At != p:
	case h.App.Secrets.Waiting():
		p.say(h.Words.T("connect.keyring"), h.Words.T("connect.keyring-text"))
	default:
		h.Loop.After(keyringPatience, p.lookAtKeyring)
	}
}

func (p *waiting) Object() fyne.CanvasObject { return p.root }
func (p *waiting) Name() string              { return "" }
func (p *waiting) Updated()                  {}
func (p *waiting) Focus()                    {}

// failed says why a connection did not come about, and what to do.
type failed struct {
	host  *page.Host
	first *kit.Button
	root  fyne.CanvasObject
}

// NewFailed makes the page that says why a connection is not open.
func NewFailed(h *page.Host, c state.Connection, err error) page.Page {
	t := h.Explain(err)
	retry := kit.Primary(h.Words.T("common.retry"), "refresh", h.Keys(), func() { h.Connect(c, "") })
	p := &failed{host: h, first: retry}
	buttons := []*kit.Button{}
	if c.Way != state.WayLocal {
		edit := kit.NewButton(h.Words.T("action.edit"), "edit", h.Keys(), func() { Edit(h, c, false) })
		buttons = append(buttons, edit)
	}
	switch t.Kind {
	case state.KindPin:
		buttons = append(buttons, kit.NewButton(h.Words.T("pin.look"), "shield", h.Keys(), func() { TrustAgain(h, c) }),
			retry)
	case state.KindNoSecret, state.KindCredentials:
		buttons = append(buttons, kit.Primary(h.Words.T("secret.enter"), "key", h.Keys(), func() { AskSecret(h, c) }))
	default:
		if state.FirstContact(c, err) {
			first := func() { TrustFirst(h, c, err) }
			buttons = append(buttons, kit.NewButton(h.Words.T("pin.look"), "shield", h.Keys(), first))
		}
		buttons = append(buttons, retry)
	}
	p.first = buttons[len(buttons)-1]
	if t.Kind == state.KindPin && t.Pin != nil {
		t.Next += "\n\n" + h.Words.T("pin.was") + "\n" + state.GroupFingerprint(t.Pin.Want) +
			"\n\n" + h.Words.T("pin.is") + "\n" + state.GroupFingerprint(t.Pin.Got)
	}
	p.root = t.InPlace(h.Words.T("connect.failed", "name", h.ConnectionName(c)), buttons...)
	return p
}

func (p *failed) Object() fyne.CanvasObject { return p.root }
func (p *failed) Name() string              { return "" }
func (p *failed) Updated()                  {}
func (p *failed) Focus()                    { p.host.Window.Canvas().Focus(p.first) }

// AskSecret asks for what a connection proves itself with.
func AskSecret(h *page.Host, c state.Connection) {
	m := h.NewModal(h.Words.T("secret.title", "name", c.Name), h.Words.T("secret.text"), 460)
	in := kit.NewSecretInput(m.Keys())
	connect := kit.Primary(h.Words.T("connections.connect"), "", m.Keys(), nil)
	connect.OnTapped = func() {
		secret := in.Text
		in.Forget()
		if secret != "" {
			m.End()
			h.Connect(c, secret)
		}
	}
	in.OnSubmitted = func(string) { connect.OnTapped() }
	m.OnClosed = in.Forget
	m.Add(kit.NewField(h.Words.T("secret."+string(c.Way)), in, "").Object)
	m.Actions(kit.NewButton(h.Words.T("common.cancel"), "", m.Keys(), m.Close), connect)
	m.Show(in)
}
