package keys

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
)

// keyForm holds the fields of a key, for a new one and for one that exists.
type keyForm struct {
	host   *page.Host
	dialog *kit.Modal
	submit *kit.Button

	name, about, owner, pool, blocks *kit.Input // blocks are of addresses
	role                             *kit.Choice
	endpoints, labels, tenants       *forms.Many
	life                             *forms.Lifetime
	limits                           *forms.Limits
	fields                           map[string]*kit.Field // by the server's name for them
	before                           *api.Key              // what the form changes; nil = it makes a new one

	live   *live     // what is said of the key while one types
	begins beginning // as what a new key begins
}

func newKeyForm(h *page.Host, headline, text string, keep bool) *keyForm {
	f := &keyForm{host: h, dialog: h.NewModal(headline, text, 600)}
	w, k := h.Words, f.dialog.Keys()
	input := func(example string) *kit.Input {
		in := kit.NewInput(k)
		in.SetPlaceHolder(example)
		return in
	}
	f.name, f.about = input(w.T("form.name-example")), input(w.T("key-form.description-example"))
	f.pool, f.blocks, f.owner = input("edge"), input("10.0.0.0/8, 2001:db8::/32"), input(h.Session.Who.Login)
	var roles []string
	for _, r := range h.Session.Policy.Roles {
		roles = append(roles, r.String())
	}
	f.role = kit.NewChoice(roles, k, nil)
	f.life = forms.NewLifetime(h, k, keep)
	many := func(field, example, help string) *forms.Many {
		return forms.NewMany(h, f.dialog, w.T(field), example, w.T(help))
	}
	f.endpoints = many("key.endpoints", "pyroscope, kuma", "key-form.endpoints-help")
	f.labels = many("key.labels", "team=sre, env=prod", "form.labels-help")
	f.tenants = many("key.tenants", "team-a, team-b", "key-form.tenants-help")
	f.endpoints.Spaces, f.tenants.Spaces = true, true
	f.tenants.Offers.Set(forms.TenantOffers(h))
	f.limits = forms.NewLimits(w, k, w.T("key-form.limits-help"))
	pool, pools := forms.Offering(h, f.pool, k)
	pools.Set(forms.PoolOffers(h))
	f.fields = map[string]*kit.Field{
		"name":         kit.NewField(w.T("key.name"), f.name, ""),
		"description":  kit.NewField(w.T("key.description"), f.about, ""),
		"owner":        kit.NewField(w.T("key.owner"), f.owner, w.T("key-form.owner-help")),
		"role":         kit.NewField(w.T("key.role"), f.role, ""),
		"pool":         kit.NewField(w.T("key.pool"), pool, w.T("key-form.pool-help")),
		"allowedCidrs": kit.NewField(w.T("key.allowed-addresses"), f.blocks, w.T("key-form.addresses-help")),
		"endpoints":    f.endpoints.Field,
		"labels":       f.labels.Field,
		"tenants":      f.tenants.Field,
		"expiresIn":    f.life.Field,
		"expiresAt":    f.life.Field,
	}
	for name, field := range f.limits.Fields {
		f.fields["limits."+name] = field
	}
	f.role.OnChanged = func(r string) { f.fields["role"].Explain(w.T("role." + strings.ToLower(r))) }
	f.submitOnEnter()
	f.lay()
	f.live = newLive(f)
	forms.WithEndpoints(h, func(all []api.Endpoint) {
		f.endpoints.Offers.Set(forms.EndpointOffers(h, all))
		f.live.know(all)
	})
	return f
}

// lay puts the fields into the dialog.
func (f *keyForm) lay() {
	field := func(name string) fyne.CanvasObject { return f.fields[name].Object }
	f.dialog.Add(
		field("name"),
		field("description"),
		kit.Halves(field("role"), field("owner")),
		field("expiresIn"),
		kit.Halves(field("pool"), field("allowedCidrs")),
		field("endpoints"),
		field("labels"),
		field("tenants"),
		f.limits.Object,
	)
}

// submitOnEnter lets Enter submit the form. In a field for several words it
// takes the one that was typed first.
func (f *keyForm) submitOnEnter() {
	submit := func() {
		if f.submit != nil && !f.submit.Disabled() {
			f.submit.Tapped(nil)
		}
	}
	inputs := []*kit.Input{f.name, f.about, f.owner, f.pool, f.blocks}
	for _, in := range slices.Concat(inputs, f.life.Inputs(), f.limits.Inputs()) {
		in.OnSubmitted = func(string) { submit() }
	}
	for _, many := range []*forms.Many{f.endpoints, f.labels, f.tenants} {
		many.Input.OnSubmitted = func(text string) {
			if text == "" {
				submit()
			} else {
				many.Take()
			}
		}
	}
}

// check shows what is wrong before anything is sent.
func (f *keyForm) check() bool {
	w := f.host.Words
	for _, field := range f.fields {
		field.Fail("")
	}
	f.dialog.Warn(nil)
	good := f.life.Check()
	good = f.limits.Check() && good
	fail := func(name, wrong string) {
		f.field(name).Fail(wrong)
		good = false
	}
	if wrong := f.live.fitsNone(); wrong != "" && len(f.endpoints.Values()) == 0 {
		fail("endpoints", wrong)
	}
	if _, wrong := state.Labels(f.labels.Values()); wrong != "" {
		fail("labels", wrongLabel(w, wrong))
	}
	if wrong := state.WrongTenant(f.tenants.Values()); wrong != "" {
		fail("tenants", w.T("tenants.wrong", "value", wrong))
	}
	if f.begins.led && len(f.live.needed) > 0 && len(f.tenants.Now()) == 0 {
		// Who is led through the first steps would wait for a request that can only be refused.
		fail("tenants", w.T("key-form.tenant-missing"))
	}
	if strings.TrimSpace(f.name.Text) == "" {
		fail("name", w.T("key-form.name-missing"))
		f.host.Window.Canvas().Focus(f.name)
	}
	for name, wrong := range f.filled().Mistakes(f.before) {
		if field := f.field(name); field != nil && !field.Failed() {
			fail(name, f.host.Words.FromServer(wrong))
		}
	}
	f.dialog.Relayout()
	f.dialog.RevealMistake(maps.Values(f.fields))
	return good
}

// wrongLabel says what is wrong with what was typed as a label.
func wrongLabel(w *words.Words, text string) string {
	name, value, _ := strings.Cut(text, "=")
	if strings.TrimSpace(value) == "" {
		return w.T("labels.no-value", "text", text)
	}
	return w.T("labels.name", "name", strings.TrimSpace(name))
}

// filled is what the fields hold, once they were checked.
func (f *keyForm) filled() state.KeyFields {
	labels, _ := state.Labels(f.labels.Values())
	in := state.KeyFields{
		Name: f.name.Text, Description: f.about.Text, Owner: strings.TrimSpace(f.owner.Text), Labels: labels,
		Role: f.role.Selected, Pool: strings.TrimSpace(f.pool.Text), Endpoints: f.endpoints.Values(),
		AllowedCIDRs: state.Fields(f.blocks.Text), Tenants: f.tenants.Values(), Limits: f.limits.Value(),
	}
	in.ExpiresIn, in.ExpiresAt = f.life.Value()
	return in
}

// guard has the dialog ask before what was typed from now on is discarded.
func (f *keyForm) guard() {
	first := f.filled()
	f.dialog.Guard(func() bool { return !reflect.DeepEqual(first, f.filled()) })
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

// field is the one that a server means: that of limits.burst has that name, and
// that of labels.team is for all labels. Nil is none.
func (f *keyForm) field(name string) *kit.Field {
	if field, ok := f.fields[name]; ok {
		return field
	}
	whole, _, _ := strings.Cut(name, ".")
	return f.fields[whole]
}

// fail shows what is wrong at its field, and what has none above the buttons.
func (f *keyForm) fail(err error) {
	t := f.host.Explain(err)
	placed := false
	var others []string
	for _, name := range slices.Sorted(maps.Keys(t.Fields)) {
		if field := f.field(name); field != nil {
			field.Fail(t.Fields[name])
			placed = true
		} else {
			others = append(others, name+": "+t.Fields[name])
		}
	}
	if t.Kind == state.KindDuplicate {
		f.fields["name"].Fail(t.Headline + " " + t.Next)
		f.host.Window.Canvas().Focus(f.name)
		placed = true
	}
	switch {
	case len(others) > 0:
		f.dialog.Warn(kit.Alert(true, t.Headline, strings.Join(others, "\n")))
	case !placed:
		f.dialog.Warn(t.Alert())
	}
	f.dialog.Relayout()
	f.dialog.RevealMistake(maps.Values(f.fields))
}
