package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
)

// connectionForm holds the fields of a connection.
type connectionForm struct {
	ui     *UI
	dialog *modal
	c      state.Connection

	name, address, user, secret, caFile *input
	way, trust                          *choice
	fields                              map[state.Field]*field
	wayField, trustField                *field
	access, tls                         *fyne.Container // the parts that follow a choice
	exposed                             *fyne.Container
	pin                                 *fyne.Container
}

var trusts = []state.Trust{state.TrustSystem, state.TrustFile, state.TrustPin}

// showConnection edits a connection; a new one is opened once it is saved.
func (u *UI) showConnection(c state.Connection, fresh bool) {
	w := u.w
	headline := w.t("connection.edit")
	if fresh {
		headline = w.t("connection.new")
	}
	f := &connectionForm{ui: u, c: c, dialog: u.newModal(headline, "", 560)}
	m := f.dialog
	k := m.keys()
	f.name, f.address, f.user, f.caFile = newInput(k), newInput(k), newInput(k), newInput(k)
	f.secret = newSecretInput(k)
	f.name.fill(c.Name)
	f.name.SetPlaceHolder(w.t("connection.name-example"))
	f.address.fill(c.Address)
	f.address.SetPlaceHolder("https://grafana.example.org/graph")
	f.user.fill(c.User)
	f.caFile.fill(c.CAFile)
	f.caFile.SetPlaceHolder("/etc/ssl/company-ca.pem")
	if !fresh {
		f.secret.SetPlaceHolder(w.t("connection.secret-kept"))
	}
	f.fields = map[state.Field]*field{
		state.FieldConnectionName: newField(w.t("connection.name"), f.name, ""),
		state.FieldAddress:        newField(w.t("connection.address"), f.address, w.t("connection.address-help")),
		state.FieldUser:           newField(w.t("connection.user"), f.user, ""),
		state.FieldSecret:         newField(w.t("secret."+string(c.Way)), f.secret, w.t("connection.secret-help")),
		state.FieldCAFile:         newField(w.t("connection.ca-file"), f.withChooser(), w.t("connection.ca-help")),
	}
	var ways []string
	for _, way := range state.Ways() {
		ways = append(ways, w.t("way."+string(way)))
	}
	f.way = newChoice(ways, k, func(string) { f.follow() })
	f.wayField = newField(w.t("connection.way"), f.way, "")
	var kinds []string
	for _, t := range trusts {
		kinds = append(kinds, w.t("trust."+string(t)))
	}
	f.trust = newChoice(kinds, k, func(string) { f.follow() })
	f.trustField = newField(w.t("connection.trust"), f.trust, "")
	f.access, f.tls, f.exposed, f.pin = column(14), column(14), container.NewStack(), column(8)
	f.exposed.Add(alert(false, "", w.t("connection.exposed")))
	f.fields[state.FieldFingerprint] = newField(w.t("connection.fingerprint"), f.pin, "")
	m.add(f.fields[state.FieldConnectionName].object, f.fields[state.FieldAddress].object, f.exposed, f.wayField.object, f.access, f.tls)

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

	var save *button
	try := newButton(w.t("connection.try"), "", k, f.try)
	save = primary(w.t("connection.save"), "", k, func() { f.save(save) })
	for _, in := range []*input{f.name, f.address, f.user, f.secret, f.caFile} {
		in.OnSubmitted = func(string) { save.OnTapped() }
	}
	m.onClosed = f.secret.forget
	m.actions(newButton(w.t("common.cancel"), "", k, m.close), try, save)
	m.show(f.name)
}

// withChooser puts a button beside the field of the CA file that lets it be
// chosen.
func (f *connectionForm) withChooser() fyne.CanvasObject {
	u := f.ui
	choose := newButton(u.w.t("files.browse"), "", f.dialog.keys(), func() {
		u.chooseFile(u.w.t("files.ca"), f.caFile.Text, []string{".pem", ".crt", ".cer"}, f.caFile.fill)
	})
	return container.NewBorder(nil, nil, nil, padded(0, 0, 0, 8, choose), boxed(f.caFile))
}

// read takes the fields into the connection.
func (f *connectionForm) read() state.Connection {
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
		c.Fingerprint = "" // it was that of another server
	}
	return c
}

// follow shows the fields that the choices ask for.
func (f *connectionForm) follow() {
	if f.access == nil {
		return
	}
	c := f.read()
	f.access.RemoveAll()
	if c.Way == state.WayPassword {
		f.access.Add(f.fields[state.FieldUser].object)
	}
	f.access.Add(f.fields[state.FieldSecret].object)
	f.wayField.explain(f.ui.w.t("way." + string(c.Way) + ".help"))
	f.tls.RemoveAll()
	if c.Encrypted() {
		f.tls.Add(f.trustField.object)
		switch c.Trust {
		case state.TrustFile:
			f.tls.Add(f.fields[state.FieldCAFile].object)
		case state.TrustPin:
			f.tls.Add(f.fields[state.FieldFingerprint].object)
		case state.TrustSystem:
		}
	}
	if c.Exposed() {
		f.exposed.Show()
	} else {
		f.exposed.Hide()
	}
	f.dialog.relayout()
}

// drawPin shows the certificate that is trusted, or offers to look at one.
func (f *connectionForm) drawPin() {
	w := f.ui.w
	f.pin.RemoveAll()
	text := w.t("pin.look")
	if f.c.Fingerprint != "" {
		f.pin.Add(fingerprint(f.c.Fingerprint))
		text = w.t("pin.look-again")
	}
	f.pin.Add(container.NewHBox(newButton(text, "shield", f.dialog.keys(), f.inspect)))
	f.dialog.relayout()
}

// fingerprint shows a fingerprint in two lines.
func fingerprint(hexadecimal string) fyne.CanvasObject {
	grouped := state.GroupFingerprint(hexadecimal)
	half := (len(grouped) + 1) / 2
	first, second := mono(strings.TrimSuffix(grouped[:half], ":")), mono(grouped[half:])
	first.size, second.size = 12, 12
	return column(2, first.cut(60), second.cut(60))
}

// inspect fetches the server's certificate and asks whether to trust it.
func (f *connectionForm) inspect() {
	u, c := f.ui, f.read()
	beside(u, func(ctx context.Context) (*state.Certificate, error) { return state.Inspect(ctx, c) }, func(seen *state.Certificate, err error) {
		if err != nil {
			t := u.explain(err)
			f.dialog.warn(alert(true, t.headline, t.text()))
			return
		}
		f.dialog.warn(nil)
		f.askTrust(c, seen)
	})
}

func (f *connectionForm) askTrust(c state.Connection, seen *state.Certificate) {
	u, w := f.ui, f.ui.w
	text := w.t("pin.ask")
	if c.Fingerprint != "" && c.Fingerprint != seen.Fingerprint {
		text = w.t("pin.ask-changed")
	}
	m := u.newModal(w.t("pin.title", "host", c.Host()), text, 540)
	line := func(key, value string) fyne.CanvasObject {
		return column(2, caption(w.t(key)), newLabel(value).cut(40))
	}
	m.add(line("pin.subject", seen.Subject), line("pin.issuer", seen.Issuer), line("pin.names", strings.Join(seen.Names, ", ")),
		line("pin.until", w.moment(seen.NotAfter)), column(2, caption(w.t("pin.fingerprint")), fingerprint(seen.Fingerprint)))
	trust := primary(w.t("pin.trust"), "", m.keys(), func() {
		m.end()
		f.c.Address, f.c.Fingerprint = c.Address, seen.Fingerprint
		f.fields[state.FieldFingerprint].fail("")
		f.drawPin()
	})
	cancel := newButton(w.t("pin.do-not-trust"), "", m.keys(), m.close)
	m.actions(cancel, trust)
	m.show(cancel)
}

// check shows what is wrong with the fields.
func (f *connectionForm) check() (state.Connection, bool) {
	c := f.read()
	wrong := c.Check(f.ui.app.Settings.Get().Connections)
	for name, field := range f.fields {
		if fault, bad := wrong[name]; bad {
			field.fail(f.ui.w.t("fault." + string(name) + "." + string(fault)))
		} else {
			field.fail("")
		}
	}
	f.dialog.relayout()
	return c, len(wrong) == 0
}

// try connects once and says in words how that went.
func (f *connectionForm) try() {
	c, good := f.check()
	if !good {
		return
	}
	u, secret := f.ui, f.secret.Text
	f.dialog.warn(muted(u.w.t("connect.waiting", "name", c.Name)))
	beside(u, func(ctx context.Context) (*api.Whoami, error) { return u.app.Try(ctx, c, secret) }, func(who *api.Whoami, err error) {
		if err != nil {
			t := u.explain(err)
			f.dialog.warn(alert(true, t.headline, t.text()))
			return
		}
		f.dialog.warn(container.NewBorder(nil, nil, padded(0, 8, 0, 0, iconImage("check", colorGood, 18)), nil,
			newLabel(u.w.t("connection.works", "login", who.Login, "role", who.Role.String())).cut(60)))
	})
}

// save keeps the connection and opens it.
func (f *connectionForm) save(b *button) {
	c, good := f.check()
	if !good {
		return
	}
	u, secret := f.ui, f.secret.Text
	b.Disable()
	beside(u, func(context.Context) (bool, error) { return u.app.Save(c, secret) }, func(lasting bool, err error) {
		f.dialog.end()
		if err != nil {
			u.toasts.show(u.w.t("settings.not-saved", "why", err.Error()), toastBad)
		}
		if !lasting {
			u.toasts.show(u.w.t("secret.memory-only"), toastWarn)
		}
		u.connect(c, "")
	})
}
