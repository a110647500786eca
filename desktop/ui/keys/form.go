package keys

import (
	"context"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/ui/tokens"
	"github.com/ostiary/ostiary/pkg/api"
)

// keyForm holds the fields of a key, for a new one and for one that exists.
type keyForm struct {
	host     *page.Host
	dialog   *kit.Modal
	name     *kit.Input
	about    *kit.Input
	role     *kit.Choice
	pool     *kit.Input
	openings *kit.Input // endpoints
	blocks   *kit.Input // addresses
	life     *forms.Lifetime
	fields   map[string]*kit.Field // by the server's name for them
	submit   *kit.Button
}

func newKeyForm(h *page.Host, headline, text string, keep bool) *keyForm {
	f := &keyForm{host: h, dialog: h.NewModal(headline, text, 560)}
	w, k := h.Words, f.dialog.Keys()
	f.name, f.about, f.pool, f.openings, f.blocks = kit.NewInput(k), kit.NewInput(k), kit.NewInput(k), kit.NewInput(k), kit.NewInput(k)
	f.name.SetPlaceHolder(w.T("form.name-example"))
	f.about.SetPlaceHolder(w.T("key-form.description-example"))
	f.pool.SetPlaceHolder("edge")
	f.openings.SetPlaceHolder("pyroscope, kuma")
	f.blocks.SetPlaceHolder("10.0.0.0/8, 2001:db8::/32")
	var roles []string
	for _, r := range h.Session.Policy.Roles {
		roles = append(roles, r.String())
	}
	f.role = kit.NewChoice(roles, k, nil)
	f.life = forms.NewLifetime(h, k, keep)
	f.fields = map[string]*kit.Field{
		"name":         kit.NewField(w.T("key.name"), f.name, ""),
		"description":  kit.NewField(w.T("key.description"), f.about, ""),
		"role":         kit.NewField(w.T("key.role"), f.role, ""),
		"pool":         kit.NewField(w.T("key.pool"), forms.WithPools(h, f.pool, k), w.T("form.pool-help")),
		"endpoints":    kit.NewField(w.T("key.endpoints"), f.openings, w.T("form.endpoints-help")),
		"allowedCidrs": kit.NewField(w.T("key.allowed-addresses"), f.blocks, w.T("form.addresses-help")),
		"expiresIn":    f.life.Field,
		"expiresAt":    f.life.Field,
	}
	f.role.OnChanged = func(r string) { f.fields["role"].Explain(w.T("role." + strings.ToLower(r))) }
	for _, i := range append(f.life.Inputs(), f.name, f.about, f.pool, f.openings, f.blocks) {
		i.OnSubmitted = func(string) {
			if f.submit != nil && !f.submit.Disabled() {
				f.submit.Tapped(nil)
			}
		}
	}
	return f
}

// check shows what is wrong before anything is sent.
func (f *keyForm) check() bool {
	for _, field := range f.fields {
		field.Fail("")
	}
	f.dialog.Warn(nil)
	good := f.life.Check()
	if strings.TrimSpace(f.name.Text) == "" {
		f.fields["name"].Fail(f.host.Words.T("key-form.name-missing"))
		f.host.Window.Canvas().Focus(f.name)
		good = false
	}
	f.dialog.Relayout()
	return good
}

// send runs an action with the button resting, and shows what went wrong with
// it next to the fields.
func (f *keyForm) send(work func(context.Context) error, done func(error)) {
	f.submit.Disable()
	page.Attempt(f.host, func(ctx context.Context) error { return work(ctx) }, func(err error) {
		f.submit.Enable()
		if err != nil {
			f.fail(err)
		}
		done(err)
	})
}

func (f *keyForm) fail(err error) {
	t := f.host.Explain(err)
	placed := false
	for name, detail := range t.Fields {
		if field, ok := f.fields[name]; ok {
			field.Fail(detail)
			placed = true
		}
	}
	if t.Kind == state.KindDuplicate {
		f.fields["name"].Fail(t.Headline + " " + t.Next)
		f.host.Window.Canvas().Focus(f.name)
		placed = true
	}
	if !placed {
		f.dialog.Warn(t.Alert())
	}
	f.dialog.Relayout()
}

// Create asks for a new key.
func Create(h *page.Host) {
	f := newKeyForm(h, h.Words.T("create.title"), h.Words.T("create.text"), false)
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
	session := h.Session
	f.submit = kit.Primary(h.Words.T("create.submit"), "", f.dialog.Keys(), func() {
		if !f.check() {
			return
		}
		in, at := f.life.Value()
		request := api.CreateKey{
			Name: f.name.Text, Description: f.about.Text, Role: f.role.Selected, Pool: strings.TrimSpace(f.pool.Text),
			Endpoints: state.Fields(f.openings.Text), AllowedCIDRs: state.Fields(f.blocks.Text), ExpiresIn: in, ExpiresAt: at,
		}
		var issued *state.Issued
		f.send(func(ctx context.Context) (err error) {
			issued, err = session.Create(ctx, request)
			return err
		}, func(err error) {
			if offerNewToken(h, err, f.dialog) || err != nil {
				return
			}
			f.dialog.End()
			tokens.Show(h, h.Words.T("create.done"), issued)
			h.Changed()
		})
	})
	f.dialog.Actions(kit.NewButton(h.Words.T("common.cancel"), "", f.dialog.Keys(), f.dialog.Close), f.submit)
	f.dialog.Show(f.name)
}

// offerNewToken handles the case that a key was made and its token was lost
// on the way: it offers to rotate the key at once.
func offerNewToken(h *page.Host, err error, dialog *kit.Modal) bool {
	problem := state.Explain(err)
	if problem == nil || problem.Kind != state.KindTokenLost {
		return false
	}
	lost := problem.Err.(*state.TokenLostError) //nolint:errorlint,forcetypeassert // the kind says that it is one
	dialog.End()
	t := h.Explain(err)
	m := h.NewModal(t.Headline, t.Next, 480)
	session := h.Session
	again := kit.Primary(h.Words.T("token-lost.rotate"), "rotate", m.Keys(), nil)
	again.OnTapped = func() {
		again.Disable()
		page.InBackground(h, func(ctx context.Context) (*state.Issued, error) { return session.Reissue(ctx, lost.Key) }, func(issued *state.Issued, err error) {
			m.End()
			if offerNewToken(h, err, m) {
				return
			}
			if err != nil {
				h.ShowError(err)
				return
			}
			tokens.Show(h, h.Words.T("create.done"), issued)
			h.Changed()
		})
	}
	m.Actions(kit.NewButton(h.Words.T("common.close"), "", m.Keys(), m.Close), again)
	m.Show(again)
	h.Changed()
	return true
}

// showEdit changes the fields of a key.
func showEdit(h *page.Host, k api.Key) {
	f := newKeyForm(h, h.Words.T("edit.title", "name", k.Name), "", true)
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
	session, force := h.Session, false
	f.submit = kit.Primary(h.Words.T("edit.submit"), "", f.dialog.Keys(), func() {
		if !f.check() {
			return
		}
		change := f.changes(k)
		f.send(func(ctx context.Context) error { return session.Update(ctx, k, change, force) }, func(err error) {
			if err == nil {
				f.dialog.End()
				h.Toasts.Good(h.Words.T("done.update", "name", f.name.Text))
				h.Changed()
				return
			}
			if state.Explain(err).Kind == state.KindLastAdmin {
				force = true
				f.submit.SetText(h.Words.T("force.update"))
			}
		})
	})
	f.dialog.Actions(kit.NewButton(h.Words.T("common.cancel"), "", f.dialog.Keys(), f.dialog.Close), f.submit)
	f.dialog.Show(f.name)
}

// changes are the fields that differ from the key's.
func (f *keyForm) changes(k api.Key) api.UpdateKey {
	var h api.UpdateKey
	h.ExpiresIn, h.ExpiresAt = f.life.Value()
	if name := strings.TrimSpace(f.name.Text); name != k.Name {
		h.Name = &name
	}
	if about := f.about.Text; about != strings.ReplaceAll(k.Description, "\n", " ") {
		h.Description = &about
	}
	if role := f.role.Selected; role != k.Role.String() {
		h.Role = &role
	}
	if endpoints := state.Fields(f.openings.Text); strings.Join(endpoints, ",") != strings.Join(k.Endpoints, ",") {
		h.Endpoints = &endpoints
	}
	if blocks := state.Fields(f.blocks.Text); strings.Join(blocks, ",") != strings.Join(k.AllowedCIDRs, ",") {
		h.AllowedCIDRs = &blocks
	}
	return h
}
