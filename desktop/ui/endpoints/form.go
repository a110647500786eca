package endpoints

import (
	"cmp"
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
	"github.com/ostiary/ostiary/pkg/apikey"
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
	beside *state.EndpointEditing // nil for a new one
	fresh  bool
	agreed api.EndpointChange // what its user wants though it was warned of; nil = nothing
	save   *kit.Button

	name, path, upstream, pool, tenant *kit.Input
	kind, require, by, expired, lasts  *kit.Choice
	kinds                              []string
	times                              []time.Duration
	more                               more
	fold                               *kit.Fold
	fields                             map[string]*kit.Field // by the server's name for them
}

// edit asks for the fields of an endpoint, or of a new one.
func (p *Page) edit(e *api.Endpoint) {
	if e == nil {
		p.ask(nil, state.EndpointFields{Require: requires[1]})
		return
	}
	p.ask(e, state.EndpointFieldsOf(*e))
}

// ask asks for the fields of an endpoint, or of a new one, beginning with some.
func (p *Page) ask(e *api.Endpoint, start state.EndpointFields) {
	w := p.host.Words
	f := &form{page: p, host: p.host, fresh: e == nil, times: graceTime, fields: map[string]*kit.Field{}}
	headline := w.T("endpoints.create")
	if e != nil {
		f.before, headline = start, w.T("endpoint-form.edit", "name", e.Name)
		f.beside = p.session.EditingEndpoint(start)
	}
	f.dialog = p.host.NewModal(headline, w.T("endpoint-form.what"), 640)
	f.build()
	f.fill(start)
	f.save = kit.Primary(w.T("edit.submit"), "", f.dialog.Keys(), f.submit)
	f.dialog.Actions(kit.NewButton(w.T("common.cancel"), "", f.dialog.Keys(), f.dialog.Close), f.save)
	first := f.filled()
	f.dialog.Guard(func() bool { return !reflect.DeepEqual(first, f.filled()) })
	f.dialog.Show(f.kind)
}

// build makes the fields, and puts them into the dialog.
func (f *form) build() {
	h, w, k := f.host, f.host.Words, f.dialog.Keys()
	f.name, f.path, f.upstream = f.input("loki"), f.input("/loki"), f.input("http://127.0.0.1:3100")
	f.pool, f.tenant = f.input("edge"), f.input("X-Scope-OrgID")
	f.kinds = append([]string{""}, f.page.list.Kinds...)
	f.kind = choice(f.kinds, k, func(v string) string { return cmp.Or(v, w.T("endpoint-form.other-kind")) })
	f.require = choice(requires, k, func(v string) string {
		if v == "" {
			return w.T("endpoint-form.by-rule")
		}
		return required(w, v)
	})
	f.by = choice(tenants, k, func(v string) string { return w.T(tenantTexts[v]) })
	f.expired = choice(expiries, k, func(v string) string { return w.T(expiryTexts[v]) })
	f.lasts = kit.NewChoice(nil, k, nil)
	pool, pools := forms.Offering(h, f.pool, k)
	pools.Set(forms.PoolOffers(h))
	require := f.add("require", "endpoint-form.require", f.require, "endpoint-form.require-help")
	path := f.add("path", "endpoint-form.path", f.path, "endpoint-form.path-help")
	upstream := f.add("upstream", "endpoint-form.upstream", f.upstream, "")
	ofPool := f.add("pool", "key.pool", pool, "endpoint-form.pool-help")
	f.fields["upstream"].Explain(f.upstreamHelp())
	lasts, tenantName := container.NewStack(kit.Boxed(f.lasts)), container.NewStack(kit.Boxed(f.tenant))
	f.expired.OnChanged = func(string) { kit.Display(lasts, f.expired.SelectedIndex() > 0) }
	f.dialog.Add(kit.Halves(f.add("kind", "endpoint-form.kind", f.kind, ""), require))
	if f.fresh {
		name := f.add("name", "key.name", f.name, "endpoint-form.name-help")
		f.dialog.Add(kit.Halves(name, path), kit.Halves(upstream, ofPool))
	} else {
		f.dialog.Add(kit.Halves(path, ofPool), upstream)
	}
	f.dialog.Add(
		f.add("tenant", "endpoints.tenant", kit.Halves(kit.Boxed(f.by), tenantName), "endpoint-form.tenant-help"),
		f.add("onExpired", "endpoint-form.ends", kit.Halves(kit.Boxed(f.expired), lasts), "endpoint-form.ends-help"))
	f.buildMore()
	f.kind.OnChanged = f.kindChosen(require)
	f.by.OnChanged = f.tenantChosen(tenantName)
}

// input makes a field of one line.
func (f *form) input(example string) *kit.Input {
	in := kit.NewInput(f.dialog.Keys())
	in.SetPlaceHolder(example)
	in.OnSubmitted = func(string) { f.submit() }
	return in
}

// add labels a field, and returns it as it is drawn.
func (f *form) add(name, text string, in fyne.CanvasObject, help string) fyne.CanvasObject {
	if help != "" {
		help = f.host.Words.T(help)
	}
	f.fields[name] = kit.NewField(f.host.Words.T(text), in, help)
	return f.fields[name].Object
}

func choice(values []string, k kit.Keys, name func(string) string) *kit.Choice {
	options := make([]string, len(values))
	for i, v := range values {
		options[i] = name(v)
	}
	return kit.NewChoice(options, k, nil)
}

// upstreamHelp says what may stand behind an endpoint here.
func (f *form) upstreamHelp() string {
	w, allowed := f.host.Words, f.page.list.Upstreams
	if len(allowed) == 0 {
		return w.T("endpoint-form.no-upstreams")
	}
	return w.T("endpoint-form.upstream-help", "upstreams", strings.Join(allowed, ", "))
}

// kindChosen follows the choice of a program: its routes say what keys must grant, so that is not asked. A new endpoint
// gets what such a program usually has, where nothing else was typed.
func (f *form) kindChosen(require fyne.CanvasObject) func(string) {
	last := ""
	return func(string) {
		kind := f.kinds[f.kind.SelectedIndex()]
		kit.Display(require, kind == "")
		help := ""
		if kind != "" {
			help = f.host.Words.T("endpoint-form.kind-help")
		}
		f.fields["kind"].Explain(help)
		kit.Display(f.fields["methods"].Object, kind == "")
		if f.fresh {
			usual(f.name, last, kind)
			usual(f.path, state.UsualPath(last), state.UsualPath(kind))
			usual(f.upstream, state.UsualUpstream(last), state.UsualUpstream(kind))
		}
		last = kind
		f.dialog.Relayout()
	}
}

// tenantChosen follows the choice of a way in which tenants are passed on.
func (f *form) tenantChosen(name fyne.CanvasObject) func(string) {
	last := ""
	return func(string) {
		way := tenants[f.by.SelectedIndex()]
		kit.Display(name, way != "")
		usual(f.tenant, state.UsualTenant(last), state.UsualTenant(way))
		last = way
	}
}

// usual fills in what is usual now, if nothing is there or what was usual before.
func usual(in *kit.Input, before, now string) {
	if in.Text == "" || in.Text == before {
		in.Fill(now)
	}
}

// fill puts an endpoint into the fields.
func (f *form) fill(e state.EndpointFields) {
	f.name.Fill(e.Name)
	f.path.Fill(e.Path)
	f.upstream.Fill(e.Upstream)
	f.pool.Fill(e.Pool)
	f.tenant.Fill(e.Tenant)
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
	f.fillMore(e)
	for _, c := range []*kit.Choice{f.kind, f.by, f.expired} {
		c.OnChanged("")
	}
}

// filled is what the fields hold, once they were checked.
func (f *form) filled() state.EndpointFields {
	e := state.EndpointFields{
		Name: strings.TrimSpace(f.name.Text), Path: strings.TrimSpace(f.path.Text),
		Kind: f.kinds[f.kind.SelectedIndex()], Upstream: strings.TrimSpace(f.upstream.Text),
		Pool: strings.TrimSpace(f.pool.Text), TenantBy: tenants[f.by.SelectedIndex()],
		OnExpired: expiries[f.expired.SelectedIndex()],
	}
	f.filledMore(&e)
	switch { // the routes of a program say what they take, and so do methods
	case e.Kind != "":
		e.Methods = nil
	case len(e.Methods) == 0:
		e.Require = requires[f.require.SelectedIndex()]
	}
	if e.TenantBy != "" {
		e.Tenant = strings.TrimSpace(f.tenant.Text)
	}
	if e.OnExpired != "" {
		e.For = f.times[f.lasts.SelectedIndex()]
	}
	return e
}

// check shows what cannot be sent at all; true means nothing.
func (f *form) check() bool {
	w := f.host.Words
	for _, field := range f.fields {
		field.Fail("")
	}
	f.dialog.Warn(nil)
	good := f.checkMore()
	if f.fresh && strings.TrimSpace(f.name.Text) == "" {
		f.fields["name"].Fail(w.T("endpoint-form.needs-name"))
		good = false
	}
	if f.by.SelectedIndex() > 0 && strings.TrimSpace(f.tenant.Text) == "" {
		f.fields["tenant"].Fail(w.T("endpoint-form.needs-tenant"))
		good = false
	}
	f.dialog.Relayout()
	f.dialog.RevealMistake(maps.Values(f.fields))
	return good
}

// submit has the fields checked, and sends them if nothing speaks against them, or its user knows what does.
func (f *form) submit() {
	if f.save.Disabled() {
		return
	}
	good, fields := f.check(), f.filled()
	change := fields.Changes(f.before)
	if good && f.agreed != nil && reflect.DeepEqual(change, f.agreed) {
		f.send(fields.Name, change)
		return
	}
	f.agreed = nil
	f.save.SetText(f.host.Words.T("edit.submit"))
	session := f.page.session
	f.save.Disable()
	page.InBackground(f.host, func(ctx context.Context) (*api.CheckedEndpoint, error) {
		if f.beside != nil && good {
			return f.beside.Check(ctx, change)
		}
		return session.CheckEndpoint(ctx, fields.Name, change)
	}, func(checked *api.CheckedEndpoint, err error) {
		f.save.Enable()
		switch {
		case !good:
			f.markMore(checked, err)
		case err != nil:
			f.fail(err)
		default:
			f.judge(checked, fields.Name, change)
		}
	})
}

// markMore shows besides what cannot be sent what a server would not take either, so that all of it is corrected at
// once.
func (f *form) markMore(checked *api.CheckedEndpoint, err error) {
	var wrong []apikey.FieldError
	if err == nil {
		wrong = checked.Errors
	} else {
		for name, detail := range state.Explain(err).Fields {
			wrong = append(wrong, apikey.FieldError{Field: name, Detail: detail})
		}
	}
	f.mark(slices.DeleteFunc(translated(f.host, wrong), func(e apikey.FieldError) bool {
		field := f.field(e.Field)
		return field == nil || field.Failed()
	}))
}

// translated are mistakes in the language of the window.
func translated(h *page.Host, wrong []apikey.FieldError) []apikey.FieldError {
	wrong = slices.Clone(wrong)
	for i := range wrong {
		wrong[i].Detail = h.Words.FromServer(wrong[i].Detail)
	}
	return wrong
}

// judge shows what the server thinks of a change, and sends it if there is nothing to say.
func (f *form) judge(checked *api.CheckedEndpoint, name string, change api.EndpointChange) {
	if len(checked.Errors) > 0 {
		f.mark(translated(f.host, checked.Errors))
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
	if len(t.Fields) == 0 {
		f.dialog.Warn(t.Alert())
		return
	}
	var wrong []apikey.FieldError
	for _, name := range slices.Sorted(maps.Keys(t.Fields)) {
		wrong = append(wrong, apikey.FieldError{Field: name, Detail: t.Fields[name]})
	}
	f.mark(wrong)
}

// mark shows what is wrong at its field, and what has none above the buttons.
func (f *form) mark(wrong []apikey.FieldError) {
	var others []string
	said := map[*kit.Field]string{}
	for _, e := range wrong {
		field := f.field(e.Field)
		if field == nil {
			others = append(others, f.host.Words.Said(f.host.Words.Field(e.Field), e.Detail))
			continue
		}
		said[field] = strings.TrimSpace(said[field] + "\n" + e.Detail)
		field.Fail(said[field])
	}
	if len(others) > 0 {
		f.dialog.Warn(kit.Alert(true, f.host.Words.T("endpoint-form.refused"), strings.Join(others, "\n")))
	}
	f.dialog.Relayout()
	f.dialog.RevealMistake(maps.Values(f.fields))
}

// field is the one that a server means: that of limitPerKey.burst has that name, and that of paths[0].require is for
// all paths. One that is folded away is unfolded. Nil is none.
func (f *form) field(name string) *kit.Field {
	field, ok := f.fields[name]
	if !ok {
		if end := strings.IndexAny(name, ".["); end >= 0 {
			name = name[:end]
		}
		field = f.fields[name]
	}
	if field != nil && f.more.has(name) {
		f.fold.Open(true)
	}
	return field
}
