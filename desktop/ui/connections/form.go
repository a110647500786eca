package connections

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// form holds the fields of a connection.
type form struct {
	host   *page.Host
	dialog *kit.Modal
	c      state.Connection

	name, address, user, secret, caFile *kit.Input
	way, trust                          *kit.Choice
	fields                              map[state.Field]*kit.Field
	wayField, trustField                *kit.Field
	access, tls                         *fyne.Container // the parts that follow a choice
	exposed                             *fyne.Container
	pin                                 *fyne.Container
}

var trusts = []state.Trust{state.TrustSystem, state.TrustFile, state.TrustPin}

// Edit edits a connection; a new one is opened once it is saved.
func Edit(h *page.Host, c state.Connection, fresh bool) {
	w := h.Words
	headline := w.T("connection.edit")
	if fresh {
		headline = w.T("connection.new")
	}
	f := &form{host: h, c: c, dialog: h.NewModal(headline, "", 560)}
	m := f.dialog
	k := m.Keys()
	f.name, f.address, f.user, f.caFile = kit.NewInput(k), kit.NewInput(k), kit.NewInput(k), kit.NewInput(k)
	f.secret = kit.NewSecretInput(k)
	f.name.Fill(c.Name)
	f.name.SetPlaceHolder(w.T("connection.name-example"))
	f.address.Fill(c.Address)
	f.address.SetPlaceHolder("https://grafana.example.org/graph")
	f.user.Fill(c.User)
	f.caFile.Fill(c.CAFile)
	f.caFile.SetPlaceHolder("/etc/ssl/company-ca.pem")
	if !fresh {
		f.secret.SetPlaceHolder(w.T("connection.secret-kept"))
	}
	f.fields = map[state.Field]*kit.Field{
		state.FieldConnectionName: kit.NewField(w.T("key.name"), f.name, ""),
		state.FieldAddress:        kit.NewField(w.T("connection.address"), f.address, w.T("connection.address-help")),
		state.FieldUser:           kit.NewField(w.T("connection.user"), f.user, ""),
		state.FieldSecret:         kit.NewField(w.T("secret."+string(c.Way)), f.secret, w.T("connection.secret-help")),
		state.FieldCAFile:         kit.NewField(w.T("connection.ca-file"), f.withChooser(), w.T("connection.ca-help")),
	}
	var ways []string
	for _, way := range state.Ways() {
		ways = append(ways, w.T("way."+string(way)))
	}
	f.way = kit.NewChoice(ways, k, func(string) { f.follow() })
	f.wayField = kit.NewField(w.T("connection.way"), f.way, "")
	var kinds []string
	for _, t := range trusts {
		kinds = append(kinds, w.T("trust."+string(t)))
	}
	f.trust = kit.NewChoice(kinds, k, func(string) { f.follow() })
	f.trustField = kit.NewField(w.T("connection.trust"), f.trust, "")
	f.access, f.tls, f.exposed, f.pin = kit.Column(14), kit.Column(14), container.NewStack(), kit.Column(8)
	f.exposed.Add(kit.Alert(false, "", w.T("connection.exposed")))
	f.fields[state.FieldFingerprint] = kit.NewField(w.T("connection.fingerprint"), f.pin, "")
	name, address := f.fields[state.FieldConnectionName].Object, f.fields[state.FieldAddress].Object
	m.Add(name, address, f.exposed, f.wayField.Object, f.access, f.tls)

	for i, way := range state.Ways() {
		if way == c.Way {
			f.way.SetSelectedIndex(i)
		}
	}
	for i, t := range trusts {
		if t == c.Trust {
			f.trust.SetSelectedIndex(i)
		}
	}
	f.address.OnChanged = func(string) { f.follow() }
	f.drawPin()
	f.follow()

	var save *kit.Button
	try := kit.NewButton(w.T("connection.try"), "", k, f.try)
	save = kit.Primary(w.T("connection.save"), "", k, func() { f.save(save) })
	for _, in := range []*kit.Input{f.name, f.address, f.user, f.secret, f.caFile} {
		in.OnSubmitted = func(string) { save.OnTapped() }
	}
	m.OnClosed = f.secret.Forget
	first := f.read()
	m.Guard(func() bool { return f.secret.Text != "" || !reflect.DeepEqual(first, f.read()) })
	m.Actions(kit.NewButton(w.T("common.cancel"), "", k, m.Close), try, save)
	m.Show(f.name)
}

// withChooser puts a button next to the field of the CA file that lets it be
// chosen.
func (f *form) withChooser() fyne.CanvasObject {
	h := f.host
	choose := kit.NewButton(h.Words.T("files.browse"), "", f.dialog.Keys(), func() {
		h.ChooseFile(h.Words.T("files.ca"), f.caFile.Text, []string{".pem", ".crt", ".cer"}, f.caFile.Fill)
	})
	return container.NewBorder(nil, nil, nil, kit.Padded(0, 0, 0, 8, choose), kit.Boxed(f.caFile))
}

// read takes the fields into the connection.
func (f *form) read() state.Connection {
	c := f.c
	c.Name, c.Address = strings.TrimSpace(f.name.Text), strings.TrimRight(strings.TrimSpace(f.address.Text), "/")
	c.User, c.CAFile = strings.TrimSpace(f.user.Text), strings.TrimSpace(f.caFile.Text)
	if i := f.way.SelectedIndex(); i >= 0 {
		c.Way = state.Ways()[i]
	}
	if i := f.trust.SelectedIndex(); i >= 0 {
		c.Trust = trusts[i]
	}
	if c.Address != f.c.Address {
		c.Fingerprint, c.Opened = "", false // those were of another server
	}
	if c.Address != f.c.Address || c.Way != f.c.Way || c.User != f.c.User {
		c.Organization, c.Organizations = 0, nil // those were of somebody else
	}
	return c
}

// follow shows the fields that the choices ask for.
func (f *form) follow() {
	if f.access == nil {
		return
	}
	c := f.read()
	f.access.RemoveAll()
	if c.Way == state.WayPassword {
		f.access.Add(f.fields[state.FieldUser].Object)
	}
	f.access.Add(f.fields[state.FieldSecret].Object)
	f.wayField.Explain(f.host.Words.T("way." + string(c.Way) + ".help"))
	f.tls.RemoveAll()
	if c.Encrypted() {
		f.tls.Add(f.trustField.Object)
		switch c.Trust {
		case state.TrustFile:
			f.tls.Add(f.fields[state.FieldCAFile].Object)
		case state.TrustPin:
			f.tls.Add(f.fields[state.FieldFingerprint].Object)
		case state.TrustSystem:
		}
	}
	if c.Exposed() {
		f.exposed.Show()
	} else {
		f.exposed.Hide()
	}
	f.dialog.Relayout()
}

// drawPin shows the certificate that is trusted, or offers to look at one.
func (f *form) drawPin() {
	w := f.host.Words
	f.pin.RemoveAll()
	text := w.T("pin.look")
	if f.c.Fingerprint != "" {
		f.pin.Add(fingerprint(f.c.Fingerprint))
		text = w.T("pin.look-again")
	}
	f.pin.Add(container.NewHBox(kit.NewButton(text, "shield", f.dialog.Keys(), f.inspect)))
	f.dialog.Relayout()
}

// inspect fetches the server's certificate and asks whether to trust it.
func (f *form) inspect() {
	f.complete()
	look(f.host, f.read(), nil, f.fail, f.trustOne)
}

// fail says what is wrong above the buttons.
func (f *form) fail(err error) { f.dialog.Warn(f.host.Explain(err).Alert()) }

// trustOne takes a certificate that was looked at.
func (f *form) trustOne(c state.Connection) {
	f.c.Address, f.c.Fingerprint = c.Address, c.Fingerprint
	f.trust.SetSelectedIndex(slices.Index(trusts, state.TrustPin))
	f.fields[state.FieldFingerprint].Fail("")
	f.dialog.Warn(nil)
	f.drawPin()
}

// complete adds what goes without saying: the scheme of the address, and a name.
func (f *form) complete() {
	if address := state.CompleteAddress(f.address.Text); address != strings.TrimSpace(f.address.Text) {
		f.address.Fill(address)
		f.follow()
	}
	if strings.TrimSpace(f.name.Text) == "" {
		f.name.Fill(f.read().Host())
	}
}

// check shows what is wrong with the fields.
func (f *form) check() (state.Connection, bool) {
	f.complete()
	c := f.read()
	wrong := c.Check(f.host.App.Settings.Get().Connections)
	for name, field := range f.fields {
		if fault, bad := wrong[name]; bad {
			field.Fail(f.host.Words.T("fault." + string(name) + "." + string(fault)))
		} else {
			field.Fail("")
		}
	}
	f.dialog.Relayout()
	return c, len(wrong) == 0
}

// try connects once and says in words how that went.
func (f *form) try() {
	c, good := f.check()
	if !good {
		return
	}
	h, secret := f.host, f.secret.Text
	f.dialog.Warn(kit.Muted(h.Words.T("connect.waiting", "name", c.Name)))
	page.InBackground(h, func(ctx context.Context) (*api.Whoami, error) {
		return h.App.Try(ctx, c, secret)
	}, func(who *api.Whoami, err error) {
		switch {
		case state.FirstContact(c, err):
			f.dialog.Warn(nil)
			look(h, c, err, f.fail, func(trusted state.Connection) {
				f.trustOne(trusted)
				f.try()
			})
			return
		case err != nil:
			f.fail(err)
			return
		}
		mark := kit.Padded(0, 8, 0, 0, kit.IconImage("check", kit.ColorGood, 18))
		f.dialog.Warn(container.NewBorder(nil, nil, mark, nil,
			kit.NewLabel(h.Words.T("connection.works", "login", who.Login, "role", who.Role.String())).Cut(60)))
	})
}

// save keeps the connection and opens it.
func (f *form) save(b *kit.Button) {
	c, good := f.check()
	if !good {
		return
	}
	h, secret := f.host, f.secret.Text
	b.Disable()
	page.InBackground(h, func(context.Context) (bool, error) {
		return h.App.Save(c, secret)
	}, func(lasting bool, err error) {
		f.dialog.End()
		if err != nil {
			h.Toasts.Show(h.Words.T("settings.not-saved", "why", err.Error()), kit.ToastBad)
		}
		if !lasting {
			h.Toasts.Show(h.Words.T("secret.memory-only"), kit.ToastWarn)
		}
		h.Connect(c, "")
	})
}
