package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
)

// keyForm holds the fields of a key, for a new one and for one that exists.
type keyForm struct {
	ui       *UI
	dialog   *modal
	name     *input
	about    *input
	role     *choice
	pool     *input
	openings *input // endpoints
	blocks   *input // addresses
	life     *lifetime
	fields   map[string]*field // by the server's name for them
	submit   *button
}

func newKeyForm(u *UI, headline, text string, keep bool) *keyForm {
	f := &keyForm{ui: u, dialog: u.newModal(headline, text, 560)}
	w, k := u.w, f.dialog.keys()
	f.name, f.about, f.pool, f.openings, f.blocks = newInput(k), newInput(k), newInput(k), newInput(k), newInput(k)
	f.name.SetPlaceHolder(w.t("form.name-example"))
	f.about.SetPlaceHolder(w.t("form.description-example"))
	f.pool.SetPlaceHolder("edge")
	f.openings.SetPlaceHolder("pyroscope, kuma")
	f.blocks.SetPlaceHolder("10.0.0.0/8, 2001:db8::/32")
	var roles []string
	for _, r := range u.session.Policy.Roles {
		roles = append(roles, r.String())
	}
	f.role = newChoice(roles, k, nil)
	f.life = newLifetime(u, k, keep)
	f.fields = map[string]*field{
		"name":         newField(w.t("key.name"), f.name, ""),
		"description":  newField(w.t("key.description"), f.about, ""),
		"role":         newField(w.t("key.role"), f.role, ""),
		"pool":         newField(w.t("key.pool"), u.withPools(f.pool, k), w.t("form.pool-help")),
		"endpoints":    newField(w.t("key.endpoints"), f.openings, w.t("form.endpoints-help")),
		"allowedCidrs": newField(w.t("key.addresses"), f.blocks, w.t("form.addresses-help")),
		"expiresIn":    f.life.field,
		"expiresAt":    f.life.field,
	}
	f.role.OnChanged = func(r string) { f.fields["role"].explain(w.t("role." + strings.ToLower(r))) }
	for _, i := range []*input{f.name, f.about, f.pool, f.openings, f.blocks, f.life.seconds, f.life.date.input} {
		i.OnSubmitted = func(string) {
			if f.submit != nil && !f.submit.Disabled() {
				f.submit.Tapped(nil)
			}
		}
	}
	return f
}

// list reads words with commas or spaces between them.
func list(text string) []string {
	out := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == ';' || r == '\n' })
	if out == nil {
		out = []string{}
	}
	return out
}

// check shows what is wrong before anything is sent.
func (f *keyForm) check() bool {
	for _, field := range f.fields {
		field.fail("")
	}
	f.dialog.warn(nil)
	good := f.life.check()
	if strings.TrimSpace(f.name.Text) == "" {
		f.fields["name"].fail(f.ui.w.t("form.name-missing"))
		f.ui.window.Canvas().Focus(f.name)
		good = false
	}
	f.dialog.relayout()
	return good
}

// send runs an action with the button resting, and shows what went wrong with
// it beside the fields.
func (f *keyForm) send(work func(context.Context) error, done func(error)) {
	f.submit.Disable()
	attempt(f.ui, func(ctx context.Context) error { return work(ctx) }, func(err error) {
		f.submit.Enable()
		if err != nil {
			f.fail(err)
		}
		done(err)
	})
}

func (f *keyForm) fail(err error) {
	t := f.ui.explain(err)
	placed := false
	for name, detail := range t.Fields {
		if field, ok := f.fields[name]; ok {
			field.fail(detail)
			placed = true
		}
	}
	if t.Kind == state.KindDuplicate {
		f.fields["name"].fail(t.headline + " " + t.next)
		f.ui.window.Canvas().Focus(f.name)
		placed = true
	}
	if !placed {
		f.dialog.warn(alert(true, t.headline, t.text()))
	}
	f.dialog.relayout()
}

// showCreate asks for a new key.
func (u *UI) showCreate() {
	f := newKeyForm(u, u.w.t("create.title"), u.w.t("create.text"), false)
	start := "Agent"
	if roles := f.role.Options; len(roles) > 0 {
		f.role.SetSelected(roles[len(roles)-1])
		start = roles[len(roles)-1]
	}
	f.role.SetSelected(start)
	f.dialog.add(
		f.fields["name"].object,
		f.fields["description"].object,
		halves(f.fields["role"].object, f.fields["pool"].object),
		f.fields["expiresIn"].object,
		halves(f.fields["endpoints"].object, f.fields["allowedCidrs"].object),
	)
	session := u.session
	f.submit = primary(u.w.t("create.submit"), "", f.dialog.keys(), func() {
		if !f.check() {
			return
		}
		in, at := f.life.value()
		request := api.CreateKey{
			Name: f.name.Text, Description: f.about.Text, Role: f.role.Selected, Pool: strings.TrimSpace(f.pool.Text),
			Endpoints: list(f.openings.Text), AllowedCIDRs: list(f.blocks.Text), ExpiresIn: in, ExpiresAt: at,
		}
		var issued *state.Issued
		f.send(func(ctx context.Context) (err error) {
			issued, err = session.Create(ctx, request)
			return err
		}, func(err error) {
			if u.offerNewToken(err, f.dialog) || err != nil {
				return
			}
			f.dialog.end()
			u.showToken(u.w.t("create.done"), issued)
			u.changed()
		})
	})
	f.dialog.actions(newButton(u.w.t("common.cancel"), "", f.dialog.keys(), f.dialog.close), f.submit)
	f.dialog.show(f.name)
}

// offerNewToken handles the case that a key was made and its token was lost
// on the way: it offers to rotate the key at once.
func (u *UI) offerNewToken(err error, dialog *modal) bool {
	problem := state.Explain(err)
	if problem == nil || problem.Kind != state.KindTokenLost {
		return false
	}
	lost := problem.Err.(*state.TokenLostError) //nolint:errorlint,forcetypeassert // the kind says that it is one
	dialog.end()
	t := u.explain(err)
	m := u.newModal(t.headline, t.next, 480)
	session := u.session
	again := primary(u.w.t("token-lost.rotate"), "rotate", m.keys(), nil)
	again.OnTapped = func() {
		again.Disable()
		beside(u, func(ctx context.Context) (*state.Issued, error) { return session.Reissue(ctx, lost.Key) }, func(issued *state.Issued, err error) {
			m.end()
			if u.offerNewToken(err, m) {
				return
			}
			if err != nil {
				u.tellFailed(err)
				return
			}
			u.showToken(u.w.t("create.done"), issued)
			u.changed()
		})
	}
	m.actions(newButton(u.w.t("common.close"), "", m.keys(), m.close), again)
	m.show(again)
	u.changed()
	return true
}

// withPools puts a button beside a field that offers the pools there are.
func (u *UI) withPools(in *input, k keys) fyne.CanvasObject {
	if len(u.pools) == 0 {
		return in
	}
	offer := newButton("", "down", k, nil)
	offer.Importance = widget.LowImportance
	offer.OnTapped = func() {
		var items []*fyne.MenuItem
		for _, name := range u.pools {
			items = append(items, fyne.NewMenuItem(name, func() { in.fill(name) }))
		}
		widget.ShowPopUpMenuAtRelativePosition(fyne.NewMenu("", items...), u.window.Canvas(), fyne.NewPos(0, offer.Size().Height+2), offer)
	}
	return container.NewBorder(nil, nil, nil, offer, boxed(in))
}

// showEdit changes the fields of a key.
func (u *UI) showEdit(k api.Key) {
	f := newKeyForm(u, u.w.t("edit.title", "name", k.Name), "", true)
	f.name.fill(k.Name)
	f.about.fill(strings.ReplaceAll(k.Description, "\n", " "))
	f.openings.fill(strings.Join(k.Endpoints, ", "))
	f.blocks.fill(strings.Join(k.AllowedCIDRs, ", "))
	if role := k.Role.String(); !slices.Contains(f.role.Options, role) {
		f.role.Options = append([]string{role}, f.role.Options...) // the policy no longer allows it for new keys
	}
	f.role.SetSelected(k.Role.String())
	f.dialog.add(
		f.fields["name"].object,
		f.fields["description"].object,
		f.fields["role"].object,
		f.fields["expiresIn"].object,
		halves(f.fields["endpoints"].object, f.fields["allowedCidrs"].object),
	)
	session, force := u.session, false
	f.submit = primary(u.w.t("edit.submit"), "", f.dialog.keys(), func() {
		if !f.check() {
			return
		}
		change := f.changes(k)
		f.send(func(ctx context.Context) error { return session.Update(ctx, k, change, force) }, func(err error) {
			if err == nil {
				f.dialog.end()
				u.toasts.good(u.w.t("done.update", "name", f.name.Text))
				u.changed()
				return
			}
			if state.Explain(err).Kind == state.KindLastAdmin {
				force = true
				f.submit.SetText(u.w.t("force.update"))
			}
		})
	})
	f.dialog.actions(newButton(u.w.t("common.cancel"), "", f.dialog.keys(), f.dialog.close), f.submit)
	f.dialog.show(f.name)
}

// changes are the fields that differ from the key's.
func (f *keyForm) changes(k api.Key) api.UpdateKey {
	var u api.UpdateKey
	u.ExpiresIn, u.ExpiresAt = f.life.value()
	if name := strings.TrimSpace(f.name.Text); name != k.Name {
		u.Name = &name
	}
	if about := f.about.Text; about != strings.ReplaceAll(k.Description, "\n", " ") {
		u.Description = &about
	}
	if role := f.role.Selected; role != k.Role.String() {
		u.Role = &role
	}
	if endpoints := list(f.openings.Text); strings.Join(endpoints, ",") != strings.Join(k.Endpoints, ",") {
		u.Endpoints = &endpoints
	}
	if blocks := list(f.blocks.Text); strings.Join(blocks, ",") != strings.Join(k.AllowedCIDRs, ",") {
		u.AllowedCIDRs = &blocks
	}
	return u
}
