package endpoints

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// What the choices offer; the first of each is none.
var (
	requires  = []string{"", "read", "write", "ingest", "manage", api.RequireNone}
	tenants   = []string{"", state.TenantHeader, state.TenantLabel, state.TenantExtraLabel}
	expiries  = []string{"", state.ExpiredHold, state.ExpiredGrace}
	graceTime = []time.Duration{
		time.Hour, 2 * time.Hour, 12 * time.Hour, 24 * time.Hour, 72 * time.Hour, 7 * 24 * time.Hour,
	}
)

// What they say.
var (
	tenantTexts = map[string]string{
		"": "endpoint-form.tenant-none", state.TenantHeader: "endpoint-form.tenant-header",
		state.TenantLabel: "endpoint-form.tenant-label", state.TenantExtraLabel: "endpoint-form.tenant-extra",
	}
	expiryTexts = map[string]string{
		"": "endpoint-form.deny", state.ExpiredHold: "endpoint-form.hold", state.ExpiredGrace: "endpoint-form.grace",
	}
)

// form holds the fields of an endpoint, for a new one and for one that exists.
type form struct {
	page   *Page
	host   *page.Host
	dialog *kit.Modal
	before state.EndpointFields
	fresh  bool
	agreed api.EndpointChange // what its user wants though it was warned of; nil = nothing
	save   *kit.Button

	name, path, upstream, pool, tenant *kit.Input
	kind, require, by, expired, lasts  *kit.Choice
	kinds                              []string
	times                              []time.Duration
	limits                             *forms.Limits
	fields                             map[string]*kit.Field // by the server's name for them
}

// edit asks for the fields of an endpoint, or of a new one.
func (p *Page) edit(e *api.Endpoint) {
	w := p.host.Words
	f := &form{page: p, host: p.host, fresh: e == nil, times: graceTime}
	headline := w.T("endpoints.create")
	if e != nil {
		f.before = state.EndpointFieldsOf(*e)
		headline = w.T("edit.title", "name", e.Name)
	}
	f.dialog = p.host.NewModal(headline, w.T("endpoint-form.what"), 600)
	f.build()
	f.fill(f.before)
	f.save = kit.Primary(w.T("edit.submit"), "", f.dialog.Keys(), f.submit)
	f.dialog.Actions(kit.NewButton(w.T("common.cancel"), "", f.dialog.Keys(), f.dialog.Close), f.save)
	first := f.path
	if f.fresh {
		first = f.name
	}
	f.dialog.Show(first)
}

// build makes the fields.
func (f *form) build() {
	h, w, k := f.host, f.host.Words, f.dialog.Keys()
	input := func(example string) *kit.Input {
		in := kit.NewInput(k)
		in.SetPlaceHolder(example)
		in.OnSubmitted = func(string) { f.submit() }
		return in
	}
	f.name, f.path, f.upstream = input("loki"), input("/loki"), input("http://127.0.0.1:3100")
	f.pool, f.tenant = input("edge"), input("X-Scope-OrgID")
	f.kinds = append([]string{""}, f.page.list.Kinds...)
	choice := func(values []string, name func(string) string) *kit.Choice {
		options := make([]string, len(values))
		for i, v := range values {
			options[i] = name(v)
		}
		return kit.NewChoice(options, k, nil)
	}
	f.kind = choice(f.kinds, func(v string) string { return orText(v, w.T("endpoint-form.other-kind")) })
	f.require = choice(requires, func(v string) string {
		switch v {
		case "":
			return w.T("endpoint-form.by-kind")
		case api.RequireNone:
			return w.T("key-form.open-to-all")
		}
		return w.T("permission." + v)
	})
	f.by = choice(tenants, func(v string) string { return w.T(tenantTexts[v]) })
	f.expired = choice(expiries, func(v string) string { return w.T(expiryTexts[v]) })
	f.limits = forms.NewLimits(w, k)
	pool, pools := forms.Offering(h, f.pool, k)
	pools.Set(forms.PoolOffers(h))
	field := func(text string, in fyne.CanvasObject, help string) *kit.Field {
		if help != "" {
			help = w.T(help)
		}
		return kit.NewField(w.T(text), in, help)
	}
	f.fields = map[string]*kit.Field{
		"name":     field("key.name", f.name, ""),
		"path":     field("endpoint-form.path", f.path, "endpoint-form.path-help"),
		"kind":     field("endpoint-form.kind", f.kind, "endpoint-form.kind-help"),
		"require":  field("endpoint-form.require", f.require, ""),
		"upstream": field("endpoint-form.upstream", f.upstream, ""),
		"pool":     field("key.pool", pool, "endpoint-form.pool-help"),
	}
	f.fields["upstream"].Explain(f.upstreamHelp())
	f.lay()
}

// upstreamHelp says what may stand behind an endpoint here.
func (f *form) upstreamHelp() string {
	w, allowed := f.host.Words, f.page.list.Upstreams
	if len(allowed) == 0 {
		return w.T("endpoint-form.no-upstreams")
	}
	return w.T("endpoint-form.upstream-help", "upstreams", strings.Join(allowed, ", "))
}

// lay puts the fields into the dialog.
func (f *form) lay() {
	w := f.host.Words
	object := func(name string) fyne.CanvasObject { return f.fields[name].Object }
	if f.fresh {
		f.dialog.Add(kit.Halves(object("name"), object("path")))
	} else {
		f.dialog.Add(object("path"))
	}
	f.lasts = kit.NewChoice(nil, f.dialog.Keys(), nil)
	lasts := container.NewStack(kit.Boxed(f.lasts))
	f.expired.OnChanged = func(string) { kit.Display(lasts, f.expired.SelectedIndex() > 0) }
	tenantName := container.NewStack(kit.Boxed(f.tenant))
	f.by.OnChanged = func(string) { kit.Display(tenantName, f.by.SelectedIndex() > 0) }
	f.fields["tenant"] = kit.NewField(w.T("endpoints.tenant"), kit.Halves(kit.Boxed(f.by), tenantName),
		w.T("endpoint-form.tenant-help"))
	f.fields["onExpired"] = kit.NewField(w.T("endpoint-form.ends"), kit.Halves(kit.Boxed(f.expired), lasts),
		w.T("endpoint-form.ends-help"))
	f.dialog.Add(
		kit.Halves(object("kind"), object("require")), object("upstream"), object("tenant"), object("onExpired"),
		object("pool"), f.limits.Object)
	for name, field := range f.limits.Fields {
		f.fields["limitPerKey."+name] = field
	}
}

func orText(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// fill puts an endpoint into the fields.
func (f *form) fill(e state.EndpointFields) {
	f.name.Fill(e.Name)
	f.path.Fill(e.Path)
	f.upstream.Fill(e.Upstream)
	f.pool.Fill(e.Pool)
	f.tenant.Fill(e.Tenant)
	f.limits.Set(e.Limits)
	pick := func(c *kit.Choice, values []string, value string) {
		c.SetSelectedIndex(max(slices.Index(values, value), 0))
	}
	pick(f.kind, f.kinds, e.Kind)
	pick(f.require, requires, e.Require)
	pick(f.by, tenants, e.TenantBy)
	pick(f.expired, expiries, e.OnExpired)
	if e.For > 0 && !slices.Contains(f.times, e.For) {
		f.times = append([]time.Duration{e.For}, f.times...)
	}
	f.lasts.Options = nil
	for _, d := range f.times {
		f.lasts.Options = append(f.lasts.Options, f.host.Words.Span(d))
	}
	f.lasts.SetSelectedIndex(max(slices.Index(f.times, e.For), 0))
	f.expired.OnChanged("")
	f.by.OnChanged("")
}

// filled is what the fields hold.
func (f *form) filled() state.EndpointFields {
	e := state.EndpointFields{
		Name: strings.TrimSpace(f.name.Text), Path: strings.TrimSpace(f.path.Text),
		Kind:    f.kinds[f.kind.SelectedIndex()],
		Require: requires[f.require.SelectedIndex()], Upstream: strings.TrimSpace(f.upstream.Text),
		Pool: strings.TrimSpace(f.pool.Text), TenantBy: tenants[f.by.SelectedIndex()],
		OnExpired: expiries[f.expired.SelectedIndex()], Limits: f.limits.Value(),
	}
	if e.TenantBy != "" {
		e.Tenant = strings.TrimSpace(f.tenant.Text)
	}
	if e.OnExpired != "" {
		e.For = f.times[f.lasts.SelectedIndex()]
	}
	return e
}

// submit has the fields checked, and sends them if nothing speaks against them, or its user knows what does.
func (f *form) submit() {
	for _, field := range f.fields {
		field.Fail("")
	}
	f.dialog.Warn(nil)
	if f.save.Disabled() || !f.limits.Check() {
		f.dialog.Relayout()
		return
	}
	fields := f.filled()
	change := fields.Changes(f.before)
	if f.agreed != nil && reflect.DeepEqual(change, f.agreed) {
		f.send(fields.Name, change)
		return
	}
	f.agreed = nil
	f.save.SetText(f.host.Words.T("edit.submit"))
	session := f.page.session
	f.save.Disable()
	page.InBackground(f.host, func(ctx context.Context) (*api.CheckedEndpoint, error) {
		return session.CheckEndpoint(ctx, fields.Name, change)
	}, func(checked *api.CheckedEndpoint, err error) {
		f.save.Enable()
		if err != nil {
			f.fail(err)
			return
		}
		f.judge(checked, fields.Name, change)
	})
}

// judge shows what the server thinks of a change, and sends it if there is nothing to say.
func (f *form) judge(checked *api.CheckedEndpoint, name string, change api.EndpointChange) {
	if len(checked.Errors) > 0 {
		wrong := map[string]string{}
		for _, e := range checked.Errors {
			wrong[e.Field] = e.Detail
		}
		f.mark(wrong)
		return
	}
	warning := consequences(f.host, checked)
	if warning == nil {
		f.send(name, change)
		return
	}
	f.agreed = change
	f.save.SetText(f.host.Words.T("force.edit"))
	f.dialog.Warn(warning)
}

// send makes or changes the endpoint.
func (f *form) send(name string, change api.EndpointChange) {
	h, session := f.host, f.page.session
	f.save.Disable()
	page.Attempt(h, func(ctx context.Context) error {
		if f.fresh {
			return session.MakeEndpoint(ctx, name, change)
		}
		return session.ChangeEndpoint(ctx, name, change)
	}, func(err error) {
		f.save.Enable()
		if err != nil {
			f.fail(err)
			return
		}
		f.dialog.End()
		text := "edit.done"
		if f.fresh {
			text = "endpoints.created"
		}
		h.Toasts.Good(h.Words.T(text, "name", name))
		f.page.read()
	})
}

// fail shows what went wrong, at its field where there is one.
func (f *form) fail(err error) {
	t := f.host.Explain(err)
	if len(t.Fields) > 0 {
		f.mark(t.Fields)
		return
	}
	f.dialog.Warn(t.Alert())
}

// mark shows what is wrong at its field, and what has none above the buttons.
func (f *form) mark(wrong map[string]string) {
	var others []string
	for _, name := range slices.Sorted(maps.Keys(wrong)) {
		field, ok := f.fields[name]
		if !ok {
			whole, _, _ := strings.Cut(name, ".")
			field, ok = f.fields[whole]
		}
		if ok {
			field.Fail(wrong[name])
		} else {
			others = append(others, name+": "+wrong[name])
		}
	}
	if len(others) > 0 {
		f.dialog.Warn(kit.Alert(true, f.host.Words.T("problem.invalid"), strings.Join(others, "\n")))
	}
	f.dialog.Relayout()
}
