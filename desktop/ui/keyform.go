package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
)

// keyForm holds the fields of a key, for a new one and for one that exists.
type keyForm struct {
	ui       *UI
	dialog   *kit.Modal
	name     *kit.Input
	about    *kit.Input
	role     *kit.Choice
	pool     *kit.Input
	openings *kit.Input // endpoints
	blocks   *kit.Input // addresses
	life     *lifetime
	fields   map[string]*kit.Field // by the server's name for them
	submit   *kit.Button
}

func newKeyForm(u *UI, headline, text string, keep bool) *keyForm {
	f := &keyForm{ui: u, dialog: u.NewModal(headline, text, 560)}
	w, k := u.Words, f.dialog.Keys()
	f.name, f.about, f.pool, f.openings, f.blocks = kit.NewInput(k), kit.NewInput(k), kit.NewInput(k), kit.NewInput(k), kit.NewInput(k)
	f.name.SetPlaceHolder(w.T("form.name-example"))
	f.about.SetPlaceHolder(w.T("key-form.description-example"))
	f.pool.SetPlaceHolder("edge")
	f.openings.SetPlaceHolder("pyroscope, kuma")
	f.blocks.SetPlaceHolder("10.0.0.0/8, 2001:db8::/32")
	var roles []string
	for _, r := range u.session.Policy.Roles {
		roles = append(roles, r.String())
	}
	f.role = kit.NewChoice(roles, k, nil)
	f.life = newLifetime(u, k, keep)
	f.fields = map[string]*kit.Field{
		"name":         kit.NewField(w.T("key.name"), f.name, ""),
		"description":  kit.NewField(w.T("key.description"), f.about, ""),
		"role":         kit.NewField(w.T("key.role"), f.role, ""),
		"pool":         kit.NewField(w.T("key.pool"), u.withPools(f.pool, k), w.T("form.pool-help")),
		"endpoints":    kit.NewField(w.T("key.endpoints"), f.openings, w.T("form.endpoints-help")),
		"allowedCidrs": kit.NewField(w.T("key.allowed-addresses"), f.blocks, w.T("form.addresses-help")),
		"expiresIn":    f.life.field,
		"expiresAt":    f.life.field,
	}
	f.role.OnChanged = func(r string) { f.fields["role"].Explain(w.T("role." + strings.ToLower(r))) }
	for _, i := range []*kit.Input{f.name, f.about, f.pool, f.openings, f.blocks, f.life.seconds, f.life.date.Input} {
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
		field.Fail("")
	}
	f.dialog.Warn(nil)
	good := f.life.check()
	if strings.TrimSpace(f.name.Text) == "" {
		f.fields["name"].Fail(f.ui.Words.T("key-form.name-missing"))
		f.ui.Window.Canvas().Focus(f.name)
		good = false
	}
	f.dialog.Relayout()
	return good
}

// send runs an action with the button resting, and shows what went wrong with
// it next to the fields.
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
			field.Fail(detail)
			placed = true
		}
	}
	if t.Kind == state.KindDuplicate {
		f.fields["name"].Fail(t.headline + " " + t.next)
		f.ui.Window.Canvas().Focus(f.name)
		placed = true
	}
	if !placed {
		f.dialog.Warn(kit.Alert(true, t.headline, t.text()))
	}
	f.dialog.Relayout()
}

// showCreate asks for a new key.
func (u *UI) showCreate() {
	f := newKeyForm(u, u.Words.T("create.title"), u.Words.T("create.text"), false)
	start := "Agent"
	if roles := f.role.Options; len(roles) > 0 {
		f.role.SetSelected(roles[len(roles)-1])
		start = roles[len(roles)-1]
	}
	f.role.SetSelected(start)
	f.dialog.Add(
		f.fields["name"].Object,
		f.fields["description"].Object,
		kit.Halves(f.fields["role"].Object, f.fields["pool"].Object),
		f.fields["expiresIn"].Object,
		kit.Halves(f.fields["endpoints"].Object, f.fields["allowedCidrs"].Object),
	)
	session := u.session
	f.submit = kit.Primary(u.Words.T("create.submit"), "", f.dialog.Keys(), func() {
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
			f.dialog.End()
			u.showToken(u.Words.T("create.done"), issued)
			u.changed()
		})
	})
	f.dialog.Actions(kit.NewButton(u.Words.T("common.cancel"), "", f.dialog.Keys(), f.dialog.Close), f.submit)
	f.dialog.Show(f.name)
}

// offerNewToken handles the case that a key was made and its token was lost
// on the way: it offers to rotate the key at once.
func (u *UI) offerNewToken(err error, dialog *kit.Modal) bool {
	problem := state.Explain(err)
	if problem == nil || problem.Kind != state.KindTokenLost {
		return false
	}
	lost := problem.Err.(*state.TokenLostError) //nolint:errorlint,forcetypeassert // the kind says that it is one
	dialog.End()
	t := u.explain(err)
	m := u.NewModal(t.headline, t.next, 480)
	session := u.session
	again := kit.Primary(u.Words.T("token-lost.rotate"), "rotate", m.Keys(), nil)
	again.OnTapped = func() {
		again.Disable()
		inBackground(u, func(ctx context.Context) (*state.Issued, error) { return session.Reissue(ctx, lost.Key) }, func(issued *state.Issued, err error) {
			m.End()
			if u.offerNewToken(err, m) {
				return
			}
			if err != nil {
				u.tellFailed(err)
				return
			}
			u.showToken(u.Words.T("create.done"), issued)
			u.changed()
		})
	}
	m.Actions(kit.NewButton(u.Words.T("common.close"), "", m.Keys(), m.Close), again)
	m.Show(again)
	u.changed()
	return true
}

// withPools puts a button next to a field that offers the pools there are.
func (u *UI) withPools(in *kit.Input, k kit.Keys) fyne.CanvasObject {
	if len(u.pools) == 0 {
		return in
	}
	offer := kit.NewButton("", "down", k, nil)
	offer.Importance = widget.LowImportance
	offer.OnTapped = func() {
		var items []*fyne.MenuItem
		for _, name := range u.pools {
			items = append(items, fyne.NewMenuItem(name, func() { in.Fill(name) }))
		}
		widget.ShowPopUpMenuAtRelativePosition(fyne.NewMenu("", items...), u.Window.Canvas(), fyne.NewPos(0, offer.Size().Height+2), offer)
	}
	return container.NewBorder(nil, nil, nil, offer, kit.Boxed(in))
}

// showEdit changes the fields of a key.
func (u *UI) showEdit(k api.Key) {
	f := newKeyForm(u, u.Words.T("edit.title", "name", k.Name), "", true)
	f.name.Fill(k.Name)
	f.about.Fill(strings.ReplaceAll(k.Description, "\n", " "))
	f.openings.Fill(strings.Join(k.Endpoints, ", "))
	f.blocks.Fill(strings.Join(k.AllowedCIDRs, ", "))
	if role := k.Role.String(); !slices.Contains(f.role.Options, role) {
		f.role.Options = append([]string{role}, f.role.Options...) // the policy no longer allows it for new keys
	}
	f.role.SetSelected(k.Role.String())
	f.dialog.Add(
		f.fields["name"].Object,
		f.fields["description"].Object,
		f.fields["role"].Object,
		f.fields["expiresIn"].Object,
		kit.Halves(f.fields["endpoints"].Object, f.fields["allowedCidrs"].Object),
	)
	session, force := u.session, false
	f.submit = kit.Primary(u.Words.T("edit.submit"), "", f.dialog.Keys(), func() {
		if !f.check() {
			return
		}
		change := f.changes(k)
		f.send(func(ctx context.Context) error { return session.Update(ctx, k, change, force) }, func(err error) {
			if err == nil {
				f.dialog.End()
				u.Toasts.Good(u.Words.T("done.update", "name", f.name.Text))
				u.changed()
				return
			}
			if state.Explain(err).Kind == state.KindLastAdmin {
				force = true
				f.submit.SetText(u.Words.T("force.update"))
			}
		})
	})
	f.dialog.Actions(kit.NewButton(u.Words.T("common.cancel"), "", f.dialog.Keys(), f.dialog.Close), f.submit)
	f.dialog.Show(f.name)
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
